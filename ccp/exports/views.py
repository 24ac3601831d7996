"""The page on which members have everything about them put into one archive, and the archive."""

from allauth.account.decorators import reauthentication_required
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from amtportal.dates import day_of
from amtportal.documents import layout as documents
from amtportal.members.access import account_of, for_member
from amtportal.members.limits import over_limit, respond_429
from amtportal.members.models import Member
from amtportal.middleware.language import or_english
from amtportal.refusals import Refused
from amtportal.uploads import kept
from ccp.exports import archives
from ccp.exports.models import Archive


@require_http_methods(["GET", "HEAD", "POST"])
@for_member
def my_data(request: HttpRequest, member: Member) -> HttpResponseBase:
    """Show what is in an archive and how far it is. The button asks who it is, and has one made."""
    return _ask(request, member) if request.method == "POST" else _page(request, member)


@reauthentication_required
def _ask(request: HttpRequest, member: Member) -> HttpResponse:
    if over_limit(request, "archive"):
        return respond_429(request)
    language = or_english(get_language())
    try:
        archives.ask(member=member, by=account_of(request), language=language, at=timezone.now())
    except Refused as refusal:
        return _page(request, member, problem=refusal.sentence)
    messages.success(request, _("Your archive is being prepared. You get a mail when it is ready."))
    return redirect("my-data")


def _page(request: HttpRequest, member: Member, *, problem: str = "") -> HttpResponse:
    now = timezone.now()
    archive = archives.latest(member, by=account_of(request))
    context = {
        "archive": archive,
        "state": archives.state(archive, at=now),
        "until": archives.until(archive) if archive else None,
        "problem": problem,
    }
    return render(request, "ccp/exports/my_data.html", context, status=400 if problem else 200)


@require_safe
@for_member
def my_data_download(request: HttpRequest, member: Member) -> HttpResponseBase:
    """Send the member's archive, while it is kept, to the account that asked for it."""
    archive = archives.latest(member, by=account_of(request))
    if archive is None or archives.state(archive, at=timezone.now()) != archives.State.READY:
        messages.info(request, _("There is no archive to download. You can have one prepared here."))
        return redirect("my-data")
    return _send(request, archive)


@reauthentication_required
def _send(request: HttpRequest, archive: Archive) -> HttpResponseBase:
    if over_limit(request, "archive"):
        return respond_429(request)
    name = documents.filename("My-AMT-data", archive.member.amt_id, day_of(archive.asked_at).isoformat())
    return kept.sent(
        archives.storage(),
        archive.stored_name,
        name=name.replace(".pdf", ".zip"),
        content_type="application/zip",
        about=str(archive),
    )
