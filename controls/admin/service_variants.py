"""Providers and their services, with who carries each layer."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from controls.admin.base import PublicFacts, ServiceAdmin, acting, now, take_over
from controls.admin.display import Panel
from controls.admin.forms import ServiceForm
from controls.choices import ServiceModel
from controls.models import LayerFact, Provider, ServiceVariant, Source, User
from controls.queries.facts import current_release
from controls.rules.permissions import RULES, Action
from controls.services import access, own_facts
from controls.services.own_facts import Service


@admin.register(Provider)
class ProviderAdmin(PublicFacts):
    """Providers."""

    list_display = ("name", "full_name", "key", "letter")
    ordering = ("name",)


class ServiceVariantForm(ServiceForm):
    """What a service of the organisation's own is."""

    key = forms.CharField(
        max_length=80, required=False, help_text="Begins with own., such as own.mail-relay."
    )
    provider = forms.ModelChoiceField(
        Provider.objects.order_by("name"), required=False, empty_label=None
    )
    name = forms.CharField(max_length=150)
    model = forms.ChoiceField(
        choices=ServiceModel.choices,
        help_text="Says who carries its layers; what is otherwise, an override says.",
    )
    iam_prefix = forms.CharField(
        max_length=60, required=False, label="IAM prefix", help_text="If it has one."
    )
    note = forms.CharField(
        widget=forms.Textarea(attrs={"rows": 3, "cols": 60}),
        required=False,
        help_text="What it is, and why it is of its model.",
    )

    class Meta:
        model = ServiceVariant
        fields: tuple[str, ...] = ()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        instance = kwargs.get("instance")
        if instance is not None and instance.pk:
            shown = ("name", "model", "iam_prefix", "note")
            told = {name: getattr(instance, name) for name in shown}
            kwargs["initial"] = {**told, **(kwargs.get("initial") or {})}
        super().__init__(*args, **kwargs)

    def service(self) -> Service:
        """Return what was entered, as the services take it."""
        names = ("name", "model", "iam_prefix", "note")
        return Service(**{name: self.cleaned_data[name] for name in names})


class OwnFilter(admin.SimpleListFilter):
    """Shipped, or the organisation's own."""

    title = "whose"
    parameter_name = "own"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Any:
        """Return the choices."""
        return (("yes", "Our own"), ("no", "Shipped"))

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Return what was chosen."""
        if self.value() in {"yes", "no"}:
            return queryset.filter(added_at__isnull=self.value() == "no")
        return queryset


@admin.register(ServiceVariant)
class ServiceVariantAdmin(ServiceAdmin):
    """Service variants: the shipped ones, and the organisation's own."""

    form = ServiceVariantForm
    list_display = ("name", "key", "model", "iam_prefix", "confidence")
    list_select_related = ("provider",)
    related = ("added_by",)
    list_filter = (OwnFilter, "model", "confidence")
    search_fields = ("key", "name", "iam_prefix")
    search_help_text = "Service, key or IAM prefix"
    ordering = ("name", "pk")
    list_per_page = 100
    lead = (
        "A service that nobody ships, or a variant of your own of one that is shipped. Its "
        "layers are carried as its model says; override what is otherwise."
    )
    read = (
        "name",
        "key",
        "provider",
        "model",
        "iam_prefix",
        "patch_evidence_api",
        "confidence",
    )
    asked = ("name", "model", "iam_prefix", "note")

    def may_add(self, user: User) -> bool:
        """Say whether the person may say what holds for all systems."""
        return access.allowed(user, Action.OVERRIDE_EVERYWHERE)

    def may_change(self, user: User, row: Any) -> bool:
        """Say whether it is the organisation's own, and the person may change it."""
        return row.is_own and access.allowed(user, Action.OVERRIDE_EVERYWHERE)

    def who_may(self, row: Any) -> str:
        """Return who may change it, empty for a shipped one, which nobody changes."""
        return RULES[Action.OVERRIDE_EVERYWHERE].who if row.is_own else ""

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """Return what is asked, or what there is to read."""
        if obj is None:
            return ((None, {"fields": ("key", "provider", *self.asked)}),)
        if self.may_change(acting(request), obj):
            return ((None, {"fields": ("key", "provider", *self.asked)}),)
        own = ("note", "added_at", "added_by") if obj.is_own else ()
        return ((None, {"fields": (*self.read, *own)}),)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Return what is never changed."""
        if obj is None:
            return ()
        if self.may_change(acting(request), obj):
            return ("key", "provider")
        return (*self.read, "note", "added_at", "added_by")

    def page(self, request: HttpRequest, row: Any) -> dict[str, Any]:
        """Return who carries each layer, and what says so."""
        return {"srm_panels": [layers_panel(row)]}

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Add the service, or change what it is."""
        by, at = acting(request), now()
        if change:
            own_facts.change_variant(
                variant=self.fresh(request, obj),
                version=form.cleaned_data["version"] or 0,
                service=form.service(),
                by=by,
                at=at,
            )
            return
        data = form.cleaned_data
        made = own_facts.add_variant(
            key=data["key"],
            provider=data["provider"] or Provider.objects.get(key="aws"),
            service=form.service(),
            by=by,
            at=at,
        )
        take_over(obj, made)


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
