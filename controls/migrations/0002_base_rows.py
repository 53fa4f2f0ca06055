"""The rows that must exist before anything else. controls.services.setup says the same for tests."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django.db import migrations


def create(apps: Any, schema_editor: Any) -> None:
    get = apps.get_model
    get("controls", "AuditHead").objects.create(pk=1, seq=0, hash="0" * 64)
    get("controls", "Provider").objects.create(
        key="aws", name="AWS", full_name="Amazon Web Services", letter="A"
    )
    get("controls", "User").objects.create(
        email="system@srm.invalid",
        name="SRM",
        password="!",
        is_active=False,
        created_at=datetime(2026, 1, 1, tzinfo=UTC),
    )


class Migration(migrations.Migration):
    dependencies = [("controls", "0001_initial")]
    operations = [migrations.RunPython(create, migrations.RunPython.noop)]
