"""What differs between two editions of a catalog."""

from dataclasses import replace

from controls.rules.editions import Face, compare


def face(control_id, title, text="", **fields):
    given = {"withdrawn": False, "params": {}, "texts": {f"{control_id}_smt": text}}
    return Face(control_id, control_id.upper(), title, **{**given, **fields})


ONE = face("ac-1", "Policy", "Write it.")
TWO = face("ac-2", "Accounts", "Manage.")
GONE = face("ac-3", "Gone", withdrawn=True)


def edition(*faces):
    return {face.control_id.lower(): face for face in faces}


def test_equal_editions_differ_in_nothing():
    found = compare(edition(ONE, TWO, GONE), edition(ONE, TWO, GONE))

    assert found.counts == {}
    assert found.same == 2


def test_what_one_edition_alone_has_in_force_is_added_or_removed():
    found = compare(edition(ONE, GONE), edition(TWO))

    assert (found.added, found.removed) == ((TWO,), (ONE,))
    assert compare(edition(ONE), edition(ONE, GONE)).added == ()


def test_a_control_that_is_withdrawn_or_back_is_told_once():
    back = replace(GONE, withdrawn=False)

    assert compare(edition(back), edition(GONE)).counts == {"withdrawn": 1}
    assert compare(edition(GONE), edition(back)).counts == {"reinstated": 1}


def test_another_title_is_told_with_the_one_before():
    (only,) = compare(edition(ONE), edition(replace(ONE, title="Policies"))).retitled

    assert (only.face.title, only.before) == ("Policies", "Policy")


def test_another_text_is_told_by_its_parts():
    newer = replace(ONE, texts={"ac-1_smt": "Write it.", "ac-1_smt.a": "Soon."})

    (only,) = compare(edition(ONE), edition(newer)).reworded

    assert only.parts == ("ac-1_smt.a",)


def test_spaces_and_ids_of_parameters_are_no_other_text():
    older = replace(
        ONE, params={"p": "Assignment: x"}, texts={"s": "Do {{ insert: param, p }}."}
    )
    newer = replace(
        ONE, params={"q": "Assignment: x"}, texts={"s": "Do  {{ insert: param, q }} ."}
    )

    assert compare(edition(older), edition(newer)).counts == {}


def test_an_id_in_capitals_is_the_same_control():
    shouted = replace(ONE, control_id="AC-1")

    assert compare(edition(ONE), edition(shouted)).same == 1
