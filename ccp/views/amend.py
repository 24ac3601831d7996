"""The pages on which a member corrects an entry: amend, withdraw, restore, explain a difference."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from amtportal.dates import day_of
from amtportal.members.access import account_of, for_member
from amtportal.members.models import Member
from amtportal.members.sign_in import kept_forms
from amtportal.refusals import Refused
from ccp.counting import terms
from ccp.models import Activity
from ccp.recording import changeable as amendable
from ccp.recording import entries, outcome, preview
from ccp.recording import verbs as recording
from ccp.recording.forms import AmendForm, DifferenceForm
from ccp.rollover import catching_up
from ccp.views.record import render_form
from certifications.models import Cycle


@kept_forms.keeps(*AmendForm.KEPT)
@require_http_methods(["GET", "HEAD", "POST"])
@for_member
def activity_amend(request: HttpRequest, member: Member, pk: int) -> HttpResponse:
    """Amend one of the member's entries while its cycles are open."""
    now = timezone.now()
    activity = entries.found(entries.read().for_member(member), pk, at=now)
    if not amendable.can_be_changed(activity, day_of(now)):
        return redirect("activity-detail", activity.pk)
    open_cycles = catching_up.open_for_records(member, at=now)
    form = AmendForm(
        request.POST if request.method == "POST" else None,
        open_cycles=open_cycles,
        on=day_of(now),
        activity=activity,
        kept=kept_forms.take(request),
    )
    on_record, status = None, 200
    if form.is_bound and form.is_valid() and not form.is_preview:
        try:
            recording.amend(
                activity=activity,
                cycles=form.chosen_cycles,
                claim=form.claim,
                revision=form.cleaned_data["revision"],
                by=account_of(request),
                at=now,
            )
        except recording.ChangedMeanwhile as refused:
            form.add_problem(refused.problem)
            on_record = get_object_or_404(entries.read(), pk=pk)
            form.show_revision(on_record.revision)
            status = 409
        except Refused as refused:
            form.add_problem(refused.problem)
        else:
            messages.success(
                request, _("Your changes to %(reference)s are on record.") % {"reference": activity.reference}
            )
            return redirect("activity-detail", activity.pk)
    return render_form(request, form, member, activity=activity, on_record=on_record, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@for_member
def activity_withdraw(request: HttpRequest, member: Member, pk: int) -> HttpResponse:
    """Withdraw one of the member's entries while its cycles are open.

    A page says first what will happen.
    """
    now = timezone.now()
    activity = entries.found(entries.read().for_member(member), pk, at=now)
    problem = None
    if request.method == "POST":
        try:
            recording.withdraw(activity=activity, by=account_of(request), at=now)
        except Refused as refused:
            problem = refused.problem.sentence
        else:
            message = _("%(reference)s is withdrawn.") % {"reference": activity.reference}
            messages.success(request, message, extra_tags="undo")
            return redirect("activity-detail", activity.pk)
    elif not amendable.can_be_changed(activity, day_of(now)):
        return redirect("activity-detail", activity.pk)
    context = {"activity": activity, "would_lose": _would_lose(activity), "problem": problem}
    return render(request, "ccp/activities/activity_withdraw.html", context)


def _would_lose(activity: Activity) -> list[Cycle]:
    """Return the cycles that would no longer meet their requirement without the entry.

    Such a cycle loses the day on which its requirement was met.
    """
    met = [
        line.cycle
        for line in entries.credit_lines(activity)
        if line.cycle.requirement_met_on and line.cycle.is_mandatory
    ]
    on_record = preview.entries_of(met, terms.catalogue()) if met else {}
    return [
        cycle
        for cycle in met
        if outcome.falls_short_without(on_record[cycle.pk], activity.pk, required=cycle.points_required)
    ]


@kept_forms.keeps("difference")
@require_http_methods(["GET", "HEAD", "POST"])
@for_member
def activity_difference(request: HttpRequest, member: Member, pk: int) -> HttpResponse:
    """Say how one of the member's entries differs from a similar one.

    The entry counts whatever the member says.
    """
    now = timezone.now()
    activity = entries.found(entries.read().for_member(member), pk, at=now)
    if not amendable.can_be_changed(activity, day_of(now)):
        return redirect("activity-detail", activity.pk)
    kept = kept_forms.take(request)
    form = DifferenceForm(
        request.POST if request.method == "POST" else None,
        initial={"difference": kept.get("difference", "") if kept else activity.difference},
    )
    if form.is_bound and form.is_valid():
        try:
            recording.say_difference(
                activity=activity, difference=form.cleaned_data["difference"], by=account_of(request), at=now
            )
        except Refused as refused:
            form.add_error(None, refused.problem.sentence)
        else:
            messages.success(
                request, _("What you said about %(reference)s is on record.") % {"reference": activity.reference}
            )
            return redirect("activity-detail", activity.pk)
    context = {
        "activity": activity,
        "look_alikes": entries.look_alikes(activity),
        "form": form,
        "came_back": bool(kept),
    }
    return render(request, "ccp/activities/activity_difference.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@for_member
def activity_restore(request: HttpRequest, member: Member, pk: int) -> HttpResponse:
    """Put one of the member's withdrawn entries back on record.

    Opening the address without posting only leads to the entry.
    """
    now = timezone.now()
    activity = entries.found(entries.read().for_member(member), pk, at=now)
    if request.method == "POST":
        try:
            recording.restore(activity=activity, by=account_of(request), at=now)
        except Refused as refused:
            messages.error(request, refused.problem.sentence)
        else:
            messages.success(request, _("%(reference)s is back on record.") % {"reference": activity.reference})
    return redirect("activity-detail", activity.pk)
