"""Controls: their text, the layers they touch, and how they map to other catalogs."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from controls.admin import display
from controls.admin.base import ReadOnlyAdmin, acting
from controls.admin.display import Panel
from controls.admin.filters import ColumnFilter
from controls.models import Control, ControlTag, Layer, User
from controls.queries import crosswalks
from controls.queries.statements import lines
from controls.rules.explanation import through
from controls.rules.permissions import Action
from controls.services import access

DEEPEST = 4
"""Steps of indentation that the style sheet knows."""


class FamilyFilter(ColumnFilter):
    """By family."""

    title = "family"
    parameter_name = "family"
    column = "group_id"

    def words(self, request: HttpRequest, model_admin: Any) -> Any:
        """Return the families."""
        rows = Control.objects.exclude(group_id="").order_by("group_id")
        pairs = rows.values_list("group_id", "group_title").distinct()
        return [(key, f"{key.upper()} {title}") for key, title in dict(pairs).items()]


@admin.register(Control)
class ControlAdmin(ReadOnlyAdmin):
    """Controls."""

    is_withdrawn = display.yes_or_no("withdrawn", "withdrawn")

    list_display = ("label", "title", "catalog", "group_title", "is_withdrawn")
    list_select_related = ("catalog",)
    related = ("parent",)
    list_filter = (("catalog", admin.RelatedOnlyFieldListFilter), "withdrawn", FamilyFilter)
    search_fields = ("control_id", "label", "title")
    search_help_text = "Control id or title"
    ordering = ("catalog", "order")
    list_per_page = 100
    fields = (
        "label",
        "title",
        "catalog",
        "group_title",
        "parent",
        "is_withdrawn",
        "text",
        "touched",
        "mapped",
    )

    def render_change_form(
        self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any
    ) -> Any:
        """Add what the organisation itself says, and the way to say it."""
        row = kwargs.get("obj")
        if row is not None:
            context["srm_panels"] = [_tags_panel(row, acting(request))]
        return super().render_change_form(request, context, *args, **kwargs)

    @admin.display(description="text")
    def text(self, row: Any) -> SafeString:
        """Return the parts in order, indented."""
        told = format_html_join(
            "",
            '<li class="depth-{}"><b>{}</b> {}</li>',
            (
                (min(line.depth, DEEPEST), line.label or _part(line.name), line.prose)
                for line in lines(row)
                if line.prose or line.label
            ),
        )
        if not told:
            return SafeString("Only the title is known: import the publisher's file.")
        return format_html('<ul class="statement">{}</ul>', told)

    @admin.display(description="layers")
    def touched(self, row: Any) -> SafeString:
        """Return the layers that it touches, in order, with the reason."""
        rows = row.layers.select_related("layer").order_by("order")
        own = [
            f"{item.layer.name}"
            + (f": {item.reason}" if item.reason else "")
            + f" (confidence {item.get_confidence_display().lower()})"
            for item in rows
        ]
        tag = crosswalks.tag_of(row, crosswalks.tags())
        if tag is None:
            return display.listed(own or _through(row))
        names = dict(Layer.objects.values_list("code", "name"))
        word = ", ".join(names.get(code, code) for code in tag.layers)
        shipped = [f"Shipped: {'; '.join(own)}"] if own else []
        return display.listed(
            [f"Your organisation's own word: {word}. {tag.reason}", *shipped]
        )

    @admin.display(description="mapped to")
    def mapped(self, row: Any) -> SafeString:
        """Return the controls of other catalogs, with relation and grade."""
        there = row.mappings.select_related("target__catalog").order_by("target_id")
        back = row.mapped_from.select_related("source__catalog").order_by("source_id")
        pairs = [(m.target, m) for m in there] + [(m.source, m) for m in back]
        return display.listed(
            format_html(
                "{} ({}): {}, {}",
                display.link(display.change_url(control), control.label),
                control.catalog,
                m.get_relation_display().lower(),
                m.get_grade_display().lower(),
            )
            for control, m in pairs
        )


def _tags_panel(row: Control, user: User) -> Panel:
    """Return what the organisation said of the layers, in whichever edition."""
    said = ControlTag.objects.filter(
        control__catalog__key=row.catalog.key, control__control_id__iexact=row.control_id
    )
    address = reverse("admin:controls_controltag_add")
    may = access.allowed(user, Action.OVERRIDE_EVERYWHERE)
    return Panel(
        title="Layers by our own word",
        heads=("Layers", "Reason", "By", "From", "Until"),
        rows=[
            (
                display.link(display.change_url(tag), ", ".join(tag.layers)),
                tag.reason,
                tag.started_by.name,
                display.day_time(tag.started_at),
                display.day_time(tag.ended_at) if tag.ended_at else "\N{EN DASH}",
            )
            for tag in said.select_related("started_by").order_by("-pk")
        ],
        empty="None: the layers above are shipped, or come through the crosswalk.",
        add_url=f"{address}?control={row.pk}" if may else "",
        add_label="Name its layers\N{HORIZONTAL ELLIPSIS}",
    )


def _through(row: Any) -> list[str]:
    """Return the layers that come through the controls it maps to."""
    found = crosswalks.layers_through(row)
    names = dict(Layer.objects.values_list("code", "name"))
    return [
        f"{names.get(item['layer'], item['layer'])}: through {through(item['ways'])}"
        for item in found
    ]


def _part(name: str) -> str:
    return (
        "" if name in {"statement", "item"} else name.replace("-", " ").capitalize() + ":"
    )
