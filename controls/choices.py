"""The words: every token that is stored, with its label.

A token is never renamed once released: exports, audit events and other people's files hold
it.
"""

from django.db import models


class LayerScope(models.TextChoices):
    """How often a layer is asked about."""

    SERVICE = "service", "Each service"
    SYSTEM = "system", "Whole system"
    ORGANIZATION = "organization", "Organisation"


class LayerValue(models.TextChoices):
    """Who carries a layer. Labels that name a provider are made from its row."""

    PROVIDER = "provider", "Provider"
    PROVIDER_IF_CONFIGURED = "provider-if-configured", "Provider, once set up"
    SHARED = "shared", "Shared"
    PARALLEL = "parallel", "Each for its own"
    CUSTOMER = "customer", "Customer"
    NOT_APPLICABLE = "not-applicable", "Not applicable"


class Party(models.TextChoices):
    """The two sides."""

    PROVIDER = "provider", "Provider"
    CUSTOMER = "customer", "Customer"


class Kind(models.TextChoices):
    """The kinds of control of the AWS Shared Responsibility Model, and two that are not
    answers.
    """

    INHERITED = "inherited", "Inherited"
    SHARED = "shared", "Shared"
    CUSTOMER_SPECIFIC = "customer-specific", "Customer-specific"
    UNDETERMINED = "undetermined", "Undetermined"
    NOT_APPLICABLE = "not-applicable", "Not applicable"


class Answer(models.TextChoices):
    """What a cell of the matrix shows: a kind, with two finer marks within *shared*."""

    INHERITED = "inherited", "Inherited"
    INHERITED_IF_CONFIGURED = "inherited-if-configured", "Inherited once set up"
    SHARED = "shared", "Shared"
    PARALLEL = "parallel", "Parallel"
    CUSTOMER_SPECIFIC = "customer-specific", "Customer-specific"
    UNDETERMINED = "undetermined", "Undetermined"
    NOT_APPLICABLE = "not-applicable", "Not applicable"


class ServiceModel(models.TextChoices):
    """The three classes of AWS services (AWS Security Best Practices, 2016)."""

    INFRASTRUCTURE = "infrastructure", "Infrastructure"
    MANAGED = "managed", "Managed"
    ABSTRACTED = "abstracted", "Abstracted"


class Confidence(models.TextChoices):
    """How sure a shipped fact is."""

    HIGH = "H", "High"
    MEDIUM = "M", "Medium"
    LOW = "L", "Low"


class SystemKind(models.TextChoices):
    """A workload runs on services; the organisation decides its own layers once, for all of
    them.
    """

    WORKLOAD = "workload", "Workload"
    ORGANIZATION = "organization", "Organisation"


class WorkflowState(models.TextChoices):
    """Where a decision stands. Who moves it, and from where: controls.rules.transitions."""

    PROPOSED = "proposed", "Proposed"
    IN_REVIEW = "in-review", "In review"
    APPROVED = "approved", "Approved"
    RETURNED = "returned", "Returned"


class DecisionSource(models.TextChoices):
    """What a decision rests on."""

    DERIVED = "derived", "Derived"
    IMPORTED = "imported", "Imported"
    MANUAL = "manual", "By hand"


class ImplementationStatus(models.TextChoices):
    """OSCAL implementation-status.state."""

    IMPLEMENTED = "implemented", "Implemented"
    PARTIAL = "partial", "Partially implemented"
    PLANNED = "planned", "Planned"
    ALTERNATIVE = "alternative", "Alternative implementation"
    NOT_APPLICABLE = "not-applicable", "Not applicable"


class MembershipRole(models.TextChoices):
    """What a person may do in a team; each role may do all that the ones before it may."""

    VIEWER = "viewer", "Viewer"
    CONTRIBUTOR = "contributor", "Contributor"
    APPROVER = "approver", "Approver"
    LEAD = "lead", "Lead"


class OrganizationRoleName(models.TextChoices):
    """What a person may do in the whole organisation."""

    ADMIN = "admin", "Administrator"
    GRC_LEAD = "grc-lead", "GRC lead"
    AUDITOR = "auditor", "Auditor"


class TokenScope(models.TextChoices):
    """What an API token may be used for, within what its person may do."""

    READ = "read", "Read"
    WRITE = "write", "Read and write"


class MappingRelation(models.TextChoices):
    """OSCAL control mapping: how a control of one catalog relates to one of another."""

    EQUAL_TO = "equal-to", "Equal to"
    EQUIVALENT_TO = "equivalent-to", "Equivalent to"
    SUBSET_OF = "subset-of", "Subset of"
    SUPERSET_OF = "superset-of", "Superset of"
    INTERSECTS_WITH = "intersects-with", "Intersects with"
    NO_RELATIONSHIP = "no-relationship", "No relationship"


class MappingGrade(models.TextChoices):
    """How sure a control mapping is."""

    PUBLISHED = "D", "Published: a source names the pair"
    WEAK = "W", "Weak: both map to the same third control"
    EDITORIAL = "E", "Editorial: our judgement"


class ReviewKind(models.TextChoices):
    """What a recurring review looks at."""

    PATCHING = "patching", "Patching"
    CONFIGURATION = "configuration", "Configuration"
    ACCESS = "access", "Access"
    TRAINING = "training", "Training"
    PROVIDER_REPORT = "provider-report", "Provider report"
    RESTORE = "restore", "Restore test"
    OTHER = "other", "Other"


class IntervalUnit(models.TextChoices):
    """Units of a cadence."""

    DAYS = "days", "days"
    WEEKS = "weeks", "weeks"
    MONTHS = "months", "months"
    YEARS = "years", "years"


class AuditVerb(models.TextChoices):
    """What happened, as a past participle. Never renamed."""

    USER_CREATED = "user-created"
    USER_CHANGED = "user-changed"
    USER_DEACTIVATED = "user-deactivated"
    USER_REACTIVATED = "user-reactivated"
    PASSWORD_SET = "password-set"  # noqa: S105 - a verb, not a password
    TEAM_CREATED = "team-created"
    TEAM_CHANGED = "team-changed"
    MEMBERSHIP_STARTED = "membership-started"
    MEMBERSHIP_ENDED = "membership-ended"
    ROLE_GRANTED = "role-granted"
    ROLE_ENDED = "role-ended"
    TOKEN_CREATED = "token-created"  # noqa: S105 - a verb, not a token
    TOKEN_REVOKED = "token-revoked"  # noqa: S105 - a verb, not a token
    CATALOG_IMPORTED = "catalog-imported"
    KNOWLEDGE_LOADED = "knowledge-loaded"
    SYSTEM_CREATED = "system-created"
    SYSTEM_CHANGED = "system-changed"
    SERVICE_STARTED = "service-started"
    SERVICE_ENDED = "service-ended"
    PROFILE_STARTED = "profile-started"
    PROFILE_ENDED = "profile-ended"
    OVERRIDE_STARTED = "override-started"
    OVERRIDE_ENDED = "override-ended"
    RESPONSIBILITY_PROPOSED = "responsibility-proposed"
    RESPONSIBILITY_ASSIGNED = "responsibility-assigned"
    RESPONSIBILITY_SUBMITTED = "responsibility-submitted"
    RESPONSIBILITY_APPROVED = "responsibility-approved"
    RESPONSIBILITY_RETURNED = "responsibility-returned"
