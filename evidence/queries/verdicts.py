"""Evidence that waits for a person's verdict: who may judge it, and did not hand it in."""

from __future__ import annotations

from django.db.models import Exists, OuterRef, Q, QuerySet

from controls.choices import ClaimStance
from controls.models import DutyClaim, User
from controls.rules.permissions import Action
from evidence.choices import VerdictState
from evidence.models import Evidence, EvidenceLink, EvidenceVerdict
from evidence.queries import roles


def waiting_for(user: User) -> QuerySet[Evidence]:
    """Return what was handed in, is not judged yet and may be judged by the person.

    As `judges.teams_that_judge` and the rule that a maker is not a checker say it for one.
    """
    handed_in = Evidence.objects.visible_to(user).filter(
        ~_made_by(user), latest_verdict__state=VerdictState.SUBMITTED
    )
    if roles.everywhere(user, Action.JUDGE_EVIDENCE):
        return handed_in
    teams = roles.team_ids(user, Action.JUDGE_EVIDENCE)
    if not teams:
        return handed_in.none()
    links = EvidenceLink.objects.open().filter(evidence=OuterRef("pk"))
    claims = DutyClaim.objects.open().filter(
        duty=OuterRef("duty"), team__in=teams, stance=ClaimStance.CLAIMS
    )
    answers = (
        Q(responsibility__system__owner_team__in=teams)
        | Q(
            responsibility__latest_decision__owner_team__in=teams,
            responsibility__ended_at__isnull=True,
        )
        | Exists(claims)
    )
    return handed_in.filter(
        Exists(links.filter(answers)) | (~Exists(links) & Q(team__in=teams))
    )


def made_by(evidence: Evidence, user: User) -> bool:
    """Say whether the person handed in a revision since the one that was last accepted."""
    return Evidence.objects.filter(_made_by(user), pk=evidence.pk).exists()


def _made_by(user: User) -> Exists:
    accepted = EvidenceVerdict.objects.filter(
        evidence=OuterRef("evidence"), state=VerdictState.ACCEPTED, pk__gt=OuterRef("pk")
    )
    made = EvidenceVerdict.objects.filter(
        ~Exists(accepted),
        evidence=OuterRef("pk"),
        made_by=user,
        state=VerdictState.SUBMITTED,
    )
    return Exists(made)
