"""Cycles: opened by their verbs, counted by ``ccp``; staff read them."""

from datetime import date, timedelta

from django.conf import settings
from django.contrib import admin
from django.db.models import Q

from amtportal.staff.changelists import ConditionFilter
from amtportal.staff.pages import HistoryAdmin, ShownInline, WrittenByVerbs
from certifications.admin.invoices import InvoiceInline
from certifications.models import Cycle


def ends(first: date, last: date) -> Q:
    return Q(ends_on__gte=first, ends_on__lte=last)


class CycleEndFilter(ConditionFilter):
    title = "end of the cycle"
    parameter_name = "ends"

    def conditions(self, on: date) -> dict[str, tuple[str, Q]]:
        unclosed = Q(closed_on=None)
        grace_began = on - timedelta(days=settings.CCP_GRACE_DAYS)
        return {
            **{
                f"{days}-days": (f"In the next {days} days", unclosed & ends(on, on + timedelta(days=days)))
                for days in (30, 60, 90)
            },
            "grace": ("In the grace period", unclosed & ends(grace_began, on - timedelta(days=1))),
            "over": ("Grace period over, not closed", unclosed & Q(ends_on__lt=grace_began)),
            "this-year": (f"In {on.year}", ends(date(on.year, 1, 1), date(on.year, 12, 31))),
            "next-year": (f"In {on.year + 1}", ends(date(on.year + 1, 1, 1), date(on.year + 1, 12, 31))),
            "closed": ("Closed", Q(closed_on__isnull=False)),
        }


class RequirementFilter(ConditionFilter):
    title = "CCP requirement"
    parameter_name = "requirement"

    def conditions(self, on: date) -> dict[str, tuple[str, Q]]:
        return {
            "met": ("Met", Q(requirement_met_on__isnull=False)),
            "unmet": ("Not met", Q(requirement_met_on=None)),
        }


class CycleInline(ShownInline):
    """The cycles of a certification."""

    model = Cycle
    readonly_fields = ["number", "starts_on", "ends_on", "points_required", "requirement_met_on", "outcome"]
    select_related = ["certification__credential"]


@admin.register(Cycle)
class CycleAdmin(WrittenByVerbs, HistoryAdmin):
    list_display = ["member", "certification", "number", "ends_on", "points_required", "requirement_met_on", "outcome"]
    list_select_related = ["certification__credential", "certification__member"]
    list_filter = [CycleEndFilter, RequirementFilter, "certification__credential"]
    sortable_by = ["ends_on"]
    search_help_text = "Name, e-mail address or AMT ID"
    search_fields = ["certification__member"]
    inlines = [InvoiceInline]
    fieldsets = [
        (None, {"fields": ["member", "certification", "number", "starts_on", "ends_on"]}),
        ("Requirement", {"fields": ["points_required", "requirement_met_on"]}),
        ("Closing", {"fields": ["closed_on", "outcome", "points_at_close"]}),
    ]
    readonly_fields = ["member"]

    @admin.display(description="member")
    def member(self, cycle: Cycle) -> str:
        return str(cycle.certification.member)
