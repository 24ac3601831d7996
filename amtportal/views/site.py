"""The pages that look over all apps: the home page, My Certifications, the renewal invoices."""

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
    """Every element of the pages with its states, for staff. For anybody else it is not there."""
    if not account_of(request).is_staff:
        raise Http404
    return render(request, "styleguide.html", {"on": today()})


@login_not_required
@never_cache
@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """For the load balancer: the portal answers and its database does."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return HttpResponse("ok\n", content_type="text/plain; charset=utf-8")
