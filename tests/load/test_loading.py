"""Loading the shipped facts, and the example that stands on them."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from controls.errors import ConflictError, NotAllowedError
from controls.knowledge import read_release
from controls.models import (
    AuditEvent,
    Cadence,
    Catalog,
    Control,
    ControlMapping,
    Decision,
    Duty,
    KnowledgeRelease,
    LayerFact,
    OrganizationRole,
    Profile,
    Responsibility,
    Review,
    ServiceVariant,
    System,
    User,
)
from controls.queries import audit_trail
from controls.queries.facts import facts_of
from controls.queries.matrix import matrix
from controls.rules.moments import moment
from controls.services import decisions, example, knowledge, systems
from controls.services.clock import zone
from controls.services.decisions import Content
from controls.services.setup import system_user
from controls.services.systems import Use
from tests.knowledge.shipped import FACTS
from tests.make import MONDAY, make_member, make_team

pytestmark = pytest.mark.django_db


def run(*command):
    told = StringIO()
    call_command(*command, stdout=told)
    return told.getvalue()


def now():
    return moment(as_of="", on="", now=timezone.now(), zone=zone())


def test_loading_twice_changes_nothing():
    run("load_knowledge")
    before = AuditEvent.objects.count(), LayerFact.objects.count(), Control.objects.count()

    told = run("load_knowledge")

    assert "0 changed" in told
    after = AuditEvent.objects.count(), LayerFact.objects.count(), Control.objects.count()
    assert after == before


def test_a_dry_run_writes_nothing():
    told = run("load_knowledge", "--dry-run")

    assert "would load: 27 layers, 143 service variants, 371 controls" in told
    assert not KnowledgeRelease.objects.exists()
    assert not AuditEvent.objects.exists()


def test_the_database_gives_the_derivation_what_the_files_say():
    run("load_knowledge")

    assert facts_of(KnowledgeRelease.objects.get()) == FACTS


def test_baselines_mappings_and_cadences_are_there():
    run("load_knowledge")

    sizes = {p.key: p.controls.count() for p in Profile.objects.all()}
    assert sizes == {
        "nist-sp800-53r5-low": 149,
        "nist-sp800-53r5-moderate": 287,
        "nist-sp800-53r5-high": 370,
        "csa-ccm-4": 116,
        "csf-2.0": 58,
        "iso-27001-2022": 80,
        "pci-dss-4": 106,
        "soc2-tsc": 32,
    }
    assert ControlMapping.objects.count() == len(read_release().crosswalk)
    assert Cadence.objects.count() == len(read_release().cadences)
    assert Control.objects.filter(control_id="ac-2.1", parent__control_id="ac-2").exists()
    assert not Catalog.objects.filter(is_outline=False).exists()
    printed = Control.objects.filter(catalog__key="iso-27001-2022").order_by("order")
    labels = [c.label for c in printed]
    assert labels.index("A.5.9") < labels.index("A.5.10") < labels.index("A.8.2")


def test_a_known_version_with_other_content_is_refused():
    run("load_knowledge")
    other = replace(read_release(), sha256="f" * 64)

    with pytest.raises(ConflictError, match="other content"):
        knowledge.load(facts=other, by=system_user(), at=MONDAY)


def test_only_who_may_load_facts_does():
    by = make_member(make_team(), "lead")

    with pytest.raises(NotAllowedError):
        knowledge.load(facts=read_release(), by=by, at=MONDAY)


def test_a_new_release_derives_every_system_anew_and_keeps_the_old_facts():
    run("load_knowledge")
    example.seed(at=timezone.now())
    old = read_release()
    layers = dict(old.layers)
    layers["facility"] = replace(
        layers["facility"], defaults=dict.fromkeys(layers["facility"].defaults, "shared")
    )

    loaded = knowledge.load(
        facts=replace(old, version="2099.1", sha256="a" * 64, layers=layers),
        by=system_user(),
        at=timezone.now(),
    )

    portal = System.objects.get(key="claims-portal")
    rows: dict[str, Any] = {
        r.control.control_id: r for r in matrix(system=portal, moment=now()).rows
    }
    assert loaded.systems_changed == 2
    assert rows["pe-3"].derivation.answer == "shared"
    assert rows["pe-3"].derivation.release.version == "2099.1"
    assert rows["pe-3"].suspect
    assert rows["au-2"].derivation.release.version == "2026.1"
    assert KnowledgeRelease.objects.count() == 2


def test_an_unknown_release_is_one_line():
    with pytest.raises(CommandError, match=r"manifest\.json: is missing"):
        run("load_knowledge", "--release", "1999.1")


def test_the_example_needs_the_facts():
    with pytest.raises(CommandError, match="load_knowledge"):
        run("seed_example")


def test_the_example_shows_every_state_and_a_doubt():
    run("load_knowledge")
    run("seed_example")

    portal = System.objects.get(key="claims-portal")
    shown = matrix(system=portal, moment=now())
    rows: dict[str, Any] = {row.control.control_id: row for row in shown.rows}
    assert len(shown.rows) == 287
    assert set(shown.states) == {"proposed", "in-review", "approved", "returned"}
    assert [column.variant for column in shown.columns] == ["ec2", "rds"]
    assert shown.suspects > 0
    assert rows["si-2"].cell("ec2") == "shared"
    assert rows["pe-3"].derivation.answer == "inherited"
    assert rows["at-2"].elsewhere.system_key == "example-insurance"
    assert rows["at-2"].elsewhere.state == "approved"
    assert rows["at-2"].derivation.answer == "parallel"
    assert audit_trail.verify().ok


@pytest.mark.parametrize(
    "at",
    [
        datetime(2026, 3, 31, 10, tzinfo=UTC),
        datetime(2028, 2, 29, 10, tzinfo=UTC),
        datetime(2026, 8, 30, 10, tzinfo=UTC),
    ],
)
def test_the_example_has_something_to_do_on_whatever_day_it_is_added(at):
    run("load_knowledge")

    example.seed(at=at)

    on = at.date()
    late = Review.objects.overdue(on=on).values_list(
        "schedule__kind", "schedule__duty__responsibility__control__control_id"
    )
    this_week = Review.objects.open().filter(due_on__range=(on, on + timedelta(days=7)))
    duties: Any = Duty.objects.with_claims(on=on, as_of=at)
    assert {("patching", "si-2"), ("configuration", "cm-6")} <= set(late)
    assert this_week.count() >= 4
    assert duties.filter(unowned=True).count() == 2
    assert duties.filter(disputed=True).count() == 1
    assert duties.filter(double_claimed=True).count() == 1
    assert audit_trail.verify().ok


def test_adding_ec2_to_the_serverless_example_makes_33_decided_controls_suspect():
    run("load_knowledge")
    run("seed_example")
    intake = System.objects.select_related("owner_team").get(key="document-intake")
    by = system_user()
    at = timezone.now()
    for row in matrix(system=intake, moment=now()).rows:
        if row.elsewhere is None and row.decision is None:
            decisions.assign(
                responsibility=row.responsibility,
                version=row.responsibility.version,
                content=Content(kind=row.kind, owner_team=intake.owner_team),
                by=by,
                at=at,
            )
    systems.start_services(
        system=intake,
        version=intake.version,
        uses=[Use(variant=ServiceVariant.objects.get(key="ec2"))],
        by=by,
        at=timezone.now(),
    )

    shown = matrix(system=intake, moment=now())

    assert shown.suspects == 33
    listed: Any = Responsibility.objects.filter(system=intake).with_suspicion(on=now().on)
    assert listed.filter(suspect=True).count() == 33


def test_the_example_is_added_once():
    run("load_knowledge")
    run("seed_example")
    decided = Decision.objects.count()

    told = run("seed_example")

    assert "there already" in told
    assert Decision.objects.count() == decided


def test_the_first_administrator_is_made_once_and_the_password_works():
    told = run("create_admin", "--first")
    again = run("create_admin", "--first")

    password = told.splitlines()[0].rpartition(" ")[2]
    user = User.objects.get(email="admin@example.com")
    assert again == ""
    assert user.check_password(password)
    assert set(OrganizationRole.objects.current().values_list("role", flat=True)) == {
        "admin",
        "grc-lead",
    }


def test_another_administrator_is_made_by_name_and_a_taken_address_is_one_line():
    run("create_admin", "ada@example.com", "--name", "Ada")

    with pytest.raises(CommandError, match="here already"):
        run("create_admin", "ada@example.com")
