"""Who carries a control, for settings small enough to see the answer."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controls.choices import Answer, Kind, LayerValue, SystemKind
from controls.rules.derivation import (
    KIND_OF_ANSWER,
    PARTIES,
    UNKNOWN,
    Deriver,
    Fact,
    Facts,
    Override,
    Setting,
    answer_of,
    derive,
)

SCOPES = {
    "facility": "service",
    "guest_os": "service",
    "engine": "service",
    "data": "system",
    "app": "system",
    "training": "organization",
}
VALUES = {
    "ec2": {"facility": "provider", "guest_os": "customer", "engine": "customer"},
    "rds": {
        "facility": "provider",
        "guest_os": "provider",
        "engine": "provider-if-configured",
    },
    "s3": {"facility": "provider", "guest_os": "provider", "engine": "provider"},
    "vpc": {
        "facility": "provider",
        "guest_os": "not-applicable",
        "engine": "not-applicable",
    },
}
FACTS = Facts(
    scopes=SCOPES,
    services={
        (variant, layer): Fact(value, "variant", note=f"{variant} note")
        for variant, layers in VALUES.items()
        for layer, value in layers.items()
    },
    layers={
        "data": Fact("customer", "layer"),
        "app": Fact("customer", "layer"),
        "training": Fact("parallel", "layer"),
    },
)


@pytest.mark.parametrize(
    ("layers", "variants", "answer"),
    [
        (["facility"], ["ec2", "s3"], Answer.INHERITED),
        (["guest_os"], ["ec2"], Answer.CUSTOMER_SPECIFIC),
        (["guest_os"], ["s3"], Answer.INHERITED),
        (["guest_os"], ["ec2", "s3"], Answer.SHARED),
        (["facility", "guest_os"], ["ec2"], Answer.SHARED),
        (["engine"], ["rds"], Answer.INHERITED_IF_CONFIGURED),
        (["facility", "engine"], ["rds", "s3"], Answer.INHERITED_IF_CONFIGURED),
        (["engine"], ["rds", "ec2"], Answer.SHARED),
        (["training"], ["ec2"], Answer.PARALLEL),
        (["training", "data"], ["ec2"], Answer.SHARED),
        (["data"], ["s3"], Answer.CUSTOMER_SPECIFIC),
        (["guest_os", "engine"], ["vpc"], Answer.NOT_APPLICABLE),
        (["guest_os"], [], Answer.UNDETERMINED),
        (["guest_os"], ["never-heard-of"], Answer.UNDETERMINED),
        (["guest_os"], ["s3", "never-heard-of"], Answer.UNDETERMINED),
        (["data"], [], Answer.CUSTOMER_SPECIFIC),
        ([], ["ec2"], Answer.UNDETERMINED),
    ],
)
def test_layers_and_services_decide_the_answer(layers, variants, answer):
    outcome = derive(layers, setting=Setting(tuple(variants)), facts=FACTS)

    assert outcome.answer == answer
    assert outcome.kind == KIND_OF_ANSWER[answer]


def test_the_answer_is_also_given_for_each_service_and_for_the_whole_system():
    outcome = derive(["guest_os", "data"], setting=Setting(("ec2", "s3")), facts=FACTS)

    assert outcome.cells == {"ec2": "customer-specific", "s3": "inherited"}
    assert outcome.whole == "customer-specific"
    assert outcome.parties == {"guest_os": ("customer", "provider"), "data": ("customer",)}


def test_services_that_share_a_reason_share_a_row():
    facts = Facts(
        SCOPES,
        {(v, "guest_os"): Fact("provider", "model") for v in ("s3", "rds")},
        {},
    )

    (row,) = derive(["guest_os"], setting=Setting(("s3", "rds")), facts=facts).rows

    assert row.variants == ("s3", "rds")


def test_without_own_code_the_code_is_nobodys():
    setting = Setting(("s3",), has_custom_code=False)

    outcome = derive(["facility", "app"], setting=setting, facts=FACTS)

    assert outcome.kind == Kind.INHERITED
    assert outcome.rows[-1].basis == "no-own-code"


def test_the_organisation_answers_only_for_its_own_layers():
    deriver = Deriver(FACTS, Setting((), kind=SystemKind.ORGANIZATION))

    outcome = deriver.derive(["guest_os", "training", "data"])

    assert outcome.answer == Answer.PARALLEL
    assert [row.layer for row in outcome.rows] == ["training"]
    assert outcome.organization_only
    assert not deriver.in_scope(["guest_os", "data"])


def override(value, *, variant="", system="", uuid="1"):
    return Override("guest_os", value, "because", uuid, variant=variant, system=system)


@pytest.mark.parametrize(
    ("overrides", "cells"),
    [
        ([override("shared")], {"ec2": "shared", "s3": "shared"}),
        ([override("provider", variant="ec2")], {"ec2": "inherited", "s3": "inherited"}),
        (
            [override("shared"), override("provider", variant="ec2", uuid="2")],
            {"ec2": "inherited", "s3": "shared"},
        ),
        (
            [override("shared", system="7", uuid="1"), override("provider", uuid="2")],
            {"ec2": "shared", "s3": "shared"},
        ),
    ],
)
def test_people_override_the_nearest_word_wins(overrides, cells):
    setting = Setting(("ec2", "s3"), overrides=tuple(overrides))

    outcome = derive(["guest_os"], setting=setting, facts=FACTS)

    assert outcome.cells == cells
    assert {row.basis for row in outcome.rows} == {"override"} or "model" not in cells


def test_an_override_shows_its_reason():
    setting = Setting(("ec2",), overrides=(override("shared"),))

    (row,) = derive(["guest_os"], setting=setting, facts=FACTS).rows

    assert (row.basis, row.note, row.override) == ("override", "because", "1")


def test_a_stored_row_leaves_out_what_is_empty():
    (row,) = derive(["data"], setting=Setting(()), facts=FACTS).rows

    assert row.as_json() == {
        "layer": "data",
        "scope": "system",
        "value": "customer",
        "basis": "layer",
    }


def test_two_derivations_agree_when_kind_and_parties_do():
    one = derive(["guest_os"], setting=Setting(("s3",)), facts=FACTS)
    two = derive(["guest_os"], setting=Setting(("s3", "rds")), facts=FACTS)
    three = derive(["guest_os"], setting=Setting(("s3", "ec2")), facts=FACTS)

    assert one.fingerprint == two.fingerprint
    assert one.fingerprint != three.fingerprint


layer_lists = st.lists(st.sampled_from(sorted(SCOPES)), unique=True, min_size=1)
variant_lists = st.lists(st.sampled_from(sorted(VALUES)), unique=True)
values = st.lists(st.sampled_from([*LayerValue.values, UNKNOWN]), max_size=6)


@given(values)
def test_every_set_of_values_has_an_answer_that_names_its_parties(found):
    answer = answer_of(found)

    sides = frozenset().union(*(PARTIES[value] for value in found))
    assert answer in Answer.values
    if answer != Answer.UNDETERMINED:
        assert (len(sides) == 2) == (KIND_OF_ANSWER[answer] == Kind.SHARED)


@given(layer_lists, variant_lists)
def test_the_order_of_services_and_layers_changes_nothing(layers, variants):
    one = derive(layers, setting=Setting(tuple(variants)), facts=FACTS)
    other = derive(layers[::-1], setting=Setting(tuple(variants[::-1])), facts=FACTS)

    assert (one.answer, one.cells, one.whole) == (other.answer, other.cells, other.whole)
    assert one.fingerprint == other.fingerprint


@given(layer_lists, variant_lists, st.sampled_from(sorted(VALUES)))
def test_adding_a_service_never_removes_a_party(layers, variants, added):
    before = derive(layers, setting=Setting(tuple(variants)), facts=FACTS)
    after = derive(layers, setting=Setting((*variants, added)), facts=FACTS)

    for layer in layers:
        assert set(before.parties[layer]) <= set(after.parties[layer])


@given(layer_lists, st.lists(st.sampled_from(sorted(VALUES)), unique=True, min_size=1))
def test_what_holds_for_each_service_adds_up_to_the_whole(layers, variants):
    whole = derive(layers, setting=Setting(tuple(variants)), facts=FACTS)
    alone = [
        derive(layers, setting=Setting((variant,)), facts=FACTS) for variant in variants
    ]

    for layer in layers:
        union = set().union(*(one.parties[layer] for one in alone))
        assert set(whole.parties[layer]) == union
