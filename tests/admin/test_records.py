"""Record screens: what each form does is done by its service, as the person who asks."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from controls.choices import AuditVerb
from controls.models import (
    ApiToken,
    AuditEvent,
    LayerOverride,
    Membership,
    OrganizationRole,
    System,
    SystemProfile,
    SystemService,
    Team,
    User,
)
from controls.services import tokens
from tests.admin.worlds import add_url, change_url, list_url, text, verbs
from tests.make import (
    make_api_token,
    make_catalog,
    make_membership,
    make_profile,
    make_user,
)


def test_a_lead_records_a_system_and_its_controls_are_derived(world):
    sent = {
        "key": "billing",
        "name": "Billing",
        "kind": "workload",
        "provider": world.system.provider_id,
        "owner_team": world.team.pk,
        "has_custom_code": "on",
        "profiles": [world.profile.pk],
    }

    world.as_("lead").post(add_url("system"), sent)

    system = System.objects.get(key="billing")
    assert system.created_by == world.people["lead"]
    assert system.responsibilities.count() == 6
    assert AuditVerb.SYSTEM_CREATED in verbs()


def test_a_key_that_is_taken_is_told_and_nothing_typed_is_lost(world):
    sent = {
        "key": "shop",
        "name": "A second shop",
        "kind": "workload",
        "provider": world.system.provider_id,
        "owner_team": world.team.pk,
    }

    answer = world.as_("lead").post(add_url("system"), sent)

    assert answer.status_code == 200
    assert "A second shop" in text(answer)
    assert System.objects.count() == 2


def test_a_system_changes_by_its_service_and_a_stale_form_shows_both(world):
    browser = world.as_("lead")
    sent = {"version": 1, "name": "Web shop", "description": "", "has_custom_code": "on"}

    done = browser.post(change_url(world.system), sent)
    stale = browser.post(change_url(world.system), {**sent, "name": "Old shop"})

    assert done.status_code == 302
    (conflict,) = stale.context["adminform"].form.conflicts
    assert (conflict.yours, conflict.current) == ("Old shop", "Web shop")
    assert System.objects.get(key="shop").name == "Web shop"


def test_a_service_is_put_in_use_and_ended(world):
    browser = world.as_("lead")
    variant = SystemService.objects.get(system=world.foreign).variant
    form = browser.get(add_url("systemservice"), {"system": world.system.pk})
    version = form.context["adminform"].form["version"].value()
    sent = {
        "version": version,
        "system": world.system.pk,
        "variant": variant.pk,
        "regions": "eu-central-1, eu-west-1",
    }

    browser.post(add_url("systemservice"), sent)
    row = SystemService.objects.get(system=world.system, variant=variant)
    world.system.refresh_from_db()
    browser.post(change_url(row), {"version": world.system.version, "_step": "end"})

    row.refresh_from_db()
    assert row.regions == ["eu-central-1", "eu-west-1"]
    assert row.ended_by == world.people["lead"]


def test_a_profile_is_put_in_scope(world):
    more = make_profile(make_catalog({"cm-2": ("guest_os",)}))
    sent = {"version": 1, "system": world.system.pk, "profile": more.pk}

    world.as_("lead").post(add_url("systemprofile"), sent)

    assert SystemProfile.objects.filter(system=world.system, profile=more).exists()


def test_a_lead_cannot_name_a_foreign_system(world):
    more = make_profile(make_catalog({"cm-2": ("guest_os",)}))
    sent = {"version": 1, "system": world.foreign.pk, "profile": more.pk}

    answer = world.as_("lead").post(add_url("systemprofile"), sent)

    assert "system" in answer.context["adminform"].form.errors
    assert not SystemProfile.objects.filter(profile=more).exists()


def test_an_override_starts_with_a_reason_and_ends(world):
    browser = world.as_("lead")
    layer = world.system.responsibilities.first().control.layers.first().layer
    sent = {
        "system": world.system.pk,
        "layer": layer.pk,
        "value": "customer",
        "reason": "By contract.",
    }

    browser.post(add_url("layeroverride"), sent)
    row = LayerOverride.objects.get()
    browser.post(change_url(row), {"_step": "end"})

    row.refresh_from_db()
    assert row.reason == "By contract."
    assert row.ended_by == world.people["lead"]


def test_an_administrator_creates_a_team_and_its_lead_changes_it(world):
    sent = {"key": "data", "name": "Data", "time_zone": "UTC"}

    world.as_("admin").post(add_url("team"), sent)
    changed = world.as_("lead").post(
        change_url(world.team),
        {"version": 1, "name": "Core", "time_zone": "UTC", "working_days": "1234"},
    )

    assert Team.objects.filter(key="data").exists()
    assert changed.status_code == 302
    world.team.refresh_from_db()
    assert (world.team.name, world.team.working_days) == ("Core", "1234")


def test_a_lead_adds_and_ends_a_member(world):
    person = make_user()
    make_membership(person, world.others)
    browser = world.as_("admin")
    sent = {"team": world.team.pk, "user": person.pk, "role": "contributor"}

    browser.post(add_url("membership"), sent)
    row = Membership.objects.get(team=world.team, user=person)
    world.as_("lead").post(change_url(row), {"_step": "end"})

    row.refresh_from_db()
    assert row.ended_by == world.people["lead"]


def test_a_new_person_gets_a_random_password_that_is_shown_once(world):
    sent = {"email": "new@example.com", "name": "Nele", "time_zone": "UTC"}

    answer = world.as_("admin").post(add_url("user"), sent)

    person = User.objects.get(email="new@example.com")
    secret = answer.context["secret"]
    assert person.check_password(secret)
    assert secret in text(answer)
    assert secret not in text(world.as_("admin").get(change_url(person)))


def test_a_password_may_be_typed_and_a_weak_one_is_refused(world):
    person = world.people["viewer"]
    browser, same = world.as_("admin"), {"name": person.name, "email": person.email}
    base = {"version": 1, "time_zone": "UTC", "_step": "password", **same}

    weak = browser.post(change_url(person), {**base, "password": "1234"})
    browser.post(change_url(person), {**base, "password": "wombats chew gravel"})

    person.refresh_from_db()
    assert "password" in weak.context["adminform"].form.errors
    assert person.check_password("wombats chew gravel")


def test_a_person_is_deactivated_and_can_no_longer_enter(world):
    person = world.people["viewer"]
    theirs = world.as_("viewer")
    sent = {
        "version": 1,
        "name": person.name,
        "email": person.email,
        "time_zone": "UTC",
        "_step": "deactivate",
    }

    world.as_("admin").post(change_url(person), sent)

    person.refresh_from_db()
    assert not person.is_active
    assert theirs.get(reverse("admin:index")).status_code == 302


def test_people_change_their_own_name_and_nobody_elses(world):
    own, other = world.people["viewer"], world.people["contributor"]
    browser = world.as_("viewer")
    sent = {"version": 1, "name": "Vera", "email": own.email, "time_zone": "UTC"}

    mine = browser.post(change_url(own), sent)
    theirs = browser.post(change_url(other), {**sent, "email": other.email})

    own.refresh_from_db()
    assert mine.status_code == 302
    assert own.name == "Vera"
    assert theirs.status_code == 403


def test_an_auditor_is_granted_a_scope_with_an_end(world):
    person = make_user()
    last = timezone.localdate() + timedelta(days=30)
    sent = {
        "user": person.pk,
        "role": "auditor",
        "systems": [world.system.pk],
        "expires_on": last.isoformat(),
    }

    world.as_("admin").post(add_url("organizationrole"), sent)

    row = OrganizationRole.objects.get(user=person)
    assert list(row.systems.all()) == [world.system]
    assert timezone.localtime(row.expires_at).date() == last + timedelta(days=1)


def test_an_auditor_without_an_end_is_refused_at_the_field(world):
    sent = {"user": make_user().pk, "role": "auditor", "systems": [world.system.pk]}

    answer = world.as_("admin").post(add_url("organizationrole"), sent)

    assert "expires_on" in answer.context["adminform"].form.errors


def test_a_role_is_ended_but_not_the_last_administrators(world):
    browser = world.as_("admin")
    grant = OrganizationRole.objects.get(user=world.people["grc"])
    last = OrganizationRole.objects.get(user=world.people["admin"])

    browser.post(change_url(grant), {"_step": "end"})
    refused = browser.post(change_url(last), {"_step": "end"})

    grant.refresh_from_db()
    last.refresh_from_db()
    assert grant.ended_at is not None
    assert last.ended_at is None
    assert "This is the last administrator." in text(refused)


def test_a_token_is_shown_once_and_revoked(world):
    browser = world.as_("contributor")
    last = timezone.localdate() + timedelta(days=30)
    sent = {"name": "Pipeline", "scope": "read", "last_day": last.isoformat()}

    answer = browser.post(add_url("apitoken"), sent)
    token = ApiToken.objects.get()
    used = tokens.use(text=answer.context["secret"], at=timezone.now())
    browser.post(change_url(token), {"_step": "revoke"})

    token.refresh_from_db()
    assert used == token
    assert answer.context["secret"] not in text(browser.get(change_url(token)))
    assert token.ended_by == world.people["contributor"]


def test_a_token_of_somebody_else_is_not_there(world):
    token, _ = make_api_token(world.people["lead"])

    assert world.as_("viewer").get(change_url(token)).status_code == 404


@pytest.mark.parametrize("verb", ["get", "post"])
def test_nothing_is_ever_deleted(world, verb):
    address = change_url(world.system).replace("change", "delete")

    answer = getattr(world.as_("admin"), verb)(address, {"post": "yes"})

    assert answer.status_code == 404
    assert System.objects.count() == 2


def test_a_form_without_its_csrf_token_is_refused(world):
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(world.people["lead"])

    answer = browser.post(change_url(world.system), {"version": 1, "name": "X"})

    assert answer.status_code == 403
    assert System.objects.get(key="shop").name == "Shop"


def test_reading_changes_nothing(world):
    browser = world.as_("grc")
    before = AuditEvent.objects.count()

    for model in ("system", "responsibility", "user", "team", "auditevent", "control"):
        browser.get(list_url(model))
    browser.get(change_url(world.system))
    browser.get(change_url(world.people["lead"]), {"_step": "deactivate"})

    world.people["lead"].refresh_from_db()
    assert world.people["lead"].is_active
    assert AuditEvent.objects.count() == before


def test_an_audit_event_leads_to_what_it_is_about(world):
    event = AuditEvent.objects.filter(verb=AuditVerb.SYSTEM_CREATED).earliest("seq")

    page = text(world.as_("grc").get(list_url("auditevent"), {"verb": event.verb}))
    address = reverse("admin:target", args=["System", event.target_uuid])

    assert address in page
    assert world.as_("grc").get(address).status_code == 302
    assert (
        world.as_("auditor")
        .get(reverse("admin:target", args=["System", world.foreign.uuid]))
        .status_code
        == 404
    )


def test_who_has_no_role_is_told_so_and_sees_nothing(client_of, db):
    browser = client_of(make_user())

    answer = browser.get(reverse("admin:index"), follow=True)

    assert answer.status_code == 403
    assert "You have no role yet" in text(answer)


def test_a_stranger_is_sent_to_the_one_sign_in(client, db):
    answer = client.get(list_url("system"))

    assert answer.status_code == 302
    assert answer.url.startswith(reverse("account_login"))
    assert "next=/admin/controls/system/" in answer.url


def test_all_records_are_listed_by_what_a_person_looks_for(world):
    page = text(world.as_("viewer").get(reverse("admin:records")))

    headings = [
        page.index(f'id="records-{slug}"') for slug in ("where", "who-does-it", "people")
    ]
    assert headings == sorted(headings)
    assert list_url("responsibility") in page
    assert "Nothing to show you yet" not in page
