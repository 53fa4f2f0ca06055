"""The overview, systems and approvals."""

from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from controls.choices import LayerValue, WorkflowState
from controls.models import Decision, ServiceVariant, SystemProfile, SystemService
from controls.services import decisions, heartbeats
from tests.make import (
    MONDAY,
    make_catalog,
    make_decision,
    make_profile,
    make_system,
    responsibility_for,
)
from tests.workspace.worlds import override

SHOP, QUEUE = "/admin/systems/shop/", "/admin/queue/"


def in_review(world, control_id: str):
    """What the contributor decided and submitted."""
    maker = world.people["contributor"]
    make_decision(world.shop, control_id, by=maker)
    row = responsibility_for(world.shop, control_id)
    decisions.submit(responsibility=row, version=row.version, by=maker, at=MONDAY)
    return responsibility_for(world.shop, control_id)


def text(answer) -> str:
    """The page."""
    return str(answer.content.decode())


def test_the_overview_counts_what_the_person_sees(world):
    in_review(world, "si-2")

    mine = world.as_("viewer").get("/admin/").context["overview"]
    all_ = world.as_("grc").get("/admin/").context["overview"]

    assert [s.system.key for s in mine.systems] == ["shop"]
    assert mine.in_review == 1
    assert len(all_.systems) == 2


def test_the_overview_says_when_background_work_stopped(world):
    before = text(world.as_("viewer").get("/admin/"))
    heartbeats.beat(name="beat", at=timezone.now())
    after = text(world.as_("viewer").get("/admin/"))

    assert "Background work has stopped." in before
    assert "Background work has stopped." not in after


def test_systems_are_listed_with_who_carries_how_much(world):
    page = text(world.as_("viewer").get("/admin/systems/"))

    assert "Shop" in page
    assert "The house" not in page
    assert "1 inherited" in page


def test_a_system_shows_its_layers_service_by_service(world):
    page = text(world.as_("viewer").get(SHOP))

    assert "AWS carries 1 of 6 controls alone" in page
    assert "The layers, service by service" in page
    assert "guest os" in page
    assert "End today" not in page


def test_a_system_tells_what_is_in_doubt(world):
    make_decision(world.shop, "si-3")
    override(world.shop, "guest_os", LayerValue.CUSTOMER, "Bare metal.")

    page = text(world.as_("viewer").get(SHOP))

    assert "In doubt" in page
    assert 'href="/admin/systems/shop/matrix/?cell=si-3">SI-3</a>' in page


def test_a_lead_puts_services_in_use_and_ends_one(world):
    world.shop.refresh_from_db()
    browser = world.as_("lead")
    free = make_free(world)

    browser.post(f"{SHOP}services/", {"version": world.shop.version, "variants": [free.pk]})
    row = SystemService.objects.get(system=world.shop, variant=free)
    world.shop.refresh_from_db()
    browser.post(f"{SHOP}services/{row.uuid}/end/", {"version": world.shop.version})

    row.refresh_from_db()
    assert row.started_by == row.ended_by == world.people["lead"]


def make_free(world):
    """A service that the shop does not use."""
    return ServiceVariant.objects.get(key="rds")


def test_a_stale_page_of_a_system_changes_nothing_and_keeps_the_choice(world):
    free = make_free(world)

    answer = world.as_("lead").post(
        f"{SHOP}services/", {"version": 0, "variants": [free.pk]}
    )

    assert answer.status_code == 412
    assert "Somebody changed this since you opened it" in text(answer)
    assert f'<option value="{free.pk}" selected>' in text(answer)
    assert not SystemService.objects.filter(variant=free).exists()


def test_a_lead_puts_a_profile_in_scope_and_ends_it(world):
    more = make_profile(make_catalog({"cm-2": ("guest_os",)}))
    browser = world.as_("lead")

    world.shop.refresh_from_db()
    browser.post(f"{SHOP}profiles/", {"version": world.shop.version, "profile": more.pk})
    row = SystemProfile.objects.get(system=world.shop, profile=more)
    world.shop.refresh_from_db()
    browser.post(f"{SHOP}profiles/{row.uuid}/end/", {"version": world.shop.version})

    row.refresh_from_db()
    assert row.ended_by == world.people["lead"]


def test_a_get_never_starts_or_ends_anything(world):
    assert world.as_("lead").get(f"{SHOP}services/").status_code == 405
    assert world.as_("lead").get(f"{SHOP}profiles/").status_code == 405


def test_an_approver_approves_in_place(world):
    row = in_review(world, "si-2")

    answer = world.as_("approver").post(
        QUEUE, {"row": row.pk, "version": row.version, "_approve": ""}
    )

    assert answer.status_code == 302
    assert Decision.objects.filter(state=WorkflowState.APPROVED).count() == 1


def test_an_approver_returns_with_a_word(world):
    row = in_review(world, "si-2")
    sent = {"row": row.pk, "version": row.version, "_return": ""}

    wordless = world.as_("approver").post(QUEUE, sent)
    world.as_("approver").post(QUEUE, {**sent, "remark": "Which hosts?"})

    assert wordless.status_code == 400
    assert "Say why you return it." in text(wordless)
    returned = Decision.objects.latest("pk")
    assert (returned.state, returned.remark) == (WorkflowState.RETURNED, "Which hosts?")


def test_a_refused_step_keeps_the_remark(world):
    row = in_review(world, "si-2")

    answer = world.as_("approver").post(
        QUEUE,
        {"row": row.pk, "version": row.version - 1, "remark": "Fine", "_approve": ""},
    )

    assert answer.status_code == 412
    assert 'value="Fine"' in text(answer)


def test_the_maker_sees_their_own_among_those_that_wait_for_others(world):
    in_review(world, "si-2")

    mine = world.as_("contributor").get(QUEUE).context
    theirs = world.as_("approver").get(QUEUE).context

    assert [row.control.label for row in mine["others"]] == ["SI-2"]
    assert mine["mine"] == []
    assert [row.control.label for row in theirs["mine"]] == ["SI-2"]


def test_a_foreign_row_cannot_be_approved(world):
    row = responsibility_for(world.organization, "at-2")

    answer = world.as_("approver").post(
        QUEUE, {"row": row.pk, "version": row.version, "_approve": ""}
    )

    assert answer.status_code == 404


def test_pages_ask_no_more_for_more_rows(world):
    browser = world.as_("grc")
    paths = ("/admin/", "/admin/systems/", SHOP, QUEUE)
    in_review(world, "si-2")
    [browser.get(path) for path in paths]

    few = [asked(browser, path) for path in paths]
    for number in range(3):
        make_system(world.team, "ec2", "rds", profile=world.profile, key=f"more-{number}")
    for control in ("ac-2", "pe-3", "si-3"):
        in_review(world, control)
    many = [asked(browser, path) for path in paths]

    assert many == few


def asked(browser, path: str) -> int:
    """How many queries a page takes."""
    with CaptureQueriesContext(connection) as queries:
        browser.get(path)
    return len(queries)


def test_no_page_has_a_style_or_a_script_inside(world):
    browser = world.as_("grc")

    for path in ("/admin/", "/admin/systems/", SHOP, f"{SHOP}matrix/?cell=si-2", QUEUE):
        page = text(browser.get(path))
        assert 'style="' not in page
        assert "<style" not in page
        assert "onclick" not in page
        assert all("src=" in tag for tag in page.split("<script")[1:])
