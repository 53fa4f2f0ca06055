"""Importing what a provider publishes: rows as entered, a new file as a new version."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from controls.choices import AuditVerb, MatrixDoubt, MatrixLayout
from controls.errors import InvalidInputError
from controls.importers.matrix_rows import MatrixRow, ParsedMatrix
from controls.models import (
    Catalog,
    ColumnMapping,
    Control,
    ControlPart,
    ImportedMatrix,
    ImportedRow,
    Provider,
    System,
    User,
)
from controls.queries.matrices import said
from controls.rules import matrices as rules
from controls.rules import printed_ids
from controls.rules.matrices import Said
from controls.rules.permissions import Action
from controls.services import access, audit
from controls.services.audit import audited

BATCH = 300


KEY = re.compile(r"[a-z0-9](?:[a-z0-9_-]{0,48}[a-z0-9])?")
"""Of a provider that is made."""


@dataclass(frozen=True, slots=True)
class Source:
    """The file that was read."""

    name: str
    sha256: str


@dataclass(frozen=True, slots=True)
class Whose:
    """The provider of a matrix by its key; one that is not known is made, so named."""

    key: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import did. `matrix` is the version that holds now."""

    matrix: ImportedMatrix
    is_new: bool
    report: Mapping[str, int]
    several_originations: int
    difference: rules.Difference


@audited
def import_matrix(
    *,
    system: System,
    whose: Whose,
    catalog: Catalog,
    parsed: ParsedMatrix,
    source: Source,
    by: User,
    at: datetime,
) -> Imported:
    """Keep a provider's matrix for a system; return what it says and what is new in it.

    The same file again changes nothing. Contradictions are counted, never refused. Raises
    NotAllowedError, and InvalidInputError where no row's id is in the catalog.
    """
    access.require(by, Action.DESCRIBE_SYSTEM, system.owner_team)
    if whose.key == system.provider.key:
        raise InvalidInputError(
            f"{system} runs on {system.provider} already: what SRM derives is its part. "
            "Name the platform that stands on it.",
            place="provider",
        )
    provider = Provider.objects.filter(key=whose.key).first() or _create_provider(
        whose, by=by, at=at
    )
    before = (
        ImportedMatrix.objects.filter(system=system, provider=provider)
        .select_related("provider", "system", "catalog")
        .order_by("-number")
        .first()
    )
    rows = _resolved(parsed, catalog)
    if not any(row.of_control_id for row in rows):
        raise InvalidInputError(
            f"None of its {len(rows)} ids is a control of {catalog}.", place=source.name
        )
    old = _by_key(before.rows.order_by("order")) if before else {}
    difference = rules.difference(old, _by_key(rows))
    if before and before.sha256 == source.sha256 and before.catalog_id == catalog.pk:
        return _told(before, rows, difference, is_new=False)
    matrix = ImportedMatrix.objects.create(
        system=system,
        provider=provider,
        catalog=catalog,
        number=before.number + 1 if before else 1,
        layout=parsed.layout,
        file_name=source.name[:255],
        sha256=source.sha256,
        columns={sheet: dict(heads) for sheet, heads in parsed.columns.items()},
        report=_report(rows),
        at=at,
        by=by,
    )
    for row in rows:
        row.matrix = matrix
    ImportedRow.objects.bulk_create(rows, batch_size=BATCH)
    if parsed.mapping:
        ColumnMapping.objects.update_or_create(
            provider=provider,
            defaults={"columns": dict(parsed.mapping), "at": at, "by": by},
        )
    audit.record(
        verb=AuditVerb.MATRIX_IMPORTED,
        target=matrix,
        about=system,
        before={"number": before.number, "sha256": before.sha256} if before else None,
        after={
            "provider": provider.key,
            "number": matrix.number,
            "sha256": source.sha256,
            "rows": len(rows),
            "report": matrix.report,
        },
        by=by,
        at=at,
    )
    return _told(matrix, rows, difference, is_new=True)


def _create_provider(whose: Whose, *, by: User, at: datetime) -> Provider:
    """Record a provider beside those that are known."""
    if not KEY.fullmatch(whose.key):
        raise InvalidInputError(
            f"{whose.key[:40]!r} is not a key: small letters, digits and hyphens, at most "
            "50 characters.",
            place="provider",
        )
    name = whose.name.strip() or whose.key
    provider = Provider.objects.create(
        key=whose.key, name=name[:100], full_name=name[:100], letter=_letter(name)
    )
    audit.record(
        verb=AuditVerb.PROVIDER_CREATED,
        target=provider,
        after=audit.snapshot(provider, "key", "name"),
        by=by,
        at=at,
    )
    return provider


def _letter(name: str) -> str:
    """Return the provider's mark: its first letter that no other provider has."""
    taken = set(Provider.objects.values_list("letter", flat=True)) | set("SCPN")
    wanted = [letter for letter in name.upper() if letter.isalpha()]
    free = [letter for letter in wanted if letter not in taken]
    return (free or wanted or ["X"])[0]


def _told(
    matrix: ImportedMatrix,
    rows: Sequence[ImportedRow],
    difference: rules.Difference,
    *,
    is_new: bool,
) -> Imported:
    return Imported(
        matrix=matrix,
        is_new=is_new,
        report=matrix.report,
        several_originations=sum(len(row.originations) > 1 for row in rows),
        difference=difference,
    )


def _by_key(rows: Iterable[ImportedRow]) -> dict[str, Said]:
    """Return what identifies a row → what it says; a second row of an id gets a number."""
    found: dict[str, Said] = {}
    for row in rows:
        key = row.statement_id or _plain(row.printed_id)
        number = 2
        unique = key
        while unique in found:
            unique = f"{key} #{number}"
            number += 1
        found[unique] = said(row)
    return found


def _report(rows: Sequence[ImportedRow]) -> dict[str, int]:
    counted = Counter(doubt for row in rows for doubt in row.doubts)
    return {token: counted[token] for token in MatrixDoubt.values if counted[token]}


def _resolved(parsed: ParsedMatrix, catalog: Catalog) -> list[ImportedRow]:
    """Return the rows with the controls and statements that their ids name."""
    known = _Known(catalog)
    seen: Counter[str] = Counter()
    rows = []
    for order, row in enumerate(parsed.rows):
        control_id, statement_id = known.read(row)
        key = statement_id or _plain(row.printed_id)
        seen[key] += 1
        doubts = [
            *row.doubts,
            *known.doubts(control_id, statement_id),
            *([MatrixDoubt.ROW_TWICE] if seen[key] > 1 else []),
        ]
        if parsed.layout in {MatrixLayout.APPENDIX_J, MatrixLayout.TABLE}:
            doubts += rules.doubts(
                Said(row.statuses, row.originations, row.inheritable, row.text.strip())
            )
        rows.append(
            ImportedRow(
                order=order,
                printed_id=row.printed_id[:200],
                control_id=control_id,
                statement_id=statement_id,
                of_control=known.controls.get(control_id),
                part=known.parts.get(statement_id),
                statuses=list(row.statuses),
                originations=list(row.originations),
                inheritable=row.inheritable,
                text=row.text,
                cells={sheet: dict(cells) for sheet, cells in row.cells.items()},
                doubts=list(dict.fromkeys(str(doubt) for doubt in doubts)),
            )
        )
    return rows


def _plain(printed: str) -> str:
    """Return an id as it is compared: small letters, one space between words."""
    return " ".join(printed.lower().split())


class _Known:
    """The controls and statements of a catalog, by their ids and labels."""

    def __init__(self, catalog: Catalog) -> None:
        listed = Control.objects.filter(catalog=catalog)
        self.controls = {control.control_id: control for control in listed}
        self._labels = {
            _plain(control.label): control.control_id for control in self.controls.values()
        }
        self.parts = {
            part.part_id: part
            for part in ControlPart.objects.filter(control__catalog=catalog)
        }
        self._with_parts = {part.control_id for part in self.parts.values()}

    def read(self, row: MatrixRow) -> tuple[str, str]:
        """Return the control and the statement that a row's id names; empty: unreadable."""
        if row.statement_id:
            return row.printed_id.strip().lower(), row.statement_id
        label = _plain(row.printed_id)
        if label in self.controls:
            return label, ""
        named = printed_ids.read(row.printed_id)
        if named is None or named.control_id not in self.controls:
            control = self._labels.get(label, "")
            if control:
                return control, ""
        return (named.control_id, named.statement_id) if named else ("", "")

    def doubts(self, control_id: str, statement_id: str) -> list[str]:
        """Return what is odd about an id."""
        if not control_id:
            return [MatrixDoubt.ID_UNREADABLE]
        control = self.controls.get(control_id)
        if control is None or control.withdrawn:
            return [MatrixDoubt.CONTROL_UNKNOWN]
        unknown = statement_id and statement_id not in self.parts
        if unknown and control.pk in self._with_parts:
            return [MatrixDoubt.STATEMENT_UNKNOWN]
        return []
