"""The admin pages of corrections of closed cycles, which staff sign on the page of the cycle.

Staff can read corrections but never change them.
"""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from amtportal.formatting import format_points
from amtportal.staff.pages import ShownInline, StaffAdmin, WrittenByVerbs
from certifications.models import CycleCorrection


class CorrectionInline(ShownInline):
    """The corrections of a closed cycle."""

    model = CycleCorrection
    verbose_name_plural = "corrections"
    readonly_fields = ["signed_at", "signed_by", "points_corrected", "outcome", "statement"]
    select_related = ["cycle__certification__credential", "signed_by"]
    ordering = ["signed_at", "pk"]

    @admin.display(description="points")
    def points_corrected(self, correction: CycleCorrection) -> str:
        return format_points(correction.points)


@admin.register(CycleCorrection)
class CycleCorrectionAdmin(WrittenByVerbs, StaffAdmin):
    list_display = ["signed_at", "member", "cycle", "closed_as", "corrected_to", "signed_by"]
    list_select_related = ["cycle__certification__credential", "cycle__certification__member", "signed_by"]
    list_reads = [
        "signed_at",
        "points",
        "outcome",
        "signed_by__email",
        "cycle__number",
        "cycle__starts_on",
        "cycle__ends_on",
        "cycle__outcome",
        "cycle__points_at_close",
        "cycle__certification__certificate_number",
        "cycle__certification__credential__code",
        "cycle__certification__member__first_name",
        "cycle__certification__member__last_name",
        "cycle__certification__member__amt_id",
    ]
    list_filter = ["outcome", "cycle__certification__credential"]
    search_help_text = "Name, e-mail address or AMT ID"
    search_fields = ["cycle__certification__member"]

    def get_fields(self, request: HttpRequest, obj: CycleCorrection | None = None) -> Any:
        return ["member", "cycle", "closed_as", "corrected_to", "statement", "signed_at", "signed_by"]

    def get_readonly_fields(self, request: HttpRequest, obj: CycleCorrection | None = None) -> Any:
        return self.get_fields(request, obj)

    @admin.display(description="member")
    def member(self, correction: CycleCorrection) -> str:
        return str(correction.cycle.certification.member)

    @admin.display(description="closed as")
    def closed_as(self, correction: CycleCorrection) -> str:
        cycle = correction.cycle
        assert cycle.points_at_close is not None
        return f"{format_points(cycle.points_at_close)} points, {cycle.get_outcome_display().lower()}"

    @admin.display(description="corrected to")
    def corrected_to(self, correction: CycleCorrection) -> str:
        return f"{format_points(correction.points)} points, {correction.get_outcome_display().lower()}"
