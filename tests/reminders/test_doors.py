"""Reminders over the API and in the admin site."""

import pytest
from django.urls import reverse
from django.utils import timezone

from controls.models import Message, Reminder
from controls.services import messages, reminders
from tests.make import make_admin, make_api_token, make_grc_lead, make_review
from tests.reminders.test_sending import given_up
from tests.reminders.worlds import DUE_ON, after, make_due

pytestmark = pytest.mark.django_db
LIST = "/api/v1/reminders/"


@pytest.fixture
def told(client):
    """Two worlds in which somebody was told; return the first, and who may ask."""
    world, _ = make_due(), make_due()
    reminders.queue_due(at=after(0))
    with messages.Postbox() as postbox:
        while messages.send_next(at=after(0), postbox=postbox):
            pass

    def ask(person, address=LIST):
        return client.get(address, headers=signed(person))

    return world, ask


def signed(person):
    """What a program of the person sends along."""
    _, text = make_api_token(person, at=timezone.now())  # noqa: TID251 - of today
    return {"Authorization": f"Bearer {text}"}


def test_a_person_reads_their_own_and_the_grc_lead_everybodys(told):
    world, ask = told

    mine = ask(world.owner).json()["results"]
    all_ = ask(make_grc_lead()).json()["results"]

    assert {row["recipient"] for row in mine} == {str(world.owner.uuid)}
    assert {row["channel"] for row in mine} == {"in-app", "email"}
    assert (len(mine), len(all_)) == (2, 4)
    mail = next(row for row in mine if row["channel"] == "email")
    assert mail["subject_uuid"] == str(world.review.uuid)
    assert mail["message"]["state"] == "sent"
    assert mail["message"]["digest_key"] == "2026-04-01"


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("channel=in-app", 2),
        ("channel=email&state=sent", 2),
        ("state=dropped", 0),
        ("message_state=sent", 2),
        ("team=nowhere", 0),
    ],
)
def test_a_list_is_filtered(told, query, count):
    _, ask = told

    assert len(ask(make_admin(), f"{LIST}?{query}").json()["results"]) == count


def test_a_filter_that_is_none_is_refused(told):
    world, ask = told

    assert ask(world.owner, f"{LIST}?person=1").status_code == 400


@pytest.mark.parametrize("count", [1, 12])
def test_a_list_costs_as_many_queries_for_many_as_for_few(
    client, told, count, django_assert_max_num_queries
):
    world, _ = told
    headers = signed(world.owner)
    for number in range(count):
        make_review(world.duty, title=f"Review {number}", first_due_on=DUE_ON)
    reminders.queue_due(at=after(0))

    with django_assert_max_num_queries(6):
        assert client.get(LIST, headers=headers).status_code == 200


def test_the_mail_is_shown_as_it_was_sent(client, told):
    world, _ = told
    client.force_login(world.owner)
    message = Message.objects.get(recipient=world.owner)

    page = client.get(reverse("admin:controls_message_change", args=[message.pk]))

    assert message.subject in page.content.decode()
    assert "DUE THIS WEEK" in page.content.decode()


def test_a_reminder_leads_to_its_review_and_its_mail(client, told):
    world, _ = told
    client.force_login(world.owner)
    row = Reminder.objects.get(recipient=world.owner, channel="email")

    page = client.get(
        reverse("admin:controls_reminder_change", args=[row.pk])
    ).content.decode()

    assert "Patches" in page
    assert reverse("admin:target", args=["Review", world.review.uuid]) in page
    assert reverse("admin:controls_message_change", args=[row.message_id]) in page


def test_what_was_given_up_is_queued_again_by_a_button(client, settings):
    message = given_up(settings)
    client.force_login(make_grc_lead())
    address = reverse("admin:controls_message_change", args=[message.pk])

    assert "Queue again" in client.get(address).content.decode()
    answer = client.post(address, {"_step": "again"})

    assert answer.status_code == 302
    message.refresh_from_db()
    assert (message.state, message.attempts) == ("queued", 0)
    assert "Queue again" not in client.get(address).content.decode()
