"""Where everything is.

Only sign-in, static files, /healthz and /readyz answer strangers.
"""

from __future__ import annotations

from django.contrib import admin
from django.contrib.auth.decorators import login_required
from django.urls import include, path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

from srm_project import health

urlpatterns = [
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("accounts/", include("srm_project.accounts.urls")),
    path("api/v1/", include("evidence.api.urls")),
    path("api/v1/", include("controls.api.urls")),
    path("api/schema/", SpectacularAPIView.as_view(), name="api-schema"),
    path(
        "api/docs/",
        login_required(SpectacularSwaggerSplitView.as_view(url_name="api-schema")),
        name="api-docs",
    ),
    path("admin/", include("evidence.workspace.urls")),
    path("admin/", admin.site.urls),
    path("", include("evidence.portal.urls")),
]
