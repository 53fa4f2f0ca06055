"""A small organisation with a row of each kind in every register, and a day of changes."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime

from controls.choices import (
    IntervalUnit,
    MembershipRole,
    MessageState,
    ReminderChannel,
    ReminderState,
    ReminderSubject,
    ReviewKind,
    ReviewOutcome,
)
from controls.models import (
    Decision,
    Duty,
    Message,
    Profile,
    Reminder,
    Responsibility,
    Review,
    ServiceVariant,
    System,
    Team,
    User,
)
from controls.rules.moments import Moment
from controls.services import (
    decisions,
    duties,
    people,
    reviews,
    schedules,
    statements,
    systems,
    teams,
)
from controls.services.schedules import Plan
from controls.services.setup import system_user
from evidence.choices import RecordSource
from evidence.exports.registers import REGISTERS, stream
from evidence.exports.tables import Asked
from evidence.models import (
    Course,
    Evidence,
    EvidenceLink,
    EvidenceVerdict,
    EvidenceVersion,
    Person,
    RosterEntry,
    TrainingRecord,
)
from evidence.services import courses
from tests.make import (
    MONDAY,
    make_catalog,
    make_decision,
    make_facts,
    make_grc_lead,
    make_member,
    make_profile,
    make_statements,
    make_system,
    make_team,
    responsibility_for,
    set_statement_apart,
)

MARCH = datetime(2026, 3, 20, 9, 0, tzinfo=UTC)
APRIL = datetime(2026, 4, 10, 23, 59, 59, 999999, tzinfo=UTC)
"""The end of the day on which everything is as the golden files say."""
MAY = datetime(2026, 5, 4, 9, 0, tzinfo=UTC)
"""When all of it changes."""

THEN = Moment(as_of=APRIL, on=date(2026, 4, 10))
IDENTITIES = re.compile(
    r"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b|\b(?!0{64})[0-9a-f]{64}\b|\bEV-\d+"
)


@dataclass(frozen=True)
class World:
    """Who and what there is."""

    core: Team
    edge: Team
    ada: User
    bo: User
    eve: User
    lead: User
    system: System
    evidence: Evidence
    course: Course


def told(name: str, form: str, user: User, moment: Moment = THEN, **asked: object) -> str:
    """A register as text, asked for by this person."""
    question = Asked(user=user, moment=moment, **asked)  # type: ignore[arg-type]
    return b"".join(stream(register=REGISTERS[name], form=form, asked=question)).decode()


def every_register(user: User, moment: Moment = THEN) -> dict[str, str]:
    """All registers in all forms."""
    return {
        f"{name}.{form}": told(name, form, user, moment)
        for name in REGISTERS
        for form in ("csv", "ndjson")
    }


def normalised(text: str) -> str:
    """The text with what is drawn by lot numbered in the order in which it comes up."""
    seen: dict[str, str] = {}
    return IDENTITIES.sub(
        lambda found: seen.setdefault(found[0], f"<{len(seen) + 1}>"), text
    )


def make_register_world() -> World:
    """Build it, in March and the beginning of April."""
    make_facts()
    profile = make_profile(make_catalog(key="frame"), key="everything")
    core, edge = make_team("core"), make_team("edge")
    ada = make_member(core, MembershipRole.CONTRIBUTOR, name="Ada", email="ada@example.com")
    bo = make_member(core, MembershipRole.APPROVER, name="Bo", email="bo@example.com")
    eve = make_member(edge, MembershipRole.APPROVER, name="Eve", email="eve@example.com")
    lead = make_grc_lead(name="Gro", email="gro@example.com")
    system = make_system(core, "ec2", "rds", profile=profile, key="shop")
    make_decision(
        system,
        "ac-2",
        by=ada,
        rationale='=HYPERLINK("x")',
        customer_statement="We check,\r\nevery week.",
    )
    approve(system, "si-2", maker=ada, checker=bo)
    make_statements("si-2", "a", "b", "b.1")
    set_statement_apart(system, "si-2_smt.b", by=ada, customer_statement="We alone.")
    duty = Duty.objects.get(responsibility__system=system, task="do")
    duties.dispute(
        duty=duty, version=duty.version, team=edge, reason="Not ours", by=eve, at=MARCH
    )
    monthly = schedules.start(duty=duty, plan=plan("Patch round", 1), by=bo, at=MONDAY)
    schedules.start(duty=duty, plan=plan("Look at settings", 3), by=bo, at=MONDAY)
    review = Review.objects.get(schedule=monthly)
    evidence = make_evidence(core, ada, review=review, title="Patch report, -1 open")
    judge(evidence, "accepted", maker=ada, by=bo)
    reviews.complete_by_proof(
        review=review, done_on=date(2026, 3, 21), remark="Proven", by=bo, at=MARCH
    )
    make_evidence(edge, eve, title="Nobody's", url="https://example.com/report")
    course = make_training(core, edge, evidence, by=lead)
    make_reminders(Review.objects.get(schedule=monthly, completed_at=None), ada, core)
    return World(core, edge, ada, bo, eve, lead, system, evidence, course)


def approve(
    system: System, control_id: str, *, maker: User, checker: User, at: datetime = MONDAY
) -> Decision:
    """Decide, submit and approve."""
    make_decision(system, control_id, by=maker, at=at, customer_statement="We patch.")
    for step, by in ((decisions.submit, maker), (decisions.approve, checker)):
        row = responsibility_for(system, control_id)
        decided = step(responsibility=row, version=row.version, by=by, at=at)
    assert isinstance(decided, Decision)
    return decided


def make_other_system(team: Team, key: str) -> System:
    """One more system, with people of its own, in which something is approved, reviewed
    and reminded of.
    """
    maker = make_member(team, MembershipRole.CONTRIBUTOR)
    checker = make_member(team, MembershipRole.APPROVER)
    profile = Profile.objects.get(key="everything")
    system = make_system(team, "ec2", profile=profile, key=key)
    approve(system, "si-2", maker=maker, checker=checker)
    duty = Duty.objects.get(responsibility__system=system, task="do")
    schedule = schedules.start(duty=duty, plan=plan(key, 1), by=checker, at=MONDAY)
    make_reminders(Review.objects.get(schedule=schedule), maker, team)
    return system


def plan(title: str, months: int) -> Plan:
    """A schedule of so many months."""
    return Plan(
        title=title,
        kind=ReviewKind.PATCHING,
        every=months,
        unit=IntervalUnit.MONTHS,
        anchor_on=date(2026, 3, 1),
        source="Our own policy",
    )


def make_evidence(
    team: Team,
    by: User,
    *,
    title: str,
    review: Review | None = None,
    url: str = "https://example.com/patches",
    at: datetime = MARCH,
) -> Evidence:
    """Evidence at an address, handed in; for a review, if there is one."""
    row = Evidence.objects.create(team=team, created_at=at, created_by=by)
    revision = EvidenceVersion.objects.create(
        evidence=row,
        number=1,
        title=title,
        kind="report",
        side="customer",
        collected_on=date(2026, 3, 19),
        expires_on=date(2026, 4, 9),
        sensitivity="internal",
        url=url,
        by=by,
        at=at,
    )
    Evidence.objects.filter(pk=row.pk).update(latest_version=revision)
    row.refresh_from_db()
    judge(row, "submitted", maker=by, by=by, at=at)
    if review is not None:
        EvidenceLink.objects.create(
            evidence=row,
            responsibility=review.schedule.duty.responsibility,
            duty=review.schedule.duty,
            review=review,
            started_at=at,
            started_by=by,
        )
    return row


def judge(
    evidence: Evidence, state: str, *, maker: User, by: User, at: datetime = MARCH
) -> EvidenceVerdict:
    """A step of evidence."""
    assert evidence.latest_version is not None
    verdict = EvidenceVerdict.objects.create(
        evidence=evidence,
        revision=evidence.latest_version,
        state=state,
        remark="@seen" if state != "submitted" else "",
        made_by=maker,
        by=by,
        at=at,
    )
    Evidence.objects.filter(pk=evidence.pk).update(latest_verdict=verdict)
    return verdict


def make_training(core: Team, edge: Team, evidence: Evidence, *, by: User) -> Course:
    """Two courses and two people, of whom one completed one."""
    basics = courses.create(
        key="basics", details=courses.Details(title="Basics"), by=by, at=MONDAY
    )
    courses.create(
        key="secure-code",
        details=courses.Details(title="Secure code", audience="developers"),
        by=by,
        at=MONDAY,
    )
    for name, team, audiences in (
        ("Ann", core, ["developers", "privileged users"]),
        ("Ben", edge, []),
    ):
        make_entry(name, team, audiences, by=by)
    TrainingRecord.objects.create(
        person=Person.objects.get(email="ann@example.com"),
        course=basics,
        completed_on=date(2026, 3, 3),
        valid_until=date(2026, 4, 3),
        evidence=evidence,
        source=RecordSource.MANUAL,
        recorded_at=MARCH,
        recorded_by=by,
    )
    return basics


def make_entry(name: str, team: Team, audiences: list[str], *, by: User) -> RosterEntry:
    """Somebody on the roster."""
    email = f"{name.lower()}@example.com"
    return RosterEntry.objects.create(
        person=Person.objects.create(email=email, created_at=MONDAY, created_by=by),
        name=name,
        team=team,
        audiences=audiences,
        since=date(2026, 3, 2),
        started_at=MONDAY,
        started_by=by,
    )


def make_reminders(review: Review, recipient: User, team: Team) -> None:
    """One that was sent, one that waits."""
    message = Message.objects.create(
        recipient=recipient,
        channel=ReminderChannel.EMAIL,
        digest_key="2026-03-25",
        state=MessageState.SENT,
        header_id="<1@example.com>",
        next_attempt_at=MARCH,
        created_at=MARCH,
        sent_at=MARCH,
    )
    for stage, state in (("lead-7", ReminderState.SENT), ("due", ReminderState.QUEUED)):
        sent = state == ReminderState.SENT
        Reminder.objects.create(
            subject_type=ReminderSubject.REVIEW,
            subject_uuid=review.uuid,
            occurrence=review.occurrence,
            stage=stage,
            recipient=recipient,
            channel=ReminderChannel.EMAIL,
            team=team,
            stage_on=date(2026, 3, 20),
            state=state,
            created_at=MARCH,
            sent_at=MARCH if sent else None,
            message=message if sent else None,
        )


def change_everything(world: World) -> None:
    """Change, in May, whatever can be changed, each by its service where there is one."""
    by, ada, bo, system = system_user(), world.ada, world.bo, world.system
    for user in (ada, bo):
        user.refresh_from_db()
        people.change(
            user=user,
            version=user.version,
            email=f"new.{user.email}",
            name=f"={user.name} the Second",
            time_zone="UTC",
            by=by,
            at=MAY,
        )
    world.core.refresh_from_db()
    teams.change(
        team=world.core,
        version=world.core.version,
        details=teams.Details(name="Renamed"),
        by=by,
        at=MAY,
    )
    system.refresh_from_db()
    systems.start_services(
        system=system,
        version=system.version,
        uses=[systems.Use(variant=ServiceVariant.objects.get(key="s3"))],
        by=by,
        at=MAY,
    )
    System.objects.filter(pk=system.pk).update(name="Renamed", owner_team=world.edge)
    approve(system, "si-2", maker=bo, checker=by, at=MAY)
    make_decision(system, "ac-2", by=ada, at=MAY, owner_team=world.edge)
    apart = Responsibility.objects.get(system=system, part__isnull=False)
    statements.fall_back(
        statement=apart, version=apart.version, reason="As all of it.", by=by, at=MAY
    )
    duty = Duty.objects.filter(responsibility__system=system, ended_at=None).earliest("pk")
    duties.claim(duty=duty, version=duty.version, team=world.edge, by=by, at=MAY)
    for review in Review.objects.filter(completed_at=None, schedule__ended_at=None):
        reviews.complete(
            review=review,
            version=review.version,
            outcome=ReviewOutcome.SATISFIED,
            by=by,
            at=MAY,
        )
    judge(world.evidence, "withdrawn", maker=ada, by=ada, at=MAY)
    EvidenceLink.objects.update(ended_at=MAY, ended_by=by)
    make_evidence(world.core, ada, title="Later", at=MAY)
    courses.change(
        course=world.course,
        version=world.course.version,
        details=courses.Details(title="Renamed", audience="nobody"),
        by=world.lead,
        at=MAY,
    )
    RosterEntry.objects.update(ended_at=MAY, ended_by=by, ended_on=MAY.date())
    TrainingRecord.objects.update(ended_at=MAY, ended_by=by, why_ended="Wrong")
    Reminder.objects.filter(state=ReminderState.QUEUED).update(
        state=ReminderState.SENT, sent_at=MAY, message=Message.objects.get()
    )
