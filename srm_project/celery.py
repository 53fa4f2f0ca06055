"""The Celery app. Workers need the database and the broker, never the web."""

from __future__ import annotations

import os

import structlog
from celery import Celery, Task
from celery.signals import beat_embedded_init, beat_init, setup_logging, task_prerun

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "srm_project.settings")

app = Celery("srm")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@setup_logging.connect
def keep_our_logging(**_: object) -> None:
    """Keep the logging of the settings; Celery would put its own in its place."""


@beat_init.connect
@beat_embedded_init.connect
def give_a_first_sign_of_life(**_: object) -> None:
    """Let the heartbeats begin with beat: its schedule would wait a period first."""
    app.send_task("controls.beat_heartbeat", expires=25)
    app.send_task("controls.queue_due_reminders", expires=55)


@task_prerun.connect
def name_the_run(task_id: str, task: Task[..., object], **_: object) -> None:
    """Put the run's id on its log lines and on the audit events it causes."""
    from controls.services.audit import request_id  # apps are loaded after this module

    request_id.set(task_id)
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(task=task.name, request_id=task_id)
