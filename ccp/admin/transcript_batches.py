"""Batches of transcripts: how far the work is, what failed, and the file for the person who asked."""

from importlib import import_module

from django.contrib import admin, messages
from django.http import FileResponse, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django_tasks_db.models import DBTaskResult

from amtportal.dates import day_of
from amtportal.formatting import format_day
from amtportal.members.access import account_of
from amtportal.staff.pages import HistoryAdmin, WrittenByVerbs
from ccp.models import TranscriptBatch
from ccp.transcripts import batches

MAY_ASK = "ccp.issue_transcripts"

import_module("django_tasks_db.admin")  # which registers what the worker is told, of no use to staff
admin.site.unregister(DBTaskResult)


@admin.register(TranscriptBatch)
class TranscriptBatchAdmin(WrittenByVerbs, HistoryAdmin):
    list_display = ["asked_at", "asked_by", "progress", "finished_at"]
    list_select_related = ["asked_by"]
    fields = ["asked_by", "asked_at", "progress", "without_transcript", "finished_at", "file"]
    readonly_fields = ["progress", "without_transcript", "file"]

    def get_urls(self) -> list[URLPattern]:
        download = self.admin_site.admin_view(self.download_view)
        return [
            path("<path:object_id>/download/", download, name="ccp_transcriptbatch_download"),
            *super().get_urls(),
        ]

    def links(self, request: HttpRequest, obj: TranscriptBatch) -> list[tuple[str, str]]:
        links = super().links(request, obj)
        if request.user.has_perm(MAY_ASK) and batches.can_be_downloaded(obj, by=account_of(request), at=timezone.now()):
            links.append(("Download", reverse("admin:ccp_transcriptbatch_download", args=[obj.pk])))
        return links

    @admin.display(description="progress")
    def progress(self, batch: TranscriptBatch) -> str:
        progress = f"{batch.done:,} of {batch.total:,} done"
        if batch.finished_at is None:
            return f"{progress}. Reload the page to see how far it is."
        failed = len(batch.failures)
        return f"{progress}, {failed:,} without a transcript" if failed else progress

    @admin.display(description="without a transcript")
    def without_transcript(self, batch: TranscriptBatch) -> str | SafeString:
        lines = [(f"Cycle {cycle}: {why}" if cycle else why,) for cycle, why in batch.failures]
        return format_html_join("", "<div>{}</div>", lines) or "none"

    @admin.display(description="file")
    def file(self, batch: TranscriptBatch) -> str:
        if batch.finished_at is None:
            return "It is made once all are done."
        until = format_day(day_of(batch.finished_at + batches.KEPT))
        if not batch.stored_name:
            return f"It was kept until {until}." if batch.done > len(batch.failures) else "There is none."
        return f"{batch.asked_by} can download it until {until}."

    def download_view(self, request: HttpRequest, object_id: str) -> HttpResponseBase:
        batch = self.record_for_action(request, object_id, MAY_ASK)
        if not batches.can_be_downloaded(batch, by=account_of(request), at=timezone.now()):
            return self._not_now(request, batch)
        try:
            content = batches.storage().open(batch.stored_name)
        except FileNotFoundError:
            return self._not_now(request, batch)
        return FileResponse(content, as_attachment=True, filename=f"CE-transcripts-{batch.pk}.zip")

    def _not_now(self, request: HttpRequest, batch: TranscriptBatch) -> HttpResponse:
        sentence = f"There is no file for you: only {batch.asked_by} can download it, and not for ever."
        self.message_user(request, sentence, messages.WARNING)
        return redirect(self.page_of(batch))
