"""A provider's matrix: every row kept as entered, contradictions counted, never refused."""

import json
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import transaction

from controls.choices import MatrixDoubt
from controls.errors import InvalidInputError, NotAllowedError
from controls.importers import provider_files
from controls.importers.provider_files import Hints
from controls.models import AuditEvent, ColumnMapping, ImportedMatrix, ImportedRow, Provider
from controls.queries.matrices import catalog_for, sides
from controls.rules.moments import Moment
from controls.services import matrices
from controls.services.matrices import Source, Whose
from controls.services.setup import system_user
from evidence.exports import appendix_j
from tests.make import MONDAY, make_member
from tests.matrices import files

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
CLOUD_GOV = DATA / "crm" / "cloud.gov-CIS-Worksheet.xlsx"
published = pytest.mark.skipif(
    not CLOUD_GOV.is_file(), reason="cloud.gov's workbook is not here: it is not shipped"
)

pytestmark = pytest.mark.django_db


def bring(system, data, *, name="m.xlsx", by=None, at=MONDAY, **hints):
    catalog = catalog_for(system)
    assert catalog is not None
    return matrices.import_matrix(
        system=system,
        whose=Whose("cloud", "Cloud"),
        catalog=catalog,
        parsed=provider_files.read(data, file=name, hints=Hints(**hints)),
        source=Source(name, provider_files.sha256_of(data)),
        by=by or system_user(),
        at=at,
    )


def written(matrix):
    return appendix_j.rows_of_matrix(matrix)


@pytest.mark.parametrize(
    ("data", "name"),
    [(files.appendix_j(), "m.xlsx"), (files.csv_table(), "m.csv")],
    ids=["workbook", "table"],
)
def test_every_row_is_kept_and_written_back_as_it_came(system, data, name):
    done = bring(system, data, name=name)

    assert written(done.matrix) == list(files.ROWS)
    again = "".join(appendix_j.table(written(done.matrix))).encode()
    assert again == files.csv_table()


def test_what_is_odd_is_counted_and_kept(system):
    done = bring(system, files.appendix_j())

    assert done.report == {
        MatrixDoubt.INHERITANCE_AGAINST_ORIGINATION: 1,
        MatrixDoubt.TEXT_MISSING: 1,
        MatrixDoubt.STATUSES_EXCLUDE_EACH_OTHER: 1,
        MatrixDoubt.ORIGINATION_MISSING: 1,
        MatrixDoubt.ID_UNREADABLE: 1,
        MatrixDoubt.CONTROL_UNKNOWN: 1,
    }
    assert done.several_originations == 1


def test_ids_are_looked_up_however_they_are_printed(system):
    bring(system, files.appendix_j())

    row = ImportedRow.objects.get(printed_id="AC-02 (a)")
    assert (row.control_id, row.statement_id) == ("ac-2", "ac-2_smt.a")
    assert str(row.of_control) == "AC-2 Title of ac-2"


def test_the_same_file_again_changes_nothing(system):
    first = bring(system, files.appendix_j())
    events = AuditEvent.objects.count()

    again = bring(system, files.appendix_j(), at=MONDAY + timedelta(days=1))

    assert (again.is_new, again.matrix) == (False, first.matrix)
    assert ImportedMatrix.objects.count() == 1
    assert AuditEvent.objects.count() == events


def test_a_new_file_is_a_new_version_told_as_a_difference(system):
    bring(system, files.appendix_j())
    changed = [*files.ROWS[1:], files.ROWS[0].__class__("AC-2(c)", (), ("shared",), "no")]
    changed[0] = changed[0].__class__("AC-02 (b)", ("implemented",), ("sp-hybrid",), "yes")

    done = bring(system, files.appendix_j(changed))

    assert done.matrix.number == 2
    assert done.difference.added == ("ac-2_smt.c",)
    assert done.difference.removed == ("ac-2_smt.a",)
    (row,) = done.difference.changed
    assert row.key == "ac-2_smt.b"
    assert row.fields["inheritable"] == ("no", "yes")
    assert ImportedRow.objects.count() == 2 * len(files.ROWS)


def test_an_import_is_one_event_with_counts(system):
    done = bring(system, files.appendix_j())

    event = AuditEvent.objects.get(verb="matrix-imported")
    assert event.target_uuid == done.matrix.uuid
    assert event.after is not None
    assert event.after["rows"] == len(files.ROWS)
    assert event.system_uuid == system.uuid


def test_a_dry_run_leaves_nothing_behind(system):
    with transaction.atomic():
        done = bring(system, files.appendix_j())
        transaction.set_rollback(True)

    assert done.is_new
    assert not ImportedMatrix.objects.exists()
    assert not Provider.objects.filter(key="cloud").exists()


def test_only_the_teams_lead_and_the_grc_lead_import(system):
    contributor = make_member(system.owner_team)

    with pytest.raises(NotAllowedError):
        bring(system, files.appendix_j(), by=contributor)


def test_a_file_whose_ids_are_all_foreign_is_refused(system):
    stranger = files.ROWS[0].__class__("ZZ-1", ("implemented",), ("shared",), "yes")

    with pytest.raises(InvalidInputError, match="None of its 1 ids"):
        bring(system, files.appendix_j([stranger]))
    assert not ImportedMatrix.objects.exists()


def test_the_columns_of_a_table_are_remembered(system):
    table = files.sheets(
        {"Matrix": [["Ref", "Who", "Yours"], ["AC-2", "shared", "Accounts"]]}
    )
    columns = {"id": "Ref", "origination": "Who", "text": "Yours"}

    bring(system, table, columns=columns)

    assert ColumnMapping.objects.get(provider__key="cloud").columns == columns


def test_remembered_columns_serve_again_and_give_way_where_they_are_gone():
    old = {"id": "Ref", "origination": "Who", "text": "Yours"}
    same = files.sheets({"A": [["Ref", "Who"], ["AC-2", "shared"]]})
    other = files.sheets({"A": [["Control ID", "Inheritable"], ["AC-2", "Yes"]]})

    for data in (same, other):
        parsed = provider_files.read(data, file="m.xlsx", hints=Hints(remembered=old))
        assert parsed.rows[0].printed_id == "AC-2"


def refusal(data, name="m.xlsx", **hints):
    with pytest.raises(InvalidInputError) as refused:
        provider_files.read(data, file=name, hints=Hints(**hints))
    return f"{refused.value.place}: {refused.value.message}"


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"", "m.xlsx"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 600, "m.xlsx"),
        (files.appendix_j()[:2000], "m.xlsx"),
        (b"{}", "'system-security-plan'"),
        (b"{", "not JSON"),
        (files.sheets({"A": [["x", "y"], ["1", "2"]], "B": [["x", "y"], ["1", "2"]]}),
         "Name the sheet: 'A', 'B'"),
        (files.sheets({"A": [["Ref", "Who"], ["AC-2", "shared"]]}),
         "No column holds the control id. There are: Ref, Who"),
        (files.sheets({"A": [["Control ID", "Note"], ["AC-2", "x"]]}),
         "Map a column of origination or of what can be inherited"),
    ],
    ids=["empty", "password", "cut", "json", "bad-json", "sheets", "no-id", "nothing"],
)  # fmt: skip
def test_a_file_that_cannot_be_read_says_where_and_what_could_be_mapped(data, told):
    assert told in refusal(data)


def test_a_header_that_is_not_there_is_named():
    table = files.sheets({"A": [["Control ID", "Who"], ["AC-2", "shared"]]})

    told = refusal(table, columns={"origination": "Whom"})

    assert told == (
        "m.xlsx, sheet 'A', row 1: No column is headed 'Whom'. There are: Control ID, Who."
    )


def test_a_caiq_is_read_without_the_publishers_questions(system):
    data = files.sheets(
        {
            "CAIQv4.0.3": [
                ["Consensus Assessment"],
                [
                    "Question ID",
                    "Question",
                    "CSP CAIQ Answer",
                    "SSRM Control Ownership",
                    "CSP Implementation Description (Optional/Recommended)",
                    "CSC Responsibilities  (Optional/Recommended)",
                    "CCM Control ID",
                ],
                ["AC-2.1", "Secret", "Yes", "Shared CSP and CSC", "Ours", "Yours", "AC-2"],
                ["PE-3.1", "Secret", "Yes", "3rd party outsourced", "", "", "PE-3"],
                ["SI-2.1", "Secret", "NA", "", "", "", "SI-2"],
                ["SI-3.1", "Secret", "Perhaps", "Somebody", "", "", "SI-3"],
            ]
        }
    )

    bring(system, data)

    rows = {row.printed_id: row for row in ImportedRow.objects.all()}
    assert (rows["AC-2"].originations, rows["AC-2"].inheritable) == (["shared"], "partial")
    assert rows["PE-3"].inheritable == "yes"
    assert rows["SI-2"].statuses == ["not-applicable"]
    assert rows["SI-3"].doubts == [MatrixDoubt.VALUE_UNKNOWN]
    assert "Secret" not in str([row.cells for row in rows.values()])


def test_a_leveraged_plan_is_read_statement_by_statement(system):
    def component(**export):
        return {
            "implementation-status": {"state": "implemented"},
            "export": {
                name.replace("_", "-"): [{"uuid": "u", "description": text}]
                for name, text in export.items()
            },
        }

    plan = {
        "system-security-plan": {
            "control-implementation": {
                "implemented-requirements": [
                    {
                        "control-id": "ac-2",
                        "statements": [
                            {
                                "statement-id": "ac-2_smt.a",
                                "by-components": [
                                    component(provided="We do", responsibilities="You do")
                                ],
                            },
                            {
                                "statement-id": "ac-2_smt.b",
                                "by-components": [component(provided="All of it")],
                            },
                            {"statement-id": "ac-2_smt.c", "by-components": [{}]},
                        ],
                    },
                    {
                        "control-id": "si-2",
                        "props": [{"name": "control-origination", "value": "inherited"}],
                        "by-components": [component(responsibilities="Patch")],
                    },
                ]
            }
        }
    }

    bring(system, json.dumps(plan).encode(), name="ssp.json")

    rows = {row.statement_id or row.control_id: row for row in ImportedRow.objects.all()}
    assert sorted(rows) == ["ac-2_smt.a", "ac-2_smt.b", "si-2"]
    assert (rows["ac-2_smt.a"].inheritable, rows["ac-2_smt.a"].text) == (
        "partial",
        "You do",
    )
    assert rows["ac-2_smt.b"].inheritable == "yes"
    assert (rows["si-2"].inheritable, rows["si-2"].originations) == ("no", ["inherited"])


def test_providers_stand_side_by_side_and_combined(system):
    bring(system, files.appendix_j())

    held, found = sides(system, moment=Moment(as_of=MONDAY, on=MONDAY.date()))

    told = {side.responsibility.control.control_id: side for side in found}
    assert [matrix.provider.key for matrix in held] == ["cloud"]
    assert told["ac-2"].derived == "shared"
    assert told["ac-2"].offers["cloud"].kind == "shared"
    assert (told["pe-3"].derived, told["pe-3"].combined) == ("inherited", "inherited")
    assert told["si-3"].offers == {}
    assert told["si-3"].combined == told["si-3"].derived


def test_sides_cost_the_same_however_much_was_imported(system, django_assert_num_queries):
    moment = Moment(as_of=MONDAY, on=MONDAY.date())
    bring(system, files.appendix_j(files.ROWS[:1]))
    with django_assert_num_queries(3):
        sides(system, moment=moment)

    bring(system, files.appendix_j())

    with django_assert_num_queries(3):
        sides(system, moment=moment)


@published
def test_the_published_workbook_loses_nothing(system):
    data = CLOUD_GOV.read_bytes()
    parsed = provider_files.read(data, file=CLOUD_GOV.name, hints=Hints())
    assert len(parsed.rows) == 616

    done = bring(system, data, name=CLOUD_GOV.name)

    rows = written(done.matrix)
    assert len(rows) == 616
    assert done.several_originations == 129
    assert done.report[MatrixDoubt.INHERITANCE_AGAINST_ORIGINATION] == 395
    assert done.report[MatrixDoubt.STATUSES_EXCLUDE_EACH_OTHER] == 13
    assert done.report[MatrixDoubt.ORIGINATION_MISSING] == 2
    for back, name in (
        (appendix_j.workbook(rows, title="Back", at=MONDAY), "back.xlsx"),
        ("".join(appendix_j.table(rows)).encode(), "back.csv"),
    ):
        again = provider_files.read(back, file=name, hints=Hints()).rows
        came = [
            (r.printed_id, r.statuses, r.originations, r.inheritable, r.text)
            for r in parsed.rows
        ]
        went = [
            (r.printed_id, r.statuses, r.originations, r.inheritable, r.text) for r in again
        ]
        assert went == came


def test_the_same_rows_give_the_same_workbook():
    assert files.appendix_j() == files.appendix_j()


def test_a_text_that_looks_like_a_formula_stays_text():
    row = files.ROWS[0].__class__("AC-2", ("implemented",), ("shared",), "partial", "=1+1")

    for data, name in (
        (files.appendix_j([row]), "m.xlsx"),
        (files.csv_table([row]), "m.csv"),
    ):
        (read,) = provider_files.read(data, file=name, hints=Hints()).rows
        assert read.text == "=1+1"
    assert b"'=1+1" in files.csv_table([row])


@pytest.mark.parametrize("key", ["A B/../\u00e9", "", "-x", "x" * 60])
def test_a_provider_that_is_made_needs_a_key_that_can_stand_in_an_address(system, key):
    with pytest.raises(InvalidInputError) as caught:
        bring_from(system, key)

    assert caught.value.place == "provider"
    assert not ImportedMatrix.objects.exists()


def test_the_provider_that_the_system_runs_on_is_not_imported_beside_itself(system):
    with pytest.raises(InvalidInputError, match="runs on AWS already"):
        bring_from(system, "aws")


def bring_from(system, key):
    catalog = catalog_for(system)
    assert catalog is not None
    return matrices.import_matrix(
        system=system,
        whose=Whose(key, "Cloud"),
        catalog=catalog,
        parsed=provider_files.read(files.csv_table(), file="m.csv", hints=Hints()),
        source=Source("m.csv", "0" * 64),
        by=system_user(),
        at=MONDAY,
    )
