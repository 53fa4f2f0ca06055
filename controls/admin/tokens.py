"""API tokens: made once, shown once, revoked."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, time, timedelta
from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.template.response import TemplateResponse

from controls.admin.base import ServiceAdmin, Step, acting, now, take_over
from controls.admin.forms import ServiceForm, date_field
from controls.choices import TokenScope
from controls.models import ApiToken, Team, User
from controls.services import clock, tokens


class TokenForm(ServiceForm):
    """What will use the token, what it may do, until when."""

    name = forms.CharField(max_length=100, help_text="What will use it.")
    scope = forms.ChoiceField(choices=TokenScope.choices)
    team = forms.ModelChoiceField(
        Team.objects.order_by("name"),
        required=False,
        empty_label="All that I may do",
        help_text="With a team, your role in it alone counts: give a script no more.",
    )
    last_day = date_field("Last day", required=True, help_text="At most a year from now.")

    places = {"expires_at": "last_day"}

    class Meta:
        model = ApiToken
        fields: tuple[str, ...] = ()


@admin.register(ApiToken)
class ApiTokenAdmin(ServiceAdmin):
    """API tokens."""

    form = TokenForm
    list_display = (
        "name",
        "prefix",
        "user",
        "scope",
        "expires_at",
        "last_used_at",
        "ended_at",
    )
    list_select_related = ("user",)
    related = ("team", "ended_by")
    list_filter = ("scope",)
    search_fields = ("name", "prefix", "user__name")
    search_help_text = "Name, prefix or person"
    list_lead = "Keys to the API. Only a hash is kept."
    empty_list = "No token yet. A token lets a script do what you may do."
    added = ("name", "scope", "team", "last_day")
    shown = (
        "name",
        "prefix",
        "user",
        "team",
        "scope",
        "created_at",
        "expires_at",
        "last_used_at",
        "ended_at",
        "ended_by",
    )

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """Return the form of a new token, or the row."""
        return ((None, {"fields": self.shown if obj else self.added}),)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """A token is never changed."""
        return self.shown if obj else ()

    def get_form(
        self, request: HttpRequest, obj: Any = None, *args: Any, **kwargs: Any
    ) -> Any:
        """Ask for nothing where the row only ends."""
        if obj is not None:
            kwargs["form"] = ServiceForm
        return super().get_form(request, obj, *args, **kwargs)

    def may_add(self, user: User) -> bool:
        """Everybody makes tokens of their own."""
        return True

    def may_change(self, user: User, row: Any) -> bool:
        """Say whether there is something to revoke."""
        return row.ended_at is None

    def can_save(self, row: Any) -> bool:
        """Only a new row is saved."""
        return row is None

    def steps(self, request: HttpRequest, row: Any) -> Sequence[Step]:
        """Return the one step there is."""
        return (Step("revoke", "Revoke", go=True),)

    def done(self, request: HttpRequest) -> str:
        """Return what has been done."""
        return "revoked"

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Make or revoke the token."""
        by, at = acting(request), now()
        if change:
            tokens.revoke(token=self.fresh(request, obj), by=by, at=at)
            return
        data = form.cleaned_data
        midnight = datetime.combine(data["last_day"] + timedelta(days=1), time.min)
        made, text = tokens.create(
            user=by,
            name=data["name"],
            scope=data["scope"],
            team=data["team"],
            expires_at=midnight.replace(tzinfo=clock.zone()),
            by=by,
            at=at,
        )
        take_over(obj, made)
        request.srm_secret = text  # type: ignore[attr-defined]

    def response_add(
        self, request: HttpRequest, obj: Any, post_url_continue: Any = None
    ) -> Any:
        """Show the text of the token, once."""
        context = {
            **self.admin_site.each_context(request),
            "title": f"Token {obj.name}",
            "opts": self.opts,
            "original": obj,
            "secret": request.srm_secret,  # type: ignore[attr-defined]
            "secret_lead": "Copy it now. It is not stored and not shown again. "
            "Send it as: Authorization: Bearer \N{HORIZONTAL ELLIPSIS}",
        }
        return TemplateResponse(request, "controls/secret.html", context)
