"""Importing a catalog: all of it or nothing, and the same file again changes nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.text import slugify

from controls.choices import AuditVerb
from controls.errors import InvalidInputError
from controls.importers.oscal_catalogs import ParsedCatalog, ParsedControl
from controls.models import (
    Catalog,
    Control,
    ControlLayer,
    ControlPart,
    Profile,
    System,
    SystemProfile,
    User,
)
from controls.rules.permissions import Action
from controls.services import access, audit, derivations
from controls.services.audit import audited

NIST = "nist-sp800-53r5"
BATCH = 400
FIELDS = ("label", "title", "group_id", "group_title", "withdrawn", "params")


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import did."""

    catalog: Catalog
    added: int
    changed: int
    unchanged: int
    profile: Profile | None

    @property
    def controls(self) -> int:
        """Return how many controls the file holds."""
        return self.added + self.changed + self.unchanged


@audited
def import_catalog(
    *, parsed: ParsedCatalog, key: str = "", by: User, at: datetime
) -> Imported:
    """Write what a file holds and return what changed.

    A catalog is known by key and version. Where there is only an outline of it, the file
    fills the outline in place; a file that holds a part of the catalog leaves the rest as
    it is.
    Raises NotAllowedError and InvalidInputError.
    """
    access.require(by, Action.LOAD_FACTS)
    catalog, is_new = _catalog(parsed, key or _key(parsed), at=at)
    before = {control.control_id: control for control in catalog.controls.all()}
    added, changed = _controls(catalog, parsed.controls, before)
    _parents(catalog, parsed.controls)
    changed |= _parts(catalog, parsed.controls)
    changed -= added
    _layers(catalog)
    profile, is_new_profile = _profile(catalog, parsed)
    filled = _fill(catalog, parsed, at=at) if (added or changed) else False
    if is_new or added or changed or filled or is_new_profile:
        audit.record(
            verb=AuditVerb.CATALOG_IMPORTED,
            target=catalog,
            after={
                "key": catalog.key,
                "version": catalog.version,
                "file": parsed.file,
                "sha256": parsed.sha256,
                "added": len(added),
                "changed": len(changed),
            },
            by=by,
            at=at,
        )
    if added:
        _rederive(catalog, by=by, at=at)
    return Imported(
        catalog=catalog,
        added=len(added),
        changed=len(changed),
        unchanged=len(parsed.controls) - len(added) - len(changed),
        profile=profile,
    )


def _key(parsed: ParsedCatalog) -> str:
    """Return the key of a file: one for every baseline of NIST SP 800-53 rev 5."""
    title = parsed.title.lower()
    if ("800-53" in title and "revision 5" in title) or "800-53 rev 5" in title:
        return NIST
    key = slugify(parsed.title)[:80]
    if not key:
        raise InvalidInputError(
            f"{parsed.file}: its title gives no key: name one with --key.", place="key"
        )
    return key


def _catalog(parsed: ParsedCatalog, key: str, *, at: datetime) -> tuple[Catalog, bool]:
    """Return the catalog that the file is an edition of, and whether it is new."""
    rows = Catalog.objects.filter(key=key)
    same = rows.filter(version=parsed.version[:40]).first()
    outline = rows.filter(is_outline=True).first()
    if same or outline:
        found = same or outline
        assert found is not None  # noqa: S101 - one of the two
        return found, False
    return (
        Catalog.objects.create(
            key=key,
            version=parsed.version[:40],
            title=parsed.title[:300],
            publisher=parsed.publisher[:200],
            source=parsed.file[:300],
            sha256=parsed.sha256,
            imported_at=at,
        ),
        True,
    )


def _fill(catalog: Catalog, parsed: ParsedCatalog, *, at: datetime) -> bool:
    """Let the catalog tell which edition it holds now; say whether that changed."""
    title = catalog.title if catalog.key == NIST else parsed.title[:300]
    wanted = {
        "version": parsed.version[:40],
        "title": title,
        "publisher": parsed.publisher[:200] or catalog.publisher,
        "source": parsed.file[:300],
        "sha256": parsed.sha256,
        "is_outline": False,
    }
    if all(getattr(catalog, name) == value for name, value in wanted.items()):
        return False
    for name, value in wanted.items():
        setattr(catalog, name, value)
    catalog.imported_at = at
    catalog.save(update_fields=[*wanted, "imported_at"])
    return True


def _controls(
    catalog: Catalog, parsed: Sequence[ParsedControl], before: dict[str, Control]
) -> tuple[set[str], set[str]]:
    """Create and update controls; return the ids of both."""
    new, differing = [], []
    for row in parsed:
        wanted = {name: getattr(row, name) for name in FIELDS}
        control = before.get(row.control_id)
        if control is None:
            # Behind what is there: a file may hold a part of the catalog only.
            order = len(before) + len(new)
            new.append(
                Control(catalog=catalog, control_id=row.control_id, order=order, **wanted)
            )
        elif _update(control, wanted):
            differing.append(control)
    Control.objects.bulk_create(new, batch_size=BATCH)
    Control.objects.bulk_update(differing, FIELDS, batch_size=BATCH)
    return {row.control_id for row in new}, {row.control_id for row in differing}


def _update(control: Control, wanted: dict[str, Any]) -> bool:
    """Set the fields that differ; say whether there were any."""
    differing = {name: v for name, v in wanted.items() if getattr(control, name) != v}
    for name, value in differing.items():
        setattr(control, name, value)
    return bool(differing)


def _parents(catalog: Catalog, parsed: Sequence[ParsedControl]) -> None:
    controls = {control.control_id: control for control in catalog.controls.all()}
    moved = []
    for row in parsed:
        control = controls[row.control_id]
        parent = controls[row.parent].pk if row.parent else None
        if row.parent and control.parent_id != parent:
            control.parent_id = parent
            moved.append(control)
    Control.objects.bulk_update(moved, ["parent"], batch_size=BATCH)


def _parts(catalog: Catalog, parsed: Sequence[ParsedControl]) -> set[str]:
    """Create and update the text; return the ids of the controls whose text changed.

    Parts that a newer file no longer has stay, since a responsibility may rest on them.
    """
    controls = dict(catalog.controls.values_list("control_id", "pk"))
    known = {
        (part.control_id, part.part_id): part
        for part in ControlPart.objects.filter(control__catalog=catalog)
    }
    changed: set[str] = set()
    new, differing = [], []
    for row in parsed:
        for order, part in enumerate(row.parts):
            wanted = {
                "name": part.name[:40],
                "label": part.label[:40],
                "prose": part.prose,
                "order": order,
            }
            found = known.get((controls[row.control_id], part.part_id))
            if found is None:
                new.append(
                    ControlPart(
                        control_id=controls[row.control_id], part_id=part.part_id, **wanted
                    )
                )
                changed.add(row.control_id)
            elif any(getattr(found, name) != value for name, value in wanted.items()):
                for name, value in wanted.items():
                    setattr(found, name, value)
                differing.append(found)
                changed.add(row.control_id)
    ControlPart.objects.bulk_create(new, batch_size=BATCH)
    ControlPart.objects.bulk_update(
        differing, ["name", "label", "prose", "order"], batch_size=BATCH
    )
    if new:
        _nest(catalog, parsed)
    return changed


def _nest(catalog: Catalog, parsed: Sequence[ParsedControl]) -> None:
    """Point each item to the part it stands in."""
    parts = {
        part.part_id: part for part in ControlPart.objects.filter(control__catalog=catalog)
    }
    nested = []
    for row in parsed:
        for item in row.parts:
            part = parts[item.part_id]
            parent = parts[item.parent].pk if item.parent else None
            if part.parent_id != parent:
                part.parent_id = parent
                nested.append(part)
    ControlPart.objects.bulk_update(nested, ["parent"], batch_size=BATCH)


def _layers(catalog: Catalog) -> None:
    """Give controls without layers those that another edition of the catalog has."""
    bare = dict(
        catalog.controls.filter(layers__isnull=True).values_list("control_id", "pk")
    )
    rows = (
        ControlLayer.objects.filter(
            control__catalog__key=catalog.key, control__control_id__in=bare
        )
        .exclude(control__catalog=catalog)
        .select_related("control")
        .order_by("control__catalog_id", "order")
    )
    copies: dict[tuple[int, int], ControlLayer] = {}
    for row in rows:
        pair = (bare[row.control.control_id], row.layer_id)
        copies.setdefault(
            pair,
            ControlLayer(
                control_id=pair[0],
                layer_id=pair[1],
                order=row.order,
                reason=row.reason,
                confidence=row.confidence,
            ),
        )
    ControlLayer.objects.bulk_create(copies.values(), batch_size=BATCH)


def _profile(catalog: Catalog, parsed: ParsedCatalog) -> tuple[Profile | None, bool]:
    """Return the profile of a resolved one, or of a whole new catalog; and whether it is
    new.

    A profile of the same controls that is there already serves.
    """
    ids = {row.control_id for row in parsed.controls if not row.withdrawn}
    controls = set(catalog.controls.filter(control_id__in=ids).values_list("pk", flat=True))
    for profile in catalog.profiles.prefetch_related("controls"):
        if {control.pk for control in profile.controls.all()} == controls:
            return profile, False
    key = slugify(f"{catalog.key}-{parsed.title if parsed.is_resolved_profile else 'all'}")[
        :80
    ]
    profile, is_new = Profile.objects.get_or_create(
        key=key,
        defaults={
            "catalog": catalog,
            "title": parsed.title[:300],
            "source": parsed.file[:300],
        },
    )
    profile.controls.set(controls)
    return profile, is_new


def _rederive(catalog: Catalog, *, by: User, at: datetime) -> None:
    """Derive the systems that have a profile of this catalog in scope."""
    scopes = SystemProfile.objects.filter(profile__catalog=catalog, ended_at__isnull=True)
    systems = (
        System.objects.filter(scopes__in=scopes).distinct().select_related("owner_team")
    )
    for system in systems.order_by("pk"):
        derivations.rederive(
            system=system, cause=f"Catalog {catalog.key} imported", by=by, at=at
        )
