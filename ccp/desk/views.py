"""The start page of the staff, the search, and the end of viewing the portal as a member."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from amtportal.dates import day_of
from amtportal.members.access import account_of
from ccp.desk import lists, search, today, viewing, waiting

MAY_SEARCH = "members.view_member"


def start(request: HttpRequest) -> dict[str, Any]:
    """Return what the start page shows above the list of all records."""
    user, now = account_of(request), timezone.now()
    return {
        "on": day_of(now),
        "waiting": waiting.of(user, now),
        "figures": today.figures(user, now),
        "lists": lists.counted(lists.of(user), day_of(now)),
    }


def page_of(member: int) -> str:
    return reverse("admin:members_member_change", args=[member])


@require_safe
def find(request: HttpRequest, context: dict[str, Any]) -> HttpResponse:
    """Show the members whom the words find, or go to the page of the only one."""
    user = account_of(request)
    if not user.has_perm(MAY_SEARCH):
        raise PermissionDenied
    found = search.find(request.GET.get("q", ""), by=user)
    if found.only:
        return redirect(page_of(found.only.pk))
    return TemplateResponse(request, "admin/desk/search.html", {**context, "title": "Search", "found": found})


@require_POST
def end_viewing(request: HttpRequest) -> HttpResponse:
    """End the viewing and go back to the page of the member."""
    member = viewing.end(request)
    return redirect(page_of(member) if member else "admin:index")
