"""The roster: people, and their entries from then until they end."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import OuterRef, Subquery
from django.http import HttpRequest

from controls.admin import display
from controls.admin.base import ReadOnlyAdmin, acting, now, take_over
from controls.admin.display import Panel
from controls.admin.forms import ServiceForm, date_field
from controls.admin.uses import DatedAdmin
from controls.models import Team, User
from controls.rules.permissions import RULES, Action
from controls.services import access, clock
from evidence.models import Person, RosterEntry, TrainingRecord
from evidence.services import roster
from evidence.services.roster import Entry


@admin.register(Person)
class PersonAdmin(ReadOnlyAdmin):
    """People who are, or were, on the roster."""

    list_display = ("email", "called", "team", "signs_in")
    list_select_related = ("user",)
    related = ("created_by",)
    search_fields = ("email",)
    search_help_text = "Address"
    ordering = ("email", "pk")
    list_lead = "Who must hold courses. People are added with their first roster entry."
    empty_list = "Nobody yet. Import a roster, or add a roster entry."
    fields = ("email", "called", "team", "signs_in", "created_at", "created_by")

    def get_queryset(self, request: HttpRequest) -> Any:
        """Return the visible people with how they stand today, as far as it is visible."""
        at = now()
        entries = (
            RosterEntry.objects.visible_to(acting(request))
            .in_force(on=clock.day(at), as_of=at)
            .filter(person=OuterRef("pk"))
            .order_by("-pk")
        )
        return (
            super()
            .get_queryset(request)
            .annotate(
                stands_as=Subquery(entries.values("name")[:1]),
                stands_in=Subquery(entries.values("team__name")[:1]),
            )
        )

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> Any:
        """Add the entries and records that the reader may see."""
        person = kwargs.get("obj")
        if person is not None:
            context["srm_panels"] = _panels(person, acting(request))
        return super().render_change_form(request, context, *args, **kwargs)

    @admin.display(description="name", ordering="stands_as")
    def called(self, row: Any) -> Any:
        """Return the name of today's entry."""
        return row.stands_as

    @admin.display(description="team", ordering="stands_in")
    def team(self, row: Any) -> Any:
        """Return the team of today's entry."""
        return row.stands_in

    @admin.display(description="signs in", ordering="user__name")
    def signs_in(self, row: Any) -> str:
        """Say whether the person has a sign-in."""
        return "Yes" if row.user_id else "No"


def _panels(person: Person, reader: User) -> list[Panel]:
    entries = (
        RosterEntry.objects.visible_to(reader)
        .filter(person=person)
        .select_related("team")
        .order_by("-since", "-pk")
    )
    records = (
        TrainingRecord.objects.visible_to(reader)
        .filter(person=person)
        .select_related("course")
        .order_by("-completed_on", "-pk")
    )
    return [
        Panel(
            title="On the roster",
            heads=("Name", "Team", "Audiences", "From", "Until"),
            rows=[
                (
                    display.link(display.change_url(entry), entry.name),
                    entry.team or "\N{EN DASH}",
                    ", ".join(entry.audiences) or "\N{EN DASH}",
                    display.day(entry.since),
                    display.day(entry.ended_on or entry.until) or "\N{EN DASH}",
                )
                for entry in entries
            ],
        ),
        Panel(
            title="Courses",
            heads=("Course", "Completed", "Counts until", "Score", ""),
            rows=[
                (
                    display.link(display.change_url(record), record.course),
                    display.day(record.completed_on),
                    display.day(record.valid_until) or "for ever",
                    record.score or "\N{EN DASH}",
                    "withdrawn" if record.ended_at else "",
                )
                for record in records
            ],
            empty="No course completed yet.",
        ),
    ]


class EntryForm(ServiceForm):
    """Who, as what, from when until when."""

    email = forms.EmailField(
        label="Address",
        max_length=254,
        help_text="Somebody who was on the roster before is found by it.",
    )
    name = forms.CharField(max_length=150)
    team = forms.ModelChoiceField(Team.objects.order_by("name"), required=False)
    audiences = forms.CharField(
        required=False,
        max_length=1000,
        help_text="Words that courses name, semicolons between: developers; leads.",
    )
    since = date_field("From", help_text="Empty: from today on.")
    until = date_field("First day away", help_text="Where it is known already.")

    class Meta:
        model = RosterEntry
        fields: tuple[str, ...] = ()

    def clean(self) -> dict[str, Any]:
        """Say at the field what the database would refuse."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        since, until = cleaned.get("since"), cleaned.get("until")
        if since and until and until <= since:
            self.add_error("until", "It must end after it begins.")
        return cleaned


class EndForm(ServiceForm):
    """From when on somebody is no longer on the roster."""

    with_step = frozenset({"on"})
    on = date_field(
        "First day away",
        help_text="Empty: today. A change of name, team or audiences: end the entry, then "
        "add a new one.",
    )

    class Meta:
        model = RosterEntry
        fields: tuple[str, ...] = ()


@admin.register(RosterEntry)
class RosterEntryAdmin(DatedAdmin):
    """Entries of the roster."""

    form = EntryForm
    list_display = ("name", "address", "team", "words", "since", "until", "ended_on")
    list_select_related = ("person", "team")
    related = ("started_by", "ended_by")
    list_filter = (
        ("team", admin.RelatedOnlyFieldListFilter),
        ("ended_at", admin.EmptyFieldListFilter),
    )
    search_fields = ("name", "person__email")
    search_help_text = "Name or address"
    list_lead = "Who is on the roster, in which team, for which audiences."
    empty_list = "Nobody is on the roster yet. Import one, or add an entry."
    who = RULES[Action.MANAGE_TRAINING].who
    added = ("email", "name", "team", "audiences", "since", "until")
    shown = ("address", "name", "team", "words")

    def get_form(
        self, request: HttpRequest, obj: Any = None, *args: Any, **kwargs: Any
    ) -> Any:
        """Ask only for the end where there is an entry already."""
        if obj is not None:
            kwargs["form"] = EndForm
        return super().get_form(request, obj, *args, **kwargs)

    def may_add(self, user: User) -> bool:
        """Say whether the person may manage training."""
        return access.allowed(user, Action.MANAGE_TRAINING)

    def may_change(self, user: User, row: Any) -> bool:
        """Say whether the person may end it."""
        return row.ended_at is None and self.may_add(user)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Put somebody on the roster, or say from when on they are away."""
        data, by, at = form.cleaned_data, acting(request), now()
        if change:
            roster.end_entry(
                entry=self.fresh(request, obj),
                on=data["on"] or clock.day(at),
                by=by,
                at=at,
            )
            return
        entry = Entry(
            name=data["name"],
            team=data["team"],
            audiences=data["audiences"].split(";"),
            since=data["since"],
            until=data["until"],
        )
        made = roster.start_entry(email=data["email"], entry=entry, by=by, at=at)
        take_over(obj, made)

    @admin.display(description="address", ordering="person__email")
    def address(self, row: Any) -> Any:
        """Return the way to the person."""
        return display.link(display.change_url(row.person), row.person.email)

    @admin.display(description="audiences")
    def words(self, row: Any) -> str:
        """Return the audiences as words."""
        return ", ".join(row.audiences)
