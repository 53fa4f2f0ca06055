"""Registers: lists that stream, as CSV or one JSON object a line, as of any day."""

from __future__ import annotations

from typing import Any, TypeVar

import structlog
from django.http import Http404, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils.http import content_disposition_header
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import serializers, viewsets
from rest_framework.exceptions import ValidationError
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from controls.api.base import Door, acting_user, asked_moment
from controls.api.systems import MOMENT
from controls.models import System, Team
from controls.rules.hashing import stamp
from controls.services import clock
from evidence.exports.registers import FORMS, REGISTERS, stream
from evidence.exports.tables import TYPES, Asked, Register
from evidence.exports.writing import MEDIA_TYPES

log = structlog.get_logger(__name__)
Named = TypeVar("Named", System, Team)

PARAMETERS = {
    "system": "Key of a system.",
    "team": "Key of a team.",
    "as_of": "By what was recorded then.",
    "on": "What was in force that day.",
}


class AsTheAddressSays(BaseContentNegotiation):
    """The address says the form; problems are JSON, whatever the client accepts."""

    def select_parser(self, request: Request, parsers: Any) -> Any:
        """Return the only parser there is."""
        return parsers[0]

    def select_renderer(
        self, request: Request, renderers: Any, format_suffix: str | None = None
    ) -> tuple[BaseRenderer, str]:
        """Return the only renderer there is."""
        return renderers[0], renderers[0].media_type


class RegisterColumnSerializer(serializers.Serializer[Any]):
    """A column of a register."""

    name = serializers.CharField()
    type = serializers.ChoiceField(list(TYPES))
    meaning = serializers.CharField()


class RegisterSerializer(serializers.Serializer[Any]):
    """A register: what it lists, and how."""

    name = serializers.CharField()
    meaning = serializers.CharField()
    order = serializers.CharField(help_text="what its rows are ordered by")
    filters = serializers.DictField(
        child=serializers.CharField(), help_text="parameter → what it leaves or decides"
    )
    links = serializers.DictField(child=serializers.CharField(), help_text="by form")
    columns = RegisterColumnSerializer(many=True)


class RegistersViewSet(Door, viewsets.ViewSet):
    """The registers with their columns: a data dictionary for programs."""

    @extend_schema(responses=RegisterSerializer(many=True))
    def list(self, request: Request) -> Response:
        """List the registers, each column with its type and meaning."""
        found = [_described(register) for register in REGISTERS.values()]
        return Response(RegisterSerializer(found, many=True).data)


def _described(register: Register) -> dict[str, Any]:
    return {
        "name": register.name,
        "meaning": register.meaning,
        "order": register.order,
        "filters": {
            "system": register.system,
            "team": register.team,
            "as_of": PARAMETERS["as_of"],
            "on": register.on,
        },
        "links": {form: f"/api/v1/registers/{register.name}.{form}" for form in FORMS},
        "columns": register.columns,
    }


class RegisterViewSet(Door, viewsets.ViewSet):
    """One register, streamed."""

    content_negotiation_class = AsTheAddressSays

    @extend_schema(
        operation_id="registers_stream",
        parameters=[
            OpenApiParameter(
                "register", OpenApiTypes.STR, "path", enum=list(REGISTERS), required=True
            ),
            OpenApiParameter(
                "form", OpenApiTypes.STR, "path", enum=list(FORMS), required=True
            ),
            *(
                OpenApiParameter(name, OpenApiTypes.STR, description=PARAMETERS[name])
                for name in ("system", "team")
            ),
            *MOMENT,
        ],
        responses={
            (200, media_type.partition(";")[0]): OpenApiResponse(
                OpenApiTypes.STR, description="The rows, as they come"
            )
            for media_type in MEDIA_TYPES.values()
        },
    )
    def stream(self, request: Request, register: str, form: str) -> HttpResponseBase:
        """Stream a register; what it is asked for stands in its headers.

        All of it stands as it did at one instant. Columns keep their names and places; new
        ones come last.
        """
        wanted, asked = self._asked(request, register)
        log.info(
            "register_read",
            register=register,
            form=form,
            system=asked.system and asked.system.key,
            team=asked.team and asked.team.key,
            as_of=stamp(asked.moment.as_of),
            on=str(asked.moment.on),
        )
        pieces = stream(register=wanted, form=form, asked=asked)
        return _headed(StreamingHttpResponse(pieces), wanted, form, asked)

    @extend_schema(exclude=True)
    def announce(self, request: Request, register: str, form: str) -> HttpResponseBase:
        """Answer a HEAD as its GET, and read nothing."""
        wanted, asked = self._asked(request, register)
        return _headed(HttpResponse(), wanted, form, asked)

    def _asked(self, request: Request, name: str) -> tuple[Register, Asked]:
        """Return what is asked for.

        Raises Http404, ValidationError and InvalidInputError.
        """
        if name not in REGISTERS:
            raise Http404
        _check_known(request)
        asked = Asked(
            user=acting_user(request),
            moment=asked_moment(request),
            system=_visible(request, "system", System),
            team=_visible(request, "team", Team),
        )
        return REGISTERS[name], asked


def _check_known(request: Request) -> None:
    known = ", ".join(sorted(PARAMETERS))
    told = f"There is no such filter. Known: {known}."
    unknown = sorted(set(request.query_params) - set(PARAMETERS))
    if unknown:
        raise ValidationError({name: [told] for name in unknown})


def _visible(request: Request, name: str, model: type[Named]) -> Named | None:
    """Return the row that a parameter names; None without it.

    Foreign and missing ones are refused alike, and an empty name is none of all.
    """
    key = request.query_params.get(name)
    if key is None:
        return None
    rows: Any = model._default_manager
    found: Named | None = None
    if "\x00" not in key:
        found = rows.visible_to(acting_user(request)).filter(key=key).first()
    if found is None:
        raise ValidationError({name: [f"There is no {name} of this key that you may see."]})
    return found


def _headed(
    response: HttpResponseBase, register: Register, form: str, asked: Asked
) -> HttpResponseBase:
    """Return the response with what it is, and what it was asked for."""
    day = clock.day(asked.moment.as_of)
    keys = [row.key for row in (asked.system, asked.team) if row is not None]
    words = ["srm", register.name, *keys, str(day)]
    response.headers["Content-Type"] = MEDIA_TYPES[form]
    response.headers["Content-Disposition"] = str(
        content_disposition_header(True, f"{'-'.join(words)}.{form}")  # noqa: FBT003
    )
    response.headers["X-SRM-As-Of"] = stamp(asked.moment.as_of)
    response.headers["X-SRM-On"] = str(asked.moment.on)
    return response
