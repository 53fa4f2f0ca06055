"""The register of responsibilities: who does it, as derived and as decided."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet

from controls.choices import Kind, SystemKind, WorkflowState
from controls.models import Decision, Derivation, Responsibility, SystemProfile
from controls.rules.moments import Moment
from evidence.exports.sources import (
    Beside,
    People,
    responsibilities,
    streamed,
    team_keys,
    within,
)
from evidence.exports.tables import Asked, Register, Row, columns

COLUMNS = columns("""
responsibility uuid the responsibility
system token key of the system
catalog token key of the control's catalog
control_id token the control, by its id in OSCAL
part token the part of the control's text, where it is about one only
provider token key of the provider
in_scope boolean whether a profile in the system's scope names the control
kind token what was decided, else what was derived
derived_kind token what was derived
answer token what was derived, with the finer marks of the matrix
decided_kind token what the newest revision decides; empty where nobody has decided
state token where the newest revision stands; `proposed` where nobody has decided
suspect boolean whether the derivation in force differs from the one decided on
elsewhere boolean whether the organisation's own system decides the control for all
decision_number integer number of the newest revision
source token what the newest revision rests on
owner_team token key of the team that answers for it
implementation_status token how far it is implemented
provider_statement text what the provider does
customer_statement text what the customer does
rationale text why it was decided so
remark text what was said with the newest revision
effective_on date from when the newest revision holds
decided_by uuid who made the content
decided_by_name text what they were called
submitted_by uuid who asked for review
submitted_by_name text what they were called
submitted_at instant when they asked
by uuid who made the newest revision
by_name text what they were called
at instant when it was made
approved_number integer number of the newest approved revision
approved_kind token what that one decides
approved_by uuid who approved it
approved_by_name text what they were called
approved_at instant when it was approved
derivation_release token release of the facts that were derived from
derivation_cause text why it was derived anew
derivation_effective_on date from when the derivation holds
derivation_at instant when it was derived
""")

HEAD = (
    "pk",
    "uuid",
    "system__key",
    "control__catalog__key",
    "control__control_id",
    "part__part_id",
    "provider__key",
    "in_scope",
    "decided_once",
)
DERIVED = (
    "kind",
    "answer",
    "fingerprint",
    "organization_only",
    "release__version",
    "cause",
    "effective_on",
    "at",
)
DECIDED = (
    "kind",
    "state",
    "derivation__fingerprint",
    "number",
    "source",
    "owner_team_id",
    "implementation_status",
    "provider_statement",
    "customer_statement",
    "rationale",
    "remark",
    "effective_on",
    "decided_by_id",
    "submitted_by_id",
    "submitted_at",
    "by_id",
    "at",
)
APPROVED = ("number", "kind", "by_id", "at")
UNDERIVED = (Kind.UNDETERMINED.value, None, None, False, None, None, None, None)
UNDECIDED: tuple[Any, ...] = (None,) * len(DECIDED)
UNAPPROVED: tuple[Any, ...] = (None,) * len(APPROVED)


def rows(asked: Asked) -> Generator[Row, None, None]:
    """Yield a row for each responsibility recorded by then. Six queries."""
    people, teams = People(as_of=asked.moment.as_of), team_keys()
    on, as_of = asked.moment.on, asked.moment.as_of
    of = within(asked, path="responsibility")
    derivations = Derivation.objects.filter(of).believed(on=on, as_of=as_of)
    decisions = Decision.objects.filter(of)
    derived = _beside(derivations, DERIVED)
    decided = _beside(decisions.believed(on=on, as_of=as_of), DECIDED)
    approved = _beside(decisions.approved().believed(on=on, as_of=as_of), APPROVED)
    wanted = asked.team.pk if asked.team else None
    for pk, *head, decided_once in streamed(_heads(asked)):
        derivation = derived.one(pk) or UNDERIVED
        decision = decided.one(pk) or UNDECIDED
        approval = approved.one(pk) or UNAPPROVED
        if wanted is not None and decision[5] != wanted:
            continue
        yield (
            *head,
            *_answers(derivation, decision),
            decided_once and derivation[3],
            *_decision(decision, people, teams),
            *approval[:2],
            *people.told(approval[2]),
            approval[3],
            *derivation[4:],
        )


def _heads(asked: Asked) -> QuerySet[Any, Any]:
    moment = asked.moment
    return (
        responsibilities(asked)
        .standing(on=moment.on, as_of=moment.as_of)
        .annotate(in_scope=Exists(_scopes(moment)), decided_once=Exists(_once(moment)))
        .order_by("pk")
        .values_list(*HEAD)
    )


def _scopes(moment: Moment) -> QuerySet[SystemProfile]:
    """Return the profiles that name the control and bind the system."""
    scopes = SystemProfile.objects.in_force(on=moment.on, as_of=moment.as_of)
    return scopes.filter(system=OuterRef("system"), profile__controls=OuterRef("control"))


def _once(moment: Moment) -> QuerySet[Responsibility]:
    """Return the organisation's own responsibility for the control of another system."""
    return Responsibility.objects.filter(
        control=OuterRef("control"),
        system__kind=SystemKind.ORGANIZATION,
        created_at__lte=moment.as_of,
    ).exclude(system=OuterRef("system"))


def _beside(
    found: QuerySet[Derivation] | QuerySet[Decision], names: tuple[str, ...]
) -> Beside:
    ordered = found.order_by("responsibility_id")
    return Beside(ordered.values_list("responsibility_id", *names))


def _answers(derivation: Row, decision: Row) -> Row:
    """Return kind, derived kind, answer, decided kind, state and suspicion."""
    kind, state, rests_on = decision[:3]
    derived_kind, answer, fingerprint = derivation[:3]
    return (
        kind or derived_kind,
        derived_kind,
        answer,
        kind,
        state or WorkflowState.PROPOSED.value,
        None not in (rests_on, fingerprint) and rests_on != fingerprint,
    )


def _decision(decision: Row, people: People, teams: dict[int, str]) -> Row:
    number, source, team, *words = decision[3:12]
    maker, submitter, submitted_at, by, at = decision[12:]
    return (
        number,
        source,
        teams.get(team),
        *words,
        *people.told(maker),
        *people.told(submitter),
        submitted_at,
        *people.told(by),
        at,
    )


REGISTER = Register(
    name="responsibilities",
    meaning="Who carries each control in each system: derived, decided, approved.",
    order="the order in which the responsibilities were recorded",
    system="those of the system",
    team="those that the team answers for",
    on="which derivation, decision and profiles are in force",
    columns=COLUMNS,
    rows=rows,
)
