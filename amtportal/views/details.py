"""My details: what AMT prints and where it writes to, and how a member changes it."""

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from amtportal.members import details, name_requests
from amtportal.members.access import account_of, for_member
from amtportal.members.details_forms import NAME_KEPT, WAS, ContactForm, NameForm
from amtportal.members.limits import over_limit, respond_429
from amtportal.members.models import Member, NameRequest
from amtportal.members.sign_in import kept_forms
from amtportal.middleware.language import or_english
from amtportal.refusals import Refused
from amtportal.uploads import kept as kept_files
from ccp.evidence import files as evidence_files
from ccp.notices import preferences

State = NameRequest.State


@kept_forms.keeps(*details.OWN, *WAS)
@require_http_methods(["GET", "HEAD", "POST"])
@for_member
def details_change(request: HttpRequest, member: Member) -> HttpResponse:
    """Show the member's details; take another phone number and postal address."""
    kept = kept_forms.take(request)
    form = ContactForm(request.POST if request.method == "POST" else None, member=member, kept=kept)
    if form.is_bound and over_limit(request, "details"):
        return respond_429(request)
    if form.is_bound and form.is_valid():
        values = {column: form.cleaned_data[column] for column in details.OWN}
        changed = details.change(member=member, values=values, by=account_of(request), at=timezone.now())
        saved = _("Your details are saved. We sent you a mail about it.")
        messages.success(request, saved if changed else _("Nothing has changed."))
        return redirect("details-change")
    languages = dict(settings.LANGUAGES)
    preference = preferences.of_member(member)
    context = {
        "member": member,
        "form": form,
        "came_back": bool(kept),
        "asked": name_requests.latest(member),
        "language_of_pages": languages[or_english(get_language())],
        "language_of_mail": languages[preferences.language_of(preference)],
    }
    return render(request, "details/details_change.html", context)


@kept_forms.keeps(*NAME_KEPT)
@require_http_methods(["GET", "HEAD", "POST"])
@for_member
def name_ask(request: HttpRequest, member: Member) -> HttpResponse:
    """Ask for another name, or show the request that waits."""
    if request.method == "POST" and over_limit(request, "evidence"):
        return respond_429(request)
    now = timezone.now()
    asked = name_requests.latest(member)
    is_waiting = asked is not None and asked.state == State.WAITING
    kept = kept_forms.take(request)
    form = NameForm(
        *((request.POST, request.FILES) if request.method == "POST" else (None, None)), member=member, kept=kept
    )
    if form.is_bound and form.is_valid():
        typed = {name: form.cleaned_data[name] for name in NAME_KEPT}
        try:
            with evidence_files.opened(form.cleaned_data["document"]) as file:
                name_requests.ask(member=member, **typed, file=file, by=account_of(request), at=now)
        except Refused as refused:
            form.add_error(refused.field if refused.field in form.fields else "document", refused.sentence)
        else:
            sent = _("Your request is sent. AMT looks at the document and answers by mail and on this page.")
            messages.success(request, " ".join([sent, *evidence_files.told_about(file.left_out)]))
            return redirect("name-ask")
    context = {
        "member": member,
        "form": None if is_waiting and not form.is_bound else form,
        "asked": asked,
        "has_document": asked is not None and name_requests.has_document(asked, at=now),
        "kept_days": name_requests.KEPT_AFTER_ANSWER.days,
        "came_back": bool(kept),
    }
    return render(request, "details/name_ask.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@for_member
def name_withdraw(request: HttpRequest, member: Member) -> HttpResponse:
    """Withdraw the request that waits. A page says first what will happen."""
    asked = name_requests.latest(member)
    if asked is None or (request.method != "POST" and asked.state != State.WAITING):
        return redirect("name-ask")
    if request.method == "POST":
        try:
            name_requests.withdraw(request=asked, by=account_of(request), at=timezone.now())
        except Refused as refused:
            messages.error(request, refused.sentence)
        else:
            messages.success(request, _("Your request is withdrawn. Your name stays as it is."))
        return redirect("details-change")
    return render(request, "details/name_withdraw.html", {"asked": asked, "member": member})


@require_safe
@for_member
def name_document(request: HttpRequest, member: Member, pk: int) -> HttpResponseBase:
    """Send the document of a request to its owner, as long as it is kept."""
    asked = get_object_or_404(NameRequest.objects.filter(member=member), pk=pk)
    if not name_requests.has_document(asked, at=timezone.now()):
        raise Http404
    about = f"request for a name {asked.pk}"
    return kept_files.as_download(asked.stored_name, name=asked.document_name, kind=asked.document_kind, about=about)
