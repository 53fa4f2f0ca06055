"""Questions about duties that somebody has to answer: whose are they?"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Prefetch, Q, QuerySet
from django.http import Http404, HttpRequest

from controls.errors import InvalidInputError
from controls.models import Duty, DutyClaim, Team, User
from controls.rules.permissions import Action
from controls.services import clock, duties
from evidence.queries import roles
from evidence.queries.pieces import shown
from evidence.queries.verdicts import waiting_for
from evidence.workspace.frame import now, person

LONGEST = 100
STEPS = ("_claim", "_settle")
RELATED = (
    "responsibility__system__owner_team",
    "responsibility__control",
    "responsibility__part",
    "responsibility__latest_decision__owner_team",
)


def context(user: User, *, at: datetime) -> dict[str, Any]:
    """Return what the queue shows besides decisions. Seven queries at most."""
    # Annotations by `with_claims`, which the type checker's model of a row does not have.
    open_: Any = (
        Duty.objects.visible_to(user)
        .filter(ended_at__isnull=True)
        .with_claims(on=clock.day(at), as_of=at)
        .select_related(*RELATED)
        .prefetch_related(_said())
        .order_by("started_at", "pk")
    )
    to_judge = waiting_for(user)
    pieces = list(shown(to_judge).order_by("pk")[:LONGEST])
    asked = list(open_.filter(Q(disputed=True) | Q(double_claimed=True))[:LONGEST])
    unclaimed = open_.filter(unowned=True, disputed=False)
    nobodys = list(unclaimed[:LONGEST])
    return {
        "pieces": pieces,
        "pieces_count": len(pieces) if len(pieces) < LONGEST else to_judge.count(),
        "asked": asked,
        "unclaimed": nobodys,
        "unclaimed_count": len(nobodys) if len(nobodys) < LONGEST else unclaimed.count(),
        "speaking": roles.teams(user, Action.CLAIM_DUTY),
    }


def asked(request: HttpRequest) -> bool:
    """Say whether a button about a duty was pressed."""
    return any(step in request.POST for step in STEPS)


def settle(request: HttpRequest) -> str:
    """Do what the button says, and return what is told of it."""
    given = request.POST
    if not given.get("version", "").isdecimal():
        raise Http404
    version, user, at = int(given["version"]), person(request), now()
    if "_settle" in given:
        claim = _find(DutyClaim.objects.visible_to(user).open(), request, "claim")
        duties.end_claim(claim=claim, version=version, by=user, at=at)
        return f"What {claim.team} said is over."
    duty = _find(Duty.objects.visible_to(user), request, "duty")
    team = Team.objects.visible_to(user).filter(key=given.get("team", "")).first()
    if team is None:
        raise InvalidInputError("Say which team does it.", place="team")
    duties.claim(duty=duty, version=version, team=team, by=user, at=at)
    return f"{duty.responsibility}: {team} does it from now on."


def _find(rows: QuerySet[Any, Any], request: HttpRequest, name: str) -> Any:
    related = {
        "claim": ("team", "duty__responsibility__system__owner_team"),
        "duty": (
            "responsibility__system__owner_team",
            "responsibility__control",
            "responsibility__part",
        ),
    }
    try:
        uuid = UUID(request.POST.get(name, ""))
    except ValueError:
        raise Http404 from None
    found = rows.select_related(*related[name]).filter(uuid=uuid).first()
    if found is None:
        raise Http404
    return found


def _said() -> Prefetch[Any]:
    claims = DutyClaim.objects.open().select_related("team").order_by("team__name")
    return Prefetch("claims", queryset=claims, to_attr="said")
