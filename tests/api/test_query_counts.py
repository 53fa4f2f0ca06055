"""A list costs the same however much there is, and never more than six queries."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from controls.models import Profile
from controls.services import tokens
from tests.api.conftest import Api
from tests.make import (
    make_catalog,
    make_decision,
    make_duty,
    make_grc_lead,
    make_member,
    make_profile,
    make_schedule,
    make_system,
    make_team,
    make_user,
    make_world,
)

pytestmark = pytest.mark.django_db

MANY = {f"ac-{number}": ("virtualization", "iam") for number in range(1, 41)}
LISTS = [
    "audit-events/",
    "catalogs/",
    "controls/",
    "duties/",
    "duties/?unowned=false&disputed=false&team=team-1",
    "layers/",
    "overrides/",
    "profiles/",
    "providers/",
    "responsibilities/",
    "responsibilities/?suspect=true&kind=shared&state=proposed",
    "review-schedules/",
    "reviews/",
    "reviews/?overdue=true&state=open&team=team-1",
    "service-variants/",
    "systems/",
    "teams/",
    "tokens/",
    "users/",
]


def grow(numbers):
    """Teams with a member, a system, a decision on it, and a duty that is reviewed."""
    for number in numbers:
        team = make_team(f"team-{number}")
        make_member(team)
        many = Profile.objects.get(key="many")
        system = make_system(team, "ec2", "rds", profile=many, key=f"system-{number}")
        make_decision(system, "ac-1")
        make_schedule(make_duty(system, "ac-2"))


def queries(api, path):
    """How many queries the request takes, its sign-in included."""
    api.get(path)
    with CaptureQueriesContext(connection) as seen:
        assert api.get(path).status_code == 200
    return len(seen)


@pytest.fixture
def world():
    make_world()
    make_profile(make_catalog(MANY), key="many")
    grow(range(2))


@pytest.mark.parametrize("path", LISTS)
@pytest.mark.parametrize("make_reader", [make_grc_lead, make_user])
def test_a_list_costs_the_same_at_two_sizes_and_at_most_six(world, path, make_reader):
    api = Api(make_reader())
    few = queries(api, path)

    grow(range(2, 8))

    assert queries(api, path) == few <= 6


def test_signing_in_costs_one_query(world):
    text = Api(make_user()).headers["Authorization"].removeprefix("Bearer ")
    now = timezone.now()
    tokens.use(text=text, at=now)

    with CaptureQueriesContext(connection) as seen:
        tokens.use(text=text, at=now)

    assert len(seen) == 1


def test_a_matrix_costs_at_most_ten_queries_at_two_sizes(world):
    api = Api(make_grc_lead())
    small = queries(api, "systems/system-0/matrix/")
    many = Profile.objects.get(key="many")
    big = make_system(make_team("big"), "ec2", "rds", "s3", profile=many, key="big")
    for control_id in list(MANY)[:30]:
        make_decision(big, control_id)

    sign_in_and_find = 3
    assert queries(api, "systems/big/matrix/") <= small <= 10 + sign_in_and_find


def test_a_step_of_deciding_costs_twelve_queries_whatever_the_history(world):
    api = Api(make_grc_lead())
    row = api.rows("responsibilities/", system="system-0", control_id="ac-2")[0]
    path = f"responsibilities/{row['uuid']}/assign/"
    tag = f'"v{row["version"]}"'
    costs = []

    for _ in range(12):
        with CaptureQueriesContext(connection) as seen:
            tag = api.post(path, {"rationale": "Once more."}, If_Match=tag)["ETag"]
        costs.append(len(seen))

    sign_in_and_roles, savepoint = 3, 2
    assert max(costs) <= 12 + sign_in_and_roles + savepoint


@pytest.mark.parametrize(
    "path",
    [
        "systems/system-1/",
        "teams/team-1/",
        "service-variants/rds/",
        "users/me/",
    ],
)
def test_a_single_thing_costs_at_most_nine(world, path):
    assert queries(Api(make_grc_lead()), path) <= 9
