"""A page of 30 rows, and a transaction that adds one row and its sum, in three and five queries."""

from typing import Any
from uuid import uuid4

from django.db import transaction
from django.db.models import Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.csrf import csrf_exempt

from amtportal.dates import today
from ccp.models import Activity, Credit
from certifications.models import Cycle


def rows(request: HttpRequest) -> HttpResponse:
    """Show the user's latest 30 entries: the session, the user and one query."""
    entries = Activity.objects.filter(member__user=request.user).order_by("-pk")[:30]
    values = entries.values("title", "starts_on", "points", "recorded_at")
    return render(request, "rows.html", {"user": request.user, "entries": values})


@csrf_exempt
def record(request: HttpRequest) -> HttpResponse:
    add_row(request.user)
    return HttpResponse(status=201)


def add_row(user: Any) -> None:
    """Lock the user's cycle, insert an entry, sum the cycle's points, and update one row."""
    with transaction.atomic():
        cycle = Cycle.objects.select_for_update().get(certification__member__user=user)
        latest = Activity.objects.filter(member__user=user).latest("pk")
        latest.pk, latest.submission_id = None, uuid4()
        latest.save_base(raw=True, force_insert=True)  # without the signals that write history
        total = Credit.objects.filter(cycle=cycle).aggregate(total=Sum("points"))["total"]
        Cycle.objects.filter(pk=cycle.pk).update(requirement_met_on=today() if total >= cycle.points_required else None)
