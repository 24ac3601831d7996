"""Record CE: the form in which a member records an activity, and its preview before Submit."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from amtportal.dates import day_of
from amtportal.members.access import account_of, for_member
from amtportal.members.models import Member
from amtportal.members.sign_in import kept_forms
from amtportal.refusals import Refused
from ccp.catalogue import explained
from ccp.counting.points import Entry
from ccp.counting.terms import Catalogue
from ccp.evidence import waiting
from ccp.models import Activity
from ccp.recording import changeable as amendable
from ccp.recording import entries, preview, repeats
from ccp.recording import previous as earlier
from ccp.recording import verbs as recording
from ccp.recording.forms import AmendForm, RecordCEForm
from ccp.rollover import catching_up
from ccp.standing import standing
from ccp.views import record_files
from ccp.views.activities import recorded_tag
from certifications.models import Cycle


@kept_forms.keeps(*RecordCEForm.KEPT)
@require_http_methods(["GET", "HEAD", "POST"])
@for_member
def activity_record(request: HttpRequest, member: Member) -> HttpResponse:
    """Record one activity, and credit it to each chosen certification.

    The open cycle of a chosen certification must cover the days of the activity.
    """
    now = timezone.now()
    if request.method == "POST":
        number = repeats.number_of(request.POST)
        taken = record_files.take_in(request, member, number, now) if request.FILES else record_files.Taken()
        if record_files.is_about_files(request):
            return _edited(request, member, number, taken, now)
        if "preview" not in request.POST:
            return _submitted(request, member, number, taken, now)
    open_cycles = catching_up.open_for_records(member, at=now)
    form = _form(request, member, open_cycles, now)
    if form is None:
        return _closed(request, member, now)
    if form.is_bound:
        return _shown_again(request, form, member, number, taken, now)
    part = record_files.part_of(form, member, now) if form.came_back else None
    return render_form(request, form, member, part=part)


def _edited(
    request: HttpRequest, member: Member, number: UUID, taken: record_files.Taken, now: datetime
) -> HttpResponse:
    """Show the form again after a button that is about its files. What was typed stays, and nothing is judged.

    What was read fills in the fields that are empty. An old page may ask for what was read after the
    form was submitted: it leads to the entry, which has the files.
    """
    if "show_read" in request.POST and (recorded := _recorded_by(number, member)):
        sentence = _("This form has been submitted: %(reference)s is on record.") % {"reference": recorded.reference}
        messages.info(request, sentence)
        return redirect("activity-detail", recorded.pk)
    open_cycles = catching_up.open_for_records(member, at=now)
    typed = record_files.edited(request, member, number, taken, now)
    record_files.have_read(request, taken, now)
    form = _form(request, member, open_cycles, now, typed=typed)
    if form is None:
        return _closed(request, member, now)
    part = record_files.part_of(form, member, now)
    if "show_read" in request.POST and not part.readings:
        taken.problems["photo"] = [_("No file of this form is being read any more. Choose the file again.")]
    if fills := part.fills:
        typed.pop("attested", None)
        for name, value in fills.items():
            typed[name] = value
        form = _form(request, member, open_cycles, now, typed=typed)
        assert form is not None, "the cycles are the same"
    taken.tell(form)
    return render_form(request, form, member, part=part.filled())


def _recorded_by(number: UUID, member: Member) -> Activity | None:
    """Return the standing entry that the member has recorded with the form of this number, if no file waits for it."""
    if waiting.of_form(member, number, timezone.now()).exists():
        return None
    return Activity.objects.filter(submission_id=number, member=member, withdrawn_at=None).first()


def _shown_again(
    request: HttpRequest,
    form: RecordCEForm,
    member: Member,
    number: UUID,
    taken: record_files.Taken,
    now: datetime,
    *,
    status: int = 200,
) -> HttpResponse:
    """Show a form that was posted and not recorded, with its files and what is wrong with them."""
    taken.tell(form)
    record_files.have_read(request, taken, now)
    record_files.keep_with(form, member, number, now)
    return render_form(request, form, member, part=record_files.part_of(form, member, now), status=status)


def _submitted(
    request: HttpRequest, member: Member, number: UUID, taken: record_files.Taken, now: datetime
) -> HttpResponse:
    """Record what was typed, and lead to the entry; show the form again if a rule is broken.

    The form is read under the locks under which it is recorded, so that everything is read once. Its
    files become evidence of the entry in the same transaction.
    """
    typed, status = repeats.digest_of(request.POST, _asked_number(request, "certification")), 200
    attached = waiting.Attached()
    with recording.desk(member=member, submission_id=number, at=now) as locked:
        recorded = repeats.recorded_by(typed, member, locked.earlier)
        form = None if recorded else _form(request, member, locked.open_cycles, now, terms=locked.terms)
        if form and form.is_valid() and not taken.problems:
            try:
                claim, cycles = form.claim, form.chosen_cycles
                recorded = recording.record_at(locked, cycles=cycles, claim=claim, typed=typed, by=account_of(request))
            except recording.SubmissionReused as refused:
                form.add_problem(refused.problem)
                form.renew_submission_id()
                status = 409
            except Refused as refused:
                form.add_problem(refused.problem)
        if recorded and locked.has_files:
            attached = waiting.attach(activity=recorded, by=account_of(request), at=now)
    if recorded:
        return _to_entry(request, recorded, [*attached.problems, *taken.sentences])
    if form is None:
        return _closed(request, member, now)
    return _shown_again(request, form, member, number, taken, now, status=status)


def _form(
    request: HttpRequest,
    member: Member,
    open_cycles: list[Cycle],
    now: datetime,
    *,
    terms: Catalogue | None = None,
    typed: QueryDict | None = None,
) -> RecordCEForm | None:
    """Return the form; None if no cycle takes records, or none of the certification that was asked for.

    ``typed``: what is shown in it and not judged yet.
    """
    asked = _asked_cycle(request, member, open_cycles)
    if not open_cycles or (asked is None and request.GET.get("certification")):
        return None
    form = RecordCEForm(
        request.POST if request.method == "POST" and typed is None else None,
        open_cycles=open_cycles,
        on=day_of(now),
        terms=terms,
        asked=asked,
        like=_asked_entry(request, Activity.objects.for_member(member).select_related("activity_type"), "like"),
        kept=kept_forms.take(request) if typed is None else typed,
    )
    form.came_back = form.came_back and typed is None
    return form


def _closed(request: HttpRequest, member: Member, now: datetime) -> HttpResponse:
    standings = standing.standings(member, day_of(now))
    return render(request, "ccp/recording/activity_record_closed.html", {"standings": standings})


def _to_entry(request: HttpRequest, activity: Activity, problems: Sequence[str]) -> HttpResponse:
    """Lead to the entry. ``problems``: the sentences about files that are not attached to it."""
    if activity.is_standing:  # a repeated form may lead to an entry that was withdrawn since then
        done = _("%(reference)s is on record.") % {"reference": activity.reference}
        messages.success(request, done, extra_tags=recorded_tag(activity))
    for problem in problems:
        messages.warning(request, problem)
    return redirect("activity-detail", activity.pk)


@require_POST
@for_member
def activity_preview(request: HttpRequest, member: Member) -> HttpResponse:
    """Show the preview of a form in its current state, as a part of a page. Nothing is written."""
    now = timezone.now()
    open_cycles = catching_up.open_for_records(member, at=now)
    activity = _asked_entry(request, entries.read().for_member(member), "entry")
    if not open_cycles or (activity and not amendable.can_be_changed(activity, day_of(now))):
        raise Http404
    form = (
        AmendForm(request.POST, open_cycles=open_cycles, on=day_of(now), activity=activity)
        if activity
        else RecordCEForm(request.POST, open_cycles=open_cycles, on=day_of(now))
    )
    shown, problems = None, []
    if form.is_filled_in:
        on_record = preview.entries_of(open_cycles, form.catalogue)
        shown = _previewed(form, member, on_record, activity=activity)
        problems = [sentence for of_field in form.errors.values() for sentence in of_field]
    context = {"preview": shown, "problems": problems, "activity": activity, "form": form}
    return render(request, "ccp/recording/activity_preview.html", context)


def _asked_number(request: HttpRequest, name: str) -> int | None:
    """Return a number in the query of the address; None if it is missing.

    Anything that is not a number gets a 404.
    """
    asked = request.GET.get(name)
    if not asked:
        return None
    if not asked.isascii() or not asked.isdigit() or len(asked) > 18:
        raise Http404
    return int(asked)


def _asked_cycle(request: HttpRequest, member: Member, open_cycles: list[Cycle]) -> Cycle | None:
    """Return the open cycle of ``?certification=``.

    None if no certification was asked for, or if its cycle is not open.
    """
    asked = _asked_number(request, "certification")
    if asked is None:
        return None
    get_object_or_404(member.certifications, pk=asked)
    return next((cycle for cycle in open_cycles if cycle.certification_id == asked), None)


def _asked_entry(request: HttpRequest, own: Any, name: str) -> Activity | None:
    """Return the entry that the address asks for; None if it asks for none.

    An entry that is not among the member's own gets a 404.
    """
    asked = _asked_number(request, name)
    if asked is None:
        return None
    entry: Activity = get_object_or_404(own, pk=asked)
    return entry


def _previewed(
    form: RecordCEForm, member: Member, on_record: Mapping[int, Sequence[Entry]], *, activity: Activity | None
) -> preview.Preview | None:
    """Return what the form would count for; None if it cannot be recorded as it is."""
    if not form.is_valid():
        return None
    return preview.of_claim(
        form.claim,
        form.open_cycles,
        member=member,
        chosen=form.chosen_cycles,
        entries=on_record,
        terms=form.terms,
        earlier=activity,
        on=form.on,
    )


def render_form(
    request: HttpRequest,
    form: RecordCEForm,
    member: Member,
    *,
    activity: Activity | None = None,
    on_record: Activity | None = None,
    part: record_files.Part | None = None,
    status: int = 200,
) -> HttpResponse:
    """Show the form with how much of each cap is used.

    After Preview, also show what the entry would count for.
    """
    if part:
        record_files.mark(form, part)
    offers = form.offers
    capped = preview.has_caps(offers)
    standing_entries = preview.entries_of(form.open_cycles, form.catalogue) if capped or form.is_preview else {}
    return render(
        request,
        "ccp/recording/activity_form.html",
        {
            "form": form,
            "activity": activity,
            "on_record": on_record,
            "cycles": [
                (cycle, preview.caps_used(standing_entries[cycle.pk], offers) if capped else [])
                for cycle in form.open_cycles
            ],
            "kinds": explained.groups(form.guidance, form.on),
            "providers": [] if activity else earlier.providers(member),
            "preview": _previewed(form, member, standing_entries, activity=activity) if form.is_preview else None,
            "on": form.on,
            "part": part,
        },
        status=status,
    )
