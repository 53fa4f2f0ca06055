"""Overrides: a person's word on who carries a layer."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest

from controls.admin.base import acting, may_somewhere, now, take_over
from controls.admin.forms import ServiceForm, date_field
from controls.admin.uses import DatedAdmin
from controls.choices import LayerValue
from controls.models import Layer, LayerOverride, ServiceVariant, System, User
from controls.rules.permissions import RULES, Action
from controls.services import access, clock, overrides
from controls.services.overrides import Word


class OverrideForm(ServiceForm):
    """Who carries the layer, where, from when, and why."""

    with_step = frozenset({"on"})
    system = forms.ModelChoiceField(
        System.objects.order_by("name"), required=False, empty_label="All systems"
    )
    layer = forms.ModelChoiceField(Layer.objects.order_by("order"))
    variant = forms.ModelChoiceField(
        ServiceVariant.objects.order_by("name"),
        label="Service",
        required=False,
        empty_label="All services",
    )
    value = forms.ChoiceField(choices=LayerValue.choices, label="Who carries it")
    reason = forms.CharField(widget=forms.Textarea(attrs={"rows": 3, "cols": 60}))
    since = date_field("From", help_text="Empty: from today on.")
    until = date_field("Until", help_text="Where its end is known already.")
    on = date_field("Not any more from", help_text="Empty: from today on.")

    class Meta:
        model = LayerOverride
        fields: tuple[str, ...] = ()


@admin.register(LayerOverride)
class LayerOverrideAdmin(DatedAdmin):
    """Overrides."""

    form = OverrideForm
    list_display = ("layer", "value", "where", "service", "since", "until", "ended_on")
    list_select_related = ("layer", "variant", "system__owner_team")
    related = ("started_by", "ended_by")
    list_filter = ("value", ("system", admin.RelatedOnlyFieldListFilter))
    search_fields = ("layer__name", "reason")
    search_help_text = "Layer or reason"
    list_lead = "Where a person says otherwise than the facts, and why."
    empty_list = "No override: who carries a layer follows from the facts everywhere."
    who = RULES[Action.OVERRIDE].who
    added = ("system", "layer", "variant", "value", "reason", "since", "until")
    shown = ("system", "layer", "variant", "value", "reason")

    def may_add(self, user: User) -> bool:
        """Say whether the person leads a team or may override for all."""
        return may_somewhere(user, Action.OVERRIDE)

    def may_change(self, user: User, row: Any) -> bool:
        """Say whether the person may end it."""
        if row.ended_at is not None:
            return False
        if row.system is None:
            return access.allowed(user, Action.OVERRIDE_EVERYWHERE)
        return access.allowed(user, Action.OVERRIDE, row.system.owner_team)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Start or end the override."""
        data, by, at = form.cleaned_data, acting(request), now()
        if change:
            overrides.end(
                override=self.fresh(request, obj),
                on=data["on"] or clock.day(at),
                by=by,
                at=at,
            )
            return
        word = Word(
            layer=data["layer"],
            value=data["value"],
            reason=data["reason"],
            since=data["since"] or clock.day(at),
            until=data["until"],
            variant=data["variant"],
        )
        made = overrides.start(system=data["system"], word=word, by=by, at=at)
        take_over(obj, made)

    @admin.display(description="system", ordering="system__name")
    def where(self, row: Any) -> str:
        """Return the system, or that it holds for all."""
        return str(row.system or "All systems")

    @admin.display(description="service", ordering="variant__name")
    def service(self, row: Any) -> str:
        """Return the service, or that it holds for all."""
        return str(row.variant or "All services")
