"""What a provider's matrix says of a row, and where the row contradicts itself.

The words are those of the FedRAMP SSP Appendix J workbook (Rev 5, v1.1): its ticks for
implementation status and control origination, its column "Can Be Inherited from CSP". A
row may carry several originations at once: people's rows do. Nothing is rewritten;
contradictions are a report.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from controls.choices import (
    Inheritability,
    Kind,
    MatrixDoubt,
    Origination,
    RowStatus,
)

PROVIDER_ONLY = frozenset(
    {Origination.SP_CORPORATE, Origination.SP_SYSTEM, Origination.SP_HYBRID}
)
CUSTOMER_ONLY = frozenset({Origination.CUSTOMER_CONFIGURED, Origination.CUSTOMER_PROVIDED})
MAY_COMBINE = frozenset({RowStatus.PARTIAL, RowStatus.PLANNED})
"""The one pair of statuses that may stand together (FedRAMP, implementation status)."""

KINDS: Mapping[str, str] = {
    Inheritability.YES: Kind.INHERITED,
    Inheritability.PARTIAL: Kind.SHARED,
    Inheritability.NO: Kind.CUSTOMER_SPECIFIC,
}
"""The customer's view of a provider's offer: what can be inherited is the provider's."""


@dataclass(frozen=True, slots=True)
class Said:
    """What one row says, in tokens."""

    statuses: tuple[str, ...] = ()
    originations: tuple[str, ...] = ()
    inheritable: str = ""
    text: str = ""


def expected(originations: Collection[str]) -> str:
    """Return what the workbook's own rule makes of the originations; empty where it is
    silent.

    Shared, alone or with others: partial. Only the provider's: yes. Only the customer's:
    no. The rule does not speak of what is inherited, nor of other mixtures.
    """
    ticked = frozenset(originations)
    if Origination.SHARED in ticked:
        return Inheritability.PARTIAL
    if ticked and ticked <= PROVIDER_ONLY:
        return Inheritability.YES
    if ticked and ticked <= CUSTOMER_ONLY:
        return Inheritability.NO
    return ""


def doubts(said: Said) -> tuple[str, ...]:
    """Return the ways in which a row contradicts the workbook's rules, in a fixed order."""
    found = []
    rule = expected(said.originations)
    if rule and said.inheritable and said.inheritable != rule:
        found.append(MatrixDoubt.INHERITANCE_AGAINST_ORIGINATION)
    if said.inheritable in {Inheritability.PARTIAL, Inheritability.NO} and not said.text:
        found.append(MatrixDoubt.TEXT_MISSING)
    if len(said.statuses) > 1 and not set(said.statuses) <= MAY_COMBINE:
        found.append(MatrixDoubt.STATUSES_EXCLUDE_EACH_OTHER)
    if not said.originations:
        found.append(MatrixDoubt.ORIGINATION_MISSING)
    if not said.statuses:
        found.append(MatrixDoubt.STATUS_MISSING)
    return tuple(found)


def kind_of(said: Said) -> str:
    """Return the kind that a row means for the customer; undetermined where it is silent.

    "Can be inherited" decides, since it is said to the customer; the originations only
    where it is empty.
    """
    answer = said.inheritable or expected(said.originations)
    return KINDS.get(answer, Kind.UNDETERMINED)


def kind_of_statements(kinds: Collection[str]) -> str:
    """Return the kind of a control from those of its statements: alike, or shared."""
    known = {kind for kind in kinds if kind != Kind.UNDETERMINED}
    if not known:
        return Kind.UNDETERMINED
    return known.pop() if len(known) == 1 else str(Kind.SHARED)


def combined(below: str, above: str) -> str:
    """Return the customer's kind where a provider stands on another one.

    `below` is what the lower provider (AWS) leaves, `above` what the upper one (a platform
    on it) offers. What the upper one takes over whole is inherited; what it shares is
    shared; where it offers nothing, what the lower one leaves stays.
    """
    if above in {Kind.INHERITED, Kind.SHARED}:
        return above
    return below


@dataclass(frozen=True, slots=True)
class Changed:
    """A row that says something else than in the version before: field → old and new."""

    key: str
    fields: Mapping[str, tuple[object, object]]


@dataclass(frozen=True, slots=True)
class Difference:
    """What a new version of a matrix adds, takes away and says differently."""

    added: tuple[str, ...]
    removed: tuple[str, ...]
    changed: tuple[Changed, ...]

    def __bool__(self) -> bool:
        return bool(self.added or self.removed or self.changed)


def difference(old: Mapping[str, Said], new: Mapping[str, Said]) -> Difference:
    """Return what differs between two versions, in the order of the newer one."""
    changed = []
    for key, row in new.items():
        before = old.get(key)
        if before is None or before == row:
            continue
        fields = {
            name: (getattr(before, name), getattr(row, name))
            for name in row.__slots__
            if getattr(before, name) != getattr(row, name)
        }
        changed.append(Changed(key, fields))
    return Difference(
        added=tuple(key for key in new if key not in old),
        removed=tuple(key for key in old if key not in new),
        changed=tuple(changed),
    )
