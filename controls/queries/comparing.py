"""Two ways in which systems stand, side by side: as derived and decided on two dates, or of
two systems today.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Case, Value, When

from controls.choices import SystemKind
from controls.errors import InvalidInputError
from controls.models import (
    Control,
    System,
)
from controls.queries import ends
from controls.queries.duties import Ground, Offer
from controls.rules import duties as duty_rules
from controls.rules.comparison import (
    APPEARS,
    VANISHES,
    Comparison,
    ControlChange,
    DutyChange,
    End,
    Rhythm,
    ScheduleChange,
    Side,
    Subject,
    differ,
    doubt,
    duty_courses,
)
from controls.rules.duties import Wanted
from controls.rules.explanation import Names
from controls.rules.moments import Moment
from controls.rules.reasons import Words, reasons

Duties = Mapping[int, Sequence[Wanted]]
Rhythms = Mapping[int, Mapping[tuple[str, str], Rhythm]]
"""Control → task and cadence → how often."""


@dataclass(frozen=True, slots=True)
class Stand:
    """How a system stands at one end: control → what holds for it."""

    label: str
    system: System
    on: date
    services: Sequence[str]
    sides: Mapping[int, Side]
    duties: Duties
    rhythms: Rhythms


def between_systems(*, system: System, other: System, moment: Moment) -> Comparison:
    """Return how two systems differ that the interface loaded through `visible_to`.

    Duties and reviews are those that decided, else derived, kinds call for. Raises
    InvalidInputError naming `with` where it is the same system or of another provider.
    """
    if system.pk == other.pk:
        raise InvalidInputError(
            f"{system} is compared with itself: name two dates instead.", place="with"
        )
    if system.provider_id != other.provider_id:
        raise InvalidInputError(
            f"{system} runs on {system.provider}, {other} on {other.provider}: "
            "systems of one provider can be compared.",
            place="with",
        )
    ground = Ground()
    stands = [_called_for(one, moment, ground) for one in (system, other)]
    return compare(
        *stands,
        question=f"How does {other} differ from {system}?",
        words=Words(
            before=f"in {system}",
            after=f"in {other}",
            gone=f"Only in {system}",
            new=f"Only in {other}",
        ),
        ground=ground,
    )


def between_dates(*, system: System, before: Moment, after: Moment) -> Comparison:
    """Return how a system differs at two moments: derived, decided, and the duties and
    reviews in force.

    Raises InvalidInputError naming `from` where it is not the earlier one.
    """
    if before.on >= after.on:
        raise InvalidInputError("It must be an earlier day than `to`.", place="from")
    return _between(
        system,
        before,
        after,
        question=f"What changed in {system} from {before.on} to {after.on}?",
        words=Words(
            before=f"on {before.on}", after=f"on {after.on}", gone="Gone", new="New"
        ),
    )


def between_releases(
    *, system: System, before: Moment, after: Moment, release: str
) -> Comparison:
    """Return what a release of the facts changes in a system, from just before it was
    loaded to just after.
    """
    return _between(
        system,
        before,
        after,
        question=f"What does release {release} change in {system}?",
        words=Words(before="before", after=f"with {release}", gone="Goes", new="Comes"),
    )


def _between(
    system: System, before: Moment, after: Moment, *, question: str, words: Words
) -> Comparison:
    stands = [_in_force(system, moment) for moment in (before, after)]
    return compare(*stands, question=question, words=words, ground=Ground())


def compare(
    before: Stand,
    after: Stand,
    *,
    question: str,
    words: Words,
    ground: Ground,
    current: frozenset[tuple[int, str]] = frozenset(),
) -> Comparison:
    """Return all that differs. `current` holds the duties that are in force, as control and
    task.
    """
    subjects = _subjects({**before.sides, **after.sides})
    keys = {*before.services, *after.services}
    names = Names(
        provider=before.system.provider.name,
        layers=ground.layers,
        variants={key: ground.variants[key] for key in sorted(keys)},
    )
    both = [pk for pk in subjects if pk in before.sides and pk in after.sides]
    teller, same = _Teller(names, words), before.system.pk == after.system.pk
    return Comparison(
        question=question,
        before=_end(before, names),
        after=_end(after, names),
        words=words,
        compared=len(both),
        changes=tuple(
            ControlChange(
                subjects[pk],
                before.sides[pk],
                after.sides[pk],
                teller.reasons(before.sides[pk], after.sides[pk]),
                doubt(before.sides[pk], after.sides[pk]) if same else "",
            )
            for pk in both
            if differ(before.sides[pk], after.sides[pk])
        ),
        only_before=_only(before, after, subjects),
        only_after=_only(after, before, subjects),
        duties=tuple(
            DutyChange(
                subjects[pk],
                course,
                (old or new).task,  # type: ignore[union-attr]
                teller.told(old),
                teller.told(new),
                in_force=(pk, (old or new).task) in current,  # type: ignore[union-attr]
            )
            for pk in subjects
            for course, old, new in duty_courses(
                before.duties.get(pk, ()), after.duties.get(pk, ())
            )
        ),
        reviews=tuple(
            ScheduleChange(subjects[pk], course, task, rhythm)
            for pk in subjects
            for course, task, rhythm in _turns(
                before.rhythms.get(pk, {}), after.rhythms.get(pk, {})
            )
        ),
    )


class Calling:
    """The duties that a kind and its rows call for, and the reviews that the default
    cadences offer for them. Controls that are carried alike share the work.
    """

    def __init__(self, ground: Ground, *, workload: bool) -> None:
        self._once = ground.decided_once if workload else frozenset[int]()
        self._known: dict[tuple[str, int, bool], list[Wanted]] = {}
        self._offers: dict[str, list[Offer]] = {}
        for offer in ground.offers:
            for control_id in offer.controls:
                self._offers.setdefault(control_id, []).append(offer)

    def duties(self, control: int, side: Side) -> list[Wanted]:
        """Return the duties of a control. Rows of the same list are taken for the same."""
        elsewhere = control in self._once
        key = (side.due, id(side.rows), elsewhere)
        found = self._known.get(key)
        if found is None:
            found = self._known[key] = duty_rules.wanted(
                kind=side.due, rows=side.rows, organization_decides=elsewhere
            )
        return found

    def rhythms(
        self, control_id: str, duties: Iterable[Wanted]
    ) -> dict[tuple[str, str], Rhythm]:
        """Return the reviews of a control's duties, by task and cadence."""
        offers = self._offers.get(control_id, ())
        return {
            (duty.task, offer.key): _offered(offer)
            for duty in duties
            for offer in offers
            if duty_rules.calls_for(
                control_id=control_id,
                layers=duty.layers,
                cadence_controls=offer.controls,
                cadence_layers=offer.layers,
            )
        }


class _Teller:
    """Says once what many controls have in common."""

    def __init__(self, names: Names, words: Words) -> None:
        self._names = names
        self._words = words
        self._duties: dict[Wanted, str] = {}
        self._reasons: dict[tuple[int, int], Any] = {}

    def told(self, duty: Wanted | None) -> str:
        if duty is None:
            return ""
        if duty not in self._duties:
            self._duties[duty] = duty_rules.told(duty, names=self._names)
        return self._duties[duty]

    def reasons(self, before: Side, after: Side) -> Any:
        key = (id(before.rows), id(after.rows))
        if key not in self._reasons:
            self._reasons[key] = reasons(
                before.rows, after.rows, names=self._names, words=self._words
            )
        return self._reasons[key]


def _subjects(controls: Mapping[int, Any]) -> dict[int, Subject]:
    rows = Control.objects.filter(pk__in=controls).order_by("catalog__key", "order")
    # What is compared leaves the house; titles that may not, do not.
    shippable = Case(When(catalog__text_shippable=True, then="title"), default=Value(""))
    return {
        pk: Subject(*told)
        for pk, *told in rows.annotate(shown=shippable).values_list(
            "pk", "control_id", "label", "shown", "group_id", "catalog__key"
        )
    }


def _end(stand: Stand, names: Names) -> End:
    return End(
        label=stand.label,
        system=stand.system.key,
        name=stand.system.name,
        letter=stand.system.provider.letter,
        on=stand.on,
        services={key: names.variants[key] for key in stand.services},
        answers=Counter(side.answer for side in stand.sides.values()),
        duties=sum(map(len, stand.duties.values())),
        reviews=sum(map(len, stand.rhythms.values())),
    )


def _only(
    this: Stand, that: Stand, subjects: Mapping[int, Subject]
) -> tuple[tuple[Subject, Side], ...]:
    return tuple(
        (subject, this.sides[pk])
        for pk, subject in subjects.items()
        if pk in this.sides and pk not in that.sides
    )


def _turns(
    old: Mapping[tuple[str, str], Rhythm], new: Mapping[tuple[str, str], Rhythm]
) -> list[tuple[str, str, Rhythm]]:
    """Return the reviews that vanish or appear: course, task, how often."""
    gone = [(VANISHES, key[0], old[key]) for key in old if old[key] != new.get(key)]
    came = [(APPEARS, key[0], new[key]) for key in new if new[key] != old.get(key)]
    return gone + came


def _offered(offer: Offer) -> Rhythm:
    return Rhythm(offer.key, offer.title, offer.kind, offer.every, offer.unit, offer.source)


def _called_for(system: System, moment: Moment, ground: Ground) -> Stand:
    """Return how a system stands, with the duties that its kinds call for."""
    sides = ends.sides(system, moment)
    calling = Calling(ground, workload=system.kind == SystemKind.WORKLOAD)
    duties = {pk: calling.duties(pk, side) for pk, side in sides.items()}
    ids: Any = Control.objects.filter(pk__in=sides).values_list("pk", "control_id")
    named = dict(ids)
    return Stand(
        label=system.name,
        system=system,
        on=moment.on,
        services=ends.services(system, moment),
        sides=sides,
        duties=duties,
        rhythms={pk: calling.rhythms(named[pk], duties[pk]) for pk in sides},
    )


def _in_force(system: System, moment: Moment) -> Stand:
    """Return how a system stood, with the duties and reviews in force."""
    return Stand(
        label=str(moment.on),
        system=system,
        on=moment.on,
        services=ends.services(system, moment),
        sides=ends.sides(system, moment),
        duties=ends.duties(system, moment),
        rhythms=ends.rhythms(system, moment),
    )
