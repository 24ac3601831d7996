"""Calendar addresses: whether a member has one, and since when. The address itself stays secret."""

from django.contrib import admin

from amtportal.staff.pages import HistoryAdmin, WrittenByVerbs
from ccp.models import CalendarFeed


@admin.register(CalendarFeed)
class CalendarFeedAdmin(WrittenByVerbs, HistoryAdmin):
    list_display = ["member", "created_at", "revoked_at", "was_in_the_open"]
    list_select_related = ["member"]
    list_reads = [
        "created_at",
        "revoked_at",
        "was_in_the_open",
        "member__first_name",
        "member__last_name",
        "member__amt_id",
    ]
    search_help_text = "Name, e-mail address or AMT ID"
    search_fields = ["member"]
    fields = ["member", "created_at", "revoked_at", "was_in_the_open"]
