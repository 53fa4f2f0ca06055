"""Importing a profile: resolved against its catalog, all of it or nothing; the same file
again changes nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.utils.text import slugify

from controls.choices import AuditVerb
from controls.errors import ConflictError, Fault, InvalidFileError, InvalidInputError
from controls.importers.oscal_profiles import Import, ParsedProfile
from controls.models import Catalog, Control, Profile, System, User
from controls.queries import profiles as profile_queries
from controls.rules import parameters
from controls.rules.permissions import Action
from controls.rules.profiles import choose
from controls.services import access, audit, derivations
from controls.services.audit import audited

KEY = re.compile(r"^[a-z0-9]+(-[a-z0-9]+)*$")
LONGEST_KEY = 80
MOST_FAULTS = 50
TOLD = ("title", "version", "source", "sha256", "document_uuid", "parameters")


@dataclass(frozen=True, slots=True)
class ImportedProfile:
    """What an import did: the labels of controls that came and went, in printed order."""

    profile: Profile
    is_new: bool
    entered: tuple[str, ...]
    left: tuple[str, ...]
    stayed: int
    withdrawn: tuple[str, ...]
    """Controls that the profile names and the catalog has withdrawn: nobody is asked."""
    unknown_parameters: tuple[str, ...]
    systems_changed: int = 0

    @property
    def size(self) -> int:
        """Return how many controls the profile has now."""
        return len(self.entered) + self.stayed


@dataclass(frozen=True, slots=True)
class _Taken:
    """What an import takes from one source."""

    catalog: Catalog
    ids: frozenset[str]
    parameters: Mapping[str, Mapping[str, Any]]
    faults: tuple[Fault, ...]


@audited
def import_profile(
    *,
    parsed: ParsedProfile,
    key: str = "",
    catalog: str = "",
    tell: Callable[[str], None] = lambda _: None,
    by: User,
    at: datetime,
) -> ImportedProfile:
    """Resolve a profile against its catalog and write it; return what came and went.

    `catalog` names the catalog (`key` or `key@version`) where the file's own address is not
    to be followed. Of several editions, the one that the profile stands on already, else
    the one that the file names, else the newest that has every control.
    Raises NotAllowedError, ConflictError where the key is another catalog's, and
    InvalidInputError naming the place: for a source that is not loaded, and for ids that
    its catalog does not have.
    """
    access.require(by, Action.LOAD_FACTS)
    found_key = _key(parsed, key)
    known = Profile.objects.filter(key=found_key).select_related("catalog").first()
    taken = _resolved(parsed, catalog, known)
    edition = taken[0].catalog
    settings = profile_queries.known_ids(
        edition,
        parameters.overlaid([*(one.parameters for one in taken), parsed.parameters]),
    )
    controls = _controls(edition, frozenset().union(*(one.ids for one in taken)))
    profile = known or _serving(edition, controls, settings)
    if profile is None:
        profile = Profile.objects.create(
            key=found_key, catalog=edition, title=parsed.title[:300]
        )
    if profile.catalog_id != edition.pk:
        raise ConflictError(
            f"The profile {profile.key} is of {profile.catalog}, this file of {edition}: "
            "name another with --key."
        )
    is_named = profile.key == found_key
    done = _written(profile, parsed, controls, settings, is_named=is_named, by=by, at=at)
    if not (done.entered or done.left):
        return done
    systems = derivations.rederive_each(
        systems=System.objects.filter(
            scopes__profile=profile, scopes__ended_at__isnull=True
        ),
        cause=f"Profile {profile.key} imported",
        tell=tell,
        by=by,
        at=at,
    )
    return replace(done, systems_changed=systems)


def _key(parsed: ParsedProfile, key: str) -> str:
    found = key or slugify(parsed.title)[:LONGEST_KEY].strip("-")
    if not KEY.match(found) or len(found) > LONGEST_KEY:
        raise InvalidInputError(
            f"{found[:60]!r} is not a key: small letters, digits and single hyphens, at "
            f"most {LONGEST_KEY}. Name one with --key.",
            place="key",
        )
    return found


def _resolved(parsed: ParsedProfile, named: str, known: Profile | None) -> list[_Taken]:
    """Return what each import takes, all from one edition. Raises InvalidInputError."""
    sources = [_sources(parsed, item, named) for item in parsed.imports]
    candidates = [one.catalog for one in sources[0]]
    best: list[_Taken] | None = None
    for edition in _preferred(candidates, parsed, known):
        taken = [_of(found, edition) for found in sources]
        whole = [one for one in taken if one is not None]
        if len(whole) < len(sources):
            continue
        if best is None or _unknown(whole) < _unknown(best):
            best = whole
    if best is None:
        keys = sorted({one.catalog.key for found in sources for one in found})
        raise InvalidInputError(
            f"{parsed.file}: imports from several catalogs ({', '.join(keys)}): SRM keeps "
            "one profile for each. Split it.",
            place=parsed.imports[-1].place,
        )
    _check(parsed, best)
    return best


def _sources(parsed: ParsedProfile, item: Import, named: str) -> list[_Taken]:
    """Return what an import takes from every edition, and every profile, it may mean."""
    if named:
        editions = profile_queries.catalog_named(named)
    else:
        editions = profile_queries.catalogs_meant(item.source)
    found = [_taken(item, parsed, edition) for edition in editions]
    if not found and not named:
        found = [
            _taken(item, parsed, profile.catalog, within=profile)
            for profile in profile_queries.profiles_meant(item.source)
            if profile.document_uuid != parsed.document_uuid or not parsed.document_uuid
        ]
    if found:
        return _unambiguous(parsed, item, found)
    keys = ", ".join(sorted(set(Catalog.objects.values_list("key", flat=True)))) or "none"
    what = repr(named) if named else item.source.told
    raise InvalidInputError(
        f"{parsed.file}: {item.place}: {what} is no catalog or profile that is loaded. "
        f"Import it first, or name one with --catalog. Loaded catalogs: {keys}.",
        place=item.place,
    )


def _unambiguous(parsed: ParsedProfile, item: Import, found: list[_Taken]) -> list[_Taken]:
    """Return them where they are of one catalog: a file may be called `catalog.json`."""
    keys = sorted({one.catalog.key for one in found})
    if len(keys) > 1:
        raise InvalidInputError(
            f"{parsed.file}: {item.place}: {item.source.told} may be any of "
            f"{', '.join(keys)}. Name one with --catalog.",
            place=item.place,
        )
    return found


def _taken(
    item: Import, parsed: ParsedProfile, edition: Catalog, within: Profile | None = None
) -> _Taken:
    chosen = choose(
        profile_queries.members_of(edition, within=within),
        includes=item.includes,
        excludes=item.excludes,
    )
    where = f"in {within}" if within else f"in {edition}"
    faults = tuple(
        Fault(f"{parsed.file}: {place}", f"{name!r} is not {where}.")
        for name, place in chosen.unknown
    )
    return _Taken(edition, chosen.ids, within.parameters if within else {}, faults)


def _preferred(
    candidates: list[Catalog], parsed: ParsedProfile, known: Profile | None
) -> list[Catalog]:
    """Return the editions, those first that the profile stands on or the file names."""
    named = {item.source.version for item in parsed.imports} | {parsed.version}

    def rank(edition: Catalog) -> tuple[bool, bool]:
        stands = known is not None and known.catalog_id == edition.pk
        return not stands, edition.version not in named

    return sorted(dict.fromkeys(candidates), key=rank)


def _of(found: list[_Taken], edition: Catalog) -> _Taken | None:
    return next((one for one in found if one.catalog == edition), None)


def _unknown(taken: list[_Taken]) -> int:
    return sum(len(one.faults) for one in taken)


def _check(parsed: ParsedProfile, taken: list[_Taken]) -> None:
    faults = [fault for one in taken for fault in one.faults]
    if faults:
        rest = len(faults) - 1
        more = f" {rest:,} more {'are' if rest > 1 else 'is'} unknown." if rest else ""
        raise InvalidFileError(
            f"{faults[0]}{more} Nothing of the file is taken.",
            faults=faults[:MOST_FAULTS],
            left_out=max(0, len(faults) - MOST_FAULTS),
        )
    if not any(one.ids for one in taken):
        raise InvalidInputError(
            f"{parsed.file}: takes no control.", place=parsed.imports[0].place
        )


def _controls(edition: Catalog, ids: frozenset[str]) -> dict[int, Control]:
    rows = edition.controls.order_by("order")
    return {row.pk: row for row in rows if row.control_id in ids}


def _serving(
    edition: Catalog,
    controls: Mapping[int, Control],
    settings: Mapping[str, Mapping[str, Any]],
) -> Profile | None:
    """Return a profile of the same controls that is there already, if nothing is set."""
    if settings:
        return None
    wanted = {pk for pk, control in controls.items() if not control.withdrawn}
    for profile in edition.profiles.filter(parameters={}).order_by("pk"):
        if set(profile.controls.values_list("pk", flat=True)) == wanted:
            return profile
    return None


def _written(
    profile: Profile,
    parsed: ParsedProfile,
    controls: Mapping[int, Control],
    settings: dict[str, Mapping[str, Any]],
    *,
    is_named: bool,
    by: User,
    at: datetime,
) -> ImportedProfile:
    before = {row.pk: row for row in profile.controls.order_by("order")}
    wanted = {pk: row for pk, row in controls.items() if not row.withdrawn}
    done = ImportedProfile(
        profile=profile,
        is_new=not before,
        entered=tuple(row.label for pk, row in wanted.items() if pk not in before),
        left=tuple(row.label for pk, row in before.items() if pk not in wanted),
        stayed=len(wanted.keys() & before.keys()),
        withdrawn=tuple(row.label for row in controls.values() if row.withdrawn),
        unknown_parameters=tuple(
            profile_queries.unknown_parameters(profile.catalog, list(settings))
        ),
    )
    fields = {
        # One that served already keeps the name by which people know it.
        "title": parsed.title[:300] if is_named else profile.title,
        "version": parsed.version[:40],
        "source": parsed.file[:300],
        "sha256": parsed.sha256,
        "document_uuid": parsed.document_uuid,
        "parameters": settings,
    }
    same = all(getattr(profile, name) == value for name, value in fields.items())
    if same and not (done.entered or done.left):
        return done
    for name, value in fields.items():
        setattr(profile, name, value)
    profile.save(update_fields=TOLD)
    profile.controls.set(wanted)
    audit.record(
        verb=AuditVerb.PROFILE_IMPORTED,
        target=profile,
        after={
            "key": profile.key,
            "version": profile.version,
            "catalog": profile.catalog.key,
            "catalog_version": profile.catalog.version,
            "file": parsed.file,
            "sha256": parsed.sha256,
            "entered": len(done.entered),
            "left": len(done.left),
            "parameters": len(settings),
        },
        by=by,
        at=at,
    )
    return done
