"""The API, the commands and the pages say the same, and what is wrong is told in each."""

import json
from datetime import timedelta
from html import unescape

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from controls.choices import LayerValue
from controls.models import AuditEvent
from tests.api.conftest import Api
from tests.comparing.worlds import TODAY, TUESDAY, end, say
from tests.make import (
    make_decision,
    make_grc_lead,
    make_member,
    make_system,
    make_team,
)

WHAT_IF = "systems/shop/what-if/?add=s3,dynamodb&remove=ec2"
COMPARISONS = [
    (WHAT_IF, ["what_if", "--system=shop", "--add", "s3,dynamodb", "--remove", "ec2"]),
    (
        "systems/shop/what-if/?add=s3&add=dynamodb&remove=ec2",
        ["what_if", "--system=shop", "--add", "s3", "dynamodb", "--remove", "ec2"],
    ),
    (
        "systems/shop/compare/?with=vault",
        ["compare", "--system=shop", "--with=vault"],
    ),
    (
        "systems/shop/compare/?from=2026-03-02",
        ["compare", "--system=shop", "--from=2026-03-02"],
    ),
    (
        "systems/shop/compare/?from=2026-03-02&to=2026-09-01",
        ["compare", "--system=shop", "--from=2026-03-02", "--to=2026-09-01"],
    ),
]


@pytest.fixture
def shop(world):
    """The shop beside a vault; a decision of it is in doubt since Tuesday."""
    make_system(make_team("others"), "s3", profile=world.profile, key="vault", name="Vault")
    for control in ("ac-2", "si-3"):
        make_decision(world.shop, control)
    say(world.shop, "iam", LayerValue.SHARED)
    world.lead = make_grc_lead()
    return world


def printed(capsys, *command):
    """What a command writes."""
    call_command(*command)
    return capsys.readouterr().out


@pytest.mark.parametrize(("path", "command"), COMPARISONS)
def test_the_command_answers_what_the_api_answers(shop, capsys, path, command):
    told = Api(shop.lead).get(path).json()

    assert json.loads(printed(capsys, *command, "--json")) == told
    assert told["controls"]
    assert told["counts"]["changed"] == len(told["controls"])


@pytest.mark.parametrize(("path", "command"), COMPARISONS)
def test_the_page_and_the_text_say_each_change_of_the_api(
    shop, capsys, client_of, path, command
):
    told = Api(shop.lead).get(path).json()

    text = printed(capsys, *command)
    answer = client_of(shop.lead).get(f"/admin/{path}")

    page = unescape(answer.content.decode())
    assert answer.status_code == 200
    said = [told["question"]]
    for control in told["controls"]:
        said += [control["label"], *(reason["text"] for reason in control["reasons"])]
    for duty in told["duties"]:
        if duty["course"] != "moves":
            said += [duty["before"] or "", duty["after"] or ""]
        else:
            assert duty["before"] in page
    said += [review["title"] for review in told["reviews"]]
    assert [words for words in said if words not in text] == []
    assert [words for words in said if words not in page] == []


@pytest.mark.usefixtures("shop")
def test_the_text_of_a_what_if_reads_well(capsys):
    text = printed(capsys, "what_if", "--system=shop", "--add=s3", "--remove=ec2")

    assert text.splitlines()[:4] == [
        "What if Shop adds S3 and no longer uses EC2?",
        "2 of 6 controls change, 1 of them their answer.",
        "1 decision comes into doubt.",
        "Duties: goes 1, changes 1, moves 1.",
    ]
    assert (
        "SI-3 Title of si-3: shared → inherited (decided: shared); "
        "the decision becomes suspect\n"
        "    Guest os: today AWS and you, then AWS alone. Goes: you on EC2. "
        "Comes: AWS on S3.\n"
    ) in text
    assert "Goes: SI-3 do: Guest os on EC2\n" in text
    assert "The same layers on other services: AC-2\n" in text


@pytest.mark.parametrize(
    ("path", "status", "told"),
    [
        ("what-if/", 400, "Name a service variant"),
        ("what-if/?add=nowhere", 400, "There is no service variant 'nowhere'."),
        ("what-if/?add=ec2", 400, "Shop uses EC2 (ec2) today."),
        ("what-if/?plus=s3", 400, "There is no such parameter. Known: add, remove."),
        ("compare/", 400, "Name either `with` or `from`."),
        ("compare/?with=vault&from=2026-03-01", 400, "Name either"),
        ("compare/?with=nowhere", 404, ""),
        ("compare/?with=shop", 400, "compared with itself"),
        ("compare/?from=yesterday", 400, "from: 'yesterday' is not a date"),
        ("compare/?from=2026-03-01&to=x", 400, "to: 'x' is not a date"),
        ("compare/?from=2026-03-03", 400, "an earlier day"),
    ],
)
def test_the_api_says_what_is_wrong(shop, path, status, told):
    answer = Api(shop.lead).get(f"systems/shop/{path}")

    assert answer.status_code == status
    assert told in json.dumps(answer.json(), ensure_ascii=False)


def test_a_problem_names_the_parameter(shop):
    document = Api(shop.lead).get("systems/shop/what-if/?remove=s3").json()

    assert [error["place"] for error in document["errors"]] == ["remove"]


@pytest.mark.parametrize(
    ("command", "told"),
    [
        (["what_if", "--system=nowhere", "--add=s3"], "There is no system nowhere."),
        (["what_if", "--system=shop"], "Name a service variant"),
        (["what_if", "--system=shop", "--add=x"], "There is no service variant 'x'."),
        (["compare", "--system=shop", "--with=nowhere"], "There is no system nowhere."),
        (["compare", "--system=shop", "--from=x"], "is not a date"),
        (["compare", "--system=shop", "--from=2026-03-03"], "an earlier day"),
    ],
)
@pytest.mark.usefixtures("shop")
def test_a_command_says_in_one_line_what_is_wrong(command, told):
    with pytest.raises(CommandError) as caught:
        call_command(*command)

    assert told in str(caught.value)


@pytest.mark.usefixtures("shop")
def test_a_command_sees_what_the_person_sees():
    stranger = make_member(make_team("third"), email="stranger@example.com")

    with pytest.raises(CommandError, match="There is no system shop"):
        call_command("what_if", "--system=shop", "--add=s3", f"--by={stranger.email}")


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("what-if/?add=nowhere&remove=ec2", "There is no service variant 'nowhere'."),
        ("compare/?from=yesterday", "from: 'yesterday' is not a date like 2026-03-31."),
        ("compare/?with=shop", "compared with itself"),
    ],
)
def test_a_page_says_what_is_wrong_and_keeps_what_was_asked(shop, client_of, path, told):
    answer = client_of(shop.lead).get(f"/admin/systems/shop/{path}")

    page = unescape(answer.content.decode())
    assert answer.status_code == 400
    assert told in page
    assert 'role="alert"' in page
    if "remove=ec2" in path:
        assert '<input type="checkbox" name="remove" value="ec2" checked>' in page


def test_the_form_offers_what_is_in_use_to_take_away_and_the_rest_to_add(shop, client_of):
    page = client_of(shop.lead).get("/admin/systems/shop/what-if/").content.decode()

    assert [key for key in ("ec2", "rds") if f'name="remove" value="{key}"' in page] == [
        "ec2",
        "rds",
    ]
    assert [key for key in ("dynamodb", "s3") if f'name="add" value="{key}"' in page] == [
        "dynamodb",
        "s3",
    ]
    assert 'name="add" value="ec2"' not in page


def test_the_systems_page_leads_to_the_question(shop, client_of):
    page = client_of(shop.lead).get("/admin/systems/shop/").content.decode()

    assert 'href="/admin/systems/shop/what-if/"' in page
    assert 'href="/admin/systems/shop/compare/"' in page
    assert 'href="/admin/changes/?system=shop"' in page


def test_the_page_of_changes_tells_what_became_suspect_and_why(shop, client_of):
    end(shop.shop, "ec2")

    answer = client_of(shop.lead).get("/admin/changes/")

    page = unescape(answer.content.decode())
    assert {d.responsibility.control.label for d in answer.context["doubts"]} == {
        "AC-2",
        "SI-3",
    }
    assert "guest os: us and the provider then, the provider now." in page
    assert "Cause: Service ended: ec2." in page


def test_every_count_of_the_page_of_changes_is_a_door(shop, client_of):
    end(shop.shop, "ec2")
    browser = client_of(shop.lead)
    answer = browser.get(f"/admin/changes/?since={TODAY}")

    counted = {
        (one.system, item.verb): item.count
        for one in answer.context["changes"]
        for item in one.happened
    }
    links = [
        unescape(part.partition('"')[0])
        for part in answer.content.decode().split('<li><a href="')[1:]
        if "auditevent" in part.partition('"')[0]
    ]

    assert counted[shop.shop, "service-ended"] == 1
    assert counted[shop.shop, "override-started"] == 1
    assert sum(counted.values()) == AuditEvent.objects.filter(at__gte=TUESDAY).count()
    found = [browser.get(link).context["cl"].result_count for link in links]
    assert found == list(counted.values())


def test_the_page_of_changes_looks_back_seven_days_unless_told(shop, client_of):
    browser = client_of(shop.lead)

    usual = browser.get("/admin/changes/").context
    today = browser.get(f"/admin/changes/?since={TODAY}").context
    wrong = browser.get("/admin/changes/?since=soon")

    assert usual["day"].isoformat() == "2026-02-24"
    assert today["day"] == TODAY
    assert sum(c.count for c in today["changes"]) < sum(c.count for c in usual["changes"])
    assert wrong.status_code == 400
    assert wrong.context["day"] == usual["day"]
    assert browser.get("/admin/changes/?since=2030-01-01").status_code == 400


def test_the_page_of_changes_of_one_system_leaves_out_the_others(shop, client_of):
    browser = client_of(shop.lead)

    shown = browser.get("/admin/changes/?system=vault").context

    assert [one.system.key for one in shown["changes"]] == ["vault"]
    assert shown["doubts"] == []
    assert browser.get("/admin/changes/?system=nowhere").status_code == 404


def test_who_sees_one_system_hears_of_no_other(shop, client_of):
    page = client_of(shop.maker).get("/admin/changes/?since=2026-01-01").content.decode()

    assert "Shop" in page
    assert "Vault" not in page


def test_the_api_lists_suspects_with_cause_and_filters(shop):
    end(shop.shop, "ec2")
    api = Api(shop.lead)

    rows = api.rows("suspects/")
    (one,) = api.rows("suspects/", owner_team="platform", system="shop", limit=1)

    assert {row["control_id"] for row in rows} == {"ac-2", "si-3"}
    (patching,) = (row for row in rows if row["control_id"] == "si-3")
    assert patching["since"] == "2026-03-03"
    assert patching["cause"] == "Service ended: ec2"
    assert patching["decided"] == {"number": 1, "state": "proposed", "kind": "shared"}
    assert patching["derived_kind"] == "inherited"
    assert one["system"] == "shop"
    assert api.rows("suspects/", system="vault") == []


def test_the_api_lists_what_became_suspect_since(world):
    for control in ("ac-2", "si-3"):
        make_decision(world.shop, control)
    end(world.shop, "ec2", at=TUESDAY - timedelta(hours=2))
    say(world.shop, "iam", LayerValue.SHARED)
    api = Api(make_grc_lead())

    def since(text):
        return {row["control_id"] for row in api.rows("suspects/", since=text)}

    assert since("2026-03-03") == {"ac-2", "si-3"}
    assert since("2026-03-03T07:00:00Z") == {"ac-2", "si-3"}
    assert since("2026-03-03T07:00:01+00:00") == {"ac-2"}
    for wrong in ({"since": "soon"}, {"since": "2026-03-04"}, {"sinse": "2026-03-01"}):
        assert api.get("suspects/", **wrong).status_code == 400


def test_comparing_changes_nothing(shop, client_of, capsys):
    browser, api = client_of(shop.lead), Api(shop.lead)
    before = AuditEvent.objects.count()

    for path, command in COMPARISONS:
        browser.get(f"/admin/{path}")
        api.get(path)
        printed(capsys, *command)

    assert AuditEvent.objects.count() == before


def test_pages_and_lists_ask_no_more_for_more(shop, client_of):
    browser, api = client_of(shop.lead), Api(shop.lead)
    asks = [
        lambda: browser.get("/admin/changes/?since=2026-01-01"),
        lambda: browser.get("/admin/systems/shop/compare/"),
        lambda: browser.get("/admin/systems/shop/what-if/"),
        lambda: api.get("suspects/?since=2026-01-01"),
    ]

    few = [cost(ask) for ask in asks]
    for number in range(4):
        key = f"more-{number}"
        system = make_system(shop.team, "ec2", profile=shop.profile, key=key)
        make_decision(system, "si-3")
        end(system, "ec2")

    assert [cost(ask) for ask in asks] == few
    assert max(few) <= 13


def cost(ask):
    """How many queries it takes."""
    ask()
    with CaptureQueriesContext(connection) as queries:
        assert ask().status_code == 200
    return len(queries)


def test_no_page_has_a_style_or_a_script_inside(shop, client_of):
    browser = client_of(shop.lead)

    for path in (f"/admin/{WHAT_IF}", "/admin/changes/", f"/admin/{COMPARISONS[2][0]}"):
        page = browser.get(path).content.decode()
        assert 'style="' not in page
        assert "<style" not in page
        assert all("src=" in tag for tag in page.split("<script")[1:])


def test_hostile_text_is_only_text(shop, client_of):
    browser = client_of(shop.lead)
    hostile = "<script>alert(1)</script>"
    say(shop.shop, "guest_os", LayerValue.PROVIDER)
    type(shop.shop).objects.filter(pk=shop.shop.pk).update(name=hostile)

    for path in (WHAT_IF, f"systems/shop/what-if/?add={hostile}", "changes/"):
        assert "<script>alert(1)" not in browser.get(f"/admin/{path}").content.decode()
