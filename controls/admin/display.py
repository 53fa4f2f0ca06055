"""What cells of lists and read-only fields show."""

from __future__ import annotations

import functools
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib import admin
from django.db.models import Q
from django.template import Context, Engine, Template
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from controls.models import AuditEvent, User

SHOWN_EVENTS = 200
"""A history shows so many, the newest first; the list of audit events has them all."""


@functools.cache
def _template(text: str) -> Template:
    return Engine.get_default().from_string("{% load srm %}" + text)


@functools.lru_cache(maxsize=256)
def _rendered(text: str, **values: str) -> SafeString:
    return _template(text).render(Context(values))


def kind(answer: str | None, provider: str = "A") -> SafeString:
    """Return the mark of an answer and its word."""
    if not answer:
        return SafeString("\N{EN DASH}")
    return _rendered("{% kind answer provider %}", answer=answer, provider=provider)


def mark(answer: str | None, provider: str = "A") -> SafeString:
    """Return the mark of an answer alone, for a column whose head says what it is."""
    if not answer:
        return SafeString("\N{EN DASH}")
    text = '{% mark answer provider %}<span class="vh">{{ answer|word }}</span>'
    return _rendered(text, answer=answer, provider=provider)


def state(token: str) -> SafeString:
    """Return the shape and word of a state."""
    return _rendered("{% state token %}", token=token)


def day(value: Any) -> str:
    """Return a date with its day first."""
    return _template("{{ value|day }}").render(Context({"value": value}))


def day_time(value: Any) -> str:
    """Return an instant with its day first."""
    return _template("{{ value|day_time }}").render(Context({"value": value}))


def owner(name: str | None, *, needed: bool) -> SafeString:
    """Return who answers for it, or that nobody does where somebody must."""
    if name:
        return format_html("{}", name)
    if needed:
        return format_html('<span class="nobody">{}</span>', "Nobody yet")
    return format_html('<span class="quiet">{}</span>', "not needed")


def link(url: str, text: object) -> SafeString:
    """Return a link."""
    return format_html('<a href="{}">{}</a>', url, text)


def yes_or_no(field: str, description: str) -> Any:
    """Return a column for a boolean, in words: the stock icon lets each "no" look wrong."""

    @admin.display(description=description, ordering=field)
    def shown(_screen: Any, row: Any) -> str:
        return "Yes" if getattr(row, field) else "No"

    return shown


def listed(items: Any) -> SafeString:
    """Return the items as a list, one a line."""
    rows = format_html_join("", "<li>{}</li>", ((item,) for item in items))
    return format_html("<ul>{}</ul>", rows) if rows else SafeString("\N{EN DASH}")


def as_json(value: Any) -> SafeString:
    """Return a stored structure, readable."""
    if value in (None, {}, []):
        return SafeString("\N{EN DASH}")
    text = json.dumps(value, indent=2, sort_keys=True, ensure_ascii=False)
    return format_html('<pre class="hash">{}</pre>', text)


def names_of(uuids: Any) -> dict[Any, str]:
    """Return what the people with these uuids are called. One query."""
    people = User.objects.get_queryset().filter(uuid__in=set(uuids))
    return dict(people.values_list("uuid", "name"))


def events_of(wanted: Q | None, user: User) -> list[dict[str, Any]]:
    """Return the visible events as the page of a history shows them."""
    if wanted is None:
        return []
    rows = list(
        AuditEvent.objects.visible_to(user).filter(wanted).order_by("-seq")[:SHOWN_EVENTS]
    )
    names = names_of(row.actor_uuid for row in rows)
    return [
        {
            "at": row.at,
            "by": names.get(row.actor_uuid, "somebody"),
            "what": said(row.verb),
            "detail": changes(row),
        }
        for row in rows
    ]


def said(verb: str) -> str:
    """Return a verb as a person reads it."""
    return verb.replace("-", " ").capitalize()


def changes(event: AuditEvent) -> str:
    """Return in words what an event changed: each field with its value before and after."""
    before, after = event.before or {}, event.after or {}
    told = []
    for name, value in after.items():
        old = before.get(name)
        if (value in (None, "", [], {}) and not old) or value == old:
            continue
        was = f"{_plain(old)} \N{RIGHTWARDS ARROW} " if old not in (None, "", []) else ""
        told.append(f"{name.replace('_', ' ')}: {was}{_plain(value)}")
    return "; ".join(told)


def _plain(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "\N{EN DASH}"
    return str(value) if value not in (None, "") else "\N{EN DASH}"


@dataclass(frozen=True, slots=True)
class Panel:
    """A table of related rows on the page of a record."""

    title: str
    heads: Sequence[str]
    rows: Sequence[Sequence[Any]]
    empty: str = "None yet."
    add_url: str = ""
    add_label: str = ""
    is_folded: bool = False
    """On a phone each cell stands below the one before: for rows of long text."""


def change_url(row: Any) -> str:
    """Return the address of a record's page."""
    opts = row._meta
    return reverse(f"admin:{opts.app_label}_{opts.model_name}_change", args=[row.pk])
