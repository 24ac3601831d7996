"""Record CE: the form in which a member records an activity, and what it says before Submit."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from amtportal.dates import day_of
from amtportal.members.access import for_member
from amtportal.members.models import Member
from ccp import preview, recording, rollover, standing
from ccp.forms import RecordCEForm
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
    return render_form(request, form, member, status=status)


def _asked_cycle(request: HttpRequest, member: Member, open_cycles: list[Cycle]) -> Cycle | None:
    """The open cycle of ``?certification=``; None where none was asked for or its cycle is not open."""
    asked = request.GET.get("certification")
    if not asked:
        return None
    if not asked.isascii() or not asked.isdigit() or len(asked) > 18:
        raise Http404
    get_object_or_404(member.certifications, pk=int(asked))
    return next((cycle for cycle in open_cycles if cycle.certification_id == int(asked)), None)


def render_form(
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
