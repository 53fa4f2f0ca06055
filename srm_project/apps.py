"""Django's view of the wiring."""

from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig


class WiringConfig(AppConfig):
    """Holds the base templates and the theme."""

    name = "srm_project"


class WorkspaceAdminConfig(AdminConfig):
    """Puts our own admin site in the place of the stock one."""

    default_site = "srm_project.site.WorkspaceSite"
