"""Pages about the site itself: the style guide and the health check."""

from django.contrib.auth.decorators import login_not_required
from django.db import connection
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from amtportal.dates import today
from amtportal.members.access import account_of


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
    """Tell the load balancer that the portal and its database respond."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return HttpResponse("ok\n", content_type="text/plain; charset=utf-8")
