"""One address that fails."""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.urls import path


@login_not_required
def broken(request: HttpRequest) -> HttpResponse:  # noqa: ARG001
    """Fail."""
    raise ZeroDivisionError


urlpatterns = [path("broken/", broken)]
