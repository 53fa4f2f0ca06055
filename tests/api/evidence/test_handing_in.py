"""Evidence over the API: handed in with its file, revised, judged and linked."""

import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from controls.models import AuditEvent, IdempotencyRecord
from evidence.models import Artifact, Evidence, EvidenceLink
from tests.api.conftest import Api
from tests.api.evidence.calls import FIELDS, content, upload
from tests.evidence.files import office
from tests.make import make_evidence, make_member, make_team

pytestmark = pytest.mark.django_db


def nothing_is_left(store):
    """Nothing is on record and nothing on the disk."""
    files = [path for path in store.rglob("*") if path.is_file()] if store.exists() else []
    return not Evidence.objects.exists() and not Artifact.objects.exists() and not files


def test_a_file_is_handed_in_and_linked_in_one_call(contributor, duty, review, store):
    answer = upload(
        contributor,
        fields={
            **FIELDS,
            "activity_until": "2026-03-01",
            "responsibilities": [str(duty.responsibility.uuid)],
            "duties": [str(duty.uuid)],
            "reviews": [str(review.uuid)],
        },
    )

    told = answer.json()
    assert answer.status_code == 201
    assert answer["ETag"] == '"v1"'
    assert told["state"] == "submitted"
    assert told["revision"]["original_name"] == "report.txt"
    assert told["revision"]["artifact"]["size"] == len(b"patched\n")
    assert [link["system"] for link in told["links"]] == ["shop"] * 3
    assert [bool(link["review"]) for link in told["links"]] == [False, False, True]
    kept = store / Artifact.objects.get().path
    assert kept.read_bytes() == b"patched\n"


def test_several_targets_are_repeated_fields(contributor, duty, system):
    second = str(system.responsibilities.exclude(pk=duty.responsibility.pk).first().uuid)
    first = str(duty.responsibility.uuid)

    answer = upload(contributor, fields={**FIELDS, "responsibilities": [first, second]})

    assert {link["responsibility"] for link in answer.json()["links"]} == {first, second}


def test_an_address_is_handed_in_as_json(contributor, team):
    body = {**FIELDS, "url": "https://wiki.example.org/patches"}

    answer = contributor.post("evidence/", body)

    assert answer.status_code == 201
    assert answer.json()["file"] is None
    assert answer.json()["revision"]["url"] == body["url"]


@pytest.mark.parametrize(
    ("file", "name", "status", "code"),
    [
        (b"", "report.txt", 400, "invalid"),
        (b"<svg onload=x>", "logo.svg", 415, "unsupported-type"),
        (b"MZ\x90", "report.pdf", 415, "unsupported-type"),
        (office("xlsx", {"xl/vbaProject.bin": b"x"}), "x.xlsx", 415, "unsupported-type"),
        (b"x" * (1024 * 1024 + 1), "report.txt", 413, "too-large"),
    ],
)
def test_a_file_that_is_refused_leaves_nothing(
    contributor, team, store, settings, file, name, status, code
):
    settings.UPLOAD_MAX_BYTES = 1024 * 1024

    answer = upload(contributor, file=file, name=name)

    assert answer.status_code == status
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json()["type"] == f"urn:srm:problem:{code}"
    assert answer.json()["detail"].startswith("Not stored: ")
    assert nothing_is_left(store)


def test_what_is_far_too_large_is_refused_unread(contributor, team, store, settings):
    settings.UPLOAD_MAX_BYTES = 1000

    answer = upload(contributor, file=b"x" * 5000)

    assert answer.status_code == 413
    assert nothing_is_left(store)


def test_two_files_in_one_field_are_refused(contributor, team, store):
    two = [SimpleUploadedFile("a.txt", b"a"), SimpleUploadedFile("b.txt", b"b")]

    answer = upload(contributor, file=None, fields={**FIELDS, "file": two})

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["place"] == "file"
    assert nothing_is_left(store)


def test_a_file_in_an_unknown_field_is_refused(contributor, team, store):
    other = SimpleUploadedFile("a.txt", b"a")

    answer = upload(contributor, fields={**FIELDS, "attachment": other})

    assert answer.json()["errors"][0]["place"] == "attachment"
    assert nothing_is_left(store)


def test_more_files_than_anybody_needs_are_refused(contributor, team, store):
    many = [SimpleUploadedFile(f"{n}.txt", b"a") for n in range(30)]

    answer = upload(contributor, file=None, fields={**FIELDS, "file": many})

    assert answer.status_code == 400
    assert nothing_is_left(store)


@pytest.mark.parametrize("kept", [0.3, 0.9, 0.999])
def test_a_body_that_is_cut_off_leaves_nothing(contributor, team, store, kept):
    line = b"--b\r\nContent-Disposition: form-data; name="
    fields = b"".join(
        line + f'"{name}"\r\n\r\n{text}\r\n'.encode() for name, text in FIELDS.items()
    )
    file = line + b'"file"; filename="a.txt"\r\n\r\n' + b"x" * 5000 + b"\r\n--b--\r\n"
    body = fields + file

    answer = contributor.client.generic(
        "POST",
        "/api/v1/evidence/",
        body,
        content_type="multipart/form-data; boundary=b",
        headers=contributor.headers,
        **{"wsgi.input": io.BytesIO(body[: int(len(body) * kept)])},
    )

    assert answer.status_code == 400
    assert "cut off" in answer.json()["detail"]
    assert nothing_is_left(store)


def test_nobody_without_a_token_leaves_a_file(team, store):
    assert upload(Api(None)).status_code == 401
    assert nothing_is_left(store)


def test_a_viewer_leaves_no_file(team, store):
    assert upload(Api(make_member(team, "viewer"))).status_code == 403
    assert nothing_is_left(store)


def test_a_target_of_another_team_is_refused_with_the_file(contributor, team, store):
    theirs = make_evidence(make_team("other"))
    before = Evidence.objects.count()

    answer = upload(contributor, fields={**FIELDS, "duties": [str(theirs.uuid)]})

    assert answer.json()["errors"][0]["place"] == "duties.0"
    assert Evidence.objects.count() == before
    assert len(list((store / "artifacts").rglob("*/*"))) == 1
    assert not list((store / "tmp").iterdir())


@pytest.mark.parametrize("uuid", ["x", "", "00000000-0000-0000-0000-000000000000"])
def test_a_target_that_is_none_is_named(contributor, team, uuid):
    answer = upload(contributor, fields={**FIELDS, "reviews": [uuid]})

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["place"] == "reviews.0"


def test_the_same_key_with_the_same_file_creates_once(contributor, team):
    first = upload(contributor, Idempotency_Key="k")
    events = AuditEvent.objects.count()

    again = upload(contributor, Idempotency_Key="k")

    assert (first.status_code, again.status_code) == (201, 201)
    assert again.json() == first.json()
    assert again["Idempotency-Replayed"] == "true"
    assert (Evidence.objects.count(), AuditEvent.objects.count()) == (1, events)


@pytest.mark.parametrize(
    "other",
    [
        {"file": b"other\n"},
        {"name": "other.txt"},
        {"fields": {**FIELDS, "title": "Other"}},
        {"fields": {**FIELDS, "reviews": ["a", "b"]}},
    ],
)
def test_the_same_key_with_another_request_is_a_conflict(contributor, team, other):
    upload(contributor, Idempotency_Key="k")

    answer = upload(contributor, Idempotency_Key="k", **other)

    assert answer.status_code == 409
    assert Evidence.objects.count() == 1


def test_each_of_several_targets_counts_in_a_repeated_request(contributor, duty, review):
    both = [str(duty.responsibility.uuid), str(duty.responsibility.uuid)]
    upload(contributor, fields={**FIELDS, "responsibilities": both}, Idempotency_Key="k")

    answer = upload(
        contributor, fields={**FIELDS, "responsibilities": both[:1]}, Idempotency_Key="k"
    )

    assert answer.status_code == 409


def test_a_refused_file_uses_up_no_key(contributor, team):
    upload(contributor, name="x.svg", Idempotency_Key="k")

    assert not IdempotencyRecord.objects.exists()
    assert upload(contributor, Idempotency_Key="k").status_code == 201


def test_a_revision_keeps_what_is_left_out(contributor, approver, team):
    made = upload(contributor).json()
    path = f"evidence/{made['uuid']}/"

    revised = contributor.post(f"{path}revise/", {"title": "March"}, version=1)

    told = revised.json()
    assert revised["ETag"] == '"v2"'
    assert told["revision"]["title"] == "March"
    assert told["revision"]["artifact"] == made["revision"]["artifact"]
    assert told["revision"]["original_name"] == "report.txt"
    assert [row["number"] for row in told["revisions"]] == [1, 2]


def test_a_revision_brings_another_file_and_the_first_stays(contributor, team):
    made = upload(contributor).json()
    path = f"evidence/{made['uuid']}/"

    upload(
        contributor, f"{path}revise/", file=b"new\n", name="new.txt", fields={}, version=1
    )

    assert content(contributor.get(f"{path}file/")) == b"new\n"
    assert content(contributor.get(f"{path}file/", revision=1)) == b"patched\n"
    assert contributor.get(f"{path}file/", revision=3).status_code == 404
    assert contributor.get(f"{path}file/", revision="x").status_code == 400


def test_a_revision_takes_an_address_for_the_file(contributor, team):
    made = upload(contributor).json()
    body = {"url": "https://wiki.example.org"}

    told = contributor.post(f"evidence/{made['uuid']}/revise/", body, version=1).json()

    assert told["revision"]["artifact"] is None
    assert told["revision"]["original_name"] == ""
    assert content(contributor.get(f"evidence/{made['uuid']}/file/")) == b"patched\n"


def test_a_second_person_judges_and_the_first_does_not(contributor, approver, review):
    made = upload(contributor, fields={**FIELDS, "reviews": [str(review.uuid)]}).json()
    path = f"evidence/{made['uuid']}/"

    own = contributor.post(f"{path}accept/", {}, version=1)
    accepted = approver.post(f"{path}accept/", {"remark": "Seen."}, version=1)

    review.refresh_from_db()
    assert own.status_code == 403
    assert accepted.json()["state"] == "accepted"
    assert [row["state"] for row in accepted.json()["verdicts"]] == [
        "submitted",
        "accepted",
    ]
    assert review.outcome == "satisfied"


def test_a_rejection_and_a_withdrawal_say_why(contributor, approver, team):
    path = f"evidence/{upload(contributor).json()['uuid']}/"

    silent = approver.post(f"{path}reject/", {}, version=1)
    rejected = approver.post(f"{path}reject/", {"remark": "Too old."}, version=1)
    withdrawn = contributor.post(f"{path}withdraw/", {"remark": "Mine."}, version=2)

    assert silent.status_code == 400
    assert rejected.json()["state"] == "rejected"
    assert withdrawn.json()["state"] == "withdrawn"
    assert contributor.post(f"{path}revise/", {}, version=3).status_code == 409


@pytest.mark.parametrize("step", ["revise", "accept", "reject", "withdraw", "links"])
def test_a_step_names_the_version_it_is_made_on(contributor, approver, duty, step):
    made = upload(contributor).json()
    body = {"links": {"duty": str(duty.uuid)}, "revise": {}}.get(step, {"remark": "so"})
    api = contributor if step in {"revise", "links"} else approver
    path = f"evidence/{made['uuid']}/{step}/"

    assert api.post(path, body).status_code == 428
    assert api.post(path, body, version=7).status_code == 412
    assert api.post(path, body, version=1).status_code in {200, 201}


def test_a_link_is_made_and_ended(contributor, duty):
    path = f"evidence/{upload(contributor).json()['uuid']}/"

    made = contributor.post(f"{path}links/", {"duty": str(duty.uuid)}, version=1)
    ended = contributor.post(f"{path}links/{made.json()['uuid']}/end/", {}, version=2)

    assert (made.status_code, made["ETag"]) == (201, '"v2"')
    assert (ended.status_code, ended["ETag"]) == (200, '"v3"')
    assert ended.json()["ended_by"] == "Cora"
    assert not EvidenceLink.objects.open().exists()


@pytest.mark.parametrize("several", [0, 2])
def test_a_link_names_one_thing(contributor, duty, several):
    path = f"evidence/{upload(contributor).json()['uuid']}/"
    both = {"duty": str(duty.uuid), "responsibility": str(duty.responsibility.uuid)}

    answer = contributor.post(
        f"{path}links/", dict(list(both.items())[:several]), version=1
    )

    assert answer.status_code == 400


def test_lists_are_found_by_what_they_prove(contributor, duty, review):
    upload(contributor)
    linked = upload(contributor, fields={**FIELDS, "reviews": [str(review.uuid)]}).json()

    for query in (
        {"review": review.uuid},
        {"duty": duty.uuid},
        {"responsibility": duty.responsibility.uuid},
        {"system": "shop"},
    ):
        assert [row["uuid"] for row in contributor.rows("evidence/", **query)] == [
            linked["uuid"]
        ]
    assert len(contributor.rows("evidence/", team="payments", state="submitted")) == 2
    assert contributor.rows("evidence/", kind="screenshot") == []
    assert contributor.rows("evidence/", side="provider") == []
    assert contributor.get("evidence/", titel="x").status_code == 400


def test_the_files_of_others_are_not_listed(contributor, team):
    upload(contributor)
    make_evidence(make_team("other"), file=b"theirs\n")

    shown = contributor.rows("artifacts/")

    assert [row["size"] for row in shown] == [len(b"patched\n")]
    assert set(shown[0]) == {"uuid", "sha256", "size", "media_type"}
