"""The statements of a control on the page of its responsibility."""

from __future__ import annotations

from django.utils.http import urlencode
from django.utils.safestring import SafeString
from django.utils.text import Truncator

from controls.admin import display
from controls.admin.base import now
from controls.admin.display import Panel
from controls.models import Responsibility
from controls.queries import apart
from controls.queries import statements as texts
from controls.queries.statements import Line
from controls.rules.moments import Moment
from controls.rules.parts import is_whole, printed
from controls.services import clock

DECIDE_ALONE = "Decide by itself\N{HORIZONTAL ELLIPSIS}"
LONGEST_TEXT = 240
"""Characters of a statement that a row shows; the drawer beside the matrix has all."""


def statements_of(row: Responsibility) -> list[Line]:
    """Return what the control asks for below its whole statement, readable."""
    moment = Moment(as_of=now(), on=clock.day(now()))
    settings = texts.settings_in_scope(row.control, row.system, moment)
    return [
        line
        for line in texts.lines(row.control, settings)
        if line.name in texts.DECIDABLE_PARTS and not is_whole(line.part_id)
    ]


def statements_panel(row: Responsibility, *, add_url: str, may: bool) -> Panel | None:
    """Return the answer that holds for each statement, and the way to decide it alone."""
    lines = {line.part_id: line for line in statements_of(row)}
    if not lines:
        return None
    letter = row.provider.letter
    rows = []
    for answer in apart.answers(row, moment=Moment(as_of=now(), on=clock.day(now()))):
        line, decision = lines[answer.part.part_id], answer.row.decision
        query = urlencode({"control": str(row.pk), "statement": line.part_id})
        if answer.apart:
            way = display.link(display.change_url(answer.row.responsibility), "Open")
        elif may:
            way = display.link(f"{add_url}?{query}", DECIDE_ALONE)
        else:
            way = SafeString("")
        rows.append(
            (
                answer.printed,
                Truncator(line.prose).chars(LONGEST_TEXT),
                display.kind(answer.row.kind, letter),
                str(decision.owner_team or "\N{EN DASH}") if decision else "\N{EN DASH}",
                display.state(answer.row.state) if answer.apart else _follows(answer),
                way,
            )
        )
    return Panel(
        title="Statements",
        heads=("Statement", "What it asks", "Answer", "Owner", "State", ""),
        rows=rows,
        empty="",
        is_folded=True,
    )


def _follows(answer: apart.Answer) -> str:
    """Return whose decision holds for a statement that has none of its own."""
    return f"as {printed(answer.governed_by)}" if answer.governed_by else "as the control"
