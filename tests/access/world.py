"""An organisation of three teams, each with a word that stands in all of its texts.

`own` belongs to the team of the viewer, contributor, approver and lead; the auditor may
look at its system. `foreign` belongs to a team in which none of them is. The stranger's own
team is the third.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.test import Client
from django.utils import timezone

from controls.choices import (
    LayerValue,
    MembershipRole,
    MessageState,
    ReminderChannel,
    ReminderSubject,
)
from controls.models import (
    ApiToken,
    AuditEvent,
    Catalog,
    Control,
    ControlTag,
    Duty,
    DutyClaim,
    ImportedInventory,
    ImportedMatrix,
    Layer,
    LayerOverride,
    Membership,
    Message,
    OrganizationRole,
    Profile,
    Reminder,
    Responsibility,
    Review,
    ServiceVariant,
    System,
    SystemProfile,
    SystemService,
    Team,
    User,
)
from controls.services import decisions, overrides, own_facts
from controls.services.overrides import Word
from controls.services.own_facts import Service
from controls.services.setup import system_user
from evidence.models import Course, Evidence, EvidenceLink, RosterEntry, TrainingRecord
from tests.make import (
    MONDAY,
    make_admin,
    make_api_token,
    make_auditor,
    make_decision,
    make_duty,
    make_evidence,
    make_grc_lead,
    make_imported_inventory,
    make_imported_matrix,
    make_member,
    make_profile,
    make_provider,
    make_review,
    make_service,
    make_statements,
    make_system,
    make_team,
    make_world,
    responsibility_for,
    set_statement_apart,
)
from tests.training.making import make_course, make_entry, make_record

ROLES = (
    "anonymous",
    "stranger",
    "viewer",
    "contributor",
    "approver",
    "lead",
    "auditor",
    "other_auditor",
    "grc_lead",
    "admin",
)
SEES_ALL = frozenset({"grc_lead", "admin"})
SEES_OWN = frozenset({"viewer", "contributor", "approver", "lead", "auditor"})

OWN_WORD, FOREIGN_WORD, STRANGERS_WORD = "kestrelwing", "marmotden", "heronreed"


@dataclass(frozen=True)
class Target:
    """What one team has: one of each."""

    word: str
    team: Team
    people: Mapping[str, User]
    membership: Membership
    system: System
    service: SystemService
    scope: SystemProfile
    override: LayerOverride
    undecided: Responsibility
    proposed: Responsibility
    in_review: Responsibility
    apart: Responsibility
    """A statement of `undecided`'s control, proposed."""
    token: ApiToken
    event: AuditEvent
    entry: RosterEntry
    record: TrainingRecord
    matrix: ImportedMatrix
    inventory: ImportedInventory
    duty: Duty
    review: Review
    proof: Evidence
    """Handed in by somebody who is none of the people."""
    link: EvidenceLink
    reminder: Reminder
    """Of the lead, with a mail that was given up."""

    @property
    def claim(self) -> DutyClaim:
        """What the team says of the duty."""
        return self.duty.claims.get()


@dataclass(frozen=True)
class World:
    """Everything a row of the table may name."""

    own: Target
    foreign: Target
    catalog: Catalog
    control: Control
    profile: Profile
    unused_profile: Profile
    tag: ControlTag
    variant: ServiceVariant
    """A service of the organisation's own."""
    everywhere: LayerOverride
    """An override for all systems, which everybody sees."""
    grant: OrganizationRole
    people: Mapping[str, User | None]
    tokens: Mapping[str, str]
    browsers: Mapping[str, Client]


def make_table_world() -> World:
    """Build it. Takes a second, so once for a module."""
    profile = make_world()
    control = Control.objects.get(catalog=profile.catalog, control_id="si-2")
    make_statements("si-2", "a", "b")
    own = make_target(OWN_WORD, profile)
    foreign = make_target(FOREIGN_WORD, profile)
    others = make_team(STRANGERS_WORD)
    elsewhere = make_system(others, "s3", profile=profile, key=f"{STRANGERS_WORD}-system")
    auditor = make_auditor(own.system)
    people: dict[str, User | None] = {
        "anonymous": None,
        "stranger": make_member(others, MembershipRole.LEAD),
        **own.people,
        "auditor": auditor,
        "other_auditor": make_auditor(elsewhere),
        "grc_lead": make_grc_lead(),
        "admin": make_admin(),
    }
    return World(
        own=own,
        foreign=foreign,
        catalog=profile.catalog,
        control=control,
        profile=profile,
        unused_profile=make_profile(profile.catalog, key="unused"),
        tag=own_facts.tag(
            control=Control.objects.get(catalog=profile.catalog, control_id="pl-2"),
            layers=[Layer.objects.get(code="governance")],
            reason="said for everybody",
            by=system_user(),
            at=MONDAY,
        ),
        variant=own_facts.add_variant(
            key="relay",
            provider=make_provider(),
            service=Service(name="Relay", model="managed"),
            by=system_user(),
            at=MONDAY,
        ),
        everywhere=make_override(None, "said for everybody"),
        grant=OrganizationRole.objects.get(user=auditor),
        people=people,
        tokens={role: token_text(person) for role, person in people.items() if person},
        browsers={role: browser(person) for role, person in people.items()},
    )


def make_target(word: str, profile: Profile) -> Target:
    """Build what one team has, with the word in each text."""
    team = make_team(f"{word}-team", name=f"Team {word}")
    people = {
        role: make_member(team, role, name=f"{role} {word}", email=f"{role}@{word}.example")
        for role in MembershipRole.values
    }
    system = make_system(
        team,
        "ec2",
        "rds",
        profile=profile,
        key=f"{word}-system",
        name=f"System {word}",
        description=f"About {word}",
    )
    service = make_service(system, "s3")
    lead = people[MembershipRole.LEAD]
    make_decision(system, "ac-2", by=lead, **texts(word))
    make_decision(system, "si-3", by=lead, **texts(word))
    submit(responsibility_for(system, "si-3"))
    apart = set_statement_apart(system, "si-2_smt.b", by=lead, **texts(word))
    token, _ = make_api_token(lead)
    ApiToken.objects.filter(pk=token.pk).update(name=f"Token {word}")
    override = make_override(system, f"Because of {word}")
    entry = make_entry(
        f"roster@{word}.example", name=f"Roster {word}", team=team, audiences=[word]
    )
    for row in (system, apart):
        row.refresh_from_db()
    return Target(
        word=word,
        team=team,
        people=people,
        membership=Membership.objects.get(team=team, role=MembershipRole.VIEWER),
        system=system,
        service=service,
        scope=SystemProfile.objects.get(system=system),
        override=override,
        undecided=responsibility_for(system, "si-2"),
        proposed=responsibility_for(system, "ac-2"),
        in_review=responsibility_for(system, "si-3"),
        apart=apart,
        token=token,
        event=AuditEvent.objects.filter(system_uuid=system.uuid).latest("seq"),
        entry=entry,
        record=make_record(entry, the_course(), score=word),
        matrix=make_imported_matrix(system, word),
        inventory=make_imported_inventory(system, word),
        **make_proof(system, team, word),
    )


def make_proof(system: System, team: Team, word: str) -> dict[str, Any]:
    """A duty with its review, and evidence whose file holds the word, too."""
    duty = make_duty(system, "at-2", owner_team=team, **texts(word))
    review = make_review(duty, title=f"Review {word}")
    maker = make_member(team, name=f"Maker {word}", email=f"maker@{word}.example")
    proof = make_evidence(
        team,
        responsibility_for(system, "ac-2"),
        by=maker,
        file=f"proof of {word}\n".encode(),
        original_name=f"{word}.txt",
        title=f"Proof {word}",
        description=f"About {word}",
    )
    return {
        "duty": duty,
        "review": review,
        "reminder": make_told(review, team, word),
        "proof": proof,
        "link": EvidenceLink.objects.get(evidence=proof),
    }


def make_told(review: Review, team: Team, word: str) -> Reminder:
    """A reminder of the team's lead, whose mail was given up."""
    lead = User.objects.get(memberships__team=team, memberships__role=MembershipRole.LEAD)
    mail = Message.objects.create(
        recipient=lead,
        channel=ReminderChannel.EMAIL,
        digest_key="2026-03-02",
        state=MessageState.FAILED,
        subject=f"1 late: Team {word}",
        text=f"Review {word}",
        html=f"Review {word}",
        last_error=f"No mail for {word}",
        next_attempt_at=MONDAY,
        created_at=MONDAY,
    )
    return Reminder.objects.create(
        subject_type=ReminderSubject.REVIEW,
        subject_uuid=review.uuid,
        occurrence=review.occurrence,
        stage="due",
        stage_on=review.due_on,
        recipient=lead,
        team=team,
        channel=ReminderChannel.EMAIL,
        created_at=MONDAY,
        message=mail,
    )


def the_course() -> Course:
    """The one course, which everybody on the roster must hold."""
    found = Course.objects.filter(key="basics").first()
    return found or make_course("basics")


def texts(word: str) -> dict[str, Any]:
    """The texts of a decision."""
    return {
        "provider_statement": f"AWS does {word}.",
        "customer_statement": f"We do {word}.",
        "rationale": f"Since {word}.",
    }


def submit(responsibility: Responsibility) -> None:
    """Hand in what was decided."""
    decisions.submit(
        responsibility=responsibility,
        version=responsibility.version,
        by=system_user(),
        at=MONDAY,
    )


def make_override(system: System | None, reason: str) -> LayerOverride:
    """An override of the engine."""
    word = Word(
        layer=Layer.objects.get(code="engine"),
        value=LayerValue.CUSTOMER,
        reason=reason,
        since=date(2026, 3, 2),
    )
    return overrides.start(system=system, word=word, by=system_user(), at=MONDAY)


def token_text(person: User) -> str:
    """The text of a token that may write, which a request of today may use."""
    today = timezone.now()  # noqa: TID251 - requests read the clock, too
    return make_api_token(person, at=today)[1]


def browser(person: User | None) -> Client:
    """A browser in which the person is signed in, if anybody is."""
    client = Client(raise_request_exception=False)
    if person is not None:
        client.force_login(person)
    return client
