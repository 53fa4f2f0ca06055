"""What imports over the API share: a CSV body, a dry run, and a plan as the answer."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from typing import IO, Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.parsers import BaseParser
from rest_framework.request import Request

from evidence.importers.tables import LARGEST, Difference

SHOWN = 200
"""Rows of a plan in an answer; of the rest, how many they are."""

DRY_RUN = OpenApiParameter(
    "dry_run",
    OpenApiTypes.BOOL,
    description="`true`: say what the file would change, write nothing.",
)


class CsvParser(BaseParser):
    """Takes a CSV file as it is; reading it says what is wrong with it, row by row."""

    media_type = "text/csv"

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        """Return the bytes, one more than are taken where there are too many."""
        return stream.read(LARGEST + 1)


class StepDifferenceSerializer(serializers.Serializer[Difference]):
    """A field that changes."""

    field = serializers.CharField()
    old = serializers.CharField()
    new = serializers.CharField()


class StepSerializer(serializers.Serializer[Any]):
    """What becomes of one row of the file."""

    row = serializers.IntegerField(
        allow_null=True, help_text="as a spreadsheet counts; null: not in the file"
    )
    what = serializers.CharField()
    email = serializers.CharField()
    differences = StepDifferenceSerializer(many=True)


class ImportSerializer(serializers.Serializer[Any]):
    """What an import changed, or would change."""

    dry_run = serializers.BooleanField()
    counts = serializers.DictField(child=serializers.IntegerField())
    rows = StepSerializer(many=True, help_text=f"the first {SHOWN} that change something")
    left_out = serializers.IntegerField(help_text="how many more change something")


def body(request: Request) -> IO[bytes]:
    """Return the file that was sent."""
    sent: Any = request.data
    return io.BytesIO(sent if isinstance(sent, bytes) else b"")


def switches(request: Request, *names: str) -> dict[str, bool]:
    """Return the named parameters, each true or false; false where it is not given.

    Raises ValidationError for another value and for a parameter that is none of them: a
    misspelt `dry_run` would write.
    """
    wrong: dict[str, list[str]] = {}
    for name, value in request.query_params.items():
        if name not in names:
            wrong[name] = [f"There is no such parameter. Known: {', '.join(names)}."]
        elif value not in {"true", "false"}:
            wrong[name] = ["true or false."]
    if wrong:
        raise ValidationError(wrong)
    return {name: request.query_params.get(name) == "true" for name in names}


def answer(
    counts: Mapping[str, int], rows: Sequence[Mapping[str, Any]], *, dry_run: bool
) -> dict[str, Any]:
    """Return the document that tells a plan."""
    shown = {"dry_run": dry_run, "counts": dict(counts), "rows": rows[:SHOWN]}
    return ImportSerializer({**shown, "left_out": max(0, len(rows) - SHOWN)}).data
