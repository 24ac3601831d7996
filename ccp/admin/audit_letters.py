"""Letters of audits: what was written, which are to be posted, and the files in which they are printed."""

from datetime import date

from django.contrib import admin, messages
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import FileResponse, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from amtportal.dates import day_of
from amtportal.formatting import format_day
from amtportal.members.access import account_of
from amtportal.refusals import Refused
from amtportal.staff.changelists import ConditionFilter
from amtportal.staff.pages import HistoryAdmin, StaffAdmin, WrittenByVerbs
from ccp.audits.letters import printing, text, writing
from ccp.audits.models import Letter, LetterPrint, PrintRun
from ccp.audits.views.letters import download

MAY_READ, MAY_PRINT = "audits.view_letter", "audits.print_letters"


def printed(run: PrintRun) -> SafeString:
    """Return the sentence that says what is being made."""
    page = reverse("admin:audits_printrun_change", args=[run.pk])
    return format_html('{} are being put into one file. <a href="{}">See how far it is.</a>', run, page)


class PostFilter(ConditionFilter):
    """What is to be done with paper. A letter is off the list once it is in a printed file."""

    title = "paper"
    parameter_name = "paper"

    def conditions(self, on: date) -> dict[str, tuple[str, Q]]:
        was_printed = Q(Exists(LetterPrint.objects.filter(letter=OuterRef("pk"))))
        return {
            "post": ("To post: mail does not reach the member", ~was_printed & printing.unmailed()),
            "unprinted": ("Not printed", ~was_printed),
            "printed": ("Printed", was_printed),
        }


@admin.register(Letter)
class LetterAdmin(WrittenByVerbs, StaffAdmin):
    list_display = ["subject", "member", "kind", "written_at", "by_mail", "postal_address"]
    list_select_related = ["mail", "case__cycle__certification__member"]
    list_reads = [
        "subject",
        "kind",
        "recipient",
        "written_at",
        "mail__state",
        "case__cycle__certification__member__first_name",
        "case__cycle__certification__member__last_name",
        "case__cycle__certification__member__amt_id",
    ]
    list_filter = [PostFilter, "kind"]
    search_help_text = "Name, e-mail address or AMT ID"
    search_fields = ["case__cycle__certification__member"]
    fields = ["case", "kind", "language", "written_at", "by_mail", "on_paper", "postal_address", "subject", "words"]
    readonly_fields = ["by_mail", "on_paper", "postal_address", "words"]
    actions = ["print_chosen"]

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.download_view)
        return [path("<path:object_id>/download/", view, name="audits_letter_download"), *super().get_urls()]

    def links(self, request: HttpRequest, obj: Letter) -> list[tuple[str, str]]:
        return [*super().links(request, obj), ("Download", reverse("admin:audits_letter_download", args=[obj.pk]))]

    @admin.display(description="member")
    def member(self, letter: Letter) -> str:
        return str(letter.case.member)

    @admin.display(description="by mail")
    def by_mail(self, letter: Letter) -> str:
        return letter.mail.get_state_display() if letter.mail else "No"

    @admin.display(description="on paper")
    def on_paper(self, letter: Letter) -> str | SafeString:
        rows = [(format_day(day_of(each.printed_at)),) for each in letter.prints.order_by("pk")]
        return format_html_join("", "<div>Printed {}</div>", rows) or "Not printed"

    @admin.display(description="postal address")
    def postal_address(self, letter: Letter) -> str | SafeString:
        if not writing.has_postal_address(letter):
            return "None on record"
        return format_html_join("", "<div>{}</div>", ((line,) for line in letter.recipient.split("\n")))

    @admin.display(description="text")
    def words(self, letter: Letter) -> SafeString:
        return format_html_join("", "<p>{}</p>", ((line,) for line in text.readable(letter.text)))

    @admin.action(description="Print the chosen letters in one file", permissions=["print"])
    def print_chosen(self, request: HttpRequest, letters: QuerySet[Letter]) -> None:
        keys = list(letters.order_by("pk").values_list("pk", flat=True))
        try:
            run = printing.ask(letters=keys, by=account_of(request), at=timezone.now())
        except Refused as refused:
            self.message_user(request, refused.sentence, messages.ERROR)
        else:
            self.message_user(request, printed(run), messages.SUCCESS)

    def has_print_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm(MAY_PRINT)

    def download_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return download(request, self.record_for_action(request, object_id, MAY_READ))


@admin.register(PrintRun)
class PrintRunAdmin(WrittenByVerbs, HistoryAdmin):
    list_display = ["asked_at", "asked_by", "progress", "finished_at"]
    list_select_related = ["asked_by"]
    fields = ["asked_by", "asked_at", "progress", "not_in_it", "finished_at", "file"]
    readonly_fields = ["progress", "not_in_it", "file"]

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.download_view)
        return [path("<path:object_id>/download/", view, name="audits_printrun_download"), *super().get_urls()]

    def links(self, request: HttpRequest, obj: PrintRun) -> list[tuple[str, str]]:
        links = super().links(request, obj)
        if request.user.has_perm(MAY_PRINT) and printing.can_be_downloaded(
            obj, by=account_of(request), at=timezone.now()
        ):
            links.append(("Download", reverse("admin:audits_printrun_download", args=[obj.pk])))
        return links

    @admin.display(description="progress")
    def progress(self, run: PrintRun) -> str:
        progress = f"{run.done:,} of {run.total:,} done"
        return progress if run.finished_at else f"{progress}. Reload the page to see how far it is."

    @admin.display(description="not in the file")
    def not_in_it(self, run: PrintRun) -> str | SafeString:
        lines = [(f"Letter {letter}: {why}" if letter else why,) for letter, why in run.failures]
        return format_html_join("", "<div>{}</div>", lines) or "none"

    @admin.display(description="file")
    def file(self, run: PrintRun) -> str:
        if run.finished_at is None:
            return "It is made once all are done."
        until = format_day(day_of(run.finished_at + printing.KEPT))
        if not run.stored_name:
            return f"It was kept until {until}." if run.done > len(run.failures) else "There is none."
        return f"{run.asked_by} can download it until {until}."

    def download_view(self, request: HttpRequest, object_id: str) -> HttpResponseBase:
        run = self.record_for_action(request, object_id, MAY_PRINT)
        if printing.can_be_downloaded(run, by=account_of(request), at=timezone.now()):
            try:
                content = printing.storage().open(run.stored_name)
            except FileNotFoundError:
                pass
            else:
                return FileResponse(content, as_attachment=True, filename=f"Audit-letters-{run.pk}.pdf")
        sentence = f"There is no file for you: only {run.asked_by} can download it, and not for ever."
        self.message_user(request, sentence, messages.WARNING)
        return redirect(self.page_of(run))
