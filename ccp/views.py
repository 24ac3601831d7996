"""A member's CE on screen: record, amend and withdraw an activity, and take the transcript along."""

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from amtportal.dates import day_of
from amtportal.members.access import for_member
from amtportal.members.models import Member
from ccp import preview, recording, rollover, standing, transcripts
from ccp.entries import credit_lines
from ccp.entries import found as _activity
from ccp.entries import look_alikes as _look_alikes
from ccp.entries import read as _read
from ccp.forms import AmendForm, DifferenceForm, RecordCEForm
from ccp.models import Activity
from certifications.models import Cycle


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
            messages.success(request, f"{activity.reference} is withdrawn.", extra_tags="undo")
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
