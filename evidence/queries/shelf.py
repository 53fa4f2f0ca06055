"""Evidence as a list to look through: filters of an address, counts, and pages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Count, Q, QuerySet

from controls.errors import InvalidInputError
from controls.models import User
from evidence.choices import VerdictState
from evidence.models import Evidence, EvidenceLink
from evidence.queries.pieces import offered_for, shown

PAGE = 50
SOON = timedelta(days=30)

CURRENT, ENDING, EXPIRED = "current", "ending", "expired"


@dataclass(frozen=True, slots=True)
class Asked:
    """Which evidence: a state or view of it, a team's, a system's, with words in it."""

    view: str = ""
    team: str = ""
    system: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """A piece of evidence, and what it is offered for as far as the person sees it."""

    piece: Evidence
    links: Sequence[EvidenceLink]
    on: date

    @property
    def is_expired(self) -> bool:
        """Say whether its last day has passed."""
        latest = self.piece.latest_version
        return bool(latest and latest.expires_on and latest.expires_on < self.on)

    @property
    def is_ending(self) -> bool:
        """Say whether its last day is near."""
        latest = self.piece.latest_version
        last = latest.expires_on if latest else None
        return bool(last and self.on <= last <= self.on + SOON)


@dataclass(frozen=True, slots=True)
class Page:
    """A page of evidence, newest first, and the number behind which the next begins."""

    lines: Sequence[Line]
    before: int | None


def views(on: date) -> Mapping[str, tuple[str, Q]]:
    """Return view → its words, and which evidence it shows on a day."""
    accepted = Q(latest_verdict__state=VerdictState.ACCEPTED)
    last = "latest_version__expires_on"
    lasting = Q(**{f"{last}__isnull": True}) | Q(**{f"{last}__gte": on})
    soon = Q(**{f"{last}__gte": on, f"{last}__lte": on + SOON})
    return {
        "": ("All", Q()),
        CURRENT: ("Current", accepted & lasting),
        ENDING: ("Ends in 30 days", accepted & soon),
        EXPIRED: ("Expired", accepted & Q(**{f"{last}__lt": on})),
        VerdictState.SUBMITTED: ("Waits for a verdict", _in(VerdictState.SUBMITTED)),
        VerdictState.REJECTED: ("Returned", _in(VerdictState.REJECTED)),
        VerdictState.WITHDRAWN: ("Withdrawn", _in(VerdictState.WITHDRAWN)),
    }


def pieces(asked: Asked, *, user: User) -> QuerySet[Evidence]:
    """Return the evidence that is asked for, of all views."""
    rows: QuerySet[Evidence] = Evidence.objects.visible_to(user)
    if asked.team:
        rows = rows.filter(team__key=asked.team)
    if asked.system:
        rows = offered_for(rows, user=user, responsibility__system__key=asked.system)
    if asked.text:
        named = Q(latest_version__title__icontains=asked.text)
        number = asked.text.upper().removeprefix("EV-")
        # A number that no row can have would be refused by the database.
        if number.isdecimal() and len(number) < 18:
            named |= Q(pk=int(number))
        rows = rows.filter(named)
    return rows


def counts(asked: Asked, *, user: User, on: date) -> dict[str, int]:
    """Return how many pieces each view shows. One query."""
    counted = {
        (name or "all"): Count("pk", filter=condition)
        for name, (_, condition) in views(on).items()
    }
    found = pieces(asked, user=user).aggregate(**counted)
    return {("" if name == "all" else name): count for name, count in found.items()}


def page(asked: Asked, *, before: str, user: User, on: date) -> Page:
    """Return a page of the view that is asked for. Two queries.

    `before` is what the page before said. Raises InvalidInputError where it did not, and
    for a view that is none.
    """
    view = views(on).get(asked.view)
    if view is None:
        raise InvalidInputError(f"{asked.view!r} is no view of evidence.", place="view")
    rows = pieces(asked, user=user).filter(view[1])
    if before:
        if not before.isdecimal() or len(before) >= 18:
            raise InvalidInputError("There is no such page.", place="before")
        rows = rows.filter(pk__lt=int(before))
    found = list(shown(rows).order_by("-pk")[: PAGE + 1])
    links = links_of(found[:PAGE], user=user)
    return Page(
        lines=[Line(piece, links.get(piece.pk, ()), on) for piece in found[:PAGE]],
        before=found[PAGE - 1].pk if len(found) > PAGE else None,
    )


def links_of(found: Sequence[Evidence], *, user: User) -> Mapping[int, list[EvidenceLink]]:
    """Return piece → what it is offered for, as far as the person sees it. One query."""
    rows = (
        EvidenceLink.objects.open()
        .visible_to(user)
        .filter(evidence__in={piece.pk for piece in found})
        .select_related(
            "responsibility__system",
            "responsibility__control",
            "responsibility__part",
            "duty",
            "review__schedule",
            "started_by",
        )
        .order_by("pk")
    )
    by_piece: dict[int, list[EvidenceLink]] = {}
    for link in rows:
        by_piece.setdefault(link.evidence_id, []).append(link)
    return by_piece


def _in(state: str) -> Q:
    return Q(latest_verdict__state=state)
