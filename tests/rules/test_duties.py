"""Which duties a decision leaves to the customer, and which cadences they call for."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controls.choices import Kind, LayerScope, LayerValue
from controls.rules.derivation import UNKNOWN
from controls.rules.duties import LONGEST, Wanted, calls_for, told, wanted
from controls.rules.explanation import Names

NAMES = Names(
    provider="AWS",
    layers={
        "guest_os": "Guest OS (Linux, Windows)",
        "iam": "IAM users and roles",
        "app": "Own code",
    },
    variants={"ec2": "Amazon EC2", "rds": "Amazon RDS, all engines"},
)
VALUES = [*LayerValue.values, UNKNOWN]


def row(layer, value, *variants, scope=LayerScope.SERVICE):
    stored = {"layer": layer, "scope": scope, "value": value, "basis": "model"}
    return stored | ({"variants": list(variants)} if variants else {})


def asked(*rows, kind=Kind.SHARED, organization_decides=False):
    return wanted(kind=kind, rows=rows, organization_decides=organization_decides)


@pytest.mark.parametrize(
    ("value", "tasks"),
    [
        (LayerValue.CUSTOMER, ["do"]),
        (LayerValue.SHARED, ["do"]),
        (LayerValue.PARALLEL, ["do"]),
        (LayerValue.PROVIDER_IF_CONFIGURED, ["check"]),
        (LayerValue.PROVIDER, []),
        (LayerValue.NOT_APPLICABLE, []),
        (UNKNOWN, []),
    ],
)
def test_only_what_the_customer_carries_or_sets_up_is_asked_for(value, tasks):
    found = asked(row("x", value, "ec2"), row("iam", "customer", "ec2"))

    about_x = [duty.task for duty in found if "x" in duty.layers]
    assert about_x == tasks


def test_what_the_provider_does_once_set_up_is_checked_and_the_rest_is_done():
    found = asked(
        row("guest_os", "customer", "ec2"),
        row("engine", "customer", "ec2"),
        row("engine", "provider-if-configured", "rds"),
        row("facility", "provider", "ec2", "rds"),
        row("app", "customer", scope=LayerScope.SYSTEM),
    )

    assert found == [
        Wanted("do", ("guest_os", "engine", "app"), ("ec2",)),
        Wanted("check", ("engine",), ("rds",)),
    ]


@pytest.mark.parametrize("kind", [Kind.INHERITED, Kind.NOT_APPLICABLE, Kind.UNDETERMINED])
def test_a_decision_that_leaves_nothing_to_the_customer_asks_for_nothing(kind):
    assert asked(row("guest_os", "customer", "ec2"), kind=kind) == []


@pytest.mark.parametrize("kind", [Kind.SHARED, Kind.CUSTOMER_SPECIFIC])
def test_where_people_see_a_part_that_no_layer_shows_there_is_a_duty_without_layers(kind):
    assert asked(row("facility", "provider", "ec2"), kind=kind) == [Wanted("do")]
    assert asked(kind=kind) == [Wanted("do")]


def test_layers_of_the_organisation_are_left_to_its_own_system():
    rows = (
        row("training", "parallel", scope=LayerScope.ORGANIZATION),
        row("iam", "customer", "ec2"),
    )

    here = asked(*rows, organization_decides=True)
    alone = asked(*rows)

    assert here == [Wanted("do", ("iam",), ("ec2",))]
    assert alone == [Wanted("do", ("training", "iam"), ("ec2",))]


def test_where_the_organisation_carries_all_of_our_part_nothing_is_left_here():
    rows = (
        row("training", "parallel", scope=LayerScope.ORGANIZATION),
        row("facility", "provider", "ec2"),
    )

    assert asked(*rows, organization_decides=True) == []


@given(
    st.lists(
        st.builds(
            row,
            st.sampled_from(["a", "b", "c"]),
            st.sampled_from(VALUES),
            st.sampled_from(["ec2", "rds"]),
            scope=st.sampled_from(LayerScope.values),
        )
    ),
    st.sampled_from(Kind.values),
    st.booleans(),
)
def test_nothing_is_asked_that_the_provider_carries_alone(rows, kind, elsewhere):
    found = wanted(kind=kind, rows=rows, organization_decides=elsewhere)

    tasks = [duty.task for duty in found]
    ours = {r["layer"] for r in rows if r["value"] not in {"provider", UNKNOWN}}
    assert tasks == [task for task in ("do", "check") if task in tasks]
    assert {layer for duty in found for layer in duty.layers} <= ours
    assert all(len(set(duty.layers)) == len(duty.layers) for duty in found)


@pytest.mark.parametrize(
    ("duty", "line"),
    [
        (Wanted("do", ("guest_os", "app"), ("ec2",)), "Guest OS, own code on Amazon EC2"),
        (
            Wanted("check", ("guest_os",), ("rds", "ec2")),
            "Check that it is set up: guest OS on Amazon RDS, Amazon EC2",
        ),
        (Wanted("do", ("iam",)), "IAM users and roles"),
        (Wanted("do"), "The customer's part"),
        (Wanted("do", ("new",), ("new",)), "New on new"),
    ],
)
def test_a_duty_reads_as_one_line(duty, line):
    assert told(duty, names=NAMES) == line


def test_a_long_line_is_cut_where_the_column_ends():
    duty = Wanted("do", tuple(f"layer-{n}" for n in range(90)))

    line = told(duty, names=NAMES)

    assert len(line) == LONGEST
    assert line.endswith(" …")


@pytest.mark.parametrize(
    ("control", "layers", "about", "called"),
    [
        ("si-2", ["guest_os"], ["guest_os", "engine"], True),
        ("si-2", ["iam", "engine"], ["guest_os", "engine"], True),
        ("si-2", ["iam"], ["guest_os", "engine"], False),
        ("si-2", ["iam"], [], True),
        ("si-2", [], ["guest_os"], True),  # people say it is ours, no layer says where
        ("si-2.2", ["guest_os"], ["guest_os"], False),
        ("ac-2", ["guest_os"], [], False),
    ],
)
def test_a_cadence_is_offered_by_control_and_layer(control, layers, about, called):
    found = calls_for(
        control_id=control, layers=layers, cadence_controls={"si-2"}, cadence_layers=about
    )

    assert found is called
