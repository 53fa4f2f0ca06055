"""/healthz and /readyz: names, yes or no, nothing else."""

import socket
import time
from datetime import timedelta

import pytest
import time_machine
from django.conf import settings
from django.db import connection
from django.test import Client

from controls.models import triggers
from controls.services import heartbeats
from tests.make import MONDAY

ALL = {"database", "append-only", "broker", "storage", "beat", "reminders"}


@pytest.fixture(autouse=True)
def _now():
    with time_machine.travel(MONDAY, tick=False):
        yield


@pytest.fixture
def _beating(db):  # noqa: ARG001
    for name in ("beat", "reminders"):
        heartbeats.beat(name=name, at=MONDAY - timedelta(seconds=180))


def failed(answer):
    return {name for name, state in answer.json()["checks"].items() if state != "ok"}


def test_healthz_answers_without_a_database():
    answer = Client().get("/healthz")

    assert answer.status_code == 200
    assert answer.json() == {"status": "ok"}


@pytest.mark.usefixtures("_beating")
def test_readyz_is_ready_when_everything_works():
    answer = Client().get("/readyz")

    assert answer.status_code == 200
    assert answer.json() == {"status": "ok", "checks": dict.fromkeys(ALL, "ok")}
    assert "no-store" in answer["Cache-Control"]


def test_readyz_says_no_without_a_database():
    answer = Client().get("/readyz")

    assert answer.status_code == 503
    assert failed(answer) == {"database", "append-only", "beat", "reminders"}


@pytest.mark.usefixtures("_beating")
def test_readyz_says_no_when_a_trigger_is_gone():
    triggers.drop(connection)

    answer = Client().get("/readyz")

    assert answer.status_code == 503
    assert failed(answer) == {"append-only"}


@pytest.mark.django_db
def test_readyz_says_no_when_beat_never_beat():
    assert failed(Client().get("/readyz")) == {"beat", "reminders"}


@pytest.mark.parametrize("name", ["beat", "reminders"])
@pytest.mark.usefixtures("_beating")
def test_readyz_says_no_when_one_is_silent_for_three_minutes(name):
    heartbeats.beat(name=name, at=MONDAY - timedelta(seconds=181))

    answer = Client().get("/readyz")

    assert answer.status_code == 503
    assert failed(answer) == {name}


@pytest.mark.usefixtures("_beating")
def test_readyz_says_no_when_files_cannot_be_written(settings, tmp_path):
    (tmp_path / "files").write_text("not a folder")
    settings.STORAGES = {
        **settings.STORAGES,
        "default": {
            "BACKEND": "django.core.files.storage.FileSystemStorage",
            "OPTIONS": {"location": str(tmp_path / "files")},
        },
    }

    assert failed(Client().get("/readyz")) == {"storage"}


@pytest.mark.usefixtures("_beating")
def test_readyz_leaves_nothing_behind_in_the_store(settings, tmp_path):
    settings.STORAGES = {
        **settings.STORAGES,
        "default": {
            "BACKEND": "django.core.files.storage.FileSystemStorage",
            "OPTIONS": {"location": str(tmp_path)},
        },
    }

    Client().get("/readyz")

    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


@pytest.mark.usefixtures("_beating")
def test_readyz_says_no_when_the_folder_of_messages_is_gone(settings, tmp_path):
    settings.CELERY_BROKER_URL = "filesystem://"
    settings.CELERY_BROKER_TRANSPORT_OPTIONS = {"data_folder_out": str(tmp_path / "gone")}

    assert failed(Client().get("/readyz")) == {"broker"}


@pytest.mark.usefixtures("_beating")
def test_readyz_answers_within_two_seconds_though_redis_is_frozen(settings):
    # Whoever connects is never answered: what a stopped process looks like from outside.
    with socket.create_server(("127.0.0.1", 0)) as frozen:
        settings.CELERY_BROKER_URL = f"redis://127.0.0.1:{frozen.getsockname()[1]}/0"
        started = time.perf_counter()
        answer = Client().get("/readyz")
        took = time.perf_counter() - started

    assert failed(answer) == {"broker"}
    assert took < 2


@pytest.mark.usefixtures("_beating")
def test_a_failure_tells_a_stranger_no_more_than_its_name(settings):
    settings.CELERY_BROKER_URL = "redis://:hunter2@127.0.0.1:1/0"

    answer = Client().get("/readyz")

    assert set(answer.json()) == {"status", "checks"}
    assert set(answer.json()["checks"]) == ALL
    assert "127.0.0.1" not in answer.content.decode()


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_nothing_can_be_posted(path):
    assert Client().post(path).status_code == 405


def test_probes_need_no_https():
    exempt = settings.SECURE_REDIRECT_EXEMPT

    assert exempt == [r"^healthz$", r"^readyz$"]
