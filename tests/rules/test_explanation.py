"""The sentences that say why."""

from controls.rules.explanation import Names, sentences

NAMES = Names(
    provider="AWS",
    layers={
        "guest_os": "Guest / node OS: install, patch",
        "engine": "Engine, runtime",
        "sse": "SSE at rest",
    },
    variants={"ec2": "EC2", "rds": "RDS"},
)


def row(layer, value, variants=(), **more):
    return {
        "layer": layer,
        "value": value,
        "variants": variants,
        "basis": "variant",
        **more,
    }


def test_each_way_a_layer_is_carried_is_one_sentence():
    told = sentences(
        "shared",
        [
            row("guest_os", "customer", ["ec2"]),
            row("engine", "provider-if-configured", ["rds"], note="you set the window"),
            row("guest_os", "provider", ["rds"]),
        ],
        names=NAMES,
    )

    assert told == [
        "Shared.",
        "AWS: guest / node OS (RDS).",
        "AWS, once you set it up: engine, runtime (RDS: you set the window).",
        "You: guest / node OS (EC2).",
    ]


def test_an_override_and_a_missing_fact_are_told_as_such():
    told = sentences(
        "undetermined",
        [
            {**row("guest_os", "shared", ["ec2"], note="own images"), "basis": "override"},
            {**row("engine", "unknown", ["x"]), "basis": "no-fact"},
        ],
        names=NAMES,
    )

    assert told[1:] == [
        "AWS and you: guest / node OS (EC2: overridden: own images).",
        "Not known: engine, runtime (x: no fact about this service).",
    ]


def test_an_abbreviation_keeps_its_capitals():
    assert (
        sentences("inherited", [row("sse", "provider")], names=NAMES)[1]
        == "AWS: SSE at rest."
    )


def test_services_that_differ_only_in_the_source_share_a_clause():
    told = sentences(
        "inherited",
        [
            row("guest_os", "provider", ["ec2"], sources="A"),
            row("guest_os", "provider", ["rds"], sources="B"),
        ],
        names=NAMES,
    )

    assert told[1] == "AWS: guest / node OS (EC2, RDS)."


def test_a_layer_that_does_not_exist_somewhere_is_not_told_beside_those_that_do():
    rows = [row("guest_os", "customer", ["ec2"]), row("engine", "not-applicable", ["rds"])]

    assert sentences("customer-specific", rows, names=NAMES)[1:] == [
        "You: guest / node OS (EC2)."
    ]
    assert sentences("not-applicable", rows[1:], names=NAMES)[1:] == [
        "Nobody: engine, runtime (RDS)."
    ]


def test_a_service_reads_short_in_a_list_unless_two_would_read_alike():
    one = Names("AWS", {}, {"lambda": "AWS Lambda, managed runtime, Auto updates"})
    two = Names("AWS", {}, {"a": "Lambda, Manual mode", "b": "Lambda, container image"})

    assert one.variant("lambda") == "AWS Lambda"
    assert (two.variant("a"), two.variant("b")) == (
        "Lambda Manual mode",
        "Lambda container image",
    )
