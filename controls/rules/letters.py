"""What a reminder mail says: its subject, its items in order, what happens next.

Late first, then by the due day; never more than ten items. Days are said with their
weekday, numbers with what they count.
"""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

MOST_ITEMS = 10
WEEK = 7
COLUMNS = 72
LONGEST_SUBJECT = 200
LONGEST_NAME = 60


@dataclass(frozen=True, slots=True)
class Item:
    """One review that a person is told of.

    `told_on` is the day on which the manager is told, where that lies ahead.
    """

    what: str
    where: str
    why: str
    due_on: date
    url: str
    team: str
    told_on: date | None = None
    told: str = ""
    """Who is told then: `the manager of Platform`."""


@dataclass(frozen=True, slots=True)
class Section:
    """Items under one heading."""

    heading: str
    items: Sequence[Item]


def ordered(items: Sequence[Item]) -> list[Item]:
    """Return the items, the longest overdue first."""
    return sorted(items, key=lambda item: (item.due_on, item.what, item.url))


def summary(items: Sequence[Item], *, today: date) -> str:
    """Return how many are late, due this week and due later: `1 late, 2 due this week`."""
    counts = {
        "late": sum(item.due_on < today for item in items),
        "due this week": sum(_this_week(item, today) for item in items),
        "due later": sum(item.due_on >= today + timedelta(days=WEEK) for item in items),
    }
    return ", ".join(f"{count} {word}" for word, count in counts.items() if count)


def subject(items: Sequence[Item], *, today: date) -> str:
    """Return the subject, on one line: `1 late, 2 due this week: Platform`."""
    teams = sorted({item.team for item in items})
    named = textwrap.shorten(teams[0], LONGEST_NAME, placeholder="\N{HORIZONTAL ELLIPSIS}")
    who = named if len(teams) == 1 else f"{len(teams)} teams"
    return f"{summary(items, today=today)}: {who}"[:LONGEST_SUBJECT]


def sections(items: Sequence[Item], *, today: date) -> list[Section]:
    """Return the first ten items under their headings, and no heading without any."""
    shown = ordered(items)[:MOST_ITEMS]
    week = [item for item in shown if _this_week(item, today)]
    parts = {
        "Late": [item for item in shown if item.due_on < today],
        "Due this week": week,
        "Due later": [item for item in shown if item.due_on >= today and item not in week],
    }
    return [Section(heading, rows) for heading, rows in parts.items() if rows]


def more(items: Sequence[Item]) -> int:
    """Return how many items are not shown."""
    return max(0, len(items) - MOST_ITEMS)


def when(item: Item, *, today: date) -> str:
    """Return when the item is due: `Was due Sat 14 November, 9 days ago.`"""
    told, days = day(item.due_on, today=today), (today - item.due_on).days
    if days > 0:
        return f"Was due {told}, {days} {_days(days)} ago."
    if days == 0:
        return f"Due today, {told}."
    return f"Due {told}, in {-days} {_days(-days)}."


def late(item: Item, *, today: date) -> str:
    """Return how late the item is, `9 days late`; empty where it is not."""
    days = (today - item.due_on).days
    return f"{days} {_days(days)} late" if days > 0 else ""


def next_step(items: Sequence[Item], *, today: date) -> str:
    """Return what happens to the item whose manager is told first, empty where none is."""
    ahead = [item for item in items if item.told_on is not None]
    if not ahead:
        return ""
    first = min(ahead, key=lambda item: (item.told_on or item.due_on, item.what))
    assert first.told_on is not None  # noqa: S101 - chosen for it
    on = day(first.told_on, today=today)
    return f"If {first.what} is still open on {on}, {first.told} is told."


def day(of: date, *, today: date) -> str:
    """Return a day as mails say it: `Sat 14 November`, with its year if not this one."""
    year = f" {of.year}" if of.year != today.year else ""
    return f"{of:%a} {of.day} {of:%B}{year}"


def wrapped(text: str) -> str:
    """Return the text in lines of 72 columns; an address is never broken."""
    return "\n".join(_fold(line) for line in text.strip().splitlines()) + "\n"


def _fold(line: str) -> str:
    indent = line[: len(line) - len(line.lstrip(" *"))]
    return "\n".join(
        textwrap.wrap(
            line.strip(),
            COLUMNS,
            initial_indent=line[: len(line) - len(line.lstrip())],
            subsequent_indent=" " * len(indent),
            break_long_words=False,
            break_on_hyphens=False,
        )
    )


def _this_week(item: Item, today: date) -> bool:
    return today <= item.due_on < today + timedelta(days=WEEK)


def _days(count: int) -> str:
    return "day" if count == 1 else "days"
