"""The rows that must exist before anything else:

the built-in user, the head of the audit trail, AWS.
"""

from __future__ import annotations

from datetime import UTC, datetime

from controls.models import AuditHead, PersonalName, Provider, User
from controls.models.people import SYSTEM_EMAIL
from controls.rules.hashing import GENESIS

EPOCH = datetime(2026, 1, 1, tzinfo=UTC)
"""When the built-in rows count as created, so that two installations start alike."""


def create_base_rows() -> None:
    """Create the rows that are missing. Idempotent; a migration and the tests call it."""
    AuditHead.objects.get_or_create(pk=1, defaults={"seq": 0, "hash": GENESIS})
    Provider.objects.get_or_create(
        key="aws",
        defaults={"name": "AWS", "full_name": "Amazon Web Services", "letter": "A"},
    )
    if not User.objects.get_queryset().filter(email=SYSTEM_EMAIL).exists():
        user = User(email=SYSTEM_EMAIL, name="SRM", is_active=False, created_at=EPOCH)
        user.set_unusable_password()
        user.save()
        PersonalName.objects.create(user=user, name=user.name, recorded_at=EPOCH)


def system_user() -> User:
    """Return the built-in user that acts when nobody signed in does."""
    return User.objects.get(email=SYSTEM_EMAIL)
