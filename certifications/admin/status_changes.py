"""The admin pages of changes of status, which ``certifications.life`` writes and staff read."""

from datetime import date
from typing import Any

from django.contrib import admin
from django.db.models import Q
from django.http import HttpRequest

from amtportal.staff.changelists import ConditionFilter, KeptRelationFilter
from amtportal.staff.pages import ShownInline, StaffAdmin, WrittenByVerbs
from certifications.models import AwardCorrection, StatusChange


class ChangedFilter(ConditionFilter):
    title = "day of the change"
    parameter_name = "changed"
    by_day = ["-changed_on", "-pk"]

    def conditions(self, on: date) -> dict[str, tuple[str, Q]]:
        def since(first: date) -> Q:
            return Q(changed_on__gte=first, changed_on__lte=on)

        return {
            "today": ("Today", since(on)),
            "this-month": ("This month", since(on.replace(day=1))),
            "this-year": (f"In {on.year}", since(date(on.year, 1, 1))),
        }


class StatusChangeInline(ShownInline):
    """The changes of status of a certification."""

    model = StatusChange
    verbose_name_plural = "changes of status"
    readonly_fields = ["changed_on", "before", "after", "who", "reason"]
    select_related = ["certification__credential", "changed_by"]
    ordering = ["changed_at", "pk"]

    @admin.display(description="by")
    def who(self, change: StatusChange) -> str:
        return change.changed_by.email if change.changed_by else "The portal"


class AwardCorrectionInline(ShownInline):
    """The corrections of the day of a certification's award."""

    model = AwardCorrection
    readonly_fields = ["corrected_at", "before", "after", "corrected_by", "reason"]
    select_related = ["certification__credential", "corrected_by"]
    ordering = ["corrected_at", "pk"]


@admin.register(StatusChange)
class StatusChangeAdmin(WrittenByVerbs, StaffAdmin):
    list_display = ["changed_on", "member", "certification", "before", "after", "who", "reason"]
    list_select_related = ["certification__credential", "certification__member", "changed_by"]
    list_reads = [
        "changed_on",
        "before",
        "after",
        "reason",
        "changed_by__email",
        "certification__certificate_number",
        "certification__credential__code",
        "certification__member__first_name",
        "certification__member__last_name",
        "certification__member__amt_id",
    ]
    list_filter = [ChangedFilter, "after", ("certification__credential", KeptRelationFilter)]
    search_help_text = "Name, e-mail address or AMT ID"
    search_fields = ["certification__member"]

    def get_fields(self, request: HttpRequest, obj: StatusChange | None = None) -> Any:
        return ["member", "certification", "before", "after", "changed_on", "who", "reason"]

    def get_readonly_fields(self, request: HttpRequest, obj: StatusChange | None = None) -> Any:
        return self.get_fields(request, obj)

    @admin.display(description="member")
    def member(self, change: StatusChange) -> str:
        return str(change.certification.member)

    @admin.display(description="by")
    def who(self, change: StatusChange) -> str:
        return change.changed_by.email if change.changed_by else "The portal"
