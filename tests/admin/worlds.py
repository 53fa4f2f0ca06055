"""What the tests of the admin site share."""

from __future__ import annotations

from django.db.models import Model
from django.urls import reverse

from controls.models import AuditEvent, Decision, Responsibility
from controls.services import decisions
from tests.make import MONDAY, make_decision, responsibility_for


def change_url(row) -> str:
    """The address of a record."""
    opts = row._meta
    return reverse(f"admin:{opts.app_label}_{opts.model_name}_change", args=[row.pk])


def list_url(model: str | type[Model]) -> str:
    """The address of a list."""
    return reverse(f"admin:{_named(model)}_changelist")


def add_url(model: str | type[Model]) -> str:
    """The address of the form of a new record."""
    return reverse(f"admin:{_named(model)}_add")


def _named(model: str | type[Model]) -> str:
    """A model by its name in `controls`, or itself."""
    if isinstance(model, str):
        return f"controls_{model}"
    return f"{model._meta.app_label}_{model._meta.model_name}"


def decide(row: Responsibility, **changes) -> dict[str, object]:
    """What the browser posts from the decide form."""
    return {
        "version": row.version,
        "kind": "shared",
        "owner_team": row.system.owner_team_id,
        "implementation_status": "",
        "provider_statement": "",
        "customer_statement": "",
        "rationale": "",
        **changes,
    }


def submitted(world, control_id: str) -> Responsibility:
    """A decision by the contributor that waits for a second person."""
    maker = world.people["contributor"]
    make_decision(world.system, control_id, by=maker)
    row = responsibility_for(world.system, control_id)
    decisions.submit(responsibility=row, version=row.version, by=maker, at=MONDAY)
    return responsibility_for(world.system, control_id)


def verbs() -> list[str]:
    """The verbs of all audit events, oldest first."""
    return list(AuditEvent.objects.order_by("seq").values_list("verb", flat=True))


def text(answer) -> str:
    """The page."""
    return str(answer.content.decode())


def newest(system, control_id: str) -> Decision:
    """The newest decision on a control."""
    found = responsibility_for(system, control_id).latest_decision
    assert found is not None
    return found
