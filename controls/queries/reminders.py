"""Who is to be told of which review at an instant, and has not been told yet.

The scan leaves to the database what it can leave out: reviews whose first stage lies ahead,
teams that are off today, and whoever was told already. Told are the people who do the work
in the teams that claim the duty, else the leads of the team that owns the system; of what
stays overdue their manager, else the GRC leads.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import (
    Case,
    Count,
    DateField,
    Exists,
    F,
    FilteredRelation,
    IntegerField,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
    When,
)
from django.db.models.functions import Coalesce

from controls.choices import (
    ClaimStance,
    MembershipRole,
    OrganizationRoleName,
    ReminderChannel,
    ReminderSubject,
)
from controls.models import (
    DutyClaim,
    OrganizationRole,
    Reminder,
    Review,
    ReviewSnooze,
    Team,
    User,
)
from controls.queries.formulas import ManagersStage, Occurrence, OwnersStage
from controls.rules import moments, stages
from controls.rules.permissions import RANKS

WORKERS = tuple(
    role for role, rank in RANKS.items() if rank >= RANKS[MembershipRole.CONTRIBUTOR]
)
"""Roles of those who do the work: a viewer is not asked for it."""

LONGEST_LEAD = timedelta(days=366)
"""No stage begins longer before its due day than 365 days, wherever it is tomorrow."""


@dataclass(frozen=True, slots=True, order=True)
class Due:
    """That a person is to be told of a review, at a stage, on behalf of a team.

    Ordered, so that two sweeps at once write their rows in the same order.
    """

    review: UUID
    stage: str
    recipient: int
    team: int
    occurrence: str
    stage_on: date

    @property
    def key(self) -> tuple[UUID, str, int]:
        """Return what is told once."""
        return self.review, self.stage, self.recipient


@dataclass(frozen=True, slots=True)
class Told:
    """Who is to be told of what, in words."""

    email: str
    title: str
    system: str
    stage: str


def due(*, at: datetime) -> list[Due]:
    """Return who is to be told of what and has not been, each person once per stage.

    At most seven queries, at any size.
    """
    found: dict[tuple[UUID, str, int], Due] = {}
    for row in sorted(_Scan(at=at, untold=True).rows()):
        found.setdefault(row.key, row)
    return list(found.values())


def applying(
    *, at: datetime, recipient: int, wanted: Collection[tuple[UUID, str]]
) -> set[tuple[UUID, str]]:
    """Return the reviews and stages that hold for a person at an instant, told or not,
    working day or not. Asked for the reviews of `wanted`, until all of it was found.
    """
    found: set[tuple[UUID, str]] = set()
    only = {review for review, _ in wanted}
    for row in _Scan(at=at, reviews=only, recipient=recipient).rows():
        found.add((row.review, row.stage))
        if found.issuperset(wanted):
            break
    return found


def named(rows: Collection[Due]) -> list[Told]:
    """Return in words who is to be told of what. Two queries."""
    reviews = Review.objects.filter(uuid__in={row.review for row in rows})
    titles = {
        uuid: (title, system)
        for uuid, title, system in reviews.values_list(
            "uuid", "schedule__title", "schedule__duty__responsibility__system__name"
        )
    }
    people = User.objects.people().in_bulk({row.recipient for row in rows})
    return [
        Told(people[row.recipient].email, *titles[row.review], row.stage) for row in rows
    ]


@dataclass(frozen=True, slots=True)
class _Teams:
    """The teams of reviews: where they are found, and who does the work in them."""

    reviews: QuerySet[Review]
    team: str
    roles: tuple[str, ...]
    only: Q


class _Scan:
    """One look at all open reviews, or at some of them for one person."""

    def __init__(
        self,
        *,
        at: datetime,
        untold: bool = False,
        reviews: Collection[UUID] | None = None,
        recipient: int | None = None,
    ) -> None:
        self.at, self.untold, self.recipient = at, untold, recipient
        self.reviews = reviews

    def rows(self) -> Iterator[Due]:
        """Yield who is told, for teams that claim a duty and for those that own a system in
        which nobody claims it.
        """
        if not self.days:
            return
        for teams in (self._claiming(), self._owning()):
            yield from self._owners(teams)
            yield from self._managers(teams)

    @cached_property
    def days(self) -> dict[date, list[str]]:
        """Which day it is in the time zones of all teams."""
        days: dict[date, list[str]] = {}
        zones = Team.objects.order_by("time_zone").values_list("time_zone", flat=True)
        for zone in zones.distinct():
            days.setdefault(moments.day(self.at, zone=ZoneInfo(zone)), []).append(zone)
        return days

    @cached_property
    def leads(self) -> list[int]:
        """The GRC leads, who are told where there is no manager."""
        leads = OrganizationRole.objects.current().filter(
            role=OrganizationRoleName.GRC_LEAD
        )
        return list(leads.order_by("user").values_list("user", flat=True))

    def _open(self) -> QuerySet[Review]:
        rows = Review.objects.open().filter(
            opened_at__lte=self.at, due_on__lte=max(self.days) + LONGEST_LEAD
        )
        return rows if self.reviews is None else rows.filter(uuid__in=self.reviews)

    def _claiming(self) -> _Teams:
        rows = self._open().annotate(
            claim=FilteredRelation("schedule__duty__claims"),
            member=FilteredRelation("claim__team__memberships"),
        )
        only = Q(claim__stance=ClaimStance.CLAIMS, claim__ended_at__isnull=True)
        return _Teams(rows, "claim__team", WORKERS, only)

    def _owning(self) -> _Teams:
        team = "schedule__duty__responsibility__system__owner_team"
        claims = DutyClaim.objects.open().filter(
            duty=OuterRef("schedule__duty"), stance=ClaimStance.CLAIMS
        )
        rows = self._open().annotate(member=FilteredRelation(f"{team}__memberships"))
        return _Teams(rows, team, (MembershipRole.LEAD,), ~Q(Exists(claims)))

    def _owners(self, teams: _Teams) -> Iterator[Due]:
        """Yield those who do the work."""
        member = Q(member__role__in=teams.roles, member__ended_at__isnull=True)
        member &= Q(member__user__is_active=True)
        if self.recipient is not None:
            member &= Q(member__user=self.recipient)
        rows = self._today(teams, member).annotate(
            stage=OwnersStage(
                F("today"),
                F("due_on"),
                F("schedule__lead_days"),
                F("schedule__overdue_every_days"),
            ),
            recipient=F("member__user_id"),
        )
        rows = rows.filter(stage__isnull=False)
        if self.untold:
            rows = rows.filter(~Exists(_told(recipient=OuterRef("recipient"))))
        return self._read(rows)

    def _managers(self, teams: _Teams) -> Iterator[Due]:
        """Yield the manager of the team, or the GRC leads where nobody manages it."""
        rows = self._today(teams, Q(due_on__lt=max(self.days))).annotate(
            stage=ManagersStage(
                F("today"), F("due_on"), F("schedule__escalate_after_days")
            ),
            recipient=Case(
                When(
                    **{f"{teams.team}__manager__is_active": True},
                    then=F(f"{teams.team}__manager_id"),
                ),
                output_field=IntegerField(),
            ),
        )
        rows = rows.filter(stage__isnull=False)
        if self.untold:
            managed: Any = Q(recipient__isnull=False)
            managed &= ~Exists(_told(recipient=OuterRef("recipient")))
            told = _told(recipient__in=self.leads).values("subject_uuid").order_by()
            count = Subquery(told.annotate(count=Count("pk")).values("count"))
            rows = rows.annotate(leads_told=Coalesce(count, 0)).filter(
                managed | Q(recipient__isnull=True, leads_told__lt=len(self.leads))
            )
        found = list(self._read(rows))
        yield from self._for_leads([row for row in found if not row.recipient])
        for row in found:
            if row.recipient and self.recipient in {None, row.recipient}:
                yield row

    def _for_leads(self, rows: list[Due]) -> Iterator[Due]:
        """Yield the row for each GRC lead, but for those who were told already."""
        if not rows:
            return
        told: set[tuple[UUID, str, int]] = set()
        if self.untold:
            told.update(
                Reminder.objects.filter(
                    subject_type=ReminderSubject.REVIEW,
                    subject_uuid__in={row.review for row in rows},
                    recipient__in=self.leads,
                ).values_list("subject_uuid", "stage", "recipient_id")
            )
        leads = [lead for lead in self.leads if self.recipient in {None, lead}]
        for row in rows:
            for lead in leads:
                if (row.review, row.stage, lead) not in told:
                    yield Due(
                        row.review, row.stage, lead, row.team, row.occurrence, row.stage_on
                    )

    def _today(self, teams: _Teams, only: Q) -> QuerySet[Any]:
        """Return the reviews with the day it is for the team, but for those of teams that
        are off today, and those whose reminders keep quiet.
        """
        zone, works = (
            f"{teams.team}__time_zone__in",
            f"{teams.team}__working_days__contains",
        )
        working = Q(pk__in=[])
        for day, zones in self.days.items():
            working |= Q(**{zone: zones, works: str(day.isoweekday())})
        # In one call: a second one would join the claims and members once more.
        rows = teams.reviews.filter(teams.only & only & (working if self.untold else Q()))
        newest = ReviewSnooze.objects.filter(review=OuterRef("pk")).order_by("-pk")
        return rows.annotate(
            today=self._day(zone),
            occurrence_key=Occurrence(F("due_on"), F("attempt")),
            team=F(f"{teams.team}__pk"),
            quiet_until=Subquery(newest.values("until")[:1]),
        ).filter(Q(quiet_until__isnull=True) | Q(quiet_until__lte=F("today")))

    def _day(self, zone: str) -> Any:
        """Return the day it is for the team."""
        if len(self.days) == 1:
            return Value(next(iter(self.days)), output_field=DateField())
        days = (When(**{zone: zones}, then=Value(day)) for day, zones in self.days.items())
        return Case(*days, output_field=DateField())

    def _read(self, rows: QuerySet[Any]) -> Iterator[Due]:
        for uuid, due_on, stage, recipient, team, occurrence in rows.values_list(
            "uuid", "due_on", "stage", "recipient", "team", "occurrence_key"
        ):
            began = stages.began(stage, due_on=due_on)
            yield Due(uuid, stage, recipient or 0, team, occurrence, began)


def _told(**whom: Any) -> QuerySet[Reminder]:
    """Return the reminders by which a review's stage was told. In the app it is told at
    once, so that channel says whether it was.
    """
    return Reminder.objects.filter(
        subject_type=ReminderSubject.REVIEW,
        subject_uuid=OuterRef("uuid"),
        occurrence=OuterRef("occurrence_key"),
        stage=OuterRef("stage"),
        channel=ReminderChannel.IN_APP,
        **whom,
    )
