"""Lists come in pages by cursor."""

import pytest

from tests.make import make_admin, make_team, make_user

pytestmark = pytest.mark.django_db


def keys_of(api, path):
    keys = []
    while path:
        page = api.client.get(path, headers=api.headers).json()
        keys += [row["key"] for row in page["results"]]
        path = page["next"]
    return keys


def test_following_next_shows_every_row_once_in_the_order_of_recording(api_of):
    made = [make_team(f"team-{number:03}").key for number in range(7)]

    assert keys_of(api_of(make_admin()), "/api/v1/teams/?limit=3") == made


def test_a_row_added_meanwhile_neither_repeats_nor_hides_another(api_of):
    for number in range(4):
        make_team(f"team-{number}")
    api = api_of(make_admin())
    first = api.get("teams/", limit=2).json()

    make_team("a-late-one")

    rest = keys_of(api, first["next"])
    assert rest == ["team-2", "team-3", "a-late-one"]


def test_a_page_holds_fifty_rows_and_never_more_than_two_hundred(api_of):
    for _ in range(201):
        make_user()
    api = api_of(make_admin())

    usual = api.rows("users/")
    most = api.rows("users/", limit=1000)

    assert (len(usual), len(most)) == (50, 200)


@pytest.mark.parametrize("limit", ["0", "-1", "many"])
def test_a_limit_that_is_no_number_of_rows_means_the_usual_one(api_of, limit):
    assert api_of(make_user()).get("systems/", limit=limit).status_code == 200
