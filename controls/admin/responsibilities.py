"""Responsibilities: derived beside decided, deciding and reviewing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from django.contrib import admin, messages
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from controls.admin import display
from controls.admin.base import ServiceAdmin, Step, acting, now, step_of, take_over
from controls.admin.decide_form import DECIDABLE, DecideForm, SetApartForm
from controls.admin.display import Panel
from controls.admin.responsibility_filters import (
    FamilyFilter,
    KindFilter,
    OwnerFilter,
    StateFilter,
    SuspectFilter,
    SystemFilter,
    WholeFilter,
)
from controls.admin.statements import statements_of, statements_panel
from controls.choices import WorkflowState
from controls.errors import DomainError
from controls.models import (
    Decision,
    Derivation,
    Responsibility,
    User,
)
from controls.queries import explaining, proposals
from controls.rules.moments import Moment
from controls.rules.parts import printed
from controls.rules.permissions import RULES, Action
from controls.services import access, bulk, clock, decisions, statements
from controls.services.bulk import BulkRefusedError, Selected

RELATIONS = (
    "control__catalog",
    "part",
    "system__owner_team",
    "provider",
    "latest_decision__owner_team",
)
SHOWN_REFUSALS = 10


@admin.register(Responsibility)
class ResponsibilityAdmin(ServiceAdmin):
    """Responsibilities."""

    form = DecideForm
    change_form_template = "controls/responsibility_form.html"
    add_form_template = "controls/responsibility_form.html"
    list_display = (
        "label",
        "title",
        "system_name",
        "derived_mark",
        "decided_mark",
        "owner_name",
        "state_shown",
    )
    list_display_links = ("label",)
    list_select_related = RELATIONS
    related = ("latest_decision__decided_by", "latest_decision__submitted_by")
    list_filter = (
        SuspectFilter,
        KindFilter,
        StateFilter,
        OwnerFilter,
        SystemFilter,
        FamilyFilter,
        WholeFilter,
    )
    search_fields = ("control__control_id", "control__label", "control__title")
    search_help_text = "Control id or title"
    ordering = ("system__name", "control__catalog", "control__order", "pk")
    list_per_page = 100
    list_lead = (
        "Who carries each control of each system: what SRM derived, what people decided."
    )
    empty_list = "Nothing is asked yet: a system with a profile in scope fills this list."
    actions = ("accept_derived", "submit_for_review", "approve")
    save_label = "Save decision"
    who = RULES[Action.DECIDE].who

    def get_queryset(self, request: HttpRequest) -> Any:
        """Return the visible rows with how each stands today."""
        today = clock.day(now())
        in_force = Derivation.objects.filter(
            responsibility=OuterRef("pk"), effective_on__lte=today
        ).order_by("-pk")
        rows: Any = super().get_queryset(request)
        if request.resolver_match and str(request.resolver_match.url_name).endswith(
            "_changelist"
        ):
            # What fell back to its control is found by its address, to be read.
            rows = rows.open()
        standing: QuerySet[Any] = (
            rows.with_state()
            .with_kind(on=today)
            .with_suspicion(on=today)
            .with_elsewhere(on=today)
        )
        return standing.annotate(
            derived_answer=Subquery(in_force.values("answer")[:1]),
        )

    def may_change(self, user: User, row: Any) -> bool:
        """Say whether the person may decide it, and it is decided here."""
        may = access.allowed(user, Action.DECIDE, *access.teams_of(row))
        return may and not row.ended_at and not self.decided_elsewhere(row)

    def who_may(self, row: Any) -> str:
        """Return who may decide it here, empty where the organisation does, and where it
        fell back to its control.
        """
        return "" if self.decided_elsewhere(row) else super().who_may(row)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Only a statement is added: behind the address that names it and its control."""
        return self._control(request) is not None

    def get_model_perms(self, request: HttpRequest) -> dict[str, bool]:
        """Return what the menu offers: nothing is added from there."""
        return {**super().get_model_perms(request), "add": False}

    def add_view(
        self,
        request: HttpRequest,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Decide one statement apart from its control. Raises Http404 without them."""
        control = self._control(request)
        wanted = request.GET.get("statement", "")
        lines = statements_of(control) if control else []
        line = next((line for line in lines if line.part_id == wanted), None)
        if control is None or line is None:
            raise Http404("There is no such statement to decide.")
        words = {
            "title": f"Decide {control.label} {printed(line.part_id)} by itself",
            "statement": line,
            "whole": control,
            "whole_url": display.change_url(control),
        }
        return super().add_view(request, form_url, {**(extra_context or {}), **words})

    def _control(self, request: HttpRequest) -> Any:
        """Return the control's responsibility that the address names, where this person
        may decide it.
        """
        if "control" not in request.__dict__.setdefault("srm", {}):
            named = request.GET.get("control", "")
            rows = self.get_queryset(request).of_controls()
            found = rows.filter(pk=named if named.isdecimal() else 0).first()
            may = found is not None and self.may_change(acting(request), found)
            request.__dict__["srm"]["control"] = found if may else None
        return request.__dict__["srm"]["control"]

    def get_form(
        self, request: HttpRequest, obj: Any = None, *args: Any, **kwargs: Any
    ) -> Any:
        """Return the form, of a new row with the control that it is a statement of."""
        if obj is not None:
            return super().get_form(request, obj, *args, **kwargs)
        form = super().get_form(request, obj, *args, form=SetApartForm, **kwargs)
        return type(form.__name__, (form,), {"control": self._control(request)})

    def decided_elsewhere(self, row: Any) -> Responsibility | None:
        """Return the organisation's own row where it decides the control for all."""
        if not row.elsewhere or row.suspect:
            return None
        if "organizations" not in row.__dict__:
            row.__dict__["organizations"] = (
                Responsibility.objects.filter(
                    system__kind="organization", control=row.control_id
                )
                .select_related("system", "control")
                .first()
            )
        found: Responsibility | None = row.__dict__["organizations"]
        return found

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """Return the decision, to change or to read."""
        names = ("kind", "owner_team", "implementation_status")
        texts = ("provider_statement", "customer_statement", "rationale")
        if obj is not None and not self.may_change(acting(request), obj):
            return (("Decided", {"fields": ("decision_shown",)}),)
        fields: list[Any] = [*names, *texts]
        latest = obj.latest_decision if obj else None
        if latest and (obj.part_id or latest.state == WorkflowState.IN_REVIEW):
            fields.append("remark")
        return (("Decide", {"fields": fields}),)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Return what a reader is shown instead of the form."""
        return ("decision_shown",)

    def steps(self, request: HttpRequest, row: Any) -> Sequence[Step]:
        """Return what the person may do with the newest revision."""
        return (*self._workflow(request, row), *self._way_back(request, row))

    def _way_back(self, request: HttpRequest, row: Any) -> Sequence[Step]:
        if row.part_id is None:
            return ()
        approved = row.decisions.approved().exists()
        action = Action.REVIEW if approved else Action.DECIDE
        if not access.allowed(acting(request), action, *access.teams_of(row)):
            return ()
        return (Step("fall-back", f"Fall back to {row.control.label}"),)

    def _workflow(self, request: HttpRequest, row: Any) -> Sequence[Step]:
        latest, user = row.latest_decision, acting(request)
        if latest is None or latest.state == WorkflowState.APPROVED:
            return ()
        if latest.state != WorkflowState.IN_REVIEW:
            return (Step("submit", "Submit for review"),)
        if not access.allowed(user, Action.REVIEW, *access.teams_of(row)):
            return ()
        if user.pk in {latest.decided_by_id, latest.submitted_by_id}:
            return ()
        return (Step("approve", "Approve"), Step("return", "Return"))

    def page(self, request: HttpRequest, row: Any) -> dict[str, Any]:
        """Return why it is derived so, where it is decided, and every revision."""
        derivation = (
            Derivation.objects.believed(on=clock.day(now()), as_of=now())
            .filter(responsibility=row)
            .select_related("release")
            .first()
        )
        why = explaining.tell(derivation, row.provider) if derivation else None
        elsewhere = self.decided_elsewhere(row)
        seen = elsewhere and self.get_queryset(request).filter(pk=elsewhere.pk).exists()
        can = {step.name for step in self.steps(request, row)}
        waiting = _waiting(row.latest_decision, acting(request))
        return {
            "derivation": derivation,
            "why": why,
            "doubts": explaining.differences(row.latest_decision, derivation),
            "provider": row.provider,
            "elsewhere": elsewhere,
            "elsewhere_url": display.change_url(elsewhere) if seen else "",
            "waiting": "" if "approve" in can else waiting,
            "proposal": proposals.proposal(
                proposals.mapped(
                    row,
                    user=acting(request),
                    moment=Moment(as_of=now(), on=clock.day(now())),
                )
            ),
            **self._around(request, row),
        }

    def _around(self, request: HttpRequest, row: Any) -> dict[str, Any]:
        """Return the statements of a control; of a statement its text, and its control."""
        revisions = _revisions(row)
        if row.part_id is None:
            may = self.may_change(acting(request), row)
            panel = statements_panel(row, add_url=self._add_url(), may=may)
            return {"srm_panels": [panel, revisions] if panel else [revisions]}
        lines = [line for line in statements_of(row) if line.part_id == row.part.part_id]
        whole = self.get_queryset(request).of_controls()
        found = whole.filter(system=row.system, control=row.control_id).first()
        return {
            "statement": lines[0] if lines else None,
            "whole": found,
            "whole_url": display.change_url(found) if found else "",
            "srm_panels": [revisions],
        }

    def _add_url(self) -> str:
        return reverse("admin:controls_responsibility_add")

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Set apart, assign, submit, approve, return or fall back: one call."""
        data = form.cleaned_data
        if not change:
            made = statements.set_apart(
                control=self._control(request),
                statement=request.GET.get("statement", ""),
                version=data["version"] or 0,
                content=form.content(),
                by=acting(request),
                at=now(),
            )
            take_over(obj, made)
            return
        row = self.fresh(request, obj)
        asked = {
            "responsibility": row,
            "version": data["version"] or 0,
            "by": acting(request),
            "at": now(),
        }
        services: dict[str, Callable[[], object]] = {
            "submit": lambda: decisions.submit(**asked),
            "approve": lambda: decisions.approve(**asked, remark=data["remark"]),
            "return": lambda: decisions.send_back(**asked, remark=data["remark"]),
            "fall-back": lambda: statements.fall_back(
                statement=row,
                version=asked["version"],
                reason=data["remark"],
                by=asked["by"],
                at=asked["at"],
            ),
        }
        step = services.get(step_of(request))
        if step is None:
            decisions.assign(**asked, content=form.content())
        else:
            step()

    def done(self, request: HttpRequest) -> str:
        """Return what has been done."""
        words = {
            "submit": "submitted, a second person reviews it",
            "approve": "approved",
            "return": "returned",
            "fall-back": "follows its control again",
        }
        return words.get(step_of(request), "decision saved")

    # --- Lists ---

    @admin.display(description="control", ordering="control__order")
    def label(self, row: Any) -> SafeString:
        """Return the label."""
        return format_html('<span class="nowrap">{}</span>', row.label)

    @admin.display(description="title", ordering="control__title")
    def title(self, row: Any) -> SafeString:
        """Return the title, and the version that the person looks at."""
        return format_html(
            '{}<input type="hidden" name="version-{}" value="{}">',
            row.control.title,
            row.pk,
            row.version,
        )

    @admin.display(description="system", ordering="system__name")
    def system_name(self, row: Any) -> str:
        """Return the system."""
        return str(row.system.name)

    @admin.display(description="derived", ordering="derived_kind")
    def derived_mark(self, row: Any) -> SafeString:
        """Return the derived answer."""
        return display.mark(row.derived_answer, row.provider.letter)

    @admin.display(description="decided", ordering="kind")
    def decided_mark(self, row: Any) -> SafeString:
        """Return the decided kind."""
        if row.latest_decision:
            return display.kind(row.latest_decision.kind, row.provider.letter)
        text = "by the organisation" if row.elsewhere else "not yet"
        return format_html('<span class="quiet">{}</span>', text)

    @admin.display(description="owner", ordering="latest_decision__owner_team__name")
    def owner_name(self, row: Any) -> SafeString:
        """Return the team that answers."""
        latest = row.latest_decision
        team = latest.owner_team if latest else None
        return display.owner(team.name if team else None, needed=row.unowned)

    @admin.display(description="state", ordering="state")
    def state_shown(self, row: Any) -> SafeString:
        """Return the state, and whether it is in doubt."""
        shown = display.state(row.state)
        return (
            format_html("{} {}", shown, display.state("suspect")) if row.suspect else shown
        )

    @admin.display(description="decision")
    def decision_shown(self, row: Any) -> SafeString:
        """Return the newest decision, to read."""
        latest = row.latest_decision
        if latest is None:
            return SafeString("Nobody has decided this yet.")
        told = [
            format_html("{} {}", display.kind(latest.kind), display.state(latest.state)),
            f"Owner: {latest.owner_team or 'nobody yet'}",
        ]
        texts = (latest.provider_statement, latest.customer_statement, latest.rationale)
        return display.listed([*told, *(text for text in texts if text)])

    # --- Many at once ---

    @admin.action(description="Accept the derived answer")
    def accept_derived(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        """Decide all selected as derived, or none."""
        self._bulk(request, queryset, bulk.accept_derived, "decided as derived")

    @admin.action(description="Submit for review")
    def submit_for_review(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        """Submit all selected, or none."""
        self._bulk(request, queryset, bulk.submit, "submitted for review")

    @admin.action(description="Approve")
    def approve(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        """Approve all selected, or none."""
        self._bulk(request, queryset, bulk.approve, "approved")

    def _bulk(
        self,
        request: HttpRequest,
        queryset: QuerySet[Any],
        service: Callable[..., list[Decision]],
        done: str,
    ) -> None:
        selected = [
            Selected(row, _version(request.POST.get(f"version-{row.pk}", "")))
            for row in queryset
        ]
        try:
            made = service(selected=selected, by=acting(request), at=now())
        except BulkRefusedError as refused:
            self.message_user(request, refused.message, messages.ERROR)
            for row, error in refused.refusals[:SHOWN_REFUSALS]:
                self.message_user(request, f"{row}: {error.message}", messages.ERROR)
        except DomainError as error:
            self.message_user(request, error.message, messages.ERROR)
        else:
            self.message_user(request, f"{len(made)} {done}.", messages.SUCCESS)


def _version(text: str) -> int:
    """Return the version that the list was read with; 0, which is never current, where it
    was not shown.
    """
    return int(text) if text.isdigit() else 0


def _waiting(latest: Decision | None, user: User) -> str:
    """Return why somebody must wait for a second person."""
    if latest is None or latest.state != WorkflowState.IN_REVIEW:
        return ""
    if user.pk in {latest.decided_by_id, latest.submitted_by_id}:
        return "You made or submitted this decision. A second person must review it."
    return f"Waits for {RULES[Action.REVIEW].who}."


def _revisions(row: Responsibility) -> Panel:
    rows = row.decisions.select_related("owner_team", "by").order_by("-number")
    words = dict(DECIDABLE)
    return Panel(
        title="Every revision",
        heads=("No.", "State", "Decided", "Owner", "Reason or remark", "By", "When"),
        rows=[
            (
                display.link(display.change_url(item), f"#{item.number}"),
                display.state(item.state),
                words.get(item.kind, item.kind),
                str(item.owner_team or "\N{EN DASH}"),
                item.remark or item.rationale or "\N{EN DASH}",
                item.by.name,
                display.day_time(item.at),
            )
            for item in rows
        ],
        empty="Nobody has decided this yet.",
    )
