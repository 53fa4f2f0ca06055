"""People of the roster, and taking a roster from a file."""

from __future__ import annotations

from typing import Any

from django.db.models import Prefetch, QuerySet
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from controls.api import filters
from controls.api.base import ReadOnlyViewSet, acting_user, now
from controls.rules.permissions import Action
from controls.services import access, clock
from evidence.api.importing import (
    DRY_RUN,
    CsvParser,
    ImportSerializer,
    answer,
    body,
    switches,
)
from evidence.api.training_records import RecordSerializer, shown
from evidence.importers.rosters import RosterPlan, plan_roster, read_roster
from evidence.models import Person, RosterEntry, TrainingRecord
from evidence.rules.training import words
from evidence.services import roster

FILE = "roster.csv"
COMPLETE = OpenApiParameter(
    "complete",
    OpenApiTypes.BOOL,
    description="`true`: people on the roster whom the file does not name leave today.",
)


class EntrySerializer(serializers.ModelSerializer[RosterEntry]):
    """That somebody is on the roster, from a day until it ends."""

    team = serializers.CharField(source="team.key", default=None)

    class Meta:
        model = RosterEntry
        fields = [
            "uuid",
            "name",
            "team",
            "audiences",
            "since",
            "until",
            "ended_on",
            "started_at",
            "ended_at",
        ]


class PersonSerializer(serializers.ModelSerializer[Person]):
    """Somebody who is, or was, on the roster, with how they stand on the day asked for."""

    entry = serializers.SerializerMethodField()

    class Meta:
        model = Person
        fields = ["uuid", "email", "entry"]

    @extend_schema_field(EntrySerializer(allow_null=True))
    def get_entry(self, person: Person) -> Any:
        """Return the entry of the day; null where they are not on the roster that day."""
        found = person.on_the_day  # type: ignore[attr-defined]
        return EntrySerializer(found[-1]).data if found else None


class PersonDetailSerializer(PersonSerializer):
    """Somebody with all of their entries and training records."""

    entries = EntrySerializer(many=True)
    records = RecordSerializer(many=True)

    class Meta(PersonSerializer.Meta):
        fields = [*PersonSerializer.Meta.fields, "entries", "records"]


class PersonFilter(filters.FilterSet):
    """Filters of people. Each leaves those who are on the roster on the day."""

    team = filters.CharFilter(method="keep", help_text="key of their team")
    audience = filters.CharFilter(method="keep", help_text="a word of the roster")
    on = filters.DateFilter(method="keep", help_text="the day; today unless it is said")
    email = filters.CharFilter(lookup_expr="iexact")

    class Meta:
        model = Person
        fields: list[str] = []

    def keep(self, rows: QuerySet[Person], _name: str, _value: Any) -> QuerySet[Person]:
        """Return the rows: `filter_queryset` looks at the three together."""
        return rows

    def filter_queryset(self, queryset: QuerySet[Person]) -> QuerySet[Person]:
        """Return the people with their entry of the day."""
        given, at = self.form.cleaned_data, now()
        user = acting_user(self.request)
        entries = RosterEntry.objects.visible_to(user).in_force(
            on=given["on"] or clock.day(at), as_of=at
        )
        if given["team"]:
            entries = entries.filter(team__key=given["team"])
        if given["audience"]:
            entries = entries.of_audience("".join(words([given["audience"]])))
        rows: QuerySet[Person] = super().filter_queryset(queryset)
        if given["on"] or given["team"] or given["audience"]:
            rows = rows.filter(pk__in=entries.values("person"))
        return rows.prefetch_related(_on_the_day(entries))


def _on_the_day(entries: QuerySet[RosterEntry]) -> Prefetch[Any]:
    shown = entries.select_related("team").order_by("pk")
    return Prefetch("entries", queryset=shown, to_attr="on_the_day")


class PersonViewSet(ReadOnlyViewSet[Person]):
    """People who are, or were, on the roster."""

    model = Person
    lookup_field = "uuid"
    filterset_class = PersonFilter

    def get_queryset(self) -> QuerySet[Person]:
        """Return the visible people; a single one with all that is visible of them."""
        rows = self.visible()
        if self.action != "retrieve":
            return rows
        user, at = acting_user(self.request), now()
        entries = RosterEntry.objects.visible_to(user)
        records = shown(TrainingRecord.objects.visible_to(user), user)
        return rows.prefetch_related(
            _on_the_day(entries.in_force(on=clock.day(at), as_of=at)),
            Prefetch("entries", entries.select_related("team").order_by("since", "pk")),
            Prefetch("records", records.order_by("completed_on", "pk")),
        )

    def get_serializer_class(self) -> type[serializers.BaseSerializer[Person]]:
        """Return the longer answer for a single one."""
        return PersonSerializer if self.action == "list" else PersonDetailSerializer

    @extend_schema(
        request={"text/csv": OpenApiTypes.STR},
        responses=ImportSerializer,
        parameters=[DRY_RUN, COMPLETE],
        filters=False,
    )
    @action(
        detail=False,
        methods=["post"],
        url_path="import",
        parser_classes=[CsvParser],
        pagination_class=None,
    )
    def import_roster(self, request: Request) -> Response:
        """Take a roster: columns `email`, `name`, and as wanted `team` (its key),
        `joined_on`, `left_on`, `audiences` (words with `;` between).

        All of it or nothing; the same file again changes nothing.
        """
        user, at = acting_user(request), now()
        access.require(user, Action.MANAGE_TRAINING)
        asked = switches(request, "dry_run", "complete")
        file = read_roster(body(request), name=FILE)
        if asked["dry_run"]:
            plan = plan_roster(file, complete=asked["complete"], today=clock.day(at))
        else:
            plan = roster.apply_roster(
                file=file, complete=asked["complete"], by=user, at=at
            )
        return Response(_told(plan, dry_run=asked["dry_run"]))


def _told(plan: RosterPlan, *, dry_run: bool) -> dict[str, Any]:
    rows = [
        {
            "row": step.row,
            "what": step.what,
            "email": step.email,
            "differences": step.differences,
        }
        for step in plan.steps
    ]
    return answer(plan.counts, rows, dry_run=dry_run)
