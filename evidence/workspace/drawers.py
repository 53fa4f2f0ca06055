"""The drawer beside the matrix: why one control is answered so, and what to do."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from controls.choices import WorkflowState
from controls.models import Decision, Derivation, User
from controls.queries import explaining, statements
from controls.queries.apart import Answer
from controls.queries.apart import answers as of_statements
from controls.queries.matrix import Matrix, Row
from controls.queries.proposals import Proposal, mapped, proposal
from controls.queries.standings import standing
from controls.rules.permissions import RULES, Action
from controls.services import access
from evidence.queries.around import Around, around

FRESH = timedelta(minutes=1)
"""A matrix as of so short a time ago still shows what holds now: steps may be taken."""


@dataclass(frozen=True, slots=True)
class Asked:
    """Who asks, and when."""

    user: User
    at: datetime


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """The same control on another service."""

    name: str
    answer: str
    url: str
    on: bool


@dataclass(frozen=True, slots=True)
class Drawer:
    """What the drawer shows."""

    row: Row
    service: str
    derivation: Derivation | None
    decision: Decision | None
    answer: str
    told: explaining.Told | None
    strata: tuple[explaining.Stratum, ...]
    doubts: list[str]
    text: list[tuple[statements.Line, Answer | None]]
    """Each with the answer of its own, where it has one."""
    services: list[Elsewhere]
    close: str
    step: str
    who: str
    proposal: Proposal | None
    around: Around


def drawer(
    row: Row, *, whole: Matrix, variant: str, base: str, close: str, asked: Asked
) -> Drawer:
    """Return the drawer of a control, or of its cell for one service."""
    found = standing(row.responsibility, moment=whole.moment)
    derivation, decision = found.derivation, found.decision
    told = explaining.tell(derivation, whole.system.provider) if derivation else None
    control_id = row.control.control_id
    names = {column.variant: column.name for column in whole.columns}
    step, who = _step(row, decision, whole, asked)
    answer = row.derivation.answer if row.derivation else ""
    answers = of_statements(row.responsibility, moment=whole.moment) if row.apart else []
    apart = {answer.part.part_id: answer for answer in answers if answer.apart}
    settings = statements.settings_in_scope(row.control, whole.system, whole.moment)
    return Drawer(
        row=row,
        service=names.get(variant, ""),
        derivation=derivation,
        decision=decision,
        answer=row.cell(variant) if variant else answer,
        told=told,
        strata=_strata(told, names.get(variant, "")),
        doubts=explaining.differences(decision, derivation),
        text=[
            (line, apart.get(line.part_id))
            for line in statements.lines(row.control, settings)
            if line.name != "guidance" and line.prose
        ],
        services=[
            Elsewhere(
                name=column.name,
                answer=row.cell(column.variant),
                url=f"{base}{control_id}:{column.variant}#r-{control_id}",
                on=column.variant == variant,
            )
            for column in whole.columns
        ],
        close=close,
        step=step,
        who=who,
        proposal=proposal(mapped(row.responsibility, user=asked.user, moment=whole.moment)),
        around=around(
            responsibility=row.responsibility, user=asked.user, moment=whole.moment
        ),
    )


def _strata(told: explaining.Told | None, service: str) -> tuple[Any, ...]:
    """Return the layers of one service and those above all services; without one, all."""
    if told is None:
        return ()
    return tuple(
        replace(layer, where=service) if service and layer.services else layer
        for layer in told.strata
        if not service or not layer.services or service in layer.services
    )


def _step(
    row: Row, decision: Decision | None, whole: Matrix, asked: Asked
) -> tuple[str, str]:
    """Return the word on the button to the decide form, and else who may."""
    user = asked.user
    if (row.elsewhere and not row.suspect) or asked.at - whole.moment.as_of > FRESH:
        return "", ""
    teams = (whole.system.owner_team, decision.owner_team if decision else None)
    reviewing = decision is not None and decision.state == WorkflowState.IN_REVIEW
    made = decision is not None and user.pk in {
        decision.decided_by_id,
        decision.submitted_by_id,
    }
    if reviewing and not made and access.allowed(user, Action.REVIEW, *teams):
        return "Approve or return\N{HORIZONTAL ELLIPSIS}", ""
    if access.allowed(user, Action.DECIDE, *teams):
        word = "Change the decision" if decision else "Decide"
        return f"{word}\N{HORIZONTAL ELLIPSIS}", ""
    return "", RULES[Action.DECIDE].who
