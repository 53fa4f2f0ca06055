"""Loading a release of the shipped facts into the database.

Idempotent; what people made stays.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import models

from controls.choices import AuditVerb, MappingRelation
from controls.errors import ConflictError
from controls.knowledge import ControlRow, Release, control_token
from controls.models import (
    Cadence,
    Catalog,
    Control,
    ControlLayer,
    ControlMapping,
    KnowledgeRelease,
    Layer,
    LayerFact,
    Profile,
    Provider,
    ServiceVariant,
    Source,
    System,
    User,
)
from controls.rules.permissions import Action
from controls.rules.references import NIST
from controls.services import access, audit, derivations
from controls.services.audit import audited

BASELINES = {"low": "Low", "moderate": "Moderate", "high": "High"}
BATCH = 400


@dataclass(frozen=True, slots=True)
class Loaded:
    """What a load did. `release` is None where everything was there already."""

    release: KnowledgeRelease | None
    counts: Mapping[str, int]
    systems_changed: int = 0


@audited
def load(*, facts: Release, by: User, at: datetime) -> Loaded:
    """Load a release and derive every system anew; return what was done.

    Raises NotAllowedError, and ConflictError where a release of this version was loaded
    with other content.
    """
    access.require(by, Action.LOAD_FACTS)
    known = KnowledgeRelease.objects.filter(version=facts.version).first()
    if known is not None:
        if known.sha256 != facts.sha256:
            raise ConflictError(
                f"Release {facts.version} was loaded with other content: "
                "give the new facts a version of their own."
            )
        _everything(facts, _catalogs(facts, at=at))
        return Loaded(None, {})
    release = KnowledgeRelease.objects.create(
        version=facts.version,
        sha256=facts.sha256,
        published_on=facts.published_on,
        loaded_at=at,
    )
    _sources(facts)
    layers = _layers(facts)
    variants = _variants(facts)
    _facts(facts, release, layers, variants)
    _cadences(facts, release, layers)
    catalogs = _catalogs(facts, at=at)
    controls = _controls(facts, catalogs[NIST])
    _baselines(facts, catalogs[NIST], controls)
    _crosswalk(facts, release, catalogs, controls)
    _everything(facts, catalogs)
    counts = {
        "layers": len(facts.layers),
        "service_variants": len(facts.variants),
        "controls": len(facts.controls),
        "mappings": len(facts.crosswalk),
        "cadences": len(facts.cadences),
    }
    audit.record(
        verb=AuditVerb.KNOWLEDGE_LOADED,
        target=release,
        after={"version": facts.version, "sha256": facts.sha256, **counts},
        by=by,
        at=at,
    )
    runs = [
        derivations.rederive(system=system, cause=f"Facts {facts.version}", by=by, at=at)
        for system in System.objects.select_related("owner_team").order_by("pk")
    ]
    return Loaded(release, counts, systems_changed=sum(run.changed > 0 for run in runs))


def touch_layers(catalog: Catalog, rows: Mapping[str, ControlRow]) -> None:
    """Give the catalog's controls the layers of the rows, by control id, where they have
    none.
    """
    layers = Layer.objects.in_bulk(field_name="code")
    bare = catalog.controls.filter(layers__isnull=True, control_id__in=rows)
    ControlLayer.objects.bulk_create(
        (
            ControlLayer(
                control=control,
                layer=layers[code],
                order=order,
                reason=rows[control.control_id].reason,
                confidence=rows[control.control_id].confidence,
            )
            for control in bare
            for order, code in enumerate(rows[control.control_id].layers)
        ),
        batch_size=BATCH,
    )


def _upsert(rows: Iterable[models.Model], key: str, fields: list[str]) -> None:
    """Create the rows that are missing and bring the others up to date, in one statement
    each.
    """
    listed = list(rows)
    manager = type(listed[0])._default_manager
    manager.bulk_create(
        listed,
        batch_size=BATCH,
        update_conflicts=True,
        unique_fields=[key],
        update_fields=fields,
    )


def _sources(facts: Release) -> None:
    fields = ["title", "publisher", "url", "year_seen"]
    _upsert(
        (
            Source(key=row.key, **{name: getattr(row, name) for name in fields})
            for row in facts.sources.values()
        ),
        "key",
        fields,
    )


def _layers(facts: Release) -> dict[str, Layer]:
    _upsert(
        (
            Layer(code=row.code, name=row.name, scope=row.scope, order=order)
            for order, row in enumerate(facts.layers.values())
        ),
        "code",
        ["name", "scope", "order"],
    )
    return Layer.objects.in_bulk(field_name="code")


def _variants(facts: Release) -> dict[str, ServiceVariant]:
    provider = Provider.objects.get(key="aws")
    fields = ["name", "iam_prefix", "model", "patch_evidence_api", "confidence"]
    _upsert(
        (
            ServiceVariant(
                key=row.key,
                provider=provider,
                **{name: getattr(row, name) for name in fields},
            )
            for row in facts.variants.values()
        ),
        "key",
        fields,
    )
    return ServiceVariant.objects.in_bulk(field_name="key")


def _facts(
    facts: Release,
    release: KnowledgeRelease,
    layers: Mapping[str, Layer],
    variants: Mapping[str, ServiceVariant],
) -> None:
    rows = [
        LayerFact(
            release=release,
            layer=layers[row.code],
            model=model,
            value=value,
            sources=row.sources,
            confidence=row.confidence,
        )
        for row in facts.layers.values()
        for model, value in row.defaults.items()
    ]
    rows += [
        LayerFact(
            release=release,
            layer=layers[fact.layer],
            variant=variants[fact.variant],
            value=fact.value,
            note=fact.note,
            sources=fact.sources,
            confidence=fact.confidence,
        )
        for fact in facts.variant_facts.values()
    ]
    LayerFact.objects.bulk_create(rows, batch_size=BATCH)


def _cadences(
    facts: Release, release: KnowledgeRelease, layers: Mapping[str, Layer]
) -> None:
    fields = ("key", "title", "kind", "every", "unit", "is_default", "triggers", "source")
    rows = [
        Cadence(
            release=release,
            confidence=row.confidence,
            control_ids=list(row.controls),
            **{name: getattr(row, name) for name in fields},
        )
        for row in facts.cadences
    ]
    Cadence.objects.bulk_create(rows, batch_size=BATCH)
    through = Cadence.layers.through
    through.objects.bulk_create(
        (
            through(cadence=cadence, layer=layers[code])
            for cadence, row in zip(rows, facts.cadences, strict=True)
            for code in row.layers
        ),
        batch_size=BATCH,
    )


def _catalogs(facts: Release, *, at: datetime) -> dict[str, Catalog]:
    """Return a catalog for each framework: the one that is there, else an outline."""
    found = {}
    for row in facts.frameworks.values():
        catalog = Catalog.objects.filter(key=row.key).order_by("pk").first()
        found[row.key] = catalog or Catalog.objects.create(
            key=row.key,
            version=row.version,
            title=row.title,
            publisher=row.publisher,
            text_shippable=row.text_shippable,
            is_outline=True,
            source=f"Shipped facts {facts.version}: ids only",
            imported_at=at,
        )
    return found


def _controls(facts: Release, catalog: Catalog) -> dict[str, Control]:
    """Create the controls that are missing, with their layers; return all by control id."""
    known = set(catalog.controls.values_list("control_id", flat=True))
    start = len(known)
    new = [
        Control(
            catalog=catalog,
            control_id=row.control_id,
            label=row.label,
            title=row.title.split(" | ")[-1],
            group_id=row.control_id.split("-")[0],
            group_title=row.family,
            order=start + number,
        )
        for number, row in enumerate(facts.controls.values())
        if row.control_id not in known
    ]
    Control.objects.bulk_create(new, batch_size=BATCH)
    controls = {control.control_id: control for control in catalog.controls.all()}
    children = []
    for control in controls.values():
        parent = controls.get(control.control_id.partition(".")[0])
        if control.parent_id is None and parent is not None and parent.pk != control.pk:
            control.parent = parent
            children.append(control)
    Control.objects.bulk_update(children, ["parent"], batch_size=BATCH)
    for row_catalog in Catalog.objects.filter(key=catalog.key):
        _forget_layers(row_catalog, facts.controls)
        touch_layers(row_catalog, facts.controls)
    return controls


def _forget_layers(catalog: Catalog, rows: Mapping[str, ControlRow]) -> None:
    """Take the shipped layers away where a release says others. What was derived from them
    tells them; what the organisation tagged stands beside.
    """
    known: dict[int, list[str]] = defaultdict(list)
    named: dict[int, str] = {}
    shipped = ControlLayer.objects.filter(control__catalog=catalog).order_by("order")
    for control, control_id, layer in shipped.values_list(
        "control_id", "control__control_id", "layer__code"
    ):
        known[control].append(layer)
        named[control] = control_id
    differing = [
        control
        for control, layers in known.items()
        if (row := rows.get(named[control])) and layers != list(row.layers)
    ]
    for index in range(0, len(differing), BATCH):
        found = ControlLayer.objects.filter(control__in=differing[index : index + BATCH])
        found.delete()


def _baselines(facts: Release, catalog: Catalog, controls: Mapping[str, Control]) -> None:
    for baseline, word in BASELINES.items():
        profile, _ = Profile.objects.get_or_create(
            key=f"{NIST}-{baseline}",
            defaults={
                "catalog": catalog,
                "title": f"NIST SP 800-53 r5 {word}",
                "source": f"Shipped facts {facts.version}",
            },
        )
        profile.controls.add(
            *(
                controls[row.control_id]
                for row in facts.controls.values()
                if baseline in row.baselines
            )
        )


def _crosswalk(
    facts: Release,
    release: KnowledgeRelease,
    catalogs: Mapping[str, Catalog],
    controls: Mapping[str, Control],
) -> None:
    targets = {
        key: _outlined(
            catalogs[key], [row.label for row in facts.crosswalk if row.framework == key]
        )
        for key in facts.frameworks
        if key != NIST
    }
    told = _told_by_people()
    pairs = [
        (row, controls[row.control_id], targets[row.framework][control_token(row.label)])
        for row in facts.crosswalk
    ]
    ControlMapping.objects.bulk_create(
        (
            ControlMapping(
                source=source,
                target=target,
                relation=MappingRelation.INTERSECTS_WITH,
                grade=row.grade,
                release=release,
            )
            for row, source, target in pairs
            if frozenset((source.pk, target.pk)) not in told
        ),
        batch_size=BATCH,
        update_conflicts=True,
        unique_fields=["source", "target"],
        update_fields=["grade", "release"],
    )


def _told_by_people() -> set[frozenset[int]]:
    """Return the pairs of controls of which a file that somebody imported tells."""
    rows = ControlMapping.objects.filter(release__isnull=True)
    return {frozenset(pair) for pair in rows.values_list("source_id", "target_id")}


def _everything(facts: Release, catalogs: Mapping[str, Catalog]) -> None:
    """Give each framework of which only ids are shipped a profile of all of it, so that it
    can be in scope on the first day.
    """
    for row in facts.frameworks.values():
        if row.key == NIST:
            continue
        catalog = catalogs[row.key]
        profile, _ = Profile.objects.get_or_create(
            key=row.key,
            defaults={
                "catalog": catalog,
                "title": f"{row.title} {row.version}".strip(),
                "source": f"Shipped facts {facts.version}: ids only",
            },
        )
        if profile.catalog_id == catalog.pk:
            profile.controls.add(*catalog.controls.in_force())


def _outlined(catalog: Catalog, labels: Iterable[str]) -> dict[str, Control]:
    """Create the controls of an outline that are missing, in printed order; return all by
    id.
    """
    # A publisher's file may name them in capitals, as NIST's of the CSF does.
    known = {control.control_id.lower(): control for control in catalog.controls.all()}
    missing = {control_token(label): label for label in labels}
    new = [
        Control(
            catalog=catalog,
            control_id=token,
            label=label,
            group_id=_group(label),
            order=len(known) + number,
        )
        for number, (token, label) in enumerate(
            sorted(missing.items(), key=lambda pair: _natural(pair[1]))
        )
        if token not in known
    ]
    Control.objects.bulk_create(new, batch_size=BATCH)
    return {**known, **{control.control_id: control for control in new}}


def _group(label: str) -> str:
    """Return the family of a printed id:

    `A.5` of A.5.1, `CC6` of CC6.1, `IAM` of IAM-07.
    """
    for separator in ("-", "."):
        head, found, _ = label.rpartition(separator)
        if found:
            return head.lower()
    return ""


def _natural(label: str) -> list[Any]:
    """Return a sort key in which A.5.9 stands before A.5.10."""
    pieces = label.replace("-", ".").split(".")
    return [(1, int(piece), "") if piece.isdecimal() else (0, 0, piece) for piece in pieces]
