"""An organisation to look around in: two teams, six people, three systems, decisions in
several states, duties that are claimed, disputed and unowned, reviews that are due.

Everything is made by the services that people use, as those people, in the order of its
dates.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from controls.choices import (
    DutyTask,
    IntervalUnit,
    MembershipRole,
    OrganizationRoleName,
    ReviewKind,
    ReviewOutcome,
    SystemKind,
)
from controls.errors import ConflictError
from controls.models import (
    Duty,
    Profile,
    Provider,
    Responsibility,
    Review,
    ServiceVariant,
    System,
    Team,
    User,
)
from controls.services import (
    decisions,
    duties,
    people,
    reviews,
    roles,
    schedules,
    systems,
    teams,
)
from controls.services.audit import audited
from controls.services.decisions import Content
from controls.services.example_decisions import CLAIMS, INTAKE, ORGANIZATION, Decided
from controls.services.roles import AuditScope
from controls.services.schedules import Plan
from controls.services.setup import system_user
from controls.services.systems import Description, Use
from controls.services.teams import Details

PROFILE = "nist-sp800-53r5-moderate"
ACCOUNTS = ("111122223333",)
"""An account number that AWS uses in its own documentation."""
REGIONS = ("eu-central-1",)


@dataclass(frozen=True, slots=True)
class _Cast:
    """Who is who."""

    platform: Team
    security: Team
    lead: User
    engineer: User
    approver: User
    grc: User


@audited
def seed(*, at: datetime) -> list[System]:
    """Add the example and return its systems; an empty list where it is there already.

    Raises ConflictError where the shipped facts were not loaded.
    """
    if System.objects.filter(key="claims-portal").exists():
        return []
    profile = Profile.objects.filter(key=PROFILE).first()
    if profile is None:
        raise ConflictError("Load the shipped facts first: manage.py load_knowledge.")
    cast = _people(at=at - timedelta(days=120))
    made = _systems(cast, profile, at=at - timedelta(days=100))
    organization, portal, intake = made
    plan = (
        (organization, ORGANIZATION, (75, 74, 70)),
        (portal, CLAIMS, (75, 74, 70)),
        (intake, INTAKE, (92, 91, 87)),
    )
    for number, step in enumerate((_decide, _submit, _review)):
        for system, items, days in plan:
            for item in items:
                step(system, cast, item, at=at - timedelta(days=days[number]))
    for ago in (60, 30):
        _complete(_duty(intake, "si-2"), cast, at=at - timedelta(days=ago))
    _schedules(portal, cast, at=at)
    _words(portal, cast, at=at - timedelta(days=2))
    _databases(portal, cast, at=at - timedelta(days=3))
    _auditor(made[1:], at=at)
    return made


def _people(*, at: datetime) -> _Cast:
    by = system_user()
    platform = teams.create(key="platform", name="Platform", manager=None, by=by, at=at)
    security = teams.create(key="security", name="Security", manager=None, by=by, at=at)

    def person(name: str, team: Team | None, role: str) -> User:
        email = f"{name.split()[0].lower()}@example.com"
        user = people.create(
            email=email, name=name, password=None, time_zone="Europe/Berlin", by=by, at=at
        )
        if team is not None:
            teams.start_membership(team=team, user=user, role=role, by=by, at=at)
        return user

    cast = _Cast(
        platform=platform,
        security=security,
        lead=person("Paula Brandt", platform, MembershipRole.LEAD),
        engineer=person("Omar Haddad", platform, MembershipRole.CONTRIBUTOR),
        approver=person("Ines Duarte", security, MembershipRole.APPROVER),
        grc=person("Greta Lind", None, ""),
    )
    person("Viktor Novak", security, MembershipRole.VIEWER)
    _manage(platform, cast.lead, "1234567", at=at)  # on call at weekends, too
    _manage(security, cast.approver, "12345", at=at)
    roles.grant(user=cast.grc, role=OrganizationRoleName.GRC_LEAD, by=by, at=at)
    return cast


def _manage(team: Team, manager: User, working_days: str, *, at: datetime) -> None:
    details = Details(team.name, "Europe/Berlin", working_days, manager)
    teams.change(team=team, version=team.version, details=details, by=system_user(), at=at)


def _systems(cast: _Cast, profile: Profile, *, at: datetime) -> list[System]:
    aws = Provider.objects.get(key="aws")

    def system(key: str, name: str, team: Team, text: str, *variants: str) -> System:
        return systems.create(
            description=Description(
                key=key,
                name=name,
                owner_team=team,
                provider=aws,
                description=text,
                kind=SystemKind.WORKLOAD if variants else SystemKind.ORGANIZATION,
                profiles=[profile],
                uses=[_use(variant) for variant in variants],
            ),
            by=cast.grc,
            at=at,
        )

    return [
        system(
            "example-insurance",
            "Example Insurance",
            cast.security,
            "Decided once for all systems: training, people, incidents, policies.",
        ),
        system(
            "claims-portal",
            "Claims portal",
            cast.platform,
            "Customers report damage here. Web servers on EC2, a database on RDS.",
            "ec2",
        ),
        system(
            "document-intake",
            "Document intake",
            cast.platform,
            "Photos and letters arrive here. No servers of our own.",
            "s3",
            "dynamodb",
            "lambda",
        ),
    ]


def _use(variant: str) -> Use:
    return Use(
        variant=ServiceVariant.objects.get(key=variant), accounts=ACCOUNTS, regions=REGIONS
    )


def _databases(system: System, cast: _Cast, *, at: datetime) -> None:
    """Let the portal move its database to RDS, which puts some decisions in doubt."""
    system.refresh_from_db()
    systems.start_services(
        system=system, version=system.version, uses=[_use("rds")], by=cast.lead, at=at
    )


def _duty(system: System, control_id: str) -> Duty:
    return Duty.objects.select_related("responsibility__system__owner_team").get(
        responsibility=_responsibility(system, control_id),
        task=DutyTask.DO,
        ended_at__isnull=True,
    )


def _complete(duty: Duty, cast: _Cast, *, at: datetime) -> None:
    """Let the patches of a duty be in time."""
    review = Review.objects.select_related(
        "schedule__duty__responsibility__system__owner_team"
    ).get(schedule__duty=duty, completed_at__isnull=True)
    reviews.complete(
        review=review,
        version=review.version,
        outcome=ReviewOutcome.SATISFIED,
        remark="All functions are built from the patched base.",
        by=cast.engineer,
        at=at,
    )


def _schedules(portal: System, cast: _Cast, *, at: datetime) -> None:
    """Start two reviews of the teams' own: one is overdue by now, one due this week."""
    schedules.start(
        duty=_duty(portal, "cm-6"),
        plan=Plan(
            title="Hardening compared with the image recipe",
            kind=ReviewKind.CONFIGURATION,
            every=2,
            unit=IntervalUnit.MONTHS,
            source="Image policy 4",
        ),
        by=cast.lead,
        at=at - timedelta(days=66),
    )
    schedules.start(
        duty=_duty(portal, "si-3"),
        plan=Plan(
            title="Alerts of the scanner looked through",
            kind=ReviewKind.OTHER,
            every=1,
            unit=IntervalUnit.WEEKS,
            source="Security handbook 7",
        ),
        by=cast.approver,
        at=at - timedelta(days=4),
    )


def _words(portal: System, cast: _Cast, *, at: datetime) -> None:
    """Let teams be at odds: a duty is disputed, one given away, one claimed by two."""
    roles_, logs, rules = (_duty(portal, control) for control in ("ac-3", "au-12", "sc-7"))
    duties.dispute(
        duty=roles_,
        version=roles_.version,
        team=cast.security,
        reason="Roles are in Platform's code, and Platform reviews it.",
        by=cast.approver,
        at=at,
    )
    duties.end_claim(
        claim=logs.claims.select_related("team").get(),
        version=logs.version,
        by=cast.engineer,
        at=at,
    )
    duties.claim(
        duty=rules,
        version=rules.version,
        team=cast.security,
        reason="We look through the rules, too.",
        by=cast.approver,
        at=at,
    )


def _decide(system: System, cast: _Cast, item: Decided, *, at: datetime) -> None:
    responsibility = _responsibility(system, item.control)
    derived = responsibility.latest_derivation
    if derived is None:
        return
    kind = item.kind or derived.kind
    decisions.assign(
        responsibility=responsibility,
        version=responsibility.version,
        content=Content(
            kind=kind,
            owner_team=cast.security if item.team == "security" else cast.platform,
            implementation_status=item.status if kind != "inherited" else "",
            customer_statement=item.words,
            rationale=item.reason,
        ),
        by=_maker(system, cast),
        at=at,
    )


def _submit(system: System, cast: _Cast, item: Decided, *, at: datetime) -> None:
    if item.state == "proposed":
        return
    handed_in = _responsibility(system, item.control)
    decisions.submit(
        responsibility=handed_in, version=handed_in.version, by=_maker(system, cast), at=at
    )


def _review(system: System, cast: _Cast, item: Decided, *, at: datetime) -> None:
    checker = cast.approver if system.kind == SystemKind.ORGANIZATION else cast.lead
    checked = _responsibility(system, item.control)
    if item.state == "approved":
        decisions.approve(
            responsibility=checked, version=checked.version, by=checker, at=at
        )
    elif item.state == "returned":
        decisions.send_back(
            responsibility=checked,
            version=checked.version,
            remark="Say which services this covers, and since when.",
            by=checker,
            at=at,
        )


def _maker(system: System, cast: _Cast) -> User:
    return cast.grc if system.kind == SystemKind.ORGANIZATION else cast.engineer


def _responsibility(system: System, control_id: str) -> Responsibility:
    return Responsibility.objects.select_related(
        "system__owner_team",
        "control",
        "latest_decision__owner_team",
        "latest_derivation",
    ).get(system=system, control__control_id=control_id)


def _auditor(scope: list[System], *, at: datetime) -> None:
    by = system_user()
    auditor = people.create(
        email="alma@example.com",
        name="Alma Reyes",
        password=None,
        time_zone="Europe/Madrid",
        by=by,
        at=at,
    )
    roles.grant(
        user=auditor,
        role=OrganizationRoleName.AUDITOR,
        scope=AuditScope(systems=scope, expires_at=at + timedelta(days=90)),
        by=by,
        at=at,
    )
