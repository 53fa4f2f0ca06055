"""What a provider's row means, and where it contradicts itself."""

import pytest

from controls.choices import Inheritability, Kind, MatrixDoubt, Origination, RowStatus
from controls.rules import matrices
from controls.rules.matrices import Said


@pytest.mark.parametrize(
    ("ticks", "answer"),
    [
        ((Origination.SP_CORPORATE,), Inheritability.YES),
        ((Origination.SP_SYSTEM,), Inheritability.YES),
        ((Origination.SP_HYBRID,), Inheritability.YES),
        ((Origination.SP_CORPORATE, Origination.SP_SYSTEM), Inheritability.YES),
        ((Origination.SHARED,), Inheritability.PARTIAL),
        ((Origination.SP_HYBRID, Origination.SHARED), Inheritability.PARTIAL),
        ((Origination.SHARED, Origination.INHERITED), Inheritability.PARTIAL),
        ((Origination.CUSTOMER_CONFIGURED,), Inheritability.NO),
        (
            (Origination.CUSTOMER_PROVIDED, Origination.CUSTOMER_CONFIGURED),
            Inheritability.NO,
        ),
        ((Origination.INHERITED,), ""),
        ((Origination.SP_SYSTEM, Origination.INHERITED), ""),
        ((Origination.SP_SYSTEM, Origination.CUSTOMER_PROVIDED), ""),
        ((), ""),
    ],
)
def test_the_workbooks_rule_speaks_only_where_it_does(ticks, answer):
    assert matrices.expected(ticks) == answer


def test_a_row_that_keeps_the_rule_is_not_doubted():
    row = Said(
        (RowStatus.IMPLEMENTED,),
        (Origination.SHARED,),
        Inheritability.PARTIAL,
        "You do a part.",
    )

    assert matrices.doubts(row) == ()


@pytest.mark.parametrize(
    ("row", "doubt"),
    [
        (
            Said(
                (RowStatus.IMPLEMENTED,), (Origination.SP_SYSTEM,), Inheritability.NO, "Why"
            ),
            MatrixDoubt.INHERITANCE_AGAINST_ORIGINATION,
        ),
        (
            Said((RowStatus.IMPLEMENTED,), (Origination.SHARED,), Inheritability.PARTIAL),
            MatrixDoubt.TEXT_MISSING,
        ),
        (
            Said(
                (RowStatus.IMPLEMENTED, RowStatus.NOT_APPLICABLE),
                (Origination.SP_SYSTEM,),
                Inheritability.YES,
            ),
            MatrixDoubt.STATUSES_EXCLUDE_EACH_OTHER,
        ),
        (
            Said((RowStatus.IMPLEMENTED,), (), Inheritability.YES),
            MatrixDoubt.ORIGINATION_MISSING,
        ),
        (
            Said((), (Origination.SP_SYSTEM,), Inheritability.YES),
            MatrixDoubt.STATUS_MISSING,
        ),
    ],
)
def test_each_contradiction_is_named(row, doubt):
    assert matrices.doubts(row) == (doubt,)


def test_partial_and_planned_may_stand_together():
    row = Said(
        (RowStatus.PARTIAL, RowStatus.PLANNED), (Origination.SP_SYSTEM,), Inheritability.YES
    )

    assert matrices.doubts(row) == ()


@pytest.mark.parametrize(
    ("row", "kind"),
    [
        (Said(inheritable=Inheritability.YES), Kind.INHERITED),
        (Said(inheritable=Inheritability.PARTIAL), Kind.SHARED),
        (Said(inheritable=Inheritability.NO), Kind.CUSTOMER_SPECIFIC),
        (Said(originations=(Origination.SP_HYBRID,)), Kind.INHERITED),
        (
            Said(originations=(Origination.SP_SYSTEM,), inheritable=Inheritability.NO),
            Kind.CUSTOMER_SPECIFIC,
        ),
        (Said(originations=(Origination.INHERITED,)), Kind.UNDETERMINED),
        (Said(), Kind.UNDETERMINED),
    ],
)
def test_what_the_customer_may_inherit_decides(row, kind):
    assert matrices.kind_of(row) == kind


@pytest.mark.parametrize(
    ("kinds", "whole"),
    [
        ((), Kind.UNDETERMINED),
        ((Kind.UNDETERMINED,), Kind.UNDETERMINED),
        ((Kind.INHERITED, Kind.UNDETERMINED), Kind.INHERITED),
        ((Kind.INHERITED, Kind.INHERITED), Kind.INHERITED),
        ((Kind.INHERITED, Kind.CUSTOMER_SPECIFIC), Kind.SHARED),
        ((Kind.SHARED, Kind.INHERITED), Kind.SHARED),
    ],
)
def test_statements_make_a_control(kinds, whole):
    assert matrices.kind_of_statements(kinds) == whole


@pytest.mark.parametrize("below", list(Kind.values))
def test_a_platform_takes_over_what_it_offers_and_leaves_the_rest(below):
    assert matrices.combined(below, Kind.INHERITED) == Kind.INHERITED
    assert matrices.combined(below, Kind.SHARED) == Kind.SHARED
    assert matrices.combined(below, Kind.CUSTOMER_SPECIFIC) == below
    assert matrices.combined(below, Kind.UNDETERMINED) == below


def test_a_new_version_is_told_apart_row_by_row():
    old = {"a": Said(text="same"), "b": Said(text="was"), "c": Said(text="gone")}
    new = {"a": Said(text="same"), "b": Said(text="is"), "d": Said(text="new")}

    found = matrices.difference(old, new)

    assert (found.added, found.removed) == (("d",), ("c",))
    assert [(row.key, dict(row.fields)) for row in found.changed] == [
        ("b", {"text": ("was", "is")})
    ]
    assert not matrices.difference(old, old)
