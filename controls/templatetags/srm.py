"""The components of the interface as template tags: marks, kinds, states, bars, dates.

Every tag escapes what it is given and returns safe HTML. Words: `controls.choices`.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django import template
from django.contrib.admin.views.main import PAGE_VAR, ChangeList
from django.template import Context
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.text import slugify

from controls.choices import Answer, WorkflowState

register = template.Library()

STEMS: dict[str, str] = {
    Answer.INHERITED: "a",
    Answer.INHERITED_IF_CONFIGURED: "ap",
    Answer.SHARED: "s",
    Answer.PARALLEL: "p",
    Answer.CUSTOMER_SPECIFIC: "c",
    Answer.UNDETERMINED: "u",
    Answer.NOT_APPLICABLE: "n",
    "": "0",
}
"""Class stem by answer: `mark-a`, `k-a`, token `--srm-a`. No answer at all has stem `0`."""

LETTERS: dict[str, str] = {
    Answer.INHERITED: "{}",
    Answer.INHERITED_IF_CONFIGURED: "{}+",
    Answer.SHARED: "S",
    Answer.PARALLEL: "P",
    Answer.CUSTOMER_SPECIFIC: "C",
    Answer.UNDETERMINED: "?",
    Answer.NOT_APPLICABLE: "\N{EN DASH}",
    "": "\N{MIDDLE DOT}",
}
"""What a mark shows; the braces take the letter of the provider."""

NO_LAYER = "No layer of this control here"

STATE_WORDS: dict[str, str] = {
    **dict(WorkflowState.choices),
    "accepted": "Accepted",
    "rejected": "Returned",
    "submitted": "Handed in",
    "withdrawn": "Withdrawn",
    "overdue": "Overdue",
    "suspect": "Suspect",
    "disputed": "Disputed",
}

TONES = frozenset({"neutral", "ok", "late", "doubt"})


def stem(answer: str | None) -> str:
    """Return the class stem of an answer. Raises ValueError for a token that is none."""
    return STEMS[Answer(answer) if answer else ""]


def letter(answer: str | None, provider: str = "A") -> str:
    """Return what the mark of an answer shows. Raises ValueError for an unknown token."""
    return LETTERS[Answer(answer) if answer else ""].format(provider)


def word(answer: str | None) -> str:
    """Return the word of an answer. Raises ValueError for a token that is none."""
    return str(Answer(answer).label) if answer else NO_LAYER


@register.simple_tag
def mark(answer: str | None, provider: str = "A") -> SafeString:
    """The letter with its edges. Hidden from screen readers: a word stands beside it."""
    return format_html(
        '<span class="mark mark-{}" aria-hidden="true">{}</span>',
        stem(answer),
        letter(answer, provider),
    )


@register.simple_tag
def kind(answer: str | None, provider: str = "A", label: str = "") -> SafeString:
    """The mark and its word; `label` says something else instead of the word."""
    return format_html(
        '<span class="kind">{}{}</span>', mark(answer, provider), label or word(answer)
    )


register.filter("stem", stem)
register.filter("word", word)


@register.simple_tag
def state(token: str, label: str = "") -> SafeString:
    """A shape and a word: approved, returned, overdue, suspect and the like."""
    said = label or STATE_WORDS.get(token) or str(token).replace("-", " ").capitalize()
    return format_html('<span class="state state-{}">{}</span>', slugify(token), said)


@register.simple_tag
def pill(text: object, tone: str = "neutral") -> SafeString:
    """A word on a ground, for one thing per card. Raises ValueError for an unknown tone."""
    if tone not in TONES:
        raise ValueError(f"A pill is one of {', '.join(sorted(TONES))}, not {tone}.")
    return format_html('<span class="pill {}">{}</span>', tone, text)


@register.simple_tag
def icon(name: str, label: str = "") -> SafeString:
    """An icon of the sprite, always beside a word: a visible one, or the hidden `label`."""
    drawn = format_html(
        '<svg class="ico" aria-hidden="true"><use href="#i-{}"></use></svg>', slugify(name)
    )
    if not label:
        return drawn
    return format_html('{}<span class="vh">{}</span>', drawn, label)


GAP = 2.0
"""Pixels between the two rails, and between two parts of a split bar."""


def _part(answer: str, x: float, width: float, rail: float) -> SafeString:
    """Return one part of a split bar: the provider's rail above, ours below."""
    low = rail + GAP
    if answer == Answer.PARALLEL:
        row = (
            '<line class="{}" x1="{}" x2="{}" y1="{}" y2="{}" stroke-width="{}" '
            'stroke-dasharray="5 2"></line>'
        )
        lines = (("st-a", rail / 2), ("st-c", low + rail / 2))
        return format_html_join(
            "",
            row,
            ((name, f"{x:.1f}", f"{x + width:.1f}", y, y, rail) for name, y in lines),
        )
    if answer == Answer.UNDETERMINED:
        rects = [("seg-u", 1.0, 2 * rail + GAP - 2)]
    else:
        ours = ("f-c", low, rail / 2 if answer == Answer.INHERITED_IF_CONFIGURED else rail)
        theirs = ("f-a", 0.0, rail)
        nobody = (("t-n", 0.0, rail), ("t-n", low, rail))
        rects = {
            Answer.INHERITED: [theirs, nobody[1]],
            Answer.INHERITED_IF_CONFIGURED: [theirs, nobody[1], ours],
            Answer.SHARED: [theirs, ours],
            Answer.CUSTOMER_SPECIFIC: [nobody[0], ours],
            Answer.NOT_APPLICABLE: list(nobody),
        }[Answer(answer)]
    return format_html_join(
        "",
        '<rect class="{}" x="{}" y="{}" width="{}" height="{}"></rect>',
        ((name, f"{x:.1f}", y, f"{width:.1f}", high) for name, y, high in rects),
    )


@register.simple_tag
def split_bar(
    counts: Mapping[str, int],
    width: int = 720,
    height: int = 30,
    provider: str = "A",
    legend: bool = True,  # noqa: FBT001, FBT002 - tag arguments are named in the template
) -> SafeString:
    """Who carries how much: two rails, with the counts as text and in the label.

    `counts` maps answers to numbers; zeros are left out. One unit is one pixel.
    Raises ValueError for a token that is no answer.
    """
    shown = [(answer, counts.get(answer, 0)) for answer in Answer.values]
    shown = [(answer, count) for answer, count in shown if count > 0]
    unknown = set(counts) - set(Answer.values)
    if unknown:
        raise ValueError(f"Not an answer: {', '.join(sorted(unknown))}.")
    if not shown:
        return format_html('<p class="quiet">{}</p>', "No control in scope yet.")
    total = sum(count for _, count in shown)
    room = width - GAP * (len(shown) - 1)
    rail = (height - GAP) / 2
    x = 0.0
    parts = []
    for answer, count in shown:
        length = room * count / total
        parts.append((_part(answer, x, length, rail),))
        x += length + GAP
    said = [(answer, f"{count} {word(answer).lower()}") for answer, count in shown]
    bar = format_html(
        '<svg class="split" viewBox="0 0 {0} {1}" width="{0}" height="{1}" '
        'preserveAspectRatio="none" role="img" aria-label="{2}">{3}</svg>',
        width,
        height,
        ", ".join(text for _, text in said),
        format_html_join("", "{}", parts),
    )
    if not legend:
        return bar
    kinds = ((kind(answer, provider, text),) for answer, text in said)
    return format_html(
        '{}<div class="legend">{}</div>', bar, format_html_join("", "{}", kinds)
    )


def _local(value: date | datetime) -> date | datetime:
    aware = isinstance(value, datetime) and timezone.is_aware(value)
    return timezone.localtime(value) if aware else value  # type: ignore[arg-type]


@register.filter
def day(value: date | datetime | None) -> str:
    """Return `14 Nov`, with the year if it is not this one; nothing for nothing."""
    if not value:
        return ""
    local = _local(value)
    text = f"{local.day} {local:%b}"
    this_year = timezone.localdate().year  # noqa: TID251 - a template is an interface
    return text if local.year == this_year else f"{text} {local.year}"


@register.filter
def near_day(value: date | None) -> str:
    """Return `Mon 14 Nov` for a day within a week from now on, else as `day` does."""
    if not value:
        return ""
    ahead = (value - timezone.localdate()).days  # noqa: TID251 - a template is an interface
    return f"{value:%a} {day(value)}" if 0 <= ahead <= 7 else day(value)


@register.filter
def every_words(schedule: Any) -> str:
    """Return how often a schedule comes: `month`, `6 months`."""
    unit = str(schedule.get_unit_display())
    return unit.removesuffix("s") if schedule.every == 1 else f"{schedule.every} {unit}"


STAGES: dict[str, str] = {
    "lead": "due in {}",
    "due": "due on the day",
    "overdue": "{} late",
    "escalation": "{} late, told to the manager",
}


@register.filter
def stage_words(stage: str) -> str:
    """Return what a stage of a reminder says: `due in 7 days` for `lead-7`."""
    name, _, count = str(stage).partition("-")
    days = f"{count} day" if count == "1" else f"{count} days"
    return STAGES.get(name, str(stage)).format(days)


@register.filter
def day_time(value: datetime | None) -> str:
    """Return `14 Nov, 09:12` in the zone in force; nothing for nothing."""
    return f"{day(value)}, {_local(value):%H:%M}" if value else ""


@dataclass(frozen=True)
class NavItem:
    """One entry of the navigation."""

    label: str
    url: str
    current: bool


@dataclass(frozen=True)
class NavEntry:
    """A place in the workspace. The first of `names` that resolves is its address.

    `under` are paths, relative to the admin index, of pages that belong to it; `holds` are
    names of others that do.
    """

    label: str
    names: tuple[str, ...]
    under: tuple[str, ...] = ()
    exact: bool = False
    holds: tuple[str, ...] = ()


WORKSPACE: tuple[NavEntry, ...] = (
    NavEntry("Overview", ("admin:index",), exact=True),
    NavEntry("Systems", ("workspace:systems",)),
    NavEntry("Matrix", ("workspace:matrices",)),
    NavEntry("Approvals", ("workspace:queue",)),
    NavEntry("Reviews", ("portal:reviews",)),
    NavEntry("Evidence", ("portal:evidence",)),
    NavEntry("Training", ("workspace:training",)),
    NavEntry("All records", ("admin:records",), under=("controls/", "evidence/")),
    NavEntry("API docs", ("api-docs",)),
)
"""The navigation of the workspace, in order. An entry shows once its page exists."""

PORTAL: tuple[NavEntry, ...] = (
    NavEntry("My work", ("portal:my-work",), exact=True, holds=("portal:reviews",)),
    NavEntry("Our evidence", ("portal:evidence",)),
    NavEntry("Training", ("portal:training",)),
)
"""The navigation of the pages that teams use."""


def _address(names: Iterable[str]) -> str:
    for name in names:
        try:
            return reverse(name)
        except NoReverseMatch:
            continue
    return ""


@register.simple_tag(takes_context=True)
def workspace_nav(context: Context) -> list[NavItem]:
    """Return the entries whose pages exist; the longest matching path is current."""
    return _items(WORKSPACE, context)


@register.simple_tag(takes_context=True)
def portal_nav(context: Context) -> list[NavItem]:
    """Return the entries of the pages that teams use."""
    return _items(PORTAL, context)


def _items(entries: Iterable[NavEntry], context: Context) -> list[NavItem]:
    request = context.get("request")
    path = request.path if request else ""
    root = _address(["admin:index"])
    found = []
    for entry in entries:
        url = _address(entry.names)
        if not url:
            continue
        starts = [root + part for part in entry.under]
        starts += filter(None, map(_address, zip(entry.holds, strict=True)))
        if not entry.exact or path == url:
            starts.append(url)
        fit = max((len(start) for start in starts if path.startswith(start)), default=0)
        found.append((entry.label, url, fit))
    best = max((fit for _, _, fit in found), default=0)
    return [NavItem(label, url, bool(fit) and fit == best) for label, url, fit in found]


@dataclass(frozen=True)
class ActiveFilter:
    """One filter of a list that is on, and the address of the list without it."""

    title: str
    choice: str
    remove: str


@register.simple_tag
def active_filters(cl: ChangeList) -> list[ActiveFilter]:
    """Return the filters that are on. The first choice of a filter is its "All"."""
    plain = copy.copy(cl)
    plain.add_facets = False  # the words are needed, not the counts: no query
    active: list[ActiveFilter] = []
    for spec in cl.filter_specs:
        choices = list(spec.choices(plain))
        active.extend(
            ActiveFilter(
                str(spec.title), str(choice["display"]), str(choices[0]["query_string"])
            )
            for choice in choices[1:]
            if choice["selected"]
        )
    return active


@register.simple_tag
def page_link(cl: ChangeList, number: int) -> str:
    """Return the address of a page of a list, with its filters."""
    return cl.get_query_string({PAGE_VAR: number})


FACET = re.compile(r"^(?P<label>.+) \((?P<count>\d+|-)\)$", re.DOTALL)


@register.filter
def facet(display: object) -> tuple[str, str]:
    """Split `Inherited (33)` of a filter with counts into its word and its count."""
    match = FACET.match(str(display))
    return (match["label"], match["count"]) if match else (str(display), "")


@register.filter
def join_words(value: object) -> str:
    """Return a list as words with commas, anything else as it reads."""
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
