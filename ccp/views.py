"""A member's CE transcript on screen and on paper."""

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from amtportal.dates import day_of
from ccp import rollover, transcripts
from certifications.models import Cycle


@require_safe
def transcript_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """The CE transcript of a cycle, as a page."""
    transcript = _transcript(request, pk)
    return render(request, "ccp/transcript_detail.html", {"transcript": transcript, "issued_on": transcript.issued_on})


@require_safe
def transcript_pdf(request: HttpRequest, pk: int) -> HttpResponse:
    """The CE transcript of a cycle, as PDF."""
    transcript = _transcript(request, pk)
    return HttpResponse(
        transcripts.pdf(transcript),
        content_type="application/pdf",
        headers={"Content-Disposition": f'inline; filename="{transcript.filename}"'},
    )


@transaction.atomic
def _transcript(request: HttpRequest, pk: int) -> transcripts.Transcript:
    now = timezone.now()
    cycles = Cycle.objects.visible_to(request.user).select_related("certification__credential", "certification__member")
    cycle = get_object_or_404(cycles, pk=pk)
    if rollover.catch_up(cycle.certification.member, at=now, shown=[cycle]):
        cycle = cycles.get(pk=pk)
    return transcripts.of_cycle(cycle, issued_on=day_of(now))
