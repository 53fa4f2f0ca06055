"""The addresses of the API that need proof. Those of `controls` come after them."""

from rest_framework.routers import SimpleRouter

router = SimpleRouter()

urlpatterns = [*router.urls]
