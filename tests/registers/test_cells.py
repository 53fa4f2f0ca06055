"""No cell is a formula, and none is lost on the way out and back in."""

import csv
import io
import itertools
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controls.rules.cells import defuse, restore
from evidence.exports.tables import Column
from evidence.exports.writing import pieces
from tests.make import make_grc_lead, make_team
from tests.registers.worlds import make_evidence, told

SIGNS = ["=", "+", "-", "@", "|", "%", "\uff1d", "\uff0b", "\uff0d", "\uff20"]
BEFORE = ["", " ", "  ", "\t", "\r", "\n", "\r\n", "\ufeff", "\u200b", "\u00a0", "\u3000"]
BEFORE += ["\x00", "\x0b", "\u202e", "\u00ad"]
AFTER = ['HYPERLINK("http://x","y")', "cmd|' /C calc'!A0"]
PAYLOADS = [
    before + sign + after for before, sign, after in itertools.product(BEFORE, SIGNS, AFTER)
]
QUOTED = ["\tx", "\rx", "\nx", "'=1", "''=1", "'", '"=1+1"', '","=1', "a\n=1", "=", "-"]


def is_formula(cell):
    """Whether a sheet may run the cell: what it shows first is a sign, or it breaks."""
    if cell[:1] in {"\t", "\r", "\n"}:
        return True
    shown = [c for c in cell if unicodedata.category(c)[0] not in "CZ"]
    return bool(shown) and unicodedata.normalize("NFKC", shown[0])[0] in "=+-@|%"


def cells(columns, *rows):
    text = b"".join(pieces("csv", columns, rows)).decode()
    return list(csv.reader(io.StringIO(text, newline="")))


def test_there_are_three_hundred_payloads_and_each_would_run():
    assert len(PAYLOADS) == 300
    assert all(is_formula(payload) for payload in PAYLOADS)


@pytest.mark.parametrize("payload", [*PAYLOADS, *QUOTED], ids=ascii)
def test_a_payload_stays_text_and_comes_back(payload):
    names = (Column("a", "text", ""), Column("b", "words", ""), Column("c", "json", ""))

    _, row = cells(names, (payload, [payload], {payload: payload}))

    assert [cell for cell in row if is_formula(cell)] == []
    assert restore(row[0]) == payload


@given(st.text())
def test_every_text_comes_back_as_it_was(text):
    assert restore(defuse(text)) == text


@given(st.text())
def test_no_text_is_a_formula_once_it_is_defused(text):
    assert not is_formula(defuse(text))


@pytest.mark.parametrize("text", ["", "Ada", "5 of 7", "a=b", "ok -1", "(=1)", "é"])
def test_what_is_no_formula_stays_as_it_is(text):
    assert defuse(text) == text


@pytest.mark.django_db
def test_no_text_of_a_person_becomes_a_formula_in_a_register():
    team, lead = make_team(), make_grc_lead(name="=Gro")
    told_of = [p for p in PAYLOADS if "\x00" not in p]
    for payload in told_of:
        make_evidence(team, lead, title=payload, url=payload)

    text = told("evidence", "csv", lead)

    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    assert [restore(row["title"]) for row in rows] == told_of
    assert [c for row in rows for c in row.values() if is_formula(c)] == []
