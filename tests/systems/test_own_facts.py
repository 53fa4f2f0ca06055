"""The organisation's own services, and its own word on what controls touch."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from controls.choices import AuditVerb, Kind, SystemKind
from controls.errors import (
    ConflictError,
    InvalidInputError,
    NotAllowedError,
    StaleVersionError,
)
from controls.models import (
    AuditEvent,
    Catalog,
    Control,
    ControlTag,
    Duty,
    Layer,
    LayerOverride,
    Responsibility,
    ServiceVariant,
)
from controls.queries.facts import layers_of
from controls.queries.own_facts import own_facts
from controls.rules.explanation import Names, sentences
from controls.rules.moments import Moment
from controls.services import overrides
from controls.services import own_facts as services
from controls.services.overrides import Word
from controls.services.own_facts import Service
from tests.make import (
    MONDAY,
    make_approval,
    make_catalog,
    make_decision,
    make_grc_lead,
    make_member,
    make_provider,
    make_release_mapping,
    make_service,
    make_system,
    make_team,
    make_world,
    responsibility_for,
)

pytestmark = pytest.mark.django_db

TODAY = Moment(as_of=MONDAY, on=MONDAY.date())
RELAY = Service(name="Mail relay", model="infrastructure", note="Runs in our racks.")


@pytest.fixture
def team():
    return make_team("platform")


@pytest.fixture
def system(team):
    return make_system(team, "s3", profile=make_world(), has_custom_code=False)


@pytest.fixture
def lead():
    return make_grc_lead()


def add(by, key="mail-relay", service=RELAY):
    return services.add_variant(
        key=key, provider=make_provider(), service=service, by=by, at=MONDAY
    )


def change(variant, by, version=None, **changes):
    stands = {"name": variant.name, "model": variant.model, "note": variant.note}
    return services.change_variant(
        variant=variant,
        version=variant.version if version is None else version,
        service=Service(**{**stands, **changes}),
        by=by,
        at=MONDAY,
    )


def tag(control, *codes, by, reason="We say so.", at=MONDAY):
    layers = [Layer.objects.get(code=code) for code in codes]
    return services.tag(control=control, layers=layers, reason=reason, by=by, at=at)


def control_of(system, control_id):
    return responsibility_for(system, control_id).control


def derived(system, control_id):
    found = responsibility_for(system, control_id).latest_derivation
    assert found is not None
    return found


def test_an_own_service_is_used_like_a_shipped_one_with_the_layers_of_its_model(
    system, lead
):
    variant = add(lead)

    make_service(system, variant.key)

    assert variant.key == "own.mail-relay"
    assert derived(system, "si-3").cells[variant.key] == "shared"
    assert derived(system, "si-3").parties["guest_os"] == ["customer", "provider"]


def test_an_override_says_what_is_otherwise_than_its_model(system, lead):
    variant = add(lead)
    make_service(system, variant.key)
    word = Word(
        layer=Layer.objects.get(code="guest_os"),
        value="provider",
        reason="Our host patches it.",
        since=MONDAY.date(),
        variant=variant,
    )

    overrides.start(system=None, word=word, by=lead, at=MONDAY)

    assert derived(system, "si-3").cells[variant.key] == "inherited"


def test_changing_its_model_derives_the_systems_that_use_it_anew(system, lead):
    variant = add(lead)
    make_service(system, variant.key)

    change(variant, lead, model="abstracted")

    found = derived(system, "si-3")
    assert found.cells[variant.key] == "inherited"
    assert found.cause == "Service own.mail-relay is abstracted"


def test_renaming_it_derives_nothing(system, lead):
    variant = add(lead)
    make_service(system, variant.key)
    before = derived(system, "si-3").pk

    change(variant, lead, name="Relay")

    assert derived(system, "si-3").pk == before
    assert ServiceVariant.objects.get(key=variant.key).name == "Relay"


@pytest.mark.usefixtures("system")
def test_its_key_is_told_apart_from_every_shipped_one(lead):
    assert add(lead, key="own.relay").key == "own.relay"
    assert add(lead, key="s3").key == "own.s3"


@pytest.mark.usefixtures("system")
@pytest.mark.parametrize("key", ["", "Mail", "a b", "own.", "a" * 90, "-x"])
def test_a_key_that_is_none_is_refused(lead, key):
    with pytest.raises(InvalidInputError) as caught:
        add(lead, key=key)

    assert caught.value.place == "key"
    assert not ServiceVariant.objects.own().exists()


@pytest.mark.usefixtures("system")
@pytest.mark.parametrize(
    ("service", "place"),
    [(Service(name=" ", model="managed"), "name"), (Service(name="X", model="x"), "model")],
)
def test_a_service_needs_a_name_and_a_model(lead, service, place):
    with pytest.raises(InvalidInputError) as caught:
        add(lead, service=service)

    assert caught.value.place == place


@pytest.mark.usefixtures("system")
def test_a_key_is_taken_once(lead):
    add(lead)

    with pytest.raises(ConflictError, match="already"):
        add(lead)


@pytest.mark.usefixtures("system")
def test_a_shipped_service_is_not_changed(lead):
    with pytest.raises(ConflictError, match="shipped"):
        change(ServiceVariant.objects.get(key="s3"), lead, name="Mine")


@pytest.mark.usefixtures("system")
def test_a_stale_version_changes_nothing(lead):
    variant = add(lead)

    with pytest.raises(StaleVersionError):
        change(variant, lead, version=variant.version + 1, name="Mine")

    assert ServiceVariant.objects.get(key=variant.key).name == "Mail relay"


def test_the_lead_of_a_team_adds_none(team, system):
    member = make_member(team, "lead")

    with pytest.raises(NotAllowedError, match="GRC lead"):
        add(member)
    with pytest.raises(NotAllowedError, match="GRC lead"):
        tag(control_of(system, "pe-3"), "iam", by=member)


@pytest.mark.usefixtures("system")
def test_the_database_gives_no_shipped_key_to_an_own_service(lead):
    variant = add(lead)

    with pytest.raises(IntegrityError), transaction.atomic():
        ServiceVariant.objects.filter(pk=variant.pk).update(key="relay")


def test_a_tag_stands_in_the_place_of_the_shipped_layers(system, lead):
    assert derived(system, "pe-3").kind == Kind.INHERITED

    tag(control_of(system, "pe-3"), "facility", "iam", by=lead)

    found = derived(system, "pe-3")
    assert found.kind == Kind.SHARED
    assert [row["layer"] for row in found.explanation] == ["facility", "iam"]
    assert found.cause == "Layers of PE-3 tagged anew"


def test_the_explanation_says_whose_word_it_is(system, lead):
    tag(control_of(system, "pe-3"), "iam", by=lead, reason="Badges are ours.")

    found = derived(system, "pe-3")
    names = Names(provider="AWS", layers={}, variants={})
    told = sentences(found.answer, found.explanation, names=names)
    assert told[-1] == "Its layers are your organisation's own word: Badges are ours."


def test_a_decision_that_rests_on_other_layers_becomes_suspect(system, lead):
    make_decision(system, "pe-3", owner_team=None)

    tag(control_of(system, "pe-3"), "iam", by=lead)

    rows = type(responsibility_for(system, "pe-3")).objects.with_suspicion(on=TODAY.on)
    assert [row.control.control_id for row in rows.filter(suspect=True)] == ["pe-3"]  # type: ignore[misc]


def test_ending_it_lets_the_shipped_layers_hold_again(system, lead):
    before = derived(system, "pe-3")
    row = tag(control_of(system, "pe-3"), "iam", by=lead)

    services.untag(tag=row, reason="It was wrong.", by=lead, at=MONDAY)

    after = derived(system, "pe-3")
    assert (after.kind, after.parties) == (before.kind, before.parties)
    assert after.fingerprint == before.fingerprint
    event = AuditEvent.objects.get(verb=AuditVerb.CONTROL_UNTAGGED)
    assert event.after == {"reason": "It was wrong."}


def test_a_new_tag_ends_the_one_before(system, lead):
    control = control_of(system, "pe-3")
    first = tag(control, "iam", by=lead)

    tag(control, "governance", by=lead)

    first.refresh_from_db()
    assert first.ended_at is not None
    assert ControlTag.objects.open().get().layers == ["governance"]


def test_it_ends_once(system, lead):
    row = tag(control_of(system, "pe-3"), "iam", by=lead)
    services.untag(tag=row, reason="So.", by=lead, at=MONDAY)

    with pytest.raises(ConflictError, match="ended already"):
        services.untag(tag=row, reason="So.", by=lead, at=MONDAY)


@pytest.mark.parametrize(
    ("codes", "reason", "place"), [((), "So.", "layers"), (("iam",), " ", "reason")]
)
def test_a_tag_needs_layers_and_a_reason(system, lead, codes, reason, place):
    with pytest.raises(InvalidInputError) as caught:
        tag(control_of(system, "pe-3"), *codes, by=lead, reason=reason)

    assert caught.value.place == place
    assert not ControlTag.objects.exists()


def test_a_tag_counts_in_every_edition_of_the_catalog(system, lead):
    control = control_of(system, "pe-3")
    edition = Catalog.objects.create(
        key=control.catalog.key, version="2", title="Again", imported_at=MONDAY
    )
    again = Control.objects.create(
        catalog=edition, control_id="PE-3", label="PE-3", order=0
    )

    tag(again, "iam", by=lead)

    assert layers_of([control.pk, again.pk]) == {
        control.pk: ("iam",),
        again.pk: ("iam",),
    }


@pytest.mark.usefixtures("system")
def test_a_control_of_our_own_that_nothing_maps_to_is_tagged(lead):
    own = make_catalog({"own-1": ()}, key="house-rules")
    control = own.controls.get()
    assert layers_of([control.pk]) == {}

    tag(control, "governance", "iam", by=lead)

    assert layers_of([control.pk]) == {control.pk: ("governance", "iam")}


def test_what_maps_to_a_tagged_control_touches_what_it_is_tagged_with(system, lead):
    other = make_catalog({"cc7": ()}, key="soc").controls.get()
    pe_3 = control_of(system, "pe-3")
    make_release_mapping(pe_3.catalog.key, "pe-3", "soc", "cc7")
    assert layers_of([other.pk]) == {other.pk: ("facility",)}

    tag(control_of(system, "pe-3"), "iam", by=lead)

    assert layers_of([other.pk]) == {other.pk: ("iam",)}


def test_a_tag_of_its_own_goes_before_the_crosswalk(system, lead):
    other = make_catalog({"cc7": ()}, key="soc").controls.get()
    pe_3 = control_of(system, "pe-3")
    make_release_mapping(pe_3.catalog.key, "pe-3", "soc", "cc7")

    tag(other, "governance", by=lead)

    assert layers_of([other.pk]) == {other.pk: ("governance",)}


def test_what_differs_from_the_shipped_facts_is_seen_on_one_page(system, lead):
    variant = add(lead)
    make_service(system, variant.key)
    for where in (None, system):
        word = Word(
            layer=Layer.objects.get(code="guest_os"),
            value="shared",
            reason="We both do.",
            since=MONDAY.date(),
        )
        overrides.start(system=where, word=word, by=lead, at=MONDAY)
    tag(control_of(system, "pe-3"), "iam", by=lead)

    found = own_facts(user=lead, moment=TODAY)

    assert [(one.variant, one.systems) for one in found.services] == [(variant, 1)]
    assert [one.override.system for one in found.overrides] == [system, None] or [
        one.override.system for one in found.overrides
    ] == [None, system]
    shipped = found.overrides[0].shipped
    assert set(shipped) == {"provider", "customer"}
    assert variant.key in shipped["customer"]
    (one,) = found.tags
    assert [layer.code for layer in one.layers] == ["iam"]
    assert [layer.code for layer in one.shipped] == ["facility"]


@pytest.mark.usefixtures("system")
def test_an_override_that_ended_is_no_longer_told(lead):
    word = Word(
        layer=Layer.objects.get(code="guest_os"),
        value="shared",
        reason="For now.",
        since=MONDAY.date(),
        until=MONDAY.date() + timedelta(days=1),
    )
    overrides.start(system=None, word=word, by=lead, at=MONDAY)

    later = MONDAY + timedelta(days=2)
    found = own_facts(user=lead, moment=Moment(as_of=later, on=later.date()))

    assert found.overrides == []


def test_the_overrides_of_foreign_systems_are_not_told(system, lead):
    word = Word(
        layer=Layer.objects.get(code="guest_os"),
        value="shared",
        reason="We both do.",
        since=MONDAY.date(),
    )
    overrides.start(system=system, word=word, by=lead, at=MONDAY)
    stranger = make_member(make_team("others"))

    assert LayerOverride.objects.count() == 1
    assert own_facts(user=stranger, moment=TODAY).overrides == []


def test_the_page_asks_the_same_of_few_as_of_many(system, lead):
    tag(control_of(system, "pe-3"), "iam", by=lead)
    add(lead)
    few = _cost(lead)
    for number, control_id in enumerate(("si-2", "si-3", "ac-2")):
        tag(control_of(system, control_id), "iam", by=lead)
        add(lead, key=f"relay-{number}")

    assert _cost(lead) == few <= 9


def _cost(user):
    with CaptureQueriesContext(connection) as queries:
        own_facts(user=user, moment=TODAY)
    return len(queries)


def test_as_of_an_earlier_instant_what_held_then_is_told(system, lead):
    control, tuesday = control_of(system, "pe-3"), MONDAY + timedelta(days=1)
    thursday = MONDAY + timedelta(days=3)
    row = tag(control, "iam", by=lead, at=tuesday)
    services.untag(tag=row, reason="So.", by=lead, at=thursday)
    services.add_variant(
        key="relay", provider=make_provider(), service=RELAY, by=lead, at=thursday
    )

    def held(at):
        found = own_facts(user=lead, moment=Moment(as_of=at, on=at.date()))
        return len(found.tags), len(found.services)

    assert held(MONDAY) == (0, 0)
    assert held(tuesday + timedelta(hours=1)) == (1, 0)
    assert held(thursday) == (0, 1)


@pytest.fixture
def organization(team, system):
    profile = system.scopes.get().profile
    return make_system(team, profile=profile, kind=SystemKind.ORGANIZATION, key="org")


@pytest.mark.usefixtures("organization")
def test_a_control_that_moves_to_the_organisation_is_brought_up_to_date_here(system, lead):
    make_approval(system, "ac-2")
    assert Duty.objects.filter(responsibility__system=system, ended_at=None).exists()

    tag(control_of(system, "ac-2"), "training", by=lead)
    make_approval(system, "ac-2")

    mine = Duty.objects.filter(responsibility__system=system, ended_at=None)
    assert not mine.exists()
    rows = Responsibility.objects.with_suspicion(on=TODAY.on)
    assert not rows.filter(system=system, suspect=True).exists()  # type: ignore[misc]
    with pytest.raises(ConflictError, match="whole organisation"):
        make_decision(system, "ac-2")


def test_a_control_that_leaves_the_organisation_is_its_no_more(system, organization, lead):
    make_decision(organization, "at-2")

    tag(control_of(system, "at-2"), "iam", by=lead)

    assert derived(organization, "at-2").kind == Kind.NOT_APPLICABLE
    assert derived(system, "at-2").kind == Kind.CUSTOMER_SPECIFIC
    make_decision(system, "at-2")
    services.untag(tag=ControlTag.objects.get(), reason="So.", by=lead, at=MONDAY)
    assert derived(organization, "at-2").kind == Kind.SHARED
