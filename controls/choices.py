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


class DutyTask(models.TextChoices):
    """What a duty asks for."""

    DO = "do", "Do"
    CHECK = "check", "Check"


class ClaimStance(models.TextChoices):
    """What a team says of a duty."""

    CLAIMS = "claims", "Claims"
    DISPUTES = "disputes", "Disputes"


class ReviewState(models.TextChoices):
    """Where a review stands. Asked, never stored."""

    OPEN = "open", "Open"
    COMPLETED = "completed", "Completed"
    ENDED = "ended", "Ended with its schedule"


class ReviewOutcome(models.TextChoices):
    """What a review found. OSCAL objective-status.state."""

    SATISFIED = "satisfied", "Satisfied"
    NOT_SATISFIED = "not-satisfied", "Not satisfied"


class ReminderSubject(models.TextChoices):
    """What a reminder is about."""

    REVIEW = "review", "Review"


class ReminderChannel(models.TextChoices):
    """How a person is told."""

    EMAIL = "email", "E-mail"
    IN_APP = "in-app", "In SRM"


class ReminderState(models.TextChoices):
    """Where a reminder stands. Dropped: there was nothing left to remind of."""

    QUEUED = "queued", "Queued"
    SENT = "sent", "Sent"
    DROPPED = "dropped", "Dropped"


class MessageState(models.TextChoices):
    """Where a message stands. Failed: given up after the last attempt."""

    QUEUED = "queued", "Queued"
    SENDING = "sending", "Being sent"
    SENT = "sent", "Sent"
    DROPPED = "dropped", "Dropped"
    FAILED = "failed", "Failed"


class IntervalUnit(models.TextChoices):
    """Units of a cadence."""

    DAYS = "days", "days"
    WEEKS = "weeks", "weeks"
    MONTHS = "months", "months"
    YEARS = "years", "years"


class MatrixLayout(models.TextChoices):
    """What sort of file a provider's matrix came in."""

    APPENDIX_J = "appendix-j", "FedRAMP Appendix J workbook"
    TABLE = "table", "Table with named columns"
    CAIQ = "caiq", "CSA CAIQ with SSRM columns"
    OSCAL_SSP = "oscal-ssp", "OSCAL leveraged SSP"


class RowStatus(models.TextChoices):
    """The ticks of a matrix's row for implementation status."""

    IMPLEMENTED = "implemented", "Implemented"
    PARTIAL = "partial", "Partially implemented"
    PLANNED = "planned", "Planned"
    ALTERNATIVE = "alternative", "Alternative implementation"
    NOT_APPLICABLE = "not-applicable", "Not applicable"


class Origination(models.TextChoices):
    """The ticks of a matrix's row for control origination, from the provider's seat.

    FedRAMP's OSCAL values, and the two that the workbook has beside them.
    """

    SP_CORPORATE = "sp-corporate", "Service provider corporate"
    SP_SYSTEM = "sp-system", "Service provider system specific"
    SP_HYBRID = "sp-hybrid", "Service provider hybrid"
    CUSTOMER_CONFIGURED = "customer-configured", "Configured by customer"
    CUSTOMER_PROVIDED = "customer-provided", "Provided by customer"
    SHARED = "shared", "Shared"
    INHERITED = "inherited", "Inherited by the provider"


class Inheritability(models.TextChoices):
    """Whether a customer can inherit a row from the provider."""

    YES = "yes", "Yes"
    PARTIAL = "partial", "Partial"
    NO = "no", "No"


class MatrixDoubt(models.TextChoices):
    """What is odd about a row of a matrix. A report, never a refusal."""

    INHERITANCE_AGAINST_ORIGINATION = (
        "inheritance-against-origination",
        "Inheritance contradicts origination",
    )
    TEXT_MISSING = "text-missing", "No word on what the customer does"
    STATUSES_EXCLUDE_EACH_OTHER = (
        "statuses-exclude-each-other",
        "Statuses exclude each other",
    )
    ORIGINATION_MISSING = "origination-missing", "No origination"
    STATUS_MISSING = "status-missing", "No status"
    ID_UNREADABLE = "id-unreadable", "Id cannot be read"
    CONTROL_UNKNOWN = "control-unknown", "Control is not in the catalog"
    STATEMENT_UNKNOWN = "statement-unknown", "Statement is not in the catalog"
    ROW_TWICE = "row-twice", "The same id stands in another row"
    SHEET_DISAGREES = "sheet-disagrees", "The id stands in one of the sheets only"
    VALUE_UNKNOWN = "value-unknown", "A cell holds a value that is not known"


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
    PROFILE_IMPORTED = "profile-imported"
    MAPPING_IMPORTED = "mapping-imported"
    KNOWLEDGE_LOADED = "knowledge-loaded"
    SYSTEM_CREATED = "system-created"
    SYSTEM_CHANGED = "system-changed"
    SERVICE_STARTED = "service-started"
    SERVICE_ENDED = "service-ended"
    PROFILE_STARTED = "profile-started"
    PROFILE_ENDED = "profile-ended"
    OVERRIDE_STARTED = "override-started"
    OVERRIDE_ENDED = "override-ended"
    VARIANT_ADDED = "variant-added"
    VARIANT_CHANGED = "variant-changed"
    CONTROL_TAGGED = "control-tagged"
    CONTROL_UNTAGGED = "control-untagged"
    RESPONSIBILITY_PROPOSED = "responsibility-proposed"
    RESPONSIBILITY_ASSIGNED = "responsibility-assigned"
    RESPONSIBILITY_SUBMITTED = "responsibility-submitted"
    RESPONSIBILITY_APPROVED = "responsibility-approved"
    RESPONSIBILITY_RETURNED = "responsibility-returned"
    STATEMENT_SET_APART = "statement-set-apart"
    STATEMENT_FELL_BACK = "statement-fell-back"
    DUTY_STARTED = "duty-started"
    DUTY_ENDED = "duty-ended"
    DUTY_CLAIMED = "duty-claimed"
    DUTY_DISPUTED = "duty-disputed"
    CLAIM_ENDED = "claim-ended"
    SCHEDULE_STARTED = "schedule-started"
    SCHEDULE_ENDED = "schedule-ended"
    REVIEW_OPENED = "review-opened"
    REVIEW_COMPLETED = "review-completed"
    REVIEW_REOPENED = "review-reopened"
    REVIEW_SNOOZED = "review-snoozed"
    MESSAGE_SENT = "message-sent"
    MESSAGE_FAILED = "message-failed"
    MESSAGE_QUEUED_AGAIN = "message-queued-again"
    EVIDENCE_SUBMITTED = "evidence-submitted"
    EVIDENCE_REVISED = "evidence-revised"
    EVIDENCE_ACCEPTED = "evidence-accepted"
    EVIDENCE_REJECTED = "evidence-rejected"
    EVIDENCE_WITHDRAWN = "evidence-withdrawn"
    EVIDENCE_LINKED = "evidence-linked"
    EVIDENCE_UNLINKED = "evidence-unlinked"
    COURSE_CREATED = "course-created"
    COURSE_CHANGED = "course-changed"
    COURSE_ENDED = "course-ended"
    PERSON_ADDED = "person-added"
    PERSON_LINKED = "person-linked"
    ROSTER_ENTRY_STARTED = "roster-entry-started"
    ROSTER_ENTRY_ENDED = "roster-entry-ended"
    TRAINING_RECORDED = "training-recorded"
    TRAINING_WITHDRAWN = "training-withdrawn"
    MATRIX_IMPORTED = "matrix-imported"
    PROVIDER_CREATED = "provider-created"
    INVENTORY_IMPORTED = "inventory-imported"
