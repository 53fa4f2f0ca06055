"""The matrix of a system: controls by services, with the answer, and why on demand."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.http import HttpResponseRedirect as Redirect
from django.urls import reverse
from django.views.decorators.http import require_safe

from controls.choices import Kind, SystemKind, WorkflowState
from controls.errors import InvalidInputError
from controls.models import System
from controls.queries.matrix import Matrix, Row, matrix, needs_owner
from controls.rules.moments import Moment, moment
from controls.services import clock
from evidence.workspace import drawers, grid
from evidence.workspace.frame import find_system, now, page, person

Test = Callable[[Row], bool]

VIEWS: Mapping[str, tuple[str, Test]] = {
    "": ("All", bool),
    "suspect": ("Suspect", lambda row: row.suspect),
    "unowned": ("Unowned", needs_owner),
    "undecided": (
        "Not decided",
        lambda row: row.decision is None and row.elsewhere is None,
    ),
    "in-review": ("In review", lambda row: row.state == WorkflowState.IN_REVIEW),
    "returned": ("Returned", lambda row: row.state == WorkflowState.RETURNED),
    "differs": (
        "Decided otherwise",
        lambda row: bool(
            row.decision and row.derivation and row.decision.kind != row.derivation.kind
        ),
    ),
}
"""Saved views: token, words, and which rows they show."""


@dataclass(frozen=True, slots=True)
class Chip:
    """A number that is a door: to the rows that it counts."""

    label: str
    count: int
    url: str
    on: bool


@require_safe
def show(request: HttpRequest, key: str) -> HttpResponse:
    """Show the matrix, filtered by the address; `?cell=` opens the drawer."""
    system = find_system(request, key)
    try:
        asked = _asked(request)
    except InvalidInputError as error:
        told = {"title": "Not a moment", "told": error.message, "system": system}
        return page(request, "workspace/wrong.html", told, status=400)
    whole = matrix(system=system, moment=asked)
    rows = [row for row in whole.rows if _wanted(row, request.GET)]
    control_id, _, variant = request.GET.get("cell", "").partition(":")
    by_work = request.GET.get("order") != "catalog"
    families = grid.bands(
        rows,
        whole=whole,
        base=_cells(request.GET),
        opened=control_id,
        by_work=by_work,
    )
    context = {
        "title": f"Matrix: {system.name}",
        "system": system,
        "matrix": whole,
        "heads": grid.heads(whole.columns),
        "families": families,
        "shown": len(rows),
        "last_row": 1 + len(rows) + len(families),
        "columns": 1 + len(whole.columns) + grid.FIXED,
        "by_work": by_work,
        "order_url": _with(request.GET, order="catalog" if by_work else ""),
        "views": _views(request.GET, whole),
        "kinds": _kinds(request.GET, whole),
        "filters": _filters(request.GET, whole),
        "is_now": not (request.GET.get("as_of") or request.GET.get("on")),
        "kept": [(k, v) for k, v in request.GET.items() if k not in {"q", "cell"} and v],
        "drawer": _drawer(request, whole, control_id, variant),
        "organization_url": _organization(request, whole) if control_id else "",
    }
    return page(request, "workspace/matrix.html", context)


@require_safe
def first(request: HttpRequest) -> HttpResponse:
    """Go to the matrix of the first system that the person sees, else to the systems."""
    visible = System.objects.visible_to(person(request)).order_by("name")
    found = visible.filter(kind=SystemKind.WORKLOAD).first() or visible.first()
    if found is None:
        return Redirect(reverse("workspace:systems"))
    return Redirect(reverse("workspace:matrix", args=[found.key]))


def _asked(request: HttpRequest) -> Moment:
    return moment(
        as_of=request.GET.get("as_of", ""),
        on=request.GET.get("on", ""),
        now=now(),
        zone=clock.zone(),
    )


def _wanted(row: Row, asked: QueryDict) -> bool:
    """Say whether a row passes the filters of the address."""
    control, text = row.control, asked.get("q", "").strip().lower()
    owner = row.decision.owner_team if row.decision else None
    told = f"{control.label} {control.control_id} {control.title} {owner or ''}".lower()
    exact = {"family": control.group_id, "kind": row.kind, "state": row.state}
    view = VIEWS.get(asked.get("view", ""))
    return (
        text in told
        and all(asked.get(name) in {None, "", value} for name, value in exact.items())
        and (view is None or view[1](row))
    )


def _with(asked: QueryDict, **changes: str) -> str:
    """Return the address with some parameters changed, and without the drawer."""
    kept = asked.copy()
    kept.pop("cell", None)
    for name, value in changes.items():
        kept.pop(name, None)
        if value:
            kept[name] = value
    return f"?{kept.urlencode()}"


def _cells(asked: QueryDict) -> str:
    """Return the address that a cell's name is put behind."""
    rest = _with(asked)
    return f"{rest}&cell=" if len(rest) > 1 else "?cell="


def _views(asked: QueryDict, whole: Matrix) -> list[Chip]:
    chosen = asked.get("view", "")
    chips = [
        Chip(
            label=label,
            count=sum(map(test, whole.rows)),
            url=_with(asked, view=token),
            on=chosen == token,
        )
        for token, (label, test) in VIEWS.items()
    ]
    return [chip for chip in chips if chip.count or chip.on or chip.label == "All"]


def _kinds(asked: QueryDict, whole: Matrix) -> list[Chip]:
    chosen = asked.get("kind", "")
    return [
        Chip(
            label=Kind(token).label,
            count=whole.kinds[token],
            url=_with(asked, kind="" if chosen == token else token),
            on=chosen == token,
        )
        for token in Kind.values
        if whole.kinds[token]
    ]


def _filters(asked: QueryDict, whole: Matrix) -> list[Chip]:
    """Return the filters that have no chip of their own and are on: press to take them
    off.
    """
    found = []
    for name in ("family", "state", "q"):
        value = asked.get(name, "")
        if value:
            label = f"{'Filter' if name == 'q' else name.capitalize()}: {value}"
            count = sum(_wanted(row, QueryDict(f"{name}={value}")) for row in whole.rows)
            found.append(Chip(label, count, _with(asked, **{name: ""}), on=True))
    return found


def _organization(request: HttpRequest, whole: Matrix) -> str:
    """Return the address of the organisation's matrix where the person may see it."""
    keys = {row.elsewhere.system_key for row in whole.rows if row.elsewhere}
    visible = System.objects.visible_to(person(request)).filter(key__in=keys).first()
    return reverse("workspace:matrix", args=[visible.key]) if visible else ""


def _drawer(
    request: HttpRequest, whole: Matrix, control_id: str, variant: str
) -> drawers.Drawer | None:
    """Return the drawer that the address names. Raises Http404 for what is not there."""
    if not control_id:
        return None
    rows = (row for row in whole.rows if row.control.control_id == control_id)
    row = next(rows, None)
    known = {column.variant for column in whole.columns}
    if row is None or (variant and variant not in known):
        raise Http404("There is no such cell in this matrix.")
    return drawers.drawer(
        row,
        whole=whole,
        variant=variant,
        base=_cells(request.GET),
        close=f"{_with(request.GET)}#r-{control_id}",
        asked=drawers.Asked(person(request), now()),
    )
