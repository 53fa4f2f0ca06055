"""The matrix page: what it shows of a system on EC2 and S3, filtered, dated, explained."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from controls.choices import LayerValue
from controls.models import AuditEvent, ServiceVariant
from tests.make import (
    make_catalog,
    make_decision,
    make_profile,
    make_service,
    make_system,
    responsibility_for,
)
from tests.workspace.worlds import override

MATRIX = "/admin/systems/shop/matrix/"


def page(browser, **query) -> str:
    """The matrix."""
    return str(browser.get(MATRIX, query).content.decode())


def cells(text: str, control_id: str) -> list[str]:
    """What a row shows: a letter for each service, then for the whole system."""
    row = re.search(rf'<tr id="r-{control_id}".*?</tr>', text, re.DOTALL)
    assert row is not None
    return re.findall(r'<td class="k [^>]*>([^<]*)</td>', row[0])


def listed(text: str) -> list[str]:
    """The controls on the page, in order."""
    return re.findall(r'<tr id="r-([^"]+)"', text)


def test_flaw_remediation_is_shared_on_ec2_and_aws_s_on_s3_but_for_the_code(world):
    text = page(world.as_("viewer"))

    assert cells(text, "si-2") == ["S", "A", "C"]
    assert cells(text, "pe-3") == ["A", "A", "\N{MIDDLE DOT}"]
    assert cells(text, "at-2") == ["\N{MIDDLE DOT}", "\N{MIDDLE DOT}", "P"]


def test_a_cell_says_in_words_what_is_seen(world):
    text = page(world.as_("viewer"))

    assert 'aria-label="S, shared"' in text
    assert 'aria-label="A, inherited"' in text
    assert "no layer of this control here" in text


def test_the_grid_counts_its_rows_and_columns(world):
    text = page(world.as_("viewer"))

    assert 'role="grid"' in text
    assert f'aria-rowcount="{1 + 6 + 5}"' in text
    assert 'aria-colcount="7"' in text
    indices = [int(n) for n in re.findall(r'aria-rowindex="(\d+)"', text)]
    assert indices == list(range(1, 13))


def test_what_the_organisation_decides_is_said_and_asks_for_no_owner(world):
    text = page(world.as_("viewer"), cell="at-2")

    assert "Decided for the organisation, in The house" in text
    assert "/admin/systems/house/matrix/" not in text


def test_who_sees_the_organisation_finds_the_way_to_it(world):
    text = page(world.as_("grc"), cell="at-2")

    assert '<a href="/admin/systems/house/matrix/?cell=at-2">The house</a>' in text


def test_decided_stands_beside_derived_where_it_differs(world):
    make_decision(world.shop, "si-2", kind="inherited", rationale="Replaced daily.")

    text = page(world.as_("viewer"))

    row = text[text.index('id="r-si-2"') :].partition("</tr>")[0]
    assert "<s>" in row
    assert "derived; decided:" in row
    assert 'class="differs"' not in text.replace(row, "")


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"family": "si"}, {"si-2", "si-3"}),
        ({"kind": "inherited"}, {"pe-3"}),
        ({"q": "PL-2"}, {"pl-2"}),
        ({"q": "title of ac"}, {"ac-2"}),
        ({"state": "approved"}, set()),
        ({"view": "suspect"}, set()),
        ({"view": "undecided", "family": "at"}, set()),
    ],
)
def test_the_address_filters(world, query, found):
    assert set(listed(page(world.as_("viewer"), **query))) == found


def test_every_number_is_a_door_to_its_rows(world):
    make_decision(world.shop, "si-3")
    override(world.shop, "guest_os", LayerValue.CUSTOMER, "Bare metal.")
    browser = world.as_("grc")
    answer = browser.get(MATRIX)

    chips = [*answer.context["views"], *answer.context["kinds"]]

    assert any(chip.label == "Suspect" and chip.count == 1 for chip in chips)
    for chip in chips:
        shown = browser.get(MATRIX + chip.url).content.decode()
        assert len(listed(shown)) == chip.count, chip


def test_families_with_open_work_come_first_unless_the_catalog_is_asked_for(world):
    by_work = listed(page(world.as_("viewer")))
    by_catalog = listed(page(world.as_("viewer"), order="catalog"))

    assert by_work[0] in {"si-2", "ac-2"}
    assert by_catalog == ["ac-2", "at-2", "pe-3", "pl-2", "si-2", "si-3"]


def test_the_drawer_says_why_layer_by_layer(world):
    text = page(world.as_("viewer"), cell="si-2")

    assert 'class="drawer"' in text
    assert "<strong>Shared.</strong>" in text
    assert "guest os" in text
    assert "The same control on each service" in text
    assert "To decide takes a contributor" in text


def test_the_drawer_of_one_service_shows_its_layers_only(world):
    text = page(world.as_("viewer"), cell="si-2:s3")

    drawer = text[text.index('class="drawer"') :]
    strata = drawer[drawer.index('class="strata"') :].partition("</table>")[0]
    assert "SI-2 on S3" in drawer
    assert "S3" in strata
    assert "EC2" not in strata


@pytest.mark.parametrize("cell", ["zz-1", "si-2:rds", "si-2:no-such"])
def test_a_cell_that_is_not_there_is_not_found(world, cell):
    assert world.as_("viewer").get(MATRIX, {"cell": cell}).status_code == 404


def test_the_drawer_leads_to_the_step_that_is_next(world):
    row = responsibility_for(world.shop, "si-2")

    text = page(world.as_("contributor"), cell="si-2")

    assert f'href="/admin/controls/responsibility/{row.pk}/change/"' in text
    assert "Decide\N{HORIZONTAL ELLIPSIS}" in text


def test_as_of_yesterday_shows_yesterday_and_says_so(world):
    today = timezone.now()
    make_service(world.shop, "rds", at=today)
    make_decision(world.shop, "si-2", at=today)
    yesterday = (timezone.localtime(today) - timedelta(days=1)).date()
    browser = world.as_("contributor")

    then = page(browser, as_of=yesterday.isoformat(), cell="si-2")
    now = page(browser, cell="si-2")

    assert cells(now, "si-2") == ["S", "A", "A+", "C"]
    assert cells(then, "si-2") == ["S", "A", "C"]
    assert "Back to now" in then
    assert "23:59" in then
    assert "Decide\N{HORIZONTAL ELLIPSIS}" not in then
    assert "not yet" in then


@pytest.mark.parametrize(
    "query", [{"as_of": "tomorrow"}, {"as_of": "2999-01-01"}, {"on": "31.12.2026"}]
)
def test_a_moment_that_is_none_is_told_in_words(world, query):
    answer = world.as_("viewer").get(MATRIX, query)

    assert answer.status_code == 400
    assert "The matrix as of now" in answer.content.decode()


def test_hostile_text_is_only_text(world):
    text = page(world.as_("viewer"), q="<script>alert(1)</script>", cell="si-2")

    assert "<script>alert(1)" not in text


def test_a_foreign_matrix_is_not_there(world):
    assert world.as_("lead").get("/admin/systems/house/matrix/").status_code == 404


def test_reading_the_matrix_changes_nothing(world):
    before = AuditEvent.objects.count()

    page(world.as_("grc"), cell="si-2", view="suspect")

    assert AuditEvent.objects.count() == before


def test_a_filter_that_finds_nothing_offers_the_way_back(world):
    text = page(world.as_("viewer"), q="nothing like this")

    assert "Nothing matches this filter." in text
    assert "Clear filter" in text


def test_a_larger_matrix_asks_no_more(world):
    large = make_profile(
        make_catalog({f"cm-{n}": ("guest_os", "iam", "app") for n in range(120)})
    )
    make_system(world.team, "ec2", "s3", "rds", "dynamodb", profile=large, key="large")
    for control in ("cm-1", "cm-2", "cm-3"):
        make_decision(large.scopes.get().system, control)
    browser = world.as_("grc")
    browser.get(MATRIX)

    with CaptureQueriesContext(connection) as few:
        browser.get(MATRIX)
    with CaptureQueriesContext(connection) as many:
        browser.get("/admin/systems/large/matrix/")

    assert len(many) <= len(few) <= 16


def test_an_override_is_told_in_the_drawer(world):
    override(world.shop, "guest_os", LayerValue.PROVIDER, "Managed by a partner.")

    text = page(world.as_("viewer"), cell="si-3")

    assert "Managed by a partner." in text


def test_the_drawer_of_a_service_whose_name_holds_commas_shows_its_layers(world):
    name = "AWS S3, all classes, defaults"
    ServiceVariant.objects.filter(key="s3").update(name=name)

    text = page(world.as_("viewer"), cell="si-2:s3")

    strata = text.split('class="strata"')[1].split("</table>")[0]
    assert strata.count(f"<small>{name}</small>") >= 2
