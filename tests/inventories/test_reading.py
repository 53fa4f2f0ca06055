"""Every kind of inventory, and what is refused with its place."""

import json
from pathlib import Path

import pytest

from controls.errors import InvalidInputError
from controls.importers import inventories
from controls.rules.inventory import Sighting

DATA = Path(__file__).resolve().parents[3] / "shared" / "data" / "aws"
TAGGING = DATA / "awscli" / "resourcegroupstaggingapi_get-resources.json"
SERVICES = DATA / "aws_service_inventory.csv"

ARN = "arn:aws:{}:eu-central-1:111122223333:{}"


def read(document, name="i.json"):
    data = document if isinstance(document, bytes) else json.dumps(document).encode()
    return inventories.read(data, file=name)


def test_the_tagging_api_adds_up_equal_resources():
    arns = [
        ARN.format("ec2", "instance/i-1"),
        ARN.format("ec2", "instance/i-2"),
        ARN.format("rds", "db:shop"),
        "arn:aws:s3:::a-bucket",
        f" {ARN.format('lambda', 'function:mail')}",
    ]
    kind, found = read({"ResourceTagMappingList": [{"ResourceARN": arn} for arn in arns]})

    here = ("111122223333", "eu-central-1")
    assert kind == "tagging"
    assert found == [
        Sighting("ec2", "instance", *here, 2),
        Sighting("lambda", "function", *here, 1),
        Sighting("rds", "db", *here, 1),
        Sighting("s3", "bucket", "", "", 1),
    ]


def test_config_counts_by_its_own_types():
    kind, found = read(
        {
            "totalDiscoveredResources": 6,
            "resourceCounts": [
                {"resourceType": "AWS::EC2::Instance", "count": 3},
                {"resourceType": "AWS::RDS::DBCluster", "count": 1},
                {"resourceType": "AWS::ElasticLoadBalancingV2::LoadBalancer", "count": 2},
            ],
        }
    )

    assert kind == "config"
    assert [(s.service, s.resource_type, s.count) for s in found] == [
        ("ec2", "instance", 3),
        ("elasticloadbalancing", "loadbalancer", 2),
        ("rds", "cluster", 1),
    ]


def test_configs_lists_and_queries_are_read():
    listed = {"resourceIdentifiers": [{"resourceType": "AWS::S3::Bucket"}]}
    row = {
        "resourceType": "AWS::Lambda::Function",
        "accountId": "111122223333",
        "awsRegion": "eu-central-1",
    }

    assert read(listed)[1] == [Sighting("s3", "bucket")]
    assert read({"Results": [json.dumps(row)]})[1] == [
        Sighting("lambda", "function", "111122223333", "eu-central-1")
    ]


def test_resource_explorer_is_read():
    item = {
        "Arn": ARN.format("dynamodb", "table/claims"),
        "OwningAccountId": "111122223333",
        "Region": "eu-central-1",
        "ResourceType": "dynamodb:table",
        "Service": "dynamodb",
    }

    assert read({"Resources": [item]}) == (
        "resource-explorer",
        [Sighting("dynamodb", "table", "111122223333", "eu-central-1")],
    )


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("arn\narn:aws:sqs:eu-central-1:111122223333:mail\n", ("sqs", "")),
        ("resource_type,count\nAWS::KMS::Key,4\n", ("kms", "key")),
        ("service;account\nkinesis;111122223333\n", ("kinesis", "")),
    ],
)
def test_a_table_names_arns_types_or_services(text, found):
    kind, (sighting,) = read(text.encode(), "i.csv")

    assert kind == "table"
    assert (sighting.service, sighting.resource_type) == found


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"", "i.json"),
        (b"{", "not JSON"),
        (b"{}", "None of ResourceTagMappingList"),
        (b'{"ResourceTagMappingList": []}', "shows no resource"),
        (b'{"ResourceTagMappingList": [{}]}', "ResourceTagMappingList[1]"),
        (b'{"ResourceTagMappingList": [{"ResourceARN": "x"}]}', "'x' is not an ARN"),
        (b'{"resourceCounts": [{"resourceType": "EC2"}]}', "'EC2' is not a type"),
        (
            b'{"resourceCounts": [{"resourceType": "AWS::A::B", "count": -1}]}',
            "not a whole number",
        ),
        (b"name,place\na,b\n", "No column is headed arn, service or resource_type"),
        (b"service,count\nec2,many\n", "row 2: 'many' is not a count"),
        (b"service,count\n,3\n", "No row names a service"),
    ],
)
def test_what_cannot_be_read_is_named_with_its_place(data, told):
    with pytest.raises(InvalidInputError) as refused:
        read(data)

    assert told in f"{refused.value.place}: {refused.value.message}"


def test_a_row_that_names_no_service_is_kept_among_the_others():
    _, found = read(b"service,count\nec2,1\n,3\n", "i.csv")

    assert found == [Sighting("ec2"), Sighting(inventories.UNNAMED, count=3)]


def test_no_name_or_tag_is_kept():
    _, found = read(
        {
            "ResourceTagMappingList": [
                {
                    "ResourceARN": ARN.format("ec2", "instance/i-secret"),
                    "Tags": [{"Key": "Owner", "Value": "secret"}],
                }
            ]
        }
    )

    assert "secret" not in str(found)


@pytest.mark.skipif(not TAGGING.is_file(), reason="AWS's samples are not here")
def test_the_published_samples_are_read():
    _, tagged = inventories.read(TAGGING.read_bytes(), file=TAGGING.name)
    _, listed = inventories.read(SERVICES.read_bytes(), file=SERVICES.name)

    assert tagged == [Sighting("inspector", "target", "123456789012", "us-west-2")]
    assert len(listed) > 300
    assert sum(sighting.count for sighting in listed) == 398
