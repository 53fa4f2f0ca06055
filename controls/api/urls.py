"""The addresses of the API: plural nouns, verbs only for decisions."""

from django.urls import path, re_path
from rest_framework.routers import SimpleRouter

from controls.api.audit_events import AuditEventViewSet
from controls.api.base import Nowhere
from controls.api.catalogs import CatalogViewSet, ControlViewSet, ProfileViewSet
from controls.api.comparing import ComparisonViewSet, SuspectViewSet
from controls.api.control_mappings import ControlMappingViewSet
from controls.api.duties import DutyViewSet
from controls.api.facts import LayerViewSet, ProviderViewSet, ServiceVariantViewSet
from controls.api.imported_matrices import ImportedMatrixViewSet, ProvidersViewSet
from controls.api.inventories import InventoryViewSet
from controls.api.overrides import OverrideViewSet
from controls.api.own_facts import ControlTagViewSet, OwnFactsViewSet
from controls.api.people import TeamViewSet, TokenViewSet, UserViewSet
from controls.api.reminders import ReminderViewSet
from controls.api.responsibilities import ResponsibilityViewSet
from controls.api.review_schedules import ReviewScheduleViewSet
from controls.api.reviews import ReviewViewSet
from controls.api.systems import SystemViewSet

router = SimpleRouter()
router.register("audit-events", AuditEventViewSet, basename="audit-event")
router.register("catalogs", CatalogViewSet, basename="catalog")
router.register("control-mappings", ControlMappingViewSet, basename="control-mapping")
router.register("control-tags", ControlTagViewSet, basename="control-tag")
router.register("controls", ControlViewSet, basename="control")
router.register("duties", DutyViewSet, basename="duty")
router.register("imported-matrices", ImportedMatrixViewSet, basename="imported-matrix")
router.register("layers", LayerViewSet, basename="layer")
router.register("overrides", OverrideViewSet, basename="override")
router.register("own-facts", OwnFactsViewSet, basename="own-facts")
router.register("profiles", ProfileViewSet, basename="profile")
router.register("providers", ProviderViewSet, basename="provider")
router.register("reminders", ReminderViewSet, basename="reminder")
router.register("responsibilities", ResponsibilityViewSet, basename="responsibility")
router.register("review-schedules", ReviewScheduleViewSet, basename="review-schedule")
router.register("reviews", ReviewViewSet, basename="review")
router.register("service-variants", ServiceVariantViewSet, basename="service-variant")
router.register("suspects", SuspectViewSet, basename="suspect")
router.register("systems", SystemViewSet, basename="system")
router.register("systems", ComparisonViewSet, basename="comparison")
router.register("teams", TeamViewSet, basename="team")
router.register("tokens", TokenViewSet, basename="token")
router.register("users", UserViewSet, basename="user")

urlpatterns = [
    path(
        "systems/<slug:key>/inventory/",
        InventoryViewSet.as_view({"get": "retrieve", "post": "create"}),
        name="system-inventory",
    ),
    path(
        "systems/<slug:key>/providers/",
        ProvidersViewSet.as_view({"get": "retrieve"}),
        name="system-providers",
    ),
    *router.urls,
    re_path("", Nowhere.as_view()),
]
