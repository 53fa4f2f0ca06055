"""Other providers of a system: their matrices beside ours, imported after a preview."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from typing import Any

from django import forms
from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from controls.choices import MatrixDoubt
from controls.errors import DomainError
from controls.importers import provider_files
from controls.importers.provider_files import Hints
from controls.models import ColumnMapping, System
from controls.queries.matrices import catalog_for, sides
from controls.rules.moments import Moment
from controls.rules.permissions import RULES, Action
from controls.services import access, clock, matrices
from controls.services.matrices import Imported, Source, Whose
from evidence.workspace.frame import find_system, now, page, person

LARGEST_HERE = 3 * 1024 * 1024
"""Bytes: the file travels with the preview. Larger ones go by the command or the API."""
MOST_SHOWN = 50


class ImportForm(forms.Form):
    """A provider's file, and what it does not say itself."""

    file = forms.FileField(required=False, label="File")
    provider = forms.SlugField(
        max_length=50, help_text="A short key. A provider that is not known is added."
    )
    name = forms.CharField(max_length=100, required=False, label="Name, where it is new")
    baseline = forms.CharField(
        max_length=40, required=False, help_text="Where the workbook has several: Moderate."
    )
    held = forms.CharField(required=False, widget=forms.HiddenInput)
    file_name = forms.CharField(max_length=255, required=False, widget=forms.HiddenInput)

    def clean(self) -> dict[str, Any]:
        """Return the values with the file's bytes as `data`. Raises ValidationError."""
        values: dict[str, Any] = super().clean() or {}
        sent = values.get("file")
        if sent is not None:
            if sent.size > LARGEST_HERE:
                raise forms.ValidationError(
                    f"Not read: the file has more than {LARGEST_HERE // 1024 // 1024} MB. "
                    "Import it with manage.py import_matrix or over the API."
                )
            values["data"], values["file_name"] = b"".join(sent.chunks()), sent.name
        else:
            values["data"] = self._held(values.get("held", ""))
        if not values["data"]:
            self.add_error("file", "Choose a file.")
        return values

    def _held(self, text: str) -> bytes:
        try:
            return base64.b64decode(text, validate=True)
        except binascii.Error:
            return b""


@require_http_methods(["GET", "HEAD", "POST"])
def show(request: HttpRequest, key: str) -> HttpResponse:
    """Show the providers side by side; a POST previews an import, or applies it."""
    system = find_system(request, key)
    if request.method != "POST":
        return _page(request, system, ImportForm())
    form = ImportForm(request.POST, request.FILES)
    if not form.is_valid():
        return _page(request, system, form, status=400)
    apply = "_apply" in request.POST
    try:
        done = _import(request, system, form.cleaned_data, keep=apply)
    except DomainError as error:
        place = getattr(error, "place", "")
        form.add_error(None, f"{place}: {error.message}" if place else error.message)
        return _page(request, system, form, status=error.status)
    if not apply:
        return _page(request, system, _again(form.cleaned_data), preview=done)
    told = "imported" if done.is_new else "unchanged, this file was imported before"
    messages.success(request, f"{done.matrix}: {told}.")
    return HttpResponseRedirect(reverse("workspace:providers", args=[system.key]))


def _import(
    request: HttpRequest, system: System, values: dict[str, Any], *, keep: bool
) -> Imported:
    """Import, or find out what an import would do."""
    by, at, data = person(request), now(), values["data"]
    remembered = ColumnMapping.objects.filter(provider__key=values["provider"]).first()
    hints = Hints(
        baseline=values["baseline"], remembered=remembered.columns if remembered else {}
    )
    parsed = provider_files.read(data, file=values["file_name"], hints=hints)
    catalog = catalog_for(system)
    if catalog is None:
        raise DomainError("Put a profile in the system's scope first.")
    with transaction.atomic():
        done = matrices.import_matrix(
            system=system,
            whose=Whose(values["provider"], values["name"]),
            catalog=catalog,
            parsed=parsed,
            source=Source(values["file_name"], provider_files.sha256_of(data)),
            by=by,
            at=at,
        )
        transaction.set_rollback(not keep)
    return done


def _again(values: dict[str, Any]) -> ImportForm:
    """Return the form of the preview, which holds the file."""
    held = base64.b64encode(values["data"]).decode()
    fields = ("provider", "name", "baseline", "file_name")
    return ImportForm({**{name: values[name] for name in fields}, "held": held})


def _page(
    request: HttpRequest,
    system: System,
    form: ImportForm,
    *,
    preview: Imported | None = None,
    status: int = 200,
) -> HttpResponse:
    at = now()
    held, found = sides(system, moment=Moment(as_of=at, on=clock.day(at)))
    listed = [
        {
            "control": side.responsibility.control,
            "derived": side.derived,
            "offers": [side.offers.get(matrix.provider.key) for matrix in held],
            "combined": side.combined,
        }
        for side in found
        if side.offers
    ]
    context = {
        "title": f"Providers of {system.name}",
        "system": system,
        "matrices": [(matrix, _doubts(matrix.report)) for matrix in held],
        "rows": listed,
        "silent": len(found) - len(listed),
        "form": form,
        "may_import": access.may_describe(person(request), system),
        "who": RULES[Action.DESCRIBE_SYSTEM].who,
        "preview": preview and _previewed(preview),
    }
    return page(request, "workspace/providers.html", context, status=status)


def _previewed(done: Imported) -> dict[str, Any]:
    difference = done.difference
    return {
        "done": done,
        "doubts": _doubts(done.report),
        "added": difference.added[:MOST_SHOWN],
        "removed": difference.removed[:MOST_SHOWN],
        "changed": [
            {
                "key": row.key,
                "fields": [(name, *values) for name, values in row.fields.items()],
            }
            for row in difference.changed[:MOST_SHOWN]
        ],
        "counts": (
            len(difference.added),
            len(difference.removed),
            len(difference.changed),
        ),
    }


def _doubts(report: Mapping[str, int]) -> list[tuple[str, int]]:
    return [(MatrixDoubt(token).label, count) for token, count in report.items()]
