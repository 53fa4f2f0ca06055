"""What if services came and went: the same as doing it, and nothing is written."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from controls.choices import LayerValue
from controls.errors import ConflictError, InvalidInputError
from controls.models import (
    AuditEvent,
    Derivation,
    Duty,
    Provider,
    Responsibility,
    ServiceVariant,
    System,
)
from controls.queries.matrix import matrix
from controls.rules.moments import Moment
from controls.services.setup import system_user
from tests.comparing.worlds import (
    TODAY,
    TUESDAY,
    approve,
    asked,
    because,
    changed,
    end,
    say,
    start,
)
from tests.make import (
    make_catalog,
    make_decision,
    make_facts,
    make_profile,
    make_provider,
    make_service,
    make_system,
    make_team,
)

NOW = Moment(as_of=TUESDAY, on=TODAY)


def stored(system):
    """Control → the answer, the fingerprint and the rows that are derived today."""
    rows = Derivation.objects.filter(responsibility__system=system).believed(
        on=NOW.on, as_of=NOW.as_of
    )
    return {
        row.responsibility.control.control_id: (row.kind, row.answer, row.fingerprint)
        for row in rows.select_related("responsibility__control")
    }


def test_the_move_from_servers_to_storage_takes_the_guest_os_from_us(world):
    found = asked(world.shop, add="s3", remove="ec2")

    assert changed(found) == {
        "si-2": ("shared", "shared"),
        "si-3": ("shared", "inherited"),
    }
    assert because(found, "si-3") == (
        "Guest os: today AWS and you, then AWS alone. Goes: you on EC2. Comes: AWS on S3."
    )


@pytest.mark.parametrize(
    ("add", "remove"),
    [("s3", ""), ("", "ec2"), ("s3 dynamodb", "ec2 rds"), ("", "ec2 rds")],
)
def test_what_would_be_is_what_is_once_it_is_done(world, add, remove):
    say(world.shop, "iam", LayerValue.SHARED)
    say(None, "engine", LayerValue.PROVIDER)
    before = stored(world.shop)

    found = asked(world.shop, add=add, remove=remove)

    if add:
        start(world.shop, *add.split())
    end(world.shop, *remove.split())
    after = stored(world.shop)
    assert set(changed(found)) == {c for c in before if before[c] != after[c]}
    for change in found.changes:
        for side, known in ((change.before, before), (change.after, after)):
            told = (side.derived, side.answer, side.fingerprint)
            assert told == known[change.subject.control_id]


def test_it_says_today_what_the_matrix_says_today(world):
    found = asked(world.shop, add="s3")

    assert found.before.answers == matrix(system=world.shop, moment=NOW).answers
    assert found.before.services == {"ec2": "EC2", "rds": "RDS"}
    assert found.after.services == {"ec2": "EC2", "rds": "RDS", "s3": "S3"}


def test_a_system_without_own_code_is_derived_without_it(world):
    shop = make_system(
        world.team, "s3", profile=world.profile, key="bare", has_custom_code=False
    )

    found = asked(shop, add="ec2")

    assert changed(found)["si-2"] == ("inherited", "shared")
    assert "App:" not in because(found, "si-2")


def test_an_override_of_the_service_that_comes_counts_already(world):
    say(world.shop, "guest_os", LayerValue.CUSTOMER)

    found = asked(world.shop, add="s3", remove="ec2")

    assert "si-3" not in changed(found)


def test_nothing_is_written(world):
    approve(world.shop, "si-3", by=world.maker, checker=world.checker)
    written = (AuditEvent, Derivation, Responsibility, Duty)
    before = [model.objects.count() for model in written]
    version = Responsibility.objects.values_list("version", flat=True)
    versions = list(version.order_by("pk"))

    with CaptureQueriesContext(connection) as queries:
        asked(world.shop, add="s3", remove="ec2")

    assert [model.objects.count() for model in written] == before
    assert list(version.order_by("pk")) == versions
    assert all(query["sql"].startswith("SELECT") for query in queries)


def test_it_says_which_decisions_would_become_suspect_and_those_do(world):
    for control in ("ac-2", "si-2", "si-3"):
        make_decision(world.shop, control)

    found = asked(world.shop, add="s3", remove="ec2")

    start(world.shop, "s3")
    end(world.shop, "ec2")
    marked: Any = Responsibility.objects.with_suspicion(on=TODAY)
    today = marked.filter(suspect=True)
    suspect = set(today.values_list("control__control_id", flat=True))
    told = {c.subject.control_id for c in found.changes if c.doubt == "becomes-suspect"}
    assert told == suspect == {"si-2", "si-3"}
    assert found.become_suspect == 2


def test_a_change_may_take_a_decision_out_of_doubt(world):
    make_decision(world.shop, "si-3")
    end(world.shop, "ec2")

    found = asked(world.shop, add="ec2")

    (change,) = (c for c in found.changes if c.subject.control_id == "si-3")
    assert change.doubt == "no-longer-suspect"
    assert (found.become_suspect, found.clear) == (0, 1)


def duties(found):
    return {(d.subject.control_id, d.task): d.course for d in found.duties}


def test_duties_are_those_that_follow_once_it_is_decided_again(world):
    people = {"by": world.maker, "checker": world.checker}
    for control in ("ac-2", "si-2", "si-3"):
        approve(world.shop, control, **people)
    before = in_force()

    found = asked(world.shop, add="s3", remove="ec2")

    start(world.shop, "s3")
    end(world.shop, "ec2")
    for control in ("ac-2", "si-2", "si-3"):
        approve(world.shop, control, at=TUESDAY, **people)
    after = in_force()
    three = {control for control, _ in before}
    of_three = {key: c for key, c in duties(found).items() if key[0] in three}
    assert {key for key, c in of_three.items() if c == "vanishes"} == set(before) - set(
        after
    )
    assert {key for key, c in of_three.items() if c == "appears"} == set(after) - set(
        before
    )
    assert {key for key, c in of_three.items() if c in {"changes", "moves"}} == {
        key for key in set(before) & set(after) if before[key] != after[key]
    }
    assert ("si-3", "do") not in after
    assert all(d.in_force for d in found.duties if d.subject.control_id == "si-3")


def in_force():
    """Control and task → layers and services, of the open duties."""
    rows = Duty.objects.filter(ended_at=None).select_related("responsibility__control")
    return {
        (row.responsibility.control.control_id, row.task): (
            set(row.layers),
            set(row.services),
        )
        for row in rows
    }


def test_a_duty_of_an_undecided_control_is_not_in_force(world):
    found = asked(world.shop, remove="ec2")

    assert found.duties
    assert not any(duty.in_force for duty in found.duties)


def test_who_decided_against_what_was_derived_keeps_the_duty(world):
    make_decision(world.shop, "pe-3", kind="shared", rationale="Our own cage.")
    make_decision(world.shop, "si-3", kind="inherited", rationale="Rebuilt daily.")

    found = asked(world.shop, add="s3", remove="ec2")

    assert ("si-3", "do") not in duties(found)
    assert ("pe-3", "do") not in duties(found)
    assert found.before.duties == asked(world.shop, add="dynamodb").before.duties


def test_the_organisations_layers_are_left_to_its_own_system(world):
    make_system(
        world.team, profile=world.profile, kind="organization", key="house", name="House"
    )

    alone = asked(world.shop, add="s3")

    assert alone.before.duties == 4
    assert not {"at-2", "pl-2"} & {duty.subject.control_id for duty in alone.duties}


@pytest.mark.parametrize(
    ("add", "remove", "place", "named"),
    [
        ("nowhere", "", "add", "'nowhere'"),
        ("", "nowhere", "remove", "'nowhere'"),
        ("ec2", "", "add", "Shop uses EC2 (ec2) today"),
        ("", "s3", "remove", "Shop does not use S3 (s3) today"),
        ("s3", "s3", "remove", "does not use S3"),
        ("ec2", "ec2", "add", "uses EC2"),
        ("", "", "add", "Name a service variant"),
    ],
)
def test_a_wrong_service_is_named(world, add, remove, place, named):
    with pytest.raises(InvalidInputError, match=r"\w") as caught:
        asked(world.shop, add=add, remove=remove)

    assert named in caught.value.message
    assert caught.value.place == place


def test_a_service_of_another_provider_is_refused(world):
    other = Provider.objects.create(key="paas", name="PaaS", full_name="P", letter="P")
    ServiceVariant.objects.filter(key="dynamodb").update(provider=other)

    with pytest.raises(InvalidInputError, match=r"\(dynamodb\) is of PaaS, and Shop runs"):
        asked(world.shop, add="dynamodb")


def test_the_organisation_uses_no_services(world):
    house = make_system(
        world.team, profile=world.profile, kind="organization", key="house", name="House"
    )

    with pytest.raises(InvalidInputError, match="uses no services"):
        asked(house, add="s3")


@pytest.mark.django_db
def test_without_facts_nothing_can_be_derived():
    bare = System.objects.create(
        key="bare",
        name="Bare",
        provider=make_provider(),
        owner_team=make_team("first"),
        created_at=TUESDAY,
        created_by=system_user(),
    )

    with pytest.raises(ConflictError, match="load_knowledge"):
        asked(bare, add="s3")


def test_a_newer_release_counts_at_both_ends(world):
    make_facts("test.2")

    found = asked(world.shop, add="s3", remove="ec2")

    assert set(changed(found)) == {"si-2", "si-3"}


def test_a_service_that_is_only_planned_is_not_in_use_today(world):
    start(world.shop, "s3", since=TODAY.replace(month=9))

    assert asked(world.shop, add="s3").new == {"s3": "S3"}
    assert asked(world.shop, remove="s3", on=TODAY.replace(month=10)).gone == {"s3": "S3"}


def test_a_larger_system_asks_no_more(world):
    large = make_profile(
        make_catalog({f"cm-{n}": ("guest_os", "iam", "app") for n in range(150)})
    )
    big = make_system(make_team("big"), "ec2", "s3", "rds", profile=large, key="big")
    make_service(world.shop, "dynamodb")
    for number in range(3):
        make_decision(big, f"cm-{number}")

    with CaptureQueriesContext(connection) as few:
        asked(world.shop, add="s3", remove="ec2")
    with CaptureQueriesContext(connection) as many:
        asked(big, add="dynamodb", remove="ec2")

    assert len(many) == len(few) <= 21
