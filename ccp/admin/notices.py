"""Notices, for staff to read: what was mailed to a member, what was not and why, and what the member chose."""

from datetime import date, timedelta

from django.contrib import admin
from django.db.models import Q

from amtportal.staff.changelists import ConditionFilter
from amtportal.staff.pages import HistoryAdmin, ShownInline, StaffAdmin, WrittenByVerbs
from ccp.notices.models import MailState, Notice, NoticeMail, Preference


class StateFilter(ConditionFilter):
    """What became of a mail. Few wait, were dropped or are undeliverable: these have indexes."""

    title = "state"
    parameter_name = "state"

    def conditions(self, on: date) -> dict[str, tuple[str, Q]]:
        return {state.value: (str(state.label), Q(state=state.value)) for state in MailState}


class DayFilter(ConditionFilter):
    title = "day"
    parameter_name = "day"
    by_day = ["-on", "-pk"]

    def conditions(self, on: date) -> dict[str, tuple[str, Q]]:
        return {
            "today": ("Today", Q(on=on)),
            "yesterday": ("Yesterday", Q(on=on - timedelta(days=1))),
            "7-days": ("In the last 7 days", Q(on__gt=on - timedelta(days=7), on__lte=on)),
            "30-days": ("In the last 30 days", Q(on__gt=on - timedelta(days=30), on__lte=on)),
        }


class DroppedFilter(ConditionFilter):
    title = "sent or not"
    parameter_name = "dropped"

    def conditions(self, on: date) -> dict[str, tuple[str, Q]]:
        return {"yes": ("Not sent", ~Q(dropped="")), "no": ("Sent, or to be sent", Q(dropped=""))}


class NoticeInline(ShownInline):
    """The notices that one mail brings together."""

    model = Notice
    readonly_fields = ["kind", "subject", "anchor_on", "dropped"]
    select_related = ["member"]


@admin.register(NoticeMail)
class NoticeMailAdmin(WrittenByVerbs, StaffAdmin):
    """Mails, with the text that the member got. It holds no link that opens an account."""

    list_display = ["subject_or_state", "member", "on", "state", "sent_at"]
    list_select_related = ["member"]
    list_reads = [
        "subject",
        "on",
        "state",
        "sent_at",
        "member__first_name",
        "member__last_name",
        "member__amt_id",
    ]
    list_filter = [StateFilter, DayFilter]
    search_help_text = "Name, e-mail address or AMT ID"
    search_fields = ["member"]
    fields = ["member", "on", "state", "sent_at", "address", "language", "subject", "text", "message_id", "made_at"]
    inlines = [NoticeInline]

    @admin.display(description="subject")
    def subject_or_state(self, mail: NoticeMail) -> str:
        return mail.subject or "(not written)"


@admin.register(Notice)
class NoticeAdmin(WrittenByVerbs, StaffAdmin):
    """Single notices: by kind, and those that were not sent, with the reason."""

    list_display = ["kind", "member", "subject", "anchor_on", "dropped"]
    list_select_related = ["member"]
    list_reads = [
        "kind",
        "subject",
        "anchor_on",
        "dropped",
        "member__first_name",
        "member__last_name",
        "member__amt_id",
    ]
    page_select_related = ["mail__member"]
    list_filter = ["kind", DroppedFilter]
    search_help_text = "Name, e-mail address or AMT ID"
    search_fields = ["member"]
    fields = ["member", "kind", "subject", "anchor_on", "mail", "dropped", "made_at"]


@admin.register(Preference)
class PreferenceAdmin(WrittenByVerbs, HistoryAdmin):
    """What a member chose. Members without a row get every kind."""

    list_display = ["member", "language", "monthly_summary", "nothing_recorded", "amt_news"]
    list_select_related = ["member"]
    list_reads = [
        "language",
        "monthly_summary",
        "nothing_recorded",
        "amt_news",
        "member__first_name",
        "member__last_name",
        "member__amt_id",
    ]
    search_help_text = "Name, e-mail address or AMT ID"
    search_fields = ["member"]
    fields = ["member", "language", "monthly_summary", "nothing_recorded", "amt_news"]
