"""Matrices written back: a provider's as entered or our own, as a workbook or CSV."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.http import content_disposition_header
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import viewsets
from rest_framework.request import Request

from controls.api.base import Door, acting_user, asked_moment
from controls.api.systems import MOMENT
from controls.models import ImportedMatrix, System
from evidence.api.registers import AsTheAddressSays
from evidence.exports import appendix_j
from evidence.exports.appendix_j import Row

WORKBOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
CSV = "text/csv; charset=utf-8"
FORM = OpenApiParameter("form", OpenApiTypes.STR, "path", enum=["xlsx", "csv"])
ANSWERS = {(200, WORKBOOK): OpenApiTypes.BINARY, (200, "text/csv"): OpenApiTypes.STR}


class MatrixFileViewSet(Door, viewsets.ViewSet):
    """A provider's matrix, written back."""

    content_negotiation_class = AsTheAddressSays

    @extend_schema(parameters=[FORM], responses=ANSWERS, operation_id="matrix_file")
    def retrieve(self, request: Request, uuid: Any, form: str) -> HttpResponse:
        """Download the rows as they came in, in the layout of Appendix J or as a table."""
        rows: QuerySet[ImportedMatrix] = ImportedMatrix.objects.visible_to(
            acting_user(request)
        )
        found = get_object_or_404(rows.select_related("provider", "system"), uuid=uuid)
        name = f"{found.provider.key}-{found.system.key}-v{found.number}"
        return _file(appendix_j.rows_of_matrix(found), form, name, str(found), found.at)


class SystemFileViewSet(Door, viewsets.ViewSet):
    """A system's own responsibilities in the same layout."""

    content_negotiation_class = AsTheAddressSays

    @extend_schema(parameters=[FORM, *MOMENT], responses=ANSWERS, operation_id="own_file")
    def retrieve(self, request: Request, key: str, form: str) -> HttpResponse:
        """Download what is decided, else derived, in the layout of Appendix J."""
        moment = asked_moment(request)
        rows = System.objects.visible_to(acting_user(request)).select_related("provider")
        system = get_object_or_404(rows, key=key)
        listed = appendix_j.rows_of_system(system, moment=moment)
        return _file(listed, form, f"{system.key}-{moment.on}", system.name, moment.as_of)


def _file(rows: list[Row], form: str, name: str, title: str, at: Any) -> HttpResponse:
    if form == "xlsx":
        content: Any = appendix_j.workbook(rows, title=title, at=at)
    else:
        content = "".join(appendix_j.table(rows))
    response = HttpResponse(content, content_type=WORKBOOK if form == "xlsx" else CSV)
    response["Content-Disposition"] = content_disposition_header(
        as_attachment=True, filename=f"{name}-appendix-j.{form}"
    )
    response["Cache-Control"] = "private, no-store"
    return response
