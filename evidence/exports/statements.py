"""The register of statements: what an auditor reads, one row for each statement."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import (
    Collection,
    Generator,
    Iterable,
    Iterator,
    Mapping,
    Sequence,
)
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet

from controls.choices import Kind, WorkflowState
from controls.models import (
    ControlPart,
    Decision,
    Derivation,
    SystemProfile,
)
from controls.models.responsibilities import ResponsibilityQuerySet
from controls.queries.statements import DECIDABLE_PARTS
from controls.rules.parts import governing, is_whole
from evidence.exports.sources import Beside, responsibilities, streamed, team_keys, within
from evidence.exports.tables import Asked, Register, Row, columns

COLUMNS = columns("""
system token key of the system
catalog token key of the control's catalog
control_id token the control, by its id in OSCAL
statement token the statement, by its id in OSCAL; the control where it has none
provider token key of the provider
kind token what was decided, else what was derived
derived_kind token what was derived
state token where the newest revision stands; `proposed` where nobody has decided
suspect boolean whether the derivation in force differs from the one decided on
owner_team token key of the team that answers for it
implementation_status token how far it is implemented
provider_statement text what the provider does
customer_statement text what the customer does
rationale text why it was decided so
apart boolean whether it is decided by itself
governed_by token the statement whose decision it is; empty where it is the control's
responsibility uuid the responsibility whose decision it is
decision_number integer number of the newest revision
""")

PLACE = ("system__key", "control__catalog__key", "control__control_id", "provider__key")
HEAD = ("pk", "uuid", "system_id", "control_id")
DECIDED = (
    "kind",
    "state",
    "derivation__fingerprint",
    "owner_team_id",
    "implementation_status",
    "provider_statement",
    "customer_statement",
    "rationale",
    "number",
)
Key = tuple[int, int]
UNDECIDED: tuple[Any, ...] = (None,) * len(DECIDED)
PARTS = ("pk", "control_id", "part_id", "parent_id")


def rows(asked: Asked) -> Generator[Row, None, None]:
    """Yield a row for each statement of what is in scope. Eight queries.

    A statement that stands in one that was set apart reads as that one does. Of a control
    that the person may not see, those that they may are told.
    """
    teams = team_keys()
    places, own = _apart(asked, teams)
    parts = _parts(asked)
    derived, decided = _answers(asked, whole=True)
    for pk, uuid, system, control, *place in streamed(_heads(asked)):
        whole = (uuid, *_told(derived.one(pk), decided.one(pk), teams))
        apart = own.pop((system, control), {})
        yield from _rows(asked, place, parts.get(control, ()), {"": whole, **apart})
    for (system, control), apart in own.items():
        place = places[system, control]
        yield from _rows(asked, place, parts.get(control, ()), apart)


def _rows(
    asked: Asked,
    place: Sequence[Any],
    parts: Iterable[tuple[int, str, int | None]],
    told: Mapping[str, tuple[Any, ...]],
) -> Iterator[Row]:
    """Yield the rows of one control: `told` holds what is decided on it, as an empty
    statement, and on those that were set apart.
    """
    system, catalog, control_id, provider = place
    wanted = asked.team.key if asked.team else None
    for statement, governed_by in _statements(parts, told.keys() - {""}):
        if governed_by not in told:
            continue
        answering, *answer, number = told[governed_by]
        if wanted is not None and answer[4] != wanted:
            continue
        yield (
            system,
            catalog,
            control_id,
            statement or control_id,
            provider,
            *answer,
            statement == governed_by != "",
            governed_by or None,
            answering,
            number,
        )


def _statements(
    parts: Iterable[tuple[int, str, int | None]], apart: Collection[str]
) -> Iterable[tuple[str, str]]:
    """Return each statement with the one that governs it; the control itself, as an empty
    one, where it has no statements.
    """
    ids = {pk: part_id for pk, part_id, _ in parts}
    parents = {part_id: ids.get(parent or 0) for _, part_id, parent in parts}
    found = governing(parents, apart=apart)
    lettered = [(one, by) for one, by in found.items() if not is_whole(one)]
    return lettered or [("", "")]


def _heads(asked: Asked) -> QuerySet[Any, Any]:
    """Return the responsibilities for whole controls in scope, as recorded by then."""
    return _in_scope(asked).of_controls().order_by("pk").values_list(*HEAD, *PLACE)


def _in_scope(asked: Asked) -> ResponsibilityQuerySet:
    """Return what stood and was in scope at the moment."""
    on, as_of = asked.moment.on, asked.moment.as_of
    scopes = SystemProfile.objects.in_force(on=on, as_of=as_of).filter(
        system=OuterRef("system"), profile__controls=OuterRef("control")
    )
    return responsibilities(asked).standing(on=on, as_of=as_of).filter(Exists(scopes))


def _answers(asked: Asked, *, whole: bool) -> tuple[Beside, Beside]:
    """Return what is derived and what is decided, for controls or for single statements."""
    on, as_of = asked.moment.on, asked.moment.as_of
    of = within(asked, path="responsibility") & Q(responsibility__part__isnull=whole)
    derivations = Derivation.objects.filter(of).believed(on=on, as_of=as_of)
    decisions = Decision.objects.filter(of).believed(on=on, as_of=as_of)
    key = "responsibility_id"
    return (
        Beside(derivations.order_by(key).values_list(key, "kind", "fingerprint")),
        Beside(decisions.order_by(key).values_list(key, *DECIDED)),
    )


def _apart(asked: Asked, teams: Mapping[int, str]) -> tuple[dict[Key, Any], dict[Key, Any]]:
    """Return where the statements that stand apart are, and what holds for each: both by
    system and control. Few, held in memory.
    """
    derived, decided = _answers(asked, whole=False)
    places: dict[Key, list[Any]] = {}
    found: dict[Key, dict[str, tuple[Any, ...]]] = defaultdict(dict)
    known = _in_scope(asked).filter(part__isnull=False).order_by("pk")
    for pk, uuid, system, control, *place, statement in streamed(
        known.values_list(*HEAD, *PLACE, "part__part_id")
    ):
        told = _told(derived.one(pk), decided.one(pk), teams)
        places[system, control] = place
        found[system, control][statement] = (uuid, *told)
    return places, found


def _parts(asked: Asked) -> dict[int, list[tuple[int, str, int | None]]]:
    """Return control → its statements and items in the order of the text, ids only."""
    controls = responsibilities(asked).values("control")
    known = ControlPart.objects.filter(control__in=controls, name__in=DECIDABLE_PARTS)
    found: dict[int, list[tuple[int, str, int | None]]] = defaultdict(list)
    for pk, control, part_id, parent in streamed(
        known.order_by("control_id", "order").values_list(*PARTS)
    ):
        found[control].append((pk, part_id, parent))
    return found


def _told(derivation: Row | None, decision: Row | None, teams: Mapping[int, str]) -> Row:
    """Return the columns from `kind` to `rationale`, and the number of the revision."""
    derived, fingerprint = derivation or (Kind.UNDETERMINED.value, None)
    kind, state, basis, team, *words, number = decision or UNDECIDED
    return (
        kind or derived,
        derived,
        state or WorkflowState.PROPOSED.value,
        None not in (basis, fingerprint) and basis != fingerprint,
        teams.get(team),
        *words,
        number,
    )


REGISTER = Register(
    name="statements",
    meaning="What holds for each statement of each control: its control's decision, or its "
    "own.",
    order="the order in which the controls were recorded, then of the text",
    system="those of the system",
    team="those that the team answers for",
    on="which derivation, decision and profiles are in force",
    columns=COLUMNS,
    rows=rows,
)
