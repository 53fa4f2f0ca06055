"""The nouns: fields, constraints and the questions one model can answer."""

from controls.models.audit import AuditEvent, AuditHead
from controls.models.catalogs import (
    Catalog,
    Control,
    ControlLayer,
    ControlMapping,
    ControlPart,
    ControlTag,
    Profile,
)
from controls.models.duties import Duty, DutyClaim
from controls.models.heartbeats import Heartbeat
from controls.models.idempotency import IdempotencyRecord
from controls.models.inventories import ImportedInventory
from controls.models.matrices import ColumnMapping, ImportedMatrix, ImportedRow
from controls.models.people import (
    ApiToken,
    Membership,
    OrganizationRole,
    PersonalName,
    Team,
    User,
)
from controls.models.providers import (
    Cadence,
    KnowledgeRelease,
    Layer,
    LayerFact,
    Provider,
    ServiceVariant,
    Source,
)
from controls.models.reminders import Message, Reminder
from controls.models.responsibilities import Decision, Derivation, Responsibility
from controls.models.reviews import Review, ReviewSchedule, ReviewSnooze
from controls.models.systems import LayerOverride, System, SystemProfile, SystemService

__all__ = [
    "ApiToken",
    "AuditEvent",
    "AuditHead",
    "Cadence",
    "Catalog",
    "ColumnMapping",
    "Control",
    "ControlLayer",
    "ControlMapping",
    "ControlPart",
    "ControlTag",
    "Decision",
    "Derivation",
    "Duty",
    "DutyClaim",
    "Heartbeat",
    "IdempotencyRecord",
    "ImportedInventory",
    "ImportedMatrix",
    "ImportedRow",
    "KnowledgeRelease",
    "Layer",
    "LayerFact",
    "LayerOverride",
    "Membership",
    "Message",
    "OrganizationRole",
    "PersonalName",
    "Profile",
    "Provider",
    "Reminder",
    "Responsibility",
    "Review",
    "ReviewSchedule",
    "ReviewSnooze",
    "ServiceVariant",
    "Source",
    "System",
    "SystemProfile",
    "SystemService",
    "Team",
    "User",
]
