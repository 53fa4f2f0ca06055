"""The register of evidence: what was handed in, for what, and what became of it."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

from django.db.models import Q, QuerySet

from evidence.choices import VerdictState
from evidence.exports.sources import Beside, People, responsibilities, streamed
from evidence.exports.tables import Asked, Register, Row, columns
from evidence.models import Evidence, EvidenceLink, EvidenceVerdict, EvidenceVersion

COLUMNS = columns("""
reference token the short name that people say, `EV-2041`
evidence uuid the piece of evidence
team token key of the team that handed it in
revision integer number of its newest revision
title text what it is called
description text what is said of it
kind token what sort of thing it is
side token whose part it proves
sha256 token hash of the file
size integer bytes of the file
media_type token type of the file, by its content
original_name text what the file was called
url text address, where there is no file
activity_from date first day of the work that it shows
activity_until date last day of that work
collected_on date when it was collected
expires_on date last day on which it counts
expired boolean whether that day has passed
sensitivity token how carefully it must be handled
submitted_at instant when the revision was handed in
submitted_by uuid who handed it in
submitted_by_name text what they were called
state token what the newest verdict says
verdict_at instant when it was given
verdict_by uuid who gave it
verdict_by_name text what they were called
remark text what they said about it
responsibility uuid the responsibility that it is offered for
system token key of the system
catalog token key of the control's catalog
control_id token the control, by its id in OSCAL
duty uuid the duty, where it is offered for one
review uuid the review, where it is offered for one
review_due_on date the day on which that was due
linked_at instant when it was offered for this
""")

REVISION = (
    "number",
    "title",
    "description",
    "kind",
    "side",
    "artifact__sha256",
    "artifact__size",
    "artifact__media_type",
    "original_name",
    "url",
    "activity_from",
    "activity_until",
    "collected_on",
    "expires_on",
    "sensitivity",
    "at",
    "by_id",
)
LINK = (
    "responsibility__uuid",
    "responsibility__system__key",
    "responsibility__control__catalog__key",
    "responsibility__control__control_id",
    "duty__uuid",
    "review__uuid",
    "review__due_on",
    "started_at",
)
UNLINKED: tuple[Any, ...] = (None,) * len(LINK)
UNJUDGED = (VerdictState.SUBMITTED.value, None, None, "")


def rows(asked: Asked) -> Generator[Row, None, None]:
    """Yield a row for each link, and one for evidence without any. Six queries.

    A link shows only where you may see the responsibility as well.
    """
    moment, people = asked.moment, People(as_of=asked.moment.as_of)
    links, heads = _links(asked), _heads(asked)
    of = Q() if _all_of_it(asked) else Q(evidence__in=heads.values("pk"))
    revisions = EvidenceVersion.objects.filter(of).believed(as_of=moment.as_of)
    verdicts = EvidenceVerdict.objects.filter(of).believed(as_of=moment.as_of)
    revised = _beside(revisions, REVISION)
    judged = _beside(verdicts, ("state", "at", "by_id", "remark"))
    linked = _beside(links, LINK)
    for pk, *head in streamed(heads.order_by("pk").values_list("pk", "uuid", "team__key")):
        revision, verdict = revised.one(pk), judged.one(pk) or UNJUDGED
        offered = linked.of(pk)
        if revision is None or (asked.system and not offered):
            continue
        expires_on = revision[13]
        about = (
            f"EV-{pk}",
            *head,
            *revision[:14],
            expires_on is not None and expires_on < moment.on,
            *revision[14:16],
            *people.told(revision[16]),
            *verdict[:2],
            *people.told(verdict[2]),
            verdict[3],
        )
        for link in offered or [UNLINKED]:
            yield (*about, *link)


def _all_of_it(asked: Asked) -> bool:
    return asked.user.sees_everything() and not (asked.team or asked.system)


def _links(asked: Asked) -> QuerySet[EvidenceLink]:
    """Return the links that stood, to responsibilities that the person may see."""
    links = EvidenceLink.objects.believed(as_of=asked.moment.as_of)
    return links.filter(responsibility__in=responsibilities(asked).values("pk"))


def _heads(asked: Asked) -> QuerySet[Evidence]:
    """Return the evidence that the person may see and that was there."""
    found = Evidence.objects.visible_to(asked.user).filter(
        created_at__lte=asked.moment.as_of
    )
    if asked.team:
        found = found.filter(team=asked.team)
    if asked.system:
        found = found.filter(pk__in=_links(asked).values("evidence"))
    return found


def _beside(rows: QuerySet[Any], names: tuple[str, ...]) -> Beside:
    ordered = rows.order_by("evidence_id", "pk")
    return Beside(ordered.values_list("evidence_id", *names))


REGISTER = Register(
    name="evidence",
    meaning="What was handed in as proof, for what, and the verdict on it: "
    "one row for each link.",
    order="the order in which the evidence was recorded, then its links",
    system="that which is linked to a responsibility of the system",
    team="that which the team handed in",
    on="what has expired",
    columns=COLUMNS,
    rows=rows,
)
