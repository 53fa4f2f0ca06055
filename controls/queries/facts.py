"""The facts of a knowledge release as the derivation takes them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

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
from controls.rules.derivation import Fact, Facts


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
    """Return control id → the layers it touches, in order. One query."""
    found: dict[int, list[str]] = defaultdict(list)
    rows = ControlLayer.objects.filter(control__in=controls).order_by("control_id", "order")
    for control, layer in rows.values_list("control_id", "layer__code"):
        found[control].append(layer)
    return {control: tuple(layers) for control, layers in found.items()}
