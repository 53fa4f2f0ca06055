"""Plain functions that build the least the database accepts.

Say in the test what matters.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile

from controls.choices import (
    Confidence,
    DutyTask,
    LayerScope,
    MembershipRole,
    OrganizationRoleName,
    ReviewKind,
    SystemKind,
    TokenScope,
)
from controls.importers import provider_files
from controls.importers.provider_files import Hints
from controls.models import (
    ApiToken,
    Cadence,
    Catalog,
    Control,
    ControlLayer,
    ControlMapping,
    ControlPart,
    Decision,
    Duty,
    ImportedInventory,
    ImportedMatrix,
    KnowledgeRelease,
    Layer,
    LayerFact,
    Membership,
    OrganizationRole,
    PersonalName,
    Profile,
    Provider,
    Responsibility,
    Review,
    ReviewSchedule,
    ServiceVariant,
    System,
    SystemService,
    Team,
    User,
)
from controls.rules.inventory import Sighting
from controls.services import (
    decisions,
    inventories,
    matrices,
    roles,
    schedules,
    statements,
    systems,
    teams,
    tokens,
)
from controls.services.decisions import Content
from controls.services.inventories import Found
from controls.services.matrices import Source, Whose
from controls.services.roles import AuditScope
from controls.services.schedules import Plan
from controls.services.setup import system_user
from controls.services.systems import Description, Use
from evidence.choices import EvidenceKind
from evidence.models import Evidence
from evidence.services import evidence
from evidence.services.contents import Content as Proof
from evidence.services.linking import Target
from evidence.services.store import Draft
from evidence.services.uploads import draft_of

MONDAY = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
"""The usual instant of a test."""

PASSWORD = "correct horse battery staple"

_numbers = itertools.count(1)

LAYERS: Mapping[str, tuple[str, Mapping[str, str]]] = {
    # code: (scope, value for infrastructure | managed | abstracted)
    "facility": (LayerScope.SERVICE, dict.fromkeys("ima", "provider")),
    "virtualization": (LayerScope.SERVICE, dict.fromkeys("ima", "provider")),
    "guest_os": (LayerScope.SERVICE, {"i": "customer", "m": "provider", "a": "provider"}),
    "engine": (
        LayerScope.SERVICE,
        {"i": "customer", "m": "provider-if-configured", "a": "provider"},
    ),
    "iam": (LayerScope.SERVICE, dict.fromkeys("ima", "customer")),
    "app": (LayerScope.SYSTEM, dict.fromkeys("ima", "customer")),
    "training": (LayerScope.ORGANIZATION, dict.fromkeys("ima", "parallel")),
    "governance": (LayerScope.ORGANIZATION, dict.fromkeys("ima", "customer")),
}
MODELS = {"i": "infrastructure", "m": "managed", "a": "abstracted"}
VARIANTS = {
    "ec2": "infrastructure",
    "rds": "managed",
    "s3": "abstracted",
    "dynamodb": "abstracted",
}
CONTROLS: Mapping[str, tuple[str, ...]] = {
    "ac-2": ("virtualization", "iam"),
    "at-2": ("training",),
    "pe-3": ("facility",),
    "pl-2": ("governance",),
    "si-2": ("virtualization", "guest_os", "engine", "app"),
    "si-3": ("virtualization", "guest_os"),
}


def make_user(email: str = "", name: str = "", **fields: Any) -> User:
    """A person who may sign in with PASSWORD."""
    number = next(_numbers)
    user = User(
        email=email or f"person{number}@example.com",
        name=name or f"Person {number}",
        created_at=MONDAY,
        **fields,
    )
    user.set_password(PASSWORD)
    user.save()
    PersonalName.objects.create(user=user, name=user.name, recorded_at=MONDAY)
    return user


def make_team(key: str = "", **fields: Any) -> Team:
    """A team without members."""
    key = key or f"team-{next(_numbers)}"
    return teams.create(
        key=key,
        name=fields.pop("name", key.title()),
        manager=fields.pop("manager", None),
        by=system_user(),
        at=MONDAY,
        **fields,
    )


def make_membership(
    user: User, team: Team, role: str = MembershipRole.VIEWER
) -> Membership:
    """A current membership."""
    forget_roles(user)
    return teams.start_membership(
        team=team, user=user, role=role, by=system_user(), at=MONDAY
    )


def make_member(team: Team, role: str = MembershipRole.CONTRIBUTOR, **fields: Any) -> User:
    """A new person with this role in the team."""
    user = make_user(**fields)
    make_membership(user, team, role)
    return user


def make_organization_role(
    user: User, role: str, *, on: Sequence[System] = (), days: int = 36500
) -> OrganizationRole:
    """An organisation-wide role; an auditor's covers `on` and ends after `days`."""
    forget_roles(user)
    scope = (
        AuditScope(systems=on, expires_at=MONDAY + timedelta(days=days))
        if role == OrganizationRoleName.AUDITOR
        else None
    )
    return roles.grant(user=user, role=role, scope=scope, by=system_user(), at=MONDAY)


def make_admin(**fields: Any) -> User:
    """An administrator."""
    user = make_user(**fields)
    make_organization_role(user, OrganizationRoleName.ADMIN)
    return user


def make_grc_lead(**fields: Any) -> User:
    """A GRC lead."""
    user = make_user(**fields)
    make_organization_role(user, OrganizationRoleName.GRC_LEAD)
    return user


def make_auditor(*systems_in_scope: System, **fields: Any) -> User:
    """An auditor of these systems, whose grant does not end soon."""
    user = make_user(**fields)
    make_organization_role(user, OrganizationRoleName.AUDITOR, on=systems_in_scope)
    return user


def forget_roles(user: User) -> None:
    """Let the object ask for its roles again, as the next request would."""
    user.__dict__.pop("_organization_roles", None)
    user.__dict__.pop("_team_roles", None)


def make_api_token(
    user: User,
    scope: str = TokenScope.WRITE,
    *,
    team: Team | None = None,
    at: datetime = MONDAY,
    days: int = 300,
) -> tuple[ApiToken, str]:
    """A token and its text. Pass the real time as `at` where a request will use it."""
    return tokens.create(
        user=user,
        name="Test",
        scope=scope,
        team=team,
        expires_at=at + timedelta(days=days),
        by=user,
        at=at,
    )


def make_facts(version: str = "test.1") -> KnowledgeRelease:
    """A small release:

    eight layers, four service variants, the defaults of three service models.
    """
    release = KnowledgeRelease.objects.create(
        version=version, sha256="0" * 64, published_on=date(2026, 1, 1), loaded_at=MONDAY
    )
    for order, (code, (scope, values)) in enumerate(LAYERS.items()):
        layer, _ = Layer.objects.get_or_create(
            code=code,
            defaults={"name": code.replace("_", " "), "scope": scope, "order": order},
        )
        for letter, value in values.items():
            LayerFact.objects.create(
                release=release,
                layer=layer,
                model=MODELS[letter],
                value=value,
                confidence=Confidence.HIGH,
            )
    for key, model in VARIANTS.items():
        ServiceVariant.objects.get_or_create(
            key=key,
            defaults={
                "provider": make_provider(),
                "name": key.upper(),
                "iam_prefix": key,
                "model": model,
                "confidence": Confidence.HIGH,
            },
        )
    return release


def make_provider() -> Provider:
    """AWS, which is always there."""
    return Provider.objects.get(key="aws")


def make_catalog(
    controls: Mapping[str, tuple[str, ...]] = CONTROLS, key: str = ""
) -> Catalog:
    """A catalog whose controls touch these layers. Needs `make_facts`."""
    key = key or f"catalog-{next(_numbers)}"
    catalog = Catalog.objects.create(
        key=key,
        version="1",
        title=key.title(),
        publisher="Test",
        text_shippable=True,
        imported_at=MONDAY,
    )
    for order, (control_id, layers) in enumerate(controls.items()):
        control = Control.objects.create(
            catalog=catalog,
            control_id=control_id,
            label=control_id.upper(),
            title=f"Title of {control_id}",
            group_id=control_id[:2],
            order=order,
        )
        for position, code in enumerate(layers):
            ControlLayer.objects.create(
                control=control,
                layer=Layer.objects.get(code=code),
                order=position,
                confidence=Confidence.HIGH,
            )
    return catalog


def make_release_mapping(
    source_key: str, source_id: str, target_key: str, target_id: str, grade: str = "D"
) -> ControlMapping:
    """A mapping that the newest release ships."""
    return ControlMapping.objects.create(
        source=Control.objects.get(catalog__key=source_key, control_id=source_id),
        target=Control.objects.get(catalog__key=target_key, control_id=target_id),
        relation="intersects-with",
        grade=grade,
        release=KnowledgeRelease.objects.latest("pk"),
    )


def make_profile(catalog: Catalog, key: str = "") -> Profile:
    """A profile of all the catalog's controls."""
    profile = Profile.objects.create(
        key=key or f"profile-{next(_numbers)}", catalog=catalog, title="Everything"
    )
    profile.controls.set(catalog.controls.all())
    return profile


def make_world() -> Profile:
    """The small release, a catalog that uses it, and a profile of all of it."""
    make_facts()
    return make_profile(make_catalog())


def make_system(
    team: Team,
    *variants: str,
    profile: Profile | None = None,
    key: str = "",
    at: datetime = MONDAY,
    **fields: Any,
) -> System:
    """A system on these service variants, derived."""
    key = key or f"system-{next(_numbers)}"
    kind = fields.pop("kind", SystemKind.WORKLOAD)
    return systems.create(
        description=Description(
            key=key,
            name=fields.pop("name", key.title()),
            owner_team=team,
            provider=make_provider(),
            kind=kind,
            profiles=[profile or make_world()],
            uses=[Use(variant=ServiceVariant.objects.get(key=v)) for v in variants],
            **fields,
        ),
        by=system_user(),
        at=at,
    )


def make_service(system: System, variant: str, at: datetime = MONDAY) -> SystemService:
    """A service put in use later."""
    system.refresh_from_db()
    use = Use(variant=ServiceVariant.objects.get(key=variant))
    (row,) = systems.start_services(
        system=system, version=system.version, uses=[use], by=system_user(), at=at
    )
    return row


def responsibility_for(system: System, control_id: str) -> Responsibility:
    """The responsibility of a system for a control, as a request would load it."""
    return Responsibility.objects.select_related(
        "system__owner_team", "control", "latest_decision__owner_team"
    ).get(system=system, control__control_id=control_id, part=None)


def make_statements(control_id: str, *tails: str) -> dict[str, ControlPart]:
    """The whole statement of every such control, and below it those of these tails, such
    as `a` and `b.1`; each stands in the one before its last dot. By part id.
    """
    made: dict[str, ControlPart] = {}
    for control in Control.objects.filter(control_id=control_id):
        for order, tail in enumerate(("", *tails)):
            stem = f"{control_id}_smt"
            part_id = f"{stem}.{tail}" if tail else stem
            made[part_id] = ControlPart.objects.create(
                control=control,
                part_id=part_id,
                parent=made.get(part_id.rpartition(".")[0]) if tail else None,
                name="item" if tail else "statement",
                label=f"{tail.rpartition('.')[2]}." if tail else "",
                prose=f"Statement {tail}.",
                order=order,
            )
    return made


def set_statement_apart(
    system: System,
    statement: str,
    *,
    by: User | None = None,
    at: datetime = MONDAY,
    **content: Any,
) -> Responsibility:
    """One statement, decided apart from its control: the customer's, unless `kind` says
    otherwise.
    """
    control = responsibility_for(system, statement.partition("_")[0])
    content.setdefault("kind", "customer-specific")
    content.setdefault("owner_team", system.owner_team)
    content.setdefault("rationale", "Theirs alone.")
    return statements.set_apart(
        control=control,
        statement=statement,
        version=control.version,
        content=Content(**content),
        by=by or system_user(),
        at=at,
    )


def make_decision(
    system: System,
    control_id: str,
    *,
    by: User | None = None,
    at: datetime = MONDAY,
    **content: Any,
) -> Decision:
    """A proposed decision; of the derived kind unless `kind` says otherwise."""
    responsibility = responsibility_for(system, control_id)
    derived = responsibility.latest_derivation
    assert derived is not None
    content.setdefault("kind", derived.kind)
    content.setdefault("owner_team", system.owner_team)
    return decisions.assign(
        responsibility=responsibility,
        version=responsibility.version,
        content=Content(**content),
        by=by or system_user(),
        at=at,
    )


def make_cadence(
    key: str, *controls: str, layers: Sequence[str] = (), **fields: Any
) -> Cadence:
    """A default cadence of the newest release, offered for these controls; monthly."""
    release = KnowledgeRelease.objects.latest("loaded_at", "pk")
    cadence = Cadence.objects.create(
        release=release,
        key=key,
        title=fields.pop("title", key.replace("-", " ").capitalize()),
        kind=fields.pop("kind", ReviewKind.PATCHING),
        every=fields.pop("every", 1),
        unit=fields.pop("unit", "months"),
        is_default=fields.pop("is_default", True),
        source=fields.pop("source", "PCI DSS 6.3.3"),
        confidence=Confidence.HIGH,
        control_ids=list(controls),
        **fields,
    )
    cadence.layers.set(Layer.objects.filter(code__in=layers))
    return cadence


def make_approval(
    system: System,
    control_id: str,
    *,
    by: User | None = None,
    at: datetime = MONDAY,
    **content: Any,
) -> Decision:
    """An approved decision; of the derived kind unless `kind` says otherwise. Its duties
    follow.
    """
    make_decision(system, control_id, at=at, **content)
    row = responsibility_for(system, control_id)
    decisions.submit(responsibility=row, version=row.version, by=system_user(), at=at)
    row = responsibility_for(system, control_id)
    return decisions.approve(
        responsibility=row, version=row.version, by=by or make_grc_lead(), at=at
    )


def duty_of(system: System, control_id: str, task: str = DutyTask.DO) -> Duty:
    """The open duty of a system for a control, as a request would load it."""
    return Duty.objects.select_related("responsibility__system__owner_team").get(
        responsibility__system=system,
        responsibility__control__control_id=control_id,
        task=task,
        ended_at__isnull=True,
    )


def make_duty(system: System, control_id: str = "si-3", **approval: Any) -> Duty:
    """A duty to do, left by an approved decision."""
    make_approval(system, control_id, **approval)
    return duty_of(system, control_id)


def make_schedule(
    duty: Duty, *, by: User | None = None, at: datetime = MONDAY, **plan: Any
) -> ReviewSchedule:
    """A schedule with its first review; monthly from the day of `at`."""
    told = {"title": "Patches", "kind": "patching", "every": 1, "unit": "months", **plan}
    return schedules.start(duty=duty, plan=Plan(**told), by=by or system_user(), at=at)


def make_review(duty: Duty, *, at: datetime = MONDAY, **plan: Any) -> Review:
    """The first review of a new schedule."""
    schedule = make_schedule(duty, at=at, **plan)
    return review_of(schedule)


def review_of(schedule: ReviewSchedule) -> Review:
    """The review of a schedule that waits, as a request would load it."""
    return Review.objects.select_related(
        "schedule__duty__responsibility__system__owner_team",
        "schedule__duty__responsibility__latest_decision__owner_team",
    ).get(schedule=schedule, completed_at__isnull=True)


def make_draft(content: bytes = b"proof\n", name: str = "proof.txt") -> Draft:
    """A file that was just received, recognised by what it holds."""
    draft = draft_of(SimpleUploadedFile(name, content))
    assert draft is not None
    return draft


def make_evidence(
    team: Team,
    *targets: Target,
    by: User | None = None,
    at: datetime = MONDAY,
    file: bytes = b"proof\n",
    **content: Any,
) -> Evidence:
    """Evidence that somebody of the team handed in, with a file; not yet judged."""
    if "url" not in content:
        name = content.pop("original_name", "proof.txt")
        content.setdefault("artifact", make_draft(file, name))
    told = {"title": "Proof", "kind": EvidenceKind.REPORT, **content}
    return evidence.submit(
        team=team,
        content=Proof(**told),
        targets=targets,
        by=by or make_member(team),
        at=at,
    )


def accept_evidence(
    piece: Evidence, *, by: User | None = None, at: datetime = MONDAY
) -> Evidence:
    """Let a second person accept it; the GRC lead unless somebody is named."""
    fresh = Evidence.objects.select_related("team").get(pk=piece.pk)
    return evidence.accept(
        evidence=fresh, version=fresh.version, by=by or make_grc_lead(), at=at
    )


def make_imported_matrix(system: System, word: str = "theirs") -> ImportedMatrix:
    """A provider's matrix for the system, with the word in its text."""
    data = f"Control ID,Inheritable,Responsibilities\nAC-2,partial,Of {word}\n".encode()
    return matrices.import_matrix(
        system=system,
        whose=Whose("cloud", "Cloud"),
        catalog=Control.objects.filter(responsibilities__system=system)[0].catalog,
        parsed=provider_files.read(data, file="m.csv", hints=Hints()),
        source=Source("m.csv", provider_files.sha256_of(data)),
        by=system_user(),
        at=MONDAY,
    ).matrix


def make_imported_inventory(system: System, word: str = "seen") -> ImportedInventory:
    """An inventory of the system, with the word in its file's name."""
    found = Found("table", f"{word}.csv", word, [Sighting("s3", "bucket")])
    row, _ = inventories.import_inventory(
        system=system, found=found, by=system_user(), at=MONDAY
    )
    return row
