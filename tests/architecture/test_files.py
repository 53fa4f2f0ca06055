"""The bytes of a file leave through one function, and come in through one."""

import ast
from pathlib import Path

import pytest
from django.conf import settings
from rest_framework.settings import api_settings

from controls.api.base import Door

REPOSITORY = Path(__file__).resolve().parents[2]
OURS = [
    path
    for package in ("controls", "evidence", "srm_project")
    for path in sorted((REPOSITORY / package).rglob("*.py"))
    if "migrations" not in path.parts
]
ONE_DOOR = "evidence/api/downloads.py"
STORE = {
    "evidence/services/artifacts.py",
    "evidence/services/checking.py",
    "evidence/services/shelves.py",
    "evidence/services/store.py",
    "evidence/services/sweeping.py",
}
SERVICE = "evidence/services/evidence.py"
HEALTH = "srm_project/health.py"
"""Asks whether the store can be written, with a file of its own."""
STREAMS_TEXT = {"evidence/api/registers.py"}
"""Streams of rows that are written while they are read, never of stored files."""


def names(path):
    """Every name and attribute that a module uses."""
    tree = ast.parse(path.read_text())
    return {
        next(getattr(node, name) for name in ("id", "attr", "name") if hasattr(node, name))
        for node in ast.walk(tree)
        if isinstance(node, ast.Name | ast.Attribute | ast.alias)
    }


def users_of(*wanted):
    """The modules that use any of these names."""
    return {
        path.relative_to(REPOSITORY).as_posix()
        for path in OURS
        if names(path) & set(wanted)
    }


def importers_of(module):
    """The modules that import this one, or something from it."""
    return {
        path.relative_to(REPOSITORY).as_posix() for path in OURS if module in imports(path)
    }


def imports(path):
    """Every module that a module may have imported, and every name from one."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom):
            found |= {node.module} | {f"{node.module}.{name.name}" for name in node.names}
        elif isinstance(node, ast.Import):
            found |= {name.name for name in node.names}
    return found


def test_there_is_something_to_look_at():
    assert ONE_DOOR in users_of("FileResponse")


def test_one_module_returns_files():
    assert users_of("FileResponse", "file_to_stream") == {ONE_DOOR}
    assert users_of("StreamingHttpResponse") <= STREAMS_TEXT


def test_only_the_store_knows_where_files_stand():
    assert importers_of("evidence.services.shelves") <= STORE
    assert users_of("default_storage", "storages") <= STORE | {HEALTH}


def test_stored_files_are_opened_for_downloads_only():
    assert importers_of("evidence.services.artifacts") == {ONE_DOOR, SERVICE}
    assert "artifacts.opened" not in (REPOSITORY / SERVICE).read_text()


def test_no_form_takes_a_file_past_the_one_handler():
    assert settings.FILE_UPLOAD_HANDLERS == ["evidence.services.uploads.ReceivingHandler"]


@pytest.mark.parametrize("door", [Door])
def test_a_view_takes_no_form_unless_it_says_so(door):
    assert [parser.media_type for parser in door.parser_classes] == ["application/json"]
    assert "multipart" not in str(api_settings.DEFAULT_PARSER_CLASSES)
