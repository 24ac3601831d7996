"""Cycles with the points recorded in them, which the app ``certifications`` does not know."""

from decimal import Decimal
from typing import Any

from django.contrib import admin, messages
from django.db.models import OuterRef, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone

from amtportal.formatting import format_points
from amtportal.members.access import account_of
from amtportal.refusals import Refused
from ccp.admin.activities import CreditInline
from ccp.admin.catching_up import CatchUpFirstMixin
from ccp.admin.transcript_batches import MAY_ASK
from ccp.models import Credit
from ccp.transcripts import batches
from certifications.admin.cycles import CLOSING, BaseCycleAdmin
from certifications.models import Cycle


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

    @admin.display(description="points")
    def points(self, cycle: Any) -> str:
        return f"{format_points(cycle.counted)} of {format_points(cycle.points_required)}"
