"""Duties follow approved decisions, and the scope of their system."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import cached_property

from django.db.models import QuerySet, prefetch_related_objects

from controls.choices import AuditVerb, ClaimStance, SystemKind
from controls.models import (
    Control,
    Decision,
    Duty,
    DutyClaim,
    Responsibility,
    Review,
    ReviewSchedule,
    System,
    SystemProfile,
    User,
)
from controls.queries.duties import Ground, declined
from controls.rules import duties as rules
from controls.rules.duties import Wanted
from controls.rules.parts import printed
from controls.rules.transitions import CUSTOMER_KINDS
from controls.services import audit, duties, schedules, versions
from controls.services.audit import within
from controls.services.clock import day
from controls.services.rows import Rows

TOLD = ("task", "what", "layers", "services", "since")
BY_DECISION = "By decision"
"""The reason of a claim that an approved decision made, in the place of a person's."""


@within
def follow(*, decisions: Sequence[Decision], by: User, at: datetime) -> list[Duty]:
    """Let the duties of responsibilities be those of their newly approved decisions; return
    those in force.

    What is no longer asked for ends, with its claims and schedules; what is new starts,
    claimed by the decision's owner; what only moved to other layers or services ends and
    starts anew, with its claims and its due days. Where another team owns it now, that team
    claims it in the place of the former owner. Each is recorded by audit.record().

    A thousand that start duties cost as many queries as one.
    """
    return _Turn(decisions, by, at).run(_former_owners(decisions))


@within
def follow_scope(*, system: System, by: User, at: datetime) -> list[Duty]:
    """Let the duties of a system be those of the controls in its scope, after a profile
    came into it or left it; return those in force of the decisions it looked at.

    Duties of controls that no profile binds any more end, with the day on which that was
    said. Where a control is bound again and its approved decision still stands, its duties
    start again. What the organisation decides for all systems from now on is no longer a
    duty of the others. Each is recorded by audit.record().
    """
    scopes = SystemProfile.objects.filter(system=system, ended_at__isnull=True)
    bound = Control.objects.filter(profiles__in=scopes.values("profile"))
    own = Responsibility.objects.open().filter(system=system)
    for duty, claims in _open_duties(own.exclude(control__in=bound)):
        _end(duty, claims, by=by, at=at)
    going_on = Duty.objects.filter(ended_at__isnull=True).values("responsibility")
    concerned = own.filter(control__in=bound).exclude(pk__in=going_on)
    if system.kind == SystemKind.ORGANIZATION:
        others = Responsibility.objects.exclude(system=system).filter(pk__in=going_on)
        concerned |= others.filter(control__in=own.values("control"))
    standing = _standing(concerned, at)
    owners = {row.responsibility_id: row.owner_team_id for row in standing}
    return _Turn(standing, by, at).run(owners)


@within
def end_all(*, responsibility: Responsibility, by: User, at: datetime) -> int:
    """End the duties of a responsibility that no longer stands, with all that hangs on
    them; return how many there were. Each is recorded by audit.record().
    """
    found = _open_duties([responsibility.pk])
    for duty, claims in found:
        _end(duty, claims, by=by, at=at)
    return len(found)


class _Turn:
    """What follows from some decisions, by whom and when."""

    def __init__(self, decisions: Sequence[Decision], by: User, at: datetime) -> None:
        self.decisions = decisions
        self.by = by
        self.at = at
        self.ground = Ground()
        self.rows = Rows()

    def run(self, former: dict[int, int | None]) -> list[Duty]:
        """Let duties end, go on and start, and return those in force.

        `former` holds the team that answered before, by responsibility.
        """
        prefetch_related_objects(self.decisions, "derivation")
        open_ = defaultdict(list)
        for duty, claims in _open_duties([row.responsibility_id for row in self.decisions]):
            open_[duty.responsibility_id].append((duty, claims))
        kept: list[Duty] = []
        for decision in self.decisions:
            step = _Step(self, decision, former.get(decision.responsibility_id))
            kept += step.run(open_[decision.responsibility_id])
        self.rows.write([Duty, DutyClaim, ReviewSchedule, Review])
        return kept

    @cached_property
    def declined(self) -> dict[tuple[int, str], set[str]]:
        """The cadences that people ended, by responsibility and task."""
        return declined([row.responsibility_id for row in self.decisions])


class _Step:
    """What follows from one decision."""

    def __init__(self, turn: _Turn, decision: Decision, former: int | None) -> None:
        self.turn = turn
        self.decision = decision
        self.responsibility = decision.responsibility
        self.moved = decision.owner_team_id != former
        """Whether another team answers for it than before."""
        self.former = former

    @property
    def statement(self) -> str:
        """What the statement is called, empty where the decision is on a whole control."""
        part = self.responsibility.part
        return printed(part.part_id) if part else ""

    def run(self, open_: Iterable[tuple[Duty, list[DutyClaim]]]) -> list[Duty]:
        asked = {duty.task: duty for duty in self.wanted()}
        kept = []
        for duty, claims in open_:
            found = asked.pop(duty.task, None)
            if found is None:
                _end(duty, claims, by=self.turn.by, at=self.turn.at)
            elif (duty.layers, duty.services) == (list(found.layers), list(found.services)):
                kept.append(self.keep(duty, claims))
            else:
                kept.append(self.renew(duty, claims, found))
        return [*kept, *map(self.start, asked.values())]

    def wanted(self) -> list[Wanted]:
        if self.decision.kind not in CUSTOMER_KINDS:
            return []
        workload = self.responsibility.system.kind != SystemKind.ORGANIZATION
        once = self.turn.ground.decided_once
        return rules.wanted(
            kind=self.decision.kind,
            rows=self.decision.derivation.explanation,
            organization_decides=workload and self.responsibility.control_id in once,
        )

    def start(self, found: Wanted) -> Duty:
        """Start a duty, claimed by the team that answers for the responsibility, with the
        reviews that the shipped cadences offer for it.
        """
        duty = self.create(found)
        self.claim(duty)
        self.offer(duty, ())
        return duty

    def keep(self, duty: Duty, claims: list[DutyClaim]) -> Duty:
        """Let a duty go on; another owner claims it in the place of the former one."""
        kept = self.still_said(claims)
        for said in claims:
            if said not in kept:
                duties.note_end(claim=said, by=self.turn.by, at=self.turn.at)
        self.claim_if_moved(duty, kept)
        return duty

    def renew(self, old: Duty, claims: list[DutyClaim], found: Wanted) -> Duty:
        """End a duty and start it anew on other layers or services, with what still holds
        of its claims, and with its reviews.
        """
        turn = self.turn
        running = schedules.running(old)
        _end(old, claims, by=turn.by, at=turn.at)
        duty, kept = self.create(found), self.still_said(claims)
        for said in kept:
            duties.note_claim(
                duty=duty,
                team=said.team,
                stance=said.stance,
                reason=said.reason,
                rows=turn.rows,
                by=turn.by,
                at=turn.at,
            )
        self.claim_if_moved(duty, kept)
        carried = schedules.carry_over(
            schedules=running,
            duty=duty,
            ground=turn.ground,
            rows=turn.rows,
            by=turn.by,
            at=turn.at,
        )
        self.offer(duty, [row.cadence_key for row in carried])
        return duty

    def still_said(self, claims: list[DutyClaim]) -> list[DutyClaim]:
        """Return what still holds of what teams said.

        Another owner settles what the former one said, unless it claimed the duty by its
        own word.
        """
        if not self.moved:
            return claims
        return [
            said
            for said in claims
            if said.team_id != self.former
            or (said.stance == ClaimStance.CLAIMS and said.reason != BY_DECISION)
        ]

    def claim_if_moved(self, duty: Duty, said: list[DutyClaim]) -> None:
        """Let another owner claim the duty, unless it has said something already."""
        if self.moved and self.decision.owner_team_id not in {row.team_id for row in said}:
            self.claim(duty)

    def claim(self, duty: Duty) -> None:
        """Let the owner claim the duty."""
        if self.decision.owner_team is None:
            return
        duties.note_claim(
            duty=duty,
            team=self.decision.owner_team,
            stance=ClaimStance.CLAIMS,
            reason=BY_DECISION,
            rows=self.turn.rows,
            by=self.turn.by,
            at=self.turn.at,
        )

    def offer(self, duty: Duty, carried: Iterable[str]) -> None:
        """Start the reviews that the shipped cadences offer, but those that run already or
        that people ended.
        """
        turn = self.turn
        for found in schedules.called(duty, turn.ground):
            ended = turn.declined.get((duty.responsibility_id, duty.task), set())
            if found.key not in ended.union(carried):
                schedules.offer(
                    offer=found, duty=duty, rows=turn.rows, by=turn.by, at=turn.at
                )

    def create(self, found: Wanted) -> Duty:
        """Add the duty to the rows that are written."""
        at, names = self.turn.at, self.turn.ground.names(found.services)
        duty = self.turn.rows.add(
            Duty(
                responsibility=self.responsibility,
                decision=self.decision,
                task=found.task,
                what=rules.told(found, names=names, statement=self.statement),
                layers=list(found.layers),
                services=list(found.services),
                since=day(at),
                started_at=at,
                started_by=self.turn.by,
            )
        )
        audit.record(
            verb=AuditVerb.DUTY_STARTED,
            target=duty,
            about=self.responsibility.system,
            after=audit.snapshot(duty, *TOLD),
            by=self.turn.by,
            at=at,
        )
        return duty


def _former_owners(decisions: Sequence[Decision]) -> dict[int, int | None]:
    """Return responsibility → the team that the approved decision before named. One query;
    none where these are the first.
    """
    numbers = {row.responsibility_id: row.number for row in decisions}
    known = Decision.objects.approved().filter(responsibility__in=list(numbers))
    rows = known.order_by("number").values_list("responsibility", "number", "owner_team")
    return {key: owner for key, number, owner in rows if number < numbers[key]}


def _open_duties(
    responsibilities: QuerySet[Responsibility] | list[int],
) -> list[tuple[Duty, list[DutyClaim]]]:
    """Return the duties of these responsibilities that nobody has ended, each with its open
    claims, and keep others from changing them until the transaction ends. Two queries.
    """
    rows = (
        Duty.objects.select_for_update(of=("self",))
        .filter(responsibility__in=responsibilities, ended_at__isnull=True)
        .select_related(
            "responsibility__system__owner_team",
            "responsibility__control",
            "responsibility__part",
        )
        .order_by("pk")
    )
    found: dict[int, tuple[Duty, list[DutyClaim]]] = {row.pk: (row, []) for row in rows}
    if not found:
        return []
    open_ = DutyClaim.objects.open().filter(duty__in=list(found))
    for said in open_.select_related("team").order_by("pk"):
        said.duty, claims = found[said.duty_id]
        claims.append(said)
    return list(found.values())


def _standing(responsibilities: QuerySet[Responsibility], at: datetime) -> list[Decision]:
    """Return the newest approved decision of each, where it leaves the customer a part."""
    known = Decision.objects.approved().filter(responsibility__in=responsibilities)
    return list(
        known.believed(on=day(at), as_of=at)
        .filter(kind__in=CUSTOMER_KINDS)
        .select_related(
            "owner_team",
            "responsibility__system__owner_team",
            "responsibility__control",
            "responsibility__part",
        )
        .order_by("pk")
    )


def _end(duty: Duty, claims: list[DutyClaim], *, by: User, at: datetime) -> None:
    """End a duty with all that hangs on it."""
    # So that whoever has read the duty by now neither claims nor disputes it any more.
    versions.claim(duty, version=duty.version)
    for said in claims:
        duties.note_end(claim=said, by=by, at=at)
    for schedule in schedules.running(duty):
        schedules.end_with_duty(schedule=schedule, duty=duty, by=by, at=at)
    versions.end_row(duty, on=day(at), by=by, at=at)
    audit.record(
        verb=AuditVerb.DUTY_ENDED,
        target=duty,
        about=duty.responsibility.system,
        before=audit.snapshot(duty, *TOLD),
        after=audit.snapshot(duty, "ended_on"),
        by=by,
        at=at,
    )
