"""The organisation's own word on the layers that a control touches."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib import admin
from django.http import Http404, HttpRequest, HttpResponse

from controls.admin import display
from controls.admin.base import ServiceAdmin, Step, acting, now, take_over
from controls.admin.forms import ServiceForm
from controls.models import Control, ControlTag, Layer, User
from controls.queries.facts import layers_of
from controls.rules.permissions import RULES, Action
from controls.services import access, own_facts


class ControlTagForm(ServiceForm):
    """Which layers the control touches, and why; or why that no longer holds."""

    with_step = frozenset({"why"})
    places = {"layers": "touched"}

    touched = forms.ModelMultipleChoiceField(
        Layer.objects.order_by("order"),
        label="Layers",
        widget=forms.CheckboxSelectMultiple,
    )
    reason = forms.CharField(widget=forms.Textarea(attrs={"rows": 3, "cols": 60}))
    why = forms.CharField(
        label="Why it ends",
        required=False,
        widget=forms.Textarea(attrs={"rows": 2, "cols": 60}),
    )

    class Meta:
        model = ControlTag
        fields: tuple[str, ...] = ()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            # What was said is not said again.
            del self.fields["touched"]

    def clean_why(self) -> str:
        """Return why it ends. Raises ValidationError where it ends without a word."""
        why: str = self.cleaned_data["why"]
        if self.step == "end" and not why.strip():
            raise forms.ValidationError("Give the reason.")
        return why


@admin.register(ControlTag)
class ControlTagAdmin(ServiceAdmin):
    """Tags."""

    form = ControlTagForm
    list_display = ("label", "catalog", "layer_names", "reason", "started_at", "ended_at")
    list_select_related = ("control__catalog", "started_by")
    related = ("ended_by",)
    list_filter = (("ended_at", admin.EmptyFieldListFilter),)
    search_fields = ("control__control_id", "control__label", "reason")
    search_help_text = "Control or reason"
    ordering = ("control__catalog", "control__order", "-pk")
    list_lead = (
        "Controls whose layers your organisation named itself, in the place of the "
        "shipped ones. A control is tagged on its own page."
    )
    empty_list = "None: the layers of every control follow from the facts."
    who = RULES[Action.OVERRIDE_EVERYWHERE].who
    shown = ("label", "catalog", "layer_names", "reason", "started_at", "started_by")
    ends = ("ended_at", "ended_by")

    def may_add(self, user: User) -> bool:
        """Say whether the person may say what holds for all systems."""
        return access.allowed(user, Action.OVERRIDE_EVERYWHERE)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Ask our rules, behind the address of a control only: there is no list of all."""
        return "control" in request.GET and self.may_add(acting(request))

    def get_model_perms(self, request: HttpRequest) -> dict[str, bool]:
        """Return what the menu offers: nothing is added from there."""
        return {**super().get_model_perms(request), "add": False}

    def add_view(
        self,
        request: HttpRequest,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Tag the control that the address names. Raises Http404 without one."""
        control = _control(request)
        words = {"title": f"The layers that {control.label} touches"}
        return super().add_view(request, form_url, {**(extra_context or {}), **words})

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """Return the layers that the control touches now."""
        control = _control(request)
        touched = layers_of([control.pk]).get(control.pk, ())
        return {"touched": list(Layer.objects.filter(code__in=touched))}

    def may_change(self, user: User, row: Any) -> bool:
        """Say whether the person may end it."""
        return row.ended_at is None and self.may_add(user)

    def can_save(self, row: Any) -> bool:
        """Say that a tag is only ended, never changed: another one takes its place."""
        return row is None

    def steps(self, request: HttpRequest, row: Any) -> Sequence[Step]:
        """Return the button that ends it."""
        return (Step("end", "End it"),) if row.ended_at is None else ()

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """Return what is asked at the beginning, or the tag with its end."""
        if obj is None:
            return ((None, {"fields": ("touched", "reason")}),)
        shown = ((None, {"fields": (*self.shown, *self.ends)}),)
        if self.may_change(acting(request), obj):
            return (*shown, ("End it", {"fields": ("why",)}))
        return shown

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Return what cannot be said again."""
        return (*self.shown, *self.ends) if obj else ()

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Tag the control, or end the tag."""
        data, by, at = form.cleaned_data, acting(request), now()
        if change:
            own_facts.untag(tag=self.fresh(request, obj), reason=data["why"], by=by, at=at)
            return
        made = own_facts.tag(
            control=_control(request),
            layers=list(data["touched"]),
            reason=data["reason"],
            by=by,
            at=at,
        )
        take_over(obj, made)

    def done(self, request: HttpRequest) -> str:
        """Return what has been done."""
        return "ended, and every system derived anew"

    @admin.display(description="control", ordering="control__order")
    def label(self, row: Any) -> Any:
        """Return the control, and the way to it."""
        return display.link(display.change_url(row.control), row.control.label)

    @admin.display(description="catalog")
    def catalog(self, row: Any) -> str:
        """Return the catalog."""
        return str(row.control.catalog)

    @admin.display(description="layers")
    def layer_names(self, row: Any) -> str:
        """Return the layers, the most important first."""
        return ", ".join(row.layers)


def _control(request: HttpRequest) -> Control:
    """Return the control that the address names. Raises Http404."""
    named = request.GET.get("control", "")
    rows = Control.objects.visible_to(acting(request)).select_related("catalog")
    found = rows.filter(pk=named if named.isdecimal() else 0).first()
    if found is None:
        raise Http404("There is no such control.")
    return found
