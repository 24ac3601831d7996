"""The pages of lists: the list itself, a file of it, and filters that are kept."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from math import ceil
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.views.decorators.http import require_POST, require_safe

from amtportal import clean
from amtportal.dates import day_of, today
from amtportal.formatting import dollars, format_day_in_table, format_points
from amtportal.members.access import account_of
from amtportal.refusals import Refused
from ccp.reports.figures import counting
from ccp.reports.figures.registry import REPORTS
from ccp.reports.lists import base, exporting, lapsed, openings, saved
from ccp.reports.lists.base import ORDER, PAGE, PAGE_NUMBER, Cell, Column, ListFilter, Money, WorkList
from ccp.reports.lists.registry import LISTS, address, count
from ccp.reports.models import Deed, FileFormat, ListExport, ListName
from ccp.reports.views.access import (
    MAY_EXPORT,
    MAY_KEEP,
    MAY_MAIL,
    MAY_VIEW_LISTS,
    MAY_VIEW_REPORTS,
    member_page,
    need,
    page,
)

LONGEST_QUERY = 500
SHORT = 18
"""A column that is so wide in a file has cells of one line."""


@dataclass(frozen=True)
class Head:
    """The head of a column: its title, the address that sorts by it (or empty), and how it is sorted now."""

    title: str
    address: str
    sorted: str


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """Show the lists with how many are on each, and the reports with when they were counted."""
    sees_lists, sees_reports = map(request.user.has_perm, (MAY_VIEW_LISTS, MAY_VIEW_REPORTS))
    if not (sees_lists or sees_reports):
        need(request, MAY_VIEW_LISTS)
    on = today()
    counted = counting.newest_of_all() if sees_reports else {}
    context = {
        "lists": [(each, address(name), count(name, on)) for name, each in LISTS.items()] if sees_lists else [],
        "reports": [
            (each, reverse(f"admin:reports_{name}"), counted.get(name)) for name, each in REPORTS.items()
        ] if sees_reports else [],
    }  # fmt: skip
    return page(request, "index.html", "Lists and reports", context)


@require_safe
def list_page(request: HttpRequest, name: ListName) -> HttpResponse:
    """Show one page of a list; that it was opened is on record."""
    need(request, MAY_VIEW_LISTS)
    work_list, on = LISTS[name], today()
    chosen = work_list.filtered(request.GET, on, limit=work_list.first_only)
    order = request.GET.get(ORDER, "")
    rows = work_list.rows(chosen)
    counted = base.count(rows)
    pages = max(ceil(counted.number / PAGE), 1)
    number = _page_number(request, pages)
    found = list(work_list.read(rows, order)[(number - 1) * PAGE : number * PAGE]) if counted.number else []
    query = base.query_of(chosen, order if work_list.order_of(order) != work_list.order else "")
    filtered = base.in_words(chosen)
    is_valid = chosen.is_valid()
    if is_valid:
        note = {"by": account_of(request), "at": timezone.now(), "deed": Deed.OPENED, "subject": work_list.title}
        openings.note(**note, filtered=filtered, counted=counted)  # type: ignore[arg-type]
    may_read_member = request.user.has_perm("members.view_member")
    context = {
        "work_list": work_list,
        "form": chosen.form,
        "is_cut": is_valid and _is_cut(work_list, chosen),
        "first_only": work_list.first_only,
        "counted": counted,
        "filtered": filtered,
        "query": query,
        "heads": _heads(work_list, chosen, order),
        "rows": [_shown(work_list, row, on, may_read_member) for row in found],
        "pages": _pages(chosen, order, number, pages),
        "months": _months(on) if name == ListName.LAPSED and is_valid else [],
        "saved": [
            (each, f"{address(name)}?{each.query}", each.owner_id == request.user.pk)
            for each in saved.seen_by(account_of(request), name)
        ],
        "here": address(name),
        "formats": FileFormat.choices if request.user.has_perm(MAY_EXPORT) else [],
        "export_address": address(name, "export"),
        "filters_address": address(name, "filters") if request.user.has_perm(MAY_KEEP) else "",
        "mail_address": f"{address(name, 'mail')}?{query}" if request.user.has_perm(MAY_MAIL) else "",
    }
    return page(request, "list.html", work_list.title, context, status=200 if is_valid else 400)


@require_POST
def export(request: HttpRequest, name: ListName) -> HttpResponse:
    """Have the list made into a file."""
    need(request, MAY_VIEW_LISTS, MAY_EXPORT)
    query, file_format = _query(request), request.POST.get("format", "")
    if file_format not in FileFormat.values:
        raise BadRequest("There is no such format.")
    try:
        asked = exporting.ask(
            name=name, query=query, file_format=FileFormat(file_format), by=account_of(request), at=timezone.now()
        )
    except Refused as refused:
        messages.error(request, refused.sentence)
    else:
        messages.success(request, _being_made(request, asked))
    return redirect(f"{address(name)}?{query}")


@require_POST
def filters(request: HttpRequest, name: ListName) -> HttpResponse:
    """Keep the filter of the page under a name, or delete one that is kept."""
    need(request, MAY_VIEW_LISTS, MAY_KEEP)
    query, by, at = _query(request), account_of(request), timezone.now()
    if "delete" in request.POST:
        key = request.POST["delete"]
        deleted = saved.delete(key=int(key), by=by, at=at) if key.isascii() and key.isdigit() and len(key) < 19 else ""
        messages.success(request, f"The filter “{deleted}” is deleted." if deleted else "There is no such filter.")
        return redirect(f"{address(name)}?{query}")
    title = clean.line(request.POST.get("name", ""))
    if len(title) > 60 or clean.unprintable(title):
        messages.error(request, "The filter was not kept: give it a name of at most 60 printable characters.")
        return redirect(f"{address(name)}?{query}")
    try:
        shared = request.POST.get("shared") == "on"
        kept = saved.save(owner=by, list_name=name, name=title, query=query, shared=shared, at=at)
    except Refused as refused:
        messages.error(request, refused.sentence)
    else:
        messages.success(request, f"The filter “{kept.name}” is kept.")
    return redirect(f"{address(name)}?{query}")


def _being_made(request: HttpRequest, asked: ListExport) -> str:
    """Return the sentence that says what is being made, with a link to the page that says how far it is."""
    rows = f"{asked.total:,} row{'s' * (asked.total != 1)}"
    if not request.user.has_perm("reports.view_listexport"):
        return f"{asked} is being made, with {rows}. To download it, you need the permission to view files of lists."
    where = reverse("admin:reports_listexport_change", args=[asked.pk])
    return format_html('{} is being made, with {}. <a href="{}">See how far it is.</a>', asked, rows, where)


def _query(request: HttpRequest) -> str:
    """Return the filter that the page sent, written anew from what it says. Raises 400 if it is too long."""
    sent = request.POST.get("query", "")
    if len(sent) > LONGEST_QUERY or not sent.isprintable():
        raise BadRequest("The filter is too long.")
    return sent


def _page_number(request: HttpRequest, pages: int) -> int:
    typed = request.GET.get(PAGE_NUMBER, "1")
    number = int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 9 else 1
    return min(max(number, 1), pages)


def _is_cut(work_list: WorkList, chosen: ListFilter) -> bool:
    """Return whether only those that end soonest were ranked."""
    if work_list.first_only is None or not hasattr(chosen, "near"):
        return False
    return base.count(chosen.near(), work_list.first_only).more


def _heads(work_list: WorkList, chosen: ListFilter, order: str) -> Sequence[Head]:
    heads = []
    for column in work_list.columns:
        if not column.order:
            heads.append(Head(column.title, "", ""))
            continue
        now = "ascending" if order == column.name else "descending" if order == f"-{column.name}" else ""
        next_order = f"-{column.name}" if now == "ascending" else column.name
        heads.append(Head(column.title, f"?{base.query_of(chosen, next_order)}", now))
    return heads


def _shown(work_list: WorkList, row: base.Row, on: date, may_read_member: bool) -> Sequence[tuple[str, str, str, str]]:
    """Return the cells of a row: the column's title, the text, the address it leads to, and its kind."""
    shown = []
    for column, cell in zip(work_list.columns, work_list.cells(row, on), strict=True):
        leads_to = member_page(row[work_list.member]) if column.name == "name" and may_read_member else ""
        shown.append((column.title, _written(cell), leads_to, _kind(column, cell)))
    return shown


def _kind(column: Column, cell: Cell) -> str:
    """Return how a cell is laid out: a number, a text of one line, a text, or nothing."""
    if cell is None or cell == "":
        return "empty"
    if isinstance(cell, int | Decimal | Money):
        return "number"
    return "short" if isinstance(cell, date) or column.width <= SHORT else "text"


def _written(cell: Cell) -> str:
    if cell is None or cell == "":
        return "–"
    if isinstance(cell, Money):
        return dollars(cell.cents)
    if isinstance(cell, date):
        return format_day_in_table(day_of(cell) if hasattr(cell, "hour") else cell)  # type: ignore[arg-type]
    if isinstance(cell, int):
        return f"{cell:,}"
    return cell if isinstance(cell, str) else format_points(cell)


def _pages(chosen: ListFilter, order: str, number: int, pages: int) -> dict[str, Any]:
    """Return the page's number, and the addresses of the pages next to it."""
    query = base.query_of(chosen, order)

    def leads_to(wanted: int) -> str:
        both = "&".join(filter(None, [query, urlencode({PAGE_NUMBER: wanted})]))
        return f"?{both}" if 1 <= wanted <= pages and wanted != number else ""

    return {
        "number": number,
        "last": pages,
        "links": [
            (words, where)
            for words, where in (
                ("First", leads_to(1) if number > 2 else ""),
                ("Previous", leads_to(number - 1)),
                ("Next", leads_to(number + 1)),
                ("Last", leads_to(pages) if number < pages - 1 else ""),
            )
            if where
        ],
    }


def _months(on: date) -> Sequence[tuple[str, str, int]]:
    """Return the last months, each with the address that shows it, and how many lapsed in it."""
    return [(f"{month:%b} {month.year}", f"?month={month:%Y-%m}", number) for month, number in lapsed.by_month(on)]
