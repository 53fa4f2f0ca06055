"""Two systems beside each other, and one system at two dates."""

from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from controls.choices import LayerValue
from controls.errors import InvalidInputError
from controls.models import Provider, System
from controls.queries.comparing import between_dates, between_systems
from controls.rules.moments import Moment, moment_of_day
from controls.services.clock import zone
from tests.comparing.worlds import (
    TODAY,
    TUESDAY,
    approve,
    because,
    changed,
    end,
    say,
    start,
)
from tests.make import (
    MONDAY,
    make_catalog,
    make_decision,
    make_profile,
    make_system,
    make_team,
)

LATER = TUESDAY + timedelta(days=7)
LATER_DAY = LATER.date()
NOW = Moment(as_of=TUESDAY, on=TODAY)


def fresh(system):
    return System.objects.select_related("provider").get(pk=system.pk)


def beside(one, other):
    return between_systems(system=fresh(one), other=fresh(other), moment=NOW)


def since(system, before, after=LATER_DAY, now=LATER):
    ends = [
        moment_of_day(str(one), place="from", now=now, zone=zone())
        for one in (before, after)
    ]
    return between_dates(system=fresh(system), before=ends[0], after=ends[1])


def test_two_systems_differ_where_their_services_do(world):
    vault = make_system(world.team, "s3", profile=world.profile, key="vault", name="Vault")

    found = beside(world.shop, vault)

    assert changed(found) == {
        "si-2": ("shared", "shared"),
        "si-3": ("shared", "inherited"),
    }
    assert because(found, "si-3") == (
        "Guest os: in Shop AWS and you, in Vault AWS alone. "
        "Only in Shop: you on EC2; AWS on RDS. Only in Vault: AWS on S3."
    )
    assert found.compared == 6
    assert found.only_before == found.only_after == ()
    assert {d.course for d in found.duties} == {"changes", "moves", "vanishes"}


def test_two_systems_that_use_the_same_do_not_differ(world):
    twin = make_system(world.team, "rds", "ec2", profile=world.profile, key="twin")

    found = beside(world.shop, twin)

    assert (found.changes, found.duties, found.reviews) == ((), (), ())


def test_controls_in_scope_of_one_system_only_stand_apart(world):
    other = make_profile(make_catalog({"zz-1": ("facility",)}))
    vault = make_system(world.team, "ec2", profile=other, key="vault")

    found = beside(world.shop, vault)

    assert found.compared == 0
    assert len(found.only_before) == 6
    assert [subject.control_id for subject, _ in found.only_after] == ["zz-1"]


def test_what_is_decided_in_one_system_differs_from_what_is_derived_in_the_other(world):
    twin = make_system(world.team, "ec2", "rds", profile=world.profile, key="twin")
    make_decision(world.shop, "si-3", kind="inherited", rationale="Rebuilt daily.")
    make_decision(world.shop, "ac-2")

    found = beside(world.shop, twin)

    (change,) = found.changes
    assert change.subject.control_id == "si-3"
    assert (change.before.kind, change.after.kind) == ("inherited", "shared")
    assert change.doubt == ""
    assert change.reasons == ()
    assert [(d.subject.control_id, d.course) for d in found.duties] == [("si-3", "appears")]


def test_a_system_is_not_compared_with_itself(world):
    with pytest.raises(InvalidInputError, match="name two dates") as caught:
        beside(world.shop, world.shop)

    assert caught.value.place == "with"


def test_systems_of_two_providers_are_not_compared(world):
    other = Provider.objects.create(key="paas", name="PaaS", full_name="P", letter="P")
    twin = make_system(world.team, "s3", profile=world.profile, key="twin", name="Twin")
    System.objects.filter(pk=twin.pk).update(provider=other)

    with pytest.raises(InvalidInputError, match="Shop runs on AWS, Twin on PaaS"):
        beside(world.shop, twin)


def test_a_system_differs_from_itself_by_what_was_derived_meanwhile(world):
    end(world.shop, "ec2", at=LATER)

    found = since(world.shop, TODAY)

    assert changed(found) == {
        "si-2": ("shared", "shared"),
        "si-3": ("shared", "inherited"),
    }
    assert found.gone == {"ec2": "EC2"}
    assert because(found, "si-3").startswith(
        "Guest os: on 2026-03-03 AWS and you, on 2026-03-10 AWS alone. Gone: you on EC2"
    )


def test_nothing_changed_where_nothing_was_recorded(world):
    assert since(world.shop, TODAY).changes == ()


def test_what_was_decided_meanwhile_differs(world):
    make_decision(
        world.shop, "si-3", kind="inherited", rationale="Rebuilt daily.", at=LATER
    )
    make_decision(world.shop, "ac-2", at=LATER)

    found = since(world.shop, TODAY)

    (change,) = found.changes
    assert change.subject.control_id == "si-3"
    assert (change.before.decided, change.after.decided) == ("", "inherited")


def test_what_became_suspect_meanwhile_is_told(world):
    make_decision(world.shop, "si-3")
    end(world.shop, "ec2", at=LATER)

    found = since(world.shop, TODAY)

    assert found.become_suspect == 1


def test_a_system_recorded_meanwhile_was_not_in_scope(world):
    found = since(world.shop, MONDAY.date() - timedelta(days=3))

    assert found.compared == 0
    assert len(found.only_after) == 6


def test_duties_and_reviews_are_those_in_force(world):
    people = {"by": world.maker, "checker": world.checker}
    approve(world.shop, "si-3", **people)
    approve(world.shop, "ac-2", at=LATER, **people)
    end(world.shop, "ec2", at=LATER)
    approve(world.shop, "si-3", at=LATER, **people)

    found = since(world.shop, TODAY)

    assert {(d.subject.control_id, d.course) for d in found.duties} == {
        ("si-3", "vanishes"),
        ("ac-2", "appears"),
    }
    assert (found.before.duties, found.after.duties) == (1, 1)


def test_a_day_to_come_is_compared_as_planned(world):
    end(world.shop, "ec2", at=TUESDAY, on=date(2026, 9, 1))

    planned = since(world.shop, TODAY, date(2026, 9, 1), now=TUESDAY)

    assert "si-3" in changed(planned)
    assert since(world.shop, TODAY, date(2026, 8, 31), now=TUESDAY).changes == ()


def test_what_was_recorded_later_was_not_known_then(world):
    say(world.shop, "guest_os", LayerValue.PROVIDER, at=LATER)

    found = since(world.shop, TODAY)

    assert changed(found)["si-3"] == ("shared", "inherited")


@pytest.mark.parametrize("before", [LATER_DAY, LATER_DAY + timedelta(days=1)])
def test_the_first_date_must_be_the_earlier(world, before):
    with pytest.raises(InvalidInputError, match="earlier") as caught:
        since(world.shop, before)

    assert caught.value.place == "from"


@pytest.mark.parametrize("kind", ["systems", "dates"])
def test_larger_systems_ask_no_more(world, kind):
    large = make_profile(
        make_catalog({f"cm-{n}": ("guest_os", "iam", "app") for n in range(120)})
    )
    team = make_team("big")
    big, other = (
        make_system(team, *used, profile=large, key=key)
        for key, used in (("big", ("ec2", "s3", "rds")), ("other", ("dynamodb",)))
    )
    twin = make_system(world.team, "s3", profile=world.profile, key="twin")
    people = {"by": world.maker, "checker": world.checker}
    for system in (world.shop, big):
        start(system, "dynamodb", at=LATER)
    approve(world.shop, "si-2", **people)

    def ask(one, another):
        if kind == "systems":
            return beside(one, another)
        return since(one, TODAY)

    with CaptureQueriesContext(connection) as few:
        ask(world.shop, twin)
    with CaptureQueriesContext(connection) as many:
        ask(big, other)

    assert len(many) == len(few) <= 20
