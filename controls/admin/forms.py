"""The form of a record that changes by one service call."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from django import forms
from django.db.models import Model, QuerySet
from django.forms.utils import ErrorDict
from django.http import QueryDict

from controls.errors import DomainError, StaleVersionError
from controls.models import User

STALE = (
    "Somebody changed this since you opened it. Nothing is saved yet: what you entered is "
    "below, beside what is recorded now. Choose for each, then save again."
)
UNSAVED = "You changed the form as well. Save that first, then take this step."


@dataclass(frozen=True, slots=True)
class Conflict:
    """A field where what was entered differs from what is recorded by now."""

    name: str
    label: str
    yours: str
    current: str


def visible(rows: QuerySet[Any], user: User) -> QuerySet[Any]:
    """Return those of the rows that the person may see; facts are for everybody."""
    manager: Any = rows.model._default_manager
    if not hasattr(manager, "visible_to"):
        return rows
    return rows.filter(pk__in=manager.visible_to(user).values("pk"))


class ServiceForm(forms.ModelForm):
    """Carries the version that was read, offers visible rows only, and shows a refusal of
    the service as its own error, with everything that was typed.
    """

    version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    asker: ClassVar[User]
    step: ClassVar[str] = ""
    """The button that was pressed, empty for Save."""
    refusal: ClassVar[DomainError | None] = None
    """What the service said when it was called with this form a moment ago."""
    with_step: ClassVar[frozenset[str]] = frozenset()
    """Fields that go with a step; all others belong to Save."""
    places: ClassVar[Mapping[str, str]] = {}
    """Where a service's place has another name in the form."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["version"].initial = self.initial["version"] = self.stored_version()
        for field in self.fields.values():
            if isinstance(field, forms.ModelChoiceField) and field.queryset is not None:
                field.queryset = visible(field.queryset, self.asker)
        if self.is_bound:
            self.data = self._settled(self.data)

    def stored_version(self) -> int | None:
        """Return the version of the row as it is now."""
        return getattr(self.instance, "version", None) if self.instance.pk else None

    def full_clean(self) -> None:
        """Check the form, or say what the service said of what was found valid before."""
        if self.refusal is not None:
            self._errors = ErrorDict()
            self.cleaned_data = {}
            self._refused(self.refusal)
            return
        super().full_clean()
        if not self.is_bound:
            return
        if self.step and set(self.changed_data) - self.with_step - {"version"}:
            self.add_error(None, UNSAVED)

    @property
    def conflicts(self) -> list[Conflict]:
        """Return what was entered beside what is recorded, where the version was stale."""
        if not isinstance(self.refusal, StaleVersionError) or self.step:
            return []
        return [
            Conflict(
                name=name,
                label=str(self[name].label),
                yours=self._told(name, self[name].value()),
                current=self._told(name, self._recorded(name)),
            )
            for name in self.changed_data
            if name != "version"
        ]

    def _refused(self, refusal: DomainError) -> None:
        if isinstance(refusal, StaleVersionError):
            self.add_error(None, refusal.message if self.step else STALE)
            return
        place = getattr(refusal, "place", "")
        place = self.places.get(place, place)
        self.add_error(place if place in self.fields else None, refusal.message)

    def _settled(self, data: Any) -> Any:
        """Return the data with the recorded value where the person chose it, and with the
        new version once both were shown.
        """
        settled: QueryDict = data.copy()
        if isinstance(self.refusal, StaleVersionError):
            settled[self.add_prefix("version")] = str(self.refusal.current)
        for name, field in self.fields.items():
            if settled.get(f"take-{name}") != "recorded":
                continue
            value = field.prepare_value(self._recorded(name))
            settled.pop(self.add_prefix(name), None)
            if value not in (None, False):
                settled[self.add_prefix(name)] = value
        return settled

    def _recorded(self, name: str) -> Any:
        return self.get_initial_for_field(self.fields[name], name)

    def _told(self, name: str, value: Any) -> str:
        """Return a value as a person reads it."""
        field = self.fields[name]
        if isinstance(value, bool):
            return "Yes" if value else "No"
        if isinstance(field, forms.ChoiceField) and not isinstance(value, Model):
            choices: Any = field.choices
            words = {str(key): str(label) for key, label in choices}
            return words.get(str(value), str(value)) if value else "\N{EN DASH}"
        return str(value) if value not in (None, "") else "\N{EN DASH}"


def lines_of(text: str) -> tuple[str, ...]:
    """Return the entries of a list that was typed with commas, spaces or lines between."""
    return tuple(dict.fromkeys(text.replace(",", " ").split()))


class DateInput(forms.DateInput):
    """The browser's own date picker."""

    input_type = "date"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%d")


def date_field(label: str, *, required: bool = False, help_text: str = "") -> Any:
    """Return a field for a day."""
    return forms.DateField(
        label=label, required=required, help_text=help_text, widget=DateInput()
    )
