"""What a reminder mail says, in words and in both of its parts."""

import re
from datetime import date, timedelta

import pytest
from django.core import mail

from controls.rules import letters
from controls.rules.letters import Item
from controls.services import messages, reminders
from tests.make import make_review, make_user
from tests.reminders.worlds import DUE_ON, after, make_due

TODAY = date(2026, 11, 23)


def item(days=0, **fields):
    """An item that is due so many days from today."""
    told = {
        "what": "Patch report",
        "where": "Claims Portal",
        "why": "Yours: guest OS on EC2 (SI-2).",
        "due_on": TODAY + timedelta(days=days),
        "url": "https://srm.example.org/reviews/1/",
        "team": "Platform",
    }
    return Item(**{**told, **fields})


def test_the_subject_counts_and_names_the_team():
    items = [item(-9), item(3), item(6), item(7)]

    told = letters.subject(items, today=TODAY)

    assert told == "1 late, 2 due this week, 1 due later: Platform"
    assert letters.subject([item(0)], today=TODAY) == "1 due this week: Platform"


def test_the_subject_of_several_teams_counts_them():
    items = [item(0), item(0, team="Security")]

    assert letters.subject(items, today=TODAY) == "2 due this week: 2 teams"


def test_what_is_late_stands_first_the_longest_before():
    items = [item(3), item(-1), item(20), item(-9)]

    found = [
        (part.heading, [(row.due_on - TODAY).days for row in part.items])
        for part in letters.sections(items, today=TODAY)
    ]

    assert found == [("Late", [-9, -1]), ("Due this week", [3]), ("Due later", [20])]


def test_never_more_than_ten_items_then_how_many_more():
    items = [item(days) for days in range(16)]

    shown = [row for part in letters.sections(items, today=TODAY) for row in part.items]

    assert len(shown) == 10
    assert letters.more(items) == 6
    assert letters.more(items[:10]) == 0


@pytest.mark.parametrize(
    ("days", "told"),
    [
        (-9, "Was due Sat 14 November, 9 days ago."),
        (-1, "Was due Sun 22 November, 1 day ago."),
        (0, "Due today, Mon 23 November."),
        (1, "Due Tue 24 November, in 1 day."),
        (60, "Due Fri 22 January 2027, in 60 days."),
    ],
)
def test_a_day_is_said_with_its_weekday(days, told):
    assert letters.when(item(days), today=TODAY) == told


def test_the_next_step_is_the_first_that_will_happen():
    later = item(told_on=date(2026, 12, 1), told="the GRC lead")
    sooner = item(
        what="Patch report, October",
        told_on=date(2026, 11, 28),
        told="the manager of Platform",
    )

    told = letters.next_step([later, sooner, item()], today=TODAY)

    assert told == (
        "If Patch report, October is still open on Sat 28 November, the manager of "
        "Platform is told."
    )
    assert letters.next_step([item()], today=TODAY) == ""


def test_long_lines_are_folded_and_addresses_are_not():
    address = "https://srm.example.org/" + "x" * 80
    text = f"* {'word ' * 30}\n  Open: {address}\n"

    lines = letters.wrapped(text).splitlines()

    assert lines[0].startswith("* word")
    assert lines[1].startswith("  word")
    assert any(address in line for line in lines)
    assert max(len(line) for line in lines if address not in line) <= 72


def sent(*days, manager=None, titles=("Patches",), system="Portal"):
    """The mail about reviews that were due so many days ago."""
    world = make_due(manager=manager, due_on=DUE_ON - timedelta(days=days[0]))
    world.system.name = system
    world.system.save(update_fields=["name"])
    for ago, title in zip(days[1:], titles, strict=False):
        make_review(world.duty, title=title, first_due_on=DUE_ON - timedelta(days=ago))
    reminders.queue_due(at=after(0))
    with messages.Postbox() as postbox:
        while messages.send_next(at=after(0), postbox=postbox):
            pass
    return world, mail.outbox


@pytest.mark.django_db
def test_both_parts_say_what_where_when_why_and_link_to_the_review():
    world, (told,) = sent(9)
    html = str(told.alternatives[0].content)
    link = f"http://127.0.0.1:8000/reviews/{world.review.uuid}/"

    for part in (told.body, html):
        for words in (
            "Patches",
            "Portal",
            "Was due Mon 23 March, 9 days ago.",
            "(SI-3)",
            link,
            "the GRC lead is told",
            f"You get this because you do the work of {world.team.name}.",
            "At most one mail a day",
            "07:00 (UTC)",
        ):
            assert words in " ".join(part.split())
    assert max(len(line) for line in told.body.splitlines() if link not in line) <= 72


@pytest.mark.django_db
def test_the_page_of_the_mail_is_one_column_without_anything_from_elsewhere():
    _, (told,) = sent(9, 0, titles=["Other"])
    html = str(told.alternatives[0].content)

    assert html.count("<style>") == 1
    assert not re.search(r"<(img|script|link|table|form|iframe)|\sstyle=|url\(", html)
    assert html.count('class="go"') == 1
    addresses = set(re.findall(r'(?:href|src)="([^"]+)"', html))
    assert all(found.startswith("http://127.0.0.1:8000/") for found in addresses)


@pytest.mark.django_db
def test_nothing_that_somebody_typed_is_read_as_markup_or_as_a_header():
    _, (told,) = sent(9, 9, titles=["<b>bold</b> & more"], system="<script>1</script>")
    html = str(told.alternatives[0].content)

    assert "<script>" not in html
    assert "&lt;b&gt;bold" in html
    assert "<b>bold</b> & more" in told.body
    assert "\n" not in told.subject


@pytest.mark.django_db
def test_the_manager_is_told_whose_it_is():
    manager = make_user()
    world, outbox = sent(14, manager=manager)

    (told,) = [one for one in outbox if one.to == [manager.email]]
    words = " ".join(told.body.split())
    assert f"{world.team.name} has it:" in words
    assert f"what {world.team.name} left open is told to you" in words
    assert "is told." not in words
