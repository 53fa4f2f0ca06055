"""From a reminder to a closed review: one link, one file, one verdict of somebody else."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.e2e.conftest import Installation, sign_in

PASSWORD = "correct horse battery staple"

PREPARE = f"""
from datetime import timedelta
from django.utils import timezone
from controls.models import Duty, Review, User
from controls.services import people, schedules
from controls.services.setup import system_user
by, at = system_user(), timezone.now()
for name in ("omar", "paula"):
    user = User.objects.get(email=f"{{name}}@example.com")
    people.set_password(user=user, password={PASSWORD!r}, by=by, at=at)
duty = Duty.objects.get(
    responsibility__system__key="claims-portal",
    responsibility__control__control_id="si-2", task="do", ended_at=None)
for number, title in enumerate(("By link", "By keyboard", "Without script", "Refused")):
    plan = schedules.Plan(title=title, kind="patching", every=30, unit="days")
    began = at - timedelta(days=32 + number)
    started = schedules.start(duty=duty, plan=plan, by=by, at=began)
    print(title, Review.objects.get(schedule=started).uuid)
"""

MAILED = """
from controls.models import Message
for text in Message.objects.filter(
    recipient__email="omar@example.com", channel="email").values_list("text", flat=True):
    print(text)
"""


@pytest.fixture(scope="module")
def reviews(srm: Installation) -> dict[str, str]:
    """Late reviews of the portal's patches by title, each with its address."""
    done = srm.manage("shell", "-c", PREPARE)
    found = dict(re.findall(r"^(.+) ([0-9a-f-]{36})$", done.stdout, re.MULTILINE))
    assert len(found) == 4, done.stderr
    return {title: f"/reviews/{uuid}/" for title, uuid in found.items()}


@pytest.fixture
def other(browser: Browser, srm: Installation) -> Iterator[Page]:
    """A second browser, for the second person."""
    context = browser.new_context(base_url=srm.address)
    context.set_default_timeout(8_000)
    yield context.new_page()
    context.close()


@pytest.fixture
def report(tmp_path: Path) -> Path:
    """A file to hand in."""
    path = tmp_path / "patch-states.csv"
    path.write_text("Machine,Scanned,Missing\ni-web-01,31 Oct,0\n")
    return path


def fill_in_sign_in(page: Page, email: str) -> None:
    """Sign in where one was led to the sign-in."""
    page.get_by_label("Email").fill(email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()


def mailed_link(srm: Installation, uuid: str) -> str:
    """The path of the review's link in the mail that its team is sent on the next working
    day: that of today may have left before the review was there.
    """
    noon = datetime.now(UTC).replace(hour=12, minute=0, second=0, microsecond=0)
    for ahead in range(1, 4):
        day = noon + timedelta(days=ahead)
        srm.manage("run_reminders", "--at", day.isoformat())
        said = srm.manage("shell", "-c", MAILED).stdout
        found = re.search(rf"https?://\S+?(/reviews/{uuid}/)", said)
        if found is not None:
            return found[1]
    pytest.fail(said)


def test_from_a_reminder_to_the_next_review(
    page: Page,
    other: Page,
    srm: Installation,
    reviews: dict[str, str],
    report: Path,
    complaints: list[str],
):
    link = mailed_link(srm, reviews["By link"].split("/")[2])
    page.goto(link)
    fill_in_sign_in(page, "omar@example.com")
    page.wait_for_url(f"**{link}")
    expect(page.get_by_role("heading", level=1, name="By link")).to_be_visible()
    expect(page.get_by_text("2 days late")).to_be_visible()

    page.get_by_label("Choose a file").set_input_files(report)
    expect(page.get_by_text("1 KB, not handed in yet")).to_be_visible()
    page.get_by_role("button", name="Hand in").click()
    expect(page.get_by_role("heading", name="Handed in")).to_be_visible()
    expect(page.get_by_text("somebody else must accept it")).to_be_visible()
    expect(page.get_by_role("button", name="Accept")).to_have_count(0)

    sign_in(other, "paula@example.com", PASSWORD)
    waits = other.locator(".task").filter(has_text="Handed in").filter(has_text="By link")
    waits.get_by_role("link", name="Look at it").click()
    with other.expect_download() as download:
        other.get_by_role("link", name="Download").click()
    assert download.value.path().read_bytes() == report.read_bytes()
    other.get_by_role("link", name=re.compile("^By link, ")).click()
    other.get_by_role("button", name="Accept").click()
    expect(other.get_by_role("heading", name="Done")).to_be_visible()
    other.get_by_role("link", name=re.compile("^The next one is due")).click()
    expect(other.get_by_text("you can still hand it in")).to_have_count(0)
    expect(other.get_by_role("link", name=re.compile("^EV-")).first).to_be_visible()

    assert complaints == []


def tab_to(page: Page, name: str, most: int = 60) -> None:
    """Press Tab until the field or button has the focus."""
    target = page.get_by_role("button", name=name).or_(page.get_by_label(name)).first
    for _ in range(most):
        page.keyboard.press("Tab")
        if target.evaluate("element => element === document.activeElement"):
            return
    pytest.fail(f"The keyboard does not reach {name}")


def test_with_the_keyboard_alone(page: Page, reviews: dict[str, str]):
    sign_in(page, "omar@example.com", PASSWORD)
    page.goto(reviews["By keyboard"])

    tab_to(page, "Choose a file")
    tab_to(page, "Or the address where it is")
    page.keyboard.type("https://wiki.example.com/patches")
    tab_to(page, "Anything to say?")
    page.keyboard.type("Two reboots are left.")
    tab_to(page, "Hand in")
    page.keyboard.press("Enter")

    expect(page.get_by_role("heading", name="Handed in")).to_be_visible()
    expect(page.get_by_text("https://wiki.example.com/patches")).to_be_visible()
    expect(page.get_by_text("Two reboots are left.")).to_be_visible()


def test_without_any_script(
    browser: Browser, srm: Installation, reviews: dict[str, str], report: Path
):
    context = browser.new_context(base_url=srm.address, java_script_enabled=False)
    page = context.new_page()
    sign_in(page, "omar@example.com", PASSWORD)
    page.goto(reviews["Without script"])

    page.locator("input[name=file]").set_input_files(report)
    page.get_by_role("button", name="Hand in").click()

    expect(page.get_by_role("heading", name="Handed in")).to_be_visible()
    expect(page.get_by_text("patch-states.csv")).to_be_visible()
    context.close()


def test_what_is_refused_says_why_and_the_rest_stays(
    page: Page, reviews: dict[str, str], report: Path, tmp_path: Path
):
    refused = tmp_path / "nodes.xlsm"
    refused.write_bytes(b"PK\x03\x04" + bytes(100))
    sign_in(page, "omar@example.com", PASSWORD)
    page.goto(reviews["Refused"])

    page.get_by_label("Anything to say?").fill("My long note")
    page.get_by_label("Choose a file").set_input_files(refused)
    page.get_by_role("button", name="Hand in").click()
    expect(page.locator(".files .bad")).to_contain_text("macros")
    expect(page.get_by_label("Anything to say?")).to_have_value("My long note")

    page.get_by_label("Choose a file").set_input_files(report)
    page.get_by_role("button", name="Hand in").click()
    expect(page.get_by_role("heading", name="Handed in")).to_be_visible()
    expect(page.get_by_text("My long note")).to_be_visible()


def test_a_lost_connection_loses_nothing(page: Page, context: BrowserContext, report: Path):
    sign_in(page, "omar@example.com", PASSWORD)
    page.goto("/evidence/new/")
    page.get_by_label("What is it?").fill("Image recipe")
    page.get_by_label("Choose a file").set_input_files(report)

    context.set_offline(True)
    page.get_by_role("button", name="Hand in").click()
    expect(page.get_by_text("the connection was lost")).to_be_visible()
    context.set_offline(False)
    page.get_by_role("button", name="Try again").click()

    expect(page.get_by_role("heading", level=1, name="Image recipe")).to_be_visible()
    expect(page.get_by_text("sha256")).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 390])
def test_no_page_is_refused_anything_or_wider_than_the_window(
    browser: Browser, srm: Installation, reviews: dict[str, str], scheme: str, width: int
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
    sign_in(page, "omar@example.com", PASSWORD)
    paths = ["/", "/reviews/", "/reviews/?state=open", "/evidence/", "/training/"]
    wide = []
    for path in [*paths, "/evidence/new/", *reviews.values()]:
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
