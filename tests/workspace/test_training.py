"""The training page, and taking a file in two steps of which the first writes nothing."""

import re
from datetime import date, timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django.utils.html import escape

from controls.models import AuditEvent
from controls.services.clock import day
from evidence.models import Person, RosterEntry, TrainingRecord
from evidence.services import roster
from tests.make import MONDAY, make_grc_lead, make_team
from tests.training.making import make_course, make_entry, make_record

PAGE, COURSE = "/admin/training/", "/admin/training/courses/basics/"
ROSTER, RECORDS = "/admin/training/import/roster/", "/admin/training/import/records/"
FILE = "email,name,team\nkim@example.com,Kim Lee,platform\nann@example.com,Ann,\n"


@pytest.fixture
def today():
    return day(timezone.now())


@pytest.fixture
def basics(world):
    """A course, with one person of each team on the roster."""
    course = make_course("basics", title="Basics", source="AT-2", audience="")
    make_entry("kim@example.com", name="Kim", team=world.team)
    make_entry("lee@example.com", name="Lee", team=world.others)
    return course


def text(answer) -> str:
    """The page, without what only spaces it."""
    return re.sub(r"\s+", " ", answer.content.decode())


def upload(
    content: str | bytes, name: str = "people.csv", **more: object
) -> dict[str, object]:
    """What the browser sends from the form with the file."""
    raw = content if isinstance(content, bytes) else content.encode()
    return {"file": SimpleUploadedFile(name, raw, "text/csv"), **more}


def carried(answer) -> dict[str, str]:
    """What the preview posts again when it is applied."""
    sent = answer.context["sent"]
    told = {"name": sent.name, "text": answer.context["text"], "_apply": "1"}
    return told | ({"complete": "on"} if sent.complete else {})


def kim() -> RosterEntry:
    return RosterEntry.objects.get(person__email="kim@example.com", ended_at__isnull=True)


def test_the_page_counts_on_the_roster_among_the_people_one_sees(world, basics, today):
    make_record(kim(), basics, today, at=timezone.now())

    mine = text(world.as_("viewer").get(PAGE))
    all_ = text(world.as_("grc").get(PAGE))

    assert "1 of 1" in mine
    assert "1 of 2" in all_
    assert "Import a roster…" in all_
    assert "Import a roster…" not in mine
    assert "Import records…" not in mine
    assert "Import records…" in text(world.as_("lead").get(PAGE))


@pytest.mark.usefixtures("basics")
@pytest.mark.parametrize("page", [PAGE, COURSE, "/admin/changes/"])
@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31"])
def test_a_day_at_the_edge_of_the_calendar_is_answered(world, page, day):
    answer = world.as_("grc").get(page, {"on": day, "since": day})

    assert answer.status_code < 500
    assert (
        "of the years 1900" in text(answer)
        or "since 1900" in text(answer)
        or ("future" in text(answer))
    )


@pytest.mark.parametrize(
    "address",
    [
        "/admin/controls/auditevent/?at__gte=9999-12-31T23:59:59-14:00",
        "/admin/controls/review/?due_on__year=99999999999999999999",
    ],
)
def test_a_list_whose_filter_leaves_the_calendar_is_shown_without_it(world, address):
    answer = world.as_("grc").get(address, follow=True)

    assert answer.status_code == 200


def test_the_page_answers_for_another_day(world, basics, today):
    entry = make_entry("old@example.com", name="Old", since=date(2026, 1, 1))
    roster.end_entry(entry=entry, on=date(2026, 2, 1), by=make_grc_lead(), at=MONDAY)
    grc = world.as_("grc")

    then = text(grc.get(PAGE, {"on": "2026-01-15"}))
    wrong = grc.get(PAGE, {"on": "soon"})

    assert "0 of 1" in then
    assert 'value="2026-01-15"' in then
    assert wrong.status_code == 400
    assert "is not a date like" in text(wrong)
    assert f'value="{today}"' in text(wrong)


def test_a_course_shows_who_misses_it_and_whose_record_runs_out(world, basics, today):
    lee = RosterEntry.objects.get(person__email="lee@example.com")
    make_record(lee, basics, today - timedelta(days=400), at=timezone.now())
    make_record(
        kim(), basics, today, valid_until=today + timedelta(days=9), at=timezone.now()
    )

    page = world.as_("grc").get(COURSE)

    assert [one.entry.name for one in page.context["missing"]] == ["Lee"]
    assert [one.entry.name for one in page.context["expiring"]] == ["Kim"]
    assert "1 of 2" in text(page)
    assert "lee@example.com" not in text(world.as_("viewer").get(COURSE))
    assert "Runs out soon" in text(world.as_("grc").get(PAGE))


def test_what_is_no_course_or_no_kind_of_file_is_not_there(world):
    grc = world.as_("grc")

    for path in (
        "/admin/training/courses/no-such/",
        "/admin/training/import/no-such/",
        "/admin/training/import/no-such/template.csv",
    ):
        assert grc.get(path).status_code == 404


def test_an_empty_page_says_what_to_do_first(world):
    assert "Add the first" in text(world.as_("grc").get(PAGE))
    assert "The GRC lead can add one." in text(world.as_("viewer").get(PAGE))
    make_course("basics")
    assert "Nobody whom you see" in text(world.as_("viewer").get(PAGE))


def test_a_preview_shows_what_would_change_and_writes_nothing(world, basics):
    before = AuditEvent.objects.count()

    page = world.as_("grc").post(ROSTER, upload(FILE, complete="on"))

    shown = text(page)
    assert page.status_code == 200
    assert "What people.csv would change" in shown
    assert "Apply 3 changes" in shown
    assert re.search(r"was </span>Kim</span> <ins>Kim Lee</ins>", shown)
    assert [step.what for step in page.context["steps"]] == ["changed", "new", "ended"]
    assert AuditEvent.objects.count() == before


def test_what_was_looked_at_is_applied_and_then_changes_nothing(world, basics):
    grc = world.as_("grc")
    seen = grc.post(ROSTER, upload(FILE, complete="on"))

    done = grc.post(ROSTER, carried(seen), follow=True)
    again = grc.post(ROSTER, upload(FILE, complete="on"))

    assert done.redirect_chain == [(PAGE, 302)]
    assert "people.csv: 1 new, 1 changed, 1 ended, 0 linked, 0 unchanged." in text(done)
    assert "This file changes nothing" in text(again)
    assert kim().name == "Kim Lee"
    on_roster = RosterEntry.objects.filter(ended_at__isnull=True)
    assert set(on_roster.values_list("name", flat=True)) == {"Kim Lee", "Ann"}


def test_applying_checks_everything_again(world, basics):
    grc = world.as_("grc")
    seen = carried(grc.post(ROSTER, upload(FILE)))

    changed = grc.post(ROSTER, seen | {"text": FILE.replace("platform", "nobodys")})
    by_another = world.as_("lead").post(ROSTER, seen)
    empty = grc.post(ROSTER, seen | {"text": ""})

    assert (changed.status_code, by_another.status_code, empty.status_code) == (
        400,
        403,
        400,
    )
    assert "There is no team with the key" in text(changed)
    assert kim().name == "Kim"
    assert not Person.objects.filter(email="ann@example.com").exists()


def test_what_is_wrong_is_shown_by_row_and_nothing_is_written(world):
    page = world.as_("grc").post(ROSTER, upload("email,name\nkim,Kim\nlee@example.com,\n"))

    assert page.status_code == 400
    assert [fault.place for fault in page.context["faults"]] == [
        "row 2, email",
        "row 3, name",
    ]
    assert "2 things are wrong" in text(page)
    assert "Apply" not in text(page)
    assert not Person.objects.exists()


@pytest.mark.parametrize(
    ("sent", "code", "told"),
    [
        ({}, 400, "Choose a file first."),
        (upload(b"\xff\xfe"), 400, "UTF-16"),
        (upload(b"x" * (4 * 1024 * 1024 + 1)), 413, "larger than 4 MB"),
    ],
)
def test_what_is_no_file_is_refused(world, sent, code, told):
    page = world.as_("grc").post(ROSTER, sent)

    assert page.status_code == code
    assert told in text(page)


def test_the_name_of_a_file_cannot_write_into_the_page(world):
    page = world.as_("grc").post(ROSTER, upload(FILE, name="<i>x</i>" + "y" * 300))

    name = page.context["sent"].name
    assert len(name) <= 100
    assert name not in text(page)
    assert escape(name) in text(page)


def test_records_are_taken_by_the_lead_of_the_team(world, basics, today):
    file = f"email,course,completed_on\nkim@example.com,basics,{today}\n"
    lead = world.as_("lead")

    seen = lead.post(RECORDS, upload(file, "done.csv"))
    done = lead.post(RECORDS, carried(seen), follow=True)

    assert "Apply 1 change" in text(seen)
    assert "counts until" in text(seen)
    assert "done.csv: 1 new, 0 changed, 0 unchanged, 0 withdrawn." in text(done)
    assert TrainingRecord.objects.get().person.email == "kim@example.com"


def test_a_row_that_one_may_not_record_refuses_the_file(world, basics, today):
    make_entry("joe@example.com", name="Joe")
    lead = world.people["lead"]
    make_entry(lead.email, name="Lead")
    file = f"email,course,completed_on\n{lead.email},basics,{today}\n"

    page = world.as_("lead").post(RECORDS, upload(file, "done.csv"))

    assert page.status_code == 403
    assert "done.csv, row 2: this needs the lead" in text(page)


@pytest.mark.parametrize(
    ("who", "path", "code"),
    [
        ("viewer", ROSTER, 403),
        ("lead", ROSTER, 403),
        ("grc", ROSTER, 200),
        ("contributor", RECORDS, 403),
        ("lead", RECORDS, 200),
    ],
)
def test_whoever_may_not_import_is_told_who_may(world, who, path, code):
    page = world.as_(who).get(path)

    assert page.status_code == code
    assert ("This needs" in text(page)) == (code == 403)
    assert ("Preview" in text(page)) == (code == 200)


@pytest.mark.parametrize("kind", ["roster", "records"])
def test_the_template_has_every_column_and_can_be_taken(world, kind):
    make_team("developers")
    make_course("secure-code")
    make_entry("kim@example.com")
    answer = world.as_("viewer").get(f"/admin/training/import/{kind}/template.csv")

    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    assert answer["Content-Disposition"] == f'attachment; filename="{kind}.csv"'
    path = f"/admin/training/import/{kind}/"
    page = world.as_("grc").post(path, upload(answer.content))
    assert page.status_code == 200


def test_the_pages_cost_the_same_at_two_sizes(world, basics):
    grc = world.as_("grc")

    def cost(path):
        grc.get(path)
        with CaptureQueriesContext(connection) as seen:
            assert grc.get(path).status_code == 200
        return len(seen)

    few = [cost(path) for path in (PAGE, COURSE)]
    for number in range(8):
        entry = make_entry(f"p{number}@example.com", team=make_team())
        make_record(entry, basics)
        make_course()

    assert [cost(path) for path in (PAGE, COURSE)] == few
    assert max(few) <= 12
