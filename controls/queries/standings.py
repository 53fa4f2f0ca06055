"""How one responsibility stands at a moment: derived, decided, approved."""

from __future__ import annotations

from collections.abc import Sequence

from controls.choices import WorkflowState
from controls.models import Decision, Derivation, Responsibility
from controls.queries.matrix import Row
from controls.rules.moments import Moment


def standing(responsibility: Responsibility, *, moment: Moment) -> Row:
    """Return the row of the matrix for one responsibility, with its explanation.

    Two queries, whatever its history.
    """
    return standings([responsibility], moment=moment)[responsibility.pk]


def standings(rows: Sequence[Responsibility], *, moment: Moment) -> dict[int, Row]:
    """Return responsibility → its row of the matrix, with its explanation. Two queries,
    none for no rows.
    """
    if not rows:
        return {}
    wanted, on, as_of = [row.pk for row in rows], moment.on, moment.as_of
    derivations = {
        found.responsibility_id: found
        for found in Derivation.objects.filter(responsibility__in=wanted)
        .believed(on=on, as_of=as_of)
        .select_related("release")
    }
    known = Decision.objects.filter(responsibility__in=wanted)
    revisions = known.believed(on=on, as_of=as_of)
    revisions |= known.approved().believed(on=on, as_of=as_of)
    newest: dict[int, Decision] = {}
    approved: dict[int, Decision] = {}
    for found in revisions.select_related(
        "owner_team", "derivation", "decided_by", "submitted_by", "by"
    ).order_by("pk"):
        newest[found.responsibility_id] = found
        if found.state == WorkflowState.APPROVED:
            approved[found.responsibility_id] = found
    return {
        row.pk: Row(
            row,
            row.control,
            derivations.get(row.pk),
            newest.get(row.pk),
            approved.get(row.pk),
        )
        for row in rows
    }
