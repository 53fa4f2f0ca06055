"""What the API says of evidence, and what may be sent."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from rest_framework import serializers

from controls.api.base import Several, StrictSerializer, VisibleField
from controls.models import Duty, Responsibility, Review, Team
from evidence.choices import EvidenceKind, Sensitivity, Side, VerdictState
from evidence.models import (
    Artifact,
    Evidence,
    EvidenceLink,
    EvidenceVerdict,
    EvidenceVersion,
)

MOST_TARGETS = 100
"""At once."""


class ArtifactSerializer(serializers.ModelSerializer[Artifact]):
    """A file, by what it holds. What it is called stands with the evidence."""

    class Meta:
        model = Artifact
        fields = ["uuid", "sha256", "size", "media_type"]


class RevisionSerializer(serializers.ModelSerializer[EvidenceVersion]):
    """A full revision of evidence."""

    artifact = ArtifactSerializer(allow_null=True)
    by = serializers.CharField(source="by.name")

    class Meta:
        model = EvidenceVersion
        fields = [
            "uuid",
            "number",
            "title",
            "description",
            "kind",
            "side",
            "activity_from",
            "activity_until",
            "collected_on",
            "expires_on",
            "sensitivity",
            "artifact",
            "original_name",
            "url",
            "by",
            "at",
        ]


class VerdictSerializer(serializers.ModelSerializer[EvidenceVerdict]):
    """A step: handed in, accepted, rejected, withdrawn."""

    number = serializers.IntegerField(source="revision.number")
    by = serializers.CharField(source="by.name")

    class Meta:
        model = EvidenceVerdict
        fields = ["uuid", "number", "state", "remark", "by", "at"]


class LinkSerializer(serializers.ModelSerializer[EvidenceLink]):
    """What evidence is offered for."""

    system = serializers.CharField(source="responsibility.system.key")
    control = serializers.CharField(source="responsibility.label")
    responsibility = serializers.UUIDField(source="responsibility.uuid")
    duty = serializers.UUIDField(source="duty.uuid", default=None)
    review = serializers.UUIDField(source="review.uuid", default=None)
    started_by = serializers.CharField(source="started_by.name")
    ended_by = serializers.CharField(source="ended_by.name", default=None)

    class Meta:
        model = EvidenceLink
        fields = [
            "uuid",
            "system",
            "control",
            "responsibility",
            "duty",
            "review",
            "started_at",
            "started_by",
            "ended_at",
            "ended_by",
        ]


class EvidenceSerializer(serializers.ModelSerializer[Evidence]):
    """A piece of evidence as it stands."""

    reference = serializers.CharField(help_text="what people say: EV-2041")
    team = serializers.CharField(source="team.key")
    state = serializers.ChoiceField(VerdictState.choices, source="latest_verdict.state")
    revision = RevisionSerializer(source="latest_version", help_text="the newest")
    created_by = serializers.CharField(source="created_by.name")
    file = serializers.SerializerMethodField(help_text="where its bytes are, if it has any")

    class Meta:
        model = Evidence
        fields = [
            "uuid",
            "reference",
            "team",
            "state",
            "revision",
            "created_at",
            "created_by",
            "version",
            "file",
        ]

    def get_file(self, evidence: Evidence) -> str | None:
        """Return the address of the newest revision's file."""
        latest = evidence.latest_version
        if latest is None or latest.artifact_id is None:
            return None
        return reverse("evidence-file", args=[evidence.uuid])


class EvidenceDetailSerializer(EvidenceSerializer):
    """A piece of evidence with its whole story."""

    revisions = RevisionSerializer(many=True, help_text="oldest first")
    verdicts = VerdictSerializer(many=True, help_text="oldest first")
    links = LinkSerializer(many=True, help_text="to what you may see; ended ones, too")

    class Meta(EvidenceSerializer.Meta):
        fields = [*EvidenceSerializer.Meta.fields, "revisions", "verdicts", "links"]


class ContentInput(StrictSerializer):
    """What is said of a piece of evidence, with a file or an address."""

    title = serializers.CharField(max_length=200)
    kind = serializers.ChoiceField(EvidenceKind.choices)
    side = serializers.ChoiceField(Side.choices, required=False)
    description = serializers.CharField(required=False, allow_blank=True, max_length=20000)
    activity_from = serializers.DateField(required=False, allow_null=True)
    activity_until = serializers.DateField(required=False, allow_null=True)
    collected_on = serializers.DateField(
        required=False, allow_null=True, help_text="today, where it is left out"
    )
    expires_on = serializers.DateField(required=False, allow_null=True)
    sensitivity = serializers.ChoiceField(Sensitivity.choices, required=False)
    url = serializers.CharField(required=False, allow_blank=True, max_length=1000)
    file = serializers.FileField(required=False, allow_empty_file=True)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Return the values. Raises ValidationError where several files came as one."""
        files = self.context["request"].FILES.getlist("file")
        if len(files) > 1:
            raise serializers.ValidationError({"file": ["Send one file in this field."]})
        return attrs


class EvidenceInput(ContentInput):
    """Evidence to hand in, and what it is offered for."""

    team = VisibleField(Team)
    responsibilities = Several(
        child=VisibleField(Responsibility, "uuid"), default=list, max_length=MOST_TARGETS
    )
    duties = Several(
        child=VisibleField(Duty, "uuid"), default=list, max_length=MOST_TARGETS
    )
    reviews = Several(
        child=VisibleField(Review, "uuid"), default=list, max_length=MOST_TARGETS
    )


class RevisionInput(ContentInput):
    """A revision. What is left out stays as it was; a file takes the place of an address
    and the other way round.
    """

    title = serializers.CharField(max_length=200, required=False)
    kind = serializers.ChoiceField(EvidenceKind.choices, required=False)


class LinkInput(StrictSerializer):
    """One thing that evidence is offered for."""

    responsibility = VisibleField(Responsibility, "uuid", required=False)
    duty = VisibleField(Duty, "uuid", required=False)
    review = VisibleField(Review, "uuid", required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Return the one target. Raises ValidationError for none and for several."""
        if len(attrs) != 1:
            raise serializers.ValidationError("Name one responsibility, duty or review.")
        return attrs
