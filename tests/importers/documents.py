"""Small OSCAL catalogs of our own."""

from __future__ import annotations

import json
from typing import Any


def as_bytes(document: Any) -> bytes:
    """The document as a file holds it."""
    return json.dumps(document, indent=1).encode()


def a_catalog() -> dict[str, Any]:
    """One control outside groups, one with an enhancement, one withdrawn, nested groups."""
    return {
        "catalog": {
            "uuid": "5b2bd1c8-0d9c-4d0b-9a57-0d5e38b1b0a1",
            "metadata": {
                "title": "Tiny",
                "last-modified": "2026-01-01T00:00:00Z",
                "version": "1.0",
                "oscal-version": "1.2.1",
                "parties": [
                    {"type": "person", "name": "Somebody"},
                    {"type": "organization", "name": "Test Press"},
                ],
            },
            "controls": [{"id": "tiny-0", "title": "Outside any group"}],
            "groups": [
                {"id": "ac", "title": "Access", "controls": [_ac_1(), _ac_2()]},
                {
                    "id": "pe",
                    "title": "Physical",
                    "groups": [
                        {
                            "id": "pe-in",
                            "title": "Inside",
                            "controls": [{"id": "pe-1", "title": "Doors"}],
                        }
                    ],
                },
            ],
        }
    }


def _ac_1() -> dict[str, Any]:
    return {
        "id": "ac-1",
        "title": "Policy",
        "props": [
            {"name": "label", "class": "sp800-53a", "value": "AC-01"},
            {"name": "label", "value": "AC-1"},
        ],
        "params": [
            {"id": "ac-1_prm_1", "label": "frequency"},
            {
                "id": "ac-1_prm_2",
                "select": {
                    "how-many": "one-or-more",
                    "choice": ["weekly", "every {{ insert: param, ac-1_prm_1 }}"],
                },
            },
            {"id": "ac-1_prm_3", "values": ["12 months"]},
        ],
        "parts": [
            {
                "id": "ac-1_smt",
                "name": "statement",
                "parts": [
                    {
                        "id": "ac-1_smt.a",
                        "name": "item",
                        "props": [{"name": "label", "value": "a."}],
                        "prose": "Review {{ insert: param, ac-1_prm_1 }}.",
                    },
                    {
                        "name": "item",
                        "props": [{"name": "label", "value": "b."}],
                        "prose": "An item that was given no id.",
                    },
                ],
            },
            {"id": "ac-1_gdn", "name": "guidance", "prose": "Think."},
            {"id": "ac-1_obj", "name": "assessment-objective", "prose": "Look."},
        ],
        "controls": [
            {
                "id": "ac-1.1",
                "title": "More policy",
                "parts": [{"id": "ac-1.1_smt", "name": "statement", "prose": "More."}],
            }
        ],
    }


def _ac_2() -> dict[str, Any]:
    return {
        "id": "ac-2",
        "title": "Gone",
        "props": [{"name": "status", "value": "Withdrawn"}],
    }
