"""Every record screen shows, or changes by one service call."""

import inspect

import pytest
from django.contrib import admin

from controls.admin.base import ReadOnlyAdmin, RecordAdmin, ServiceAdmin

SCREENS = [pytest.param(s, id=m.__name__) for m, s in admin.site._registry.items()]


def test_there_are_screens_to_look_at():
    assert len(SCREENS) > 20


@pytest.mark.parametrize("screen", SCREENS)
def test_a_screen_only_shows_or_calls_a_service(screen):
    kinds = [isinstance(screen, ReadOnlyAdmin), isinstance(screen, ServiceAdmin)]

    assert kinds.count(True) == 1


@pytest.mark.parametrize(
    "screen", [p for p in SCREENS if isinstance(p.values[0], ServiceAdmin)]
)
def test_a_screen_that_changes_says_by_which_service(screen):
    source = inspect.getsource(type(screen).save_model)

    assert type(screen).save_model is not ServiceAdmin.save_model
    assert "acting(request)" in source
    assert ".save(" not in source


@pytest.mark.parametrize("screen", SCREENS)
def test_a_screen_asks_our_rules_and_never_djangos(screen):
    mine = type(screen)

    for name in ("has_view_permission", "has_add_permission", "has_delete_permission"):
        owner = next(c for c in mine.__mro__ if name in c.__dict__)
        assert issubclass(owner, RecordAdmin)
    assert mine.has_delete_permission is RecordAdmin.has_delete_permission
    assert mine.log_change is RecordAdmin.log_change
