"""The addresses of the API that need proof. Those of `controls` come after them."""

from django.urls import path, re_path
from rest_framework.routers import SimpleRouter

from evidence.api.appendix_j import MatrixFileViewSet, SystemFileViewSet
from evidence.api.artifacts import ArtifactViewSet
from evidence.api.courses import CourseViewSet
from evidence.api.evidence import EvidenceViewSet
from evidence.api.people import PersonViewSet
from evidence.api.registers import RegistersViewSet, RegisterViewSet
from evidence.api.reviews import ReviewProofViewSet
from evidence.api.training_records import TrainingRecordViewSet

router = SimpleRouter()
router.register("artifacts", ArtifactViewSet, basename="artifact")
router.register("courses", CourseViewSet, basename="course")
router.register("evidence", EvidenceViewSet, basename="evidence")
router.register("people", PersonViewSet, basename="person")
router.register("reviews", ReviewProofViewSet, basename="review-proof")
router.register("training-records", TrainingRecordViewSet, basename="training-record")

urlpatterns = [
    re_path(
        r"^imported-matrices/(?P<uuid>[0-9a-f-]{36})/appendix-j\.(?P<form>xlsx|csv)$",
        MatrixFileViewSet.as_view({"get": "retrieve"}),
        name="matrix-file",
    ),
    re_path(
        r"^systems/(?P<key>[-a-zA-Z0-9_]+)/appendix-j\.(?P<form>xlsx|csv)$",
        SystemFileViewSet.as_view({"get": "retrieve"}),
        name="system-file",
    ),
    *router.urls,
    path("registers/", RegistersViewSet.as_view({"get": "list"}), name="registers"),
    re_path(
        r"^registers/(?P<register>[a-z-]+)\.(?P<form>csv|ndjson)$",
        RegisterViewSet.as_view({"get": "stream", "head": "announce"}),
        name="register",
    ),
]
