"""What controls touch through the crosswalk: the layers of the controls they map to.

A control of a catalog whose layers nobody tagged, such as SOC 2's CC7.1, touches those of
the nearest controls it maps to. Asked, not stored, so that a crosswalk that is imported
later counts at once. A control counts the same in every edition of its catalog.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from controls.choices import MappingRelation
from controls.models import Control, ControlLayer, ControlMapping, ControlTag
from controls.rules.crosswalk import Graph, Node, Trace, Way, strongest, trace


def node(catalog: str, control_id: str) -> Node:
    """Return the control as the crosswalk knows it, the same in every edition."""
    return catalog, control_id.lower()


def graph() -> Graph:
    """Return all mappings that relate controls. One query."""
    rows = ControlMapping.objects.exclude(relation=MappingRelation.NO_RELATIONSHIP)
    return Graph.of(
        (node(source, one), node(target, other), grade)
        for source, one, target, other, grade in rows.values_list(
            "source__catalog__key",
            "source__control_id",
            "target__catalog__key",
            "target__control_id",
            "grade",
        )
    )


def nodes_of(controls: Iterable[int]) -> dict[int, Node]:
    """Return control → as the crosswalk knows it. One query."""
    rows = Control.objects.filter(pk__in=controls)
    return {
        pk: node(catalog, control_id)
        for pk, catalog, control_id in rows.values_list("pk", "catalog__key", "control_id")
    }


def traces_of(
    controls: Collection[int], tagged: Mapping[Node, ControlTag]
) -> dict[int, Trace]:
    """Return what controls without layers of their own touch, and through which, given what
    `tags` tells.

    Controls that lead nowhere are left out. Three queries, none for no controls.
    """
    if not controls:
        return {}
    nodes, mapped, layers = nodes_of(controls), graph(), _layers(tagged)
    traces = {}
    for pk, start in nodes.items():
        ways = mapped.nearest(start, layers.__contains__) if start in mapped.edges else []
        if ways:
            traces[pk] = trace(ways, layers)
    return traces


def tags() -> dict[Node, ControlTag]:
    """Return control → what the organisation says that it touches. One query."""
    rows = ControlTag.objects.open().select_related("control__catalog")
    return {
        node(row.control.catalog.key, row.control.control_id): row
        for row in rows.order_by("pk")
    }


def _layers(tagged: Mapping[Node, ControlTag]) -> dict[Node, list[str]]:
    """Return control → its own layers in order: those it is tagged with, else the shipped
    ones; of several editions, the first that has some.
    """
    edition: dict[Node, int] = {}
    found: dict[Node, list[str]] = defaultdict(list)
    rows = ControlLayer.objects.order_by("control__catalog_id", "control_id", "order")
    for pk, catalog, control_id, layer in rows.values_list(
        "control_id", "control__catalog__key", "control__control_id", "layer__code"
    ):
        key = node(catalog, control_id)
        if edition.setdefault(key, pk) == pk:
            found[key].append(layer)
    return {**found, **{key: list(tag.layers) for key, tag in tagged.items()}}


def labels_of(nodes: Collection[Node]) -> dict[Node, str]:
    """Return what controls are printed as. One query, none for no controls."""
    if not nodes:
        return {}
    rows = Control.objects.filter(catalog__key__in={catalog for catalog, _ in nodes})
    wanted = set(nodes)
    return {
        key: label
        for catalog, control_id, label in rows.order_by("-pk").values_list(
            "catalog__key", "control_id", "label"
        )
        if (key := node(catalog, control_id)) in wanted
    }


def tag_of(control: Control, tagged: Mapping[Node, ControlTag]) -> ControlTag | None:
    """Return what the organisation says that a control touches. Select `catalog` along."""
    return tagged.get(node(control.catalog.key, control.control_id))


def layers_through(control: Control) -> list[dict[str, Any]]:
    """Return the layers that a control touches through others, with the ways to each.

    Six queries; two where it has layers of its own.
    """
    tagged = tags()
    if tag_of(control, tagged) or control.layers.exists():
        return []
    traces = traces_of([control.pk], tagged)
    if control.pk not in traces:
        return []
    ways = traces[control.pk].ways
    labels = labels_of({step for found in ways.values() for w in found for step in w.nodes})
    return [
        {
            "layer": layer,
            "grade": str(strongest(way.grade for way in found)),
            "ways": [told(way, labels) for way in found],
        }
        for layer, found in ways.items()
    ]


def told(way: Way, labels: Mapping[Node, str]) -> dict[str, Any]:
    """Return a way as an explanation stores it: by which controls, and how sure."""
    return {
        "catalog": way.end[0],
        "labels": [labels.get(step, step[1]) for step in way.nodes],
        "grade": str(way.grade),
    }
