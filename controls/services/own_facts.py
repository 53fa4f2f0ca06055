"""The organisation's own facts: services that nobody ships, and layers of controls.

They stand beside the shipped ones and change none of them: a later release never overwrites
them, and what they differ in can be seen. Who carries a layer of a service otherwise than
its model says is an override, like everywhere else.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet

from controls.choices import AuditVerb, Confidence, ServiceModel
from controls.errors import ConflictError, InvalidInputError
from controls.models import (
    Control,
    ControlTag,
    Layer,
    Provider,
    ServiceVariant,
    System,
    User,
)
from controls.models.providers import OWN_KEY
from controls.rules.permissions import Action
from controls.services import access, audit, derivations, versions
from controls.services.audit import audited

LONGEST_KEY = 80
KEY = re.compile(r"own\.[a-z0-9]+(?:[_.-][a-z0-9]+)*")
TOLD = ("key", "name", "model", "iam_prefix", "note")


@dataclass(frozen=True, slots=True)
class Service:
    """What a service is. `model` says who carries its layers unless overridden."""

    name: str
    model: str
    iam_prefix: str = ""
    note: str = ""


@audited
def add_variant(
    *, key: str, provider: Provider, service: Service, by: User, at: datetime
) -> ServiceVariant:
    """Add a service of the organisation's own, or a variant of a shipped one; return it.

    `key` gets the prefix `own.` where it has none. Raises NotAllowedError,
    InvalidInputError, and ConflictError where the key is taken.
    """
    access.require(by, Action.OVERRIDE_EVERYWHERE)
    whole = key.strip() if key.strip().startswith(OWN_KEY) else f"{OWN_KEY}{key.strip()}"
    if not KEY.fullmatch(whole) or len(whole) > LONGEST_KEY:
        raise InvalidInputError(
            "A key is small letters and digits, with points, hyphens or underscores "
            f"between, at most {LONGEST_KEY} characters: own.mail-relay.",
            place="key",
        )
    _check(service)
    if ServiceVariant.objects.filter(key=whole).exists():
        raise ConflictError(f"There is a service {whole} already.")
    row = ServiceVariant.objects.create(
        key=whole,
        provider=provider,
        confidence=Confidence.HIGH,
        added_at=at,
        added_by=by,
        **_fields(service),
    )
    audit.record(
        verb=AuditVerb.VARIANT_ADDED,
        target=row,
        after=audit.snapshot(row, *TOLD),
        by=by,
        at=at,
    )
    return row


@audited
def change_variant(
    *, variant: ServiceVariant, version: int, service: Service, by: User, at: datetime
) -> ServiceVariant:
    """Change what a service of the organisation's own is; derive anew every system that
    uses it where its model changed; return it.

    Raises NotAllowedError, StaleVersionError, InvalidInputError, and ConflictError for a
    shipped one.
    """
    access.require(by, Action.OVERRIDE_EVERYWHERE)
    if not variant.is_own:
        raise ConflictError(
            f"{variant} is shipped: override its layers, or add a variant of your own."
        )
    _check(service)
    versions.claim(variant, version=version)
    before = audit.snapshot(variant, *TOLD)
    moved = variant.model != service.model
    for name, value in _fields(service).items():
        setattr(variant, name, value)
    variant.save(update_fields=[*_fields(service)])
    audit.record(
        verb=AuditVerb.VARIANT_CHANGED,
        target=variant,
        before=before,
        after=audit.snapshot(variant, *TOLD),
        by=by,
        at=at,
    )
    if moved:
        derivations.rederive_each(
            systems=System.objects.filter(services__variant=variant),
            cause=f"Service {variant.key} is {service.model}",
            by=by,
            at=at,
        )
    return variant


@audited
def tag(
    *, control: Control, layers: Sequence[Layer], reason: str, by: User, at: datetime
) -> ControlTag:
    """Say which layers a control touches, in every edition of its catalog, in the place of
    what is shipped and of an earlier tag; derive all systems anew; return the tag.

    Raises NotAllowedError and InvalidInputError.
    """
    access.require(by, Action.OVERRIDE_EVERYWHERE)
    codes = list(dict.fromkeys(layer.code for layer in layers))
    if not codes:
        raise InvalidInputError("Name the layers that it touches.", place="layers")
    if not reason.strip():
        raise InvalidInputError("Give the reason.", place="reason")
    for earlier in _open(control):
        _end(earlier, by=by, at=at)
    row = ControlTag.objects.create(
        control=control,
        layers=codes,
        reason=reason.strip(),
        started_at=at,
        started_by=by,
    )
    audit.record(
        verb=AuditVerb.CONTROL_TAGGED,
        target=row,
        after={
            "control": control.control_id,
            "catalog": control.catalog.key,
            "layers": codes,
            "reason": row.reason,
        },
        by=by,
        at=at,
    )
    _rederive(control, by=by, at=at)
    return row


@audited
def untag(*, tag: ControlTag, reason: str, by: User, at: datetime) -> ControlTag:
    """Let what is shipped, or comes through the crosswalk, say again what a control
    touches; derive all systems anew; return the tag, ended.

    Raises NotAllowedError, InvalidInputError, and ConflictError where it has ended.
    """
    access.require(by, Action.OVERRIDE_EVERYWHERE)
    if not reason.strip():
        raise InvalidInputError("Give the reason.", place="reason")
    if not _open(tag.control).filter(pk=tag.pk).exists():
        raise ConflictError("This has ended already.")
    _end(tag, by=by, at=at, reason=reason.strip())
    _rederive(tag.control, by=by, at=at)
    return tag


def _fields(service: Service) -> dict[str, str]:
    return {
        "name": service.name.strip(),
        "model": service.model,
        "iam_prefix": service.iam_prefix.strip(),
        "note": service.note.strip(),
    }


def _check(service: Service) -> None:
    if not service.name.strip():
        raise InvalidInputError("Give the service a name.", place="name")
    if service.model not in ServiceModel.values:
        raise InvalidInputError(
            f"{service.model!r} is not a model: choose {', '.join(ServiceModel.values)}.",
            place="model",
        )


def _open(control: Control) -> QuerySet[ControlTag]:
    """Return the open tags of a control, in whichever edition of its catalog."""
    return ControlTag.objects.open().filter(
        control__catalog__key=control.catalog.key,
        control__control_id__iexact=control.control_id,
    )


def _end(tag: ControlTag, *, by: User, at: datetime, reason: str = "") -> None:
    tag.ended_at, tag.ended_by = at, by
    tag.save(update_fields=["ended_at", "ended_by"])
    audit.record(
        verb=AuditVerb.CONTROL_UNTAGGED,
        target=tag,
        before={"control": tag.control.control_id, "layers": tag.layers},
        after={"reason": reason},
        by=by,
        at=at,
    )


def _rederive(control: Control, *, by: User, at: datetime) -> None:
    """Derive every system anew: others may touch layers through the control."""
    derivations.rederive_each(
        systems=System.objects.all(),
        cause=f"Layers of {control.label} tagged anew",
        by=by,
        at=at,
    )
