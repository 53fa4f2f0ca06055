"""Evidence as a list or a page shows it."""

from __future__ import annotations

from typing import Any

from django.db.models import Exists, OuterRef, QuerySet

from controls.models import User
from evidence.models import Evidence, EvidenceLink


def shown(rows: QuerySet[Evidence]) -> QuerySet[Evidence]:
    """Return the evidence with what one line of a list says of it, in the same query."""
    return rows.select_related(
        "team",
        "created_by",
        "latest_version__artifact",
        "latest_version__by",
        "latest_verdict",
    )


def offered_for(
    rows: QuerySet[Evidence], *, user: User, **target: Any
) -> QuerySet[Evidence]:
    """Return the evidence that is linked to a target, by links that the person may see.

    `target` is a filter of links: `duty__uuid`, `responsibility__system__key` and the like.
    """
    links = EvidenceLink.objects.open().visible_to(user).filter(**target)
    return rows.filter(Exists(links.filter(evidence=OuterRef("pk"))))
