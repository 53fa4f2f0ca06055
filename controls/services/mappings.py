"""Importing mappings between catalogs: all of them or nothing; the same file again changes
nothing.

A pair is stored once, whichever side a file calls the source. What a person imports wins
over what a release ships, and is left alone by the next.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from controls.choices import AuditVerb, MappingRelation
from controls.errors import Fault, InvalidFileError
from controls.importers.crosswalks import End, ParsedMapping
from controls.knowledge import control_token
from controls.models import (
    Catalog,
    Control,
    ControlMapping,
    ControlPart,
    System,
    User,
)
from controls.queries import crosswalks, profiles
from controls.rules.crosswalk import Clash, Node, Pair, clashes, inverse
from controls.rules.permissions import Action
from controls.rules.references import Reference
from controls.services import access, audit, derivations
from controls.services.audit import audited

BATCH = 400
MOST_FAULTS = 50
FIELDS = ("relation", "grade", "release", "document")


@dataclass(frozen=True, slots=True)
class ImportedMapping:
    """What an import did. `catalogs` are those that it maps, in the file's order."""

    catalogs: tuple[Catalog, ...]
    added: int
    changed: int
    unchanged: int
    statements: int
    """Ends that name a statement and are kept at its control."""
    systems_changed: int = 0


@dataclass(slots=True)
class _Found:
    """The pairs of a file as controls, what cannot be, and which statements were named."""

    pairs: dict[frozenset[int], tuple[Control, Control, Pair]] = field(default_factory=dict)
    told: list[Pair] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    statements: int = 0


@audited
def import_mapping(
    *,
    parsed: ParsedMapping,
    tell: Callable[[str], None] = lambda _: None,
    by: User,
    at: datetime,
) -> ImportedMapping:
    """Write the mappings of a file and derive the systems that they touch; return what
    changed.

    Raises NotAllowedError, and InvalidFileError naming the row: for catalogs and ids that
    are not loaded, a control mapped to itself, and mappings that contradict one another or
    go in a circle.
    """
    access.require(by, Action.LOAD_FACTS)
    books = _Books()
    found = _read(parsed, books)
    tell(f"Read {len(found.told)} mappings")
    _refuse(found.faults)
    known = _known(found)
    labels = crosswalks.labels_of({n for p in (*found.told, *known) for n in _ends(p)})
    found.faults += [
        Fault(clash.place, clash.why) for clash in _clashes(found.told, known, labels)
    ]
    _refuse(found.faults)
    catalogs = tuple(books.used)
    added, changed = _written(found, parsed, catalogs)
    done = ImportedMapping(
        catalogs=catalogs,
        added=added,
        changed=changed,
        unchanged=len(found.pairs) - added - changed,
        statements=found.statements,
    )
    if not (added or changed):
        return done
    audit.record(
        verb=AuditVerb.MAPPING_IMPORTED,
        target=catalogs[0],
        after={
            "file": parsed.file,
            "sha256": parsed.sha256,
            "catalogs": [catalog.key for catalog in catalogs],
            "added": added,
            "changed": changed,
        },
        by=by,
        at=at,
    )
    systems = derivations.rederive_each(
        systems=System.objects.filter(
            scopes__ended_at__isnull=True,
            scopes__profile__controls__layers__isnull=True,
        ),
        cause=f"Crosswalk {parsed.file} imported",
        tell=tell,
        by=by,
        at=at,
    )
    return replace(done, systems_changed=systems)


def _refuse(faults: list[Fault]) -> None:
    if not faults:
        return
    rest = len(faults) - 1
    more = f" {rest:,} more {'things are' if rest > 1 else 'thing is'} wrong."
    raise InvalidFileError(
        f"{faults[0]}{more if rest else ''} Nothing of the file is taken.",
        faults=faults[:MOST_FAULTS],
        left_out=max(0, len(faults) - MOST_FAULTS),
    )


class _Books:
    """The catalogs that a file names, each looked up once, and their controls by id."""

    def __init__(self) -> None:
        self.used: dict[Catalog, None] = {}
        self._editions: dict[Reference, list[Catalog]] = {}
        self._controls: dict[int, dict[str, Control]] = {}

    def editions(self, reference: Reference) -> list[Catalog]:
        """Return the editions that a reference means, the oldest first: mappings count the
        same for all, and the oldest is where the shipped ones are.
        """
        if reference not in self._editions:
            named = [e for word in reference.words for e in profiles.catalog_named(word)]
            found = named or profiles.catalogs_meant(reference)
            if not found:
                meant = profiles.profiles_meant(reference)
                found = [profile.catalog for profile in meant]
            self._editions[reference] = sorted(dict.fromkeys(found), key=lambda c: c.pk)
        return self._editions[reference]

    def control(self, end: End) -> Control | None:
        """Return the control that an id names, as printed or as OSCAL names it."""
        for edition in self.editions(end.catalog):
            controls = self._of(edition)
            for name in _names(end.printed_id):
                if name in controls:
                    self.used[edition] = None
                    return controls[name]
        return None

    def _of(self, edition: Catalog) -> dict[str, Control]:
        if edition.pk not in self._controls:
            rows = list(edition.controls.order_by("order"))
            controls = {_squeezed(row.label): row for row in reversed(rows)}
            controls |= {row.control_id.lower(): row for row in rows}
            parts = ControlPart.objects.filter(control__catalog=edition)
            by_pk = {row.pk: row for row in rows}
            for part, control in parts.values_list("part_id", "control_id"):
                controls.setdefault(part.lower(), by_pk[control])
            self._controls[edition.pk] = controls
        return self._controls[edition.pk]


def _names(printed: str) -> Iterator[str]:
    """Yield the forms in which a control may be known by this id."""
    yield printed.lower()
    yield _squeezed(printed)
    try:
        yield control_token(printed)
    except ValueError:
        return


def _squeezed(text: str) -> str:
    return "".join(text.lower().split())


def _read(parsed: ParsedMapping, books: _Books) -> _Found:
    found = _Found()
    for row in parsed.pairs:
        controls = [_control(end, books, found) for end in (row.source, row.target)]
        source, target = controls
        if source is None or target is None:
            continue
        nodes = [crosswalks.node(c.catalog.key, c.control_id) for c in (source, target)]
        if nodes[0] == nodes[1]:
            found.faults.append(Fault(row.place, f"{source.label} is mapped to itself."))
            continue
        found.statements += row.source.is_statement + row.target.is_statement
        pair = Pair(nodes[0], nodes[1], row.relation, row.grade, row.place)
        found.told.append(pair)
        found.pairs.setdefault(frozenset((source.pk, target.pk)), (source, target, pair))
    return found


def _control(end: End, books: _Books, found: _Found) -> Control | None:
    control = books.control(end)
    if control is not None:
        return control
    editions = books.editions(end.catalog)
    why = (
        f"{end.printed_id[:60]!r} is not in {editions[-1]}."
        if editions
        else f"{end.catalog.told} is no catalog that is loaded. Import it first."
    )
    found.faults.append(Fault(end.place, why))
    return None


def _known(found: _Found) -> list[Pair]:
    """Return the mappings that are there and that the file leaves as they are."""
    told = {frozenset((pair.source, pair.target)) for pair in found.told}
    rows = ControlMapping.objects.exclude(relation=MappingRelation.INTERSECTS_WITH)
    pairs = [
        Pair(crosswalks.node(a, b), crosswalks.node(c, d), relation, grade)
        for a, b, c, d, relation, grade in rows.values_list(
            "source__catalog__key",
            "source__control_id",
            "target__catalog__key",
            "target__control_id",
            "relation",
            "grade",
        )
    ]
    return [p for p in pairs if frozenset((p.source, p.target)) not in told]


def _ends(pair: Pair) -> tuple[Node, Node]:
    return pair.source, pair.target


def _clashes(
    told: list[Pair], known: list[Pair], labels: Mapping[Node, str]
) -> Iterable[Clash]:
    return clashes(
        told, known, told=lambda node: f"{labels.get(node, node[1])} of {node[0]}"
    )


def _written(
    found: _Found, parsed: ParsedMapping, catalogs: tuple[Catalog, ...]
) -> tuple[int, int]:
    """Create and update the rows; return how many of each."""
    rows = ControlMapping.objects.filter(
        source__catalog__in=catalogs, target__catalog__in=catalogs
    )
    there = {frozenset((row.source_id, row.target_id)): row for row in rows}
    new: list[ControlMapping] = []
    differing: list[ControlMapping] = []
    for key, (source, target, pair) in found.pairs.items():
        row = there.get(key) or ControlMapping(source=source, target=target)
        turned = row.source_id != source.pk
        relation = inverse(pair.relation) if turned else pair.relation
        if row.pk and (row.relation, row.grade) == (relation, pair.grade):
            # What a release says in the same words stays the release's.
            continue
        row.relation, row.grade = relation, pair.grade
        row.release, row.document = None, parsed.file[:300]
        (differing if row.pk else new).append(row)
    ControlMapping.objects.bulk_create(new, batch_size=BATCH)
    ControlMapping.objects.bulk_update(differing, FIELDS, batch_size=BATCH)
    return len(new), len(differing)
