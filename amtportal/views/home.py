"""The home page: what the portal is, or what the member needs to know at a glance."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from amtportal.members.access import member_of
from amtportal.middleware.headers import public_page
from ccp.audits import telling
from ccp.standing import cards, glance, standing
from certifications.payments import provider
from certifications.payments.pages import with_pay_button


@public_page
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Show what the portal is, or, to a member, where each certification stands and what comes next."""
    if not request.user.is_authenticated:
        return render(request, "home_public.html")
    member = member_of(request)
    if member is None:
        return render(request, "home_staff.html")
    standings = standing.caught_up(member, at=timezone.now(), by_category=False)
    seen = glance.glance(standings)
    context = {
        "member": member,
        "glance": seen,
        "courses": glance.courses() if seen.wanted else [],
        "latest": cards.latest(member),
        "audits": telling.banners([cycle.pk for each in standings for cycle in each.past]),
        "pay_online": provider.is_on() and seen.pay is not None,
    }
    return with_pay_button(request, "home.html", context)
