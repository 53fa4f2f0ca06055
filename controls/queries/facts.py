"""The facts of a knowledge release as the derivation takes them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from functools import cached_property
from typing import Any

from django.db.models import QuerySet

from controls.choices import LayerScope, ServiceModel
from controls.models import (
    Control,
    ControlLayer,
    KnowledgeRelease,
    Layer,
    LayerFact,
    ServiceVariant,
)
from controls.queries import crosswalks
from controls.queries.crosswalks import told
from controls.rules.crosswalk import Node, strongest
from controls.rules.derivation import Fact, Facts, Row


def current_release() -> KnowledgeRelease | None:
    """Return the release loaded last, or None before the first."""
    return KnowledgeRelease.objects.order_by("-loaded_at", "-pk").first()


def facts_of(release: KnowledgeRelease) -> Facts:
    """Return who carries each layer, by variant and for the whole system, as the release
    says. Three queries.
    """
    scopes = dict(Layer.objects.values_list("code", "scope"))
    by_model: dict[tuple[str, str], Fact] = {}
    by_variant: dict[tuple[str, str], Fact] = {}
    for fact in LayerFact.objects.filter(release=release).select_related(
        "layer", "variant"
    ):
        found = Fact(
            value=fact.value,
            basis="variant" if fact.variant else "model",
            note=fact.note,
            sources=fact.sources,
            confidence=fact.confidence,
        )
        if fact.variant:
            by_variant[fact.variant.key, fact.layer.code] = found
        else:
            by_model[fact.model, fact.layer.code] = found
    service_layers = [code for code, scope in scopes.items() if scope == LayerScope.SERVICE]
    services = {
        (key, layer): by_variant.get((key, layer)) or by_model[model, layer]
        for key, model in ServiceVariant.objects.values_list("key", "model")
        for layer in service_layers
        if (key, layer) in by_variant or (model, layer) in by_model
    }
    # Layers above the services do not depend on the service model: any model's default is
    # the layer's.
    layers = {
        code: by_model[ServiceModel.ABSTRACTED, code]
        for code, scope in scopes.items()
        if scope != LayerScope.SERVICE and (ServiceModel.ABSTRACTED, code) in by_model
    }
    return Facts(scopes=scopes, services=services, layers=layers)


def layers_of(controls: QuerySet[Control] | Iterable[int]) -> dict[int, tuple[str, ...]]:
    """Return control id → the layers it touches, in order: those the organisation tagged it
    with, else its own, else those of the controls it maps to. Two queries; one more where
    anything is tagged, three more where some have none of their own.
    """
    return Touching(controls).layers


class Touching:
    """The layers that controls touch, and through which others where they have none.

    Two queries; one more where the organisation tagged any control, three more where some
    have no layers of their own, and one when asked through which.
    """

    def __init__(self, controls: QuerySet[Control] | Iterable[int]) -> None:
        wanted = set(
            controls.values_list("pk", flat=True)
            if isinstance(controls, QuerySet)
            else controls
        )
        own: dict[int, list[str]] = defaultdict(list)
        rows = ControlLayer.objects.filter(control__in=wanted)
        for control, layer in rows.order_by("control_id", "order").values_list(
            "control_id", "layer__code"
        ):
            own[control].append(layer)
        tagged = crosswalks.tags()
        self._tags = {
            pk: tagged[node]
            for pk, node in (crosswalks.nodes_of(wanted) if tagged else {}).items()
            if node in tagged
        }
        self._traces = crosswalks.traces_of(wanted - own.keys() - self._tags.keys(), tagged)
        self.layers: dict[int, tuple[str, ...]] = {
            **{control: tuple(layers) for control, layers in own.items()},
            **{control: found.layers for control, found in self._traces.items()},
            **{control: tuple(tag.layers) for control, tag in self._tags.items()},
        }

    @cached_property
    def _labels(self) -> dict[Node, str]:
        steps = {
            step
            for found in self._traces.values()
            for ways in found.ways.values()
            for way in ways
            for step in way.nodes
        }
        return crosswalks.labels_of(steps)

    def explained(self, control: int, rows: Iterable[Row]) -> list[dict[str, Any]]:
        """Return the rows of a derivation as stored, each layer that came through the
        crosswalk with the ways to it and how sure the surest is; of a control that the
        organisation tagged, with the reason.
        """
        if tag := self._tags.get(control):
            return [{**row.as_json(), "tagged": tag.reason} for row in rows]
        found = self._traces.get(control)
        if found is None:
            return [row.as_json() for row in rows]
        return [
            {
                **row.as_json(),
                "through": [told(way, self._labels) for way in found.ways[row.layer]],
                "grade": str(strongest(way.grade for way in found.ways[row.layer])),
            }
            for row in rows
        ]
