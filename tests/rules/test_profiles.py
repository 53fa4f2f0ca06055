"""Which controls a profile takes, and which catalog it means."""

import pytest

from controls.rules.profiles import Member, Selection, choose
from controls.rules.proposals import kind_of
from controls.rules.references import Known, Reference, means, means_nist

MEMBERS = [
    Member("ac-1", ""),
    Member("ac-2", ""),
    Member("ac-2.1", "ac-2"),
    Member("ac-2.1.1", "ac-2.1"),
    Member("PE-1", ""),
]


def these(*ids, patterns=(), children=False):
    return Selection(
        tuple((i, f"at {i}") for i in ids),
        tuple((p, f"at {p}") for p in patterns),
        children,
    )


def taken(includes, *excludes):
    return sorted(choose(MEMBERS, includes=includes, excludes=excludes).ids)


def test_all_are_taken_but_those_left_out():
    assert taken(None) == ["PE-1", "ac-1", "ac-2", "ac-2.1", "ac-2.1.1"]
    assert taken(None, these("ac-2", children=True)) == ["PE-1", "ac-1"]


def test_named_controls_are_taken_without_those_within_unless_asked():
    assert taken([these("ac-2")]) == ["ac-2"]
    assert taken([these("ac-2", children=True)]) == ["ac-2", "ac-2.1", "ac-2.1.1"]


def test_patterns_take_what_fits():
    assert taken([these(patterns=["ac-2*"])], these("ac-2.1")) == ["ac-2", "ac-2.1.1"]


def test_capitals_do_not_matter():
    assert taken([these("AC-1", "pe-1")]) == ["PE-1", "ac-1"]


def test_what_names_no_control_is_told_with_its_place():
    found = choose(
        MEMBERS, includes=[these("zz-9", patterns=["q*"])], excludes=[these("x")]
    )

    assert found.unknown == (("zz-9", "at zz-9"), ("q*", "at q*"), ("x", "at x"))


KNOWN = Known(
    "csf-2.0",
    "The NIST Cybersecurity Framework (CSF) 2.0",
    "NIST_CSF_v2.0_catalog-min.json",
    "11111111-2222-4333-8444-555555555555",
)


@pytest.mark.parametrize(
    "reference",
    [
        Reference("", words=("csf-2.0",)),
        Reference("", words=("The NIST Cybersecurity Framework (CSF) 2.0",)),
        Reference("", words=("the nist cybersecurity framework csf 2.0",)),
        Reference("", words=("../json/NIST_CSF_v2.0_catalog.json",)),
        Reference("", words=("https://example.org/a%2Fb/NIST_CSF_v2.0_catalog.xml?x#y",)),
        Reference("", uuid="11111111-2222-4333-8444-555555555555"),
    ],
)
def test_a_catalog_is_meant_by_uuid_key_title_or_the_name_of_its_file(reference):
    assert means(reference, KNOWN)


@pytest.mark.parametrize(
    "reference",
    [
        Reference(""),
        Reference("", words=("",)),
        Reference("", words=("csf",)),
        Reference("", words=("NIST_CSF_v2.0_profile.json",)),
        Reference("", uuid="11111111-2222-4333-8444-555555555556"),
    ],
)
def test_another_catalog_is_not_meant(reference):
    assert not means(reference, KNOWN)
    assert not means(reference, Known("k", "", "", ""))


def test_nists_catalog_is_meant_under_any_of_its_names_but_not_by_its_baselines():
    assert means_nist(Reference("", words=("NIST_SP-800-53_rev5_catalog.json",)))
    assert means_nist(Reference("", words=("SP 800-53 revision 5",)))
    assert not means_nist(Reference("", words=("NIST_SP-800-53_rev5_LOW-baseline.json",)))
    assert not means_nist(Reference("", words=("SP 800-53 revision 4",)))


@pytest.mark.parametrize(
    ("kinds", "together"),
    [
        (["inherited"], "inherited"),
        (["inherited", "customer-specific"], "shared"),
        (["inherited", "not-applicable"], "inherited"),
        (["not-applicable"], "not-applicable"),
        (["shared", "undetermined"], "undetermined"),
        (["customer-specific", "customer-specific"], "customer-specific"),
        ([], "undetermined"),
    ],
)
def test_kinds_together_are_the_union_of_the_sides(kinds, together):
    assert kind_of(kinds) == together
