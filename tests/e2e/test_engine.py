"""The engine, as people use it: what if, one statement by itself, facts of our own."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import Installation, sign_in
from tests.importers.documents import as_bytes

MOVE = ("ec2", "rds", "ecs.fargate", "rds.aurora")
STATEMENTS = {
    "a": "Define the kinds of accounts.",
    "b": "Assign account managers.",
    "c": "Name who may join a group.",
}


@pytest.fixture
def admin(page: Page, srm: Installation) -> Page:
    """The first administrator, signed in."""
    sign_in(page, srm.email, srm.password)
    return page


@pytest.fixture
def with_text(srm: Installation, tmp_path: Path) -> None:
    """The statements of AC-2, in words of our own."""
    items = [
        {
            "id": f"ac-2_smt.{tail}",
            "name": "item",
            "props": [{"name": "label", "value": f"{tail}."}],
            "prose": prose,
        }
        for tail, prose in STATEMENTS.items()
    ]
    control = {
        "id": "ac-2",
        "title": "Account Management",
        "props": [{"name": "label", "value": "AC-2"}],
        "parts": [{"id": "ac-2_smt", "name": "statement", "parts": items}],
    }
    document = {
        "catalog": {
            "uuid": "6b2bd1c8-0d9c-4d0b-9a57-0d5e38b1b0a7",
            "metadata": {
                "title": "NIST SP 800-53 Rev. 5, accounts only",
                "last-modified": "2026-01-01T00:00:00Z",
                # The edition that NIST's own file is of: it may be imported, too.
                "version": "5.1.1+u4",
                "oscal-version": "1.2.1",
            },
            "groups": [{"id": "ac", "title": "Access Control", "controls": [control]}],
        }
    }
    file = tmp_path / "accounts.json"
    file.write_bytes(as_bytes(document))
    done = srm.manage("import_catalog", str(file))
    assert done.returncode == 0, done.stderr


def test_what_if_says_the_same_on_the_page_over_the_api_and_on_the_command_line(
    admin: Page, srm: Installation
):
    ec2, rds, fargate, aurora = MOVE
    query = f"remove={ec2}&remove={rds}&add={fargate}&add={aurora}"
    admin.goto(f"/admin/systems/claims-portal/what-if/?{query}")
    page = admin.locator("#content").inner_text()

    asked = ("--remove", ec2, "--remove", rds, "--add", fargate, "--add", aurora)
    told = srm.manage("what_if", "--system", "claims-portal", *asked).stdout
    answer = admin.request.get(f"/api/v1/systems/claims-portal/what-if/?{query}").json()

    said = re.search(r"(\d+) of (\d+) controls change", told)
    assert said is not None
    assert said[0] in page
    listed = re.findall(r"^([A-Z]{2}-\d+(?:\(\d+\))?) ", told, re.MULTILINE)
    changed = [row["label"] for row in answer["controls"]]
    assert set(changed) == set(listed[: len(changed)])
    assert len(changed) == int(said[1])
    assert all(label in page for label in changed)


@pytest.mark.usefixtures("with_text")
def test_a_statement_is_decided_by_itself_and_falls_back(
    admin: Page, complaints: list[str]
):
    admin.goto("/admin/systems/claims-portal/matrix/?cell=ac-2")
    admin.get_by_role("link", name="Change the decision").click()
    row = admin.get_by_role("row").filter(has_text=STATEMENTS["b"])
    row.get_by_role("link", name="Decide by itself").click()
    expect(admin.get_by_role("heading", level=1)).to_have_text("Decide AC-2 b. by itself")
    admin.get_by_label("Customer-specific").check()
    admin.get_by_label("Reason").fill("The security team names the managers itself.")
    admin.get_by_role("button", name="Save decision").click()
    expect(admin.get_by_role("heading", level=1)).to_have_text("AC-2 b. in Claims portal")

    admin.goto("/admin/systems/claims-portal/matrix/?cell=ac-2")
    expect(admin.locator("#r-ac-2")).to_contain_text("but b.")
    admin.locator("aside.drawer").get_by_role("link", name="decided by itself").click()
    admin.get_by_label("Remark").fill("One team for all of it.")
    admin.get_by_role("button", name="Fall back to AC-2").click()

    expect(admin.locator("#content")).to_contain_text("fell back to its control")
    admin.goto("/admin/systems/claims-portal/matrix/?cell=ac-2")
    expect(admin.locator("#r-ac-2")).not_to_contain_text("but b.")
    assert complaints == []


def test_our_own_service_joins_a_system_and_is_told_beside_the_shipped(
    admin: Page, complaints: list[str]
):
    admin.goto("/admin/")
    admin.get_by_role("link", name="Our facts").click()
    admin.get_by_role("link", name="Add a service").click()
    admin.get_by_label("Key").fill("mail-relay")
    admin.locator("#id_name").fill("Mail relay")
    admin.get_by_label("Model").select_option("infrastructure")
    admin.get_by_label("Note").fill("Runs in our own racks.")
    admin.get_by_role("button", name="Save").click()
    expect(admin.get_by_role("heading", level=1)).to_have_text("Mail relay")

    answer = admin.request.get(
        "/api/v1/systems/document-intake/what-if/?add=own.mail-relay"
    ).json()
    admin.goto("/admin/facts/")

    assert "si-2" in {row["control_id"] for row in answer["controls"]}
    expect(admin.locator("#content")).to_contain_text("own.mail-relay")
    assert complaints == []


def test_the_layers_of_a_control_are_named_by_us(admin: Page, srm: Installation):
    admin.goto("/admin/controls/control/?q=pe-14")
    admin.get_by_role("link", name="PE-14", exact=True).click()
    admin.get_by_role("link", name="Name its layers").click()
    admin.get_by_label("Customer identities").check()
    admin.get_by_label("Reason").fill("Two of our offices hold racks.")
    admin.get_by_role("button", name="Save").click()

    facts = admin.request.get("/api/v1/own-facts/").json()
    rows = admin.request.get("/api/v1/systems/claims-portal/matrix/").json()["rows"]

    assert [tag["control_id"] for tag in facts["tags"]] == ["pe-14"]
    assert {row["control_id"]: row["answer"] for row in rows}["pe-14"] == "shared"
    verified = srm.manage("verify_audit_trail")
    assert verified.returncode == 0, json.dumps(verified.stdout)
