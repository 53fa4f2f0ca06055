"""The proof of the example organisation: a roster, trainings, and evidence in every state.

Everything is made by the services that people use, as those people, in the order of its
dates.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from controls.choices import DutyTask
from controls.models import Duty, Responsibility, Review, System, Team, User
from controls.services import example
from controls.services.audit import audited
from controls.services.clock import day
from evidence.choices import EvidenceKind, Sensitivity
from evidence.models import Course, Evidence, Person
from evidence.services import courses, roster, training
from evidence.services import evidence as proofs
from evidence.services.contents import Content
from evidence.services.linking import Target
from evidence.services.store import Draft
from evidence.services.training import Completion

ROSTER = (
    # name, team, audiences, days since the awareness course (None: never), secure coding
    ("Paula Brandt", "platform", ("developers",), 200, 200),
    ("Omar Haddad", "platform", ("developers",), 40, 400),
    ("Ines Duarte", "security", (), 30, None),
    ("Greta Lind", "security", (), 90, None),
    ("Viktor Novak", "security", (), 390, None),
    ("Jonas Weber", "platform", ("developers",), 150, None),
    ("Mira Sanna", "platform", (), None, None),
    ("Tomas Riva", "security", (), 350, None),
)

PATCHES = """instance,scanned_on,missing,failed,pending_reboot,baseline
i-0a1b2c3d4e5f60001,{on},0,0,0,pb-0123456789abcdef0
i-0a1b2c3d4e5f60002,{on},0,0,0,pb-0123456789abcdef0
"""
SETTINGS = """rule,resource,result,evaluated_on
ec2-imdsv2-check,i-0a1b2c3d4e5f60001,COMPLIANT,{on}
ec2-imdsv2-check,i-0a1b2c3d4e5f60002,COMPLIANT,{on}
"""
ACCOUNTS = """account,last_used_on,decision,reviewer
omar,{on},keep,Ines Duarte
old-build-key,2025-02-11,removed,Ines Duarte
"""
GROUPS = """group,port,source,still_needed
sg-web,443,0.0.0.0/0,yes
sg-db,5432,sg-web,yes
"""


@dataclass(frozen=True, slots=True)
class _Proof:
    """Something handed in: for what, how long ago, and how far it went."""

    control: str
    title: str
    kind: str
    name: str
    text: str
    days: int
    state: str = "accepted"
    cadence: str = ""
    expires_in: int | None = None
    remark: str = ""


PROOFS = (
    _Proof(
        "si-2",
        "Patch state of the web servers",
        EvidenceKind.REPORT,
        "patch-state.csv",
        PATCHES,
        45,
        cadence="critical-patch",
    ),
    _Proof(
        "cm-6",
        "Config rules of the account",
        EvidenceKind.CONFIGURATION,
        "config-rules.csv",
        SETTINGS,
        20,
        expires_in=12,
    ),
    _Proof(
        "ac-2",
        "Accounts reviewed",
        EvidenceKind.ACCESS_LIST,
        "accounts.csv",
        ACCOUNTS,
        2,
        state="submitted",
    ),
    _Proof(
        "sc-7",
        "Security groups reviewed",
        EvidenceKind.CONFIGURATION,
        "security-groups.csv",
        GROUPS,
        5,
        state="rejected",
        remark="This is the test account. Export the groups of the production account.",
    ),
    _Proof(
        "cp-9",
        "Snapshots of the volumes",
        EvidenceKind.REPORT,
        "snapshots.csv",
        SETTINGS,
        60,
        state="withdrawn",
        remark="It was of last year; a new one follows.",
    ),
)


@audited
def seed(*, at: datetime) -> list[System]:
    """Add the example with its proof and return its systems; an empty list where it is
    there already.

    Raises ConflictError where the shipped facts were not loaded.
    """
    made = example.seed(at=at)
    if not made:
        return []
    people = {user.email.partition("@")[0]: user for user in User.objects.people()}
    teams = {team.key: team for team in Team.objects.all()}
    _train(people["greta"], teams, at=at)
    portal = next(system for system in made if system.key == "claims-portal")
    for proof in PROOFS:
        _prove(portal, teams["platform"], people, proof, at=at)
    return made


def _train(grc: User, teams: dict[str, Team], *, at: datetime) -> None:
    begun = at - timedelta(days=60)
    awareness = courses.create(
        key="security-awareness",
        details=courses.Details(
            "Security awareness",
            "At hire, and every twelve months.",
            valid_months=12,
            source="NIST SP 800-53 AT-2",
        ),
        by=grc,
        at=begun,
    )
    coding = courses.create(
        key="secure-coding",
        details=courses.Details(
            "Secure coding",
            "For everybody who writes or reviews code.",
            audience="developers",
            valid_months=12,
            source="NIST SP 800-53 AT-3",
        ),
        by=grc,
        at=begun,
    )
    for name, team, audiences, *days in ROSTER:
        email = f"{name.split()[0].lower()}@example.com"
        entry = roster.Entry(name, teams[team], audiences, since=day(at - timedelta(500)))
        row = roster.start_entry(email=email, entry=entry, by=grc, at=begun)
        for course, ago in zip((awareness, coding), days, strict=True):
            if ago is not None:
                _complete(row.person, course, grc, ago=ago, at=at)


def _complete(person: Person, course: Course, by: User, *, ago: int, at: datetime) -> None:
    on = day(at - timedelta(days=ago))
    recorded = at - timedelta(days=min(ago, 59))
    training.record(
        completion=Completion(person=person, course=course, completed_on=on),
        by=by,
        at=recorded,
    )


def _prove(
    system: System, team: Team, people: dict[str, User], proof: _Proof, *, at: datetime
) -> Evidence:
    """Hand in one piece, and let a second person judge it."""
    when = at - timedelta(days=proof.days)
    on = day(when)
    draft = Draft(proof.name)
    draft.write(proof.text.format(on=on).encode())
    draft.media_type = "text/csv"
    draft.seal()
    content = Content(
        title=proof.title,
        kind=proof.kind,
        collected_on=on,
        activity_from=on - timedelta(days=7),
        activity_until=on,
        expires_on=(
            day(at + timedelta(days=proof.expires_in)) if proof.expires_in else None
        ),
        sensitivity=Sensitivity.INTERNAL,
        artifact=draft,
    )
    evidence = proofs.submit(
        team=team,
        content=content,
        targets=_targets(system, proof),
        by=people["omar"],
        at=when,
    )
    later = when + timedelta(hours=6)
    if proof.state == "accepted":
        proofs.accept(
            evidence=evidence, version=evidence.version, by=people["paula"], at=later
        )
    elif proof.state == "rejected":
        proofs.reject(
            evidence=evidence,
            version=evidence.version,
            remark=proof.remark,
            by=people["paula"],
            at=later,
        )
    elif proof.state == "withdrawn":
        proofs.withdraw(
            evidence=evidence,
            version=evidence.version,
            remark=proof.remark,
            by=people["omar"],
            at=later,
        )
    return evidence


def _targets(system: System, proof: _Proof) -> list[Target]:
    """Return the review that the proof is for, else the responsibility."""
    if proof.cadence:
        review = (
            Review.objects.open()
            .filter(
                schedule__cadence_key=proof.cadence,
                schedule__duty__in=Duty.objects.filter(
                    task=DutyTask.DO,
                    responsibility__system=system,
                    responsibility__control__control_id=proof.control,
                ),
            )
            .select_related("schedule__duty__responsibility__system__owner_team")
            .order_by("due_on")
            .first()
        )
        if review is not None:
            return [review]
    return [
        Responsibility.objects.select_related("system__owner_team").get(
            system=system, control__control_id=proof.control
        )
    ]
