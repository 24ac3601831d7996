"""A member's CE on screen: record, amend and withdraw an activity, and read the record."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Prefetch
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from amtportal.dates import day_of
from amtportal.members.access import account_of, for_member
from amtportal.members.models import Member
from amtportal.words import us
from ccp import changes, duplicates, error_reports, preview, recording, rollover, standing, transcripts
from ccp.forms import ActivityFilterForm, AmendForm, DifferenceForm, RecordCEForm
from ccp.models import Activity, Credit
from ccp.terms import in_units
from certifications.models import Cycle

PAGE_SIZE = 50


@dataclass(frozen=True)
class CreditLine:
    """What an activity counts for in one certification, and why it was cut."""

    certification_code: str
    cycle: Cycle
    claimed: Decimal
    counted: Decimal
    sentence: str


def credit_lines(activity: Activity) -> list[CreditLine]:
    """The credits of an activity (read with cycle, certification and credential) as a page shows them."""
    return [
        CreditLine(
            certification_code=credit.cycle.certification.credential.code,
            cycle=credit.cycle,
            claimed=activity.points,
            counted=credit.points,
            sentence=transcripts.CUT_SENTENCES[Credit.Cut(credit.cut)],
        )
        for credit in activity.credits.all()
        if credit.cut != Credit.Cut.UNCLAIMED
    ]


def _read() -> Any:
    """Activities with all that a page says of them, in two queries."""
    credits = Credit.objects.select_related("cycle__certification__credential").order_by("cycle_id")
    return Activity.objects.select_related("activity_type__category", "member__user").prefetch_related(
        Prefetch("credits", queryset=credits)
    )


def _activity(found: Any, pk: int, *, at: datetime) -> Activity:
    """The entry among those found, once its member's cycles that are due are closed."""
    activity: Activity = get_object_or_404(found, pk=pk)
    if rollover.catch_up(activity.member, at=at, shown=[credit.cycle for credit in activity.credits.all()]):
        activity = found.get(pk=pk)
    return activity


@require_http_methods(["GET", "HEAD", "POST"])
@for_member
def activity_record(request: HttpRequest, member: Member) -> HttpResponse:
    """Record CE: one activity, credited to each chosen certification whose open cycle covers its days."""
    now = timezone.now()
    open_cycles = rollover.open_for_records(member, at=now)
    asked = _asked_cycle(request, member, open_cycles)
    if not open_cycles or (asked is None and request.GET.get("certification")):
        standings = standing.standings(member, day_of(now))
        return render(request, "ccp/activity_record_closed.html", {"standings": standings})
    form = RecordCEForm(
        request.POST if request.method == "POST" else None, open_cycles=open_cycles, on=day_of(now), asked=asked
    )
    status = 200
    if form.is_bound and form.is_valid() and not form.is_preview:
        try:
            activity = recording.record(
                member=member,
                cycles=form.chosen_cycles,
                claim=form.claim,
                submission_id=form.cleaned_data["submission_id"],
                by=member.user,
                at=now,
            )
        except recording.SubmissionReused as refused:
            form.add_problem(refused.problem)
            form.renew_submission_id()
            status = 409
        except recording.Refused as refused:
            form.add_problem(refused.problem)
        else:
            messages.success(request, f"{activity.reference} is on record.")
            return redirect("activity-detail", activity.pk)
    return _render_form(request, form, member, status=status)


def _asked_cycle(request: HttpRequest, member: Member, open_cycles: list[Cycle]) -> Cycle | None:
    """The open cycle of ``?certification=``; None where none was asked for or its cycle is not open."""
    asked = request.GET.get("certification")
    if not asked:
        return None
    if not asked.isascii() or not asked.isdigit() or len(asked) > 18:
        raise Http404
    get_object_or_404(member.certifications, pk=int(asked))
    return next((cycle for cycle in open_cycles if cycle.certification_id == int(asked)), None)


def _render_form(
    request: HttpRequest,
    form: RecordCEForm,
    member: Member,
    *,
    activity: Activity | None = None,
    on_record: Activity | None = None,
    status: int = 200,
) -> HttpResponse:
    """The form, with how much of each cap is used; after Preview, with what the entry would count for."""
    entries, offers = preview.entries_of(form.open_cycles, form.catalogue), form.offers
    shown = None
    if form.is_preview and form.is_valid():
        shown = preview.of_claim(
            form.claim,
            form.open_cycles,
            member=member,
            chosen=form.chosen_cycles,
            entries=entries,
            terms=form.terms,
            earlier=activity,
            on=form.on,
        )
    return render(
        request,
        "ccp/activity_form.html",
        {
            "form": form,
            "activity": activity,
            "on_record": on_record,
            "cycles": [(cycle, preview.caps_used(entries[cycle.pk], offers)) for cycle in form.open_cycles],
            "offers": offers,
            "preview": shown,
            "on": form.on,
        },
        status=status,
    )


@require_http_methods(["GET", "HEAD", "POST"])
@for_member
def activity_amend(request: HttpRequest, member: Member, pk: int) -> HttpResponse:
    """Amend an own entry while its cycles are open."""
    now = timezone.now()
    activity = _activity(_read().for_member(member), pk, at=now)
    if not recording.can_be_changed(activity, day_of(now)):
        return redirect("activity-detail", activity.pk)
    open_cycles = rollover.open_for_records(member, at=now)
    form = AmendForm(
        request.POST if request.method == "POST" else None, open_cycles=open_cycles, on=day_of(now), activity=activity
    )
    on_record, status = None, 200
    if form.is_bound and form.is_valid() and not form.is_preview:
        try:
            recording.amend(
                activity=activity,
                cycles=form.chosen_cycles,
                claim=form.claim,
                revision=form.cleaned_data["revision"],
                by=member.user,
                at=now,
            )
        except recording.ChangedMeanwhile as refused:
            form.add_problem(refused.problem)
            on_record = get_object_or_404(_read(), pk=pk)
            form.show_revision(on_record.revision)
            status = 409
        except recording.Refused as refused:
            form.add_problem(refused.problem)
        else:
            messages.success(request, f"Your changes to {activity.reference} are on record.")
            return redirect("activity-detail", activity.pk)
    return _render_form(request, form, member, activity=activity, on_record=on_record, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@for_member
def activity_withdraw(request: HttpRequest, member: Member, pk: int) -> HttpResponse:
    """Withdraw an own entry while its cycles are open, after a page that says what will happen."""
    now = timezone.now()
    activity = _activity(_read().for_member(member), pk, at=now)
    problem = None
    if request.method == "POST":
        try:
            recording.withdraw(activity=activity, by=member.user, at=now)
        except recording.Refused as refused:
            problem = refused.problem.sentence
        else:
            messages.success(request, f"{activity.reference} is withdrawn.")
            return redirect("activity-detail", activity.pk)
    elif not recording.can_be_changed(activity, day_of(now)):
        return redirect("activity-detail", activity.pk)
    context = {"activity": activity, "lines": credit_lines(activity), "problem": problem}
    return render(request, "ccp/activity_withdraw.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@for_member
def activity_difference(request: HttpRequest, member: Member, pk: int) -> HttpResponse:
    """Say how an own entry differs from one that looks like it. The entry counts whatever is said."""
    now = timezone.now()
    activity = _activity(_read().for_member(member), pk, at=now)
    if not recording.can_be_changed(activity, day_of(now)):
        return redirect("activity-detail", activity.pk)
    form = DifferenceForm(
        request.POST if request.method == "POST" else None, initial={"difference": activity.difference}
    )
    if form.is_bound and form.is_valid():
        try:
            recording.say_difference(
                activity=activity, difference=form.cleaned_data["difference"], by=member.user, at=now
            )
        except recording.Refused as refused:
            form.add_error(None, refused.problem.sentence)
        else:
            messages.success(request, f"What you said of {activity.reference} is on record.")
            return redirect("activity-detail", activity.pk)
    context = {"activity": activity, "look_alikes": _look_alikes(activity), "form": form}
    return render(request, "ccp/activity_difference.html", context)


def _look_alikes(activity: Activity) -> list[duplicates.LookAlike]:
    return duplicates.told_to_member(activity, [line.cycle.pk for line in credit_lines(activity)])


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
