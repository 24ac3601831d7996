"""Pages about the site itself: the style guide and the health check."""

from django.contrib.auth.decorators import login_not_required
from django.db import connection
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from amtportal.database import can_be_written
from amtportal.dates import today
from amtportal.members.access import account_of

READ_ONLY = "The database cannot be written."


@require_safe
def styleguide(request: HttpRequest) -> HttpResponse:
    """Show staff every page element in each of its states. For everybody else: not found."""
    if not account_of(request).is_staff:
        raise Http404
    return render(request, "styleguide.html", {"on": today()})


@login_not_required
@never_cache
@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """Tell operators and the load balancer whether the portal and its database work.

    A database that can only be read is status 503 with ``READ_ONLY``: pages can still be read, so a
    load balancer may go on sending visitors here.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    text, status = ("ok", 200) if can_be_written() else (READ_ONLY, 503)
    return HttpResponse(f"{text}\n", status=status, content_type="text/plain; charset=utf-8")


def no_page(request: HttpRequest, **address: object) -> HttpResponse:
    raise Http404
