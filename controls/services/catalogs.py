"""Importing a catalog: all of it or nothing, and the same file again changes nothing."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import models
from django.utils.text import slugify

from controls.choices import AuditVerb
from controls.errors import InvalidInputError
from controls.importers.oscal_catalogs import ParsedCatalog, ParsedControl, ParsedPart
from controls.models import (
    Catalog,
    Control,
    ControlLayer,
    ControlPart,
    Profile,
    System,
    User,
)
from controls.rules.permissions import Action
from controls.rules.references import NIST, is_nist
from controls.services import access, audit, derivations
from controls.services.audit import audited

NIST_CONTROL = re.compile(r"^[a-z]{2}-\d+(\.\d+)?$")
KEY = re.compile(r"^[a-z0-9]+(-[a-z0-9]+)*$")
LONGEST_KEY = 80
BATCH = 400
FIELDS = ("control_id", "label", "title", "group_id", "group_title", "withdrawn", "params")


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import did. `profile` holds the controls of the file that are in force, or of
    the whole catalog where one of all of it is shipped.
    """

    catalog: Catalog
    added: int
    changed: int
    unchanged: int
    profile: Profile
    systems_changed: int

    @property
    def controls(self) -> int:
        """Return how many controls the file holds."""
        return self.added + self.changed + self.unchanged


@audited
def import_catalog(
    *,
    parsed: ParsedCatalog,
    key: str = "",
    may_ship: bool | None = None,
    tell: Callable[[str], None] = lambda _: None,
    by: User,
    at: datetime,
) -> Imported:
    """Write what a file holds and return what changed; `tell` hears how far it is.

    A catalog is known by key and version. Where there is only an outline of it, the file
    fills the outline in place; a file that holds a part of the catalog leaves the rest as
    it is, and a resolved profile becomes a profile too. `may_ship` says whether its titles
    and texts may leave the house; None leaves it as it was, or no.
    Raises NotAllowedError and InvalidInputError.
    """
    access.require(by, Action.LOAD_FACTS)
    catalog, is_new = _catalog(parsed, key or _key(parsed), at=at)
    before = _renamed(
        {control.control_id: control for control in catalog.controls.all()}, parsed
    )
    scope = _in_force(catalog)
    added, changed = _controls(catalog, parsed.controls, before)
    tell(f"{len(added)} controls added, {len(changed)} changed; writing their text")
    changed |= _parts(catalog, parsed.controls)
    changed -= added
    copied = _layers(catalog)
    profile, profile_changed = _profile(catalog, parsed)
    permitted = may_ship is not None and catalog.text_shippable != may_ship
    if is_new or added or changed or profile_changed or permitted:
        _fill(catalog, parsed, may_ship=may_ship, at=at)
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
                "profile": profile.key,
                **({"text_shippable": may_ship} if permitted else {}),
            },
            by=by,
            at=at,
        )
    systems = 0
    if copied or _in_force(catalog) != scope:
        systems = derivations.rederive_each(
            systems=System.objects.filter(
                scopes__profile__catalog=catalog, scopes__ended_at__isnull=True
            ),
            cause=f"Catalog {catalog.key} imported",
            tell=tell,
            by=by,
            at=at,
        )
    return Imported(
        catalog=catalog,
        added=len(added),
        changed=len(changed),
        unchanged=len(parsed.controls) - len(added) - len(changed),
        profile=profile,
        systems_changed=systems,
    )


def counterpart(*, parsed: ParsedCatalog, key: str = "") -> Catalog | None:
    """Return the edition that a file is compared with: of the same version, else the
    outline, else the one imported last; None for a catalog that is new.
    """
    editions = Catalog.objects.filter(key=key or _key(parsed))
    newest = editions.order_by("-is_outline", "-imported_at", "-pk")
    return editions.filter(version=parsed.version[:40]).first() or newest.first()


def _key(parsed: ParsedCatalog) -> str:
    """Return the key of a file: one for every baseline of NIST SP 800-53 rev 5."""
    if is_nist(parsed.title) and all(
        NIST_CONTROL.match(row.control_id) for row in parsed.controls
    ):
        return NIST
    key = slugify(parsed.title)[:LONGEST_KEY].strip("-")
    if not key:
        raise InvalidInputError(
            f"{parsed.file}: its title gives no key: name one with --key.", place="key"
        )
    return key


def _catalog(parsed: ParsedCatalog, key: str, *, at: datetime) -> tuple[Catalog, bool]:
    """Return the catalog that the file is an edition of, locked, and whether it is new."""
    if not KEY.match(key) or len(key) > LONGEST_KEY:
        raise InvalidInputError(
            f"{key[:60]!r} is not a key: small letters, digits and single hyphens, "
            f"at most {LONGEST_KEY}.",
            place="key",
        )
    editions = Catalog.objects.filter(key=key)
    version = parsed.version[:40]
    outline = editions.filter(is_outline=True).order_by("pk").first()
    if outline and not editions.filter(version=version).exists():
        found, is_new = outline, False
    else:
        sibling = editions.order_by("pk").first()
        found, is_new = Catalog.objects.get_or_create(
            key=key,
            version=version,
            defaults={
                "title": sibling.title if sibling else parsed.title[:300],
                "text_shippable": sibling.text_shippable if sibling else False,
                "imported_at": at,
            },
        )
    # Two imports of one catalog at a time would both find the same controls missing.
    return Catalog.objects.select_for_update().get(pk=found.pk), is_new


def _renamed(before: dict[str, Control], parsed: ParsedCatalog) -> dict[str, Control]:
    """Return the controls that are there by the ids that the file gives them.

    The outline names them in small letters; NIST's file of the CSF, in capitals. The file
    is the publisher's word, so its spelling is taken over.
    """
    listed = {row.control_id for row in parsed.controls}
    spelt = {row.control_id.lower(): row.control_id for row in parsed.controls}
    found = {}
    for control_id, control in before.items():
        other = spelt.get(control_id.lower(), control_id)
        is_free = control_id not in listed and other not in before
        found[other if is_free else control_id] = control
    return found


def _fill(
    catalog: Catalog, parsed: ParsedCatalog, *, may_ship: bool | None, at: datetime
) -> None:
    """Let the catalog tell which edition it holds now.

    The title of a resolved profile names the profile, not the catalog.
    """
    if not parsed.is_resolved_profile:
        catalog.title = parsed.title[:300]
    catalog.version = parsed.version[:40]
    catalog.publisher = parsed.publisher[:200] or catalog.publisher
    catalog.source = parsed.file[:300]
    catalog.sha256 = parsed.sha256
    catalog.document_uuid = parsed.document_uuid
    if may_ship is not None:
        catalog.text_shippable = may_ship
    catalog.is_outline = False
    catalog.imported_at = at
    catalog.save()


def _in_force(catalog: Catalog) -> set[tuple[int, int]]:
    """Return (profile, control) of all that a system may have in scope."""
    members = Profile.controls.through.objects.filter(
        profile__catalog=catalog, control__withdrawn=False
    )
    return set(members.values_list("profile_id", "control_id"))


def _controls(
    catalog: Catalog, parsed: Sequence[ParsedControl], before: dict[str, Control]
) -> tuple[set[str], set[str]]:
    """Create and update controls; return the ids of both."""
    new: dict[str, Control] = {}
    differing: dict[str, Control] = {}
    for row in parsed:
        wanted = {name: getattr(row, name) for name in FIELDS}
        control = before.get(row.control_id)
        if control is None:
            new[row.control_id] = Control(catalog=catalog, order=0, **wanted)
        elif _update(control, wanted):
            differing[row.control_id] = control
    all_controls = {**before, **new}
    placed = _place(parsed, all_controls, before) if new else []
    Control.objects.bulk_create(new.values(), batch_size=BATCH)
    Control.objects.bulk_update(differing.values(), FIELDS, batch_size=BATCH)
    nested = _nest(parsed, all_controls)
    moved = {control.pk: control for control in [*placed, *nested]}
    Control.objects.bulk_update(moved.values(), ["order", "parent"], batch_size=BATCH)
    return set(new), set(differing) | ({c.control_id for c in nested} - set(new))


def _update(row: models.Model, wanted: Mapping[str, Any]) -> bool:
    """Set the fields that differ; say whether there were any."""
    differing = {name: v for name, v in wanted.items() if getattr(row, name) != v}
    for name, value in differing.items():
        setattr(row, name, value)
    return bool(differing)


def _place(
    parsed: Sequence[ParsedControl],
    controls: Mapping[str, Control],
    before: Mapping[str, Control],
) -> list[Control]:
    """Number the controls in the file's order; return those that were there and move.

    What the file does not hold stays behind the control that it stood behind.
    """
    known = sorted(before.values(), key=lambda control: control.order)
    listed = {row.control_id for row in parsed}
    behind: dict[str, list[str]] = defaultdict(list)
    last = ""
    for control in known:
        if control.control_id in listed:
            last = control.control_id
        else:
            behind[last].append(control.control_id)
    order = list(behind[""])
    for row in parsed:
        order += [row.control_id, *behind[row.control_id]]
    moved = []
    for number, control_id in enumerate(order):
        control = controls[control_id]
        if control.order != number:
            control.order = number
            if control_id in before:
                moved.append(control)
    return moved


def _nest(
    parsed: Sequence[ParsedControl], controls: Mapping[str, Control]
) -> list[Control]:
    """Point enhancements to their control; return those that moved."""
    moved = []
    for row in parsed:
        control = controls[row.control_id]
        if row.parent and control.parent_id != controls[row.parent].pk:
            control.parent = controls[row.parent]
            moved.append(control)
    return moved


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
    differing: list[ControlPart] = []
    for level in _levels(parsed):
        new: list[ControlPart] = []
        for control_id, order, part in level:
            control = controls[control_id]
            wanted = {
                "name": part.name,
                "label": part.label,
                "prose": part.prose,
                "order": order,
                "parent": known[control, part.parent] if part.parent else None,
            }
            found = known.get((control, part.part_id))
            if found is None:
                row = ControlPart(control_id=control, part_id=part.part_id, **wanted)
                known[control, part.part_id] = row
                new.append(row)
            elif _text_differs(found, wanted):
                differing.append(found)
            else:
                continue
            changed.add(control_id)
        # One level after the other: items point to what they stand in.
        ControlPart.objects.bulk_create(new, batch_size=BATCH)
    ControlPart.objects.bulk_update(
        differing, ["name", "label", "prose", "order", "parent"], batch_size=BATCH
    )
    return changed


def _text_differs(part: ControlPart, wanted: dict[str, Any]) -> bool:
    parent: ControlPart | None = wanted["parent"]
    plain = {name: value for name, value in wanted.items() if name != "parent"}
    moved = part.parent_id != (parent.pk if parent else None)
    if moved:
        part.parent = parent
    return _update(part, plain) or moved


def _levels(
    parsed: Sequence[ParsedControl],
) -> list[list[tuple[str, int, ParsedPart]]]:
    """Return the parts with their control and place, the outermost level first."""
    levels: list[list[tuple[str, int, ParsedPart]]] = []
    for row in parsed:
        depths = {"": -1}
        for order, part in enumerate(row.parts):
            depth = depths[part.part_id] = depths[part.parent] + 1
            if depth == len(levels):
                levels.append([])
            levels[depth].append((row.control_id, order, part))
    return levels


def _layers(catalog: Catalog) -> int:
    """Give controls without layers those that another edition has; return how many rows."""
    bare = dict(
        catalog.controls.filter(layers__isnull=True).values_list("control_id", "pk")
    )
    rows = (
        ControlLayer.objects.filter(control__catalog__key=catalog.key)
        .exclude(control__catalog=catalog)
        .select_related("control")
        .order_by("control__catalog_id", "order")
    )
    # Of several editions, the first that says something about a control.
    edition: dict[str, int] = {}
    copies = [
        ControlLayer(
            control_id=bare[row.control.control_id],
            layer_id=row.layer_id,
            order=row.order,
            reason=row.reason,
            confidence=row.confidence,
        )
        for row in (rows if bare else ())
        if row.control.control_id in bare
        and edition.setdefault(row.control.control_id, row.control.catalog_id)
        == row.control.catalog_id
    ]
    ControlLayer.objects.bulk_create(copies, batch_size=BATCH)
    return len(copies)


def _profile(catalog: Catalog, parsed: ParsedCatalog) -> tuple[Profile, bool]:
    """Return the profile of the file's controls in force, and whether it changed.

    A profile of the same controls that is there already serves. The shipped profile of all
    of a framework grows with what the file brings.
    """
    ids = dict(catalog.controls.in_force().values_list("control_id", "pk"))
    wanted = {ids[row.control_id] for row in parsed.controls if row.control_id in ids}
    members: dict[int, set[int]] = defaultdict(set)
    through = Profile.controls.through.objects.filter(profile__catalog=catalog)
    for profile_id, control_id in through.values_list("profile_id", "control_id"):
        members[profile_id].add(control_id)
    profiles = list(catalog.profiles.order_by("pk"))
    whole = next((row for row in profiles if row.key == catalog.key), None)
    if whole is not None and not parsed.is_resolved_profile:
        missing = set(ids.values()) - members[whole.pk]
        whole.controls.add(*missing)
        return whole, bool(missing)
    for profile in profiles:
        if members[profile.pk] == wanted and not profile.parameters:
            return profile, False
    profile, _ = Profile.objects.get_or_create(
        key=_profile_key(catalog, parsed),
        defaults={
            "catalog": catalog,
            "title": parsed.title[:300],
            "source": parsed.file[:300],
        },
    )
    profile.controls.set(wanted)
    return profile, True


def _profile_key(catalog: Catalog, parsed: ParsedCatalog) -> str:
    """Return the key of the file's profile, apart from those of other editions."""
    named = parsed.is_resolved_profile and slugify(parsed.title)
    stem = named or f"{catalog.key}-all"
    edition = slugify(parsed.version.replace(".", "-"))
    short = stem[:LONGEST_KEY].strip("-")
    if Profile.objects.filter(key=short).exclude(catalog=catalog).exists():
        room = LONGEST_KEY - len(edition) - 1
        return f"{stem[:room].strip('-')}-{edition}"
    return short
