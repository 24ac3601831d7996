"""The letters of an audit, for its member."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_safe

from amtportal.documents import fonts
from amtportal.documents import layout as documents
from amtportal.members.access import for_member
from amtportal.members.limits import rate_limited
from amtportal.members.models import Member
from ccp.audits.letters import sheets
from ccp.audits.models import Letter


@require_safe
@rate_limited("pdf")
@for_member
def audit_letter(request: HttpRequest, member: Member, pk: int, letter: int) -> HttpResponse:
    """Answer with a letter as PDF."""
    own = Letter.objects.filter(case=pk, case__cycle__certification__member=member).select_related("case")
    return download(request, get_object_or_404(own, pk=letter))


def download(request: HttpRequest, letter: Letter) -> HttpResponse:
    try:
        return documents.download(sheets.pdf(letter), sheets.filename(letter))
    except (documents.TooLong, fonts.Unprintable) as reason:
        return documents.not_made(request, reason)
