"""Single statements of a control, decided apart from it, and back again.

What is decided on a control holds for all its statements. One that somebody else carries,
or that is carried otherwise, is set apart: it is a responsibility of its own, with its own
decisions, duties and proof, until it falls back to its control.
"""

from __future__ import annotations

from datetime import datetime

from controls.choices import AuditVerb
from controls.errors import ConflictError, InvalidInputError
from controls.models import ControlPart, Decision, Responsibility, User
from controls.queries.statements import DECIDABLE_PARTS
from controls.rules.parts import is_whole, printed
from controls.rules.permissions import Action
from controls.services import access, audit, decisions, derivations, following, versions
from controls.services.audit import audited
from controls.services.clock import day
from controls.services.decisions import Content


@audited
def set_apart(
    *,
    control: Responsibility,
    statement: str,
    version: int,
    content: Content,
    by: User,
    at: datetime,
) -> Responsibility:
    """Decide one statement, by its OSCAL id, apart from its control; return its
    responsibility, with the decision proposed.

    `version` is that of the control's. Raises NotAllowedError, StaleVersionError,
    InvalidInputError, and ConflictError where the statement stands apart already, or the
    control is not in scope or decided elsewhere.
    """
    access.require(by, Action.DECIDE, *access.teams_of(control))
    part = _part(control, statement)
    # Before the control: a run that derives the system holds it, too.
    derivations.hold(system=control.system)
    versions.claim(control, version=version)
    known = Responsibility.objects.open().filter(
        system=control.system_id, provider=control.provider_id, part=part
    )
    if known.exists():
        raise ConflictError(
            f"{control.control.label} {printed(part.part_id)} is decided by itself already."
        )
    row = Responsibility.objects.create(
        system=control.system,
        control=control.control,
        provider_id=control.provider_id,
        part=part,
        created_at=at,
        created_by=by,
    )
    audit.record(
        verb=AuditVerb.STATEMENT_SET_APART,
        target=row,
        about=control.system,
        after={"control": control.control.control_id, "statement": part.part_id},
        by=by,
        at=at,
    )
    derivations.pass_on(control=control, statement=row, at=at)
    decisions.note_assignment(responsibility=row, content=content, by=by, at=at)
    return row


@audited
def fall_back(
    *, statement: Responsibility, version: int, reason: str, by: User, at: datetime
) -> Responsibility:
    """Let what is decided on the control hold for the statement again; return what was
    decided on it alone, ended with its duties.

    One that was approved takes the role that approves. Raises NotAllowedError,
    StaleVersionError, ConflictError where it has ended, and InvalidInputError without a
    reason or for a whole control.
    """
    approved = Decision.objects.approved().filter(responsibility=statement).exists()
    action = Action.REVIEW if approved else Action.DECIDE
    access.require(by, action, *access.teams_of(statement))
    if statement.part is None:
        raise InvalidInputError("Only a statement falls back, a control does not.")
    decisions.check_stands(statement)
    if not reason.strip():
        raise InvalidInputError(
            "Say why the control's decision holds again.", place="remark"
        )
    versions.claim(statement, version=version)
    following.end_all(responsibility=statement, by=by, at=at)
    statement.ended_on, statement.ended_at, statement.ended_by = day(at), at, by
    Responsibility.objects.filter(pk=statement.pk).update(
        ended_on=day(at), ended_at=at, ended_by=by
    )
    audit.record(
        verb=AuditVerb.STATEMENT_FELL_BACK,
        target=statement,
        about=statement.system,
        before={
            "control": statement.control.control_id,
            "statement": statement.part.part_id,
        },
        after={"reason": reason.strip()},
        by=by,
        at=at,
    )
    return statement


def _part(control: Responsibility, statement: str) -> ControlPart:
    """Return the statement. Raises InvalidInputError."""
    label = control.control.label
    if control.part_id is not None:
        raise InvalidInputError(
            "This is a statement already: name its items at the control.", place="statement"
        )
    known = control.control.parts.filter(name__in=DECIDABLE_PARTS)
    found = known.filter(part_id=statement).first()
    if found is None:
        hint = "" if known.exists() else " Its text is not loaded: import its catalog."
        raise InvalidInputError(
            f"{label} has no statement {statement[:80]!r}.{hint}", place="statement"
        )
    if is_whole(found.part_id):
        raise InvalidInputError(
            f"{found.part_id} is all of {label}: decide the control.", place="statement"
        )
    return found
