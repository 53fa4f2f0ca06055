"""The record screens of proof, one module each. Importing them registers them."""

from evidence.admin import (
    courses,
    evidence,
    evidence_records,
    people,
    training_records,
)

__all__ = [
    "courses",
    "evidence",
    "evidence_records",
    "people",
    "training_records",
]
