"""Lists and reports: files of lists, mail to lists, filters that are kept, and who opened what."""

from datetime import date
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import Q
from django.http import FileResponse, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html_join, linebreaks
from django.utils.safestring import SafeString, mark_safe

from amtportal.dates import day_of
from amtportal.formatting import format_day, format_moment
from amtportal.members.access import account_of
from amtportal.staff.actions import ActionPage, AlreadyDone
from amtportal.staff.changelists import ConditionFilter
from amtportal.staff.pages import HistoryAdmin, StaffAdmin, WrittenByVerbs
from ccp.notices.models import MailState
from ccp.reports import urls
from ccp.reports.lists import exporting
from ccp.reports.mailings import verbs
from ccp.reports.models import Deed, ListExport, ListOpening, Mailing, SavedFilter
from ccp.reports.views.access import MAY_EXPORT, MAY_MAIL

admin.site.add_pages(urls.pages)  # type: ignore[attr-defined]  # the portal's own site


@admin.register(ListExport)
class ListExportAdmin(WrittenByVerbs, HistoryAdmin):
    list_display = ["list_name", "file_format", "filtered", "asked_at", "asked_by", "progress"]
    list_select_related = ["asked_by"]
    fields = ["list_name", "filtered", "file_format", "asked_by", "asked_at", "progress", "finished_at", "file"]
    readonly_fields = ["progress", "file"]

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.download_view)
        return [path("<path:object_id>/download/", view, name="reports_listexport_download"), *super().get_urls()]

    def links(self, request: HttpRequest, obj: ListExport) -> list[tuple[str, str]]:
        links = super().links(request, obj)
        if request.user.has_perm(MAY_EXPORT) and exporting.can_be_downloaded(
            obj, by=account_of(request), at=timezone.now()
        ):
            links.append(("Download", reverse("admin:reports_listexport_download", args=[obj.pk])))
        return links

    @admin.display(description="progress")
    def progress(self, export: ListExport) -> str:
        if export.has_stopped:
            return str(export.failures[-1][1])
        progress = f"{export.done:,} of {export.total:,} rows"
        return progress if export.finished_at else f"{progress}. Reload the page to see how far it is."

    @admin.display(description="file")
    def file(self, export: ListExport) -> str:
        if export.finished_at is None:
            return "It is made once all rows are written."
        until = format_day(day_of(export.finished_at + exporting.KEPT))
        if not export.stored_name:
            return "There is none." if export.has_stopped else f"It was kept until {until}."
        return f"{export.asked_by} can download it until {until}."

    def download_view(self, request: HttpRequest, object_id: str) -> HttpResponseBase:
        export = self.record_for_action(request, object_id, MAY_EXPORT)
        now, by = timezone.now(), account_of(request)
        if exporting.can_be_downloaded(export, by=by, at=now):
            try:
                content = exporting.storage().open(export.stored_name)
            except FileNotFoundError:
                pass
            else:
                exporting.note_download(export, by=by, at=now)
                return FileResponse(content, as_attachment=True, filename=exporting.file_name(export))
        sentence = f"There is no file for you: only {export.asked_by} can download it, and not for ever."
        self.message_user(request, sentence, messages.WARNING)
        return redirect(self.page_of(export))


@admin.register(Mailing)
class MailingAdmin(WrittenByVerbs, HistoryAdmin):
    list_display = ["subject_en", "list_name", "filtered", "asked_at", "asked_by", "progress"]
    list_select_related = ["asked_by"]
    page_select_related = ["stopped_by"]
    fieldsets = [
        (None, {"fields": ["list_name", "filtered", "sort", "asked_by", "asked_at"]}),
        ("How far it is", {"fields": ["progress", "mails", "stopped_at", "stopped_by", "finished_at"]}),
        ("What it says", {"fields": ["subject_en", "english", "subject_es", "spanish"]}),
    ]
    readonly_fields = ["progress", "mails", "english", "spanish"]

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [
            path("<path:object_id>/stop/", view(self.stop_view), name="reports_mailing_stop"),
            path("<path:object_id>/go-on/", view(self.go_on_view), name="reports_mailing_go_on"),
            *super().get_urls(),
        ]

    def links(self, request: HttpRequest, obj: Mailing) -> list[tuple[str, str]]:
        links = super().links(request, obj)
        if request.user.has_perm(MAY_MAIL):
            if verbs.can_be_stopped(obj):
                links.append(("Stop", reverse("admin:reports_mailing_stop", args=[obj.pk])))
            if obj.has_stopped and not obj.stopped_at:
                links.append(("Go on", reverse("admin:reports_mailing_go_on", args=[obj.pk])))
        return links

    @admin.display(description="progress")
    def progress(self, mailing: Mailing) -> str:
        progress = f"{mailing.done:,} of {mailing.total:,} members given to the mail queue"
        if mailing.stopped_at:
            return f"{progress}, then stopped"
        if mailing.has_stopped:
            return f"{progress}. {mailing.failures[-1][1]}"
        return progress if mailing.finished_at else f"{progress}. Reload the page to see how far it is."

    @admin.display(description="mails")
    def mails(self, mailing: Mailing) -> str | SafeString:
        states = verbs.states(mailing)
        lines = [(f"{MailState(state).label}: {number:,}",) for state, number in sorted(states.items())]
        return format_html_join("", "<div>{}</div>", lines) or "None yet"

    @admin.display(description="text")
    def english(self, mailing: Mailing) -> SafeString:
        return _paragraphs(mailing.text_en)

    @admin.display(description="text in Spanish")
    def spanish(self, mailing: Mailing) -> SafeString:
        return _paragraphs(mailing.text_es) if mailing.text_es else SafeString("None: everybody gets the English text")

    def stop_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        mailing: Mailing = self.record_for_action(request, object_id, MAY_MAIL)

        def act(typed: dict[str, Any]) -> str:
            if not verbs.stop(mailing=mailing, by=account_of(request), at=timezone.now()):
                raise AlreadyDone("It was stopped already.")
            return "It is stopped: nobody gets it any more."

        waiting = verbs.states(mailing).get(MailState.WAITING, 0)
        facts: list[tuple[str, object]] = [
            ("Mail", mailing.subject_en),
            ("Not given to the queue yet", f"{max(mailing.total - mailing.done, 0):,} members"),
            ("Waiting in the queue", f"{waiting:,} mails"),
        ]
        if mailing.stopped_at:
            facts.append(("Stopped", format_moment(mailing.stopped_at)))
        action = ActionPage(
            title=f"Stop “{mailing}”",
            button="Stop it",
            form=forms.Form(request.POST if request.method == "POST" else None),
            facts=facts,
            act=act,
            warning="What was sent cannot be taken back. What waits in the queue is not sent.",
        )
        return self.action_page(request, mailing, action)

    def go_on_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        mailing: Mailing = self.record_for_action(request, object_id, MAY_MAIL)

        def act(typed: dict[str, Any]) -> str:
            if not verbs.go_on(mailing=mailing, by=account_of(request), at=timezone.now()):
                raise AlreadyDone("There is nothing to go on with: no error ended it.")
            return "It goes on. Who has the mail already does not get it again."

        action = ActionPage(
            title=f"Go on with “{mailing}”",
            button="Go on",
            form=forms.Form(request.POST if request.method == "POST" else None),
            facts=[("Mail", mailing.subject_en), ("How far it is", self.progress(mailing))],
            act=act,
        )
        return self.action_page(request, mailing, action)


def _paragraphs(text: str) -> SafeString:
    return mark_safe(linebreaks(text, autoescape=True))  # noqa: S308  It escapes.


@admin.register(SavedFilter)
class SavedFilterAdmin(WrittenByVerbs, HistoryAdmin):
    """Filters that staff keep. Each is used and deleted on the page of its list."""

    list_display = ["name", "list_name", "owner", "is_shared"]
    list_select_related = ["owner"]
    fields = ["name", "list_name", "owner", "is_shared", "query"]


class DeedFilter(ConditionFilter):
    title = "what"
    parameter_name = "deed"

    def conditions(self, on: date) -> dict[str, tuple[str, Q]]:
        return {deed.value: (str(deed.label), Q(deed=deed)) for deed in Deed}


@admin.register(ListOpening)
class ListOpeningAdmin(WrittenByVerbs, StaffAdmin):
    """Who opened, downloaded or mailed which list, filtered how."""

    list_display = ["at", "by", "deed", "subject", "filtered", "how_many"]
    list_select_related = ["by"]
    list_reads = ["at", "by__email", "deed", "subject", "filtered", "rows", "more"]
    list_filter = [DeedFilter]
    fields = ["at", "by", "deed", "subject", "filtered", "how_many", "address", "request_id"]
    readonly_fields = ["how_many", "address", "request_id"]

    @admin.display(description="rows")
    def how_many(self, opening: ListOpening) -> str:
        if opening.rows is None:
            return "–"
        return f"{'more than ' if opening.more else ''}{opening.rows:,}"
