"""The matrix as JSON: compact, since a thousand controls go into one answer."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from controls.models import Decision
from controls.queries.matrix import Matrix, Row


class ColumnSerializer(serializers.Serializer[Any]):
    """A service in use."""

    variant = serializers.CharField()
    name = serializers.CharField()
    accounts = serializers.ListField(child=serializers.CharField())
    regions = serializers.ListField(child=serializers.CharField())
    since = serializers.DateField()


class DecidedSerializer(serializers.Serializer[Any]):
    """What people decided, in its newest revision."""

    number = serializers.IntegerField()
    state = serializers.CharField()
    kind = serializers.CharField()
    source = serializers.CharField()
    owner_team = serializers.CharField(allow_null=True)
    implementation_status = serializers.CharField()
    by = serializers.CharField(help_text="name of who made this revision")
    at = serializers.DateTimeField()


class ElsewhereSerializer(serializers.Serializer[Any]):
    """How the organisation decides a control once for all systems."""

    system = serializers.CharField()
    name = serializers.CharField()
    state = serializers.CharField()
    kind = serializers.CharField()


class RowSerializer(serializers.Serializer[Any]):
    """A control in the matrix."""

    responsibility = serializers.UUIDField()
    control_id = serializers.CharField()
    label = serializers.CharField()
    title = serializers.CharField()
    group = serializers.CharField()
    answer = serializers.CharField(help_text="derived, over all services")
    derived_kind = serializers.CharField()
    kind = serializers.CharField(help_text="decided, else derived")
    cells = serializers.DictField(
        child=serializers.CharField(), help_text="derived, by service"
    )
    whole = serializers.CharField(help_text="derived, for the layers above the services")
    state = serializers.CharField()
    suspect = serializers.BooleanField()
    decided = DecidedSerializer(allow_null=True)
    approved = serializers.IntegerField(
        allow_null=True, help_text="newest approved revision"
    )
    elsewhere = ElsewhereSerializer(allow_null=True)


class CountsSerializer(serializers.Serializer[Any]):
    """How many of each."""

    controls = serializers.IntegerField()
    kinds = serializers.DictField(child=serializers.IntegerField())
    answers = serializers.DictField(child=serializers.IntegerField())
    states = serializers.DictField(child=serializers.IntegerField())
    suspect = serializers.IntegerField()
    unowned = serializers.IntegerField()


class MatrixSerializer(serializers.Serializer[Any]):
    """A system's matrix at a moment."""

    system = serializers.CharField()
    name = serializers.CharField()
    as_of = serializers.DateTimeField(help_text="by what was recorded then")
    on = serializers.DateField(help_text="what was in force that day")
    releases = serializers.ListField(child=serializers.CharField())
    profiles = serializers.ListField(child=serializers.CharField())
    counts = CountsSerializer()
    columns = ColumnSerializer(many=True)
    rows = RowSerializer(many=True)


def shown(found: Matrix) -> dict[str, Any]:
    """Return the matrix as MatrixSerializer describes it, built by hand:

    it is ten times quicker.
    """
    return {
        "system": found.system.key,
        "name": found.system.name,
        "as_of": found.moment.as_of,
        "on": found.moment.on,
        "releases": found.releases,
        "profiles": found.profiles,
        "counts": {
            "controls": len(found.rows),
            "kinds": found.kinds,
            "answers": found.answers,
            "states": found.states,
            "suspect": found.suspects,
            "unowned": found.unowned,
        },
        "columns": [
            {
                "variant": column.variant,
                "name": column.name,
                "accounts": column.accounts,
                "regions": column.regions,
                "since": column.since,
            }
            for column in found.columns
        ],
        "rows": [_row(row) for row in found.rows],
    }


def _row(row: Row) -> dict[str, Any]:
    derivation, control = row.derivation, row.control
    return {
        "responsibility": row.responsibility.uuid,
        "control_id": control.control_id,
        "label": control.label,
        "title": control.title,
        "group": control.group_id,
        "answer": derivation.answer if derivation else "undetermined",
        "derived_kind": derivation.kind if derivation else "undetermined",
        "kind": row.kind,
        "cells": derivation.cells if derivation else {},
        "whole": derivation.whole if derivation else "",
        "state": row.state,
        "suspect": row.suspect,
        "decided": _decided(row.decision),
        "approved": row.approved.number if row.approved else None,
        "elsewhere": (
            {
                "system": row.elsewhere.system_key,
                "name": row.elsewhere.system_name,
                "state": row.elsewhere.state,
                "kind": row.elsewhere.kind,
            }
            if row.elsewhere
            else None
        ),
    }


def _decided(decision: Decision | None) -> dict[str, Any] | None:
    if decision is None:
        return None
    return {
        "number": decision.number,
        "state": decision.state,
        "kind": decision.kind,
        "source": decision.source,
        "owner_team": decision.owner_team.key if decision.owner_team else None,
        "implementation_status": decision.implementation_status,
        "by": decision.by.name,
        "at": decision.at,
    }
