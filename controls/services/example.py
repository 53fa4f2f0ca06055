"""An organisation to look around in: two teams, six people, three systems, decisions in
several states.

Everything is made by the services that people use, as those people, in the order of its
dates.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from controls.choices import MembershipRole, OrganizationRoleName, SystemKind
from controls.errors import ConflictError
from controls.models import (
    Profile,
    Provider,
    Responsibility,
    ServiceVariant,
    System,
    Team,
    User,
)
from controls.services import decisions, people, roles, systems, teams
from controls.services.audit import audited
from controls.services.decisions import Content
from controls.services.roles import AuditScope
from controls.services.setup import system_user
from controls.services.systems import Description, Use

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


@dataclass(frozen=True, slots=True)
class _Decided:
    """A decision of the example: on what, what was written, and how far it went."""

    control: str
    team: str
    words: str = ""
    state: str = "approved"
    kind: str = ""
    reason: str = ""
    status: str = "implemented"


CLAIMS = (
    _Decided(
        "ac-2", "security", "Accounts come from the directory; leavers are disabled daily."
    ),
    _Decided("ac-3", "security", "Roles are code, reviewed by two people."),
    _Decided("au-2", "platform", "CloudTrail in all regions; database audit plugin is on."),
    _Decided("au-12", "platform", "Trails and flow logs go to the log account."),
    _Decided("cm-2", "platform", "Images are built weekly from a reviewed recipe."),
    _Decided("cm-6", "platform", "Hardening is part of the image recipe."),
    _Decided(
        "cp-9", "platform", "Volume snapshots nightly; database backups kept 35 days."
    ),
    _Decided("pe-3", "platform"),
    _Decided("pe-6", "platform"),
    _Decided("sc-7", "platform", "Security groups are code; the review is every 6 months."),
    _Decided(
        "si-2", "platform", "Instances are patched within 30 days, critical within 14."
    ),
    _Decided("si-3", "security", "The image carries the scanner; alerts go to Security."),
    _Decided("ra-5", "security", "Weekly scans of instances and images.", "in-review"),
    _Decided("ia-2", "security", "Single sign-on with a second factor.", "in-review"),
    _Decided(
        "cm-8", "platform", "Inventory from Config, monthly.", "in-review", status="partial"
    ),
    _Decided("sc-28", "platform", "Volumes and databases use our key.", "returned"),
    _Decided("si-4", "security", "Findings are triaged each morning.", "returned"),
    _Decided(
        "ma-4",
        "platform",
        "No remote maintenance by us: instances are replaced, never repaired.",
        "in-review",
        kind="inherited",
        reason="Nobody signs in to an instance; a broken one is replaced from its image.",
    ),
    _Decided("cm-7", "platform", "Ports are named in the service definition.", "proposed"),
    _Decided("ac-17", "security", "Session Manager only.", "proposed", status="planned"),
)

INTAKE = (
    _Decided("ac-2", "security", "Function roles are code; no long-lived keys."),
    _Decided("au-2", "platform", "CloudTrail data events for the upload bucket."),
    _Decided("cp-9", "platform", "Point-in-time recovery; bucket versions kept 90 days."),
    _Decided("pe-3", "platform"),
    _Decided("sc-7", "platform", "Endpoint policies allow our accounts only."),
    _Decided("sc-28", "platform", "All stores use our key."),
    _Decided("si-2", "platform", "Dependencies are rebuilt weekly."),
    _Decided("si-3", "security"),
    _Decided("sc-13", "platform", "TLS 1.2 or newer everywhere.", "in-review"),
    _Decided("cm-6", "platform", "Settings are templates.", "in-review"),
    _Decided("ac-6", "security", "One role for each function.", "returned"),
)

ORGANIZATION = (
    _Decided("at-1", "security", "The training plan is reviewed each year."),
    _Decided("at-2", "security", "Everybody takes the course at hire and every 12 months."),
    _Decided("at-3", "security", "Developers take secure coding.", "in-review"),
    _Decided("ir-4", "security", "The handbook names who is called.", "in-review"),
    _Decided("ps-3", "security", "Checks before the first day.", "proposed"),
)


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
    cast = _people(at=at - timedelta(days=60))
    made = _systems(cast, profile, at=at - timedelta(days=45))
    plan = list(zip(made, (ORGANIZATION, CLAIMS, INTAKE), strict=True))
    for step, days in ((_decide, 30), (_submit, 29), (_review, 27)):
        for system, items in plan:
            for item in items:
                step(system, cast, item, at=at - timedelta(days=days))
    _databases(made[1], cast, at=at - timedelta(days=3))
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
    roles.grant(user=cast.grc, role=OrganizationRoleName.GRC_LEAD, by=by, at=at)
    return cast


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


def _decide(system: System, cast: _Cast, item: _Decided, *, at: datetime) -> None:
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


def _submit(system: System, cast: _Cast, item: _Decided, *, at: datetime) -> None:
    if item.state == "proposed":
        return
    handed_in = _responsibility(system, item.control)
    decisions.submit(
        responsibility=handed_in, version=handed_in.version, by=_maker(system, cast), at=at
    )


def _review(system: System, cast: _Cast, item: _Decided, *, at: datetime) -> None:
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
