"""What each role is answered by the record screens of the admin site."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from controls.models import Layer
from tests.access.table import Row
from tests.access.world import Target, World

ADMIN = "/admin/"

# Columns: anonymous, stranger, viewer, contributor, approver, lead, auditor, other auditor,
# GRC lead, administrator. The stranger leads a team of their own.
ALL = "302 200 200 200 200 200 200 200 200 200"
AWAY = "302 302 302 302 302 302 302 302 302 302"
NO_SUCH = "302 404 404 404 404 404 404 404 404 404"
SYSTEM = "302 404 200 200 200 200 200 404 200 200"
TEAM = "302 404 200 200 200 200 404 404 200 200"
GRANT = "302 404 404 404 404 404 200 404 200 200"
MY_TOKEN = "302 404 404 404 404 200 404 404 404 200"
LEADS_ADD = "302 200 403 403 403 200 403 403 200 403"
ADMIN_ADDS = "302 403 403 403 403 403 403 403 403 200"
GRC_ADDS = "302 403 403 403 403 403 403 403 200 403"
GRC_DOES = "302 403 403 403 403 403 403 403 302 403"
MEMBERS_ADD = "302 200 403 403 403 200 403 403 403 200"

DESCRIBE = "302 404 403 403 403 302 403 404 302 403"
DECIDE = "302 404 403 302 302 302 403 404 302 403"
# A refusal of the service is shown in the form: the lead decided it themselves.
REVIEW = "302 404 403 200 302 200 403 404 302 403"
MANAGE = "302 404 403 403 403 302 404 404 403 302"
PERSON = "302 404 302 403 403 403 404 404 403 302"
END_GRANT = "302 404 404 404 404 404 403 404 403 302"
REVOKE = "302 404 404 404 404 302 404 404 404 302"
NAMES_SYSTEM = "302 200 403 403 403 302 403 403 302 403"
NAMES_FOREIGN_SYSTEM = "302 200 403 403 403 200 403 403 302 403"

TAG = f"{ADMIN}controls/controltag/add/?control={{w.control.pk}}"
SET_APART = (
    f"{ADMIN}controls/responsibility/add/?control={{o.undecided.pk}}&statement=si-2_smt.a"
)
# Who may not decide the control is answered as where there is none.
SETS_APART = "302 404 404 200 200 200 404 404 200 404"
SETS_NO_FOREIGN_APART = "302 404 404 404 404 404 404 404 200 404"

OF_A_TEAM: Mapping[str, tuple[str, str]] = {
    "auditevent": ("{o.event.pk}", SYSTEM),
    "decision": ("{o.in_review.latest_decision.pk}", SYSTEM),
    "derivation": ("{o.in_review.latest_derivation_id}", SYSTEM),
    "layeroverride": ("{o.override.pk}", SYSTEM),
    "membership": ("{o.membership.pk}", TEAM),
    "responsibility": ("{o.in_review.pk}", SYSTEM),
    "system": ("{o.system.pk}", SYSTEM),
    "systemprofile": ("{o.scope.pk}", SYSTEM),
    "systemservice": ("{o.service.pk}", SYSTEM),
    "team": ("{o.team.pk}", TEAM),
    "user": ("{o.people[viewer].pk}", TEAM),
    "apitoken": ("{o.token.pk}", MY_TOKEN),
}
FOR_ALL: Mapping[str, tuple[str, str]] = {
    "cadence": ("0", NO_SUCH),
    "catalog": ("{w.catalog.pk}", ALL),
    "control": ("{w.control.pk}", ALL),
    "controlmapping": ("0", NO_SUCH),
    "controltag": ("{w.tag.pk}", ALL),
    "heartbeat": ("0", NO_SUCH),
    "knowledgerelease": ("{o.in_review.latest_derivation.release_id}", ALL),
    "layer": ("{o.override.layer_id}", ALL),
    "layerfact": ("0", NO_SUCH),
    "organizationrole": ("{w.grant.pk}", GRANT),
    "profile": ("{w.profile.pk}", ALL),
    "provider": ("{o.system.provider_id}", ALL),
    "servicevariant": ("{o.service.variant_id}", ALL),
    "source": ("0", NO_SUCH),
}
ADDED: Mapping[str, str] = {
    "apitoken": ALL,
    "controltag": NO_SUCH,
    "layeroverride": LEADS_ADD,
    "membership": MEMBERS_ADD,
    "organizationrole": ADMIN_ADDS,
    "responsibility": NO_SUCH,
    "servicevariant": GRC_ADDS,
    "system": LEADS_ADD,
    "systemprofile": LEADS_ADD,
    "systemservice": LEADS_ADD,
    "team": ADMIN_ADDS,
    "user": ADMIN_ADDS,
}


def decision(_: World, target: Target) -> dict[str, Any]:
    return {"version": target.undecided.version, "kind": "shared"}


def approval(_: World, target: Target) -> dict[str, Any]:
    decided = target.in_review.latest_decision
    assert decided is not None
    return {
        "version": target.in_review.version,
        "_step": "approve",
        "kind": decided.kind,
        "owner_team": decided.owner_team_id,
        "implementation_status": decided.implementation_status,
        "provider_statement": decided.provider_statement,
        "customer_statement": decided.customer_statement,
        "rationale": decided.rationale,
    }


def statement(_: World, target: Target) -> dict[str, Any]:
    return {"version": target.undecided.version, "kind": "shared"}


def way_back(_: World, target: Target) -> dict[str, Any]:
    decided = target.apart.latest_decision
    assert decided is not None
    return {
        "version": target.apart.version,
        "_step": "fall-back",
        "remark": "As the control.",
        "kind": decided.kind,
        "owner_team": decided.owner_team_id,
        "implementation_status": "",
        "provider_statement": decided.provider_statement,
        "customer_statement": decided.customer_statement,
        "rationale": decided.rationale,
    }


def description(_: World, target: Target) -> dict[str, Any]:
    return {"version": target.system.version, "name": "Renamed"}


def ending(_: World, target: Target) -> dict[str, Any]:
    return {"version": target.system.version, "_step": "end"}


def team_details(_: World, target: Target) -> dict[str, Any]:
    return {
        "version": target.team.version,
        "name": "Renamed",
        "time_zone": "UTC",
        "working_days": "12345",
    }


def person(_: World, target: Target) -> dict[str, Any]:
    viewer = target.people["viewer"]
    return {"version": 1, "name": "Renamed", "email": viewer.email, "time_zone": "UTC"}


def profile_in_scope(world: World, target: Target) -> dict[str, Any]:
    return {
        "version": target.system.version,
        "system": target.system.pk,
        "profile": world.unused_profile.pk,
    }


def many(_: World, target: Target) -> dict[str, Any]:
    row = target.undecided
    return {
        "action": "accept_derived",
        "_selected_action": row.pk,
        f"version-{row.pk}": row.version,
    }


def screen(model: str, pk: str, own: str, foreign: str) -> list[Row]:
    """The list, the record and its history."""
    base = f"{ADMIN}controls/{model}/"
    return [
        Row("GET", base, ALL, "-", by_browser=True),
        Row("GET", f"{base}{pk}/change/", own, foreign, by_browser=True),
        Row("GET", f"{base}{pk}/history/", own, foreign, by_browser=True),
    ]


def post(model: str, pk: str, own: str, send: Any, note: str = "") -> Row:
    """A form that is sent."""
    path = f"{ADMIN}controls/{model}/{pk}/change/"
    return Row("POST", path, own, send=send, by_browser=True, note=note)


def once(model: str, pk: str, send: Any) -> Row:
    """A form of what holds for everybody."""
    path = f"{ADMIN}controls/{model}/{pk}/change/"
    return Row("POST", path, GRC_DOES, "-", send=send, by_browser=True)


def tag(_: World, __: Target) -> dict[str, Any]:
    return {"touched": list(Layer.objects.values_list("pk", flat=True)), "reason": "So."}


ROWS = [
    *(row for m, (pk, own) in OF_A_TEAM.items() for row in screen(m, pk, own, "")),
    *(row for m, (pk, own) in FOR_ALL.items() for row in screen(m, pk, own, "-")),
    *(
        Row("GET", f"{ADMIN}controls/{model}/add/", own, "-", by_browser=True)
        for model, own in ADDED.items()
    ),
    post("system", "{o.system.pk}", DESCRIBE, description),
    post("systemservice", "{o.service.pk}", DESCRIBE, ending),
    post("systemprofile", "{o.scope.pk}", DESCRIBE, ending),
    post("layeroverride", "{o.override.pk}", DESCRIBE, ending),
    post("responsibility", "{o.undecided.pk}", DECIDE, decision, "decide"),
    post("responsibility", "{o.in_review.pk}", REVIEW, approval, "approve"),
    post("responsibility", "{o.apart.pk}", DECIDE, way_back, "fall back"),
    Row("GET", TAG, GRC_ADDS, "-", by_browser=True),
    Row("POST", TAG, GRC_DOES, "-", send=tag, by_browser=True),
    once("controltag", "{w.tag.pk}", lambda _, __: {"_step": "end", "why": "So."}),
    once(
        "servicevariant",
        "{w.variant.pk}",
        lambda w, _: {"version": w.variant.version, "name": "Renamed", "model": "managed"},
    ),
    Row("GET", SET_APART, SETS_APART, SETS_NO_FOREIGN_APART, by_browser=True),
    Row(
        "POST",
        SET_APART,
        SETS_APART.replace("200", "302"),
        SETS_NO_FOREIGN_APART.replace("200", "302"),
        send=statement,
        by_browser=True,
    ),
    post("team", "{o.team.pk}", MANAGE, team_details),
    post("membership", "{o.membership.pk}", MANAGE, ending),
    post("user", "{o.people[viewer].pk}", PERSON, person),
    post("apitoken", "{o.token.pk}", REVOKE, ending),
    Row(
        "POST",
        f"{ADMIN}controls/organizationrole/{{w.grant.pk}}/change/",
        END_GRANT,
        "-",
        send=ending,
        by_browser=True,
    ),
    Row(
        "POST",
        f"{ADMIN}controls/systemprofile/add/",
        NAMES_SYSTEM,
        NAMES_FOREIGN_SYSTEM,
        send=profile_in_scope,
        by_browser=True,
    ),
    Row("POST", f"{ADMIN}controls/responsibility/", AWAY, AWAY, send=many, by_browser=True),
    Row("GET", f"{ADMIN}records/", ALL, "-", by_browser=True),
    Row(
        "GET",
        f"{ADMIN}records/System/{{o.system.uuid}}/",
        "302 404 302 302 302 302 302 404 302 302",
        by_browser=True,
    ),
    Row("GET", f"{ADMIN}controls/", AWAY, "-", by_browser=True),
    Row("GET", f"{ADMIN}login/", AWAY, "-", by_browser=True),
    Row("GET", f"{ADMIN}logout/", AWAY, "-", by_browser=True),
    Row("GET", f"{ADMIN}jsi18n/", ALL, "-", by_browser=True),
    Row("GET", f"{ADMIN}no-such-page/", NO_SUCH, "-", by_browser=True),
]
