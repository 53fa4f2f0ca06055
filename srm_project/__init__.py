"""Wiring: settings, urls, the Celery app, health pages and the base theme."""
