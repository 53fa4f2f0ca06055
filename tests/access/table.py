"""The permission table: each address by verb by role, on one's own team and on another.

Every area has a module `<area>_rows.py` beside this one, with `ROWS`. An address of the
whole project that no row names fails `test_coverage.py`; it may stand in `OPEN` instead,
with the reason why it has no rows.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver, resolve

from tests.access.world import ROLES, SEES_ALL, Target, World

Made = Callable[[World, Target], Any]


@dataclass(frozen=True)
class Row:
    """What each role is answered at one address.

    `path` is a format string over `o`, the target, and `w`, the world. `own` holds a status
    for each of ROLES. `foreign` likewise; empty: a stranger's 401, nothing for those who do
    not see everything, and as for one's own for those who do. `-`: the address names no
    team's object, so there is no second case.
    """

    verb: str
    path: str
    own: str
    foreign: str = ""
    send: Made | None = None
    version: Made | None = None
    by_browser: bool = False
    """Signed in by session, with a form as the body; else by token, with JSON."""
    content_type: str = "application/json"
    """Of the body of a request with a token."""
    note: str = ""

    def __str__(self) -> str:
        return " ".join(filter(None, (self.verb, self.path, self.note)))

    def expected(self, role: str, *, foreign: bool) -> int:
        """Return the status that the role is answered."""
        own = dict(zip(ROLES, map(int, self.own.split()), strict=True))
        if not foreign:
            return own[role]
        if self.foreign:
            told = map(int, self.foreign.split())
            return dict(zip(ROLES, told, strict=True))[role]
        return own[role] if role in SEES_ALL | {"anonymous"} else 404

    @property
    def has_foreign(self) -> bool:
        """Say whether the address names something of a team."""
        return self.foreign != "-"

    def address(self, world: World, target: Target) -> str:
        """Return the path for a target."""
        return self.path.format(o=target, w=world)


def ask(row: Row, role: str, world: World, target: Target) -> Any:
    """Send the row's request as the role and return the answer."""
    person = world.people[role]
    headers: dict[str, str] = {}
    if row.version is not None:
        headers["If-Match"] = f'"v{row.version(world, target)}"'
    if not row.by_browser and person is not None:
        headers["Authorization"] = f"Bearer {world.tokens[role]}"
    client = world.browsers[role if row.by_browser else "anonymous"]
    body = row.send(world, target) if row.send else {}
    given: dict[str, Any] = {"headers": headers}
    if row.verb not in {"GET", "HEAD"}:
        given["data"] = body
        if not row.by_browser:
            given["content_type"] = row.content_type
    return getattr(client, row.verb.lower())(row.address(world, target), **given)


def modules() -> list[Any]:
    """Return the modules that hold rows."""
    here = Path(__file__).parent
    return [
        importlib.import_module(f"tests.access.{path.stem}")
        for path in sorted(here.glob("*_rows.py"))
    ]


def rows() -> list[Row]:
    """Return the rows of all areas."""
    return [row for module in modules() for row in module.ROWS]


def open_addresses() -> Mapping[str, str]:
    """Return route → why it has no rows, over all areas."""
    return {
        route: why
        for module in modules()
        for route, why in getattr(module, "OPEN", {}).items()
    }


def routes(
    patterns: list[URLPattern | URLResolver] | None = None, before: str = ""
) -> Iterator[tuple[str, URLPattern]]:
    """Yield each address of the project as `resolve` names it, with its pattern."""
    found = get_resolver().url_patterns if patterns is None else patterns
    for pattern in found:
        route = before + str(pattern.pattern).removeprefix("^" if before else "")
        if isinstance(pattern, URLResolver):
            yield from routes(pattern.url_patterns, route)
        else:
            yield route, pattern


def route_of(row: Row, world: World) -> str:
    """Return the address that the row's path leads to."""
    return resolve(row.address(world, world.own).partition("?")[0]).route
