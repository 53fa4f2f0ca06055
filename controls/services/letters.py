"""Writes the mail of a message from the reviews that it reminds of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.template.loader import render_to_string

from controls.models import Reminder, Review, Team, User
from controls.rules import letters, moments, stages
from controls.rules.letters import Item

HTML, TEXT = "controls/mail/digest.html", "controls/mail/digest.txt"


@dataclass(frozen=True, slots=True)
class Letter:
    """A mail, ready to be sent."""

    subject: str
    text: str
    html: str


def write(*, reminders: Sequence[Reminder], recipient: User, at: datetime) -> Letter:
    """Return the mail that tells a person of these reminders at an instant.

    Two queries. The reminders have their teams loaded. Days are the person's own.
    """
    zone = ZoneInfo(recipient.time_zone)
    today = moments.day(at, zone=zone)
    items = _items(reminders, today)
    told = {
        "subject": " ".join(letters.subject(items, today=today).split()),
        "summary": letters.summary(items, today=today),
        "sections": _sections(items, today),
        "more": letters.more(items),
        "home": f"{settings.BASE_URL}/",
        "next_step": letters.next_step(items, today=today),
        "because": _because(reminders),
        "rhythm": f"At most one mail a day, on working days from "
        f"{settings.DIGEST_HOUR:02}:00 ({recipient.time_zone}).",
    }
    return Letter(
        subject=str(told["subject"]),
        text=letters.wrapped(render_to_string(TEXT, {"letter": told})),
        html=render_to_string(HTML, {"letter": told}),
    )


def _items(reminders: Sequence[Reminder], today: date) -> list[Item]:
    """Return one item for each review, whatever it is told for."""
    by_review: dict[Any, list[Reminder]] = {}
    for reminder in reminders:
        by_review.setdefault(reminder.subject_uuid, []).append(reminder)
    reviews = Review.objects.filter(uuid__in=by_review).select_related(
        "schedule__duty__responsibility__system",
        "schedule__duty__responsibility__control",
        "schedule__duty__responsibility__part",
    )
    managers = dict(
        Team.objects.filter(
            pk__in={row.team_id for row in reminders}, manager__is_active=True
        ).values_list("pk", "manager_id")
    )
    return [_item(row, by_review[row.uuid], managers, today) for row in reviews]


def _item(
    review: Review, reminders: Sequence[Reminder], managers: dict[int, int], today: date
) -> Item:
    schedule, duty = review.schedule, review.schedule.duty
    responsibility = duty.responsibility
    team = reminders[0].team
    name = team.name if team else ""
    escalated = all(stages.is_escalation(row.stage) for row in reminders)
    ahead = review.due_on + timedelta(days=schedule.escalate_after_days)
    will_tell = bool(schedule.escalate_after_days) and ahead > today and not escalated
    managed = team is not None and team.pk in managers
    label = responsibility.label
    if escalated:
        why = f"{name} has it: {duty.what} ({label})."
    else:
        why = f"Yours: {duty.what} ({label})."
    return Item(
        what=schedule.title,
        where=responsibility.system.name,
        why=why,
        due_on=review.due_on,
        url=f"{settings.BASE_URL}/reviews/{review.uuid}/",
        team=name,
        told_on=ahead if will_tell else None,
        told=f"the manager of {name}" if managed else "the GRC lead",
    )


def _sections(items: Sequence[Item], today: date) -> list[dict[str, Any]]:
    first = letters.ordered(items)[0]
    return [
        {
            "heading": section.heading,
            "items": [
                {
                    **asdict(item),
                    "when": letters.when(item, today=today),
                    "late": letters.late(item, today=today),
                    "first": item is first,
                }
                for item in section.items
            ],
        }
        for section in letters.sections(items, today=today)
    ]


def _because(reminders: Sequence[Reminder]) -> str:
    """Return why the person is told: for which teams' work, and whom they lead."""
    work, lead = (
        sorted(
            {
                row.team.name
                for row in reminders
                if row.team and stages.is_escalation(row.stage) == escalated
            }
        )
        for escalated in (False, True)
    )
    parts = []
    if work:
        parts.append(f"you do the work of {' and '.join(work)}")
    if lead:
        parts.append(f"what {' and '.join(lead)} left open is told to you")
    return f"You get this because {', and '.join(parts)}."
