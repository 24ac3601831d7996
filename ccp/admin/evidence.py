"""Files that members attached as evidence: staff who may view evidence list and download them."""

from datetime import date

from django.contrib import admin
from django.db.models import Q
from django.http import HttpRequest
from django.urls import reverse

from amtportal.staff.changelists import ConditionFilter
from amtportal.staff.pages import HistoryAdmin, WrittenByVerbs, numbered
from ccp.models import Evidence


class AttachedFilter(ConditionFilter):
    title = "attached"
    parameter_name = "attached"

    def conditions(self, on: date) -> dict[str, tuple[str, Q]]:
        return {
            "yes": ("Attached", Q(removed_at=None)),
            "no": ("Removed", Q(removed_at__isnull=False)),
        }


@admin.register(Evidence)
class EvidenceAdmin(WrittenByVerbs, HistoryAdmin):
    list_display = ["original_name", "activity", "member", "kind", "size", "added_at", "removed_at"]
    list_select_related = ["activity__member", "activity__activity_type"]
    list_reads = [
        "original_name",
        "kind",
        "size",
        "added_at",
        "removed_at",
        "activity__title",
        "activity__activity_type__name",
        "activity__member__first_name",
        "activity__member__last_name",
        "activity__member__amt_id",
    ]
    page_select_related = ["added_by", "removed_by"]
    list_filter = [AttachedFilter]
    search_help_text = "Name, e-mail address, AMT ID or the activity's reference"
    search_fields = ["activity__member"]
    number_prefix = "CE"
    fieldsets = [
        (None, {"fields": ["original_name", "activity", "member"]}),
        ("File", {"fields": ["kind", "size", "sha256", "stored_sha256", "stored_name"]}),
        ("Record", {"fields": ["added_at", "added_by", "removed_at", "removed_by"]}),
    ]
    readonly_fields = ["member"]

    @admin.display(description="member")
    def member(self, evidence: Evidence) -> str:
        return str(evidence.activity.member)

    def found_by(self, words: str) -> Q:
        number = numbered(self.number_prefix, words)
        return super().found_by(words) if number is None else Q(activity=number)

    def links(self, request: HttpRequest, obj: Evidence) -> list[tuple[str, str]]:
        if not obj.is_attached:
            return []
        return [("Download the file", reverse("evidence-download", args=[obj.pk]))]
