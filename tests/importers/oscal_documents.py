"""Small OSCAL profiles and mapping collections of our own."""

from __future__ import annotations

from typing import Any

METADATA = {
    "title": "Tiny baseline",
    "last-modified": "2026-01-01T00:00:00Z",
    "version": "1.0",
    "oscal-version": "1.2.1",
}
PROFILE_UUID = "0c2b6a6e-6a2c-4b39-9a5b-7cc1d3f1a001"
RESOURCE = "0c2b6a6e-6a2c-4b39-9a5b-7cc1d3f1a002"


def a_profile(*imports: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A profile; without imports it takes AC-1 of the tiny catalog by its title."""
    return {
        "profile": {
            "uuid": PROFILE_UUID,
            "metadata": METADATA,
            "imports": list(imports) or [an_import("ac-1")],
            "merge": {"as-is": True},
            **more,
            "back-matter": {
                "resources": [
                    {
                        "uuid": RESOURCE,
                        "title": "Tiny",
                        "rlinks": [{"href": "../json/tiny.json"}],
                    }
                ]
            },
        }
    }


def an_import(*ids: str, href: str = f"#{RESOURCE}") -> dict[str, Any]:
    """An import of these controls."""
    return {"href": href, "include-controls": [{"with-ids": list(ids)}]}


def a_mapping(*maps: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A collection that maps the catalog `one` to the catalog `two`."""
    return {
        "mapping-collection": {
            "uuid": "0c2b6a6e-6a2c-4b39-9a5b-7cc1d3f1a003",
            "metadata": {**METADATA, "title": "One to two"},
            "provenance": {
                "method": "human",
                "matching-rationale": "semantic",
                "status": "complete",
                "mapping-description": "By reading both.",
            },
            "mappings": [
                {
                    "uuid": "0c2b6a6e-6a2c-4b39-9a5b-7cc1d3f1a004",
                    "source-resource": {"type": "catalog", "href": "one.json"},
                    "target-resource": {"type": "catalog", "href": "two.json"},
                    "maps": list(maps) or [a_map(["a-1"], ["b-1"])],
                    **more,
                }
            ],
        }
    }


def a_map(
    sources: list[str], targets: list[str], relation: str = "equal-to", **more: Any
) -> dict[str, Any]:
    """A map of controls; ids with `_smt` are statements."""
    return {
        "uuid": "0c2b6a6e-6a2c-4b39-9a5b-7cc1d3f1a005",
        "relationship": relation,
        "sources": [_end(name) for name in sources],
        "targets": [_end(name) for name in targets],
        **more,
    }


def _end(name: str) -> dict[str, str]:
    return {"type": "statement" if "_smt" in name else "control", "id-ref": name}
