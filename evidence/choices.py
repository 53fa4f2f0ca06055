"""The words of proof: every token that is stored, with its label. Never renamed."""

from django.db import models


class Side(models.TextChoices):
    """Whose part the evidence proves."""

    CUSTOMER = "customer", "Ours"
    PROVIDER = "provider", "Provider's"


class EvidenceKind(models.TextChoices):
    """What sort of thing is handed in."""

    DOCUMENT = "document", "Document"
    REPORT = "report", "Report"
    SCAN_RESULT = "scan-result", "Scan result"
    CONFIGURATION = "configuration", "Configuration export"
    SCREENSHOT = "screenshot", "Screenshot"
    ACCESS_LIST = "access-list", "Access list"
    TRAINING = "training", "Training certificate"
    ATTESTATION = "attestation", "Attestation"
    OTHER = "other", "Other"


class Sensitivity(models.TextChoices):
    """How carefully it must be handled; shown with it, wherever it is shown."""

    INTERNAL = "internal", "Internal"
    CONFIDENTIAL = "confidential", "Confidential"
    RESTRICTED = "restricted", "Restricted"


class VerdictState(models.TextChoices):
    """Where evidence stands. Who moves it, and from where: evidence.rules.acceptance."""

    SUBMITTED = "submitted", "Handed in"
    ACCEPTED = "accepted", "Accepted"
    REJECTED = "rejected", "Rejected"
    WITHDRAWN = "withdrawn", "Withdrawn"


class RecordSource(models.TextChoices):
    """How a training record came in."""

    MANUAL = "manual", "By hand"
    IMPORTED = "imported", "Imported"
