"""The public list of qualifying activities, with the points calculator."""

from datetime import date

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from amtportal import links
from amtportal.dates import today
from amtportal.members import manuals
from amtportal.middleware.headers import public_page
from ccp.catalogue.forms import CalculatorForm
from ccp.counting import terms
from ccp.counting.terms import CategoryOffer
from ccp.models import ActivityType


@public_page
@require_safe
def qualifying_activities(request: HttpRequest) -> HttpResponse:
    """Show the public list of qualifying activities, as stored in the database.

    With ``?type=…&quantity=…``, also show what that quantity is worth.
    """
    on = today()
    categories = _categories(on)
    asked = request.GET if {"type", "quantity"} & request.GET.keys() else None
    context = {"categories": categories, "on": on, "form": CalculatorForm(asked, groups=categories, on=on)}
    return render(request, "qualifying_activities.html", context)


@public_page
@require_safe
def guidance_pdf(request: HttpRequest) -> HttpResponse:
    """Send the same list as PDF, in the reader's language: the CCP Guidance Document."""
    on = today()
    list_at = links.absolute(reverse("qualifying-activities")).partition("://")[2]
    context = {"categories": _categories(on), "on": on, "list_at": list_at}
    return manuals.send(request, "ccp/catalogue/guidance_document.html", context, "CCP-Guidance-Document.pdf")


def _categories(on: date) -> list[CategoryOffer]:
    kinds = ActivityType.objects.select_related("category").prefetch_related("credentials")
    return terms.catalogue().offers(kinds, on)
