"""What the organisation says otherwise than the shipped facts, or beside them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Count

from controls.choices import LayerScope, LayerValue
from controls.models import (
    ControlTag,
    Layer,
    LayerOverride,
    ServiceVariant,
    SystemService,
    User,
)
from controls.queries.facts import current_release, facts_of
from controls.rules.derivation import Facts
from controls.rules.moments import Moment


@dataclass(frozen=True, slots=True)
class Overridden:
    """An override, and what is shipped in its place: value → the services it is of; one
    entry without services for a layer above them.
    """

    override: LayerOverride
    shipped: dict[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Tagged:
    """A tag, and the layers that are shipped in its place."""

    tag: ControlTag
    layers: tuple[Layer, ...]
    shipped: tuple[Layer, ...]


@dataclass(frozen=True, slots=True)
class OwnService:
    """A service of the organisation's own, and by how many visible systems it is used."""

    variant: ServiceVariant
    systems: int


@dataclass(frozen=True, slots=True)
class OwnFacts:
    """All of it."""

    services: Sequence[OwnService]
    overrides: Sequence[Overridden]
    tags: Sequence[Tagged]


def own_facts(*, user: User, moment: Moment) -> OwnFacts:
    """Return the organisation's own facts that hold at a moment and that the person may
    see. Nine queries at most.
    """
    services = list(
        ServiceVariant.objects.own()
        .filter(added_at__lte=moment.as_of)
        .select_related("provider", "added_by")
        .order_by("name", "pk")
    )
    uses = SystemService.objects.visible_to(user).in_force(on=moment.on, as_of=moment.as_of)
    counts = uses.filter(variant__in=services).values_list("variant_id").order_by()
    systems = dict(counts.annotate(count=Count("system", distinct=True)))
    overrides = list(
        LayerOverride.objects.visible_to(user)
        .in_force(on=moment.on, as_of=moment.as_of)
        .select_related("layer", "variant", "system", "started_by")
        .order_by("system__name", "layer__order", "pk")
    )
    release = current_release() if overrides else None
    facts = facts_of(release) if release else None
    layers = Layer.objects.in_bulk(field_name="code")
    tags = list(
        ControlTag.objects.believed(as_of=moment.as_of)
        .select_related("control__catalog", "started_by")
        .prefetch_related("control__layers__layer")
        .order_by("control__catalog", "control__order")
    )
    return OwnFacts(
        services=[OwnService(row, systems.get(row.pk, 0)) for row in services],
        overrides=[Overridden(row, _shipped(row, facts)) for row in overrides],
        tags=[
            Tagged(
                tag=row,
                layers=tuple(layers[code] for code in row.layers if code in layers),
                shipped=tuple(
                    item.layer
                    for item in sorted(row.control.layers.all(), key=lambda i: i.order)
                ),
            )
            for row in tags
        ],
    )


def _shipped(row: LayerOverride, facts: Facts | None) -> dict[str, tuple[str, ...]]:
    """Return what the facts say where the override speaks."""
    if facts is None:
        return {}
    code = row.layer.code
    if row.layer.scope != LayerScope.SERVICE:
        found = facts.layers.get(code)
        return {found.value: ()} if found else {}
    if row.variant:
        fact = facts.services.get((row.variant.key, code))
        return {fact.value: (row.variant.key,)} if fact else {}
    by_value: dict[str, list[str]] = defaultdict(list)
    for (variant, layer), fact in facts.services.items():
        if layer == code:
            by_value[fact.value].append(variant)
    ordered = [value for value in LayerValue.values if value in by_value]
    return {value: tuple(sorted(by_value[value])) for value in ordered}
