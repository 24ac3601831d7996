"""Issued transcripts, cards, letters and certificates, which staff can read: whose record, when, and for whom."""

from django.contrib import admin
from django.db.models import Q

from amtportal.staff.pages import ShownInline, StaffAdmin, WrittenByVerbs
from ccp.models import Transcript, TranscriptFile
from ccp.transcripts import issuing


class TranscriptFileInline(ShownInline):
    model = TranscriptFile
    readonly_fields = ["sha256", "made_at"]


@admin.register(Transcript)
class TranscriptAdmin(WrittenByVerbs, StaffAdmin):
    list_display = ["grouped_code", "kind", "member", "cycle", "issued_at"]
    list_select_related = ["member", "cycle__certification__credential"]
    list_reads = [
        "code",
        "kind",
        "issued_at",
        "member__first_name",
        "member__last_name",
        "member__amt_id",
        "cycle__number",
        "cycle__starts_on",
        "cycle__ends_on",
        "cycle__certification__certificate_number",
        "cycle__certification__credential__code",
    ]
    page_select_related = ["issued_by", "certification__credential"]
    search_help_text = "Name, e-mail address, AMT ID or the code on the paper"
    search_fields = ["member"]
    fields = [
        "grouped_code",
        "kind",
        "member",
        "certification",
        "cycle",
        "issued_at",
        "issued_by",
        "address",
        "request_id",
        "content_hash",
        "snapshot",
    ]
    readonly_fields = ["grouped_code"]
    inlines = [TranscriptFileInline]

    @admin.display(description="code")
    def grouped_code(self, issue: Transcript) -> str:
        return issue.grouped_code

    def found_by(self, words: str) -> Q:
        code = issuing.as_code(words)
        return Q(code=code) if code else super().found_by(words)
