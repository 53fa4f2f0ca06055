"""Duties, and what teams say of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse

from controls.admin import display
from controls.admin.base import (
    ServiceAdmin,
    Step,
    acting,
    may_somewhere,
    now,
    step_of,
)
from controls.admin.display import Panel
from controls.admin.filters import ColumnFilter
from controls.admin.forms import ServiceForm
from controls.admin.reviews import may_with, reviews_panel
from controls.choices import ClaimStance, MembershipRole
from controls.models import Duty, DutyClaim, Review, System, Team, User
from controls.rules.permissions import RANKS, RULES, Action
from controls.services import access, clock, duties

MOST_SHOWN = 50


def speaks_for(user: User) -> Any:
    """Return the teams for which the person may claim and dispute."""
    if access.allowed(user, Action.CLAIM_DUTY):
        return Team.objects.order_by("name")
    least = RANKS[MembershipRole.CONTRIBUTOR]
    mine = [team for team, role in user.team_roles().items() if RANKS[role] >= least]
    return Team.objects.filter(pk__in=mine).order_by("name")


class DutyForm(ServiceForm):
    """What a team says of the duty."""

    with_step = frozenset({"team", "reason"})
    team = forms.ModelChoiceField(Team.objects.order_by("name"), label="For the team")
    reason = forms.CharField(
        required=False,
        max_length=5000,
        widget=forms.Textarea(attrs={"rows": 2, "cols": 60}),
        help_text="Needed where you dispute it: say whose it is.",
    )

    class Meta:
        model = Duty
        fields: tuple[str, ...] = ()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "team" not in self.fields:
            return
        field: Any = self.fields["team"]
        field.queryset = speaks_for(self.asker)
        only = list(field.queryset[:2])
        if len(only) == 1:
            field.initial = self.initial["team"] = only[0].pk


class SystemFilter(ColumnFilter):
    """By system."""

    title = "system"
    parameter_name = "system"
    column = "responsibility__system__key"

    def words(self, request: HttpRequest, model_admin: Any) -> Any:
        """Return the visible systems."""
        rows = System.objects.visible_to(acting(request)).order_by("name")
        return rows.values_list("key", "name")


class _YesFilter(ColumnFilter):
    """By a question that is answered yes or no."""

    yes = ""
    no = ""

    def words(self, request: HttpRequest, model_admin: Any) -> Any:
        """Return the two."""
        return ((True, self.yes), (False, self.no))


class UnownedFilter(_YesFilter):
    """By whether any team claims it."""

    title, parameter_name, column = "owner", "unowned", "unowned"
    yes, no = "Nobody yet", "Claimed, or ended"


class DoubleFilter(_YesFilter):
    """By whether several teams claim it."""

    title, parameter_name, column = "claims", "double_claimed", "double_claimed"
    yes, no = "Double-claimed", "One team at most"


class DisputedFilter(_YesFilter):
    """By whether a team says that it is not its own."""

    title, parameter_name, column = "dispute", "disputed", "disputed"
    yes, no = "Disputed", "Not disputed"


@admin.register(Duty)
class DutyAdmin(ServiceAdmin):
    """Duties."""

    form = DutyForm
    list_display = ("what", "control", "system", "task", "claimed", "since", "ended_on")
    list_display_links = ("what",)
    list_select_related = (
        "responsibility__control",
        "responsibility__part",
        "responsibility__system__owner_team",
    )
    related = (
        "responsibility__latest_decision__owner_team",
        "decision",
        "started_by",
        "ended_by",
    )
    list_filter = (
        UnownedFilter,
        DoubleFilter,
        DisputedFilter,
        "task",
        SystemFilter,
        ("ended_at", admin.EmptyFieldListFilter),
    )
    search_fields = ("responsibility__control__label", "what")
    search_help_text = "Control id or words of the duty"
    list_lead = "What approved decisions leave to us, and which team says it does it."
    empty_list = (
        "No duty yet. Duties start when a decision that leaves us a part is approved."
    )
    who = RULES[Action.CLAIM_DUTY].who
    shown = (
        "what",
        "task",
        "responsibility_link",
        "decided_in",
        "layers_shown",
        "services_shown",
        "claimed",
        "since",
        "ended_on",
        "ended_by",
    )

    def get_queryset(self, request: HttpRequest) -> Any:
        """Return the visible duties with the questions about claims answered for today."""
        at = now()
        rows = super().get_queryset(request).with_claims(on=clock.day(at), as_of=at)
        return rows.prefetch_related("claims__team")

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """Return the duty, and what may be said of it."""
        shown = ((None, {"fields": self.shown}),)
        if obj is None or not self.may_change(acting(request), obj):
            return shown
        return (*shown, ("Whose is it?", {"fields": ("team", "reason")}))

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Return all that the decision says."""
        return self.shown

    def may_change(self, user: User, row: Any) -> bool:
        """Say whether the person speaks for a team, and the duty goes on."""
        return row.ended_at is None and may_somewhere(user, Action.CLAIM_DUTY)

    def can_save(self, row: Any) -> bool:
        """Nothing of it is changed by hand."""
        return False

    def steps(self, request: HttpRequest, row: Any) -> Sequence[Step]:
        """Return what a team can say."""
        return (
            Step("claim", "Claim", go=True),
            Step("dispute", "Dispute"),
        )

    def done(self, request: HttpRequest) -> str:
        """Return what has been done."""
        return "disputed" if step_of(request) == "dispute" else "claimed"

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Claim or dispute it."""
        data = form.cleaned_data
        say = duties.dispute if step_of(request) == "dispute" else duties.claim
        say(
            duty=self.fresh(request, obj),
            version=data["version"] or 0,
            team=data["team"],
            reason=data["reason"],
            by=acting(request),
            at=now(),
        )

    def page(self, request: HttpRequest, row: Any) -> dict[str, Any]:
        """Return what was said, how it is reviewed, and the reviews."""
        may = may_with(acting(request), Action.SCHEDULE, row)
        return {
            "srm_panels": [
                _claims(row),
                _schedules(row, may=may and row.ended_at is None),
                reviews_panel(Review.objects.filter(schedule__duty=row)),
            ]
        }

    @admin.display(description="control", ordering="responsibility__control__order")
    def control(self, row: Any) -> str:
        """Return the control's label."""
        return str(row.responsibility.label)

    @admin.display(description="system", ordering="responsibility__system__name")
    def system(self, row: Any) -> str:
        """Return the system's name."""
        return str(row.responsibility.system.name)

    @admin.display(description="claimed by")
    def claimed(self, row: Any) -> Any:
        """Return the teams that claim it, and those that dispute it."""
        open_ = [claim for claim in row.claims.all() if claim.ended_at is None]
        ours = [c.team.name for c in open_ if c.stance == ClaimStance.CLAIMS]
        not_ours = [c.team.name for c in open_ if c.stance == ClaimStance.DISPUTES]
        names = ", ".join(sorted(ours))
        if not_ours:
            told = f"disputed by {', '.join(sorted(not_ours))}"
            names = f"{names}; {told}" if names else f"Nobody; {told}"
        return display.owner(names or None, needed=row.ended_at is None)

    @admin.display(description="responsibility")
    def responsibility_link(self, row: Any) -> Any:
        """Return the way to the responsibility."""
        return display.link(display.change_url(row.responsibility), row.responsibility)

    @admin.display(description="began with")
    def decided_in(self, row: Any) -> str:
        """Return the revision that it began with."""
        return f"revision {row.decision.number}"

    @admin.display(description="layers")
    def layers_shown(self, row: Any) -> str:
        """Return the layers that are ours."""
        return ", ".join(row.layers) or "none derived"

    @admin.display(description="services")
    def services_shown(self, row: Any) -> str:
        """Return the services on which they are."""
        return ", ".join(row.services) or "the whole system"


def _claims(duty: Duty) -> Panel:
    rows = duty.claims.select_related("team", "started_by").order_by("-pk")[:MOST_SHOWN]
    return Panel(
        title="What teams say",
        heads=("Team", "Says", "Why", "Since", "Until", ""),
        rows=[
            (
                row.team.name,
                row.get_stance_display(),
                row.reason or "\N{EN DASH}",
                display.day(row.since),
                display.day(row.ended_on) or "in force",
                display.link(display.change_url(row), "Open"),
            )
            for row in rows
        ],
        empty="Nobody says that it is theirs.",
    )


def _schedules(duty: Duty, *, may: bool) -> Panel:
    address = reverse("admin:controls_reviewschedule_add")
    return Panel(
        title="How it is reviewed",
        heads=("Review", "Kind", "Every", "Asked by", "Since", "Until", ""),
        rows=[
            (
                row.title,
                row.get_kind_display(),
                f"{row.every} {row.unit}",
                row.source or "\N{EN DASH}",
                display.day(row.since),
                display.day(row.ended_on) or "in force",
                display.link(display.change_url(row), "Open"),
            )
            for row in duty.schedules.order_by("ended_at", "pk")[:MOST_SHOWN]
        ],
        empty="It is not reviewed.",
        add_url=f"{address}?duty={duty.pk}" if may else "",
        add_label="Add a schedule" if may else "",
    )


class ClaimForm(ServiceForm):
    """Nothing is typed: what was said is taken back. The version is the duty's."""

    class Meta:
        model = DutyClaim
        fields: tuple[str, ...] = ()

    def stored_version(self) -> int | None:
        """Return the version of the duty."""
        return int(self.instance.duty.version) if self.instance.pk else None


@admin.register(DutyClaim)
class DutyClaimAdmin(ServiceAdmin):
    """What teams say of duties."""

    form = ClaimForm
    list_display = ("team", "stance", "duty", "reason", "since", "ended_on")
    list_select_related = (
        "team",
        "duty__responsibility__control",
        "duty__responsibility__part",
        "duty__responsibility__system__owner_team",
    )
    related = ("started_by", "ended_by")
    list_filter = (
        "stance",
        ("team", admin.RelatedOnlyFieldListFilter),
        ("ended_at", admin.EmptyFieldListFilter),
    )
    search_fields = ("team__name", "reason", "duty__responsibility__control__label")
    search_help_text = "Team, control id or reason"
    list_lead = "Which team says that a duty is its own, and which says that it is not."
    empty_list = "Nobody has said anything yet."
    who = RULES[Action.CLAIM_DUTY].who
    shown = (
        "duty",
        "team",
        "stance",
        "reason",
        "since",
        "started_at",
        "started_by",
        "ended_on",
        "ended_by",
    )

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """Return all of it."""
        return ((None, {"fields": self.shown}),)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Return all of it: what was said stays said."""
        return self.shown

    def may_change(self, user: User, row: Any) -> bool:
        """Say whether the person may take it back."""
        return row.ended_at is None and access.allowed(user, Action.CLAIM_DUTY, row.team)

    def can_save(self, row: Any) -> bool:
        """Nothing of it is changed."""
        return False

    def steps(self, request: HttpRequest, row: Any) -> Sequence[Step]:
        """Return the one step there is."""
        return (Step("end", "Take it back", go=True),)

    def done(self, request: HttpRequest) -> str:
        """Return what has been done."""
        return "taken back"

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Take it back."""
        duties.end_claim(
            claim=self.fresh(request, obj),
            version=form.cleaned_data["version"] or 0,
            by=acting(request),
            at=now(),
        )
