"""What comparing costs: what if, two systems, two dates, and what became suspect."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta

from django.utils import timezone

from controls.models import Responsibility, System
from controls.queries.comparing import between_dates, between_systems
from controls.queries.suspects import doubts, since, suspects
from controls.queries.what_if import what_if
from controls.rules.moments import Moment
from controls.rules.telling import as_data
from controls.services.clock import day, zone
from tests.bench.ground import Ground
from tests.bench.measuring import Aim, Line, measure


def comparing(ground: Ground) -> Iterator[Line]:
    """One service comes and one goes, over every control; then as stored."""
    system = System.objects.select_related("provider").get(pk=ground.system.pk)
    add, gone = ground.variants[-1].key, ground.variants[0].key
    at = timezone.now()
    today = Moment(as_of=at, on=day(at))
    other = ground.new_system("beside")
    size = f"{ground.controls} x {len(ground.variants) - 1}"

    def ask() -> None:
        as_data(what_if(system=system, add=[add], remove=[gone], on=today.on))

    def beside() -> None:
        as_data(between_systems(system=system, other=other, moment=today))

    def then() -> None:
        before = Moment(as_of=at - timedelta(hours=12), on=day(ground.at))
        as_data(between_dates(system=system, before=before, after=today))

    yield Line("what if", size, measure(ask, times=5), Aim(0.3, queries=21))
    address = f"/api/v1/systems/{system.key}/what-if/?add={add}&remove={gone}"
    yield Line(
        "what if, over the API",
        size,
        measure(lambda: _got(ground, address), times=5),
        Aim(0.4, queries=27),
    )
    for name, work in (("two systems", beside), ("one system, two dates", then)):
        yield Line(f"compare {name}", size, measure(work, times=5), Aim(1, queries=20))
    yield from _suspects(ground)


def _suspects(ground: Ground) -> Iterator[Line]:
    at = timezone.now()
    visible = Responsibility.objects.visible_to(ground.member)

    def ask() -> list[object]:
        rows = since(
            suspects(visible, on=day(at), zone=zone()), at - timedelta(days=7), zone=zone()
        )
        related = rows.select_related("system", "control", "latest_decision__derivation")
        return [*doubts(related.order_by("pk")[:50], zone=zone())]

    count = Responsibility.objects.count()
    yield Line(
        "became suspect since, 50",
        f"among {count}",
        measure(ask, times=5),
        Aim(0.2, queries=5),
    )


def _got(ground: Ground, address: str) -> bytes:
    answer = ground.client.get(address)
    assert answer.status_code == 200, answer.content
    return answer.content


ROWS: dict[str, Callable[[Ground], Iterator[Line]]] = {"comparing": comparing}
