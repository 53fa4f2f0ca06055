"""`import_roster` and `import_training_records`."""

import io

import pytest
from django.core.management import CommandError, call_command

from controls.models import AuditEvent
from evidence.models import Person, RosterEntry, TrainingRecord
from tests.make import make_admin, make_grc_lead, make_team
from tests.training.making import make_course, make_entry

pytestmark = pytest.mark.django_db

ROSTER = "email,name,team\nkim@example.com,Kim,platform\nlee@example.com,Lee,\n"
RECORDS = "email,course,completed_on,score\nkim@example.com,basics,2026-02-01,97\n"


@pytest.fixture
def run(tmp_path):
    """Run a command on a file of this content; return what it says."""

    def run(command, name, content, *options):
        path = tmp_path / name
        path.write_text(content, encoding="utf-8")
        out = io.StringIO()
        call_command(command, str(path), *options, stdout=out, stderr=out)
        return out.getvalue().splitlines()

    return run


def test_a_roster_is_taken_and_the_second_run_changes_nothing(run):
    make_team("platform")

    first = run("import_roster", "roster.csv", ROSTER)
    before = AuditEvent.objects.count()
    second = run("import_roster", "roster.csv", ROSTER)

    assert first == [
        "row 2: new kim@example.com",
        "row 3: new lee@example.com",
        "roster.csv: 2 new, 0 changed, 0 ended, 0 linked, 0 unchanged",
    ]
    assert second == ["roster.csv: 0 new, 0 changed, 0 ended, 0 linked, 2 unchanged"]
    assert AuditEvent.objects.count() == before


def test_a_dry_run_tells_all_and_writes_nothing(run):
    make_team("platform")
    make_entry("kim@example.com", name="Kim Lee")
    make_entry("ann@example.com", name="Ann")
    before = AuditEvent.objects.count()

    told = run("import_roster", "roster.csv", ROSTER, "--complete", "--dry-run")

    assert told[0] == (
        "row 2: changed kim@example.com (name Kim Lee -> Kim; team - -> platform)"
    )
    assert told[2].startswith("not in the file: ended ann@example.com (left_on - -> ")
    assert told[3:] == [
        "roster.csv: 1 new, 1 changed, 1 ended, 0 linked, 0 unchanged",
        "Nothing is written: this was a dry run.",
    ]
    assert AuditEvent.objects.count() == before


@pytest.mark.parametrize("options", [(), ("--dry-run",)])
def test_what_is_wrong_is_told_by_row_on_standard_error(tmp_path, options):
    path = tmp_path / "roster.csv"
    path.write_text("email,name,team\nkim@example.com,,nobodys\nlee,Lee,\n")
    out, err = io.StringIO(), io.StringIO()

    with pytest.raises(CommandError) as caught:
        call_command("import_roster", str(path), *options, stdout=out, stderr=err)

    assert err.getvalue().splitlines() == [
        "row 2, name: The cell is empty.",
        "row 2, team: There is no team with the key 'nobodys'.",
        "row 3, email: 'lee' is not an address.",
    ]
    assert str(caught.value) == (
        "roster.csv: 3 things are wrong, so nothing of the file is taken."
    )
    assert out.getvalue() == ""
    assert not Person.objects.exists()


def test_more_than_two_hundred_things_are_counted(tmp_path):
    path = tmp_path / "roster.csv"
    path.write_text("email,name\n" + "kim@example.com\n" * 203)
    err = io.StringIO()

    with pytest.raises(CommandError, match="203 things are wrong"):
        call_command("import_roster", str(path), stdout=err, stderr=err)

    assert err.getvalue().splitlines()[-1] == "and 3 more"


def test_a_file_that_is_not_there_is_one_line(tmp_path):
    for command in ("import_roster", "import_training_records"):
        with pytest.raises(CommandError, match=r"no\.csv: No such file or directory\."):
            call_command(command, str(tmp_path / "no.csv"))


def test_records_are_taken_and_the_second_run_changes_nothing(run):
    make_course("basics")
    make_entry("kim@example.com")

    dry = run("import_training_records", "records.csv", RECORDS, "--dry-run")
    assert not TrainingRecord.objects.exists()
    first = run("import_training_records", "records.csv", RECORDS)
    second = run("import_training_records", "records.csv", RECORDS)

    assert first == [
        "row 2: new kim@example.com basics 2026-02-01",
        "records.csv: 1 new, 0 changed, 0 unchanged, 0 withdrawn",
    ]
    assert dry == [*first, "Nothing is written: this was a dry run."]
    assert second == ["records.csv: 0 new, 0 changed, 1 unchanged, 0 withdrawn"]


@pytest.mark.parametrize("options", [(), ("--dry-run",)])
def test_whoever_acts_must_be_allowed_to(run, options):
    make_team("platform")
    make_course("basics")
    make_entry("kim@example.com")
    admin, lead = make_admin(), make_grc_lead()

    with pytest.raises(CommandError, match="GRC lead"):
        run("import_roster", "a.csv", ROSTER, *options, "--by", admin.email)
    with pytest.raises(CommandError, match="GRC lead"):
        run("import_training_records", "b.csv", RECORDS, *options, "--by", admin.email)

    run("import_roster", "a.csv", ROSTER, "--by", lead.email)
    run("import_training_records", "b.csv", RECORDS, "--by", lead.email)
    assert RosterEntry.objects.filter(started_by=lead).count() == 2
    assert TrainingRecord.objects.filter(recorded_by=lead).count() == 1
