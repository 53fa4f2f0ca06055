"""How one responsibility stands at a moment: derived, decided, approved."""

from __future__ import annotations

from django.db.models import Q

from controls.choices import WorkflowState
from controls.models import Decision, Derivation, Responsibility
from controls.queries.matrix import Row
from controls.rules.moments import Moment


def standing(responsibility: Responsibility, *, moment: Moment) -> Row:
    """Return the row of the matrix for one responsibility, with its explanation.

    Two queries, whatever its history.
    """
    known = Q(
        responsibility=responsibility, at__lte=moment.as_of, effective_on__lte=moment.on
    )
    derivation = (
        Derivation.objects.filter(known).select_related("release").order_by("-pk").first()
    )
    revisions = Decision.objects.filter(known).order_by("-pk")
    newest = Q(pk__in=revisions.values("pk")[:1])
    approved = Q(pk__in=revisions.approved().values("pk")[:1])
    found = list(
        Decision.objects.filter(newest | approved)
        .select_related("owner_team", "derivation", "decided_by", "submitted_by", "by")
        .order_by("-pk")
    )
    decision = found[0] if found else None
    last = next((row for row in found if row.state == WorkflowState.APPROVED), None)
    return Row(responsibility, responsibility.control, derivation, decision, last)
