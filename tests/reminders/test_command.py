"""`manage.py run_reminders`: the same as beat and the workers, without them."""

from io import StringIO

import pytest
from django.core import mail
from django.core.management import CommandError, call_command

from controls.models import AuditEvent, Message, Reminder
from tests.reminders.test_sending import REFUSING
from tests.reminders.worlds import make_due

pytestmark = pytest.mark.django_db

DUE = "2026-04-01T12:00:00+00:00"


def run(*arguments):
    """Run the command; return what it printed."""
    out = StringIO()
    call_command("run_reminders", *arguments, stdout=out)
    return out.getvalue()


def test_the_second_run_sends_nothing():
    make_due()

    assert run("--at", DUE) == "1 reminder, 1 message sent, 0 dropped\n"
    assert run("--at", DUE) == "0 reminders, 0 messages sent, 0 dropped\n"
    assert len(mail.outbox) == 1


def test_a_digest_waits_for_its_hour_unless_it_is_to_go_early():
    make_due()
    night = "2026-04-01T03:00:00+00:00"

    assert run("--at", night) == "1 reminder, 0 messages sent, 0 dropped\n"
    assert run("--at", night, "--early") == "0 reminders, 1 message sent, 0 dropped\n"
    assert run("--at", DUE) == "0 reminders, 0 messages sent, 0 dropped\n"


def test_a_run_that_is_early_from_the_start_sends_at_once():
    make_due()

    told = run("--at", "2026-04-01T03:00:00+00:00", "--early")

    assert told == "1 reminder, 1 message sent, 0 dropped\n"


def test_an_instant_without_an_offset_is_the_organisations(settings):
    settings.TIME_ZONE = "Pacific/Auckland"
    make_due(lead_days=[])

    assert run("--at", "2026-04-01T12:59").startswith("0 reminders")
    assert run("--at", "2026-04-01T13:01").startswith("1 reminder,")


def test_a_dry_run_says_who_would_be_told_and_writes_and_sends_nothing():
    world = make_due()
    events = AuditEvent.objects.count()

    told = run("--at", DUE, "--dry-run")

    assert told == (
        f"{world.owner.email}: Patches ({world.system.name}), due\n"
        "Nothing written, nothing sent: 1 reminder would be new, "
        "0 messages of earlier ones would be sent\n"
    )
    assert Reminder.objects.count() + Message.objects.count() == 0
    assert AuditEvent.objects.count() == events
    assert mail.outbox == []


def test_a_message_that_was_not_sent_is_an_error(settings):
    settings.EMAIL_BACKEND = REFUSING
    make_due()

    with pytest.raises(CommandError, match="1 message not sent"):
        run("--at", DUE)


def test_an_instant_that_is_none_is_said_in_one_line():
    with pytest.raises(CommandError, match="'yesterday' is not an instant"):
        run("--at", "yesterday")
