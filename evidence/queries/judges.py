"""Who judges evidence: the teams that answer for what it proves."""

from __future__ import annotations

from collections.abc import Iterable

from controls.choices import ClaimStance
from controls.models import DutyClaim, Responsibility, Team
from evidence.models import Evidence, EvidenceLink


def teams_that_judge(
    evidence: Evidence, *, links: Iterable[EvidenceLink] | None = None
) -> tuple[Team | None, ...]:
    """Return the teams that claim a duty it is linked to, own a responsibility it is linked
    to, or own the system of one; the team that handed it in where it is linked to nothing.
    At most three queries.

    `links` names the links that count; without it, those that nobody has ended.
    """
    if links is None:
        links = EvidenceLink.objects.open().filter(evidence=evidence)
    found = list(links)
    if not found:
        return (evidence.team,)
    claims = DutyClaim.objects.open().filter(
        duty__in={link.duty_id for link in found if link.duty_id},
        stance=ClaimStance.CLAIMS,
    )
    owned = Responsibility.objects.filter(
        pk__in={link.responsibility_id for link in found}
    ).select_related("system__owner_team", "latest_decision__owner_team")
    teams: list[Team | None] = [claim.team for claim in claims.select_related("team")]
    for row in owned:
        # Who answered for a statement that fell back does so no more.
        decision = row.latest_decision if row.ended_at is None else None
        teams += [row.system.owner_team, decision.owner_team if decision else None]
    return tuple(dict.fromkeys(teams))
