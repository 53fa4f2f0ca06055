"""What the API shows of responsibilities, and what it takes."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from rest_framework import serializers

from controls.api.base import StrictSerializer, VisibleField
from controls.choices import ImplementationStatus, Kind
from controls.models import (
    Decision,
    Derivation,
    Layer,
    Responsibility,
    ServiceVariant,
    Team,
)
from controls.queries.standings import standing
from controls.rules.crosswalk import grade_of
from controls.rules.explanation import Names, sentences
from controls.rules.moments import Moment


class DecisionSerializer(serializers.ModelSerializer[Decision]):
    """A revision of what people decided."""

    owner_team = serializers.CharField(source="owner_team.key", default=None)
    decided_by = serializers.CharField(source="decided_by.name")
    submitted_by = serializers.CharField(source="submitted_by.name", default=None)
    by = serializers.CharField(source="by.name")

    class Meta:
        model = Decision
        fields = [
            "uuid",
            "number",
            "state",
            "kind",
            "source",
            "owner_team",
            "implementation_status",
            "provider_statement",
            "customer_statement",
            "rationale",
            "remark",
            "effective_on",
            "decided_by",
            "submitted_by",
            "submitted_at",
            "by",
            "at",
        ]


class DerivationSerializer(serializers.ModelSerializer[Derivation]):
    """What was derived, and why."""

    release = serializers.CharField(source="release.version")
    told = serializers.SerializerMethodField(help_text="the explanation as sentences")
    grade = serializers.SerializerMethodField(
        help_text="how sure the crosswalk is that the layers came through, the weakest on "
        "the way: D, W, E; empty where the control has layers of its own"
    )

    class Meta:
        model = Derivation
        fields = [
            "kind",
            "answer",
            "parties",
            "cells",
            "whole",
            "explanation",
            "told",
            "grade",
            "organization_only",
            "release",
            "cause",
            "effective_on",
            "at",
        ]

    def get_grade(self, derivation: Derivation) -> str:
        """Return the weakest grade on the way through the crosswalk."""
        return grade_of(derivation.explanation)

    def get_told(self, derivation: Derivation) -> list[str]:
        """Return one sentence for each way a layer is carried."""
        names = Names(
            provider=self.context["provider"],
            layers=dict(Layer.objects.values_list("code", "name")),
            variants=dict(
                ServiceVariant.objects.filter(key__in=derivation.cells).values_list(
                    "key", "name"
                )
            ),
        )
        return sentences(derivation.answer, derivation.explanation, names=names)


class ResponsibilitySerializer(serializers.ModelSerializer[Responsibility]):
    """A responsibility as it stands today."""

    system = serializers.CharField(source="system.key")
    control = serializers.UUIDField(source="control.uuid")
    control_id = serializers.CharField(source="control.control_id")
    statement = serializers.CharField(
        source="part.part_id",
        default=None,
        help_text="OSCAL's id of the one statement that it is about; null for the control",
    )
    label = serializers.CharField()  # type: ignore[assignment]
    title = serializers.CharField(
        source="control.shippable_title", help_text="empty where it may not be shipped"
    )
    provider = serializers.CharField(source="provider.key")
    kind = serializers.CharField(help_text="decided, else derived")
    derived_kind = serializers.CharField()
    state = serializers.CharField()
    suspect = serializers.BooleanField()
    owner_team = serializers.CharField(
        source="latest_decision.owner_team.key", default=None
    )

    class Meta:
        model = Responsibility
        fields = [
            "uuid",
            "system",
            "control",
            "control_id",
            "statement",
            "label",
            "title",
            "provider",
            "kind",
            "derived_kind",
            "state",
            "suspect",
            "owner_team",
            "version",
        ]


class ResponsibilityDetailSerializer(ResponsibilitySerializer):
    """A responsibility with its derivation and decision at a moment."""

    as_of = serializers.DateTimeField(help_text="by what was recorded then")
    on = serializers.DateField(help_text="what was in force that day")
    derived = DerivationSerializer(allow_null=True)
    decided = DecisionSerializer(allow_null=True, help_text="newest revision")
    approved = DecisionSerializer(allow_null=True, help_text="newest approved revision")
    ended_at = serializers.DateTimeField(
        help_text="when the statement fell back to its control; null while it stands"
    )
    links = serializers.DictField(child=serializers.CharField())

    class Meta(ResponsibilitySerializer.Meta):
        fields = [
            *ResponsibilitySerializer.Meta.fields,
            "ended_at",
            "as_of",
            "on",
            "derived",
            "decided",
            "approved",
            "links",
        ]


class ContentInput(StrictSerializer):
    """What is decided. What is left out stays as it was."""

    kind = serializers.ChoiceField(Kind.choices, required=False)
    owner_team = VisibleField(Team, required=False, allow_null=True)
    implementation_status = serializers.ChoiceField(
        ImplementationStatus.choices, required=False, allow_blank=True
    )
    provider_statement = serializers.CharField(
        required=False, allow_blank=True, max_length=20000
    )
    customer_statement = serializers.CharField(
        required=False, allow_blank=True, max_length=20000
    )
    rationale = serializers.CharField(required=False, allow_blank=True, max_length=5000)
    effective_on = serializers.DateField(required=False, allow_null=True)


class SetApartInput(ContentInput):
    """What is decided on one statement. What is left out is taken from the control."""

    statement = serializers.CharField(
        max_length=120, help_text="OSCAL's id of it, such as `ac-2_smt.a`"
    )


class StatementSerializer(serializers.Serializer[Any]):
    """The answer that holds for one statement of a control."""

    statement = serializers.CharField(source="part.part_id")
    printed = serializers.CharField()
    kind = serializers.CharField(source="row.kind")
    state = serializers.CharField(source="row.state")
    owner_team = serializers.CharField(
        source="row.decision.owner_team.key", default=None, allow_null=True
    )
    customer_statement = serializers.CharField(
        source="row.decision.customer_statement", default=""
    )
    provider_statement = serializers.CharField(
        source="row.decision.provider_statement", default=""
    )
    suspect = serializers.BooleanField(source="row.suspect")
    apart = serializers.BooleanField(help_text="whether it is decided by itself")
    governed_by = serializers.CharField(
        help_text="the statement whose decision it is; empty for the control's"
    )
    responsibility = serializers.UUIDField(source="row.responsibility.uuid")


class RemarkInput(StrictSerializer):
    """A word on it."""

    remark = serializers.CharField(default="", allow_blank=True, max_length=5000)


def told(responsibility: Responsibility, moment: Moment) -> dict[str, Any]:
    """Return a responsibility as ResponsibilityDetailSerializer describes it."""
    row = standing(responsibility, moment=moment)
    derived, decided, approved = row.derivation, row.decision, row.approved
    listed: dict[str, Any] = dict(ResponsibilitySerializer(responsibility).data)
    owner = decided.owner_team if decided else None
    names = {"provider": responsibility.provider.name}
    return {
        **listed,
        "kind": row.kind,
        "derived_kind": derived.kind if derived else Kind.UNDETERMINED,
        "state": row.state,
        "suspect": row.suspect,
        "owner_team": owner.key if owner else None,
        "ended_at": responsibility.ended_at,
        "as_of": moment.as_of,
        "on": moment.on,
        "derived": DerivationSerializer(derived, context=names).data if derived else None,
        "decided": DecisionSerializer(decided).data if decided else None,
        "approved": DecisionSerializer(approved).data if approved else None,
        "links": {
            "system": reverse("system-detail", args=[responsibility.system.key]),
            "control": reverse("control-detail", args=[responsibility.control.uuid]),
            "decisions": reverse("responsibility-decisions", args=[responsibility.uuid]),
            "mapped": reverse("responsibility-mapped", args=[responsibility.uuid]),
            "statements": reverse("responsibility-statements", args=[responsibility.uuid]),
        },
    }
