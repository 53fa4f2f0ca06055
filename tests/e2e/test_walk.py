"""The README's first walk, as a newcomer takes it."""

from __future__ import annotations

import json
import re
import urllib.error
import urllib.request
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.e2e.conftest import Installation, sign_in

NIST = (
    Path(__file__).parents[3]
    / "shared"
    / "data"
    / "nist-sp800-53r5"
    / "NIST_SP-800-53_rev5_MODERATE-baseline-resolved-profile_catalog-min.json"
)


@pytest.fixture
def admin(page: Page, srm: Installation) -> Page:
    """The first administrator, signed in."""
    sign_in(page, srm.email, srm.password)
    return page


def drawer(page: Page, system: str, control: str) -> str:
    """Open a control in the matrix and return what the drawer says."""
    page.goto(f"/admin/systems/{system}/matrix/")
    page.locator(f"#r-{control} a.rowhead").click()
    panel = page.locator("aside.drawer")
    expect(panel).to_be_visible()
    told: str = panel.inner_text()
    return told


def test_healthz_answers_and_the_worker_gives_a_sign_of_life(page: Page):
    answer = page.request.get("/healthz")
    assert answer.json() == {"status": "ok"}

    for _ in range(60):
        ready = page.request.get("/readyz")
        if ready.ok:
            break
        page.wait_for_timeout(500)

    assert ready.json()["status"] == "ok"


def test_a_stranger_sees_the_sign_in_and_nothing_else(page: Page):
    page.goto("/admin/systems/claims-portal/matrix/")

    assert "/accounts/login/" in page.url
    assert "Claims" not in page.content()


def test_the_split_of_a_system_and_why(admin: Page):
    workspace = admin.get_by_role("navigation", name="Workspace")
    workspace.get_by_role("link", name="Systems").click()
    admin.get_by_role("link", name="Claims portal").first.click()
    expect(admin.get_by_role("heading", level=1, name="Claims portal")).to_be_visible()
    assert "287" in admin.locator("#content").inner_text()

    told = drawer(admin, "claims-portal", "si-2")

    assert "Shared" in told
    assert re.search(r"You: .*guest / node OS \(Amazon EC2 instance\)", told)


def test_without_servers_the_infrastructure_of_si_2_is_awss(admin: Page):
    admin.goto("/admin/systems/document-intake/matrix/")
    cells = admin.locator("#r-si-2 td.k").all_inner_texts()
    assert cells[:2] == ["A", "A"]

    told = drawer(admin, "document-intake", "pe-3")
    assert told.split("\n")[0].startswith("PE-3")
    assert "Inherited" in told


@pytest.mark.parametrize("system", ["claims-portal", "document-intake"])
def test_training_is_decided_once_for_the_organisation(admin: Page, system: str):
    told = drawer(admin, system, "at-2")

    assert "each for your own" in told
    assert "organisation" in told.lower()


def test_a_decision_in_doubt_names_what_changed(admin: Page):
    told = drawer(admin, "claims-portal", "si-3")

    assert "Suspect" in told
    assert "Service added: rds" in told


def test_one_decides_and_another_approves(
    admin: Page, context: BrowserContext, srm: Installation
):
    drawer(admin, "claims-portal", "cm-3")
    admin.locator("aside.drawer").get_by_role("link", name="Decide").click()
    admin.get_by_label("Owner").select_option(label="Platform")
    admin.get_by_label("What we do").fill("Two people review each change.")
    admin.get_by_role("button", name="Save decision").click()
    admin.get_by_role("button", name="Submit for review").click()
    expect(admin.locator(".state-in-review").first).to_be_visible()

    expect(admin.get_by_role("button", name="Approve")).to_have_count(0)

    password = new_password(admin, "greta@example.com")
    other = context.browser
    assert other is not None
    second = other.new_context(base_url=srm.address)
    greta = second.new_page()
    sign_in(greta, "greta@example.com", password)
    greta.goto("/admin/queue/")
    item = (
        greta.locator("article, li, tr")
        .filter(has_text="CM-3 ")
        .filter(has_text="Two people review each change.")
    )
    item.get_by_role("button", name=re.compile("^Approve")).click()
    expect(greta.get_by_text(re.compile("approved", re.IGNORECASE)).first).to_be_visible()
    second.close()

    admin.goto("/admin/systems/claims-portal/matrix/")
    expect(admin.locator("#r-cm-3 .state-approved")).to_be_visible()


def new_password(page: Page, email: str) -> str:
    """Let the administrator make up a password, and read it where it is shown once."""
    page.goto(f"/admin/controls/user/?q={email}")
    page.locator("#result_list tbody th a").first.click()
    page.get_by_role("button", name="Set password").click()
    password: str = page.locator(".secret code").inner_text()
    return password


def test_a_stale_form_shows_both_versions(admin: Page, context: BrowserContext):
    drawer(admin, "claims-portal", "cm-4")
    admin.locator("aside.drawer").get_by_role("link", name="Decide").click()
    admin.wait_for_load_state()
    twin = context.new_page()
    twin.goto(admin.url)
    twin.get_by_label("What we do").fill("Theirs.")
    twin.get_by_role("button", name="Save decision").click()

    admin.get_by_label("What we do").fill("Ours.")
    admin.get_by_role("button", name="Save decision").click()

    expect(admin.get_by_text("Somebody changed this").first).to_be_visible()
    said = admin.locator("#content").inner_text()
    assert "Theirs." in said
    expect(admin.get_by_label("What we do")).to_have_value("Ours.")


def test_nists_own_text_is_imported_and_shown(admin: Page, srm: Installation):
    if not NIST.exists():
        pytest.skip("NIST's catalog is not beside the project")

    first = srm.manage("import_catalog", str(NIST))
    again = srm.manage("import_catalog", str(NIST))

    assert "287 controls" in first.stdout, first.stderr
    assert "0 changed" in again.stdout
    assert "Identify, report, and correct system flaws" in drawer(
        admin, "claims-portal", "si-2"
    )


def test_the_matrix_is_read_over_the_api_now_and_as_of_a_day(
    admin: Page, srm: Installation
):
    later = datetime.now(UTC) + timedelta(days=30)
    admin.goto("/admin/controls/apitoken/add/")
    admin.get_by_label("Name").fill("Walk")
    admin.get_by_label("Last day").fill(later.date().isoformat())
    admin.get_by_role("button", name="Save", exact=True).click()
    token = admin.locator(".secret code").inner_text()
    address = f"{srm.address}/api/v1/systems/claims-portal/matrix/"

    now = fetch(address, token)
    earlier = fetch(f"{address}?as_of=2020-01-31", token)

    rows: dict[str, Any] = {str(row["control_id"]): row for row in now["rows"]}
    assert rows["si-2"]["cells"] == {"ec2": "shared", "rds": rows["si-2"]["cells"]["rds"]}
    assert (len(now["rows"]), len(earlier["rows"])) == (287, 0)
    with pytest.raises(urllib.error.HTTPError, match="401"):
        fetch(address, token + "x")


def fetch(address: str, token: str) -> dict[str, list[dict[str, dict[str, str]]]]:
    """Return what the API answers to a token, as curl would see it."""
    request = urllib.request.Request(address, headers={"Authorization": f"Bearer {token}"})
    with urllib.request.urlopen(request, timeout=30) as answer:
        found: dict[str, list[dict[str, dict[str, str]]]] = json.load(answer)
    return found


def test_the_record_of_all_this_is_whole(srm: Installation):
    done = srm.manage("verify_audit_trail")

    assert done.returncode == 0, done.stderr
    assert re.search(r"\d+ events", done.stdout)
