"""The pages of reports: the figures as they were counted last, and the same as CSV."""

from defusedcsv import csv
from django.contrib import messages
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from amtportal.dates import day_of, today
from amtportal.formatting import format_moment
from amtportal.members.access import account_of
from ccp.reports.figures import counting
from ccp.reports.figures.registry import REPORTS
from ccp.reports.lists import openings
from ccp.reports.models import Deed
from ccp.reports.views.access import MAY_COUNT, MAY_VIEW_REPORTS, need, page

BYTE_ORDER_MARK = "\ufeff"


@require_safe
def report_page(request: HttpRequest, name: str) -> HttpResponse:
    """Show a report; that it was opened is on record."""
    need(request, MAY_VIEW_REPORTS)
    report, counted, credential = REPORTS[name], counting.newest(name), request.GET.get("credential", "")
    credentials = report.credentials(counted.rows) if counted else ()
    credential = credential if credential in credentials else ""
    openings.note(
        by=account_of(request), at=timezone.now(), deed=Deed.OPENED, subject=report.title, filtered=credential
    )
    context = {
        "report": report,
        "counted": counted,
        "as_of": format_moment(counted.counted_at) if counted else "",
        "is_of_today": counted is not None and counted.on == today(),
        "credentials": credentials,
        "credential": credential,
        "tables": report.tables(counted.rows, counted.on, credential) if counted else [],
        "csv": f"{reverse(f'admin:reports_{name}_csv')}{f'?credential={credential}' if credential else ''}",
    }
    return page(request, "report.html", report.title, context)


@require_safe
def report_csv(request: HttpRequest, name: str) -> HttpResponse:
    """Answer with every table of the report as CSV, in which no cell can be a formula."""
    need(request, MAY_VIEW_REPORTS)
    report, counted, credential = REPORTS[name], counting.newest(name), request.GET.get("credential", "")
    if counted is None:
        messages.warning(request, "This report has not been counted yet.")
        return redirect(f"admin:reports_{name}")
    credential = credential if credential in report.credentials(counted.rows) else ""
    openings.note(
        by=account_of(request), at=timezone.now(), deed=Deed.DOWNLOADED, subject=f"{report.title}, CSV",
        filtered=credential,
    )  # fmt: skip
    response = HttpResponse(BYTE_ORDER_MARK, content_type="text/csv; charset=utf-8")
    file_name = f"{name}-{day_of(counted.counted_at).isoformat()}.csv"
    response.headers["Content-Disposition"] = f'attachment; filename="{file_name}"'
    writer = csv.writer(response)
    writer.writerow([report.title, credential or "all", f"As of {format_moment(counted.counted_at)} Central Time"])
    for table in report.tables(counted.rows, counted.on, credential):
        writer.writerow([])
        writer.writerow([table.title])
        writer.writerow([table.about, *(head.title for head in table.heads)])
        writer.writerows([label, *(figure.in_file for figure in figures)] for label, figures in table.lines)
    return response


@require_POST
def count(request: HttpRequest) -> HttpResponse:
    """Have a report counted by the worker."""
    need(request, MAY_VIEW_REPORTS, MAY_COUNT)
    name = request.POST.get("report", "")
    if name not in REPORTS:
        raise BadRequest("There is no such report.")
    if counting.ask(name, at=timezone.now()):
        messages.success(request, "The report is being counted. Reload the page in a while.")
    else:
        messages.info(request, "These figures were counted less than 5 minutes ago.")
    return redirect(f"admin:reports_{name}")
