"""Who may do what: one table, asked by every service and shown by every page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from controls.choices import MembershipRole, OrganizationRoleName
from controls.errors import NotAllowedError

RANKS: Mapping[str, int] = {role: rank for rank, role in enumerate(MembershipRole.values)}


class Action(StrEnum):
    """What a person may want to do."""

    DECIDE = "decide"
    REVIEW = "review"
    DESCRIBE_SYSTEM = "describe-system"
    CREATE_SYSTEM = "create-system"
    OVERRIDE = "override"
    OVERRIDE_EVERYWHERE = "override-everywhere"
    MANAGE_MEMBERS = "manage-members"
    MANAGE_TEAMS = "manage-teams"
    MANAGE_PEOPLE = "manage-people"
    GRANT_ROLES = "grant-roles"
    LOAD_FACTS = "load-facts"
    CLAIM_DUTY = "claim-duty"
    SCHEDULE = "schedule"
    COMPLETE_REVIEW = "complete-review"
    SNOOZE_REVIEW = "snooze-review"
    SUBMIT_EVIDENCE = "submit-evidence"
    JUDGE_EVIDENCE = "judge-evidence"
    MANAGE_TRAINING = "manage-training"
    RECORD_TRAINING = "record-training"
    MANAGE_REMINDERS = "manage-reminders"


@dataclass(frozen=True, slots=True)
class Rule:
    """Organisation-wide roles that may, the least role in a team concerned that may, and
    who that is in words.
    """

    roles: frozenset[str]
    least: str | None
    who: str


ADMIN, GRC = OrganizationRoleName.ADMIN, OrganizationRoleName.GRC_LEAD

RULES: Mapping[Action, Rule] = {
    Action.DECIDE: Rule(
        frozenset({GRC}),
        MembershipRole.CONTRIBUTOR,
        "a contributor of the team that owns the system or the responsibility, "
        "or the GRC lead",
    ),
    Action.REVIEW: Rule(
        frozenset({GRC}),
        MembershipRole.APPROVER,
        "an approver of the team that owns the system or the responsibility, "
        "or the GRC lead",
    ),
    Action.DESCRIBE_SYSTEM: Rule(
        frozenset({GRC}),
        MembershipRole.LEAD,
        "the lead of the team that owns the system, or the GRC lead",
    ),
    Action.CREATE_SYSTEM: Rule(
        frozenset({GRC}),
        MembershipRole.LEAD,
        "the lead of the owning team, or the GRC lead",
    ),
    Action.OVERRIDE: Rule(
        frozenset({GRC}),
        MembershipRole.LEAD,
        "the lead of the team that owns the system, or the GRC lead",
    ),
    Action.OVERRIDE_EVERYWHERE: Rule(frozenset({GRC}), None, "the GRC lead"),
    Action.MANAGE_MEMBERS: Rule(
        frozenset({ADMIN}), MembershipRole.LEAD, "the team's lead, or an administrator"
    ),
    Action.MANAGE_TEAMS: Rule(frozenset({ADMIN}), None, "an administrator"),
    Action.MANAGE_PEOPLE: Rule(frozenset({ADMIN}), None, "an administrator"),
    Action.GRANT_ROLES: Rule(frozenset({ADMIN}), None, "an administrator"),
    Action.LOAD_FACTS: Rule(
        frozenset({ADMIN, GRC}), None, "an administrator or the GRC lead"
    ),
    Action.CLAIM_DUTY: Rule(
        frozenset({GRC}),
        MembershipRole.CONTRIBUTOR,
        "a contributor of the team that speaks, or the GRC lead",
    ),
    Action.SCHEDULE: Rule(
        frozenset({GRC}),
        MembershipRole.APPROVER,
        "an approver of the team that claims the duty or owns the responsibility, "
        "or the GRC lead",
    ),
    Action.COMPLETE_REVIEW: Rule(
        frozenset({GRC}),
        MembershipRole.CONTRIBUTOR,
        "a contributor of the team that claims the duty or owns the responsibility, "
        "or the GRC lead",
    ),
    Action.SNOOZE_REVIEW: Rule(
        frozenset({GRC}),
        MembershipRole.APPROVER,
        "an approver of the team that claims the duty or owns the responsibility, "
        "or the GRC lead",
    ),
    Action.SUBMIT_EVIDENCE: Rule(
        frozenset({GRC}),
        MembershipRole.CONTRIBUTOR,
        "a contributor of the team that hands it in, or the GRC lead",
    ),
    Action.JUDGE_EVIDENCE: Rule(
        frozenset({GRC}),
        MembershipRole.APPROVER,
        "an approver of a team that answers for what it proves, or the GRC lead",
    ),
    Action.MANAGE_TRAINING: Rule(frozenset({GRC}), None, "the GRC lead"),
    Action.RECORD_TRAINING: Rule(
        frozenset({GRC}),
        MembershipRole.LEAD,
        "the lead of the person's team, or the GRC lead",
    ),
    Action.MANAGE_REMINDERS: Rule(
        frozenset({ADMIN, GRC}), None, "an administrator or the GRC lead"
    ),
}


def may(
    action: Action,
    *,
    roles: frozenset[str],
    team_roles: Mapping[int, str],
    teams: frozenset[int],
) -> bool:
    """Say whether a person with these roles may do this where these teams are concerned."""
    rule = RULES[action]
    if roles & rule.roles:
        return True
    if rule.least is None:
        return False
    least = RANKS[rule.least]
    return any(RANKS[role] >= least for team, role in team_roles.items() if team in teams)


def refuse(action: Action) -> NotAllowedError:
    """Return the error that says who may."""
    return NotAllowedError(f"This needs {RULES[action].who}.")
