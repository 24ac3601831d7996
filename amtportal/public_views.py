"""The pages that anybody may read: the guide, and the list of qualifying activities with its points calculator.

Both are the same for everybody but for the head of the page. A browser asks each time whether they have changed, and
gets them again only if they have.
"""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from amtportal.dates import today
from amtportal.headers import public_page
from ccp import terms
from ccp.forms.calculator import CalculatorForm
from ccp.models import ActivityType


@public_page
@require_safe
def guide(request: HttpRequest) -> HttpResponse:
    """The user guide: enter CE, track progress, print or save the transcript; and what members ask."""
    return render(request, "guide.html")


@public_page
@require_safe
def qualifying_activities(request: HttpRequest) -> HttpResponse:
    """The public list of qualifying activities, from the data. With ``?type=…&quantity=…``: what that is worth."""
    on = today()
    kinds = ActivityType.objects.select_related("category").prefetch_related("credentials")
    categories = terms.catalogue().offers(kinds, on)
    asked = request.GET if {"type", "quantity"} & request.GET.keys() else None
    context = {"categories": categories, "on": on, "form": CalculatorForm(asked, groups=categories, on=on)}
    return render(request, "qualifying_activities.html", context)
