"""Each address answers each role as the table says, and never tells of another team."""

import re
from urllib.parse import quote

import pytest

from controls.models import AuditEvent
from tests.access.table import ask, rows
from tests.access.world import (
    FOREIGN_WORD,
    OWN_WORD,
    ROLES,
    SEES_ALL,
    SEES_OWN,
    STRANGERS_WORD,
)

pytestmark = pytest.mark.django_db

CASES = [
    pytest.param(row, whose, id=f"{row} {whose}")
    for row in rows()
    for whose in ("own", "foreign")
    if whose == "own" or row.has_foreign
]
WORDS_KEPT_FROM = {
    OWN_WORD: set(ROLES) - SEES_ALL - SEES_OWN,
    FOREIGN_WORD: set(ROLES) - SEES_ALL,
    STRANGERS_WORD: set(ROLES) - SEES_ALL - {"stranger", "other_auditor"},
}


def told(answer):
    """All that the answer says: its body and its headers."""
    body = b"".join(answer.streaming_content) if answer.streaming else answer.content
    return body.decode(errors="replace") + str(dict(answer.headers))


def asked(row, world, target):
    """What the request itself said, which an answer may repeat, as it was or quoted."""
    address = row.address(world, target)
    path, _, query = address.partition("?")
    return [address, f"{path}{quote('?' + query)}", path, *sent(row, world, target)]


def sent(row, world, target):
    """What its body said."""
    body = row.send(world, target) if row.send else {}
    if isinstance(body, str):
        return [cell for cell in re.split(r"[,\r\n]+", body) if cell]
    if not isinstance(body, dict):
        return []
    return [value for value in body.values() if isinstance(value, str) and value]


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize(("row", "whose"), CASES)
def test_an_address_answers_as_the_table_says(world, row, whose, role):
    target = getattr(world, whose)
    before = AuditEvent.objects.count()

    answer = ask(row, role, world, target)

    changed = AuditEvent.objects.count() != before
    expected = row.expected(role, foreign=whose == "foreign")
    assert answer.status_code == expected, told(answer)[:1000]
    assert not changed or (row.verb != "GET" and answer.status_code < 400)
    text = told(answer)
    for own_word in asked(row, world, target):
        text = text.replace(own_word, "")
    leaked = {
        word
        for word, kept_from in WORDS_KEPT_FROM.items()
        if role in kept_from and word in text
    }
    assert leaked == set()
