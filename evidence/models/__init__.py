"""The nouns of proof: fields, constraints and the questions one model can answer."""

from evidence.models.artifacts import Artifact
from evidence.models.evidence import (
    Evidence,
    EvidenceLink,
    EvidenceVerdict,
    EvidenceVersion,
)
from evidence.models.training import Course, Person, RosterEntry, TrainingRecord

__all__ = [
    "Artifact",
    "Course",
    "Evidence",
    "EvidenceLink",
    "EvidenceVerdict",
    "EvidenceVersion",
    "Person",
    "RosterEntry",
    "TrainingRecord",
]
