"""The same store in a bucket: whole files in, the same bytes out, what is wrong is told."""

from datetime import timedelta

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from controls.errors import StorageFailedError
from evidence.models import Artifact
from evidence.services import artifacts, checking, sweeping
from evidence.services.checking import Wrong
from evidence.services.shelves import shelf
from srm_project.environment import Environment
from tests.evidence.bucket import served
from tests.evidence.keeping import files, keep

pytestmark = pytest.mark.django_db

DAY = 86400


@pytest.fixture(autouse=True)
def bucket(settings, monkeypatch, tmp_path):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "x")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "x")
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with served() as (address, found):
        url = f"s3://proof/srm?region=eu-central-1&endpoint={address}"
        backend, options = Environment({"STORAGE_URL": url}).storage
        settings.STORAGES = {
            **settings.STORAGES,
            "default": {"BACKEND": backend, "OPTIONS": options},
        }
        yield found


def report():
    *_, last = checking.check(at=now())
    return last


def now():
    return timezone.now()  # noqa: TID251 - the bucket's clock is the machine's


def test_a_file_stands_in_the_bucket_and_no_draft_is_left(bucket):
    artifact = keep(b"proof")

    assert bucket.objects == {f"srm/{artifact.path}": b"proof"}
    assert files(shelf().drafts()) == []


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(st.binary(min_size=1, max_size=100_000), st.data())
def test_what_goes_in_comes_out_whole_and_in_parts(content, data):
    start = data.draw(st.integers(0, len(content) - 1))
    length = data.draw(st.integers(1, len(content) - start))
    artifact = keep(content)

    with artifacts.opened(artifact) as file:
        assert file.read() == content
    with artifacts.opened(artifact, start=start, length=length) as file:
        assert file.read() == content[start : start + length]


def test_a_file_of_megabytes_goes_in_whole(bucket):
    content = b"x" * 7 * 1024 * 1024

    artifact = keep(content)

    assert bucket.objects[f"srm/{artifact.path}"] == content


def test_a_bucket_that_does_not_answer_keeps_nothing(bucket):
    bucket.down = True

    with pytest.raises(StorageFailedError):
        keep(b"proof")

    bucket.down = False
    assert not Artifact.objects.exists()
    assert bucket.objects == {}
    assert keep(b"proof").size == 5


@pytest.mark.parametrize("damage", ["gone", "cut"])
def test_half_an_object_is_never_given_out(bucket, damage):
    artifact = keep(b"proof")
    key = f"srm/{artifact.path}"
    if damage == "gone":
        del bucket.objects[key]
    else:
        bucket.objects[key] = b"pr"

    with pytest.raises(StorageFailedError):
        artifacts.opened(artifact)


def test_what_is_wrong_is_found(bucket):
    kept = [keep(b"%d" % number) for number in range(4)]
    assert report().troubles == []
    bucket.objects[f"srm/{kept[0].path}"] = b"X"
    bucket.objects[f"srm/{kept[1].path}"] = b""
    del bucket.objects[f"srm/{kept[2].path}"]
    extra = f"srm/artifacts/ab/{'ab' * 32}"
    bucket.objects[extra], bucket.modified[extra] = b"x", 0.0

    assert [trouble.wrong for trouble in report().troubles] == [
        Wrong.ALTERED,
        Wrong.TRUNCATED,
        Wrong.MISSING,
        Wrong.EXTRA,
    ]


def test_a_sweep_takes_what_is_old_and_nobody_points_to(bucket):
    kept = f"srm/{keep(b'proof').path}"
    old, young = (f"srm/artifacts/ab/{letter * 64}" for letter in "ab")
    elsewhere = "other/artifacts/ab/x"
    for key in (old, young, elsewhere):
        bucket.objects[key], bucket.modified[key] = b"x", bucket.modified[kept]
    for key in (kept, old, elsewhere):
        bucket.age(key, 2 * DAY)

    swept = sweeping.sweep(at=now())

    assert swept == sweeping.Swept(drafts=0, files=1)
    assert set(bucket.objects) == {kept, young, elsewhere}


def test_an_object_that_became_young_meanwhile_stays(bucket):
    artifact = keep(b"proof")
    at = now()

    deleted = shelf().remove(
        artifact.path, lambda modified: at - modified > timedelta(days=1)
    )

    assert not deleted
    assert f"srm/{artifact.path}" in bucket.objects
