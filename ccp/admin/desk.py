"""What staff wrote down about members, who viewed the portal as a member, and how the commands of the night went."""

from datetime import date, timedelta

from django.contrib import admin
from django.db.models import Q
from django.utils import timezone

from amtportal.staff.changelists import ConditionFilter
from amtportal.staff.pages import StaffAdmin, WrittenByVerbs
from ccp.desk.models import NightlyRun, Note, Viewing


@admin.register(Note)
class NoteAdmin(WrittenByVerbs, StaffAdmin):
    """All notes; they are written on the page of their member."""

    list_display = ["member", "written_at", "written_by", "text"]
    list_select_related = ["member", "written_by"]
    list_reads = [
        "text",
        "written_at",
        "written_by__email",
        "member__first_name",
        "member__last_name",
        "member__amt_id",
    ]
    search_help_text = "Name, e-mail address or AMT ID"
    search_fields = ["member"]
    fields = ["member", "text", "written_at", "written_by"]


@admin.register(Viewing)
class ViewingAdmin(WrittenByVerbs, StaffAdmin):
    list_display = ["member", "viewed_by", "began_at", "reason"]
    list_select_related = ["member", "viewed_by"]
    list_reads = [
        "reason",
        "began_at",
        "viewed_by__email",
        "member__first_name",
        "member__last_name",
        "member__amt_id",
    ]
    search_help_text = "Name, e-mail address or AMT ID"
    search_fields = ["member"]
    fields = ["member", "viewed_by", "began_at", "reason", "address", "request_id"]
    readonly_fields = ["address", "request_id"]


class FailedFilter(ConditionFilter):
    title = "outcome"
    parameter_name = "outcome"

    def conditions(self, on: date) -> dict[str, tuple[str, Q]]:
        lately = Q(ended_at__gt=timezone.now() - timedelta(days=30))
        return {"failed": ("Failed in the last 30 days", lately & ~Q(failure=""))}


@admin.register(NightlyRun)
class NightlyRunAdmin(WrittenByVerbs, StaffAdmin):
    list_display = ["command", "began_at", "ended_at", "failure"]
    list_reads = ["command", "began_at", "ended_at", "failure"]
    list_filter = [FailedFilter]
    fields = ["command", "began_at", "ended_at", "failure"]
