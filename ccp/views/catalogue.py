"""The public list of qualifying activities, with the points calculator."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from amtportal.dates import today
from amtportal.middleware.headers import public_page
from ccp.catalogue.forms import CalculatorForm
from ccp.counting import terms
from ccp.models import ActivityType


@public_page
@require_safe
def qualifying_activities(request: HttpRequest) -> HttpResponse:
    """Show the public list of qualifying activities, as stored in the database.

    With ``?type=…&quantity=…``, also show what that quantity is worth.
    """
    on = today()
    kinds = ActivityType.objects.select_related("category").prefetch_related("credentials")
    categories = terms.catalogue().offers(kinds, on)
    asked = request.GET if {"type", "quantity"} & request.GET.keys() else None
    context = {"categories": categories, "on": on, "form": CalculatorForm(asked, groups=categories, on=on)}
    return render(request, "qualifying_activities.html", context)
