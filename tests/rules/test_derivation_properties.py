"""What holds for every derivation from the shipped facts, whatever the system."""

from hypothesis import assume, given
from hypothesis import strategies as st

from controls.choices import Answer, Kind, LayerScope, LayerValue, Party, SystemKind
from controls.rules.derivation import (
    KIND_OF_ANSWER,
    PARTIES,
    UNKNOWN,
    Deriver,
    Override,
    Setting,
    answer_of,
    derive,
)
from tests.knowledge.shipped import FACTS, RELEASE

LAYERS = sorted(RELEASE.layers)
VARIANTS = sorted(RELEASE.variants)
SERVICE = {code for code, la in RELEASE.layers.items() if la.scope == LayerScope.SERVICE}

touched = st.lists(st.sampled_from(LAYERS), unique=True, min_size=1, max_size=8)
services = st.lists(st.sampled_from(VARIANTS), unique=True, max_size=8)
unknown_too = st.lists(st.sampled_from([*VARIANTS, "never-heard-of"]), unique=True)


@st.composite
def words(draw):
    """A person's word on a layer, for all services or one, for all systems or this one."""
    return Override(
        layer=draw(st.sampled_from(LAYERS)),
        value=draw(st.sampled_from(LayerValue.values)),
        reason="because",
        uuid=str(draw(st.uuids())),
        variant=draw(st.sampled_from(["", *VARIANTS])),
        system=draw(st.sampled_from(["", "7"])),
    )


def one_each(overrides):
    """No two words on the same layer, service and system: the services refuse those."""
    return tuple({(o.layer, o.variant, o.system): o for o in overrides}.values())


said = st.lists(words(), max_size=6).map(one_each)
settings = st.builds(
    Setting,
    variants=unknown_too.map(tuple),
    has_custom_code=st.booleans(),
    kind=st.sampled_from(SystemKind.values),
    overrides=said,
)


def sides(outcome):
    """Each layer's parties as a set."""
    return {layer: set(parties) for layer, parties in outcome.parties.items()}


@given(st.lists(st.sampled_from(LAYERS), unique=True), settings)
def test_whatever_the_system_there_is_an_answer_that_its_rows_bear_out(layers, setting):
    outcome = derive(layers, setting=setting, facts=FACTS)

    values = [row.value for row in outcome.rows]
    assert outcome.answer == (answer_of(values) if values else Answer.UNDETERMINED)
    assert outcome.kind == KIND_OF_ANSWER[outcome.answer]
    assert (outcome.kind == Kind.UNDETERMINED) == (UNKNOWN in values or not values)
    for layer, parties in sides(outcome).items():
        rows = [row for row in outcome.rows if row.layer == layer]
        assert parties == set().union(*(PARTIES[row.value] for row in rows))


@given(touched, settings)
def test_every_layer_of_the_control_is_accounted_for(layers, setting):
    outcome = derive(layers, setting=setting, facts=FACTS)

    own = setting.kind == SystemKind.WORKLOAD
    asked = [la for la in layers if own or FACTS.scopes[la] == LayerScope.ORGANIZATION]
    assert list(outcome.parties) == asked
    for layer in asked:
        rows = [row for row in outcome.rows if row.layer == layer]
        named = [key for row in rows for key in row.variants]
        of_services = layer in SERVICE and setting.variants
        assert sorted(named) == (sorted(setting.variants) if of_services else [])
        assert rows


@given(touched, said)
def test_without_services_what_touches_them_is_never_silently_inherited(layers, overrides):
    outcome = derive(layers, setting=Setting((), overrides=overrides), facts=FACTS)

    if SERVICE & set(layers):
        assert outcome.kind == Kind.UNDETERMINED


@given(touched, services, st.sampled_from(VARIANTS), said)
def test_adding_a_service_never_removes_a_party(layers, variants, added, overrides):
    assume(added not in variants)

    before = derive(layers, setting=Setting((*variants,), overrides=overrides), facts=FACTS)
    after = derive(
        layers, setting=Setting((*variants, added), overrides=overrides), facts=FACTS
    )

    for layer, parties in sides(before).items():
        assert parties <= sides(after)[layer]


@given(touched, services, st.sampled_from(LAYERS))
def test_touching_one_more_layer_never_takes_a_party_from_the_others(
    layers, variants, more
):
    assume(more not in layers)

    before = derive(layers, setting=Setting(tuple(variants)), facts=FACTS)
    after = derive([*layers, more], setting=Setting(tuple(variants)), facts=FACTS)

    assert sides(before) == {la: sides(after)[la] for la in layers}


@given(touched, services, said, st.randoms(use_true_random=False))
def test_the_order_of_services_layers_and_overrides_changes_nothing(
    layers, variants, overrides, random
):
    def shuffled(items):
        return random.sample(list(items), len(items))

    one = derive(layers, setting=Setting(tuple(variants), overrides=overrides), facts=FACTS)
    other = derive(
        shuffled(layers),
        setting=Setting(tuple(shuffled(variants)), overrides=tuple(shuffled(overrides))),
        facts=FACTS,
    )

    assert (one.answer, one.cells, one.whole) == (other.answer, other.cells, other.whole)
    assert one.fingerprint == other.fingerprint
    assert sides(one) == sides(other)


@given(touched, st.lists(st.sampled_from(VARIANTS), unique=True, min_size=1), said)
def test_what_holds_for_each_service_adds_up_to_the_whole(layers, variants, overrides):
    whole = derive(
        layers, setting=Setting(tuple(variants), overrides=overrides), facts=FACTS
    )
    alone = [
        derive(layers, setting=Setting((one,), overrides=overrides), facts=FACTS)
        for one in variants
    ]

    assert whole.answer == answer_of(row.value for one in alone for row in one.rows)
    for layer in layers:
        assert sides(whole)[layer] == set().union(*(sides(one)[layer] for one in alone))
    for variant, one in zip(variants, alone, strict=True):
        assert whole.cells.get(variant) == one.cells.get(variant)


@given(touched, services)
def test_without_own_code_the_customer_never_carries_more(layers, variants):
    def customers(*, code):
        setting = Setting(tuple(variants), has_custom_code=code)
        parties = sides(derive(layers, setting=setting, facts=FACTS))
        return {la for la, found in parties.items() if Party.CUSTOMER in found}

    assert customers(code=False) <= customers(code=True)


@given(touched, services)
def test_a_deriver_that_is_asked_twice_says_the_same(layers, variants):
    deriver = Deriver(FACTS, Setting(tuple(variants)))

    first = deriver.derive(layers)
    deriver.derive(layers[::-1])

    assert (
        deriver.derive(layers)
        == first
        == derive(layers, setting=Setting(tuple(variants)), facts=FACTS)
    )
