"""The page My Certifications: for each certification, an AMTRAX section with Record CE."""

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from amtportal.members.access import for_member
from amtportal.members.models import Member
from ccp.standing import cards, standing
from certifications.payments import provider
from certifications.payments.pages import with_pay_button


@require_safe
@for_member
def certification_list(request: HttpRequest, member: Member) -> HttpResponse:
    """Show an AMTRAX section with Record CE for each certification."""
    standings = standing.caught_up(member, at=timezone.now())
    context = {
        "member": member,
        "cards": cards.cards(standings),
        "pay_online": provider.is_on() and standing.can_be_paid(standings),
    }
    return with_pay_button(request, "certifications/certification_list.html", context)
