"""Providers and their services, with who carries each layer."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from controls.admin.base import PublicFacts, ReadOnlyAdmin
from controls.admin.display import Panel
from controls.models import LayerFact, Provider, ServiceVariant, Source
from controls.queries.facts import current_release


@admin.register(Provider)
class ProviderAdmin(PublicFacts):
    """Providers."""

    list_display = ("name", "full_name", "key", "letter")
    ordering = ("name",)


@admin.register(ServiceVariant)
class ServiceVariantAdmin(ReadOnlyAdmin):
    """Service variants."""

    list_display = ("name", "key", "model", "iam_prefix", "confidence")
    list_select_related = ("provider",)
    list_filter = ("model", "confidence")
    search_fields = ("key", "name", "iam_prefix")
    search_help_text = "Service, key or IAM prefix"
    ordering = ("name", "pk")
    list_per_page = 100
    fields = (
        "name",
        "key",
        "provider",
        "model",
        "iam_prefix",
        "patch_evidence_api",
        "confidence",
    )

    def render_change_form(
        self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any
    ) -> Any:
        """Add who carries each layer, and what says so."""
        row = kwargs.get("obj")
        if row is not None:
            context["srm_panels"] = [layers_panel(row)]
        return super().render_change_form(request, context, *args, **kwargs)


def layers_panel(variant: ServiceVariant) -> Panel:
    """Return who carries each layer of a service in the newest release."""
    release = current_release()
    facts = LayerFact.objects.filter(release=release).select_related("layer")
    own = {fact.layer_id: fact for fact in facts.filter(variant=variant)}
    default = {fact.layer_id: fact for fact in facts.filter(model=variant.model)}
    merged = sorted({**default, **own}.values(), key=lambda fact: fact.layer.order)
    titles = titles_of(facts)
    return Panel(
        title=f"Layers, release {release}" if release else "Layers",
        heads=("Layer", "Who carries it", "Note", "From", "Confidence"),
        rows=[
            (
                fact.layer.name,
                fact.get_value_display(),
                fact.note or "\N{EN DASH}",
                sources_of(fact, titles),
                fact.get_confidence_display(),
            )
            for fact in merged
        ],
        empty="No facts are loaded yet.",
    )


def titles_of(_facts: QuerySet[LayerFact]) -> dict[str, str]:
    """Return the title of each source. One query."""
    return dict(Source.objects.values_list("key", "title"))


def sources_of(fact: LayerFact, titles: dict[str, str]) -> str:
    """Return the sources of a fact by title, and whether it is the service's own."""
    named = [titles.get(key, key) for key in fact.sources.replace(";", " ").split()]
    about = "this service" if fact.variant_id else "services of its model"
    return f"{'; '.join(named) or 'Editorial'} (says it of {about})"
