"""The API describes itself, and what it describes is what it does."""

import io
import json

import pytest
from django.core.management import call_command

from tests.access.table import routes
from tests.api.shop.calls import ROOT, signed_in
from tests.make import make_user

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def document():
    out = io.StringIO()
    call_command("spectacular", "--format", "openapi-json", stdout=out)
    return json.loads(out.getvalue())


def operations(document):
    return [
        (verb, path, operation)
        for path, verbs in document["paths"].items()
        for verb, operation in verbs.items()
    ]


def test_it_is_valid_and_without_a_warning(tmp_path):
    call_command(
        "spectacular", "--validate", "--fail-on-warn", "--file", str(tmp_path / "api.yaml")
    )


def test_whoever_is_signed_in_may_read_it():
    browser = signed_in(make_user())

    assert browser.get("/api/schema/").status_code == 200
    assert browser.get("/api/docs/").status_code == 200


def test_every_address_is_described(document):
    offered = sum(
        len(set(getattr(pattern.callback, "actions", None) or ()) - {"head"})
        for route, pattern in routes()
        if route.startswith("api/v1/")
    )

    assert len(operations(document)) == offered


def test_every_operation_tells_its_problems(document):
    for verb, path, operation in operations(document):
        told = operation["responses"]
        assert {"400", "401", "404"} <= set(told), (verb, path)
        content = told["404"]["content"]
        assert set(content) == {"application/problem+json"}


def test_every_change_of_a_version_names_the_header(document):
    without = {
        path
        for verb, path, operation in operations(document)
        if "412" in operation["responses"]
        and "If-Match" not in {p["name"] for p in operation["parameters"]}
    }

    assert without == set()


def test_every_operation_has_a_summary_a_person_understands(document):
    for verb, path, operation in operations(document):
        assert operation.get("description"), (verb, path)


def test_both_ways_to_sign_in_are_described(document):
    assert set(document["components"]["securitySchemes"]) == {"bearer", "cookieAuth"}


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("systems/shop/", "SystemDetail"),
        ("systems/shop/matrix/", "Matrix"),
        ("systems/shop/what-if/?add=s3", "Comparison"),
        ("teams/payments/", "TeamDetail"),
        ("users/me/", "Me"),
    ],
)
def test_an_answer_has_the_fields_that_are_described(
    document, system, contributor, path, name
):
    body = signed_in(contributor).get(ROOT + path).json()

    assert set(body) == set(document["components"]["schemas"][name]["properties"])


def test_a_responsibility_has_the_fields_that_are_described(document, system, contributor):
    row = system.responsibilities.first()

    body = signed_in(contributor).get(ROOT + f"responsibilities/{row.uuid}/").json()

    schemas = document["components"]["schemas"]
    assert set(body) == set(schemas["ResponsibilityDetail"]["properties"])
    assert set(body["derived"]) == set(schemas["Derivation"]["properties"])
