"""Background work: what Celery may carry, and that a worker needs no web."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from celery.exceptions import QueueNotFound

from controls.tasks import beat_heartbeat
from srm_project.celery import app

REPOSITORY = Path(__file__).resolve().parents[2]


def test_messages_are_json_and_nothing_else():
    assert app.conf.task_serializer == "json"
    assert list(app.conf.accept_content) == ["json"]
    assert not app.conf.result_backend
    assert app.conf.task_ignore_result


def test_a_message_is_acknowledged_after_its_work_and_a_killer_is_not_run_again():
    assert app.conf.task_acks_late
    assert not app.conf.task_reject_on_worker_lost


def test_no_task_runs_for_ever_and_none_is_published_twice():
    assert 0 < app.conf.task_soft_time_limit < app.conf.task_time_limit
    assert not app.conf.task_publish_retry
    assert app.conf.broker_connection_timeout == 1


def test_every_task_on_the_clock_exists_and_expires_before_its_next_run():
    app.loader.import_default_modules()

    for entry in app.conf.beat_schedule.values():
        assert entry["task"] in app.tasks
        assert entry["options"]["expires"] < entry["schedule"]


def test_every_task_of_ours_has_a_name_of_ours():
    app.loader.import_default_modules()
    ours = [name for name in app.tasks if not name.startswith("celery.")]

    assert ours
    assert all(name.split(".")[0] in {"controls", "evidence"} for name in ours)
    assert not [name for name in ours if ".tasks." in name]


def test_a_misspelt_queue_is_an_error():
    assert set(app.amqp.queues) == {"celery", "exports"}
    with pytest.raises(QueueNotFound):
        beat_heartbeat.apply_async(queue="exprots")


def test_the_folder_broker_keeps_to_the_data_folder(tmp_path):
    ended = in_folder(
        tmp_path,
        "-c",
        "import django; django.setup()\n"
        "from django.conf import settings\n"
        "options = settings.CELERY_BROKER_TRANSPORT_OPTIONS\n"
        "print(options['data_folder_in'], options['control_folder'])\n"
        "print(options['polling_interval'])",
    )

    assert ended.stdout.split() == [
        str(tmp_path / "queue" / "messages"),
        str(tmp_path / "queue" / "control"),
        "0.2",
    ]


def test_a_worker_comes_up_without_the_web_and_writes_its_sign_of_life(tmp_path):
    in_folder(tmp_path, "manage.py", "migrate", "--verbosity", "0")
    worker = subprocess.Popen(  # noqa: S603 - our own fixed command
        [sys.executable, *WORKER],
        cwd=REPOSITORY,
        env=environment(tmp_path),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        in_folder(
            tmp_path,
            "-c",
            "import django; django.setup()\n"
            "from controls.tasks import beat_heartbeat; beat_heartbeat.delay()",
        )
        found = wait_for_output(worker, "controls.beat_heartbeat", seconds=60)
        worker.terminate()
        rest = worker.communicate(timeout=30)[0]
    finally:
        worker.kill()

    assert "Traceback" not in found + rest
    counted = in_folder(
        tmp_path,
        "-c",
        "import django; django.setup()\n"
        "from controls.models import Heartbeat\n"
        "print(Heartbeat.objects.filter(name='beat').count())",
    )
    assert counted.stdout.strip() == "1"


WORKER = (
    *("-m", "celery", "--app", "srm_project", "worker", "--queues", "celery"),
    *("--pool", "solo", "--without-mingle", "--without-gossip"),
)


def environment(folder):
    return {
        "PATH": os.environ["PATH"],
        "DJANGO_SETTINGS_MODULE": "srm_project.settings",
        "SRM_DATA_DIR": str(folder),
        "PYTHONUNBUFFERED": "1",
    }


def in_folder(folder, *arguments):
    return subprocess.run(  # noqa: S603 - our own fixed commands
        [sys.executable, *arguments],
        cwd=REPOSITORY,
        env=environment(folder),
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )


def wait_for_output(process, text, *, seconds):
    """Return what the process printed up to the text and one line of success after it."""
    until = time.monotonic() + seconds
    printed = ""
    for line in process.stdout:
        printed += line
        if text in line and "succeeded" in line:
            return printed
        assert time.monotonic() < until, printed
    return printed
