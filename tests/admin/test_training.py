"""Record screens of training: courses, the roster, completions."""

from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from controls.services.clock import day
from evidence.models import Course, Person, RosterEntry, TrainingRecord
from tests.admin.worlds import text, verbs
from tests.make import make_evidence
from tests.training.making import make_course, make_entry, make_record


def url(model: str, what: str, *args: int) -> str:
    """The address of a screen."""
    return reverse(f"admin:evidence_{model}_{what}", args=args)


@pytest.fixture
def today():
    return day(timezone.now())


@pytest.fixture
def kim(world):
    return make_entry("kim@example.com", name="Kim", team=world.team, audiences=["leads"])


def course_form(course: Course, **changes: object) -> dict[str, object]:
    """What the browser posts from the form of a course."""
    return {
        "version": course.version,
        "title": course.title,
        "description": course.description,
        "audience": course.audience,
        "valid_months": course.valid_months or "",
        "source": course.source,
        **changes,
    }


def test_a_course_is_added_changed_and_ended(world):
    grc = world.as_("grc")
    form = {"key": "basics", "title": "Basics", "valid_months": "12", "audience": "Leads"}

    grc.post(url("course", "add"), form)
    course = Course.objects.get()
    page = url("course", "change", course.pk)
    grc.post(page, course_form(course, title="The basics", valid_months=""))
    course.refresh_from_db()
    ended = grc.post(page, course_form(course, _step="end"), follow=True)

    course.refresh_from_db()
    assert (course.audience, course.title, course.valid_months) == (
        "leads",
        "The basics",
        None,
    )
    assert course.ended_at is not None
    assert verbs()[-3:] == ["course-created", "course-changed", "course-ended"]
    assert "The basics: ended." in text(ended)


def test_a_stale_course_form_shows_both_values(world):
    course = make_course("basics", title="Basics")
    grc, page = world.as_("grc"), url("course", "change", course.pk)
    grc.post(page, course_form(course, title="Theirs"))

    answer = grc.post(page, course_form(course, title="Mine"))

    shown = text(answer)
    assert "Somebody changed this since you opened it" in shown
    assert "Theirs" in shown
    assert "Mine" in shown
    assert Course.objects.get().title == "Theirs"


def test_what_the_service_refuses_is_said_in_the_form(world):
    make_course("basics")
    grc = world.as_("grc")

    taken = grc.post(url("course", "add"), {"key": "basics", "title": "Again"})
    several = grc.post(
        url("course", "add"), {"key": "new", "title": "New", "audience": "a;b"}
    )

    assert "Course with this Key already exists." in text(taken)
    assert "One audience" in text(several)
    assert Course.objects.count() == 1


def test_those_who_may_not_change_a_course_are_told_who_may(world):
    course = make_course("basics")

    page = text(world.as_("lead").get(url("course", "change", course.pk)))

    assert "To change it takes the GRC lead." in page
    assert world.as_("lead").get(url("course", "add")).status_code == 403


def test_somebody_is_put_on_the_roster_and_taken_off(world, today):
    grc = world.as_("grc")
    form = {
        "email": "KIM@example.com",
        "name": "Kim",
        "team": world.team.pk,
        "audiences": "Leads; developers",
    }

    grc.post(url("rosterentry", "add"), form)
    entry = RosterEntry.objects.get()
    done = grc.post(url("rosterentry", "change", entry.pk), {"_step": "end"}, follow=True)

    entry.refresh_from_db()
    assert entry.person.email == "kim@example.com"
    assert (entry.audiences, entry.since) == (["developers", "leads"], today)
    assert entry.ended_on == today
    assert "Kim: its end is recorded." in text(done)


def test_an_end_that_lies_ahead_is_planned(world, kim, today):
    last = today + timedelta(days=30)
    page = url("rosterentry", "change", kim.pk)

    world.as_("grc").post(page, {"_step": "end", "on": str(last)})

    going_on = RosterEntry.objects.get(ended_at__isnull=True)
    assert (going_on.since, going_on.until) == (today, last)


def test_an_entry_ends_after_it_begins(world):
    days = {"since": "2026-03-02", "until": "2026-03-01"}
    form = {"email": "kim@example.com", "name": "Kim", **days}

    answer = world.as_("grc").post(url("rosterentry", "add"), form)

    assert dict(answer.context["adminform"].form.errors) == {
        "until": ["It must end after it begins."]
    }


def test_a_second_entry_for_the_same_time_is_refused_in_the_form(world, kim):
    form = {"email": "kim@example.com", "name": "Kim"}

    page = text(world.as_("grc").post(url("rosterentry", "add"), form))

    assert "This person is on the roster from 2026-03-02 on already." in page
    assert RosterEntry.objects.count() == 1


def test_a_person_is_shown_with_entries_and_completions(world, kim, today):
    course = make_course("basics", title="Basics")
    make_record(kim, course, today, at=timezone.now(), score="97 %")

    page = text(world.as_("viewer").get(url("person", "change", kim.person_id)))
    listed = text(world.as_("viewer").get(url("person", "changelist")))

    assert "On the roster" in page
    assert "97 %" in page
    assert "leads" in page
    assert "Kim" in listed
    assert "Platform" in listed


def test_people_of_other_teams_are_not_there(world, kim):
    lee = make_entry("lee@example.com", name="Lee", team=world.others)
    record = make_record(lee, make_course(), date(2026, 3, 1))
    viewer = world.as_("viewer")

    for model, pk in (
        ("person", lee.person_id),
        ("rosterentry", lee.pk),
        ("trainingrecord", record.pk),
    ):
        assert "Lee" not in text(viewer.get(url(model, "changelist")))
        assert viewer.get(url(model, "change", pk)).status_code == 404
        assert world.as_("grc").get(url(model, "change", pk)).status_code == 200


def test_an_entry_in_another_team_does_not_show_where_somebody_went(world, kim):
    RosterEntry.objects.filter(pk=kim.pk).update(
        ended_at=timezone.now(), ended_by=kim.started_by, ended_on=date(2026, 3, 2)
    )
    make_entry("kim@example.com", name="Kim Lee", team=world.others)

    page = text(world.as_("viewer").get(url("person", "change", kim.person_id)))

    assert "Kim Lee" not in page
    assert "Security" not in page


def test_a_completion_is_recorded_with_its_certificate(world, kim):
    course = make_course("basics")
    proof = make_evidence(world.team, kind="training", title="Certificate")
    other = make_evidence(world.team, title="Scan")
    lead = world.as_("lead")
    form = {
        "email": "Kim@example.com",
        "course": course.pk,
        "completed_on": "2026-02-01",
        "evidence": proof.pk,
    }

    page = text(lead.get(url("trainingrecord", "add"), {"course": course.pk}))
    lead.post(url("trainingrecord", "add"), form)

    record = TrainingRecord.objects.get()
    assert f'<option value="{course.pk}" selected>' in page
    assert str(proof) in page
    assert str(other) not in page
    assert (record.evidence, record.valid_until) == (proof, date(2027, 2, 1))
    assert f"EV-{proof.pk}" in text(lead.get(url("trainingrecord", "change", record.pk)))


def test_a_certificate_of_another_team_is_not_named(world, kim):
    proof = make_evidence(world.others, kind="training")
    record = make_record(kim, make_course(), evidence=proof)
    page = url("trainingrecord", "change", record.pk)

    assert f"EV-{proof.pk}" not in text(world.as_("viewer").get(page))
    assert f"EV-{proof.pk}" in text(world.as_("grc").get(page))


def test_what_is_wrong_with_a_completion_is_said_at_its_field(world, kim):
    make_entry("lee@example.com", team=world.others)
    course = make_course("basics")
    tomorrow = str(day(timezone.now()) + timedelta(days=1))
    lead = world.as_("lead")

    def errors(**changes):
        form = {"email": "kim@example.com", "course": course.pk, **changes}
        answer = lead.post(url("trainingrecord", "add"), form)
        return dict(answer.context["adminform"].form.errors)

    assert "completed_on" in errors(completed_on=tomorrow)
    assert "completed_on" in errors()
    assert "email" in errors(email="lee@example.com", completed_on="2026-02-01")
    assert "valid_until" in errors(completed_on="2026-02-01", valid_until="2026-01-01")
    assert not TrainingRecord.objects.exists()


def test_a_record_is_withdrawn_with_a_reason(world, kim):
    record = make_record(kim, make_course("basics"))
    lead, page = world.as_("lead"), url("trainingrecord", "change", record.pk)

    without = lead.post(page, {"_step": "withdraw", "reason": " "})
    done = lead.post(page, {"_step": "withdraw", "reason": "Another Kim."}, follow=True)

    record.refresh_from_db()
    assert "Say why it does not count." in text(without)
    assert record.why_ended == "Another Kim."
    assert "withdrawn." in text(done)
    assert "Withdrawn" in text(lead.get(url("trainingrecord", "changelist")))


def test_history_tells_what_happened_to_a_record(world, kim):
    record = make_record(kim, make_course("basics"))

    page = text(world.as_("grc").get(url("trainingrecord", "history", record.pk)))

    assert "Training recorded" in page


def test_lists_cost_the_same_at_two_sizes(world, kim):
    grc = world.as_("grc")
    models = ("course", "person", "rosterentry", "trainingrecord")

    def cost(model):
        grc.get(url(model, "changelist"))
        with CaptureQueriesContext(connection) as seen:
            assert grc.get(url(model, "changelist")).status_code == 200
        return len(seen)

    for _ in range(2):
        make_record(kim, make_course(audience="leads"))
    few = [cost(model) for model in models]
    for number in range(6):
        entry = make_entry(f"p{number}@example.com", team=world.team)
        make_record(entry, make_course(audience="leads"))

    assert [cost(model) for model in models] == few
    assert Person.objects.count() == 7
