"""What proves it: evidence, its revisions, the verdicts on it, and what it is linked to."""

from __future__ import annotations

import uuid
from datetime import date, datetime

from django.db import models
from django.db.models import F, Q

from controls.models import Duty, Membership, Responsibility, Review, Team, User
from controls.models.append_only import AppendOnlyQuerySet
from controls.models.constraints import one_of, ordered, paired
from evidence.choices import EvidenceKind, Sensitivity, Side, VerdictState
from evidence.models.artifacts import Artifact


class EvidenceQuerySet(models.QuerySet["Evidence"]):
    """Questions about evidence."""

    def visible_to(self, user: User) -> EvidenceQuerySet:
        """That of the user's teams, and what is linked to a responsibility they see; or
        all.
        """
        if user.sees_everything():
            return self
        teams = Membership.objects.held_by(user).values("team")
        linked = EvidenceLink.objects.open().filter(
            responsibility__in=Responsibility.objects.visible_to(user)
        )
        return self.filter(Q(team__in=teams) | Q(pk__in=linked.values("evidence")))

    def with_state(self) -> EvidenceQuerySet:
        """Annotate `state`: the newest verdict."""
        return self.annotate(state=F("latest_verdict__state"))

    def current(self, *, on: date) -> EvidenceQuerySet:
        """Accepted evidence that has not expired on a date. Expired is asked, never
        stored.
        """
        unexpired = Q(latest_version__expires_on__isnull=True) | Q(
            latest_version__expires_on__gte=on
        )
        return self.filter(unexpired, latest_verdict__state=VerdictState.ACCEPTED)


EvidenceManager = models.Manager.from_queryset(EvidenceQuerySet)


class Evidence(models.Model):
    """Something a team offers as proof. Identity only: what holds is in its rows."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="evidence")
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    version = models.PositiveIntegerField(default=1)
    latest_version = models.ForeignKey(
        "EvidenceVersion",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    latest_verdict = models.ForeignKey(
        "EvidenceVerdict",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )

    objects = EvidenceManager()

    class Meta:
        verbose_name_plural = "evidence"

    def __str__(self) -> str:
        title = self.latest_version.title if self.latest_version else ""
        return f"{self.reference} {title}".strip()

    @property
    def reference(self) -> str:
        """Return the short name that people say: `EV-2041`."""
        return f"EV-{self.pk}"


class EvidenceVersionQuerySet(AppendOnlyQuerySet["EvidenceVersion"]):
    """Questions about revisions of evidence."""

    def visible_to(self, user: User) -> EvidenceVersionQuerySet:
        """Those of visible evidence."""
        return self.filter(evidence__in=Evidence.objects.visible_to(user))

    def believed(self, *, as_of: datetime) -> EvidenceVersionQuerySet:
        """The newest revision of each piece, by what was recorded as of an instant."""
        known = self.filter(at__lte=as_of)
        newest = known.values("evidence").annotate(newest=models.Max("pk")).values("newest")
        return self.filter(pk__in=newest)


EvidenceVersionManager = models.Manager.from_queryset(EvidenceVersionQuerySet)


class EvidenceVersion(models.Model):
    """A full revision: the file or address, and what is said of it. Append-only."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    evidence = models.ForeignKey(
        Evidence, on_delete=models.PROTECT, related_name="versions"
    )
    number = models.PositiveIntegerField()
    title = models.CharField(max_length=200)
    description = models.TextField(blank=True)
    kind = models.CharField(max_length=20, choices=EvidenceKind.choices)
    side = models.CharField(max_length=10, choices=Side.choices)
    activity_from = models.DateField(null=True, blank=True)
    activity_until = models.DateField(null=True, blank=True)
    """The period in which the work was done, which is not the day of the upload."""
    collected_on = models.DateField()
    expires_on = models.DateField(null=True, blank=True)
    sensitivity = models.CharField(max_length=20, choices=Sensitivity.choices)
    artifact = models.ForeignKey(
        Artifact, null=True, blank=True, on_delete=models.PROTECT, related_name="versions"
    )
    original_name = models.CharField(max_length=255, blank=True)
    url = models.URLField(max_length=1000, blank=True)
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    objects = EvidenceVersionManager()

    class Meta:
        verbose_name = "revision of evidence"
        verbose_name_plural = "revisions of evidence"
        constraints = [
            models.UniqueConstraint(
                fields=["evidence", "number"], name="evidenceversion_number_once"
            ),
            models.CheckConstraint(
                condition=Q(artifact__isnull=False, url="")
                | (Q(artifact__isnull=True) & ~Q(url="")),
                name="evidenceversion_file_or_address",
            ),
            one_of("evidenceversion", "kind", EvidenceKind),
            one_of("evidenceversion", "side", Side),
            one_of("evidenceversion", "sensitivity", Sensitivity),
            ordered("evidenceversion", "activity_from", "activity_until"),
        ]
        indexes = [
            models.Index(fields=["evidence", "-id"], name="evidenceversion_newest"),
        ]

    def __str__(self) -> str:
        return f"{self.title}, revision {self.number}"


class EvidenceVerdictQuerySet(AppendOnlyQuerySet["EvidenceVerdict"]):
    """Questions about verdicts."""

    def visible_to(self, user: User) -> EvidenceVerdictQuerySet:
        """Those on visible evidence."""
        return self.filter(evidence__in=Evidence.objects.visible_to(user))

    def believed(self, *, as_of: datetime) -> EvidenceVerdictQuerySet:
        """The newest verdict on each piece, by what was recorded as of an instant."""
        known = self.filter(at__lte=as_of)
        newest = known.values("evidence").annotate(newest=models.Max("pk")).values("newest")
        return self.filter(pk__in=newest)


EvidenceVerdictManager = models.Manager.from_queryset(EvidenceVerdictQuerySet)


class EvidenceVerdict(models.Model):
    """One step of a piece of evidence: handed in, accepted, rejected, withdrawn.

    Append-only.
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    evidence = models.ForeignKey(
        Evidence, on_delete=models.PROTECT, related_name="verdicts"
    )
    revision = models.ForeignKey(
        EvidenceVersion, on_delete=models.PROTECT, related_name="verdicts"
    )
    state = models.CharField(max_length=20, choices=VerdictState.choices)
    remark = models.TextField(blank=True)
    made_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    """Who handed the revision in."""
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    objects = EvidenceVerdictManager()

    class Meta:
        verbose_name = "verdict"
        constraints = [
            one_of("evidenceverdict", "state", VerdictState),
            # Maker is not checker, whatever code runs.
            models.CheckConstraint(
                condition=~Q(state__in=[VerdictState.ACCEPTED, VerdictState.REJECTED])
                | ~Q(by=F("made_by")),
                name="evidenceverdict_maker_is_not_checker",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=[VerdictState.REJECTED, VerdictState.WITHDRAWN])
                | ~Q(remark=""),
                name="evidenceverdict_refusal_has_remark",
            ),
        ]
        indexes = [
            models.Index(fields=["evidence", "-id"], name="evidenceverdict_newest"),
        ]

    def __str__(self) -> str:
        return f"{self.evidence_id}: {self.state}"


class EvidenceLinkQuerySet(models.QuerySet["EvidenceLink"]):
    """Questions about links."""

    def open(self) -> EvidenceLinkQuerySet:
        """Links that nobody has ended."""
        return self.filter(ended_at__isnull=True)

    def believed(self, *, as_of: datetime) -> EvidenceLinkQuerySet:
        """Links that stood as of an instant."""
        return self.filter(Q(ended_at__isnull=True) | Q(ended_at__gt=as_of)).filter(
            started_at__lte=as_of
        )

    def visible_to(self, user: User) -> EvidenceLinkQuerySet:
        """Those of visible evidence to visible responsibilities."""
        return self.filter(
            evidence__in=Evidence.objects.visible_to(user),
            responsibility__in=Responsibility.objects.visible_to(user),
        )


EvidenceLinkManager = models.Manager.from_queryset(EvidenceLinkQuerySet)


class EvidenceLink(models.Model):
    """That evidence is offered for a responsibility: all of it, one duty or one review."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    evidence = models.ForeignKey(Evidence, on_delete=models.PROTECT, related_name="links")
    responsibility = models.ForeignKey(
        Responsibility, on_delete=models.PROTECT, related_name="evidence_links"
    )
    duty = models.ForeignKey(
        Duty, null=True, blank=True, on_delete=models.PROTECT, related_name="evidence_links"
    )
    review = models.ForeignKey(
        Review,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="evidence_links",
    )
    started_at = models.DateTimeField()
    started_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_by = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    objects = EvidenceLinkManager()

    class Meta:
        verbose_name = "link of evidence"
        verbose_name_plural = "links of evidence"
        constraints = [
            # SQLite has no NULLS NOT DISTINCT: three conditional constraints stand for one.
            models.UniqueConstraint(
                fields=["evidence", "responsibility"],
                condition=Q(duty__isnull=True, ended_at__isnull=True),
                name="evidencelink_once_per_responsibility",
            ),
            models.UniqueConstraint(
                fields=["evidence", "duty"],
                condition=Q(duty__isnull=False, review__isnull=True, ended_at__isnull=True),
                name="evidencelink_once_per_duty",
            ),
            models.UniqueConstraint(
                fields=["evidence", "review"],
                condition=Q(review__isnull=False, ended_at__isnull=True),
                name="evidencelink_once_per_review",
            ),
            models.CheckConstraint(
                condition=Q(review__isnull=True) | Q(duty__isnull=False),
                name="evidencelink_review_with_duty",
            ),
            paired("evidencelink", "ended"),
            ordered("evidencelink", "started_at", "ended_at"),
        ]

    def __str__(self) -> str:
        return f"{self.evidence_id} for {self.responsibility_id}"
