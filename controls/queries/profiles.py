"""Profiles and the catalogs that they are resolved against."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from controls.models import Catalog, Control, Profile
from controls.rules import parameters
from controls.rules.parameters import Settings
from controls.rules.profiles import Member
from controls.rules.references import NIST, Known, Reference, means, means_nist


def catalogs_meant(reference: Reference) -> list[Catalog]:
    """Return the editions of the catalog that a document means, newest first. One query."""
    rows = list(Catalog.objects.order_by("-imported_at", "-pk"))
    meant = {
        row.key
        for row in rows
        if means(reference, _known(row)) or (row.key == NIST and means_nist(reference))
    }
    return [row for row in rows if row.key in meant]


def profiles_meant(reference: Reference) -> list[Profile]:
    """Return the profiles that a document means. One query."""
    rows = Profile.objects.select_related("catalog").order_by("pk")
    return [row for row in rows if means(reference, _known(row))]


def catalog_named(name: str) -> list[Catalog]:
    """Return the editions of a catalog named by key, by `key@version`, or by title, newest
    first. One query.
    """
    key, has_version, version = name.rpartition("@")
    rows = Catalog.objects.order_by("-imported_at", "-pk")
    if has_version:
        return list(rows.filter(key__iexact=key, version__iexact=version))
    return [row for row in rows if name.lower() in (row.key.lower(), row.title.lower())]


def members_of(catalog: Catalog, *, within: Profile | None = None) -> list[Member]:
    """Return the controls of a catalog, or those of a profile of it, that may be chosen.

    One query.
    """
    rows = Control.objects.filter(catalog=catalog)
    if within is not None:
        rows = rows.filter(profiles=within)
    return [
        Member(control_id, parent or "")
        for control_id, parent in rows.order_by("order").values_list(
            "control_id", "parent__control_id"
        )
    ]


def unknown_parameters(catalog: Catalog, ids: Sequence[str]) -> list[str]:
    """Return the ids that are no parameter of the catalog. One query."""
    known = _parameters(catalog)
    return [name for name in ids if name not in known]


def known_ids(catalog: Catalog, settings: Settings) -> dict[str, Mapping[str, Any]]:
    """Return settings by the ids that this edition has, where another edition knows both.

    NIST's release 5.1.1 calls `ac-01_odp.05` what earlier ones call `ac-1_prm_4`, and says
    so. Two queries, none without settings.
    """
    if not settings:
        return {}
    known = _parameters(catalog)
    here = {
        newer[1]: older
        for params in Control.objects.filter(catalog__key=catalog.key)
        .exclude(catalog=catalog)
        .exclude(params={})
        .values_list("params", flat=True)
        for older, text in params.items()
        if older in known and (newer := parameters.INSERTION.fullmatch(text))
    }
    return {
        name if name in known else here.get(name, name): setting
        for name, setting in settings.items()
    }


def _parameters(catalog: Catalog) -> set[str]:
    known: set[str] = set()
    for params in catalog.controls.exclude(params={}).values_list("params", flat=True):
        known |= params.keys()
        for text in params.values():
            known |= set(parameters.gathered(text))
    return known


def _known(row: Catalog | Profile) -> Known:
    return Known(row.key, row.title, row.source, row.document_uuid)
