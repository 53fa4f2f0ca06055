"""The list of responsibilities: filters with counts, search, many at once."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from zeal import zeal_ignore  # type: ignore[import-untyped]

from controls.choices import Kind
from controls.models import Decision, Responsibility
from tests.admin.worlds import list_url, submitted, text, verbs
from tests.make import (
    make_catalog,
    make_decision,
    make_profile,
    make_service,
    make_system,
    responsibility_for,
)

LIST = "responsibility"


@pytest.fixture(autouse=True)
def _row_by_row():
    """What is done to many is one audited service call for each, which reads its row."""
    with zeal_ignore():
        yield


def rows(answer) -> list[str]:
    """The labels of the rows, with their systems."""
    return [str(row) for row in answer.context["cl"].result_list]


def test_a_person_sees_their_own_systems_only(world):
    answer = world.as_("viewer").get(list_url(LIST))

    assert len(rows(answer)) == 6
    assert not any("Vault" in row for row in rows(answer))
    assert "Vault" not in text(answer)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"kind": "inherited"}, ["PE-3 in Shop"]),
        ({"family": "at"}, ["AT-2 in Shop"]),
        ({"state": "approved"}, []),
        ({"q": "SI-2"}, ["SI-2 in Shop"]),
        ({"q": "title of pl-2"}, ["PL-2 in Shop"]),
        ({"system": "vault"}, []),
        ({"kind": "no-such-kind"}, []),
    ],
)
def test_a_filter_shows_what_it_says(world, query, found):
    answer = world.as_("viewer").get(list_url(LIST), query)

    assert rows(answer) == found


def test_the_counts_of_a_filter_are_the_rows_behind_it(world):
    make_decision(world.system, "si-2")
    make_service(world.system, "s3")
    browser = world.as_("grc")
    page = browser.get(list_url(LIST))

    counted = {
        choice["query_string"]: int(choice["display"].rpartition("(")[2].rstrip(")"))
        for spec in page.context["cl"].filter_specs
        for choice in spec.choices(page.context["cl"])
        if "(" in str(choice["display"])
    }

    assert len(counted) > 20
    for query, count in counted.items():
        assert len(rows(browser.get(list_url(LIST) + query))) == count, query


def test_nobody_yet_counts_what_the_overview_counts(world):
    browser = world.as_("grc")

    listed = rows(browser.get(list_url(LIST), {"owner": "-"}))
    counted = browser.get(reverse("admin:index")).context["overview"].unowned

    assert len(listed) == counted > 0


def bulk(world, action: str, *chosen: Responsibility, **changes):
    """Do one thing to many rows, as the browser posts it."""
    versions = {f"version-{row.pk}": row.version for row in chosen}
    return {
        "action": action,
        "_selected_action": [row.pk for row in chosen],
        **versions,
        **changes,
    }


def test_many_are_decided_as_derived(world):
    chosen = [responsibility_for(world.system, key) for key in ("pe-3", "si-2", "ac-2")]

    answer = world.as_("contributor").post(
        list_url(LIST), bulk(world, "accept_derived", *chosen), follow=True
    )

    assert "3 decided as derived." in text(answer)
    assert {d.kind for d in Decision.objects.all()} == {
        Kind.INHERITED,
        Kind.CUSTOMER_SPECIFIC,
        Kind.SHARED,
    } or Decision.objects.count() == 3
    assert verbs()[-3:] == ["responsibility-assigned"] * 3


def test_many_are_approved_by_a_second_person(world):
    chosen = [submitted(world, key) for key in ("pe-3", "si-2")]

    answer = world.as_("approver").post(
        list_url(LIST), bulk(world, "approve", *chosen), follow=True
    )

    assert "2 approved." in text(answer)
    assert Decision.objects.approved().count() == 2


def test_one_refusal_among_many_changes_nothing_and_is_told(world):
    chosen = [submitted(world, "pe-3"), responsibility_for(world.system, "si-2")]

    answer = world.as_("approver").post(
        list_url(LIST), bulk(world, "approve", *chosen), follow=True
    )

    assert "Nothing is changed: 1 of 2" in text(answer)
    assert "SI-2 in Shop: Nothing is decided here yet" in text(answer)
    assert not Decision.objects.approved().exists()


def test_a_row_that_changed_since_the_list_was_read_is_refused(world):
    row = responsibility_for(world.system, "pe-3")
    stale = bulk(world, "accept_derived", row)
    make_decision(world.system, "pe-3")

    answer = world.as_("contributor").post(list_url(LIST), stale, follow=True)

    assert "Somebody changed this since you opened it" in text(answer)
    assert Decision.objects.count() == 1


def test_a_viewer_changes_nothing_in_bulk(world):
    row = responsibility_for(world.system, "pe-3")

    answer = world.as_("viewer").post(
        list_url(LIST), bulk(world, "accept_derived", row), follow=True
    )

    assert "This needs a contributor" in text(answer)
    assert not Decision.objects.exists()


def test_a_foreign_row_cannot_be_slipped_into_a_bulk_step(world):
    row = responsibility_for(world.foreign, "pe-3")

    world.as_("lead").post(list_url(LIST), bulk(world, "accept_derived", row))

    assert not Decision.objects.exists()


@pytest.mark.parametrize(
    "model",
    [
        "auditevent",
        "control",
        "decision",
        "derivation",
        "layerfact",
        "membership",
        "responsibility",
        "servicevariant",
        "system",
        "systemservice",
        "team",
        "user",
    ],
)
def test_a_list_asks_no_more_for_more_rows(world, model):
    browser = world.as_("grc")
    grow(world, "some")
    browser.get(list_url(model))

    with CaptureQueriesContext(connection) as few:
        browser.get(list_url(model))
    grow(world, "more")
    with CaptureQueriesContext(connection) as many:
        browser.get(list_url(model))

    assert len(many) == len(few)


def grow(world, word: str) -> None:
    """More of everything."""
    controls = {f"cm-{n}": ("guest_os", "iam") for n in range(12)}
    more = make_profile(make_catalog(controls))
    for n in range(3):
        system = make_system(world.team, "ec2", "rds", profile=more, key=f"{word}-{n}")
        make_decision(system, "cm-1", owner_team=world.team)
        make_decision(system, "cm-2", owner_team=world.team)
