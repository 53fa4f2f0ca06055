"""For which teams a person may do something, asked of all their roles at once."""

from __future__ import annotations

from django.db.models import QuerySet

from controls.models import Team, User
from controls.rules.permissions import RANKS, RULES, Action


def everywhere(user: User, action: Action) -> bool:
    """Say whether an organisation-wide role lets the person do this for any team."""
    return bool(user.organization_roles() & RULES[action].roles)


def team_ids(user: User, action: Action) -> frozenset[int]:
    """Return the teams in which the person's own role lets them do this."""
    least = RULES[action].least
    if least is None:
        return frozenset()
    return frozenset(
        team for team, role in user.team_roles().items() if RANKS[role] >= RANKS[least]
    )


def teams(user: User, action: Action) -> QuerySet[Team]:
    """Return the teams for which the person may do this, by name."""
    visible = Team.objects.visible_to(user).order_by("name")
    if everywhere(user, action):
        return visible
    return visible.filter(pk__in=team_ids(user, action))
