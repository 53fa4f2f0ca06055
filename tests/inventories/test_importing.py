"""Keeping an inventory, adopting what it proposes, and who may."""

import json

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command

from controls.choices import MembershipRole
from controls.errors import NotAllowedError, StaleVersionError
from controls.importers import inventories as importer
from controls.models import AuditEvent, ImportedInventory, SystemService
from controls.queries.inventories import drift_of, newest_inventory, sightings_of
from controls.rules.moments import Moment
from controls.services import inventories
from controls.services.inventories import Found
from controls.services.setup import system_user
from tests.api.conftest import Api
from tests.make import MONDAY, make_grc_lead, make_member, make_system, make_team

pytestmark = pytest.mark.django_db

NOW = Moment(as_of=MONDAY, on=MONDAY.date())
PAGE = "/admin/systems/shop/inventory/"


def inventory(*services):
    rows = [{"resourceType": f"AWS::{name}", "count": 2} for name in services]
    return json.dumps({"resourceCounts": rows}).encode()


FILE = inventory("EC2::Instance", "DynamoDB::Table", "Unheard::Thing")


@pytest.fixture
def system():
    return make_system(make_team("platform"), "ec2", "rds", key="shop")


def keep(system, data=FILE, by=None):
    source, sightings = importer.read(data, file="i.json")
    found = Found(source, "i.json", importer.__name__ + str(hash(data)), sightings)
    return inventories.import_inventory(
        system=system, found=found, by=by or system_user(), at=MONDAY
    )


def drift(system):
    newest = newest_inventory(system)
    assert newest is not None
    return drift_of(system, sightings_of(newest), moment=NOW)


def test_an_inventory_is_held_against_the_services_in_use(system):
    keep(system)

    found = drift(system)

    assert [row.variant for row in found.proposals] == ["dynamodb"]
    assert [row.variant for row in found.recorded] == ["ec2"]
    assert [name for name, _ in found.silent] == ["unheard"]
    assert found.gone == ("rds",)


def test_the_same_file_again_changes_nothing(system):
    keep(system)
    events = AuditEvent.objects.count()

    _, is_new = keep(system)

    assert not is_new
    assert ImportedInventory.objects.count() == 1
    assert AuditEvent.objects.count() == events


def test_adopting_puts_the_proposals_in_use_and_derives_anew(system):
    keep(system)
    proposals = drift(system).proposals
    system.refresh_from_db()

    (row,) = inventories.adopt(
        system=system,
        version=system.version,
        proposals=proposals,
        by=system_user(),
        at=MONDAY,
    )

    assert row.variant.key == "dynamodb"
    assert drift(system).proposals == ()
    responsibility = system.responsibilities.get(control__control_id="si-2")
    assert "dynamodb" in responsibility.latest_derivation.cells


def test_a_stale_version_adopts_nothing(system):
    keep(system)

    with pytest.raises(StaleVersionError):
        inventories.adopt(
            system=system,
            version=99,
            proposals=drift(system).proposals,
            by=system_user(),
            at=MONDAY,
        )
    assert SystemService.objects.filter(system=system).count() == 2


def test_a_contributor_may_neither_keep_nor_adopt(system):
    contributor = make_member(system.owner_team)

    with pytest.raises(NotAllowedError):
        keep(system, by=contributor)
    with pytest.raises(NotAllowedError):
        inventories.adopt(system=system, version=1, proposals=(), by=contributor, at=MONDAY)


def test_the_drift_costs_the_same_for_any_inventory(system, django_assert_num_queries):
    keep(system, inventory("EC2::Instance"))
    newest = newest_inventory(system)
    assert newest is not None
    sightings = sightings_of(newest)
    with django_assert_num_queries(6):
        drift_of(system, sightings, moment=NOW)

    many = importer.read(
        inventory(*(f"Service{number}::Thing" for number in range(300))), file="i"
    )[1]

    with django_assert_num_queries(6):
        drift_of(system, many, moment=NOW)


@pytest.mark.usefixtures("system")
def test_the_command_proposes_and_adopts(tmp_path, capsys):
    file = tmp_path / "i.json"
    file.write_bytes(FILE)

    call_command("import_inventory", str(file), system="shop", dry_run=True)
    dry = capsys.readouterr().out
    call_command("import_inventory", str(file), system="shop", adopt=True)
    told = capsys.readouterr().out

    assert "would be kept" in dry
    assert "+ dynamodb: DYNAMODB. The inventory shows 2 resources (table)." in told
    assert "- rds" in told
    assert "1 service variants put in use" in told
    assert ImportedInventory.objects.count() == 1


@pytest.mark.usefixtures("system")
def test_the_api_previews_keeps_and_tells():
    api = Api(make_grc_lead())
    path, kind, headers = "systems/shop/inventory/", "application/octet-stream", api.headers

    def send(data, query=""):
        address = f"/api/v1/{path}{query}"
        return api.client.post(address, data, content_type=kind, headers=headers)

    assert api.get(path).status_code == 404
    dry = send(FILE, "?dry_run=true")
    assert (dry.status_code, ImportedInventory.objects.count()) == (200, 0)
    made = send(FILE)
    assert made.status_code == 201
    told = api.get(path).json()
    assert [row["variant"] for row in told["proposals"]] == ["dynamodb"]
    assert list(told["silent"]) == ["unheard"]
    bad = send(b"{}")
    assert (bad.status_code, bad.json()["errors"][0]["place"]) == (400, "inventory")


def test_the_page_previews_keeps_and_adopts(system, client_of):
    lead = client_of(make_member(system.owner_team, MembershipRole.LEAD))

    preview = lead.post(PAGE, {"file": SimpleUploadedFile("i.json", FILE)})
    assert "nothing is written yet" in preview.content.decode()
    assert not ImportedInventory.objects.exists()
    form = preview.context["form"]
    held = {name: form.data[name] for name in ("held", "file_name")}
    kept = lead.post(PAGE, {**held, "_apply": ""}, follow=True)
    assert "DYNAMODB" in kept.content.decode()
    system.refresh_from_db()
    adopted = lead.post(
        PAGE,
        {"_adopt": "", "version": system.version, "variant": ["dynamodb"]},
        follow=True,
    )
    assert "1 service put in use." in adopted.content.decode()


def test_a_bad_file_on_the_page_names_its_place(system, client_of):
    lead = client_of(make_member(system.owner_team, MembershipRole.LEAD))

    answer = lead.post(PAGE, {"file": SimpleUploadedFile("i.json", b"{}")})

    assert answer.status_code == 400
    assert "i.json: None of ResourceTagMappingList" in answer.content.decode()
