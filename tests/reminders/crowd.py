"""Many people who are to be told of one review today, and what became of it."""

from __future__ import annotations

from datetime import datetime

from django.test import override_settings

from controls.choices import MembershipRole, MessageState, ReminderChannel, ReminderState
from controls.models import AuditEvent, Message, Reminder
from controls.services.clock import day
from tests.make import make_duty, make_member, make_review, make_system
from tests.reminders.worlds import make_working_team

HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


def make_crowd(people: int, *, at: datetime) -> None:
    """A team of so many, all of whom are to be told today."""
    team = make_working_team("crowd")
    with override_settings(PASSWORD_HASHERS=HASHERS):
        for number in range(people):
            make_member(
                team, MembershipRole.CONTRIBUTOR, email=f"crowd{number}@example.com"
            )
        duty = make_duty(make_system(team, "ec2"))
    make_review(duty, first_due_on=day(at), lead_days=[])


def sent() -> int:
    """How many messages were sent, by the application's own list."""
    return Message.objects.filter(state=MessageState.SENT).count()


def waiting() -> int:
    """How many messages wait that no sender has taken."""
    return Message.objects.filter(state=MessageState.QUEUED).count()


def told_in_app() -> int:
    """How many reminders are there in the application."""
    rows = Reminder.objects.filter(channel=ReminderChannel.IN_APP, state=ReminderState.SENT)
    return rows.count()


def told_by_mail() -> int:
    """How many reminders were sent by mail."""
    rows = Reminder.objects.filter(channel=ReminderChannel.EMAIL, state=ReminderState.SENT)
    return rows.count()


def recorded() -> int:
    """How often the trail says that a message was sent."""
    return AuditEvent.objects.filter(verb="message-sent").count()
