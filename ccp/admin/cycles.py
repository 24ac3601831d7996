"""Cycles with the points recorded in them, which the app ``certifications`` does not know."""

from decimal import Decimal
from typing import Any

from django.contrib import admin
from django.db.models import OuterRef, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce
from django.http import HttpRequest

from amtportal.formatting import format_points
from ccp.admin.activities import CreditInline
from ccp.admin.catching_up import CatchUpFirstMixin
from ccp.models import Credit
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

    @admin.display(description="points")
    def points(self, cycle: Any) -> str:
        return f"{format_points(cycle.counted)} of {format_points(cycle.points_required)}"
