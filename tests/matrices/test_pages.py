"""The page of a system's providers: preview, then apply."""

import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from controls.choices import MembershipRole
from controls.models import ImportedMatrix, Provider
from tests.make import make_member, make_team
from tests.matrices import files

pytestmark = pytest.mark.django_db

PAGE = "/admin/systems/shop/providers/"


@pytest.fixture
def lead(system, client_of):
    return client_of(make_member(system.owner_team, MembershipRole.LEAD))


def sent(data, **more):
    return {"file": SimpleUploadedFile("m.xlsx", data), "provider": "cloud", **more}


def hidden(answer):
    """What the preview's form posts."""
    fields = re.findall(
        r'<input type="hidden" name="([a-z_]+)" value="([^"]*)"', answer.content.decode()
    )
    return {name: value for name, value in fields if name != "csrfmiddlewaretoken"}


def test_a_preview_writes_nothing_and_apply_writes_all_of_it(lead):
    preview = lead.post(PAGE, sent(files.appendix_j()))

    assert preview.status_code == 200
    assert "Cloud" not in Provider.objects.values_list("name", flat=True)
    assert not ImportedMatrix.objects.exists()
    applied = lead.post(PAGE, {**hidden(preview), "_apply": ""}, follow=True)
    assert "imported." in applied.content.decode()
    assert ImportedMatrix.objects.get().rows.count() == len(files.ROWS)


def test_a_refused_file_names_the_place_and_keeps_what_was_typed(lead):
    answer = lead.post(PAGE, sent(files.sheets({"A": [["x", "y"], ["1", "2"]]}), name="C"))

    text = answer.content.decode()
    assert answer.status_code == 400
    assert "No column holds the control id" in text
    assert 'value="cloud"' in text


def test_without_a_file_nothing_is_read(lead):
    answer = lead.post(PAGE, {"provider": "cloud"})

    assert answer.status_code == 400
    assert "Choose a file." in answer.content.decode()


def test_who_may_not_import_sees_the_page_and_is_told_who_may(system, client_of):
    viewer = client_of(make_member(system.owner_team, MembershipRole.VIEWER))

    assert "To import takes the lead" in viewer.get(PAGE).content.decode()
    assert viewer.post(PAGE, sent(files.appendix_j())).status_code == 403
    assert not ImportedMatrix.objects.exists()


@pytest.mark.usefixtures("system")
def test_a_stranger_finds_no_page(client_of):
    stranger = client_of(make_member(make_team("strangers")))

    assert stranger.get(PAGE).status_code == 404
