"""Rules for every input and every list, so that the next one cannot forget them."""

import pytest
from django.urls import get_resolver
from rest_framework import serializers

from controls.api.base import Door, ReadOnlyViewSet, StrictSerializer, VisibleField
from controls.models import AuditEvent, Team
from tests.access.table import routes
from tests.make import make_admin, make_member, make_system, make_team

VIEWS = list(
    dict.fromkeys(
        getattr(pattern.callback, "cls", object)
        for route, pattern in routes(get_resolver().url_patterns)
        if route.startswith("api/v1/")
    )
)
INPUTS = StrictSerializer.__subclasses__()
CANARIES = {
    "is_staff": True,
    "is_superuser": True,
    "role": "admin",
    "team": "x",
    "created_by": "me",
    "version": 99,
    "uuid": "00000000-0000-0000-0000-000000000000",
    "hash": "0",
    "id": 1,
}


def test_there_is_something_to_look_at():
    assert len(VIEWS) > 12
    assert len(INPUTS) > 10


@pytest.mark.parametrize("view", VIEWS, ids=lambda view: view.__name__)
def test_a_view_goes_through_the_common_door(view):
    assert issubclass(view, Door)


@pytest.mark.parametrize(
    "view", [v for v in VIEWS if issubclass(v, ReadOnlyViewSet)], ids=lambda v: v.__name__
)
def test_a_list_is_read_through_what_its_reader_may_see(view):
    scoped = hasattr(view.model._default_manager, "visible_to")

    assert view.queryset is None
    assert scoped == (view.visible is ReadOnlyViewSet.visible)


@pytest.mark.parametrize(
    "given", INPUTS, ids=lambda given: f"{given.__module__}.{given.__name__}"
)
def test_a_row_that_a_body_names_is_looked_for_among_the_visible_only(given):
    fields = list(given().fields.values())
    fields += [getattr(field, "child", field) for field in fields]
    relations = [f for f in fields if isinstance(f, serializers.RelatedField)]
    scoped = [field for field in relations if isinstance(field, VisibleField)]

    assert scoped == relations
    # Without somebody who asks there is nothing to find.
    assert not any(field.get_queryset().exists() for field in scoped)


@pytest.mark.parametrize(
    "given", INPUTS, ids=lambda given: f"{given.__module__}.{given.__name__}"
)
def test_a_text_has_a_longest_length(given):
    texts = [f for f in given().fields.values() if type(f) is serializers.CharField]

    assert all(field.max_length for field in texts)


@pytest.mark.django_db
@pytest.mark.parametrize("field", CANARIES)
@pytest.mark.parametrize(
    ("verb", "path", "body"),
    [
        ("post", "teams/", {"key": "new", "name": "New"}),
        ("patch", "teams/payments/", {"name": "Other"}),
        ("post", "systems/", {"key": "new", "name": "New", "owner_team": "payments"}),
        ("patch", "systems/shop/", {"name": "Other"}),
        ("post", "systems/shop/services/", {"services": [{"variant": "s3"}]}),
    ],
)
def test_a_field_that_is_not_offered_is_refused_by_name(api_of, verb, path, body, field):
    team = make_team("payments")
    make_system(team, "ec2", key="shop")
    api = api_of(make_admin() if "teams" in path else make_member(team, "lead"))
    before = AuditEvent.objects.count()

    answer = getattr(api, verb)(path, {**body, field: CANARIES[field]}, version=1)

    assert answer.status_code == 400
    assert answer.json()["errors"] == [
        {"place": field, "detail": "There is no such field."}
    ]
    assert AuditEvent.objects.count() == before
    assert Team.objects.get(key="payments").name == "Payments"
