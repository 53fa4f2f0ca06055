"""Wiring: settings, addresses, health, Celery, base templates and theme."""

from srm_project.celery import app as celery_app

__all__ = ["celery_app"]
