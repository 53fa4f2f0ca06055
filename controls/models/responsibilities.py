"""Who does it: responsibilities, what was derived for them and what was decided on them."""

from __future__ import annotations

import uuid
from datetime import date, datetime

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Coalesce

from controls.choices import (
    Answer,
    DecisionSource,
    ImplementationStatus,
    Kind,
    OrganizationRoleName,
    SystemKind,
    WorkflowState,
)
from controls.models.append_only import AppendOnlyQuerySet
from controls.models.catalogs import Control, ControlPart
from controls.models.constraints import one_of, paired
from controls.models.people import Membership, OrganizationRole, Team, User
from controls.models.providers import KnowledgeRelease, Provider
from controls.models.systems import System
from controls.rules.parts import printed


class ResponsibilityQuerySet(models.QuerySet["Responsibility"]):
    """Questions about responsibilities."""

    def visible_to(self, user: User) -> ResponsibilityQuerySet:
        """Those of systems that a team of the user's owns, those that team owns or whose
        duty it claims or disputes, with the statements of those controls, an auditor's
        scope; or all.
        """
        if user.sees_everything():
            return self
        teams = Membership.objects.held_by(user).values("team")
        grants = OrganizationRole.objects.held_by(user).filter(
            role=OrganizationRoleName.AUDITOR
        )
        claimed = self.model.objects.filter(
            duties__ended_at__isnull=True,
            duties__claims__team__in=teams,
            duties__claims__ended_at__isnull=True,
        )
        owned = Q(latest_decision__owner_team__in=teams, ended_at__isnull=True)
        own = owned | Q(pk__in=claimed.values("pk"))
        whole = self.model.objects.filter(
            own,
            part__isnull=True,
            system=models.OuterRef("system"),
            control=models.OuterRef("control"),
            provider=models.OuterRef("provider"),
        )
        return self.filter(
            Q(system__owner_team__in=teams)
            | own
            | Q(system__in=grants.values("systems"))
            | Q(part__isnull=False) & models.Exists(whole)
        )

    def of_controls(self) -> ResponsibilityQuerySet:
        """Those of whole controls, without those of single statements."""
        return self.filter(part__isnull=True)

    def open(self) -> ResponsibilityQuerySet:
        """Those that stand: a statement's ends where it falls back to its control."""
        return self.filter(ended_at__isnull=True)

    def standing(self, *, on: date, as_of: datetime) -> ResponsibilityQuerySet:
        """Those that stood on a date, by what was recorded as of an instant.

        A statement stands apart from the day on which its first decision takes effect, up
        to, not including, that on which it fell back.
        """
        decided = Decision.objects.filter(
            responsibility=models.OuterRef("pk"), at__lte=as_of, effective_on__lte=on
        )
        return self.filter(
            Q(part__isnull=True) | models.Exists(decided),
            ~Q(ended_at__lte=as_of, ended_on__lte=on),
            created_at__lte=as_of,
        )

    def with_state(self) -> ResponsibilityQuerySet:
        """Annotate `state`: what nobody has decided yet is proposed by its derivation."""
        return self.annotate(
            state=Coalesce(
                F("latest_decision__state"),
                models.Value(WorkflowState.PROPOSED.value),
                output_field=models.CharField(),
            )
        )

    def with_kind(self, *, on: date) -> ResponsibilityQuerySet:
        """Annotate `derived_kind`, in force on a date, and `kind`:

        what was decided, else derived.
        """
        in_force = Derivation.objects.filter(
            responsibility=models.OuterRef("pk"), effective_on__lte=on
        ).order_by("-pk")
        return self.annotate(
            derived_kind=models.Subquery(in_force.values("kind")[:1]),
            kind=Coalesce(
                F("latest_decision__kind"),
                F("derived_kind"),
                output_field=models.CharField(),
            ),
        )

    def with_suspicion(self, *, on: date) -> ResponsibilityQuerySet:
        """Annotate `suspect`:

        the derivation in force on a date differs from the decision's own.
        """
        in_force = Derivation.objects.filter(
            responsibility=models.OuterRef("pk"), effective_on__lte=on
        ).order_by("-pk")
        return self.annotate(
            derived_fingerprint=models.Subquery(in_force.values("fingerprint")[:1]),
            suspect=models.Case(
                models.When(
                    Q(latest_decision__isnull=False)
                    & ~Q(latest_decision__derivation__fingerprint=F("derived_fingerprint")),
                    then=models.Value(True),  # noqa: FBT003 - the value of an SQL expression
                ),
                default=models.Value(False),  # noqa: FBT003
                output_field=models.BooleanField(),
            ),
        )

    def with_elsewhere(self, *, on: date) -> ResponsibilityQuerySet:
        """Annotate `elsewhere`: the organisation decides the control once, for all systems.

        And `unowned`: our part is decided here, and no team answers for it. Needs
        `with_kind`.
        """
        in_force = Derivation.objects.filter(
            responsibility=models.OuterRef("pk"), effective_on__lte=on
        ).order_by("-pk")
        once = self.model.objects.filter(
            system__kind=SystemKind.ORGANIZATION, control=models.OuterRef("control")
        )
        elsewhere = (
            ~Q(system__kind=SystemKind.ORGANIZATION)
            & Q(organization_only=True)
            & models.Exists(once)
        )
        ours = Q(kind__in=[Kind.SHARED, Kind.CUSTOMER_SPECIFIC], elsewhere=False)
        yes, no = models.Value(True), models.Value(False)  # noqa: FBT003 - SQL values
        answer = models.BooleanField()
        return self.annotate(
            organization_only=models.Subquery(in_force.values("organization_only")[:1]),
            elsewhere=models.Case(
                models.When(elsewhere, then=yes), default=no, output_field=answer
            ),
            unowned=models.Case(
                models.When(ours & Q(latest_decision__owner_team=None), then=yes),
                default=no,
                output_field=answer,
            ),
        )


ResponsibilityManager = models.Manager.from_queryset(ResponsibilityQuerySet)


class Responsibility(models.Model):
    """That a system answers for a control beside a provider. Identity only: what holds is
    in its rows.

    With `part`, for one statement of the control, which then no longer follows the
    control's own; until it falls back to it (`ended_at`).

    `latest_decision` and `latest_derivation` are the newest recorded; what is in force on a
    date is asked of `Decision` and `Derivation`.
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    system = models.ForeignKey(
        System, on_delete=models.PROTECT, related_name="responsibilities"
    )
    control = models.ForeignKey(
        Control, on_delete=models.PROTECT, related_name="responsibilities"
    )
    provider = models.ForeignKey(
        Provider, on_delete=models.PROTECT, related_name="responsibilities"
    )
    part = models.ForeignKey(
        ControlPart,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="responsibilities",
    )
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    ended_on = models.DateField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_by = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    version = models.PositiveIntegerField(default=1)
    latest_decision = models.ForeignKey(
        "Decision", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    latest_derivation = models.ForeignKey(
        "Derivation", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    objects = ResponsibilityManager()

    class Meta:
        verbose_name_plural = "responsibilities"
        # SQLite has no NULLS NOT DISTINCT: two conditional constraints stand for one.
        constraints = [
            models.UniqueConstraint(
                fields=["system", "control", "provider"],
                condition=Q(part__isnull=True),
                name="responsibility_once_per_control",
            ),
            models.UniqueConstraint(
                fields=["system", "control", "provider", "part"],
                condition=Q(part__isnull=False, ended_at__isnull=True),
                name="responsibility_once_per_part",
            ),
            paired("responsibility", "ended"),
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True, ended_on__isnull=True)
                | Q(ended_at__isnull=False, ended_on__isnull=False),
                name="responsibility_ended_at_with_on",
            ),
            models.CheckConstraint(
                condition=Q(part__isnull=False) | Q(ended_at__isnull=True),
                name="responsibility_control_never_ends",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.label} in {self.system}"

    @property
    def label(self) -> str:
        """Return what is printed: `AC-2`, or `AC-2 d.1.` for a statement of it. Select
        `control` and `part` along.
        """
        label = self.control.label
        return f"{label} {printed(self.part.part_id)}" if self.part else label


class DerivationQuerySet(AppendOnlyQuerySet["Derivation"]):
    """Questions about derivations."""

    def believed(self, *, on: date, as_of: datetime) -> DerivationQuerySet:
        """The derivation in force for each responsibility on a date, by what was recorded
        as of an instant.

        A run writes its rows in the order of their dates, and covers every date from its
        first on: so the newest row that has begun wins.
        """
        known = self.filter(at__lte=as_of, effective_on__lte=on)
        newest = (
            known.values("responsibility")
            .annotate(newest=models.Max("pk"))
            .values("newest")
        )
        return self.filter(pk__in=newest)


DerivationManager = models.Manager.from_queryset(DerivationQuerySet)


class Derivation(models.Model):
    """What SRM computed for a responsibility, from a date on, and why. Append-only."""

    responsibility = models.ForeignKey(
        Responsibility, on_delete=models.PROTECT, related_name="derivations"
    )
    kind = models.CharField(max_length=20, choices=Kind.choices)
    answer = models.CharField(max_length=30, choices=Answer.choices)
    parties = models.JSONField()
    """Layer → the parties that carry it, over all services."""
    cells = models.JSONField()
    """Service variant → the answer for the layers of that service alone."""
    whole = models.CharField(max_length=30, choices=Answer.choices, blank=True)
    """The answer for the layers of the system and the organisation; empty where there is
    none.
    """
    explanation = models.JSONField()
    """Rows of controls.rules.derivation.Row."""
    fingerprint = models.CharField(max_length=64)
    """Of kind and parties:

    a decision is suspect when that of the derivation in force differs.
    """
    organization_only = models.BooleanField(default=False)
    """Every layer belongs to the organisation, which decides it once for all systems."""
    release = models.ForeignKey(
        KnowledgeRelease, on_delete=models.PROTECT, related_name="derivations"
    )
    cause = models.CharField(max_length=200)
    effective_on = models.DateField()
    at = models.DateTimeField()

    objects = DerivationManager()

    class Meta:
        constraints = [
            one_of("derivation", "kind", Kind),
            one_of("derivation", "answer", Answer),
        ]
        indexes = [
            models.Index(fields=["responsibility", "-id"], name="derivation_newest"),
        ]

    def __str__(self) -> str:
        return f"{self.responsibility_id}: {self.kind} from {self.effective_on}"


class DecisionQuerySet(AppendOnlyQuerySet["Decision"]):
    """Questions about decisions."""

    def believed(self, *, on: date, as_of: datetime) -> DecisionQuerySet:
        """The newest revision for each responsibility on a date, by what was recorded as of
        an instant.
        """
        known = self.filter(at__lte=as_of, effective_on__lte=on)
        newest = (
            known.values("responsibility")
            .annotate(newest=models.Max("pk"))
            .values("newest")
        )
        return self.filter(pk__in=newest)

    def approved(self) -> DecisionQuerySet:
        """Revisions that a second person approved."""
        return self.filter(state=WorkflowState.APPROVED)


DecisionManager = models.Manager.from_queryset(DecisionQuerySet)


class Decision(models.Model):
    """What people decided about a responsibility: each row a full revision. Append-only.

    `decided_by` made the content, `submitted_by` asked for review, `by` made this revision.
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    responsibility = models.ForeignKey(
        Responsibility, on_delete=models.PROTECT, related_name="decisions"
    )
    number = models.PositiveIntegerField()
    state = models.CharField(max_length=20, choices=WorkflowState.choices)
    kind = models.CharField(max_length=20, choices=Kind.choices)
    source = models.CharField(max_length=20, choices=DecisionSource.choices)
    owner_team = models.ForeignKey(
        Team, null=True, blank=True, on_delete=models.PROTECT, related_name="decisions"
    )
    implementation_status = models.CharField(
        max_length=20, choices=ImplementationStatus.choices, blank=True
    )
    provider_statement = models.TextField(blank=True)
    customer_statement = models.TextField(blank=True)
    rationale = models.TextField(blank=True)
    remark = models.TextField(blank=True)
    """What the person who made this revision said about it, such as why it was returned."""
    derivation = models.ForeignKey(
        Derivation, on_delete=models.PROTECT, related_name="decisions"
    )
    effective_on = models.DateField()
    decided_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    submitted_by = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    submitted_at = models.DateTimeField(null=True, blank=True)
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="decisions")
    at = models.DateTimeField()

    objects = DecisionManager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["responsibility", "number"], name="decision_number_once"
            ),
            one_of("decision", "state", WorkflowState),
            one_of("decision", "source", DecisionSource),
            models.CheckConstraint(
                condition=~Q(kind=Kind.UNDETERMINED) & Q(kind__in=list(Kind.values)),
                name="decision_kind_decided",
            ),
            models.CheckConstraint(
                condition=Q(submitted_at__isnull=True, submitted_by__isnull=True)
                | Q(submitted_at__isnull=False, submitted_by__isnull=False),
                name="decision_submitted_at_with_by",
            ),
            # Maker is not checker, whatever code runs.
            models.CheckConstraint(
                condition=~Q(state=WorkflowState.APPROVED)
                | (
                    ~Q(by=F("decided_by"))
                    & Q(submitted_by__isnull=False)
                    & ~Q(by=F("submitted_by"))
                ),
                name="decision_maker_is_not_checker",
            ),
        ]
        indexes = [models.Index(fields=["responsibility", "-id"], name="decision_newest")]

    def __str__(self) -> str:
        return f"{self.responsibility_id} #{self.number}: {self.kind}, {self.state}"
