"""The data that is measured on: the shipped facts, and systems of the sizes asked for."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field

from controls.choices import MembershipRole
from controls.knowledge import LATEST, read_release
from controls.models import (
    Catalog,
    Control,
    ControlLayer,
    Layer,
    Profile,
    ServiceVariant,
    System,
    Team,
    User,
)
from controls.services import knowledge
from controls.services.setup import system_user
from tests.make import (
    MONDAY,
    make_decision,
    make_grc_lead,
    make_member,
    make_system,
    make_team,
)

MATRIX = 1000
"""Controls in the scope of each system but the largest."""

FEW = 5
"""Services of each system but the largest."""

DECIDED_ONE_IN = 4


@dataclass(frozen=True)
class Sizes:
    """How much of each."""

    rows: int = 10_000
    controls: int = 1189
    variants: int = 30


@dataclass
class World:
    """What was made."""

    sizes: Sizes
    team: Team
    member: User
    lead: User
    large: System
    matrix: System
    systems: list[System] = field(default_factory=list)


def load_facts() -> None:
    """Load the shipped facts."""
    knowledge.load(facts=read_release(LATEST), by=system_user(), at=MONDAY)


def make_large_world(sizes: Sizes) -> World:
    """Return systems with at least as many responsibilities as asked for.

    One has all controls and services; the others a thousand controls, a quarter of the
    first one's decided.
    """
    catalog = _catalog(sizes.controls)
    everything, thousand = _profile(catalog, sizes.controls), _profile(catalog, MATRIX)
    keys = ServiceVariant.objects.order_by("pk").values_list("key", flat=True)
    variants = list(keys[: sizes.variants])
    team = make_team("bench")
    large = make_system(team, *variants, profile=everything, key="large")
    systems = [
        make_system(team, *variants[:FEW], profile=thousand, key=f"thousand-{number}")
        for number in range(max(1, -(-(sizes.rows - sizes.controls) // MATRIX)))
    ]
    for control in thousand.controls.order_by("order")[::DECIDED_ONE_IN]:
        make_decision(systems[0], control.control_id, rationale="Measured.", kind="shared")
    return World(
        sizes=sizes,
        team=team,
        member=make_member(team, MembershipRole.LEAD),
        lead=make_grc_lead(),
        large=large,
        matrix=systems[0],
        systems=[large, *systems],
    )


def _catalog(count: int) -> Catalog:
    """A catalog whose controls touch the layers of the shipped ones, in turn."""
    shipped = read_release(LATEST).controls.values()
    layers = Layer.objects.in_bulk(field_name="code")
    catalog = Catalog.objects.create(
        key="bench", version="1", title="Bench", imported_at=MONDAY
    )
    controls = Control.objects.bulk_create(
        Control(
            catalog=catalog,
            control_id=f"bench-{number}",
            label=f"BENCH-{number}",
            title=row.title,
            group_id=row.control_id[:2],
            order=number,
        )
        for number, row in zip(range(count), itertools.cycle(shipped), strict=False)
    )
    ControlLayer.objects.bulk_create(
        ControlLayer(
            control=control, layer=layers[code], order=order, confidence=row.confidence
        )
        for control, row in zip(controls, itertools.cycle(shipped), strict=False)
        for order, code in enumerate(row.layers)
    )
    return catalog


def _profile(catalog: Catalog, count: int) -> Profile:
    profile = Profile.objects.create(
        key=f"bench-{count}", catalog=catalog, title=f"{count} controls"
    )
    profile.controls.set(catalog.controls.order_by("order")[:count])
    return profile
