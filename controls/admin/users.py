"""People who sign in."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Q
from django.http import HttpRequest
from django.template.response import TemplateResponse

from controls.admin import display
from controls.admin.base import ServiceAdmin, Step, acting, now, step_of, take_over
from controls.admin.display import Panel
from controls.admin.forms import ServiceForm
from controls.choices import OrganizationRoleName
from controls.models import User
from controls.models.people import SYSTEM_EMAIL
from controls.rules.permissions import RULES, Action
from controls.services import access, people

RANDOM_BYTES = 15
"""Of a password that we make: 20 letters, 120 bits."""


class UserForm(ServiceForm):
    """Who the person is. An empty password asks for a random one."""

    with_step = frozenset({"password"})
    password = forms.CharField(
        label="Password",
        required=False,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text="At least 12 characters. Empty: a random one, shown once.",
    )

    class Meta:
        model = User
        fields = ("name", "email", "time_zone")
        help_texts = {"time_zone": "Such as Europe/Berlin."}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # The stored hash is never the field's initial value.
        self.initial.pop("password", None)
        if self.step and self.step != "password":
            self.with_step = frozenset()  # type: ignore[misc]


@admin.register(User)
class UserAdmin(ServiceAdmin):
    """People."""

    may_sign_in = display.yes_or_no("is_active", "may sign in")

    form = UserForm
    list_display = ("name", "email", "roles_held", "may_sign_in", "last_login")
    list_filter = ("is_active",)
    search_fields = ("name", "email")
    search_help_text = "Name or address"
    ordering = ("name", "pk")
    who = RULES[Action.MANAGE_PEOPLE].who
    fixed = ("may_sign_in", "created_at", "last_login")

    def visible(self, user: User) -> Any:
        """Return the people this person may see; never the built-in user."""
        return User.objects.visible_to(user).exclude(email=SYSTEM_EMAIL)

    def get_queryset(self, request: HttpRequest) -> Any:
        """Return the visible people with their roles."""
        return super().get_queryset(request).prefetch_related("roles", "memberships__team")

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """Return who the person is; and a new password where it may be set."""
        who = ("name", "email", "time_zone")
        if obj is None:
            return ((None, {"fields": (*who, "password")}),)
        shown = ((None, {"fields": who}), ("State", {"fields": self.fixed}))
        if self.may_change(acting(request), obj):
            return (*shown, ("New password", {"fields": ("password",)}))
        return shown

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Return what follows from steps."""
        return self.fixed if obj else ()

    def may_add(self, user: User) -> bool:
        """Say whether the person may manage people."""
        return access.allowed(user, Action.MANAGE_PEOPLE)

    def may_change(self, user: User, row: Any) -> bool:
        """Say whether it is oneself, or the person may manage people."""
        return user.pk == row.pk or access.allowed(user, Action.MANAGE_PEOPLE)

    def steps(self, request: HttpRequest, row: Any) -> Sequence[Step]:
        """Return what can be done with the person besides changing their name."""
        password = Step("password", "Set password")
        if not access.allowed(acting(request), Action.MANAGE_PEOPLE):
            return (password,)
        if row.is_active:
            return (password, Step("deactivate", "Deactivate"))
        return (password, Step("reactivate", "Reactivate"))

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Create, change, deactivate, reactivate, or set the password."""
        data, by, at = form.cleaned_data, acting(request), now()
        step = step_of(request)
        if not change:
            made = people.create(
                email=data["email"],
                name=data["name"],
                password=self._password(request, data),
                time_zone=data["time_zone"],
                by=by,
                at=at,
            )
            take_over(obj, made)
            return
        user, version = self.fresh(request, obj), data["version"] or 0
        if step == "password":
            people.set_password(
                user=user, password=self._password(request, data), by=by, at=at
            )
        elif step in {"deactivate", "reactivate"}:
            service = people.deactivate if step == "deactivate" else people.reactivate
            service(user=user, version=version, by=by, at=at)
        else:
            people.change(
                user=user,
                version=version,
                email=data["email"],
                name=data["name"],
                time_zone=data["time_zone"],
                by=by,
                at=at,
            )

    def response_add(
        self, request: HttpRequest, obj: Any, post_url_continue: Any = None
    ) -> Any:
        """Show the password that was made, once."""
        made = getattr(request, "srm_secret", "")
        return self.secret(request, obj, made) or super().response_add(request, obj)

    def response_change(self, request: HttpRequest, obj: Any) -> Any:
        """Show the password that was made, once."""
        made = getattr(request, "srm_secret", "")
        return self.secret(request, obj, made) or super().response_change(request, obj)

    def secret(self, request: HttpRequest, obj: Any, made: str) -> TemplateResponse | None:
        """Return the page that shows a new password, which is stored nowhere."""
        if not made:
            return None
        context = {
            **self.admin_site.each_context(request),
            "title": f"Password of {obj}",
            "opts": self.opts,
            "original": obj,
            "secret": made,
            "secret_lead": "Hand it over in person or by another way than mail. "
            "It is not stored and not shown again.",
        }
        return TemplateResponse(request, "controls/secret.html", context)

    def page(self, request: HttpRequest, row: Any) -> dict[str, Any]:
        """Return the person's teams."""
        held = [m for m in row.memberships.all() if m.ended_at is None]
        panel = Panel(
            title="Teams",
            heads=("Team", "Role", "Since"),
            rows=[
                (m.team.name, m.get_role_display(), display.day(m.started_at)) for m in held
            ],
            empty="In no team.",
        )
        return {"srm_panels": [panel]}

    def history_of(self, row: Any) -> Q:
        """Return what was done to the person."""
        return Q(target_uuid=row.uuid)

    def done(self, request: HttpRequest) -> str:
        """Return what has been done."""
        words = {
            "password": "the password is set",
            "deactivate": "can no longer sign in",
            "reactivate": "may sign in again",
        }
        return words.get(step_of(request), "saved")

    @admin.display(description="organisation-wide roles")
    def roles_held(self, row: Any) -> str:
        """Return the roles that have not ended."""
        held = [
            OrganizationRoleName(r.role).label for r in row.roles.all() if not r.ended_at
        ]
        return ", ".join(map(str, held))

    def _password(self, request: HttpRequest, data: dict[str, Any]) -> str:
        if data["password"]:
            return str(data["password"])
        made = secrets.token_urlsafe(RANDOM_BYTES)
        request.srm_secret = made  # type: ignore[attr-defined]
        return made
