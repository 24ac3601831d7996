"""What an audit that was not passed proposes: somebody who had no part in it confirms or declines."""

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone

from amtportal.formatting import format_day, format_points
from amtportal.members.access import account_of
from amtportal.staff.actions import ActionPage, AlreadyDone
from amtportal.staff.changelists import ConditionFilter
from amtportal.staff.forms import ReadBy, ReasonForm
from amtportal.staff.pages import HistoryAdmin, WrittenByVerbs
from ccp.admin.audit_cases import sent
from ccp.audits import outcomes
from ccp.audits.models import StatusProposal

MAY_CONFIRM = "audits.confirm_audit_outcome"


class AnswerFilter(ConditionFilter):
    title = "answer"
    parameter_name = "answer"

    def conditions(self, on: Any) -> dict[str, tuple[str, Q]]:
        return {state.value: (state.label, Q(state=state)) for state in StatusProposal.State}


@admin.register(StatusProposal)
class StatusProposalAdmin(WrittenByVerbs, HistoryAdmin):
    list_display = ["case", "member", "certification", "status", "proposed_at", "state"]
    list_select_related = ["case__cycle__certification__credential", "case__cycle__certification__member"]
    list_reads = [
        "status",
        "proposed_at",
        "state",
        "case__id",
        "case__cycle__certification__certificate_number",
        "case__cycle__certification__credential__code",
        "case__cycle__certification__member__first_name",
        "case__cycle__certification__member__last_name",
        "case__cycle__certification__member__amt_id",
    ]
    list_filter = [AnswerFilter]
    search_help_text = "Name, e-mail address or AMT ID"
    search_fields = ["case__cycle__certification__member"]
    fields = [
        "case",
        "member",
        "certification",
        "status",
        "proposed_at",
        "state",
        "answer",
        "answered_at",
        "answered_by",
    ]
    readonly_fields = ["member", "certification"]
    page_select_related = ["case__cycle__certification__member__user", "answered_by"]

    @admin.display(description="member")
    def member(self, proposal: StatusProposal) -> str:
        return str(proposal.case.member)

    @admin.display(description="certification")
    def certification(self, proposal: StatusProposal) -> str:
        return str(proposal.case.cycle.certification)

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [
            path("<path:object_id>/confirm/", view(self.confirm_view), name="audits_statusproposal_confirm"),
            path("<path:object_id>/decline/", view(self.decline_view), name="audits_statusproposal_decline"),
            *super().get_urls(),
        ]

    def links(self, request: HttpRequest, obj: StatusProposal) -> list[tuple[str, str]]:
        links, by = super().links(request, obj), account_of(request)
        if by.has_perm("audits.view_auditcase") and obj.case.member.user_id != by.pk:
            links.append(("The audit", reverse("admin:audits_auditcase_change", args=[obj.case_id])))
        is_open = obj.state == StatusProposal.State.OPEN
        if is_open and by.has_perm(MAY_CONFIRM) and by.pk not in outcomes.had_a_part(obj.case):
            for words, name in (("Confirm", "confirm"), ("Decline", "decline")):
                links.append((words, reverse(f"admin:audits_statusproposal_{name}", args=[obj.pk])))
        return links

    def _asked(self, request: HttpRequest, object_id: str) -> StatusProposal:
        """Return the proposal. Raises 403 for the member and for everybody who decided in the audit."""
        proposal: StatusProposal = self.record_for_action(request, object_id, MAY_CONFIRM)
        if request.user.pk in outcomes.had_a_part(proposal.case):
            raise PermissionDenied
        return proposal

    def _facts(self, proposal: StatusProposal) -> list[tuple[str, object]]:
        case = proposal.case
        cycle, certification = case.cycle, case.cycle.certification
        assert case.points is not None
        result = f"{case.get_outcome_display()}: {format_points(case.points)} points"
        return [
            ("Audit", case.reference),
            ("Member", case.member),
            ("Certification", certification),
            ("Cycle", f"{cycle.number}, {format_day(cycle.starts_on)} to {format_day(cycle.ends_on)}"),
            ("Result", f"{result}, {format_points(cycle.points_required)} needed"),
            ("Status", f"{certification.get_status_display()} → {proposal.get_status_display()}"),
        ]

    def confirm_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        proposal = self._asked(request, object_id)

        def act(typed: dict[str, Any]) -> str:
            if proposal.state == StatusProposal.State.CONFIRMED:
                raise AlreadyDone("This is confirmed already.")
            outcomes.confirm(proposal=proposal, by=account_of(request), at=timezone.now())
            return f"Confirmed: the certification is now {proposal.get_status_display().lower()}."

        return self.action_page(
            request,
            proposal,
            ActionPage(
                title=f"Confirm what follows from audit {proposal.case.reference}",
                button="Confirm",
                form=forms.Form(sent(request)),
                facts=self._facts(proposal),
                act=act,
                warning="The closed cycle, its invoices and the next cycle stay as they are.",
            ),
        )

    def decline_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        proposal = self._asked(request, object_id)

        def act(typed: dict[str, Any]) -> str:
            if proposal.state == StatusProposal.State.DECLINED:
                raise AlreadyDone("This is declined already.")
            outcomes.decline(proposal=proposal, reason=typed["reason"], by=account_of(request), at=timezone.now())
            return "Declined: the certification stays as it is."

        return self.action_page(
            request,
            proposal,
            ActionPage(
                title=f"Decline what follows from audit {proposal.case.reference}",
                button="Decline",
                form=ReasonForm(sent(request), read_by=ReadBy.STAFF, help_text="It is kept with the audit."),
                facts=self._facts(proposal),
                act=act,
            ),
        )
