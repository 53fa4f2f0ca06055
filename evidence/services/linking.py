"""What evidence is offered for: a responsibility, one duty of it, or one review."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from controls.choices import AuditVerb
from controls.errors import NotFoundError
from controls.models import Duty, Responsibility, Review, User
from controls.services import audit
from controls.services.audit import audited
from evidence.models import Evidence, EvidenceLink

Target = Responsibility | Duty | Review

WITH_SYSTEM: dict[type[Any], str] = {
    Responsibility: "system__owner_team",
    Duty: "responsibility__system__owner_team",
    Review: "schedule__duty__responsibility__system__owner_team",
}


@audited
def attach(
    *, evidence: Evidence, targets: Sequence[Target], by: User, at: datetime
) -> list[EvidenceLink]:
    """Offer evidence for each target that it is not linked to already; return the new
    links. The caller has asked whether the person may.

    Raises NotFoundError where the person may not see a target.
    """
    links = places(targets=targets, by_whom=by)
    known = {_key(link) for link in EvidenceLink.objects.open().filter(evidence=evidence)}
    made = []
    for link in links:
        if _key(link) in known:
            continue
        link.evidence, link.started_at, link.started_by = evidence, at, by
        link.save(force_insert=True)
        audit.record(
            verb=AuditVerb.EVIDENCE_LINKED,
            target=evidence,
            about=link.responsibility.system,
            after=told(link),
            by=by,
            at=at,
        )
        made.append(link)
    return made


def places(*, targets: Iterable[Target], by_whom: User) -> list[EvidenceLink]:
    """Return a link to each target, once each, without evidence and not saved.

    A query for each kind of target. Raises NotFoundError where the person may not see one.
    """
    asked = list(targets)
    links = []
    for model, related in WITH_SYSTEM.items():
        wanted = {target.pk for target in asked if isinstance(target, model)}
        if not wanted:
            continue
        visible = model.objects.visible_to(by_whom).filter(pk__in=wanted)
        found = list(visible.select_related(related).order_by("pk"))
        if len(found) < len(wanted):
            raise NotFoundError("There is nothing here that you may see.")
        links += [_place(target) for target in found]
    return links


def told(link: EvidenceLink) -> dict[str, Any]:
    """Return what the audit trail says of a link."""
    named: dict[str, Any] = {"link": link, "responsibility": link.responsibility}
    named |= {"duty": link.duty, "review": link.review}
    return {name: str(row.uuid) for name, row in named.items() if row is not None}


def _place(target: Target) -> EvidenceLink:
    if isinstance(target, Responsibility):
        return EvidenceLink(responsibility=target)
    if isinstance(target, Duty):
        return EvidenceLink(responsibility=target.responsibility, duty=target)
    duty = target.schedule.duty
    return EvidenceLink(responsibility=duty.responsibility, duty=duty, review=target)


def _key(link: EvidenceLink) -> tuple[int | None, ...]:
    return link.responsibility_id, link.duty_id, link.review_id
