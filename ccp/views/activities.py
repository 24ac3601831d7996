"""The pages of recorded activities: the list, the list as CSV, and one entry."""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_safe

from amtportal.chunks import CHUNK
from amtportal.dates import day_of
from amtportal.members.access import account_of, for_member
from amtportal.members.models import Member
from amtportal.prepared import prepared
from ccp.amt_credits import error_reports
from ccp.counting.terms import in_units
from ccp.evidence import attaching as evidence
from ccp.models import Activity
from ccp.recording import changeable as amendable
from ccp.recording import duplicates, entries
from ccp.recording import history as changes
from ccp.recording.forms import DifferenceForm
from ccp.rollover import catching_up
from ccp.standing import gains, standing
from ccp.standing.standing import Standing
from ccp.views import activity_export, activity_rows
from ccp.views.activity_filters import NEWEST_FIRST, ActivityFilterForm, totalled
from ccp.views.evidence import part_of_page
from certifications.models import Cycle
from certifications.quarters import ZERO

PAGE_SIZE = 50


@require_safe
@for_member
def activity_list(request: HttpRequest, member: Member) -> HttpResponse:
    """Show all recorded CE, filtered and sorted by the query of the address.

    Sorted by date, the entries are grouped by cycle.
    """
    cycles = _cycles(member)
    filters = ActivityFilterForm(request.GET, cycles=cycles)
    activities = filters.narrowed(Activity.objects.for_member(member))
    totals = filters.totals(_everything(member.pk) if filters.shows_everything else totalled(activities))
    if filters.shows_everything and filters.order == NEWEST_FIRST and totals.number <= PAGE_SIZE:
        sorted_rows: Any = _newest(member.pk)  # the list as most people open it
    else:
        sorted_rows = filters.sorted(activities).values_list(*activity_rows.COLUMNS)
    paginator = Paginator(sorted_rows, PAGE_SIZE)
    paginator.count = totals.number
    page = paginator.get_page(request.GET.get("page"))
    context = {
        "page": page,
        "pages": list(paginator.get_elided_page_range(page.number, on_each_side=1, on_ends=1)),
        "filters": filters,
        "query": filters.query(),
        "totals": totals,
        "groups": activity_rows.groups(
            list(page), activity_rows.Claims(totals.claims, cycles), by_cycle=filters.is_by_date
        ),
    }
    return render(request, "ccp/activities/activity_list.html", context)


@prepared
def _everything(member: int) -> QuerySet[Activity, tuple[Any, ...]]:
    return totalled(Activity.objects.filter(member=member))


@prepared
def _newest(member: int) -> QuerySet[Activity, tuple[Any, ...]]:
    return Activity.objects.filter(member=member).order_by("-starts_on", "-pk").values_list(*activity_rows.COLUMNS)


@require_safe
@for_member
def activity_export_csv(request: HttpRequest, member: Member) -> HttpResponseBase:
    """Send the whole list as CSV, filtered and sorted by the query of the address."""
    cycles = _cycles(member)
    filters = ActivityFilterForm(request.GET, cycles=cycles)
    activities = filters.sorted(filters.narrowed(entries.read().for_member(member)))
    codes = sorted({cycle.certification.credential.code for cycle in cycles})
    filename = activity_export.filename(member, day_of(timezone.now()))
    return StreamingHttpResponse(
        activity_export.lines(activities.iterator(chunk_size=CHUNK), codes),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": content_disposition_header(True, filename)},
    )


def _cycles(member: Member) -> list[Cycle]:
    """Return all cycles of the member, newest first, after closing those that are due."""
    cycles = _newest_first(member.pk)
    if catching_up.catch_up(member, at=timezone.now(), shown=cycles):
        cycles = _newest_first(member.pk)
    return cycles


@prepared
def _newest_first(member: int) -> QuerySet[Cycle]:
    cycles = Cycle.objects.filter(certification__member=member).select_related("certification__credential")
    return cycles.order_by("-starts_on", "certification_id")


@require_safe
def activity_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """Show one entry: what counted where, the new totals, and its history.

    Just after Submit, the page begins with what the entry added (``gains``). It does so once: the
    message that says so is gone when the page is loaded again.
    """
    now = timezone.now()
    viewer = account_of(request)
    activity, cycles = entries.with_cycles(viewer, pk, at=now)
    is_owner = activity.member.user_id == viewer.pk
    if is_owner:
        activity.member.user = viewer  # saves a query for the page header
    on = day_of(now)
    lines = entries.credit_lines(activity)
    claimed = [line.cycle for line in lines]
    near = duplicates.claims_near(duplicates.comparable_of(activity, [cycle.pk for cycle in claimed]), activity.member)
    files = evidence.of_activity(activity) if evidence.may_be_read(activity, by=viewer) else []
    changeable = is_owner and amendable.can_be_changed(activity, on)
    totals = duplicates.counted(near)
    standings = standing.of_cycles(claimed, activity.member, on, counted=totals)
    added = _gains(lines, standings, totals, on) if is_owner and _was_just_recorded(request, activity) else []
    context = {
        "activity": activity,
        "quantity": in_units(activity.quantity, activity.unit) if activity.quantity else "",
        "look_alikes": entries.look_alikes(activity, near),
        "difference_form": DifferenceForm() if changeable and not activity.difference else None,
        "lines": lines,
        "could_count_for": entries.could_count_for(activity, cycles, on) if changeable else [],
        "standings": standings,
        "gains": added,
        "several": len(added) > 1,
        "all_met": all(gain.is_met for gain in added),
        "can_be_reminded": gains.is_ahead(added),
        "was_recorded_today": activity.recorded_on == on,
        "changes": changes.newest_first(
            changes.of_evidence(files, viewer=viewer),
            changes.of_activity(activity, viewer=viewer),
        ),
        "evidence": part_of_page(activity, files, claimed, on),
        "is_owner": is_owner,
        "can_be_changed": changeable,
        "can_be_restored": is_owner and amendable.can_be_restored(activity, on),
        "reports": error_reports.of_activity(activity),
        "can_be_reported": is_owner and error_reports.can_be_reported(activity),
    }
    return render(request, "ccp/activities/activity_detail.html", context)


def recorded_tag(activity: Activity) -> str:
    """Return the tag of the message that this entry was just recorded."""
    return f"recorded {activity.pk}"


def _was_just_recorded(request: HttpRequest, activity: Activity) -> bool:
    """Return whether the page follows Submit."""
    return any(message.extra_tags == recorded_tag(activity) for message in messages.get_messages(request))


def _gains(
    lines: Sequence[entries.CreditLine], standings: Sequence[Standing], totals: Mapping[int, Decimal], on: date
) -> list[gains.Gain]:
    """Return what the entry added to each of its certifications."""
    by_cycle = {each.cycle.pk: each for each in standings if each.cycle.closed_on is None}
    return [
        gains.Gain(
            cycle=line.cycle,
            on=on,
            claimed=line.claimed,
            counted=line.counted,
            total=totals.get(line.cycle.pk, ZERO),
            why_less=line.sentence,
            standing=by_cycle.get(line.cycle.pk),
        )
        for line in lines
    ]
