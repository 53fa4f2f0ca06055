"""What good proof looks like, and why a duty is a team's."""

from __future__ import annotations

import pytest

from controls.choices import DutyTask, ReviewKind
from controls.rules.explanation import Names
from evidence.choices import EvidenceKind
from evidence.rules import asking

NAMES = Names(
    provider="AWS",
    layers={
        "guest_os": "Guest OS: install, patch",
        "engine": "Engine, runtime",
        "iam": "Identities",
        "app": "Own code",
        "keys": "Keys",
    },
    variants={"ec2": "Amazon EC2", "rds": "Amazon RDS", "lambda": "AWS Lambda"},
)


def because(task=DutyTask.DO, layers=("guest_os",), services=(), **more):
    return asking.because(task=task, layers=layers, services=services, names=NAMES, **more)


@pytest.mark.parametrize("kind", ReviewKind.values)
def test_every_kind_of_review_says_what_is_good(kind):
    good = asking.good(kind)

    assert good.asked.endswith(".")
    assert len(good.must) >= 2
    assert good.never.startswith("Not ")
    assert good.kind in EvidenceKind.values
    assert all(len(row) == len(good.heads) for row in good.rows)


def test_an_unknown_kind_is_asked_like_any_other():
    assert asking.good("new-kind") == asking.good(ReviewKind.OTHER)


@pytest.mark.parametrize(
    ("services", "commands"),
    [
        (["ec2"], ["aws ssm"]),
        (["rds.aurora"], ["aws rds"]),
        (["s3"], []),
        (["ec2", "rds"], ["aws ssm", "aws rds"]),
        ([], ["aws ssm", "aws rds"]),
    ],
)
def test_where_proof_comes_from_depends_on_the_services(services, commands):
    told = [way.command[:7] for way in asking.ways(ReviewKind.PATCHING, services)]

    assert [command for command in told if command] == commands


@pytest.mark.parametrize(
    ("said", "given"),
    [
        ("Yours because EC2 leaves guest OS to you.", {"services": ["ec2"]}),
        (
            "Yours because EC2 and RDS leave guest OS and engine to you.",
            {"services": ["ec2", "rds"], "layers": ["guest_os", "engine"]},
        ),
        (
            "Yours because EC2 leaves guest OS, engine, identities, own code and 1 more "
            "to you.",
            {
                "services": ["ec2"],
                "layers": ["guest_os", "engine", "iam", "app", "keys"],
            },
        ),
        ("Yours because AWS has no part in own code.", {"layers": ["app"]}),
        (
            "Yours because it was decided that a part of this control is ours.",
            {"layers": []},
        ),
        (
            "AWS does it once it is set up: you check that it is. It is about engine on "
            "RDS.",
            {"task": DutyTask.CHECK, "layers": ["engine"], "services": ["rds"]},
        ),
        (
            "Ours because EC2 leaves guest OS to us.",
            {"services": ["ec2"], "reader": asking.WORKSPACE},
        ),
        (
            "AWS does it once it is set up: we check that it is. It is about engine.",
            {"task": DutyTask.CHECK, "layers": ["engine"], "reader": asking.WORKSPACE},
        ),
    ],
)
def test_the_sentence_names_who_leaves_what_to_whom(said, given):
    assert because(**given) == said
