"""The member's pages of an audit: what is asked, and everything that the member can do about it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from amtportal.dates import day_of
from amtportal.formatting import format_day
from amtportal.members.access import account_of, for_member
from amtportal.members.limits import over_limit, respond_429
from amtportal.members.models import Member, User
from amtportal.members.sign_in import kept_forms
from amtportal.refusals import Refused
from ccp.audits import cases, deadlines, items, states, telling
from ccp.audits.forms import AppealForm, ExtensionForm, FilesForm, MessageForm, MissingForm, SubmissionForm
from ccp.audits.frozen import REVIEWED
from ccp.audits.models import AuditCase, CaseState, Verb
from ccp.evidence import attaching as evidence
from ccp.evidence import files as evidence_files

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


def _own(member: Member) -> QuerySet[AuditCase]:
    of_member = AuditCase.objects.filter(cycle__certification__member=member)
    return of_member.select_related(
        "cycle__certification__credential", "cycle__certification__member", "extension", "appeal"
    )


def _found(member: Member, pk: int, *, at: datetime) -> AuditCase:
    """Return one of the member's cases. If its last day is over, the portal passes it first."""
    case = get_object_or_404(_own(member), pk=pk)
    passed = deadlines.look(case, at=at)
    return case if passed is case else _own(member).get(pk=pk)


@require_safe
@for_member
def audit_list(request: HttpRequest, member: Member) -> HttpResponse:
    """List the member's audits, those that are open first."""
    now = timezone.now()
    own = [deadlines.look(case, at=now) for case in _own(member).order_by("-pk")]
    lines = [(case, telling.next_move(case, day_of(now))) for case in sorted(own, key=lambda case: not case.is_open)]
    return render(request, "ccp/audits/audit_list.html", {"lines": lines})


@require_safe
@for_member
def audit_detail(request: HttpRequest, member: Member, pk: int) -> HttpResponse:
    """Show what is asked for, what is attached, and what was decided."""
    now = timezone.now()
    return _page(request, _found(member, pk, at=now), SubmissionForm(), now)


def _page(
    request: HttpRequest, case: AuditCase, form: SubmissionForm, now: datetime, status: int = 200
) -> HttpResponse:
    asked = items.of_case(case)
    needed = [item for item in asked if not item.is_proven]
    can = {row.verb for row in states.ROWS if row.before == case.state}
    context = {
        "case": case,
        "move": telling.next_move(case, day_of(now)),
        "is_members_move": states.MOVES.get(case.state) == "member",
        "items": asked,
        "needed": len(needed),
        "answered": sum(item.is_answered for item in needed),
        "with_file": telling.with_file(needed),
        "is_asking": case.state in states.ASKING,
        "can_attach": case.state not in REVIEWED and case.is_open,
        "can_remove": case.frozen_at is None,
        "can_submit": Verb.SUBMIT in can,
        "not_yet": cases.problem_with_submission(asked),
        "can_ask_extension": _can_ask_extension(case),
        "extension": getattr(case, "extension", None),
        "can_appeal": Verb.APPEAL in can,
        "appeal": getattr(case, "appeal", None),
        "is_announced": case.state in states.OPEN_VERDICT and case.outcome != AuditCase.Outcome.CALLED_OFF,
        "texts": case.messages.filter(activity=None).order_by("pk"),
        "letters": case.letters.defer("text").order_by("pk"),
        "steps": telling.steps_of(case, case.steps.order_by("number")),
        "files_form": FilesForm(),
        "form": form,
    }
    return render(request, "ccp/audits/audit_detail.html", context)


# What the member does. Each has an address of its own, so that a refused form keeps what was typed.


@require_http_methods(["GET", "HEAD", "POST"])
@for_member
def audit_attach(request: HttpRequest, member: Member, pk: int, activity: int) -> HttpResponse:
    """Attach files to one entry. What cannot be attached is named; the rest is attached."""
    if request.method == "POST" and over_limit(request, "evidence"):
        return respond_429(request)
    now = timezone.now()
    case, item = _entry(member, pk, activity, at=now)
    form = FilesForm(request.POST, request.FILES) if request.method == "POST" else FilesForm()
    if problem := evidence.problem_with_adding(item.activity, len(item.files)):
        if not form.is_bound:
            messages.error(request, problem.sentence)
            return redirect(_address(case, item))
        form.add_error("file", problem.sentence)
    if form.is_bound and form.is_valid():
        attached = _attach(form, item, form.cleaned_data["file"], by=account_of(request), at=now)
        if attached:
            messages.success(request, " ".join(attached))
        if not form.errors:
            return redirect(_address(case, item))
    return render(request, "ccp/audits/audit_attach.html", {"case": case, "item": item, "form": form})


def _attach(form: FilesForm, item: items.Item, sent: Sequence[UploadedFile], *, by: User, at: datetime) -> list[str]:
    """Attach each file that can be attached, and return the sentences about them. The form says which cannot."""
    attached = []
    for upload in sent:
        try:
            with evidence_files.opened(upload) as file:
                added, is_new = evidence.add(activity=item.activity, file=file, by=by, at=at)
        except Refused as refused:
            form.add_error("file", f"{upload.name}: {refused.sentence}" if len(sent) > 1 else refused.sentence)
        else:
            attached.append(evidence_files.told_added(added, is_new=is_new, left_out=file.left_out))
    return attached


@kept_forms.keeps("text")
@require_http_methods(["GET", "HEAD", "POST"])
@for_member
def audit_missing(request: HttpRequest, member: Member, pk: int, activity: int) -> HttpResponse:
    """Say why something is missing in one entry."""
    now = timezone.now()
    case, item = _entry(member, pk, activity, at=now)
    by = account_of(request)

    def say(data: dict[str, Any]) -> None:
        cases.say_missing(case=case, activity=item.activity, text=data["text"], by=by, at=now)

    page = FormPage(
        heading=gettext_lazy("Say why something is missing"),
        button=gettext_lazy("Save"),
        done=gettext_lazy("AMT reads this when you submit."),
        is_possible=case.state in states.ASKING,
        lead=f"{item.activity.heading} ({item.activity.reference})",
        back=_address(case, item),
    )
    initial = {"text": item.missing.text if item.missing else ""}
    return _answer(request, case, page, MissingForm, say, initial=initial)


@kept_forms.keeps("text")
@require_http_methods(["GET", "HEAD", "POST"])
@for_member
def audit_message(request: HttpRequest, member: Member, pk: int) -> HttpResponse:
    """Write to AMT about the audit."""
    now = timezone.now()
    case, by = _found(member, pk, at=now), account_of(request)

    def write(data: dict[str, Any]) -> None:
        cases.write_message(case=case, text=data["text"], by=by, at=now)

    page = FormPage(
        heading=gettext_lazy("Write to AMT"),
        button=gettext_lazy("Send"),
        done=gettext_lazy("Your message is sent."),
        is_possible=case.is_open,
        back=reverse("audit-detail", args=[case.pk]) + "#messages",
    )
    return _answer(request, case, page, MessageForm, write)


@kept_forms.keeps("wanted_on", "reason")
@require_http_methods(["GET", "HEAD", "POST"])
@for_member
def audit_extension(request: HttpRequest, member: Member, pk: int) -> HttpResponse:
    """Ask for more time, once."""
    now = timezone.now()
    case, by = _found(member, pk, at=now), account_of(request)

    def ask(data: dict[str, Any]) -> None:
        cases.ask_extension(case=case, wanted_on=data["wanted_on"], reason=data["reason"], by=by, at=now)

    lead = ""
    if case.state == CaseState.NOTIFIED and case.due_on:
        lead = _("You have until %(day)s. You can ask for more time once, until %(latest)s at the latest.") % {
            "day": format_day(case.due_on),
            "latest": format_day(cases.latest_extension(case.due_on)),
        }
    page = FormPage(
        heading=gettext_lazy("Ask for more time"),
        button=gettext_lazy("Ask for more time"),
        done=gettext_lazy("AMT answers your request here. You can go on attaching files."),
        is_possible=_can_ask_extension(case),
        lead=lead,
        back=reverse("audit-detail", args=[case.pk]),
    )
    return _answer(request, case, page, ExtensionForm, ask, on=day_of(now))


@kept_forms.keeps("reason")
@require_http_methods(["GET", "HEAD", "POST"])
@for_member
def audit_appeal(request: HttpRequest, member: Member, pk: int) -> HttpResponse:
    """Appeal against the decision, once."""
    now = timezone.now()
    case, by = _found(member, pk, at=now), account_of(request)

    def appeal(data: dict[str, Any]) -> None:
        cases.appeal(case=case, reason=data["reason"], by=by, at=now)

    page = FormPage(
        heading=gettext_lazy("Appeal against the decision"),
        button=gettext_lazy("Appeal"),
        done=gettext_lazy("Your appeal is with AMT. Two people who did not review your audit decide it."),
        is_possible=states.row_for(case.state, Verb.APPEAL) is not None,
        lead=_(
            "You can appeal once. If you want to attach more files, do so first: after the appeal, nothing is added."
        ),
        back=reverse("audit-detail", args=[case.pk]),
    )
    return _answer(request, case, page, AppealForm, appeal)


@require_http_methods(["GET", "HEAD", "POST"])
@for_member
def audit_submit(request: HttpRequest, member: Member, pk: int) -> HttpResponse:
    """Submit what is attached and said, with the attestation. The page of the audit has this form."""
    now = timezone.now()
    case = _found(member, pk, at=now)
    if request.method != "POST":
        return redirect("audit-detail", case.pk)
    form = SubmissionForm(request.POST)
    if form.is_valid():
        try:
            cases.submit(case=case, by=account_of(request), at=now)
        except Refused as refused:
            form.add_error(None, refused.sentence)
        else:
            messages.success(request, _("Submitted. AMT reviews what you sent and tells you here."))
            return redirect("audit-detail", case.pk)
    return _page(request, case, form, now)


@dataclass(frozen=True)
class FormPage:
    """A page with one form: its words, and where it leads back to."""

    heading: "StrOrPromise"
    button: "StrOrPromise"
    done: "StrOrPromise"
    back: str
    is_possible: bool
    lead: str = ""


def _answer(
    request: HttpRequest,
    case: AuditCase,
    page: FormPage,
    form_class: Callable[..., forms.Form],
    verb: Callable[[dict[str, Any]], object],
    *,
    initial: dict[str, Any] | None = None,
    **of_form: Any,
) -> HttpResponse:
    """Show the form, or do what it asks for. A refusal is shown where the form has the field."""
    if request.method != "POST" and not page.is_possible:
        return redirect(page.back)
    kept = kept_forms.take(request)
    typed = kept.dict() if kept else initial
    form = form_class(request.POST if request.method == "POST" else None, initial=typed, **of_form)
    if form.is_bound and form.is_valid():
        try:
            verb(form.cleaned_data)
        except Refused as refused:
            form.add_error(refused.field if refused.field in form.fields else None, refused.sentence)
        else:
            messages.success(request, page.done)
            return redirect(page.back)
    context = {"case": case, "page": page, "form": form, "came_back": bool(kept)}
    return render(request, "ccp/audits/audit_form.html", context)


def _can_ask_extension(case: AuditCase) -> bool:
    return states.row_for(case.state, Verb.ASK_EXTENSION) is not None and not hasattr(case, "extension")


def _entry(member: Member, pk: int, activity: int, *, at: datetime) -> tuple[AuditCase, items.Item]:
    """Return one of the member's cases and an entry of it for which proof is asked. Raises ``Http404``."""
    case = _found(member, pk, at=at)
    for item in items.of_case(case):
        if item.activity.pk == activity and not item.is_proven:
            return case, item
    raise Http404


def _address(case: AuditCase, item: items.Item) -> str:
    return f"{reverse('audit-detail', args=[case.pk])}#entry-{item.activity.pk}"
