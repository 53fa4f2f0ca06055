"""What differs between two ends, and the sentences that say why."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controls.rules import comparison, reasons
from controls.rules.comparison import Rhythm, Side
from controls.rules.derivation import Setting, derive
from controls.rules.duties import Wanted
from controls.rules.explanation import Names
from controls.rules.reasons import Words
from tests.knowledge.shipped import FACTS, RELEASE

NAMES = Names(
    provider="AWS",
    layers={"guest_os": "Guest OS: install, patch", "engine": "Engine", "app": "Code"},
    variants={"ec2": "EC2", "rds": "RDS", "fargate": "Fargate, tasks", "s3": "S3"},
)
WORDS = Words(before="today", after="then", gone="Goes", new="Comes")


def row(layer, value, *variants, **more):
    return {"layer": layer, "value": value, "basis": "model", "variants": variants, **more}


def told(before, after):
    found = reasons.reasons(before, after, names=NAMES, words=WORDS)
    return [reason.text for reason in found]


def test_a_reason_names_the_layer_the_services_and_who_carries_it_at_both_ends():
    before = [row("guest_os", "customer", "ec2"), row("guest_os", "provider", "rds")]
    after = [row("guest_os", "provider", "fargate", note="AWS patches hosts")]

    assert told(before, after) == [
        "Guest OS: today AWS and you, then AWS alone. Goes: you on EC2; AWS on RDS. "
        "Comes: AWS on Fargate (AWS patches hosts)."
    ]


def test_a_layer_that_is_carried_as_before_is_no_reason():
    before = [row("guest_os", "provider", "rds"), row("app", "customer")]
    after = [row("guest_os", "provider", "s3"), row("app", "customer")]

    assert told(before, after) == []


def test_what_turns_on_a_service_that_stays_is_told_with_its_reason():
    before = [row("engine", "customer", "ec2")]
    after = [row("engine", "provider-if-configured", "ec2", basis="override", note="So")]

    assert told(before, after) == [
        "Engine: today you alone, then AWS and you. "
        "EC2: you → AWS, once you set it up (overridden: So)."
    ]


def test_what_turns_in_the_whole_system_is_told():
    before = [row("app", "customer")]
    after = [row("app", "not-applicable", basis="no-own-code")]

    assert told(before, after) == [
        "Code: today you alone, then nobody. In the whole system: you → nobody "
        "(the system has no code of its own)."
    ]


def test_the_same_parties_in_another_way_are_told_once():
    before = [row("engine", "shared", "ec2")]
    after = [row("engine", "provider-if-configured", "rds")]

    assert told(before, after) == [
        "Engine: today and then AWS and you. Goes: AWS and you on EC2. "
        "Comes: AWS, once you set it up, on RDS."
    ]


def test_what_nobody_knows_is_not_said_to_be_nobodys():
    before = [row("guest_os", "unknown", basis="no-service")]
    after = [row("guest_os", "provider", "s3")]

    assert told(before, after) == [
        "Guest OS: today not known, then AWS alone. "
        "Goes: not known (no service is recorded). Comes: AWS on S3."
    ]


def side(fingerprint="f", answer="shared", derived="shared", **more):
    return Side(derived, answer, fingerprint, rows=(), **more)


@pytest.mark.parametrize(
    ("other", "expected"),
    [
        (side(), False),
        (side(fingerprint="g"), True),
        (side(answer="inherited-if-configured"), True),
        (side(decided="inherited"), True),
        (side(decided="shared", state="approved", number=3), False),
        (side(suspect=True), False),
    ],
)
def test_a_control_differs_in_parties_answer_or_kind(other, expected):
    assert comparison.differ(side(), other) is expected


@pytest.mark.parametrize(
    ("before", "after", "doubt"),
    [
        (False, False, ""),
        (False, True, "becomes-suspect"),
        (True, True, "stays-suspect"),
        (True, False, "no-longer-suspect"),
    ],
)
def test_what_becomes_of_a_decision(before, after, doubt):
    assert comparison.doubt(side(suspect=before), side(suspect=after)) == doubt


@pytest.mark.parametrize(
    ("before", "after", "courses"),
    [
        ([], [Wanted("do")], ["appears"]),
        ([Wanted("do")], [], ["vanishes"]),
        ([Wanted("do", ("app",))], [Wanted("do", ("app",))], []),
        ([Wanted("do", ("app", "iam"))], [Wanted("do", ("iam",))], ["changes"]),
        ([Wanted("do", ("iam",), ("a",))], [Wanted("do", ("iam",), ("b",))], ["moves"]),
        ([Wanted("do", ("iam",), ("a", "b"))], [Wanted("do", ("iam",), ("b", "a"))], []),
        ([Wanted("do")], [Wanted("check")], ["vanishes", "appears"]),
    ],
)
def test_what_becomes_of_a_duty(before, after, courses):
    assert [course for course, *_ in comparison.duty_courses(before, after)] == courses


def test_a_duty_keeps_its_text_on_both_ends():
    old, new = Wanted("do", ("engine",), ("ec2",)), Wanted("do", ("engine",), ("rds",))

    assert comparison.duty_courses([old], [new]) == [("moves", old, new)]


@pytest.mark.parametrize(
    ("given_", "keys"),
    [
        ([], ()),
        (["ec2"], ("ec2",)),
        (["ec2,rds", "s3"], ("ec2", "rds", "s3")),
        ([" ec2 , ec2,,", ""], ("ec2",)),
    ],
)
def test_services_are_named_one_by_one_or_with_commas(given_, keys):
    assert comparison.named(given_) == keys


def test_an_interval_reads_as_people_say_it():
    def rhythm(every, unit):
        return Rhythm("k", "T", "patching", every, unit, "").interval

    assert rhythm(1, "months") == "every month"
    assert rhythm(6, "weeks") == "every 6 weeks"


def test_a_course_is_called_by_the_words_of_the_ends():
    words = Words("in A", "in B", "Only in A", "Only in B")

    assert [comparison.said(c, words) for c in comparison.COURSES] == [
        "Only in A",
        "Only in B",
        "Changes",
        "Moves",
    ]


variants = st.lists(st.sampled_from(sorted(RELEASE.variants)), unique=True, max_size=6)
controls = st.sampled_from(sorted(RELEASE.controls))
SHIPPED = Names(
    provider="AWS",
    layers={code: layer.name for code, layer in RELEASE.layers.items()},
    variants={key: row.name for key, row in RELEASE.variants.items()},
)


def rows_of(control_id, used):
    found = derive(
        RELEASE.controls[control_id].layers, setting=Setting(tuple(used)), facts=FACTS
    )
    return found, [one.as_json() for one in found.rows]


@given(controls, variants, variants)
def test_whatever_changes_the_parties_of_a_layer_has_a_reason(control_id, before, after):
    (old, old_rows), (new, new_rows) = (
        rows_of(control_id, before),
        rows_of(control_id, after),
    )

    found = reasons.reasons(old_rows, new_rows, names=SHIPPED, words=WORDS)

    changed = {la for la in old.parties if old.parties[la] != new.parties[la]}
    assert changed <= {reason.layer for reason in found}
    assert (old.answer == new.answer) or found
    assert all(reason.before or reason.after for reason in found)


@given(controls, variants)
def test_nothing_that_stays_has_a_reason(control_id, used):
    _, one = rows_of(control_id, used)
    _, other = rows_of(control_id, used[::-1])

    assert reasons.reasons(one, other, names=SHIPPED, words=WORDS) == ()
