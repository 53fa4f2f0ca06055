"""The addresses of the API that need proof. Those of `controls` come after them."""

from django.urls import path, re_path
from rest_framework.routers import SimpleRouter

from evidence.api.registers import RegistersView, RegisterView

router = SimpleRouter()

urlpatterns = [
    *router.urls,
    path("registers/", RegistersView.as_view(), name="registers"),
    re_path(
        r"^registers/(?P<register>[a-z-]+)\.(?P<form>csv|ndjson)$",
        RegisterView.as_view(),
        name="register",
    ),
]
