"""A member's digital card, letters of good standing and certificates of completion."""

from datetime import datetime
from itertools import zip_longest

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

from amtportal.dates import day_of
from amtportal.documents import fonts
from amtportal.documents import layout as documents
from amtportal.members.access import account_of, for_member
from amtportal.members.limits import rate_limited
from amtportal.members.models import Member
from ccp.models import Transcript
from ccp.models.transcripts import PaperKind
from ccp.rollover import catching_up
from ccp.transcripts import issuing, papers
from ccp.transcripts.forms import LetterForm
from certifications.deadlines import ordered
from certifications.models import Certification, Cycle
from certifications.validity import Validity, of_certifications


@require_safe
@for_member
def card_detail(request: HttpRequest, member: Member) -> HttpResponse:
    """Show a card for each certification of the member, which fills the screen of a phone."""
    now = timezone.now()
    records = [papers.of_standing(PaperKind.CARD, validity) for validity in _held(member, at=now)]
    issues: list[Transcript] = []
    missing = []
    try:
        issues = papers.issue_all(records, by=account_of(request), at=now)
    except fonts.Unprintable as reason:
        missing = reason.missing
    cards = [
        (record, papers.Said(record.snapshot), issue, issuing.qr(issue, papers.qr_title()) if issue else "")
        for record, issue in zip_longest(records, issues)
    ]
    context = {"cards": cards, "missing": missing, **issuing.places()}
    return render(request, "ccp/transcripts/card_detail.html", context)


@require_safe
@rate_limited("pdf")
@for_member
def card_pdf(request: HttpRequest, member: Member, pk: int) -> HttpResponse:
    """Send the card of a certification as PDF, in the size of a wallet card."""
    now = timezone.now()
    return _pdf(request, papers.of_standing(PaperKind.CARD, _one(member, pk, at=now)), at=now)


@require_safe
@for_member
def letter_detail(request: HttpRequest, member: Member, pk: int) -> HttpResponse:
    """Let the member choose the wording and the language of a letter of good standing, or say why there is none."""
    return _letter_page(request, _one(member, pk, at=timezone.now()), LetterForm(None))


@require_safe
@rate_limited("pdf")
@for_member
def letter_pdf(request: HttpRequest, member: Member, pk: int) -> HttpResponse:
    """Send the letter of good standing as PDF."""
    now = timezone.now()
    validity = _one(member, pk, at=now)
    form = LetterForm(request.GET)
    if not form.is_valid():
        return _letter_page(request, validity, form, status=400)
    if papers.why_no_letter(validity, day_of(now)):
        return _letter_page(request, validity, form, status=409)
    return _pdf(request, papers.of_standing(PaperKind.LETTER, validity), at=now, **form.cleaned_data)


@require_safe
@rate_limited("pdf")
@for_member
def completion_pdf(request: HttpRequest, member: Member, pk: int) -> HttpResponse:
    """Send the certificate of completion of a cycle as PDF, or say why there is none."""
    now = timezone.now()
    own = Cycle.objects.for_member(member).select_related("certification__member", "certification__credential")
    cycle = get_object_or_404(own, pk=pk)
    if catching_up.catch_up(member, at=now, shown=[cycle]):
        cycle = own.get(pk=pk)
    record = papers.of_completion(cycle)
    if not record.snapshot["complete"]:
        context = {"refusal": papers.why_no_certificate(cycle), "certification": cycle.certification}
        return render(request, "ccp/transcripts/completion_refused.html", context, status=409)
    return _pdf(request, record, at=now)


def _held(member: Member, *, at: datetime) -> list[Validity]:
    """Return the validity of the member's certifications, after closing the cycles that are due."""
    catching_up.catch_up(member, at=at)
    held = list(ordered(Certification.objects.filter(member=member)).select_related("credential"))
    for certification in held:
        certification.member = member
    return of_certifications(held, day_of(at))


def _one(member: Member, pk: int, *, at: datetime) -> Validity:
    """Return the validity of one of the member's certifications. Raises ``Http404``."""
    for validity in _held(member, at=at):
        if validity.certification.pk == pk:
            return validity
    raise Http404


def _letter_page(request: HttpRequest, validity: Validity, form: LetterForm, status: int = 200) -> HttpResponse:
    context = {
        "certification": validity.certification,
        "refusal": papers.why_no_letter(validity, day_of(timezone.now())),
        "form": form,
    }
    return render(request, "ccp/transcripts/letter_detail.html", context, status=status)


def _pdf(
    request: HttpRequest, record: papers.Record, *, at: datetime, language: str = "", wording: str = ""
) -> HttpResponse:
    try:
        issue = papers.issue(record, by=account_of(request), at=at)
        content = papers.pdf(issue, language=language or get_language() or "en", wording=wording, at=at)
    except (documents.TooLong, fonts.Unprintable) as reason:
        return documents.not_made(request, reason)
    return documents.download(content, papers.filename(issue))
