"""What each role is answered by the API."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.utils import timezone

from tests.access.table import Row
from tests.access.world import ROLES, Target, World

API = "/api/v1/"

# Columns: anonymous, stranger, viewer, contributor, approver, lead, auditor, other auditor,
# GRC lead, administrator.
assert len(ROLES) == 10
FACT = "401 200 200 200 200 200 200 200 200 200"
NO_SUCH = "401 404 404 404 404 404 404 404 404 404"
SYSTEM = "401 404 200 200 200 200 200 404 200 200"
TEAM = "401 404 200 200 200 200 404 404 200 200"
DESCRIBE = "401 404 403 403 403 200 403 404 200 403"
DECIDE = "401 404 403 200 200 200 403 404 200 403"
REVIEW = "401 404 403 403 200 200 403 404 200 403"
MANAGE = "401 404 403 403 403 200 404 404 403 200"
FIND_MANAGE = "401 404 403 403 403 201 404 404 403 201"
CREATE_TEAM = "401 403 403 403 403 403 403 403 403 201"
NAMES_FOREIGN_TEAM = "401 400 400 400 400 400 400 400 201 403"
CREATE_SYSTEM = "401 400 403 403 403 201 400 400 201 403"
OVERRIDE_SYSTEM = "401 400 403 403 403 201 403 400 201 403"
OVERRIDE_ALL = "401 403 403 403 403 403 403 403 201 403"
END_OVERRIDE_OF_ALL = "401 403 403 403 403 403 403 403 200 403"
MY_TOKEN = "401 404 404 404 404 200 404 404 404 200"
MAKE_TOKEN = "401 201 201 201 201 201 201 201 201 201"


def system_version(_: World, target: Target) -> int:
    return target.system.version


def team_version(_: World, target: Target) -> int:
    return target.team.version


def system_input(_: World, target: Target) -> dict[str, Any]:
    return {"key": "brand-new", "name": "New", "owner_team": target.team.key}


def override_input(_: World, target: Target) -> dict[str, Any]:
    return {
        "system": target.system.key,
        "layer": "guest_os",
        "value": "customer",
        "reason": "So",
    }


def override_for_all(_: World, __: Target) -> dict[str, Any]:
    return {"layer": "guest_os", "value": "customer", "reason": "So"}


def tag_input(world: World, _: Target) -> dict[str, Any]:
    return {"control": str(world.control.uuid), "layers": ["iam"], "reason": "So"}


def member_input(_: World, target: Target) -> dict[str, Any]:
    return {"user": str(target.people["viewer"].uuid), "role": "contributor"}


def token_input(_: World, __: Target) -> dict[str, Any]:
    today = timezone.now()  # noqa: TID251 - requests read the clock, too
    return {"name": "mine", "expires_at": (today + timedelta(days=30)).isoformat()}


def lists(noun: str) -> Row:
    return Row("GET", f"{API}{noun}/", FACT, foreign="-")


def fact(path: str) -> Row:
    return Row("GET", API + path, FACT, foreign="-")


def step(verb: str, subject: str, own: str, body: dict[str, Any] | None = None) -> Row:
    return Row(
        "POST",
        f"{API}responsibilities/{{o.{subject}.uuid}}/{verb}/",
        own,
        send=lambda _, __: body or {},
        version=lambda _, target: getattr(target, subject).version,
    )


def change(verb: str, path: str, own: str, body: Any) -> Row:
    return Row(verb, API + path, own, send=body, version=system_version)


ROWS = [
    *map(
        lists,
        [
            "audit-events",
            "catalogs",
            "control-tags",
            "controls",
            "layers",
            "overrides",
            "profiles",
            "providers",
            "responsibilities",
            "service-variants",
            "systems",
            "teams",
            "tokens",
            "users",
        ],
    ),
    Row("GET", API + "nowhere/", NO_SUCH, foreign="-"),
    Row("POST", API + "nowhere/", NO_SUCH, foreign="-"),
    # Facts.
    fact("catalogs/{w.catalog.uuid}/"),
    fact("controls/{w.control.uuid}/"),
    fact("profiles/{w.profile.key}/"),
    fact("providers/aws/"),
    fact("service-variants/ec2/"),
    fact("layers/guest_os/"),
    # People.
    fact("users/me/"),
    Row("GET", API + "users/{o.membership.user.uuid}/", TEAM),
    Row("GET", API + "teams/{o.team.key}/", TEAM),
    Row("GET", API + "teams/{o.team.key}/members/", TEAM),
    Row(
        "POST",
        API + "teams/",
        CREATE_TEAM,
        foreign="-",
        send=lambda _, __: {"key": "brand-new", "name": "New"},
    ),
    Row(
        "PATCH",
        API + "teams/{o.team.key}/",
        MANAGE,
        send=lambda _, __: {"working_days": "1234"},
        version=team_version,
    ),
    Row("POST", API + "teams/{o.team.key}/members/", FIND_MANAGE, send=member_input),
    Row("POST", API + "teams/{o.team.key}/members/{o.membership.uuid}/end/", MANAGE),
    Row("POST", API + "tokens/", MAKE_TOKEN, foreign="-", send=token_input),
    Row("GET", API + "tokens/{o.token.uuid}/", MY_TOKEN),
    Row("POST", API + "tokens/{o.token.uuid}/revoke/", MY_TOKEN),
    # Systems.
    Row("GET", API + "systems/{o.system.key}/", SYSTEM),
    Row("GET", API + "systems/{o.system.key}/matrix/", SYSTEM),
    Row(
        "POST",
        API + "systems/",
        CREATE_SYSTEM,
        foreign=NAMES_FOREIGN_TEAM,
        send=system_input,
    ),
    change("PATCH", "systems/{o.system.key}/", DESCRIBE, lambda _, __: {"name": "Other"}),
    change(
        "POST",
        "systems/{o.system.key}/services/",
        DESCRIBE,
        lambda _, __: {"services": [{"variant": "dynamodb"}]},
    ),
    change(
        "POST",
        "systems/{o.system.key}/services/{o.service.uuid}/end/",
        DESCRIBE,
        lambda _, __: {},
    ),
    change(
        "POST",
        "systems/{o.system.key}/profiles/",
        DESCRIBE,
        lambda world, _: {"profile": world.unused_profile.key},
    ),
    change(
        "POST",
        "systems/{o.system.key}/profiles/{o.scope.uuid}/end/",
        DESCRIBE,
        lambda _, __: {},
    ),
    # The organisation's own facts.
    Row("GET", API + "own-facts/", FACT, foreign="-"),
    Row("GET", API + "control-tags/{w.tag.uuid}/", FACT, foreign="-"),
    Row("POST", API + "control-tags/", OVERRIDE_ALL, foreign="-", send=tag_input),
    Row(
        "POST",
        API + "control-tags/{w.tag.uuid}/end/",
        END_OVERRIDE_OF_ALL,
        foreign="-",
        send=lambda _, __: {"reason": "So."},
    ),
    Row(
        "POST",
        API + "service-variants/",
        OVERRIDE_ALL,
        foreign="-",
        send=lambda _, __: {"key": "new", "name": "New", "model": "managed"},
    ),
    Row(
        "PATCH",
        API + "service-variants/{w.variant.key}/",
        END_OVERRIDE_OF_ALL,
        foreign="-",
        send=lambda _, __: {"name": "Renamed"},
        version=lambda world, __: world.variant.version,
    ),
    # Overrides.
    Row("GET", API + "overrides/{o.override.uuid}/", SYSTEM),
    Row("GET", API + "overrides/{w.everywhere.uuid}/", FACT, foreign="-"),
    Row(
        "POST",
        API + "overrides/",
        OVERRIDE_SYSTEM,
        foreign=NAMES_FOREIGN_TEAM,
        send=override_input,
    ),
    Row(
        "POST",
        API + "overrides/",
        OVERRIDE_ALL,
        foreign="-",
        send=override_for_all,
        note="for all systems",
    ),
    Row("POST", API + "overrides/{o.override.uuid}/end/", DESCRIBE),
    Row(
        "POST",
        API + "overrides/{w.everywhere.uuid}/end/",
        END_OVERRIDE_OF_ALL,
        foreign="-",
    ),
    # Responsibilities.
    Row("GET", API + "responsibilities/{o.proposed.uuid}/", SYSTEM),
    Row("GET", API + "responsibilities/{o.proposed.uuid}/decisions/", SYSTEM),
    Row("GET", API + "responsibilities/{o.apart.uuid}/", SYSTEM),
    Row("GET", API + "responsibilities/{o.undecided.uuid}/statements/", SYSTEM),
    step(
        "set-apart",
        "undecided",
        DECIDE.replace("403 200 200 200 403 404 200", "403 201 201 201 403 404 201"),
        {"statement": "si-2_smt.a"},
    ),
    step("fall-back", "apart", DECIDE, {"remark": "As the control."}),
    step("assign", "undecided", DECIDE),
    step("submit", "proposed", DECIDE),
    step("approve", "in_review", REVIEW.replace("200 200 403 404", "200 409 403 404")),
    step(
        "return",
        "in_review",
        REVIEW.replace("200 200 403 404", "200 409 403 404"),
        {"remark": "Say more."},
    ),
    # The record.
    Row("GET", API + "audit-events/{o.event.uuid}/", SYSTEM),
    Row("GET", "/api/schema/", FACT, foreign="-"),
]
