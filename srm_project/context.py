"""What every page may say about this installation."""

from django.conf import settings
from django.http import HttpRequest


def installation(request: HttpRequest) -> dict[str, str]:
    """Return the name of the organisation that SRM is run for."""
    return {"organization_name": settings.ORGANIZATION_NAME}
