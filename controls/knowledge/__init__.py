"""The facts that SRM ships: versioned data files and a reader. No Django here."""

from controls.knowledge.reader import (
    LATEST,
    KnowledgeError,
    read_folder,
    read_release,
)
from controls.knowledge.records import (
    Cadence,
    ControlRow,
    CrosswalkRow,
    Framework,
    LayerFact,
    LayerRow,
    Release,
    SourceRow,
    VariantRow,
)
from controls.knowledge.tokens import control_token

__all__ = [
    "LATEST",
    "Cadence",
    "ControlRow",
    "CrosswalkRow",
    "Framework",
    "KnowledgeError",
    "LayerFact",
    "LayerRow",
    "Release",
    "SourceRow",
    "VariantRow",
    "control_token",
    "read_folder",
    "read_release",
]
