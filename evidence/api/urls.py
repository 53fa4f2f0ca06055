"""The addresses of the API that need proof. Those of `controls` come after them."""

from django.urls import path, re_path
from rest_framework.routers import SimpleRouter

from evidence.api.artifacts import ArtifactViewSet
from evidence.api.evidence import EvidenceViewSet
from evidence.api.registers import RegistersView, RegisterView
from evidence.api.reviews import ReviewProofViewSet

router = SimpleRouter()
router.register("artifacts", ArtifactViewSet, basename="artifact")
router.register("evidence", EvidenceViewSet, basename="evidence")
router.register("reviews", ReviewProofViewSet, basename="review-proof")

urlpatterns = [
    *router.urls,
    path("registers/", RegistersView.as_view(), name="registers"),
    re_path(
        r"^registers/(?P<register>[a-z-]+)\.(?P<form>csv|ndjson)$",
        RegisterView.as_view(),
        name="register",
    ),
]
