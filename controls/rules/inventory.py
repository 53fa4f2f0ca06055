"""Services in use, from what an account's inventory shows: proposals, and drift.

The variant of a service decides who does what, and an inventory seldom names it. Where it
is not known, the variant that leaves the customer most is proposed, and marked as assumed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from controls.choices import LayerValue

WEIGHTS: Mapping[str, int] = {
    LayerValue.CUSTOMER: 4,
    LayerValue.SHARED: 2,
    LayerValue.PARALLEL: 2,
    LayerValue.PROVIDER_IF_CONFIGURED: 1,
}
"""How much a layer's value leaves to the customer, to compare variants of a service."""

BY_TYPE: Mapping[tuple[str, str], tuple[str, ...]] = {
    ("ec2", "instance"): ("ec2", "ec2.bare_metal"),
    ("ec2", "image"): ("ec2",),
    ("ec2", "launch-template"): ("ec2",),
    ("ec2", "volume"): ("ebs",),
    ("ec2", "snapshot"): ("ebs",),
    ("ec2", "transit-gateway"): ("transitgateway",),
    ("ec2", "transit-gateway-attachment"): ("transitgateway",),
    ("ec2", "verified-access-instance"): ("verifiedaccess",),
    ("ec2", "verified-access-endpoint"): ("verifiedaccess",),
    ("lightsail", "instance"): ("lightsail.instance",),
    ("lightsail", "containerservice"): ("lightsail.container",),
    ("lightsail", "relationaldatabase"): ("lightsail.database",),
    ("lightsail", "bucket"): ("lightsail.bucket",),
    ("rds", "db"): (
        "rds",
        "rds.aurora",
        "rds.custom_oracle",
        "rds.custom_sqlserver",
        "docdb",
        "neptune",
    ),
    ("rds", "cluster"): ("rds.aurora", "rds.aurora_serverless", "docdb", "neptune"),
    ("eks", "cluster"): ("eks.control_plane",),
    ("eks", "nodegroup"): ("eks.managed_nodegroup", "eks.managed_nodegroup_custom_ami"),
    ("eks", "fargateprofile"): ("eks.fargate",),
    ("elasticache", "cluster"): ("elasticache",),
    ("elasticache", "replicationgroup"): ("elasticache",),
    ("elasticache", "serverlesscache"): ("elasticache.serverless",),
    ("s3", "bucket"): ("s3",),
    ("s3express", "bucket"): ("s3.express",),
    ("datasync", "agent"): ("datasync.agent",),
    ("bedrock", "agent"): ("bedrock.agents",),
    ("bedrock", "flow"): ("bedrock.agents",),
}
"""What a resource's type says of the variant (aws.md, detecting the variant)."""

NETWORK = frozenset(
    {
        "vpc",
        "subnet",
        "security-group",
        "network-acl",
        "route-table",
        "internet-gateway",
        "natgateway",
        "vpc-endpoint",
        "vpc-peering-connection",
        "network-interface",
        "elastic-ip",
        "dhcp-options",
        "vpc-flow-log",
    }
)


@dataclass(frozen=True, slots=True)
class Sighting:
    """Resources of one type that an inventory shows, in one account and region.

    `service` is the service's prefix in ARNs and IAM actions.
    """

    service: str
    resource_type: str = ""
    account: str = ""
    region: str = ""
    count: int = 1


@dataclass(frozen=True, slots=True)
class Variant:
    """A service variant that the facts know: its prefix, its name, who carries what."""

    key: str
    prefix: str
    name: str
    values: Mapping[str, str] = field(default_factory=dict)

    @property
    def duty(self) -> int:
        """Return how much the variant leaves to the customer, to be compared only."""
        return sum(WEIGHTS.get(value, 0) for value in self.values.values())


@dataclass(frozen=True, slots=True)
class Seen:
    """Where a service was seen, and how many resources of it."""

    accounts: tuple[str, ...]
    regions: tuple[str, ...]
    types: tuple[str, ...]
    count: int


@dataclass(frozen=True, slots=True)
class Proposal:
    """A variant to put in use, why this one, and whether that is assumed."""

    variant: str
    name: str
    seen: Seen
    reason: str
    is_assumed: bool


@dataclass(frozen=True, slots=True)
class Recorded:
    """A service in use that the inventory shows too; accounts and regions that the record
    does not name.
    """

    variant: str
    seen: Seen
    new_accounts: tuple[str, ...] = ()
    new_regions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class InUse:
    """A service variant that a system is recorded to use."""

    variant: str
    accounts: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Drift:
    """What an inventory says against what is recorded."""

    proposals: tuple[Proposal, ...]
    recorded: tuple[Recorded, ...]
    silent: tuple[tuple[str, Seen], ...]
    """Services that are used and that no fact of ours is about."""
    gone: tuple[str, ...]
    """Variants that are recorded and of which the inventory shows nothing."""


def drift(
    sightings: Iterable[Sighting],
    *,
    variants: Sequence[Variant],
    in_use: Sequence[InUse],
) -> Drift:
    """Return what to add, what is there, what the facts are silent on, and what is gone.

    The order of the sightings does not matter.
    """
    by_key = {variant.key: variant for variant in variants}
    used = {use.variant: use for use in in_use}
    grouped: dict[tuple[str, ...], list[Sighting]] = {}
    silent: dict[str, list[Sighting]] = {}
    for sighting in sorted(sightings, key=_order):
        candidates = candidates_of(sighting, variants)
        if candidates:
            grouped.setdefault(candidates, []).append(sighting)
        else:
            silent.setdefault(sighting.service, []).append(sighting)
    proposals: dict[str, Proposal] = {}
    recorded: dict[str, list[Sighting]] = {}
    for candidates, seen in grouped.items():
        here = [key for key in candidates if key in used]
        for key in here:
            recorded.setdefault(key, []).extend(seen)
        if not here:
            found = _proposal([by_key[key] for key in candidates], seen)
            proposals.setdefault(found.variant, found)
    return Drift(
        proposals=tuple(proposals[key] for key in sorted(proposals)),
        recorded=tuple(_recorded(used[key], recorded[key]) for key in sorted(recorded)),
        silent=tuple((name, _seen(silent[name])) for name in sorted(silent)),
        gone=tuple(sorted(key for key in used if key not in recorded)),
    )


def candidates_of(sighting: Sighting, variants: Sequence[Variant]) -> tuple[str, ...]:
    """Return the variants that a sighting may be, in the order of the facts."""
    known = [variant.key for variant in variants if variant.prefix == sighting.service]
    kind = sighting.resource_type.lower()
    if sighting.service == "ec2" and kind in NETWORK:
        named: tuple[str, ...] = ("vpc",)
    else:
        named = BY_TYPE.get((sighting.service, kind), ())
    everything = {variant.key for variant in variants}
    fits = tuple(key for key in named if key in everything)
    return fits or tuple(known)


def _proposal(candidates: Sequence[Variant], seen: Sequence[Sighting]) -> Proposal:
    # The first of several that leave as much is the one the facts name first.
    chosen = max(candidates, key=lambda variant: variant.duty)
    found = _seen(seen)
    types = ", ".join(found.types)
    shown = f"{found.count} resource{'' if found.count == 1 else 's'}" + (
        f" ({types})" if types else ""
    )
    if len(candidates) == 1:
        reason = f"The inventory shows {shown}."
    else:
        reason = (
            f"The inventory shows {shown} and does not say which of "
            f"{len(candidates)} variants it is: this one leaves you most."
        )
    return Proposal(chosen.key, chosen.name, found, reason, len(candidates) > 1)


def _recorded(use: InUse, seen: Sequence[Sighting]) -> Recorded:
    found = _seen(seen)
    return Recorded(
        use.variant,
        found,
        new_accounts=tuple(
            a for a in found.accounts if use.accounts and a not in use.accounts
        ),
        new_regions=tuple(r for r in found.regions if use.regions and r not in use.regions),
    )


def _seen(sightings: Sequence[Sighting]) -> Seen:
    return Seen(
        accounts=tuple(sorted({s.account for s in sightings if s.account})),
        regions=tuple(sorted({s.region for s in sightings if s.region})),
        types=tuple(sorted({s.resource_type for s in sightings if s.resource_type})),
        count=sum(s.count for s in sightings),
    )


def _order(sighting: Sighting) -> tuple[str, str, str, str]:
    return sighting.service, sighting.resource_type, sighting.account, sighting.region
