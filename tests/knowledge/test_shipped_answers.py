"""What follows from the shipped facts:

the answers that the mapping states, and AWS's own examples.
"""

import csv
from pathlib import Path

import pytest

from controls.choices import Answer, Kind
from tests.knowledge.shipped import FACTS, RELEASE, control, layers

MAPPING = Path(__file__).parents[3] / "shared" / "knowledge" / "controls_baselines.csv"
KINDS = {"aws": "inherited", "both": "shared", "customer": "customer-specific"}
SETTINGS = {
    "split_ec2": ("ec2",),
    "split_rds": ("rds",),
    "split_s3_dynamodb": ("s3", "dynamodb"),
    "split_lambda": ("lambda",),
}


@pytest.mark.skipif(
    not MAPPING.exists(), reason="the shared mapping is not beside the project"
)
@pytest.mark.parametrize("column", SETTINGS)
def test_every_stated_answer_comes_out_of_the_derivation(column):
    with MAPPING.open(newline="") as file:
        stated = {row["control_id"]: KINDS[row[column]] for row in csv.DictReader(file)}

    derived = {
        row.label: control(row.control_id, *SETTINGS[column]).kind
        for row in RELEASE.controls.values()
    }

    assert len(stated) == 371
    assert derived == stated


def parties(touched, *variants, **more):
    outcome = layers(touched, *variants, **more)
    return {side for sides in outcome.parties.values() for side in sides}


INFRASTRUCTURE = ("virtualization", "guest_os", "engine")
PHYSICAL = [
    row.control_id
    for row in RELEASE.controls.values()
    if set(row.layers) <= {"facility", "environment"}
]


@pytest.mark.parametrize("control_id", PHYSICAL)
@pytest.mark.parametrize("variant", ["ec2", "rds", "s3", "lambda"])
def test_physical_and_environmental_controls_are_inherited(control_id, variant):
    assert control(control_id, variant).kind == Kind.INHERITED


def test_patching_is_shared_on_ec2():
    assert layers(INFRASTRUCTURE, "ec2").kind == Kind.SHARED


def test_the_layers_of_infrastructure_patching_are_inherited_on_s3_and_dynamodb():
    assert layers(INFRASTRUCTURE, "s3", "dynamodb").kind == Kind.INHERITED


@pytest.mark.parametrize("variants", [("ec2",), ("s3",)])
def test_configuration_management_is_shared(variants):
    assert control("cm-6", *variants).kind == Kind.SHARED


@pytest.mark.parametrize("control_id", ["at-2", "at-3", "at-4"])
def test_training_is_shared_each_side_for_its_own_people(control_id):
    assert control(control_id, "ec2").answer == Answer.PARALLEL


@pytest.mark.parametrize("touched", [("app",), ("data",), ("client_crypto",)])
def test_code_zones_and_data_are_customer_specific(touched):
    assert layers(touched, "s3").kind == Kind.CUSTOMER_SPECIFIC


def test_identities_are_customer_specific_on_s3_too():
    assert layers(("iam",), "s3").kind == Kind.CUSTOMER_SPECIFIC


def test_an_outpost_stands_in_the_customers_building():
    assert layers(("facility",), "outposts").kind == Kind.CUSTOMER_SPECIFIC
    assert layers(("facility",), "outposts", "ec2").kind == Kind.SHARED


@pytest.mark.parametrize("variants", [(), ("not-a-service",)])
def test_without_a_known_service_a_control_of_services_is_undetermined(variants):
    assert control("si-2", *variants).kind == Kind.UNDETERMINED
    assert control("at-2", *variants).kind == Kind.SHARED


@pytest.mark.parametrize(
    ("layer", "variant", "kind"),
    [
        ("guest_os", "ecs.fargate", Kind.INHERITED),
        ("guest_os", "eks.fargate", Kind.INHERITED),
        ("guest_os", "eks.managed_nodegroup", Kind.SHARED),
        ("guest_os", "rds.custom_oracle", Kind.CUSTOMER_SPECIFIC),
        ("engine", "lambda", Kind.INHERITED),
        ("engine", "lambda.manual", Kind.SHARED),
    ],
)
def test_the_variant_decides_who_patches(layer, variant, kind):
    assert layers((layer,), variant).kind == kind


def test_what_is_only_set_up_by_the_customer_is_marked_so():
    outcome = layers(("virtualization", "guest_os", "engine"), "rds")

    assert outcome.answer == Answer.INHERITED_IF_CONFIGURED
    assert outcome.customer_light


def test_si_2_on_ec2_names_the_guest_os_as_the_customers_layer():
    outcome = control("si-2", "ec2", "rds")

    assert outcome.kind == Kind.SHARED
    (theirs,) = [r for r in outcome.rows if r.layer == "guest_os" and r.value == "customer"]
    assert theirs.variants == ("ec2",)


def test_si_2_on_s3_and_dynamodb_leaves_the_infrastructure_to_aws():
    outcome = control("si-2", "s3", "dynamodb")

    assert outcome.cells == {"s3": "inherited", "dynamodb": "inherited"}
    assert outcome.whole == "customer-specific"


def changed_by_ec2(before):
    moderate = [row for row in RELEASE.controls.values() if "moderate" in row.baselines]
    return {
        row.control_id
        for row in moderate
        if control(row.control_id, *before).fingerprint
        != control(row.control_id, *before, "ec2").fingerprint
    }


def test_adding_ec2_to_serverless_touches_33_of_287_decisions():
    moderate = [row for row in RELEASE.controls.values() if "moderate" in row.baselines]
    moved = {"guest_os", "engine", "sse"}

    changed = changed_by_ec2(("s3", "dynamodb", "lambda"))

    assert len(moderate) == 287
    assert changed == {row.control_id for row in moderate if moved & set(row.layers)}
    assert len(changed) == 33
    assert len([row for row in moderate if "guest_os" in row.layers]) == 23


def test_every_variant_has_a_value_for_every_layer_of_services():
    service_layers = [
        layer.code for layer in RELEASE.layers.values() if layer.scope == "service"
    ]

    assert set(FACTS.services) == {
        (v, la) for v in RELEASE.variants for la in service_layers
    }
