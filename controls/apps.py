"""Django's view of the app."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class ControlsConfig(AppConfig):
    """Registers the one thing that must follow every migration."""

    default_auto_field = "django.db.models.BigAutoField"
    name = "controls"

    def ready(self) -> None:
        """Re-create the append-only triggers after every migrate:

        a rebuilt SQLite table loses its own.
        """
        from controls.models import triggers

        post_migrate.connect(triggers.install_after_migrate, dispatch_uid="append-only")
