"""Awareness and training: courses, the roster of people, and who completed what when."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from typing import Any

from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import OuterRef, Q, Subquery, Value
from django.db.models.functions import Lower
from django.db.models.sql.compiler import SQLCompiler

from controls.choices import OrganizationRoleName, SystemKind
from controls.models import Membership, OrganizationRole, System, Team, User
from controls.models.constraints import one_of, ordered, paired
from controls.models.systems import Dated, ended, in_force
from evidence.choices import RecordSource
from evidence.models.evidence import Evidence


class CourseQuerySet(models.QuerySet["Course"]):
    """Questions about courses."""

    def visible_to(self, user: User) -> CourseQuerySet:
        """All of them: a course holds nothing of a team."""
        return self if user.is_active or user.sees_everything() else self.none()

    def open(self) -> CourseQuerySet:
        """Courses that are still held."""
        return self.filter(ended_at__isnull=True)

    def held(self, *, as_of: datetime) -> CourseQuerySet:
        """Courses that were held as of an instant."""
        return self.filter(
            Q(ended_at__isnull=True) | Q(ended_at__gt=as_of), created_at__lte=as_of
        )


CourseManager = models.Manager.from_queryset(CourseQuerySet)


class Course(models.Model):
    """A training that people of the roster must hold, and for how long it counts."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    key = models.SlugField(max_length=60, unique=True)
    title = models.CharField(max_length=200)
    description = models.TextField(blank=True)
    audience = models.CharField(max_length=60, blank=True)
    """Who must hold it: a word of roster entries (`developers`); empty: everybody."""
    valid_months = models.PositiveSmallIntegerField(null=True, blank=True)
    """How long a completion counts; empty: for ever."""
    source = models.CharField(max_length=120, blank=True)
    """Who asks for it, as printed: `NIST SP 800-53 AT-2`."""
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_by = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    version = models.PositiveIntegerField(default=1)

    objects = CourseManager()

    class Meta:
        constraints = [
            paired("course", "ended"),
            models.CheckConstraint(
                condition=Q(valid_months__isnull=True) | Q(valid_months__gte=1),
                name="course_valid_months_positive",
            ),
        ]

    def __str__(self) -> str:
        return self.title


class PersonQuerySet(models.QuerySet["Person"]):
    """Questions about people of the roster."""

    def visible_to(self, user: User) -> PersonQuerySet:
        """Everybody for those who see all and for auditors of the organisation; else the
        people of one's teams, or of those whose systems an auditor looks at, and oneself.
        """
        if user.sees_everything():
            return self
        entries = RosterEntry.objects.visible_to(user)
        return self.filter(Q(user=user) | Q(pk__in=entries.values("person")))


PersonManager = models.Manager.from_queryset(PersonQuerySet)


class Person(models.Model):
    """Somebody who is, or was, on the roster. Identity only."""

    names_a_person = True
    """So the audit trail, which cannot forget, does not say it."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    email = models.EmailField("address", unique=True)
    user = models.OneToOneField(
        User, null=True, blank=True, on_delete=models.PROTECT, related_name="roster_person"
    )
    """The same person's sign-in, where there is one."""
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")

    objects = PersonManager()

    class Meta:
        verbose_name_plural = "people on the roster"
        constraints = [
            models.UniqueConstraint(Lower("email"), name="person_email_any_case"),
        ]

    def __str__(self) -> str:
        return self.email


class Holds(models.Func):
    """Whether a list that is stored as JSON holds a text."""

    output_field = models.BooleanField()

    def as_sqlite(
        self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **_: Any
    ) -> tuple[str, Any]:
        """Ask SQLite, which reads the list as a table."""
        return self.as_sql(
            compiler,
            connection,
            template="EXISTS (SELECT 1 FROM json_each(%(expressions)s))",
            arg_joiner=") WHERE value = (",
        )

    def as_postgresql(
        self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **_: Any
    ) -> tuple[str, Any]:
        """Ask PostgreSQL, which has an operator for it."""
        return self.as_sql(
            compiler, connection, template="(%(expressions)s)", arg_joiner=" ? "
        )


class RosterEntryQuerySet(models.QuerySet["RosterEntry"]):
    """Questions about the roster."""

    def in_force(self, *, on: date, as_of: datetime) -> RosterEntryQuerySet:
        """Who was on the roster on a date, by what was recorded as of an instant."""
        return self.filter(in_force(on=on, as_of=as_of))

    def going_on(self, *, on: date) -> RosterEntryQuerySet:
        """Entries that nobody has ended and whose planned end, if any, lies ahead: of
        people who are on the roster or will be.
        """
        return self.filter(Q(until__isnull=True) | Q(until__gt=on), ended_at__isnull=True)

    def of_audience(self, word: str) -> RosterEntryQuerySet:
        """Entries whose audiences hold the word."""
        return self.filter(Holds("audiences", Value(word)))

    def visible_to(self, user: User) -> RosterEntryQuerySet:
        """All for those who see everything and for auditors of the organisation; else those
        of one's teams, of the teams whose systems an auditor looks at, and one's own.
        """
        if user.sees_everything():
            return self
        grants = OrganizationRole.objects.held_by(user).filter(
            role=OrganizationRoleName.AUDITOR
        )
        scope = System.objects.filter(pk__in=grants.values("systems"))
        if scope.filter(kind=SystemKind.ORGANIZATION).exists():
            return self
        teams = Membership.objects.held_by(user).values("team")
        return self.filter(
            Q(team__in=teams)
            | Q(team__in=scope.values("owner_team"))
            | Q(person__user=user)
        )


RosterEntryManager = models.Manager.from_queryset(RosterEntryQuerySet)


class RosterEntry(Dated):
    """That a person is on the roster, as what and in which team, from a day until it ends.

    A change of name, team or audiences is an end and a new start.
    """

    names_a_person = True

    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="entries")
    name = models.CharField(max_length=150)
    team = models.ForeignKey(
        Team, null=True, blank=True, on_delete=models.PROTECT, related_name="roster"
    )
    audiences = models.JSONField(default=list, blank=True)
    """Words that courses name: `developers`, `privileged users`."""

    objects = RosterEntryManager()

    class Meta:
        verbose_name_plural = "roster entries"
        constraints = [
            models.UniqueConstraint(
                fields=["person"],
                condition=Q(ended_at__isnull=True, until__isnull=True),
                name="rosterentry_one_open",
            ),
            *ended("rosterentry"),
        ]

    def __str__(self) -> str:
        return self.name


class TrainingRecordQuerySet(models.QuerySet["TrainingRecord"]):
    """Questions about training records."""

    def visible_to(self, user: User) -> TrainingRecordQuerySet:
        """Those of people one may see."""
        return self.filter(person__in=Person.objects.visible_to(user))

    def with_proof(self, user: User) -> TrainingRecordQuerySet:
        """Annotate `proof`: the certificate's uuid, where the user may see it."""
        seen = Evidence.objects.visible_to(user).filter(pk=OuterRef("evidence"))
        return self.annotate(proof=Subquery(seen.values("uuid")[:1]))

    def believed(self, *, as_of: datetime) -> TrainingRecordQuerySet:
        """Records that stood as of an instant."""
        return self.filter(
            Q(ended_at__isnull=True) | Q(ended_at__gt=as_of), recorded_at__lte=as_of
        )

    def valid(self, *, on: date) -> TrainingRecordQuerySet:
        """Records of completions that count on a date."""
        lasting = Q(valid_until__isnull=True) | Q(valid_until__gte=on)
        return self.filter(lasting, completed_on__lte=on)


TrainingRecordManager = models.Manager.from_queryset(TrainingRecordQuerySet)


class TrainingRecord(models.Model):
    """That a person completed a course on a day, and until when it counts."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="records")
    course = models.ForeignKey(Course, on_delete=models.PROTECT, related_name="records")
    completed_on = models.DateField()
    valid_until = models.DateField(null=True, blank=True)
    score = models.CharField(max_length=40, blank=True)
    evidence = models.ForeignKey(
        Evidence,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="training_records",
    )
    """The certificate, where one was handed in."""
    source = models.CharField(max_length=10, choices=RecordSource.choices)
    recorded_at = models.DateTimeField()
    recorded_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_by = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    why_ended = models.TextField(blank=True)

    objects = TrainingRecordManager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["person", "course", "completed_on"],
                condition=Q(ended_at__isnull=True),
                name="trainingrecord_once",
            ),
            one_of("trainingrecord", "source", RecordSource),
            paired("trainingrecord", "ended"),
            ordered("trainingrecord", "completed_on", "valid_until"),
        ]

    def __str__(self) -> str:
        return f"{self.person_id}: {self.course_id} on {self.completed_on}"
