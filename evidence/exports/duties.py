"""The register of duties: what the customer has to do, and who says they do it."""

from __future__ import annotations

from collections.abc import Generator, Iterable

from controls.choices import ClaimStance
from controls.models import Duty, DutyClaim
from controls.rules.moments import Moment
from evidence.exports.sources import (
    Beside,
    People,
    sorted_keys,
    streamed,
    within,
)
from evidence.exports.tables import Asked, Register, Row, columns

COLUMNS = columns("""
duty uuid the duty
responsibility uuid the responsibility it belongs to
system token key of the system
catalog token key of the control's catalog
control_id token the control, by its id in OSCAL
decision_number integer number of the approved revision that it began with
task token `do`, or `check` where the provider does it once it is set up
what text what is to be done, in words
layers list codes of the layers it is about
services list keys of the service variants it is about
since date from when it holds
until date when it was planned to end
ended_on date when it ends, where somebody has said so by then
claimed_by list keys of the teams that say it is theirs
disputed_by list keys of the teams that say it is not theirs
unowned boolean no team claims it
double_claimed boolean more than one team claims it
disputed boolean a team says that it is not its own
started_at instant when it was recorded
started_by uuid who recorded it
started_by_name text what they were called
""")

HEAD = (
    "pk",
    "uuid",
    "responsibility__uuid",
    "responsibility__system__key",
    "responsibility__control__catalog__key",
    "responsibility__control__control_id",
    "decision__number",
    "task",
    "what",
    "layers",
    "services",
    "since",
    "until",
    "ended_on",
    "ended_at",
    "started_at",
    "started_by_id",
)


def claims(asked: Asked) -> Beside:
    """Return what teams say of duties at the moment, beside duties by their number:

    (stance, key of the team).
    """
    said = DutyClaim.objects.in_force(on=asked.moment.on, as_of=asked.moment.as_of)
    said = said.filter(within(asked, path="duty__responsibility"))
    ordered = said.order_by("duty_id", "pk")
    return Beside(ordered.values_list("duty_id", "stance", "team__key"))


def teams_with(said: Iterable[Row], stance: str) -> list[str]:
    """Return the keys of the teams that say this."""
    return sorted_keys(team for theirs, team in said if theirs == stance)


def ended(ended_at: object, ended_on: object, *, moment: Moment) -> object:
    """Return the day of an end that was recorded by then, else None."""
    known = ended_at is not None and ended_at <= moment.as_of  # type: ignore[operator]
    return ended_on if known else None


def rows(asked: Asked) -> Generator[Row, None, None]:
    """Yield a row for each duty in force. Four queries."""
    moment, people = asked.moment, People(as_of=asked.moment.as_of)
    found = (
        Duty.objects.in_force(on=moment.on, as_of=moment.as_of)
        .filter(within(asked, path="responsibility"))
        .order_by("pk")
        .values_list(*HEAD)
    )
    beside = claims(asked)
    for pk, *head, ended_on, ended_at, started_at, started_by in streamed(found):
        said = beside.of(pk)
        claiming = teams_with(said, ClaimStance.CLAIMS)
        disputing = teams_with(said, ClaimStance.DISPUTES)
        if asked.team is not None and asked.team.key not in claiming:
            continue
        yield (
            *head,
            ended(ended_at, ended_on, moment=moment),
            claiming,
            disputing,
            not claiming,
            len(claiming) > 1,
            bool(disputing),
            started_at,
            *people.told(started_by),
        )


REGISTER = Register(
    name="duties",
    meaning="What approved decisions leave to the customer, and which teams claim it.",
    order="the order in which the duties were recorded",
    system="those of the system",
    team="those that the team claims",
    on="which duties and claims are in force",
    columns=COLUMNS,
    rows=rows,
)
