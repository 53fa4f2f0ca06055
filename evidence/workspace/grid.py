"""The rows of the matrix as HTML.

They are put together here: a template needs seconds for a thousand rows of ten cells. Every
value passes through format_html.
"""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from django.utils.html import escape, format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from controls.choices import Answer, WorkflowState
from controls.queries.matrix import Column, Matrix, Row, needs_owner
from controls.rules.parts import printed
from controls.rules.transitions import CUSTOMER_KINDS
from controls.templatetags import srm

FIXED = 4
"""Columns besides control and services: whole system, answer, owner, state."""


@dataclass(frozen=True, slots=True)
class Head:
    """A service's column: its name in two lines."""

    variant: str
    name: str
    first: str
    rest: str


@dataclass(frozen=True, slots=True)
class Band:
    """A family with its rows."""

    id: str
    title: str
    index: int
    answers: Counter[str]
    count: int
    gaps: int
    lines: tuple[SafeString, ...]


def heads(columns: Iterable[Column]) -> list[Head]:
    """Return the heads of the service columns."""
    found = []
    for column in columns:
        short = column.name.removeprefix("Amazon ").removeprefix("AWS ")
        first, _, rest = short.partition(" ")
        # What follows a further comma does not fit above a cell.
        rest = rest.partition(",")[0]
        found.append(Head(column.variant, column.name, first.rstrip(","), rest))
    return found


def bands(
    rows: Iterable[Row], *, whole: Matrix, base: str, opened: str, by_work: bool
) -> list[Band]:
    """Return the families, each with its rows as HTML: those with most open work first,
    or in the catalog's order.

    `base` is the address that a control id is put behind; `opened` the control whose
    drawer is open.
    """
    letter = whole.system.provider.letter
    variants = [column.variant for column in whole.columns]
    index = 1
    found = []
    families = list(_families(rows))
    if by_work:
        families.sort(key=lambda members: -sum(map(has_gap, members)))
    for members in families:
        index += 1
        start = index
        lines = []
        for row in members:
            index += 1
            lines.append(_line(row, variants, letter, base, index, opened))
        control = members[0].control
        found.append(
            Band(
                id=control.group_id,
                title=next((r.control.group_title for r in members), ""),
                index=start,
                answers=answers_of(members),
                count=len(members),
                gaps=sum(has_gap(row) for row in members),
                lines=tuple(lines),
            )
        )
    return found


def answers_of(rows: Iterable[Row]) -> Counter[str]:
    """Return how many controls have each answer."""
    return Counter(
        row.derivation.answer if row.derivation else Answer.UNDETERMINED.value
        for row in rows
    )


def has_gap(row: Row) -> bool:
    """Say whether the row asks for somebody: in doubt, returned, or without an owner."""
    return row.suspect or row.state == WorkflowState.RETURNED or needs_owner(row)


def _families(rows: Iterable[Row]) -> Iterator[list[Row]]:
    found: dict[str, list[Row]] = {}
    for row in rows:
        found.setdefault(row.control.group_id, []).append(row)
    yield from found.values()


def _line(
    row: Row, variants: list[str], letter: str, base: str, index: int, opened: str
) -> SafeString:
    control = row.control
    selected = mark_safe(' aria-selected="true"') if control.control_id == opened else ""
    return format_html(
        '<tr id="r-{0}" aria-rowindex="{1}"{2}><th class="stick" scope="row">'
        '<a class="rowhead" href="{3}{0}#r-{0}"><b>{4}</b><span>{5}</span></a></th>'
        '{6}{7}<td class="ans">{8}</td><td>{9}</td><td>{10}</td></tr>',
        control.control_id,
        index,
        selected,
        base,
        control.label,
        control.title,
        format_html_join("", "{}", ((_cell(row.cell(v), letter),) for v in variants)),
        _cell(row.derivation.whole if row.derivation else "", letter),
        _answer(
            row.derivation.answer if row.derivation else "",
            row.decision.kind if row.decision else "",
            row.derivation.kind if row.derivation else "",
            letter,
        ),
        format_html('{} <span class="quiet">{}</span>', _owner(row), _apart(row))
        if row.apart
        else _owner(row),
        _state(row.state, suspect=row.suspect),
    )


def _apart(row: Row) -> str:
    """Return which statements are decided by themselves: `but a. and d.`."""
    *others, last = (printed(statement) for statement in row.apart)
    told = f"{', '.join(others)} and {last}" if others else last
    return f"but {told}"


@functools.lru_cache(maxsize=64)
def _cell(answer: str, letter: str) -> SafeString:
    """Return a cell whose label starts with what is seen."""
    shown = srm.letter(answer, letter)
    return format_html(
        '<td class="k k-{}" aria-label="{}, {}">{}</td>',
        srm.stem(answer),
        shown,
        srm.word(answer).lower(),
        shown,
    )


@functools.lru_cache(maxsize=256)
def _answer(answer: str, decided: str, derived: str, letter: str) -> SafeString:
    """Return what was derived, and beside it what was decided where that differs."""
    if not answer:
        return SafeString(escape("not derived"))
    if not decided or decided == derived:
        return srm.kind(answer, letter)
    return format_html(
        '<span class="differs"><s>{}</s><span class="vh">derived; decided: </span>'
        "{}</span>",
        srm.kind(answer, letter),
        srm.kind(decided, letter),
    )


@functools.lru_cache(maxsize=16)
def _state(token: str, *, suspect: bool) -> SafeString:
    shown = srm.state(token)
    return format_html("{} {}", srm.state("suspect"), shown) if suspect else shown


def _owner(row: Row) -> SafeString:
    """Return the team that answers for our part; that nobody does; or that nobody need."""
    if row.elsewhere:
        return format_html(
            '<span class="quiet" title="{}">{}</span>',
            row.elsewhere.system_name,
            "the organisation",
        )
    if row.decision and row.decision.owner_team:
        return format_html("{}", row.decision.owner_team.name)
    if row.kind in CUSTOMER_KINDS:
        return format_html('<span class="nobody">{}</span>', "Nobody yet")
    return format_html('<span class="quiet">{}</span>', "not needed")
