"""Reads a release of the shipped facts and refuses one that does not add up."""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections import Counter
from collections.abc import Callable, Collection, Mapping
from datetime import date
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable
from types import MappingProxyType
from typing import Any, TypeVar

from controls.knowledge.records import (
    Cadence,
    ControlRow,
    CrosswalkRow,
    Framework,
    LayerFact,
    LayerRow,
    Release,
    SourceRow,
    VariantRow,
)
from controls.knowledge.tokens import control_token

LATEST = "2026.1"
MANIFEST = "manifest.json"

MODELS = ("infrastructure", "managed", "abstracted")
SCOPES = frozenset({"service", "system", "organization"})
VALUES = frozenset(
    {
        "provider",
        "provider-if-configured",
        "shared",
        "parallel",
        "customer",
        "not-applicable",
    }
)
CONFIDENCES = frozenset({"H", "M", "L"})
GRADES = frozenset({"D", "W", "E"})
BASELINES = frozenset({"low", "moderate", "high"})
REVIEW_KINDS = frozenset(
    {
        "patching",
        "configuration",
        "access",
        "training",
        "provider-report",
        "restore",
        "other",
    }
)
EVIDENCE_KINDS = frozenset(
    {
        "access-review",
        "agreement",
        "assessment",
        "attestation",
        "change-record",
        "config-review",
        "config-scan",
        "exercise-record",
        "incident-record",
        "inventory",
        "patch-report",
        "plan",
        "policy",
        "provider-report",
        "responsibility-matrix",
        "restore-test",
        "review-record",
        "training-record",
        "vuln-scan",
    }
)
UNITS = frozenset({"days", "weeks", "months", "years"})
YES_NO = {"yes": True, "no": False}
DOCUMENTS = {
    "PCI DSS": "PCI-DSS",
    "FedRAMP": "FEDRAMP-MOD",
    "CIS v8.1": "CIS-8.1",
    "editorial": "editorial",
}
"""How the source id of a cadence begins → the key of the document it is in."""

T = TypeVar("T")


class KnowledgeError(Exception):
    """The shipped facts do not add up; the message names file, row and field."""


class _Row:
    """One line of a file, whose fields are taken by name and checked."""

    def __init__(self, file: str, line: int, fields: Mapping[Any, Any]) -> None:
        self._file, self._line, self._fields = file, line, fields
        if None in fields:
            raise self.fail("the last", "more fields follow than the first row names")

    def fail(self, name: str, why: str) -> KnowledgeError:
        """Return the error that names the place."""
        return KnowledgeError(f"{self._file}, row {self._line}, {name}: {why}")

    def text(self, name: str, *, required: bool = False) -> str:
        """Return a field as written."""
        value = self._fields.get(name)
        if not isinstance(value, str) or (required and not value):
            raise self.fail(name, "is missing")
        return value

    def one_of(self, name: str, known: Collection[str]) -> str:
        """Return a field that must be one of the known tokens."""
        value = self.text(name)
        if value not in known:
            raise self.fail(name, f"{value!r} is not known")
        return value

    def several_of(self, name: str, known: Collection[str]) -> tuple[str, ...]:
        """Return the words of a field, each of which must be known."""
        words = tuple(self.text(name).split())
        for word in words:
            if word not in known:
                raise self.fail(name, f"{word!r} is not known")
            if words.count(word) > 1:
                raise self.fail(name, f"{word!r} stands there twice")
        return words

    def number(self, name: str) -> int:
        """Return a whole number of at least one."""
        value = self.text(name)
        if not value.isdecimal() or int(value) < 1:
            raise self.fail(name, f"{value!r} is not a whole number of at least 1")
        return int(value)


class _Folder:
    """The files of a release, each checked against the manifest as it is read."""

    def __init__(self, folder: Traversable) -> None:
        self._folder = folder
        raw = self._bytes(MANIFEST)
        self.sha256 = hashlib.sha256(raw).hexdigest()
        try:
            manifest = json.loads(raw)
            self.version = str(manifest["version"])
            self.published_on = date.fromisoformat(manifest["published_on"])
            self.lead_times_days = tuple(int(d) for d in manifest["lead_times_days"])
            self.attribution = MappingProxyType(dict(manifest["attribution"]))
            self._stated = {
                name: (str(file["sha256"]), int(file["rows"]))
                for name, file in manifest["files"].items()
            }
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise KnowledgeError(
                f"{MANIFEST}: is not a manifest ({type(error).__name__}: {error})"
            ) from error

    def rows(self, name: str) -> list[_Row]:
        """Return the lines of a file. Row 1 holds the names of the fields."""
        raw = self._bytes(name)
        sha256, count = self._stated.get(name, ("", 0))
        if hashlib.sha256(raw).hexdigest() != sha256:
            raise KnowledgeError(f"{name}: its hash is not the one in {MANIFEST}")
        try:
            lines = csv.DictReader(
                io.StringIO(raw.decode("utf-8"), newline=""), strict=True
            )
            found = [_Row(name, line, fields) for line, fields in enumerate(lines, start=2)]
        except (UnicodeDecodeError, csv.Error) as error:
            raise KnowledgeError(f"{name}: is not CSV in UTF-8 ({error})") from error
        if len(found) != count:
            raise KnowledgeError(f"{name}: holds {len(found)} rows, not {count}")
        return found

    def keyed(
        self, name: str, read: Callable[[_Row], T], key: Callable[[T], Any]
    ) -> Mapping[Any, T]:
        """Return the rows of a file by a key that may occur once."""
        found: dict[Any, T] = {}
        for row in self.rows(name):
            item = read(row)
            if key(item) in found:
                raise row.fail("key", f"{key(item)!r} stands there twice")
            found[key(item)] = item
        return MappingProxyType(found)

    def _bytes(self, name: str) -> bytes:
        file = self._folder / name
        if not file.is_file():
            raise KnowledgeError(f"{name}: is missing from the release")
        return file.read_bytes()


@cache
def read_release(version: str = LATEST) -> Release:
    """Return a shipped release, read once.

    Raises KnowledgeError where it does not add up.
    """
    return read_folder(resources.files("controls.knowledge") / "data" / version)


def read_folder(folder: Traversable) -> Release:
    """Return the release in a folder. Raises KnowledgeError where it does not add up."""
    files = _Folder(folder)
    sources = files.keyed("sources.csv", _source, lambda row: row.key)
    layers = files.keyed(
        "layers.csv", lambda row: _layer(row, sources), lambda row: row.code
    )
    variants = files.keyed(
        "service_variants.csv", lambda row: _variant(row, sources), lambda row: row.key
    )
    frameworks = files.keyed("frameworks.csv", _framework, lambda row: row.key)
    controls = files.keyed(
        "controls.csv", lambda row: _control(row, layers), lambda row: row.control_id
    )
    crosswalk = files.keyed(
        "crosswalk.csv",
        lambda row: _pair(row, controls, frameworks),
        lambda row: (row.control_id, row.framework, row.label),
    )
    cadences = files.keyed(
        "cadences.csv",
        lambda row: _cadence(row, layers, sources, controls),
        lambda row: (row.key, row.source, row.every, row.unit),
    )
    _check_one_default(cadences.values())
    return Release(
        version=files.version,
        published_on=files.published_on,
        sha256=files.sha256,
        lead_times_days=files.lead_times_days,
        layers=layers,
        variants=variants,
        variant_facts=files.keyed(
            "variant_facts.csv",
            lambda row: _fact(row, layers, variants, sources),
            lambda row: (row.variant, row.layer),
        ),
        sources=sources,
        frameworks=frameworks,
        controls=controls,
        crosswalk=tuple(crosswalk.values()),
        cadences=tuple(cadences.values()),
        attribution=files.attribution,
    )


def _source(row: _Row) -> SourceRow:
    return SourceRow(
        key=row.text("key", required=True),
        title=row.text("title", required=True),
        publisher=row.text("publisher"),
        url=row.text("url"),
        year_seen=row.text("year_seen"),
    )


def _layer(row: _Row, sources: Collection[str]) -> LayerRow:
    scope = row.one_of("scope", SCOPES)
    defaults = MappingProxyType({model: row.one_of(model, VALUES) for model in MODELS})
    if scope != "service" and len(set(defaults.values())) > 1:
        raise row.fail("scope", "a layer above the services has one value for all models")
    return LayerRow(
        code=row.text("code", required=True),
        name=row.text("name", required=True),
        scope=scope,
        defaults=defaults,
        sources=" ".join(row.several_of("sources", sources)),
        confidence=row.one_of("confidence", CONFIDENCES),
    )


def _variant(row: _Row, sources: Collection[str]) -> VariantRow:
    return VariantRow(
        key=row.text("key", required=True),
        name=row.text("name", required=True),
        iam_prefix=row.text("iam_prefix"),
        model=row.one_of("model", MODELS),
        sources=" ".join(row.several_of("sources", sources)),
        patch_evidence_api=row.text("patch_evidence_api"),
        confidence=row.one_of("confidence", CONFIDENCES),
    )


def _fact(
    row: _Row,
    layers: Mapping[str, LayerRow],
    variants: Collection[str],
    sources: Collection[str],
) -> LayerFact:
    layer = row.one_of("layer", layers)
    if layers[layer].scope != "service":
        raise row.fail("layer", f"{layer} does not depend on a service")
    return LayerFact(
        variant=row.one_of("variant", variants),
        layer=layer,
        value=row.one_of("value", VALUES),
        basis="variant",
        note=row.text("note"),
        sources=" ".join(row.several_of("sources", sources)),
        confidence=row.one_of("confidence", CONFIDENCES),
    )


def _framework(row: _Row) -> Framework:
    return Framework(
        key=row.text("key", required=True),
        version=row.text("version"),
        title=row.text("title", required=True),
        publisher=row.text("publisher", required=True),
        text_shippable=YES_NO[row.one_of("text_shippable", YES_NO)],
    )


def _control(row: _Row, layers: Collection[str]) -> ControlRow:
    touched = row.several_of("layers", layers)
    if not touched:
        raise row.fail("layers", "is missing")
    label = row.text("label", required=True)
    return ControlRow(
        control_id=row.one_of("control_id", {control_token(label)}),
        label=label,
        title=row.text("title", required=True),
        family=row.text("family", required=True),
        baselines=frozenset(row.several_of("baselines", BASELINES)),
        layers=touched,
        evidence_kinds=row.several_of("evidence_kinds", EVIDENCE_KINDS),
        reason=row.text("reason", required=True),
        confidence=row.one_of("confidence", CONFIDENCES),
    )


def _pair(
    row: _Row, controls: Collection[str], frameworks: Collection[str]
) -> CrosswalkRow:
    return CrosswalkRow(
        control_id=row.one_of("control_id", controls),
        framework=row.one_of("framework", frameworks),
        label=row.text("label", required=True),
        grade=row.one_of("grade", GRADES),
    )


def _cadence(
    row: _Row,
    layers: Collection[str],
    sources: Collection[str],
    controls: Collection[str],
) -> Cadence:
    source = row.text("source", required=True)
    document = next((key for word, key in DOCUMENTS.items() if source.startswith(word)), "")
    if document not in sources:
        raise row.fail("source", f"{source!r} is in no known document")
    return Cadence(
        key=row.text("key", required=True),
        title=row.text("title", required=True),
        kind=row.one_of("kind", REVIEW_KINDS),
        every=row.number("every"),
        unit=row.one_of("unit", UNITS),
        is_default=YES_NO[row.one_of("is_default", YES_NO)],
        triggers=row.text("triggers"),
        audience=row.text("audience"),
        source=source,
        document=document,
        confidence=row.one_of("confidence", CONFIDENCES),
        layers=row.several_of("layers", layers),
        controls=row.several_of("controls", controls),
    )


def _check_one_default(cadences: Collection[Cadence]) -> None:
    defaults = Counter(row.key for row in cadences if row.is_default)
    for key in dict.fromkeys(row.key for row in cadences):
        if defaults[key] != 1:
            raise KnowledgeError(
                f"cadences.csv, {key}, is_default: {defaults[key]} rows say yes, not one"
            )
