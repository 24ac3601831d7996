"""The page on which a member asks what an audit would find today."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from amtportal.dates import day_of
from amtportal.members.access import for_member
from amtportal.members.models import Member
from ccp.audits import self_check
from ccp.rollover import catching_up


@require_safe
@for_member
def audit_check(request: HttpRequest, member: Member) -> HttpResponse:
    """Show what the checklist says of each entry, with the way to attach what is missing."""
    now = timezone.now()
    catching_up.catch_up(member, at=now)
    return render(request, "ccp/audits/audit_check.html", {"cycles": self_check.of(member, day_of(now))})
