"""A comparison as plain data and as lines of text: the API, the commands and the pages say
the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from controls.rules.comparison import (
    MOVES,
    Comparison,
    ControlChange,
    DutyChange,
    End,
    ScheduleChange,
    Side,
    Subject,
    courses,
    said,
)
from controls.rules.explanation import WORDS
from controls.rules.reasons import Carried, Reason, Words

ARROW = "\N{RIGHTWARDS ARROW}"


def as_data(found: Comparison) -> dict[str, Any]:
    """Return the comparison as JSON holds it, but for dates."""
    return {
        "question": found.question,
        "before": _end(found.before),
        "after": _end(found.after),
        "counts": {
            "compared": found.compared,
            "changed": len(found.changes),
            "other_answer": found.move_side,
            "become_suspect": found.become_suspect,
            "no_longer_suspect": found.clear,
            "only_before": len(found.only_before),
            "only_after": len(found.only_after),
            "duties": courses(found.duties),
            "reviews": courses(found.reviews),
        },
        "controls": [_change(change) for change in found.changes],
        "only_before": [
            {**_subject(subject), **_side(side)} for subject, side in found.only_before
        ],
        "only_after": [
            {**_subject(subject), **_side(side)} for subject, side in found.only_after
        ],
        "duties": [_duty(change) for change in found.duties],
        "reviews": [_review(change) for change in found.reviews],
    }


def lines(found: Comparison) -> Iterator[str]:
    """Yield the comparison as a person reads it in a terminal."""
    yield found.question
    yield from summary(found)
    for end in (found.before, found.after):
        yield f"{end.label}: {_split(end)}."
    yield from _section("Controls that change", map(_control_lines, found.changes))
    for where, only in (
        (found.words.before, found.only_before),
        (found.words.after, found.only_after),
    ):
        told = ([f"{s.label} {s.title}: {_said(side)}"] for s, side in only)
        yield from _section(f"Only in scope {where}", told)
    shown = [change for change in found.duties if change.course != MOVES]
    moved = [change.subject.label for change in found.duties if change.course == MOVES]
    rows = (_duty_lines(change, found.words) for change in shown)
    yield from _section("Duties", rows)
    if moved:
        yield f"\nDuties that move ({len(moved)})"
        yield f"The same layers on other services: {', '.join(moved)}"
    rows = (_review_lines(change, found.words) for change in found.reviews)
    yield from _section("Reviews", rows)


def summary(found: Comparison) -> list[str]:
    """Return how much differs, one sentence each."""
    told = [
        f"{len(found.changes)} of {found.compared} controls change, "
        f"{found.move_side} of them their answer.",
        f"Duties: {_counted(found, found.duties)}.",
        f"Reviews: {_counted(found, found.reviews)}.",
    ]
    if found.become_suspect:
        told.insert(1, f"{_decisions(found.become_suspect)} into doubt.")
    if found.clear:
        told.insert(1, f"{_decisions(found.clear)} out of doubt.")
    return told


def _decisions(count: int) -> str:
    return f"{count} decisions come" if count != 1 else "1 decision comes"


def _counted(found: Comparison, changes: Sequence[DutyChange | ScheduleChange]) -> str:
    counts = courses(changes)
    told = [f"{_small(said(c, found.words))} {count}" for c, count in counts.items()]
    return ", ".join(told) or "no difference"


def _small(word: str) -> str:
    return word[0].lower() + word[1:]


def _split(end: End) -> str:
    told = [f"{count} {WORDS[a].lower()}" for a, count in sorted(end.answers.items())]
    return f"{', '.join(told) or 'nothing'}; {end.duties} duties, {end.reviews} reviews"


def _section(title: str, items: Iterable[Iterable[str]]) -> Iterator[str]:
    rows = list(items)
    if rows:
        yield ""
        yield f"{title} ({len(rows)})"
        for row in rows:
            yield from row


def _control_lines(change: ControlChange) -> Iterator[str]:
    before, after = change.before, change.after
    told = f"{change.subject.label} {change.subject.title}: {_turned(before, after)}"
    if change.doubt:
        told += f"; the decision {change.doubt.replace('-', ' ', 1)}"
    yield told
    for reason in change.reasons:
        yield f"    {reason.text}"


def _turned(before: Side, after: Side) -> str:
    old, new = _said(before), _said(after)
    return f"{old}, as before" if old == new else f"{old} {ARROW} {new}"


def _said(side: Side) -> str:
    """Return the answer, and what was decided where that is another kind."""
    told = WORDS[side.answer].lower()
    decided = side.decided and side.decided != side.derived
    return f"{told} (decided: {WORDS[side.decided].lower()})" if decided else told


def _duty_lines(change: DutyChange, words: Words) -> Iterator[str]:
    told = change.before or change.after
    if change.before and change.after:
        told = f"{change.before} {ARROW} {change.after}"
    now = " (in force)" if change.in_force else ""
    course = said(change.course, words)
    yield f"{course}: {change.subject.label} {change.task}: {told}{now}"


def _review_lines(change: ScheduleChange, words: Words) -> Iterator[str]:
    rhythm = change.rhythm
    yield (
        f"{said(change.course, words)}: {change.subject.label} {change.task}: "
        f"{rhythm.title}, "
        f"{rhythm.interval}" + (f" ({rhythm.source})" if rhythm.source else "")
    )


def _end(end: End) -> dict[str, Any]:
    return {
        "label": end.label,
        "system": end.system,
        "name": end.name,
        "on": end.on,
        "services": [{"variant": key, "name": name} for key, name in end.services.items()],
        "answers": {str(answer): count for answer, count in sorted(end.answers.items())},
        "duties": end.duties,
        "reviews": end.reviews,
    }


def _subject(subject: Subject) -> dict[str, Any]:
    return {
        "control_id": subject.control_id,
        "label": subject.label,
        "title": subject.title,
        "group": subject.group,
        "catalog": subject.catalog,
    }


def _side(side: Side) -> dict[str, Any]:
    return {
        "answer": side.answer,
        "derived_kind": side.derived,
        "kind": side.kind,
        "decided": (
            {"number": side.number, "state": side.state, "kind": side.decided}
            if side.decided
            else None
        ),
        "suspect": side.suspect,
    }


def _change(change: ControlChange) -> dict[str, Any]:
    return {
        **_subject(change.subject),
        "before": _side(change.before),
        "after": _side(change.after),
        "doubt": change.doubt,
        "reasons": [_reason(reason) for reason in change.reasons],
    }


def _reason(reason: Reason) -> dict[str, Any]:
    return {
        "layer": reason.layer,
        "before": [_carried(item) for item in reason.before],
        "after": [_carried(item) for item in reason.after],
        "text": reason.text,
    }


def _carried(item: Carried) -> Mapping[str, Any]:
    return {"value": item.value, "services": list(item.services), "note": item.note}


def _duty(change: DutyChange) -> dict[str, Any]:
    return {
        **_subject(change.subject),
        "course": change.course,
        "task": change.task,
        "before": change.before or None,
        "after": change.after or None,
        "in_force": change.in_force,
    }


def _review(change: ScheduleChange) -> dict[str, Any]:
    rhythm = change.rhythm
    return {
        **_subject(change.subject),
        "course": change.course,
        "task": change.task,
        "cadence": rhythm.key,
        "title": rhythm.title,
        "kind": rhythm.kind,
        "every": rhythm.every,
        "unit": rhythm.unit,
        "source": rhythm.source,
    }
