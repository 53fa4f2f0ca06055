"""Every page in a real browser:

nothing refused, nothing cut off, all of it within reach of the keyboard.
"""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.conftest import Installation, sign_in

PAGES = [
    "/admin/",
    "/admin/records/",
    "/admin/systems/",
    "/admin/systems/claims-portal/",
    "/admin/systems/claims-portal/matrix/?cell=si-2",
    "/admin/systems/claims-portal/what-if/?remove=ec2&add=ecs.fargate",
    "/admin/systems/claims-portal/compare/",
    "/admin/systems/claims-portal/providers/",
    "/admin/systems/claims-portal/inventory/",
    "/admin/changes/",
    "/admin/facts/",
    "/admin/training/",
    "/admin/queue/",
    "/admin/controls/responsibility/",
    "/admin/controls/responsibility/?state=approved",
    "/admin/controls/control/",
    "/admin/controls/servicevariant/",
    "/admin/controls/user/",
    "/admin/controls/system/add/",
    "/admin/controls/auditevent/",
    "/reviews/",
    "/evidence/",
    "/training/",
    "/accounts/2fa/",
    "/accounts/password/change/",
]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 390])
def test_no_page_is_refused_anything_or_wider_than_the_window(
    browser: Browser, srm: Installation, scheme: str, width: int
):
    context = browser.new_context(
        base_url=srm.address,
        viewport={"width": width, "height": 900},
        color_scheme="dark" if scheme == "dark" else "light",
    )
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda m: complaints.append(m.text) if m.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    sign_in(page, srm.email, srm.password)
    wide = []
    for path in PAGES:
        page.goto(path)
        page.wait_for_load_state()
        beyond = page.evaluate(
            "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )
        if beyond > 1:
            wide.append(f"{path} by {beyond}px")
        assert page.locator("h1:visible").count() == 1, path
    context.close()

    assert complaints == []
    assert wide == []


def place(page: Page) -> dict[str, int]:
    """Return where in the matrix the focus is. Row 0 of a family is its head."""
    found: dict[str, int] = page.evaluate(
        """() => {
            const cell = document.activeElement;
            const body = cell.closest("tbody");
            const bodies = [...body.parentElement.tBodies];
            return {
                family: bodies.indexOf(body),
                row: [...body.rows].indexOf(cell.parentElement),
                column: cell.cellIndex,
            };
        }"""
    )
    return found


def test_the_matrix_is_walked_with_the_keyboard(page: Page, srm: Installation):
    sign_in(page, srm.email, srm.password)
    page.goto("/admin/systems/claims-portal/matrix/")
    page.locator("table.matrix tbody tr[id] > *").first.focus()

    page.keyboard.press("ArrowDown")
    assert place(page) == {"family": 0, "row": 2, "column": 0}
    page.keyboard.press("ArrowRight")
    page.keyboard.press("]")
    assert place(page) == {"family": 1, "row": 1, "column": 1}
    page.keyboard.press("Home")
    page.keyboard.press("Enter")
    expect(page.locator("aside.drawer")).to_be_visible()
    # The drawer is in the page before the script that listens for keys: a key pressed
    # between the two is lost, so wait for what the script shows, as a person would.
    expect(page.locator("table.matrix .cursor")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator("aside.drawer")).to_have_count(0)


def test_a_filter_is_in_the_address_and_can_be_cleared(page: Page, srm: Installation):
    sign_in(page, srm.email, srm.password)
    page.goto("/admin/systems/claims-portal/matrix/?q=flaw")

    expect(page.locator("#r-si-2")).to_be_visible()
    expect(page.locator("#r-ac-1")).to_have_count(0)
    page.goto("/admin/systems/claims-portal/matrix/?q=nothing-like-it")
    page.get_by_role("link", name="Clear filter").click()
    expect(page.locator("#r-ac-1")).to_be_visible()


def test_the_pages_of_the_api_list_its_operations(page: Page, srm: Installation):
    sign_in(page, srm.email, srm.password)
    page.goto("/api/docs/")

    expect(page.get_by_text("/api/v1/systems/{key}/matrix/")).to_be_visible()
