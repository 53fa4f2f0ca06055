"""The form in which a person decides who carries a control."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.contrib.admin.widgets import AdminRadioSelect

from controls.admin.forms import ServiceForm
from controls.choices import ImplementationStatus, Kind
from controls.models import Responsibility, Team
from controls.services.decisions import Content

CONTENT = (
    "kind",
    "owner_team",
    "implementation_status",
    "provider_statement",
    "customer_statement",
    "rationale",
)
DECIDABLE = [choice for choice in Kind.choices if choice[0] != Kind.UNDETERMINED]


def _text(label: str, rows: int, help_text: str = "") -> forms.CharField:
    widget = forms.Textarea(attrs={"rows": rows, "cols": 70})
    return forms.CharField(
        label=label, required=False, max_length=20000, widget=widget, help_text=help_text
    )


class DecideForm(ServiceForm):
    """What is decided; `remark` goes with approving and returning."""

    with_step = frozenset({"remark"})

    kind = forms.ChoiceField(
        choices=DECIDABLE, widget=AdminRadioSelect(attrs={"class": "radiolist inline"})
    )
    owner_team = forms.ModelChoiceField(
        Team.objects.order_by("name"),
        label="Owner",
        required=False,
        empty_label="Nobody yet",
        help_text="The team that answers for our part.",
    )
    implementation_status = forms.ChoiceField(
        choices=[("", "Not said"), *ImplementationStatus.choices],
        label="Status",
        required=False,
    )
    provider_statement = _text("What the provider does", 3)
    customer_statement = _text("What we do", 3)
    rationale = _text(
        "Reason",
        3,
        "Needed where you decide otherwise than derived, and for not applicable.",
    )
    remark = _text("Remark", 2, "Goes with Approve; Return and Fall back need one.")

    class Meta:
        model = Responsibility
        fields: tuple[str, ...] = ()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        instance = kwargs.get("instance")
        if instance is not None and instance.pk:
            kwargs["initial"] = {**decided(instance), **(kwargs.get("initial") or {})}
        super().__init__(*args, **kwargs)
        owner = self.fields["owner_team"]
        latest = instance.latest_decision if instance and instance.pk else None
        if latest and latest.owner_team_id and isinstance(owner, forms.ModelChoiceField):
            # The owner stays a choice for a person who is not in that team.
            owner.queryset = owner.queryset | Team.objects.filter(  # type: ignore[operator]
                pk=latest.owner_team_id
            ).order_by("name")

    def content(self) -> Content:
        """Return what was entered, as the service takes it."""
        return Content(**{name: self.cleaned_data[name] for name in CONTENT})


class SetApartForm(DecideForm):
    """What is decided on one statement apart from its control, whose version it carries."""

    control: ClassVar[Responsibility]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs["initial"] = {**decided(self.control), **(kwargs.get("initial") or {})}
        super().__init__(*args, **kwargs)

    def stored_version(self) -> int | None:
        """Return the version of the control's responsibility."""
        return self.control.version


def decided(responsibility: Responsibility) -> dict[str, Any]:
    """Return what is decided now; where nothing is, the derived kind is offered."""
    latest = responsibility.latest_decision
    if latest is None:
        return {"kind": getattr(responsibility, "derived_kind", "")}
    values = {name: getattr(latest, name) for name in CONTENT}
    return {**values, "owner_team": latest.owner_team_id}
