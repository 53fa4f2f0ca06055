"""A system's inventory: what is really used, proposed with reasons, and drift."""

from __future__ import annotations

import base64
import binascii
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from controls.choices import SystemKind
from controls.errors import DomainError
from controls.importers import inventories as importer
from controls.importers.provider_files import sha256_of
from controls.models import System
from controls.queries.inventories import drift_of, newest_inventory, sightings_of
from controls.rules.inventory import Drift, Sighting
from controls.rules.moments import Moment
from controls.rules.permissions import RULES, Action
from controls.services import access, clock, inventories
from controls.services.inventories import Found
from evidence.workspace.frame import find_system, now, page, person

LARGEST_HERE = 3 * 1024 * 1024
"""Bytes: the file travels with the preview. Larger ones go by the command or the API."""


class InventoryForm(forms.Form):
    """An inventory to look at."""

    file = forms.FileField(
        required=False,
        label="File",
        help_text="JSON of the tagging API, AWS Config or Resource Explorer; or a CSV.",
    )
    held = forms.CharField(required=False, widget=forms.HiddenInput)
    file_name = forms.CharField(max_length=255, required=False, widget=forms.HiddenInput)

    def clean(self) -> dict[str, Any]:
        """Return the values with the file's bytes as `data`. Raises ValidationError."""
        values: dict[str, Any] = super().clean() or {}
        sent = values.get("file")
        if sent is not None and sent.size > LARGEST_HERE:
            raise forms.ValidationError(
                f"Not read: the file has more than {LARGEST_HERE // 1024 // 1024} MB. "
                "Import it with manage.py import_inventory or over the API."
            )
        if sent is not None:
            values["data"], values["file_name"] = b"".join(sent.chunks()), sent.name
        else:
            values["data"] = _held(values.get("held", ""))
        if not values["data"]:
            self.add_error("file", "Choose a file.")
        return values


def _held(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error:
        return b""


@require_http_methods(["GET", "HEAD", "POST"])
def show(request: HttpRequest, key: str) -> HttpResponse:
    """Show the newest inventory; a POST previews another, keeps it, or adopts proposals."""
    system = find_system(request, key)
    if request.method != "POST":
        return _page(request, system, InventoryForm())
    if "_adopt" in request.POST:
        return _adopt(request, system)
    form = InventoryForm(request.POST, request.FILES)
    if not form.is_valid():
        return _page(request, system, form, status=400)
    values = form.cleaned_data
    try:
        access.require(person(request), Action.DESCRIBE_SYSTEM, system.owner_team)
        source, sightings = importer.read(values["data"], file=values["file_name"])
        if "_apply" in request.POST:
            return _keep(request, system, values, source, sightings)
    except DomainError as error:
        place = getattr(error, "place", "")
        form.add_error(None, f"{place}: {error.message}" if place else error.message)
        return _page(request, system, form, status=error.status)
    again = InventoryForm(
        {
            "held": base64.b64encode(values["data"]).decode(),
            "file_name": values["file_name"],
        }
    )
    return _page(request, system, again, preview=sightings)


def _keep(
    request: HttpRequest,
    system: System,
    values: dict[str, Any],
    source: str,
    sightings: list[Sighting],
) -> HttpResponse:
    name = values["file_name"] or "inventory"
    found = Found(source, name, sha256_of(values["data"]), sightings)
    row, is_new = inventories.import_inventory(
        system=system, found=found, by=person(request), at=now()
    )
    told = "kept" if is_new else "unchanged, this file was imported before"
    messages.success(request, f"{row}: {told}.")
    return HttpResponseRedirect(reverse("workspace:inventory", args=[system.key]))


def _adopt(request: HttpRequest, system: System) -> HttpResponse:
    newest = newest_inventory(system)
    chosen = set(request.POST.getlist("variant"))
    at = now()
    found: tuple[Any, ...] = ()
    if newest is not None:
        moment = Moment(as_of=at, on=clock.day(at))
        found = drift_of(system, sightings_of(newest), moment=moment).proposals
    version = request.POST.get("version", "")
    try:
        rows = inventories.adopt(
            system=system,
            version=int(version) if version.isdecimal() else 0,
            proposals=[row for row in found if row.variant in chosen],
            by=person(request),
            at=at,
        )
    except DomainError as error:
        messages.error(request, error.message)
        return _page(request, system, InventoryForm(), status=error.status)
    messages.success(
        request, f"{len(rows)} service{'' if len(rows) == 1 else 's'} put in use."
    )
    return HttpResponseRedirect(reverse("workspace:inventory", args=[system.key]))


def _page(
    request: HttpRequest,
    system: System,
    form: InventoryForm,
    *,
    preview: list[Sighting] | None = None,
    status: int = 200,
) -> HttpResponse:
    at = now()
    newest = newest_inventory(system)
    sightings = preview
    if sightings is None and newest is not None:
        sightings = sightings_of(newest)
    drift: Drift | None = None
    if sightings is not None:
        drift = drift_of(system, sightings, moment=Moment(as_of=at, on=clock.day(at)))
    context = {
        "title": f"Inventory of {system.name}",
        "system": system,
        "newest": newest,
        "drift": drift,
        "is_preview": preview is not None,
        "form": form,
        "may_import": access.may_describe(person(request), system)
        and system.kind == SystemKind.WORKLOAD,
        "who": RULES[Action.DESCRIBE_SYSTEM].who,
    }
    return page(request, "workspace/inventory.html", context, status=status)
