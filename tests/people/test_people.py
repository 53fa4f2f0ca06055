"""People, teams, roles and tokens: who may change them, and when that counts."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from controls.choices import MembershipRole, OrganizationRoleName
from controls.errors import (
    ConflictError,
    InvalidInputError,
    NotAllowedError,
    StaleVersionError,
)
from controls.models import (
    ApiToken,
    AuditEvent,
    Membership,
    Responsibility,
    System,
    Team,
    User,
)
from controls.models.people import SYSTEM_EMAIL
from controls.services import people, roles, teams, tokens
from controls.services.roles import AuditScope
from controls.services.teams import Details
from tests.make import (
    MONDAY,
    forget_roles,
    make_admin,
    make_api_token,
    make_auditor,
    make_decision,
    make_grc_lead,
    make_member,
    make_membership,
    make_organization_role,
    make_system,
    make_team,
    make_user,
    make_world,
)

pytestmark = pytest.mark.django_db


def test_an_administrator_creates_a_person_and_the_record_does_not_name_them():
    admin = make_admin()

    user = people.create(
        email=" Ada@Example.com ", name="Ada King", password=None, by=admin, at=MONDAY
    )

    event = AuditEvent.objects.get(verb="user-created", target_uuid=user.uuid)
    assert user.email == "ada@example.com"
    assert not user.has_usable_password()
    assert "Ada" not in str(event.content())
    assert "ada@" not in str(event.content())


@pytest.mark.parametrize("make", [make_user, make_grc_lead])
def test_nobody_else_creates_people(make):
    with pytest.raises(NotAllowedError, match="administrator"):
        people.create(email="a@b.example", name="A", password=None, by=make(), at=MONDAY)


@pytest.mark.parametrize(
    ("fields", "place"),
    [
        ({"email": "nobody"}, "email"),
        ({"name": " "}, "name"),
        ({"password": "short"}, "password"),
        ({"time_zone": "Mars/Base"}, "time_zone"),
    ],
)
def test_a_person_who_cannot_be_is_refused_by_field(fields, place):
    given = {"email": "a@b.example", "name": "A", "password": None, **fields}

    with pytest.raises(InvalidInputError) as refused:
        people.create(**given, by=make_admin(), at=MONDAY)

    assert refused.value.place == place
    assert not User.objects.people().filter(email__startswith="a@b").exists()


def test_an_address_is_taken_in_any_case():
    make_user(email="ada@example.com")

    with pytest.raises(ConflictError):
        people.create(
            email="ADA@example.com", name="A", password=None, by=make_admin(), at=MONDAY
        )


def test_people_change_their_own_name_and_not_their_address():
    user = make_user()
    same: dict[str, Any] = {"time_zone": "Europe/Berlin", "by": user, "at": MONDAY}

    people.change(user=user, version=1, email=user.email, name="New", **same)
    with pytest.raises(NotAllowedError):
        people.change(user=user, version=2, email="other@example.com", name="New", **same)
    with pytest.raises(StaleVersionError):
        people.change(user=user, version=1, email=user.email, name="Newer", **same)

    event = AuditEvent.objects.get(verb="user-changed")
    assert event.after == {"changed": ["name", "time_zone"]}


def test_who_may_not_sign_in_any_more_has_no_tokens_roles_or_teams():
    user = make_member(make_team(), MembershipRole.LEAD)
    token, text = make_api_token(user)

    people.deactivate(user=user, version=1, by=make_admin(), at=MONDAY)

    forget_roles(user)
    assert tokens.use(text=text, at=MONDAY) is None
    assert ApiToken.objects.get(pk=token.pk).ended_at == MONDAY
    assert user.team_roles() == {}


def test_the_last_administrator_stays():
    admin = make_admin()
    role = admin.roles.get()

    with pytest.raises(ConflictError, match="last administrator"):
        people.deactivate(user=admin, version=1, by=admin, at=MONDAY)
    with pytest.raises(ConflictError, match="last administrator"):
        roles.end(role=role, by=admin, at=MONDAY)
    make_admin()
    assert roles.end(role=role, by=admin, at=MONDAY).ended_by == admin


def test_a_lead_gives_roles_in_their_own_team_only():
    mine, theirs = make_team(), make_team()
    lead, user = make_member(mine, MembershipRole.LEAD), make_user()

    teams.start_membership(team=mine, user=user, role="approver", by=lead, at=MONDAY)
    with pytest.raises(NotAllowedError):
        teams.start_membership(team=theirs, user=user, role="approver", by=lead, at=MONDAY)

    assert user.team_roles() == {mine.pk: "approver"}


def test_another_role_ends_the_one_before_and_both_are_kept():
    team, user = make_team(), make_user()
    make_membership(user, team, MembershipRole.VIEWER)

    make_membership(user, team, MembershipRole.LEAD)

    rows = Membership.objects.filter(user=user).order_by("pk")
    assert [(row.role, row.ended_at) for row in rows] == [
        ("viewer", MONDAY),
        ("lead", None),
    ]
    with pytest.raises(ConflictError):
        make_membership(user, team, MembershipRole.LEAD)


def test_a_team_changes_on_the_version_it_was_read_with():
    team, admin = make_team(), make_admin()
    details = Details(name="Renamed", working_days="1234")

    teams.change(team=team, version=1, details=details, by=admin, at=MONDAY)

    with pytest.raises(StaleVersionError):
        teams.change(team=team, version=1, details=details, by=admin, at=MONDAY)
    with pytest.raises(InvalidInputError):
        teams.change(
            team=team,
            version=2,
            details=Details(name="X", working_days="89"),
            by=admin,
            at=MONDAY,
        )


@pytest.mark.parametrize(
    ("role", "scoped", "place"),
    [
        ("auditor", False, "scope"),
        ("admin", True, "scope"),
        ("king", False, "role"),
    ],
)
def test_an_auditor_has_a_scope_and_nobody_else(role, scoped, place):
    scope = AuditScope(systems=[], expires_at=MONDAY) if scoped else None

    with pytest.raises(InvalidInputError) as refused:
        roles.grant(user=make_user(), role=role, scope=scope, by=make_admin(), at=MONDAY)

    assert refused.value.place == place


def test_an_auditors_scope_is_checked():
    system = make_system(make_team())
    by, user = make_admin(), make_user()

    for scope, place in (
        (AuditScope(systems=[], expires_at=MONDAY + timedelta(days=1)), "systems"),
        (AuditScope(systems=[system], expires_at=MONDAY), "expires_at"),
    ):
        with pytest.raises(InvalidInputError) as refused:
            roles.grant(user=user, role="auditor", scope=scope, by=by, at=MONDAY)
        assert refused.value.place == place


def test_each_role_sees_its_systems_and_no_others():
    world = make_world()
    mine, theirs = make_team(), make_team()
    here = make_system(mine, "s3", profile=world)
    there = make_system(theirs, "s3", profile=world)

    def seen(user):
        return set(System.objects.visible_to(user))

    assert seen(make_member(mine, MembershipRole.VIEWER)) == {here}
    assert seen(make_member(theirs)) == {there}
    assert seen(make_auditor(here)) == {here}
    assert seen(make_grc_lead()) == seen(make_admin()) == {here, there}
    assert seen(make_user()) == set()


def test_a_team_that_owns_a_responsibility_sees_the_system_and_only_that_responsibility():
    world, guest = make_world(), make_team()
    system = make_system(make_team(), "s3", profile=world)
    decision = make_decision(system, "si-2", owner_team=guest)
    user = make_member(guest)

    assert set(System.objects.visible_to(user)) == {system}
    assert list(Responsibility.objects.visible_to(user)) == [decision.responsibility]


def test_an_auditor_sees_nothing_after_the_last_day():
    system = make_system(make_team())
    user = make_user()
    grant = make_organization_role(user, OrganizationRoleName.AUDITOR, on=[system])
    grant.expires_at = datetime(2026, 3, 3, tzinfo=UTC)
    grant.save()

    assert not System.objects.visible_to(user).exists()


def test_a_membership_that_ended_counts_no_more():
    team = make_team()
    system = make_system(team)
    user = make_member(team)
    teams.end_membership(
        membership=user.memberships.select_related("team", "user").get(),
        by=make_admin(),
        at=MONDAY,
    )

    assert not System.objects.filter(pk=system.pk).visible_to(user).exists()
    assert not Team.objects.visible_to(user).exists()


def test_a_token_is_shown_once_and_kept_as_a_hash():
    user = make_user()
    token, text = make_api_token(user)

    assert text.startswith(f"srm_{token.prefix}_")
    assert text not in str(ApiToken.objects.filter(pk=token.pk).values().get())
    assert tokens.use(text=text, at=MONDAY) == token
    assert tokens.use(text=text + "x", at=MONDAY) is None
    assert ApiToken.objects.get(pk=token.pk).last_used_at == MONDAY


def test_a_token_ends_by_date_and_by_hand():
    user = make_user()
    token, text = make_api_token(user, days=10)

    assert tokens.use(text=text, at=MONDAY + timedelta(days=10)) is None
    tokens.revoke(token=token, by=user, at=MONDAY)
    assert tokens.use(text=text, at=MONDAY) is None
    with pytest.raises(ConflictError):
        tokens.revoke(token=token, by=user, at=MONDAY)


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({"scope": "root"}, InvalidInputError),
        ({"name": " "}, InvalidInputError),
        ({"expires_at": MONDAY}, InvalidInputError),
        ({"expires_at": MONDAY + timedelta(days=400)}, InvalidInputError),
        ({"by": "another"}, NotAllowedError),
        ({"team": "foreign"}, NotAllowedError),
    ],
)
def test_a_token_that_may_not_be_is_refused(fields, error):
    user = make_user()
    given = {
        "user": user,
        "name": "Cron",
        "scope": "read",
        "team": None,
        "expires_at": MONDAY + timedelta(days=30),
        "by": user,
        "at": MONDAY,
        **fields,
    }
    given["by"] = make_admin() if given["by"] == "another" else given["by"]
    given["team"] = make_team() if given["team"] == "foreign" else given["team"]

    with pytest.raises(error):
        tokens.create(**given)


def test_the_built_in_user_cannot_sign_in():
    user = User.objects.get(email=SYSTEM_EMAIL)

    assert not user.is_active
    assert not user.has_usable_password()
