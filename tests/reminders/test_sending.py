"""What waits is looked at once more, sent once, written down; failures are tried again."""

import smtplib
from datetime import timedelta

import pytest
from django.core import mail
from django.core.mail import EmailMultiAlternatives
from django.core.mail.backends.locmem import EmailBackend

from controls.choices import AuditVerb, MembershipRole, MessageState, ReminderState
from controls.errors import ConflictError, NotAllowedError
from controls.models import AuditEvent, Membership, Message, Reminder
from controls.services import letters, messages, people, reminders, reviews, teams
from controls.services.messages import LEASE, Outcome
from controls.services.setup import system_user
from tests.make import MONDAY, make_grc_lead, make_member, make_membership, make_review
from tests.reminders.worlds import DUE_ON, after, make_due, make_working_team

pytestmark = pytest.mark.django_db


class Refusing(EmailBackend):
    """A mail server that takes nothing."""

    def send_messages(self, email_messages):
        refused = dict.fromkeys(email_messages[0].to, (550, b"no such box"))
        raise smtplib.SMTPRecipientsRefused(refused)


REFUSING = f"{__name__}.Refusing"


def queue(days, *, hour=6):
    return reminders.queue_due(at=after(days, hour=hour))


def send(days, *, hour=8, minute=0):
    """Send what waits; return what became of it."""
    at = after(days, hour=hour) + timedelta(minutes=minute)
    with messages.Postbox() as postbox:
        return [*iter(lambda: messages.send_next(at=at, postbox=postbox), None)]


def states():
    """Where the reminders that go by mail stand, and why they were dropped."""
    rows = Reminder.objects.filter(channel="email").order_by("pk")
    return [(row.stage, row.state, row.why_dropped) for row in rows]


def test_a_digest_goes_out_at_its_hour_and_once():
    world = make_due()
    queue(-7)

    assert send(-7, hour=6) == []
    assert send(-7, hour=7) == [Outcome.SENT]
    assert send(-7, hour=7) == []

    (sent,) = mail.outbox
    message = Message.objects.get()
    assert sent.to == [world.owner.email]
    assert sent.extra_headers["Message-ID"] == message.header_id
    assert (sent.subject, sent.body) == (message.subject, message.text)
    assert isinstance(sent, EmailMultiAlternatives)
    assert [part[0] for part in sent.alternatives] == [message.html]
    assert message.state == MessageState.SENT
    assert message.sent_at == after(-7, hour=7)
    assert states() == [("lead-7", ReminderState.SENT, "")]


def test_the_record_says_to_whom_for_which_day_and_nothing_of_the_text():
    world = make_due()
    queue(-7)
    send(-7)

    event = AuditEvent.objects.get(verb=AuditVerb.MESSAGE_SENT)
    assert event.target_uuid == Message.objects.get().uuid
    assert event.after == {
        "recipient": str(world.owner.uuid),
        "channel": "email",
        "digest": "2026-03-25",
        "reminders": 1,
    }
    assert world.owner.name not in event.target_label


def test_all_that_is_due_on_a_day_goes_in_one_mail():
    world = make_due()
    for number in range(3):
        make_review(world.duty, title=f"Review {number}", first_due_on=DUE_ON)
    queue(0)

    assert send(0) == [Outcome.SENT]
    assert mail.outbox[0].subject.startswith("4 due this week: ")


def complete(review, at):
    review.refresh_from_db()
    reviews.complete(
        review=review, version=review.version, outcome="satisfied", by=system_user(), at=at
    )


def test_what_is_done_between_queueing_and_sending_is_not_sent():
    world = make_due()
    queue(0)
    complete(world.review, after(0, hour=7))

    assert send(0) == [Outcome.DROPPED]
    assert mail.outbox == []
    assert states() == [("due", ReminderState.DROPPED, "The review was completed before.")]
    assert Message.objects.get().state == MessageState.DROPPED


def test_the_rest_of_a_digest_is_sent_without_what_was_done():
    world = make_due()
    other = make_review(world.duty, title="Access", first_due_on=DUE_ON)
    queue(0)
    complete(world.review, after(0, hour=7))

    assert send(0) == [Outcome.SENT]
    (sent,) = mail.outbox
    assert str(other.uuid) in sent.body
    assert str(world.review.uuid) not in sent.body
    assert {state for _, state, _ in states()} == {
        ReminderState.SENT,
        ReminderState.DROPPED,
    }


def leave(world):
    membership = Membership.objects.get(user=world.owner)
    teams.end_membership(membership=membership, by=system_user(), at=MONDAY)


def look_on(world):
    make_membership(world.owner, world.team, MembershipRole.VIEWER)


def lock_out(world):
    people.deactivate(
        user=world.owner, version=world.owner.version, by=system_user(), at=MONDAY
    )


def snooze(world):
    reviews.snooze(
        review=world.review,
        version=world.review.version,
        until=DUE_ON + timedelta(days=5),
        reason="Frozen",
        by=system_user(),
        at=MONDAY,
    )


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (leave, "no longer answers"),
        (look_on, "no longer answers"),
        (lock_out, "may no longer sign in"),
        (snooze, "keep quiet"),
    ],
)
def test_whoever_is_not_to_be_told_any_more_is_not_told(change, why):
    world = make_due()
    queue(0)
    change(world)

    assert send(0) == [Outcome.DROPPED]
    assert mail.outbox == []
    assert why in states()[0][2]


def test_a_digest_that_was_dropped_takes_what_comes_on_the_same_day():
    world = make_due()
    queue(0)
    complete(world.review, after(0, hour=7))
    send(0)
    make_review(world.duty, title="Late set", first_due_on=DUE_ON)
    queue(0, hour=15)

    assert send(0, hour=16) == [Outcome.SENT]
    assert Message.objects.count() == 1


def test_a_person_gets_one_digest_a_day():
    world = make_due()
    queue(0)
    send(0)
    make_review(world.duty, title="Late set", first_due_on=DUE_ON)
    queue(0, hour=15)

    assert send(0, hour=16) == []
    assert send(1) == [Outcome.DROPPED]  # by then it is overdue, and told as that
    queue(1, hour=9)
    assert send(1, hour=10) == [Outcome.SENT]
    assert len(mail.outbox) == 2


def test_a_digest_whose_day_is_over_is_put_off_until_the_next_sweep():
    make_due(overdue_every_days=0)
    queue(1)

    assert send(3) == [Outcome.PUT_OFF]
    queue(3, hour=9)
    assert send(3, hour=10) == [Outcome.SENT]
    assert Message.objects.get(state=MessageState.SENT).digest_key == "2026-04-04"


def test_a_failure_is_tried_again_later_and_later_and_given_up_after_the_fifth(settings):
    settings.EMAIL_BACKEND = REFUSING
    world = make_due()
    queue(0)
    begun, waited, at = after(0, hour=7), [], 0
    for _ in range(5):
        assert send(0, hour=7, minute=at - 1) == []
        assert send(0, hour=7, minute=at) == [Outcome.FAILED]
        then = Message.objects.get().next_attempt_at - begun
        waited.append(int(then.total_seconds() // 60) - at)
        at += waited[-1]

    message = Message.objects.get()
    assert waited[:4] == [1, 5, 25, 125]
    assert (message.state, message.attempts) == (MessageState.FAILED, 5)
    assert "550" in message.last_error
    assert world.owner.email not in message.last_error
    assert AuditEvent.objects.filter(verb=AuditVerb.MESSAGE_FAILED).count() == 1
    assert send(1) == []


def given_up(settings):
    """A message that was given up, the mail server being well again."""
    backend, settings.EMAIL_BACKEND = settings.EMAIL_BACKEND, REFUSING
    make_due()
    queue(0)
    for minute in (0, 1, 6, 31, 156):
        send(0, minute=minute)
    settings.EMAIL_BACKEND = backend
    return Message.objects.get(state=MessageState.FAILED)


def test_what_was_given_up_is_queued_again_by_whoever_may(settings):
    message = given_up(settings)
    messages.queue_again(message=message, by=make_grc_lead(), at=after(0, hour=12))
    queue(0, hour=12)

    assert send(0, hour=12) == [Outcome.SENT]
    with pytest.raises(ConflictError):
        messages.queue_again(message=message, by=make_grc_lead(), at=after(0, hour=12))
    assert AuditEvent.objects.filter(verb=AuditVerb.MESSAGE_QUEUED_AGAIN).count() == 1


def test_nobody_else_queues_it_again(settings):
    message = given_up(settings)
    lead = make_member(make_working_team(), MembershipRole.LEAD)

    with pytest.raises(NotAllowedError):
        messages.queue_again(message=message, by=lead, at=after(0))


def test_a_message_that_cannot_be_written_does_not_keep_the_others(monkeypatch):
    broken, fine = make_due(), make_due()
    queue(0)
    write = letters.write

    def crash(*, reminders, recipient, at):
        if recipient == broken.owner:
            raise RuntimeError("cannot be written")
        return write(reminders=reminders, recipient=recipient, at=at)

    monkeypatch.setattr(letters, "write", crash)
    for minute in (0, 1, 6, 31, 156):
        send(0, minute=minute)

    assert [sent.to for sent in mail.outbox] == [[fine.owner.email]]
    message = Message.objects.get(recipient=broken.owner)
    assert (message.state, message.attempts) == (MessageState.FAILED, 5)
    assert message.last_error == "RuntimeError: cannot be written"


def test_what_a_dead_sender_left_is_sent_when_its_lease_is_over_with_the_same_id():
    make_due()
    queue(0)
    begun = after(0, hour=8)
    assert messages._claim(at=begun) is not None

    assert send(0) == []
    assert send(0, minute=LEASE.seconds // 60) == [Outcome.SENT]
    assert Message.objects.get().attempts == 2


def test_a_message_whose_senders_die_is_given_up_after_the_fifth():
    make_due()
    queue(0)
    for number in range(5):
        assert messages._claim(at=after(0, hour=8) + number * LEASE) is not None

    assert send(0, minute=30) == [Outcome.FAILED]
    assert mail.outbox == []
    assert Message.objects.get().state == MessageState.FAILED


def test_a_sender_whose_message_was_taken_over_writes_nothing_down():
    make_due()
    queue(0)
    first = messages._claim(at=after(0, hour=8))
    assert first is not None
    second = messages._claim(at=after(0, hour=8) + LEASE)
    assert second is not None

    done = messages._write_sent(
        lease=first, reminders=[], by=system_user(), at=after(0, hour=9)
    )

    assert not done
    assert Message.objects.get().state == MessageState.SENDING


def test_the_message_id_follows_from_the_key():
    make_due()
    queue(0)
    message = Message.objects.get()

    assert messages.header_id(message) == messages.header_id(Message.objects.get())
    assert messages.header_id(message).endswith("@127.0.0.1>")
    message.digest_key = "2026-04-02"
    assert messages.header_id(message) != messages.header_id(Message.objects.get())


@pytest.mark.parametrize("count", [1, 9])
def test_sending_costs_as_many_queries_for_many_items_as_for_few(
    count, django_assert_max_num_queries
):
    world = make_due()
    for number in range(count):
        make_review(world.duty, title=f"Review {number}", first_due_on=DUE_ON)
    queue(0)

    with django_assert_max_num_queries(34), messages.Postbox() as postbox:
        assert messages.send_next(at=after(0), postbox=postbox) == Outcome.SENT
