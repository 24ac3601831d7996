"""Archives of everything about a member, for staff to read who asked and when. The file is the member's only."""

from django.contrib import admin

from amtportal.staff.pages import HistoryAdmin, WrittenByVerbs
from ccp.exports.models import Archive


@admin.register(Archive)
class ArchiveAdmin(WrittenByVerbs, HistoryAdmin):
    list_display = ["member", "asked_at", "finished_at"]
    list_select_related = ["member"]
    list_reads = ["asked_at", "finished_at", "member__first_name", "member__last_name", "member__amt_id"]
    search_help_text = "Name, e-mail address or AMT ID"
    search_fields = ["member"]
    fields = ["member", "asked_by", "asked_at", "language", "done", "total", "failures", "finished_at"]
