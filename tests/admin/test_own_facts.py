"""Own services and tags in the admin, and the page that tells them all."""

import pytest
from django.urls import reverse

from controls.models import ControlTag, Layer, ServiceVariant
from tests.admin.worlds import add_url, change_url, list_url, text
from tests.make import make_provider, responsibility_for

PAGE = reverse("workspace:own-facts")
RELAY = {
    "key": "mail-relay",
    "name": "Mail relay",
    "model": "infrastructure",
    "iam_prefix": "",
    "note": "Runs in our racks.",
}


@pytest.fixture
def pe_3(world):
    return responsibility_for(world.system, "pe-3").control


def relay(world):
    world.as_("grc").post(
        add_url("servicevariant"), {**RELAY, "provider": make_provider().pk}
    )
    return ServiceVariant.objects.get(key="own.mail-relay")


def tag_url(control):
    return f"{add_url(ControlTag)}?control={control.pk}"


def tagged(world, control, *codes):
    layers = list(Layer.objects.filter(code__in=codes).values_list("pk", flat=True))
    sent = {"touched": layers, "reason": "Badges are ours."}
    world.as_("grc").post(tag_url(control), sent)
    return ControlTag.objects.latest("pk")


def test_the_grc_lead_adds_a_service_and_changes_it(world):
    variant = relay(world)

    answer = world.as_("grc").post(
        change_url(variant), {**RELAY, "version": variant.version, "model": "managed"}
    )

    variant.refresh_from_db()
    assert answer.status_code == 302
    assert (variant.model, variant.note) == ("managed", "Runs in our racks.")


def test_a_refused_key_keeps_what_was_typed(world):
    answer = world.as_("grc").post(
        add_url("servicevariant"), {**RELAY, "key": "A B", "provider": make_provider().pk}
    )

    assert answer.status_code == 200
    assert "A key is small letters" in text(answer)
    assert "Runs in our racks." in text(answer)


def test_a_shipped_service_is_read_by_everybody_and_changed_by_nobody(world):
    row = ServiceVariant.objects.get(key="s3")

    page = text(world.as_("grc").get(change_url(row)))

    assert 'name="_save"' not in page
    assert "Who carries it" in page


def test_others_read_an_own_service_and_are_told_who_may_change_it(world):
    page = text(world.as_("viewer").get(change_url(relay(world))))

    assert 'name="_save"' not in page
    assert "To change it takes the GRC lead" in page


def test_the_list_filters_by_whose_they_are(world):
    relay(world)
    browser = world.as_("viewer")

    own = text(browser.get(list_url("servicevariant") + "?own=yes"))
    shipped = text(browser.get(list_url("servicevariant") + "?own=no"))

    assert "own.mail-relay" in own
    assert "own.mail-relay" not in shipped


def test_a_control_is_tagged_from_its_own_page(world, pe_3):
    browser = world.as_("grc")
    assert tag_url(pe_3) in text(browser.get(change_url(pe_3)))
    assert "PE-3" in text(browser.get(tag_url(pe_3)))

    row = tagged(world, pe_3, "facility", "iam")

    assert (row.control, row.layers) == (pe_3, ["facility", "iam"])
    page = text(browser.get(change_url(pe_3)))
    assert "Your organisation&#x27;s own word" in page
    assert "Badges are ours." in page
    derivation = responsibility_for(world.system, "pe-3").latest_derivation
    assert derivation is not None
    assert derivation.kind == "shared"


def test_the_form_starts_with_the_layers_that_hold(world, pe_3):
    page = text(world.as_("grc").get(tag_url(pe_3)))

    facility = Layer.objects.get(code="facility")
    assert f'value="{facility.pk}"' in page.split("checked")[0].rpartition("<input")[2]
    assert page.count(" checked") == 1


def test_a_tag_ends_with_a_reason(world, pe_3):
    row, browser = tagged(world, pe_3, "iam"), world.as_("grc")

    without = browser.post(change_url(row), {"_step": "end", "why": ""})
    browser.post(change_url(row), {"_step": "end", "why": "It was wrong."})

    row.refresh_from_db()
    assert "Give the reason." in text(without)
    assert row.ended_at is not None
    assert 'value="end"' not in text(browser.get(change_url(row)))


def test_others_find_no_way_to_tag(world, pe_3):
    browser = world.as_("lead")

    assert tag_url(pe_3) not in text(browser.get(change_url(pe_3)))
    assert browser.get(tag_url(pe_3)).status_code == 403


def test_without_a_control_there_is_nothing_to_tag(world):
    browser = world.as_("grc")

    assert browser.get(add_url(ControlTag)).status_code == 404
    assert browser.get(f"{add_url(ControlTag)}?control=999999").status_code == 404


def test_the_page_tells_all_of_it(world, pe_3):
    relay(world)
    tagged(world, pe_3, "iam")

    page = text(world.as_("viewer").get(PAGE))

    assert "Mail relay" in page
    assert "Badges are ours." in page
    assert "None: who carries a layer follows from the facts everywhere." in page
    assert "Add a service" not in page
    assert "Add a service" in text(world.as_("grc").get(PAGE))
