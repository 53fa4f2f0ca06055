"""Rules that hold for every model, so that the next one cannot forget them."""

import re

import pytest
from django.apps import apps
from django.db import connection, models

from controls.models import triggers

OURS = [m for m in apps.get_models() if m._meta.app_label in {"controls", "evidence"}]
PAIRS = [
    pytest.param(model, field.name.removesuffix("_by"), id=f"{model.__name__}.{field.name}")
    for model in OURS
    for field in model._meta.fields
    if field.name.endswith("_by") and field.null
]
HOLDS_TENANT_DATA_BY_ITS_PARENT = {
    "AuditHead",
    "Cadence",
    "ControlLayer",
    "ControlMapping",
    "ControlPart",
    "Decision",
    "Derivation",
    "Heartbeat",
    "IdempotencyRecord",
    "KnowledgeRelease",
    "Layer",
    "LayerFact",
    "PersonalName",
    "Provider",
    "Source",
}
"""Rows that are read through a visible parent, or that hold nothing of a team."""


@pytest.mark.parametrize(("model", "stem"), PAIRS)
def test_when_and_by_whom_are_tied_together(model, stem):
    names = {constraint.name for constraint in model._meta.constraints}

    assert f"{model.__name__.lower()}_{stem}_at_with_by" in names


@pytest.mark.parametrize("model", OURS, ids=lambda m: m.__name__)
def test_nothing_that_an_auditor_may_ask_for_goes_with_its_parent(model):
    keys = [f for f in model._meta.fields if isinstance(f, models.ForeignKey)]

    assert {key.remote_field.on_delete for key in keys} <= {models.PROTECT}


@pytest.mark.parametrize("model", OURS, ids=lambda m: m.__name__)
def test_a_model_says_who_sees_it_or_why_it_need_not(model):
    scoped = hasattr(model._default_manager, "visible_to")

    assert scoped != (model.__name__ in HOLDS_TENANT_DATA_BY_ITS_PARENT)


@pytest.mark.parametrize("model", OURS, ids=lambda m: m.__name__)
def test_a_model_has_no_default_order(model):
    assert not model._meta.ordering


@pytest.mark.parametrize("model", OURS, ids=lambda m: m.__name__)
def test_names_of_fields_tell_their_kind(model):
    for field in model._meta.fields:
        if isinstance(field, models.DateTimeField):
            # A lease runs out at an instant, and is called as everybody calls it.
            assert re.search(r"(^|_)at$|last_login|^lease_until$", field.name)
        elif isinstance(field, models.DateField):
            assert re.search(r"_on$|_until$|_from$|^since$|^until$", field.name)


@pytest.mark.django_db
def test_the_triggers_are_there():
    assert triggers.missing(connection) == []
    assert triggers.tables() == [
        "controls_auditevent",
        "controls_decision",
        "controls_derivation",
        "controls_importedinventory",
        "controls_importedmatrix",
        "controls_importedrow",
        "controls_reviewsnooze",
        "evidence_artifact",
        "evidence_evidenceverdict",
        "evidence_evidenceversion",
    ]
