"""What the tests of the workspace share."""

from __future__ import annotations

from datetime import date

from controls.models import Layer, LayerOverride, System
from controls.services import overrides
from controls.services.overrides import Word
from controls.services.setup import system_user
from tests.make import MONDAY


def override(system: System, layer: str, value: str, reason: str) -> LayerOverride:
    """A person's word on a layer of the system."""
    word = Word(
        layer=Layer.objects.get(code=layer),
        value=value,
        reason=reason,
        since=date(2026, 3, 2),
    )
    return overrides.start(system=system, word=word, by=system_user(), at=MONDAY)
