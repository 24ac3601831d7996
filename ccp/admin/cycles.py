"""Cycles with the points recorded in them, which the app ``certifications`` does not know."""

from decimal import Decimal
from typing import Any

from django.contrib import admin, messages
from django.db.models import OuterRef, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone

from amtportal.formatting import format_day, format_points
from amtportal.members.access import account_of
from amtportal.refusals import Refused
from amtportal.staff.actions import ActionPage, AlreadyDone
from amtportal.staff.forms import ReadBy, ReasonForm
from ccp.admin.activities import CreditInline
from ccp.admin.catching_up import CatchUpFirstMixin
from ccp.admin.transcript_batches import MAY_ASK
from ccp.audits import cases
from ccp.audits.models import CaseState
from ccp.models import Credit
from ccp.transcripts import batches
from certifications.admin.cycles import CLOSING, BaseCycleAdmin
from certifications.models import Cycle

MAY_AUDIT = "audits.coordinate_audits"
OPEN = [state for state in CaseState if state != CaseState.CLOSED]


@admin.register(Cycle)
class CycleAdmin(CatchUpFirstMixin, BaseCycleAdmin):
    list_display = [
        "member",
        "certification",
        "number",
        "starts_on",
        "ends_on",
        "points",
        "requirement_met_on",
        "outcome",
    ]
    actions = ["issue_transcripts"]
    inlines = [*BaseCycleAdmin.inlines, CreditInline]
    readonly_fields = [*BaseCycleAdmin.readonly_fields, "points"]
    fieldsets = [
        (None, {"fields": ["member", "certification", "number", "starts_on", "ends_on"]}),
        ("Requirement", {"fields": ["points", "requirement_met_on"]}),
        ("Closing", {"fields": CLOSING}),
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        total = Credit.objects.filter(cycle=OuterRef("pk")).order_by().values("cycle").values(total=Sum("points"))
        return super().get_queryset(request).annotate(counted=Coalesce(Subquery(total), Decimal(0)))

    def has_issue_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perms([MAY_ASK, "ccp.view_transcriptbatch"])

    @admin.action(description="Issue the transcripts of the chosen cycles", permissions=["issue"])
    def issue_transcripts(self, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse | None:
        """Have the worker make them, and lead to the page that shows how far it is."""
        cycles = queryset.order_by("pk").values_list("pk", flat=True)[: batches.MOST + 1]
        try:
            batch = batches.ask(cycles=list(cycles), by=account_of(request), at=timezone.now())
        except Refused as refusal:
            self.message_user(request, refusal.sentence, messages.ERROR)
            return None
        self.message_user(request, f"{batch} will be made. This page shows how far it is.", messages.SUCCESS)
        return redirect("admin:ccp_transcriptbatch_change", batch.pk)

    def get_urls(self) -> list[URLPattern]:
        audit = self.admin_site.admin_view(self.audit_view)
        return [path("<path:object_id>/audit/", audit, name="certifications_cycle_audit"), *super().get_urls()]

    def links(self, request: HttpRequest, obj: Cycle) -> list[tuple[str, str]]:
        links = super().links(request, obj)
        if obj.closed_on and request.user.has_perm(MAY_AUDIT):
            links.append(("Audit for cause", reverse("admin:certifications_cycle_audit", args=[obj.pk])))
        return links

    def audit_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Open the audit of a closed cycle for a reason of its own."""
        cycle = self.record_for_action(request, object_id, MAY_AUDIT)
        if not cycle.closed_on:
            self.message_user(request, f"{cycle} is not closed. A cycle is audited after it has been closed.")
            return redirect(self.page_of(cycle))

        def act(typed: dict[str, Any]) -> str:
            known = cycle.audit_cases.filter(state__in=OPEN).first()
            case = cases.open_for_cause(cycle=cycle, cause=typed["reason"], by=account_of(request), at=timezone.now())
            if case == known:
                raise AlreadyDone(f"This audit is open already: {case.reference}.")
            return f"Opened: {case.reference}. Ask for proof on its page."

        return self.action_page(
            request,
            cycle,
            ActionPage(
                title=f"Audit {cycle} for cause",
                button="Open the audit",
                form=ReasonForm(request.POST or None, read_by=ReadBy.MEMBER, help_text="Name nobody who reported."),
                facts=[
                    *self.facts(cycle),
                    (
                        f"Closed on {format_day(cycle.closed_on)}",
                        f"{format_points(cycle.points_at_close)} points, {cycle.get_outcome_display().lower()}",
                    ),
                ],
                act=act,
            ),
        )

    @admin.display(description="points")
    def points(self, cycle: Any) -> str:
        return f"{format_points(cycle.counted)} of {format_points(cycle.points_required)}"
