"""A member's transcripts of a cycle and of the whole history, as pages and as PDF."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from amtportal.documents import fonts
from amtportal.documents import layout as documents
from amtportal.members.access import account_of, for_member, member_of
from amtportal.members.limits import rate_limited
from amtportal.members.models import Member
from ccp.desk import viewing
from ccp.rollover import catching_up
from ccp.transcripts import contents as transcripts
from ccp.transcripts import issuing
from certifications.deadlines import by_deadline
from certifications.models import Cycle


@require_safe
def transcript_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """Show the CE transcript of a cycle as a page."""
    contents, cycles = _of_cycle(request, pk)
    return _page(request, contents, cycles)


@require_safe
@rate_limited("pdf")
def transcript_pdf(request: HttpRequest, pk: int) -> HttpResponse:
    """Send the CE transcript of a cycle as PDF."""
    contents, _cycles = _of_cycle(request, pk)
    return _pdf(request, contents)


@require_safe
@for_member
def transcript_history(request: HttpRequest, member: Member) -> HttpResponse:
    """Show all cycles of all certifications of the member as a page."""
    contents = _of_member(member)
    return _page(request, contents, [sheet.cycle for sheet in contents.sheets])


@require_safe
@rate_limited("pdf")
@for_member
def transcript_history_pdf(request: HttpRequest, member: Member) -> HttpResponse:
    """Send all cycles of all certifications of the member as PDF."""
    return _pdf(request, _of_member(member))


def _of_cycle(request: HttpRequest, pk: int) -> tuple[transcripts.Contents, list[Cycle]]:
    """Return the transcript of a cycle, and all cycles of its member. Raises ``Http404``."""
    account = account_of(request)
    if account.is_staff:
        of_cycle = Member.objects.filter(certifications__cycles__in=Cycle.objects.visible_to(account).filter(pk=pk))
        member = of_cycle.first()
    else:
        member = member_of(request)
    cycles = transcripts.cycles_of(member) if member else []
    asked = [cycle for cycle in cycles if cycle.pk == pk]
    if not member or not asked:
        raise Http404
    if catching_up.catch_up(member, at=timezone.now(), shown=asked):
        cycles = transcripts.cycles_of(member)
    return transcripts.of_cycle(next(cycle for cycle in cycles if cycle.pk == pk)), cycles


def _of_member(member: Member) -> transcripts.Contents:
    cycles = transcripts.cycles_of(member)
    if catching_up.catch_up(member, at=timezone.now(), shown=cycles):
        cycles = transcripts.cycles_of(member)
    return transcripts.of_member(member, cycles)


def _page(request: HttpRequest, contents: transcripts.Contents, cycles: list[Cycle]) -> HttpResponse:
    """Show the page, with links to the transcripts of the member's cycles.

    If the document cannot be printed, the page has no code and says why.
    """
    issue, missing = None, []
    try:
        # Staff who view the portal as this member see the code only if the member has it: nothing is issued.
        issue = (
            issuing.on_record(contents)
            if viewing.is_on(request)
            else issuing.issue(contents=contents, by=account_of(request), at=timezone.now())
        )
    except fonts.Unprintable as reason:
        missing = reason.missing
    is_owner = contents.member.user_id == account_of(request).pk
    context = {
        "transcript": contents,
        "issue": issue,
        "missing": missing,
        "is_owner": is_owner,
        "cycles": by_deadline(cycles),
        **issuing.places(),
    }
    return render(request, "ccp/transcripts/transcript_detail.html", context)


def _pdf(request: HttpRequest, contents: transcripts.Contents) -> HttpResponse:
    now = timezone.now()
    try:
        issue = issuing.issue(contents=contents, by=account_of(request), at=now)
        content = issuing.pdf(issue, contents, at=now)
    except (documents.TooLong, fonts.Unprintable) as reason:
        return documents.not_made(request, reason)
    return documents.download(content, issuing.filename(issue, contents))
