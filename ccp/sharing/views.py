"""The pages of sharing: the member's links, what a link shows, and the public look-up."""

from collections.abc import Callable
from datetime import datetime
from functools import wraps

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from amtportal import qr
from amtportal.dates import day_of
from amtportal.documents import fonts
from amtportal.documents import layout as documents
from amtportal.members.access import account_of, for_member
from amtportal.members.limits import address_over_limit, over_limit, respond_429
from amtportal.members.models import Member
from amtportal.middleware.compression import sent_plain
from amtportal.refusals import Refused
from ccp.rollover import catching_up
from ccp.sharing import links, look_up
from ccp.sharing.forms import ButtonForm, LinkForm, LookUpForm
from ccp.sharing.models import ShareLink, ShareScope
from ccp.transcripts import contents as transcripts
from ccp.transcripts import issuing
from certifications.deadlines import ordered
from certifications.models import Certification
from certifications.validity import of_certifications

View = Callable[..., HttpResponse]
ENDED_SHOWN = 20
"""How many links that no longer work the page lists, the newest first."""


@sent_plain  # it shows the secret addresses
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@for_member
def sharing(request: HttpRequest, member: Member) -> HttpResponse:
    """Show the member's links, and make, copy and revoke them; show or hide the member in the look-up."""
    if request.method == "POST" and over_limit(request, "sharing"):
        return respond_429(request)
    now = timezone.now()
    held = _held(member)
    is_new = request.method == "POST" and request.POST.get("action", "create") == "create"
    form = LinkForm(request.POST if is_new else None, certifications=held, on=day_of(now))
    button = ButtonForm(request.POST if request.method == "POST" and not is_new else None)
    if form.is_bound and form.is_valid():
        try:
            links.create(member=member, by=account_of(request), at=now, **form.chosen)
        except Refused as refusal:
            form.add_error(refusal.field or None, refusal.sentence)
        else:
            messages.success(request, _("Your link is ready. Copy it, or share it."))
            return redirect("sharing")
    if button.is_bound and button.is_valid():
        _press(request, member, at=now, **button.cleaned_data)
        return redirect("sharing")
    working, ended = _listed(member, at=now)
    context = {
        "form": form,
        "working": [(link, address, _qr(address)) for link in working for address in [links.address(link)]],
        "ended": ended,
        "certifications": held,
        "listing": look_up.listing_of(member),
    }
    is_wrong = bool(form.errors or button.errors)
    return render(request, "ccp/sharing/sharing.html", context, status=400 if is_wrong else 200)


def _held(member: Member) -> list[Certification]:
    return list(ordered(Certification.objects.filter(member=member)).select_related("credential"))


def _listed(member: Member, *, at: datetime) -> tuple[list[ShareLink], list[ShareLink]]:
    """Return the links that work, and the newest of those that no longer do, each with its days."""
    on = day_of(at)

    def with_days(found: QuerySet[ShareLink]) -> list[ShareLink]:
        return list(found.select_related("certification__credential").prefetch_related("days"))

    working = with_days(links.working(member, on))
    others = ShareLink.objects.filter(member=member).exclude(pk__in=[link.pk for link in working])
    return working, with_days(others.order_by("-pk")[:ENDED_SHOWN])


def _qr(address: str) -> SafeString | str:
    """Return the QR code of a link: an employer reads it from the member's screen."""
    return qr.svg(address, _("QR code of this link"), error="l") if address else ""


def _press(request: HttpRequest, member: Member, *, action: str, link: int | None, at: datetime) -> None:
    """Do what the button says, and tell what holds then: the page with the button may be old."""
    if action == "revoke":
        links.revoke(member=member, link=link or 0, by=account_of(request), at=at)
        messages.success(request, _("The link no longer works."))
        return
    look_up.hide(member=member, hidden=action == "hide", by=account_of(request), at=at)
    if action == "hide":
        messages.success(request, _("The public look-up no longer finds you."))
    elif look_up.is_shown(Member.objects.select_related("listing", "user").get(pk=member.pk)):
        messages.success(request, _("The public look-up finds you again."))
    else:
        messages.warning(request, _("The public look-up does not find you, because AMT does not show you there."))


def shared(view: View) -> View:
    """Open the view to whoever has the address of a link, with a limit. Nothing of it is kept or passed on.

    The view is called with the link, if it works. Whatever is wrong with the address, the answer is
    the same. A page of a signed-in reader may name itself to the portal, which asks forms for that.
    """

    @wraps(view)
    def opened(request: HttpRequest, token: str) -> HttpResponse:
        if address_over_limit(request, "share"):
            answer = respond_429(request)
        elif link := links.at_token(token, on=day_of(timezone.now())):
            answer = view(request, link)
        else:
            answer = render(request, "ccp/sharing/share_unknown.html", status=404)
        answer.headers["X-Robots-Tag"] = "noindex, nofollow"
        if not request.user.is_authenticated:
            answer.headers["Referrer-Policy"] = "no-referrer"
        return answer

    # The address is the secret, and the page may lead to itself.
    return sent_plain(login_not_required(never_cache(require_safe(opened))))


@shared
def share_detail(request: HttpRequest, link: ShareLink) -> HttpResponse:
    """Show what the link shows, as it is now."""
    now = timezone.now()
    member = link.member
    catching_up.catch_up(member, at=now)
    certifications = _held(member)
    if link.scope == ShareScope.CERTIFICATION:
        certifications = [one for one in certifications if one.pk == link.certification_id]
    is_owner = getattr(request.user, "member", None) == member
    if request.method == "GET" and not is_owner and links.is_by_a_person(request.headers):
        links.count_opening(link, at=now)
    context = {
        "link": link,
        "member": member,
        "now": now,
        "is_owner": is_owner,
        "validities": of_certifications(certifications, day_of(now)),
        "transcript": _transcript(member) if link.scope == ShareScope.TRANSCRIPT else None,
        "token": request.resolver_match.kwargs["token"] if request.resolver_match else "",
    }
    return render(request, "ccp/sharing/share_detail.html", context)


@shared
def share_pdf(request: HttpRequest, link: ShareLink) -> HttpResponse:
    """Send the CE transcript as PDF, with a code by which it can be checked, if the link shows it."""
    now = timezone.now()
    user = link.member.user
    if link.scope != ShareScope.TRANSCRIPT or user is None:
        return render(request, "ccp/sharing/share_unknown.html", status=404)
    if address_over_limit(request, "share_pdf"):
        return respond_429(request)
    catching_up.catch_up(link.member, at=now)
    contents = _transcript(link.member)
    try:
        issue = issuing.issue(contents=contents, by=user, at=now, for_reader=True)
        content = issuing.pdf(issue, contents, at=now)
    except (documents.TooLong, fonts.Unprintable) as reason:
        return documents.not_made(request, reason)
    return documents.download(content, issuing.filename(issue, contents))


def _transcript(member: Member) -> transcripts.Contents:
    return transcripts.of_member(member, transcripts.cycles_of(member))


# Visitors are not signed in, so the form needs no CSRF token. It is posted, so that a name stands in no
# address and no log.
@csrf_exempt
@login_not_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def credential_look_up(request: HttpRequest) -> HttpResponse:
    """Tell whether somebody holds a credential, for the exact last name and certificate number."""
    asks = request.method == "POST"
    if asks and address_over_limit(request, "look_up"):
        answer = respond_429(request)
    else:
        answer = _look_up(request, LookUpForm(request.POST if asks else None))
    answer.headers["X-Robots-Tag"] = "noindex, nofollow"
    return answer


def _look_up(request: HttpRequest, form: LookUpForm) -> HttpResponse:
    now = timezone.now()
    found, status = [], 200
    if form.is_bound and form.is_valid():
        found = look_up.find(**form.cleaned_data, at=now)
        status = 200 if found else 404
    elif form.is_bound:
        status = 400
    context = {"form": form, "found": found, "now": now, "asked": form.is_bound and not form.errors}
    return render(request, "ccp/sharing/look_up.html", context, status=status)
