"""What the bench stands on: people, a catalog, systems and responsibilities of any size."""

from __future__ import annotations

import itertools
import json
from argparse import Namespace
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

from django.db.models import QuerySet
from django.test import Client, override_settings
from django.utils import timezone

from controls.choices import Confidence, MembershipRole
from controls.knowledge import read_release
from controls.models import (
    Catalog,
    Control,
    ControlLayer,
    Layer,
    Profile,
    Responsibility,
    ServiceVariant,
    System,
    Team,
    User,
)
from controls.services import decisions, knowledge, systems
from controls.services.decisions import Content
from controls.services.knowledge import Loaded
from controls.services.setup import system_user
from controls.services.systems import Description, Use
from tests.make import make_api_token, make_member, make_provider, make_team

BATCH = 500
HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


class Ground:
    """Everything is made when it is first asked for."""

    def __init__(self, sizes: Namespace) -> None:
        self.controls: int = sizes.controls
        self.rows: int = sizes.rows
        self.services: int = sizes.services
        self.at: datetime = timezone.now() - timedelta(days=1)

    def load(self) -> Loaded:
        """Load the shipped facts; the second time there is nothing to do."""
        return knowledge.load(facts=read_release(), by=system_user(), at=self.at)

    @cached_property
    def layers(self) -> list[tuple[str, ...]]:
        """The layers that each shipped control touches."""
        return [row.layers for row in read_release().controls.values()]

    @cached_property
    def profile(self) -> Profile:
        """A profile of a generated catalog, whose controls touch what the shipped do."""
        self.load()
        catalog = Catalog.objects.create(
            key="bench",
            version="1",
            title="Bench",
            publisher="Bench",
            imported_at=self.at,
        )
        Control.objects.bulk_create(
            (
                Control(
                    catalog=catalog,
                    control_id=f"bc-{number}",
                    label=f"BC-{number}",
                    title=f"A requirement of the generated catalog, number {number}",
                    group_id=f"g{number % 20}",
                    order=number,
                )
                for number in range(self.controls)
            ),
            batch_size=BATCH,
        )
        controls = list(catalog.controls.order_by("order"))
        layers = Layer.objects.in_bulk(field_name="code")
        ControlLayer.objects.bulk_create(
            (
                ControlLayer(
                    control=control,
                    layer=layers[code],
                    order=order,
                    confidence=Confidence.HIGH,
                )
                for control, codes in zip(
                    controls, itertools.cycle(self.layers), strict=False
                )
                for order, code in enumerate(codes)
            ),
            batch_size=BATCH,
        )
        profile = Profile.objects.create(key="bench", catalog=catalog, title="Bench")
        profile.controls.set(controls)
        return profile

    @cached_property
    def variants(self) -> list[ServiceVariant]:
        """The services that a system uses, and one more to add."""
        self.load()
        return list(ServiceVariant.objects.order_by("key")[: self.services + 1])

    @cached_property
    def team(self) -> Team:
        """The team that owns it all."""
        return make_team("bench")

    @cached_property
    def member(self) -> User:
        """A contributor of the team."""
        with override_settings(PASSWORD_HASHERS=HASHERS):
            return make_member(self.team, MembershipRole.CONTRIBUTOR)

    def new_system(self, key: str) -> System:
        """Record a system of full size, which derives it."""
        return systems.create(
            description=Description(
                key=key,
                name=key.title(),
                owner_team=self.team,
                provider=make_provider(),
                profiles=[self.profile],
                uses=[Use(variant=variant) for variant in self.variants[:-1]],
            ),
            by=system_user(),
            at=self.at,
        )

    @cached_property
    def system(self) -> System:
        """A system of full size; one control in ten is decided."""
        system = self.new_system("bench")
        for row in self.open_rows(system)[::10]:
            self.decide(row)
        return system

    @cached_property
    def fleet(self) -> int:
        """Systems enough for that many responsibilities; return how many those are."""
        _ = self.system
        for number in range(1, -(-self.rows // self.controls)):
            self.new_system(f"bench-{number}")
        return Responsibility.objects.count()

    def open_rows(self, system: System) -> QuerySet[Responsibility]:
        """Return the system's responsibilities that nobody has decided yet."""
        return Responsibility.objects.filter(
            system=system, latest_decision__isnull=True
        ).order_by("pk")

    def decide(self, row: Responsibility, words: str = "Said by the bench.") -> None:
        """Load the responsibility as a request does, and decide it."""
        fresh = Responsibility.objects.select_related(
            "system__owner_team",
            "control",
            "latest_decision__owner_team",
            "latest_derivation",
        ).get(pk=row.pk)
        assert fresh.latest_derivation is not None
        decisions.assign(
            responsibility=fresh,
            version=fresh.version,
            content=Content(
                kind=fresh.latest_derivation.kind,
                owner_team=self.team,
                customer_statement=words,
            ),
            by=User.objects.get(pk=self.member.pk),
            at=self.at,
        )

    @cached_property
    def client(self) -> Client:
        """A program that asks with the member's token."""
        _, text = make_api_token(self.member, at=timezone.now())
        return Client(
            SERVER_NAME="localhost",
            HTTP_AUTHORIZATION=f"Bearer {text}",
            HTTP_ACCEPT_ENCODING="gzip",
        )


def oscal(controls: int) -> bytes:
    """Return a catalog of that many controls, in size and shape like NIST's MODERATE."""
    groups: list[dict[str, Any]] = [
        {"id": f"g{number}", "title": f"Group {number}", "controls": []}
        for number in range(20)
    ]
    for number in range(controls):
        groups[number % 20]["controls"].append(_control(f"oc-{number}"))
    metadata = {
        "title": "Generated",
        "version": "1",
        "oscal-version": "1.1.2",
        "last-modified": "2026-01-01T00:00:00Z",
    }
    return json.dumps({"catalog": {"metadata": metadata, "groups": groups}}).encode()


def _control(control_id: str) -> dict[str, Any]:
    prose = "The organization does and documents what this requirement says, again. " * 3
    return {
        "id": control_id,
        "title": f"Requirement {control_id}",
        "props": [{"name": "label", "value": control_id.upper()}],
        "params": [
            {"id": f"{control_id}_prm_{n}", "label": "organization-defined frequency"}
            for n in range(3)
        ],
        "parts": [
            {
                "id": f"{control_id}_smt",
                "name": "statement",
                "prose": prose,
                "parts": [
                    {"id": f"{control_id}_smt.{letter}", "name": "item", "prose": prose}
                    for letter in "abcdef"
                ],
            },
            {"id": f"{control_id}_gdn", "name": "guidance", "prose": prose * 8},
        ],
    }
