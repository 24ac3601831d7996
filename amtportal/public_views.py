"""The pages that anybody may read: the guide, and the list of qualifying activities with its points calculator.

Both are the same for everybody but for the head of the page. A browser asks each time whether they have changed, and
gets them again only if they have.
"""

from collections.abc import Callable

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import cache_control
from django.views.decorators.http import conditional_page, require_safe

from amtportal.dates import today
from ccp import terms
from ccp.forms.calculator import CalculatorForm
from ccp.models import ActivityType

View = Callable[[HttpRequest], HttpResponse]


def public_page(view: View) -> View:
    """Open to anyone, kept by the browser, asked for again each time."""
    page: View = login_not_required(require_safe(cache_control(private=True, no_cache=True)(conditional_page(view))))
    return page


@public_page
def guide(request: HttpRequest) -> HttpResponse:
    """The user guide: enter CE, track progress, print or save the transcript; and what members ask."""
    return render(request, "guide.html")


@public_page
def qualifying_activities(request: HttpRequest) -> HttpResponse:
    """The public list of qualifying activities, from the data. With ``?type=…&quantity=…``: what that is worth."""
    on = today()
    kinds = ActivityType.objects.select_related("category").prefetch_related("credentials")
    categories = terms.catalogue().offers(kinds, on)
    asked = request.GET if {"type", "quantity"} & request.GET.keys() else None
    context = {"categories": categories, "on": on, "form": CalculatorForm(asked, groups=categories, on=on)}
    return render(request, "qualifying_activities.html", context)
