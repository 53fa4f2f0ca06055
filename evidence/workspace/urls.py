"""Pages of the workspace, inside the admin site."""

from django.contrib import admin
from django.urls import path

from evidence.workspace import (
    comparing,
    inventories,
    matrices,
    own_facts,
    providers,
    queues,
    systems,
    training,
    training_imports,
)

app_name = "workspace"

view = admin.site.admin_view

urlpatterns = [
    path("matrix/", view(matrices.first), name="matrices"),
    path("systems/", view(systems.listing), name="systems"),
    path("systems/<slug:key>/", view(systems.system), name="system"),
    path("systems/<slug:key>/services/", view(systems.add_services), name="add-services"),
    path(
        "systems/<slug:key>/services/<uuid:uuid>/end/",
        view(systems.end_service),
        name="end-service",
    ),
    path("systems/<slug:key>/profiles/", view(systems.add_profile), name="add-profile"),
    path(
        "systems/<slug:key>/profiles/<uuid:uuid>/end/",
        view(systems.end_profile),
        name="end-profile",
    ),
    path("systems/<slug:key>/what-if/", view(comparing.what_if), name="what-if"),
    path("systems/<slug:key>/compare/", view(comparing.compare), name="compare"),
    path("changes/", view(comparing.changes), name="changes"),
    path("facts/", view(own_facts.show), name="own-facts"),
    path("systems/<slug:key>/matrix/", view(matrices.show), name="matrix"),
    path("systems/<slug:key>/inventory/", view(inventories.show), name="inventory"),
    path("systems/<slug:key>/providers/", view(providers.show), name="providers"),
    path("queue/", view(queues.page), name="queue"),
    path("training/", view(training.page), name="training"),
    path("training/courses/<slug:key>/", view(training.course), name="training-course"),
    path(
        "training/import/<slug:kind>/",
        view(training_imports.show),
        name="training-import",
    ),
    path(
        "training/import/<slug:kind>/template.csv",
        view(training_imports.template),
        name="training-template",
    ),
]
