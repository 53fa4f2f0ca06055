"""Django's view of the app."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class ControlsConfig(AppConfig):
    """Registers what must follow every migration."""

    default_auto_field = "django.db.models.BigAutoField"
    name = "controls"
    # What the way back in the admin site says.
    verbose_name = "All records"

    def ready(self) -> None:
        """Create the append-only triggers anew after every migrate, and limit the app's
        role.

        A table that SQLite rebuilds loses its triggers.
        """
        from controls.models import grants, triggers

        post_migrate.connect(grants.limit_after_migrate, dispatch_uid="app-role")
        post_migrate.connect(triggers.install_after_migrate, dispatch_uid="append-only")
