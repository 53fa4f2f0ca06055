"""Django's view of the app."""

from django.apps import AppConfig


class EvidenceConfig(AppConfig):
    """What proves it."""

    default_auto_field = "django.db.models.BigAutoField"
    name = "evidence"
