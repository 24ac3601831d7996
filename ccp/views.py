"""A member's CE on screen: read the record, one entry of it, and take the transcript along."""

from typing import Any

from django.core.paginator import Paginator
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from amtportal.dates import day_of
from amtportal.members.access import account_of, for_member
from amtportal.members.models import Member
from amtportal.words import us
from ccp import changes, error_reports, recording, rollover, standing, transcripts
from ccp.entries import credit_lines
from ccp.entries import found as _activity
from ccp.entries import look_alikes as _look_alikes
from ccp.entries import read as _read
from ccp.forms import ActivityFilterForm, DifferenceForm
from ccp.terms import in_units
from certifications.models import Cycle

PAGE_SIZE = 50


@require_safe
def activity_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One entry, also the confirmation after Submit: what counted where, the new totals, and its history."""
    now = timezone.now()
    activity = _activity(_read().visible_to(request.user), pk, at=now)
    is_owner = activity.member.user == request.user
    if is_owner:
        activity.member.user = account_of(request)  # so that the head of the page need not ask who is signed in
    lines = credit_lines(activity)
    certifications = {line.cycle.certification_id for line in lines}
    on = day_of(now)
    changeable = is_owner and recording.can_be_changed(activity, on)
    context = {
        "activity": activity,
        "quantity": in_units(activity.quantity, activity.get_unit_display()) if activity.quantity else "",
        "look_alikes": _look_alikes(activity),
        "difference_form": DifferenceForm() if changeable and not activity.difference else None,
        "lines": lines,
        "standings": [
            found for found in standing.standings(activity.member, on) if found.certification.pk in certifications
        ],
        "changes": changes.of_activity(activity, viewer=account_of(request)),
        "is_owner": is_owner,
        "can_be_changed": changeable,
        "reports": error_reports.of_activity(activity),
        "can_be_reported": is_owner and error_reports.can_be_reported(activity),
    }
    return render(request, "ccp/activity_detail.html", context)


@require_safe
@for_member
def activity_list(request: HttpRequest, member: Member) -> HttpResponse:
    """All recorded CE, newest first, by cycle; filtered by cycle and category."""
    of_member = (
        Cycle.objects.for_member(member)
        .select_related("certification__credential")
        .order_by("-starts_on", "certification_id")
    )
    cycles = list(of_member)
    if rollover.catch_up(member, at=timezone.now(), shown=cycles):
        cycles = list(of_member.all())
    filters = ActivityFilterForm(request.GET or None, cycles=cycles)
    activities = filters.apply(_read().for_member(member).newest_first())
    page = Paginator(activities, PAGE_SIZE).get_page(request.GET.get("page"))
    for activity in page:
        activity.lines = credit_lines(activity)  # type: ignore[attr-defined]
    context = {
        "page": page,
        "filters": filters,
        "is_filtered": filters.is_filtered,
        "page_query": filters.query,
        "groups": _by_cycle(list(page)),
    }
    return render(request, "ccp/activity_list.html", context)


def _by_cycle(activities: list[Any]) -> list[tuple[str, list[Any]]]:
    """The activities of a page under the cycles they are claimed for, in the order in which these first appear."""
    groups: dict[str, list[Any]] = {}
    for activity in activities:
        label = " and ".join(
            f"{line.certification_code} cycle {us(line.cycle.starts_on)} to {us(line.cycle.ends_on)}"
            for line in activity.lines
        )
        groups.setdefault(label, []).append(activity)
    return list(groups.items())


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
