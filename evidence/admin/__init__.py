"""The record screens of proof, one module each. Importing them registers them."""

from evidence.admin import (
    courses,
    people,
    training_records,
)

__all__ = [
    "courses",
    "people",
    "training_records",
]
