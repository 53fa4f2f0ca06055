"""Handing something in: one form for a review, for something else, and for a revision.

Its fields are named as the API names them, since the script sends them there.
"""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms

from controls.errors import DomainError
from controls.models import Team
from evidence.choices import EvidenceKind, Sensitivity, Side
from evidence.models import EvidenceVersion
from evidence.rules.recognition import BINARIES, OFFICES, TEXTS
from evidence.services.evidence import Content
from evidence.services.uploads import draft_of

ACCEPTED = ",".join(f".{name}" for name in (*BINARIES, *OFFICES, *TEXTS))
FILES = ("file", "photo")
CONTENT = (
    "title",
    "kind",
    "description",
    "activity_from",
    "activity_until",
    "collected_on",
    "expires_on",
    "sensitivity",
    "url",
)
"""Fields that become what is handed in."""


def day_input() -> forms.DateInput:
    """Return the widget of a day, as browsers want it."""
    return forms.DateInput({"type": "date"}, format="%Y-%m-%d")


class HandInForm(forms.Form):
    """A file or an address, the days it is about, and what is said of it.

    What can be handed in is checked by the service; here only that days are days.
    """

    team = forms.ModelChoiceField(
        Team.objects.none(),
        to_field_name="key",
        label="For which team?",
        empty_label=None,
    )
    activity_from = forms.DateField(required=False, label="From", widget=day_input())
    activity_until = forms.DateField(required=False, label="Until", widget=day_input())
    collected_on = forms.DateField(required=False, label="Taken on", widget=day_input())
    file = forms.FileField(
        required=False,
        allow_empty_file=True,
        label="Choose a file",
        widget=forms.FileInput({"accept": ACCEPTED, "aria-describedby": "file-hint"}),
    )
    photo = forms.FileField(
        required=False,
        allow_empty_file=True,
        label="Take a photo",
        widget=forms.FileInput(
            {"accept": "image/jpeg,image/png", "capture": "environment"}
        ),
    )
    url = forms.CharField(
        required=False,
        max_length=1000,
        label="Or the address where it is",
        widget=forms.URLInput({"placeholder": "https://", "inputmode": "url"}),
    )
    title = forms.CharField(
        max_length=200, label="What is it?", error_messages={"required": "Say what it is."}
    )
    kind = forms.ChoiceField(choices=EvidenceKind.choices, label="Kind")
    expires_on = forms.DateField(
        required=False,
        label="Counts until",
        help_text="The last day on which it proves something. Empty: it does not run out.",
        widget=day_input(),
    )
    sensitivity = forms.ChoiceField(choices=Sensitivity.choices, label="Sensitivity")
    description = forms.CharField(
        required=False,
        max_length=20000,
        label="Anything to say?",
        widget=forms.Textarea({"rows": 3, "placeholder": "Optional, for the reviewer"}),
    )
    side = Side.CUSTOMER
    status = 400
    # What is folded away cannot be pointed at by a browser; the page says it instead.
    use_required_attribute = False

    def __init__(self, *args: Any, teams: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["team"]
        field.queryset = teams
        self.several_teams = len(teams) > 1
        for name, bound in self.fields.items():
            bound.widget.attrs.setdefault("data-field", name)

    def content(self, before: EvidenceVersion | None = None) -> Content:
        """Return what is handed in; with `before`, the file or address that stays.

        Raises what `draft_of` raises, noted beside the file.
        """
        values = {name: self.cleaned_data[name] for name in CONTENT}
        given = next(filter(None, (self.cleaned_data[name] for name in FILES)), None)
        try:
            artifact: Any = draft_of(given)
        except DomainError as error:
            self.refuse(error, place="file")
            raise
        name = ""
        if before is not None and artifact is None and not values["url"]:
            artifact, name = before.artifact, before.original_name
            values["url"] = before.url
        side = before.side if before is not None else self.side
        return Content(artifact=artifact, original_name=name, side=side, **values)

    def refuse(self, error: DomainError, *, place: str = "") -> None:
        """Put what a service said beside the field that it names."""
        named = place or getattr(error, "place", "")
        self.status = error.status
        if not self.errors.get(named if named in self.fields else "__all__"):
            self.add_error(named if named in self.fields else None, error.message)

    @property
    def details_open(self) -> bool:
        """Say whether something is wrong in the part that is folded away."""
        return any(self.errors.get(n) for n in ("title", "kind", "expires_on", "team"))


def first_values(
    *, title: str, kind: str, days: tuple[date, date], today: date, team: Team | None
) -> dict[str, Any]:
    """Return what a form holds before anybody typed."""
    return {
        "title": title[:200],
        "kind": kind,
        "activity_from": days[0],
        "activity_until": days[1],
        "collected_on": today,
        "sensitivity": Sensitivity.INTERNAL,
        "team": team.key if team else None,
    }


def values_of(revision: EvidenceVersion, team: Team) -> dict[str, Any]:
    """Return what a form of a further revision holds: what the newest says."""
    names = [name for name in CONTENT if name != "url"]
    return {name: getattr(revision, name) for name in names} | {
        "url": revision.url,
        "team": team.key,
    }
