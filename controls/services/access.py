"""May this person? Asked first by every service."""

from __future__ import annotations

from controls.models import Responsibility, System, Team, User
from controls.models.people import SYSTEM_EMAIL
from controls.rules.permissions import Action, may, refuse


def allowed(user: User, action: Action, *teams: Team | None) -> bool:
    """Say whether the user may do this where these teams are concerned."""
    if user.email == SYSTEM_EMAIL:
        return True
    return user.is_active and may(
        action,
        roles=user.organization_roles(),
        team_roles=user.team_roles(),
        teams=frozenset(team.pk for team in teams if team is not None),
    )


def require(user: User, action: Action, *teams: Team | None) -> None:
    """Raise NotAllowedError, saying who may, unless the user may do this."""
    if not allowed(user, action, *teams):
        raise refuse(action)


def teams_of(responsibility: Responsibility) -> tuple[Team | None, ...]:
    """Return the teams concerned: the system's owner and the responsibility's."""
    decision = responsibility.latest_decision
    return responsibility.system.owner_team, decision.owner_team if decision else None


def may_describe(user: User, system: System) -> bool:
    """Say whether the user may change what the system is and uses."""
    return allowed(user, Action.DESCRIBE_SYSTEM, system.owner_team)
