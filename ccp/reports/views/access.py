"""Who may open a page, and what every page of lists and reports is handed."""

from collections.abc import Mapping
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse

MAY_VIEW_LISTS, MAY_VIEW_REPORTS = "reports.view_lists", "reports.view_reports"
MAY_EXPORT, MAY_MAIL = "reports.export_lists", "reports.mail_lists"
MAY_KEEP, MAY_COUNT = "reports.keep_filters", "reports.count_reports"


def need(request: HttpRequest, *permissions: str) -> None:
    """Raise 403 unless the account has all of these permissions."""
    if not all(map(request.user.has_perm, permissions)):
        raise PermissionDenied


def page(
    request: HttpRequest, template: str, title: str, context: Mapping[str, Any], *, status: int = 200
) -> HttpResponse:
    return TemplateResponse(
        request, f"admin/reports/{template}", {**admin.site.each_context(request), "title": title, **context},
        status=status,
    )  # fmt: skip


def member_page(member: int) -> str:
    """Return the address of the member's page for staff."""
    return reverse("admin:members_member_change", args=[member])
