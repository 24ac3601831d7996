"""The home page: what the portal is, or the member's four answers at a glance."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from amtportal.members.access import member_of
from amtportal.middleware.headers import public_page
from ccp.standing import cards, standing


@public_page
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Signed out: what this is. Signed in: points, days left, what to do next and the invoice, at a glance."""
    if not request.user.is_authenticated:
        return render(request, "home_public.html")
    member = member_of(request)
    if member is None:
        return render(request, "home_staff.html")
    standings = standing.caught_up(member, at=timezone.now())
    context = {
        "member": member,
        "cards": cards.cards_with_charts(standings),
        "recent": cards.recent(member),
    }
    return render(request, "home.html", context)
