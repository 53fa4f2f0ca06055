"""Which variant a sighting is, and what an inventory says against the record."""

from hypothesis import given
from hypothesis import strategies as st

from controls.rules.inventory import InUse, Seen, Sighting, Variant, candidates_of, drift

VARIANTS = (
    Variant("ec2", "ec2", "EC2", {"guest_os": "customer"}),
    Variant("ec2.bare_metal", "ec2", "EC2 metal", {"guest_os": "customer"}),
    Variant("vpc", "ec2", "VPC", {}),
    Variant("ebs", "ec2", "EBS", {}),
    Variant("lambda", "lambda", "Lambda, Auto", {"engine": "provider"}),
    Variant("lambda.manual", "lambda", "Lambda, Manual", {"engine": "shared"}),
    Variant("s3", "s3", "S3", {"iam": "customer"}),
)


def of(service, kind="", account="111122223333", region="eu-central-1", count=1):
    return Sighting(service, kind, account, region, count)


def test_a_resource_type_tells_the_variant():
    assert candidates_of(of("ec2", "subnet"), VARIANTS) == ("vpc",)
    assert candidates_of(of("ec2", "volume"), VARIANTS) == ("ebs",)
    assert candidates_of(of("ec2", "instance"), VARIANTS) == ("ec2", "ec2.bare_metal")
    assert candidates_of(of("lambda", "function"), VARIANTS) == ("lambda", "lambda.manual")
    assert candidates_of(of("unheard", "thing"), VARIANTS) == ()


def test_where_the_variant_is_not_known_the_one_that_leaves_most_is_assumed():
    found = drift([of("lambda", "function", count=3)], variants=VARIANTS, in_use=[])

    (row,) = found.proposals
    assert (row.variant, row.is_assumed) == ("lambda.manual", True)
    assert row.reason == (
        "The inventory shows 3 resources (function) and does not say which of "
        "2 variants it is: this one leaves you most."
    )


def test_one_possible_variant_is_not_assumed():
    found = drift([of("s3", "bucket")], variants=VARIANTS, in_use=[])

    assert [(row.variant, row.is_assumed) for row in found.proposals] == [("s3", False)]
    assert found.proposals[0].seen == Seen(
        ("111122223333",), ("eu-central-1",), ("bucket",), 1
    )


def test_a_variant_in_use_covers_what_could_be_it():
    use = InUse("lambda", ("111122223333",), ("eu-central-1",))

    found = drift(
        [of("lambda", "function", account="999999999999"), of("ec2", "subnet")],
        variants=VARIANTS,
        in_use=[use, InUse("s3")],
    )

    assert [row.variant for row in found.proposals] == ["vpc"]
    assert [(row.variant, row.new_accounts) for row in found.recorded] == [
        ("lambda", ("999999999999",))
    ]
    assert found.gone == ("s3",)


def test_what_no_fact_is_about_is_named():
    found = drift([of("unheard", "thing", count=2)], variants=VARIANTS, in_use=[])

    assert [(name, seen.count) for name, seen in found.silent] == [("unheard", 2)]


SIGHTINGS = st.lists(
    st.builds(
        Sighting,
        service=st.sampled_from(["ec2", "lambda", "s3", "unheard"]),
        resource_type=st.sampled_from(["", "instance", "subnet", "bucket", "function"]),
        account=st.sampled_from(["", "111122223333", "444455556666"]),
        region=st.sampled_from(["", "eu-central-1"]),
        count=st.integers(1, 5),
    ),
    max_size=12,
)


@given(
    sightings=SIGHTINGS,
    order=st.randoms(),
    used=st.sets(st.sampled_from([variant.key for variant in VARIANTS])),
)
def test_the_order_does_not_matter_and_nothing_is_lost(sightings, order, used):
    in_use = [InUse(key) for key in used]
    shuffled = list(sightings)
    order.shuffle(shuffled)

    found = drift(sightings, variants=VARIANTS, in_use=in_use)

    assert drift(shuffled, variants=VARIANTS, in_use=in_use) == found
    proposed = {row.variant for row in found.proposals}
    recorded = {row.variant for row in found.recorded}
    assert not proposed & {use.variant for use in in_use}
    assert recorded | set(found.gone) == {use.variant for use in in_use}
    told = proposed | recorded | {name for name, _ in found.silent}
    assert bool(told) == bool(sightings)
