"""Evidence: handed in with its file, judged by a second person, taken back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils.safestring import SafeString

from controls.admin import display
from controls.admin.base import (
    ServiceAdmin,
    Step,
    acting,
    may_somewhere,
    now,
    step_of,
    take_over,
)
from controls.admin.display import Panel
from controls.models import User
from controls.rules.permissions import RULES, Action
from controls.services import access
from evidence.admin.evidence_form import HandInForm, JudgeForm
from evidence.choices import VerdictState
from evidence.models import Evidence, EvidenceLink
from evidence.queries.judges import teams_that_judge
from evidence.rules.acceptance import TRANSITIONS
from evidence.services import evidence

SHOWN = (
    "title",
    "state_shown",
    "kind",
    "side",
    "team",
    "file",
    "description",
    "activity",
    "collected_on",
    "expires_on",
    "sensitivity",
    "created_at",
    "created_by",
)


@admin.register(Evidence)
class EvidenceAdmin(ServiceAdmin):
    """Evidence."""

    form = HandInForm
    list_display = ("reference", "title", "state_shown", "kind", "team", "collected_on")
    list_display_links = ("reference",)
    list_select_related = ("team", "latest_version", "latest_verdict")
    related = ("created_by", "latest_version__artifact", "latest_verdict__made_by")
    list_filter = (
        "latest_verdict__state",
        "latest_version__kind",
        ("team", admin.RelatedOnlyFieldListFilter),
    )
    search_fields = ("latest_version__title", "latest_version__original_name")
    search_help_text = "Title or file name"
    list_lead = "What teams offer as proof, and what a second person said of it."
    empty_list = "No proof yet. Hand some in, or let a pipeline do it over the API."
    save_label = "Hand in"
    who = RULES[Action.JUDGE_EVIDENCE].who
    handed_in = (
        (None, {"fields": ("team", "title", "kind", "file", "url")}),
        ("What it proves", {"fields": ("proves", "reviews")}),
        (
            "When",
            {"fields": ("activity_from", "activity_until", "collected_on", "expires_on")},
        ),
        ("More", {"fields": ("side", "sensitivity", "description")}),
    )

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """Return the form of a new piece, or the piece with a place for a remark."""
        if obj is None:
            return self.handed_in
        shown = ((None, {"fields": SHOWN}),)
        if self.may_change(acting(request), obj):
            return (*shown, ("Judge it", {"fields": ("remark",)}))
        return shown

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """A revision is never changed: another one is handed in."""
        return SHOWN if obj else ()

    def get_form(
        self, request: HttpRequest, obj: Any = None, *args: Any, **kwargs: Any
    ) -> Any:
        """Ask only for a remark where there is a piece already."""
        if obj is not None:
            kwargs["form"] = JudgeForm
        return super().get_form(request, obj, *args, **kwargs)

    def may_add(self, user: User) -> bool:
        """Say whether the person may hand in for any team."""
        return may_somewhere(user, Action.SUBMIT_EVIDENCE)

    def may_change(self, user: User, row: Any) -> bool:
        """Say whether the person may take any step with it."""
        return bool(_steps(user, row))

    def can_save(self, row: Any) -> bool:
        """Only a new piece is saved; a known one is judged."""
        return row is None

    def steps(self, request: HttpRequest, row: Any) -> Sequence[Step]:
        """Return the steps that this person may take."""
        return _steps(acting(request), row)

    def who_may(self, row: Any) -> str:
        """Return who may, empty where nothing follows any more."""
        return self.who if TRANSITIONS[row.latest_verdict.state] else ""

    def page(self, request: HttpRequest, row: Any) -> dict[str, Any]:
        """Return every revision, every verdict, and what it is offered for."""
        return {"srm_panels": [_verdicts(row), _links(row, acting(request))]}

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Hand in, accept, reject or withdraw: one call."""
        data, by, at = form.cleaned_data, acting(request), now()
        if not change:
            made = evidence.submit(
                team=data["team"],
                content=form.content(),
                targets=form.targets(),
                by=by,
                at=at,
            )
            take_over(obj, made)
            return
        services: dict[str, Callable[..., Evidence]] = {
            "accept": evidence.accept,
            "reject": evidence.reject,
            "withdraw": evidence.withdraw,
        }
        step = services.get(step_of(request))
        if step is not None:
            step(
                evidence=self.fresh(request, obj),
                version=data["version"] or 0,
                remark=data["remark"],
                by=by,
                at=at,
            )

    def done(self, request: HttpRequest) -> str:
        """Return what has been done."""
        words = {"accept": "accepted", "reject": "rejected", "withdraw": "withdrawn"}
        return words.get(step_of(request), "nothing was changed")

    @admin.display(description="title", ordering="latest_version__title")
    def title(self, row: Any) -> str:
        """Return what it is."""
        return str(row.latest_version.title)

    @admin.display(description="state", ordering="latest_verdict__state")
    def state_shown(self, row: Any) -> SafeString:
        """Return the shape and word of the state."""
        return display.state(row.latest_verdict.state)

    @admin.display(description="kind", ordering="latest_version__kind")
    def kind(self, row: Any) -> str:
        """Return what sort of thing it is."""
        return str(row.latest_version.get_kind_display())

    @admin.display(description="side")
    def side(self, row: Any) -> str:
        """Return whose part it proves."""
        return str(row.latest_version.get_side_display())

    @admin.display(description="file or address")
    def file(self, row: Any) -> SafeString | str:
        """Return the link to the download; an address is shown, not followed."""
        latest = row.latest_version
        if latest.artifact is None:
            return str(latest.url)
        url = reverse("evidence-file", args=[row.uuid])
        return display.link(url, f"{latest.original_name}, {latest.artifact.size:,} bytes")

    @admin.display(description="description")
    def description(self, row: Any) -> str:
        """Return what is said of it."""
        return row.latest_version.description or self.empty_value_display

    @admin.display(description="work done")
    def activity(self, row: Any) -> str:
        """Return the period in which the work was done."""
        latest = row.latest_version
        days = [day for day in (latest.activity_from, latest.activity_until) if day]
        return " to ".join(map(display.day, days)) or self.empty_value_display

    @admin.display(description="collected", ordering="latest_version__collected_on")
    def collected_on(self, row: Any) -> Any:
        """Return the day of collection."""
        return row.latest_version.collected_on

    @admin.display(description="expires", ordering="latest_version__expires_on")
    def expires_on(self, row: Any) -> Any:
        """Return the day after which it proves nothing."""
        return display.day(row.latest_version.expires_on) or "\N{EN DASH}"

    @admin.display(description="sensitivity")
    def sensitivity(self, row: Any) -> str:
        """Return how carefully it must be handled."""
        return str(row.latest_version.get_sensitivity_display())


def _steps(user: User, row: Evidence) -> list[Step]:
    """Return the steps that the person may take; the services ask again."""
    latest = row.latest_verdict
    assert latest is not None  # noqa: S101 - every piece was handed in
    following, found = TRANSITIONS[latest.state], []
    judges = access.allowed(user, Action.JUDGE_EVIDENCE, *teams_that_judge(row))
    if judges and VerdictState.ACCEPTED in following and user.pk != latest.made_by_id:
        found = [Step("accept", "Accept", go=True), Step("reject", "Reject")]
    hands_in = access.allowed(user, Action.SUBMIT_EVIDENCE, row.team)
    if (judges or hands_in) and VerdictState.WITHDRAWN in following:
        found.append(Step("withdraw", "Withdraw"))
    return found


def _verdicts(row: Evidence) -> Panel:
    rows = row.verdicts.select_related("revision", "by").order_by("-pk")
    return Panel(
        title="Every step",
        heads=("State", "Revision", "Remark", "By", "When"),
        rows=[
            (
                display.state(item.state),
                display.link(display.change_url(item.revision), str(item.revision)),
                item.remark or "\N{EN DASH}",
                item.by.name,
                display.day_time(item.at),
            )
            for item in rows
        ],
    )


def _links(row: Evidence, user: User) -> Panel:
    rows = EvidenceLink.objects.visible_to(user).filter(evidence=row)
    shown = rows.select_related(
        "responsibility__system",
        "responsibility__control",
        "responsibility__part",
        "duty",
        "review__schedule",
    )
    return Panel(
        title="What it proves",
        heads=("Responsibility", "Duty or review", "Linked", "Ended"),
        rows=[
            (
                display.link(
                    display.change_url(item.responsibility), str(item.responsibility)
                ),
                str(item.review or (item.duty.what if item.duty else "\N{EN DASH}")),
                display.day_time(item.started_at),
                display.day_time(item.ended_at) if item.ended_at else "\N{EN DASH}",
            )
            for item in shown.order_by("pk")
        ],
        empty="It is linked to nothing that you may see.",
    )
