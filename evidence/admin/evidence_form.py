"""The form in which evidence is handed in, and the one in which it is judged."""

from __future__ import annotations

import operator
from functools import reduce
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q

from controls.admin.forms import ServiceForm, date_field
from controls.models import Responsibility, Review, Team
from evidence.choices import EvidenceKind, Sensitivity, Side
from evidence.models import Evidence
from evidence.services.evidence import Content, Target
from evidence.services.uploads import draft_of

SHOWN_REVIEWS = 200
"""The list offers so many, the soonest due first."""
MOST_LINES = 100
CONTENT = (
    "title",
    "kind",
    "side",
    "description",
    "activity_from",
    "activity_until",
    "collected_on",
    "expires_on",
    "sensitivity",
    "url",
)


class HandInForm(ServiceForm):
    """A file or an address, what is said of it, and what it proves."""

    team = forms.ModelChoiceField(Team.objects.order_by("name"))
    title = forms.CharField(max_length=200, help_text="What it is: Patch report of March.")
    kind = forms.ChoiceField(choices=EvidenceKind.choices)
    file = forms.FileField(
        required=False,
        allow_empty_file=True,
        help_text="PDF, PNG, JPEG, .docx, .xlsx, .pptx, CSV, JSON, XML or plain text.",
    )
    url = forms.CharField(
        label="Or its address", required=False, max_length=1000, help_text="https://…"
    )
    proves = forms.CharField(
        label="Proves",
        required=False,
        widget=forms.Textarea(attrs={"rows": 3, "cols": 60}),
        help_text="System and control, one pair a line: shop AC-2.",
    )
    reviews = forms.ModelMultipleChoiceField(
        Review.objects.open().select_related("schedule").order_by("due_on", "pk"),
        required=False,
        help_text="Reviews that it completes once it is accepted.",
    )
    activity_from = date_field("Work done from")
    activity_until = date_field("Work done until")
    collected_on = date_field("Collected", help_text="Empty: today.")
    expires_on = date_field("Expires", help_text="Empty: it does not.")
    side = forms.ChoiceField(choices=Side.choices, initial=Side.CUSTOMER)
    sensitivity = forms.ChoiceField(
        choices=Sensitivity.choices, initial=Sensitivity.INTERNAL
    )
    description = forms.CharField(
        required=False,
        max_length=20000,
        widget=forms.Textarea(attrs={"rows": 3, "cols": 60}),
    )

    class Meta:
        model = Evidence
        fields: tuple[str, ...] = ()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        reviews: Any = self.fields["reviews"]
        # What is offered is short; what is accepted is looked up among all visible ones.
        reviews.widget.choices = [
            (row.pk, str(row)) for row in reviews.queryset[:SHOWN_REVIEWS]
        ]

    def clean_proves(self) -> list[Responsibility]:
        """Find the responsibilities among those whom the asker may see."""
        lines = [line.split() for line in self.cleaned_data["proves"].splitlines()]
        pairs = [line for line in lines if line]
        if len(pairs) > MOST_LINES:
            raise ValidationError(f"Name at most {MOST_LINES}.")
        if not pairs:
            return []
        wanted = [
            Q(system__key=words[0], control__label__iexact=" ".join(words[1:]))
            for words in pairs
        ]
        visible = Responsibility.objects.visible_to(self.asker)
        rows = visible.filter(reduce(operator.or_, wanted))
        found = list(rows.of_controls().select_related("system", "control"))
        known = {(row.system.key, row.control.label.lower()) for row in found}
        for words in pairs:
            if (words[0], " ".join(words[1:]).lower()) not in known:
                told = " ".join(words)
                raise ValidationError(f"There is no {told} that you may see.")
        return found

    def content(self) -> Content:
        """Return what was entered, as the service takes it.

        Raises what the store raises where the file is refused.
        """
        said = {name: self.cleaned_data[name] for name in CONTENT}
        return Content(**said, artifact=draft_of(self.cleaned_data["file"]))

    def targets(self) -> list[Target]:
        """Return what it proves."""
        return [*self.cleaned_data["proves"], *self.cleaned_data["reviews"]]


class JudgeForm(ServiceForm):
    """A word on evidence."""

    with_step = frozenset({"remark"})
    remark = forms.CharField(
        required=False,
        max_length=5000,
        widget=forms.Textarea(attrs={"rows": 2, "cols": 60}),
        help_text="Reject and withdraw need one: say what is wrong.",
    )

    class Meta:
        model = Evidence
        fields: tuple[str, ...] = ()
