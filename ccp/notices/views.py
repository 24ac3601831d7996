"""The pages of notices: what a member was sent, what comes, what the member chose, and the way out of a mail."""

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from amtportal.dates import day_of
from amtportal.members.access import account_of, for_member
from amtportal.members.limits import address_over_limit, over_limit, respond_429
from amtportal.members.mail.layout import unwrapped
from amtportal.members.models import Member
from ccp.notices import ahead, mailed, preferences
from ccp.notices.forms import PreferencesForm
from ccp.notices.models import OPTIONAL, MailState, NoticeKind, NoticeMail
from ccp.standing import standing

PAGE_SIZE = 20


@require_http_methods(["GET", "HEAD", "POST"])
@for_member
def notice_list(request: HttpRequest, member: Member) -> HttpResponse:
    """Show what comes next, what the member chose, and what was sent; take another choice."""
    preference = preferences.of_member(member)
    form = PreferencesForm(request.POST if request.method == "POST" else None, preference=preference)
    if form.is_bound and over_limit(request, "notices"):
        return respond_429(request)
    if form.is_bound and form.is_valid():
        changed = preferences.choose(
            member=member,
            language=form.cleaned_data["language"],
            wanted=form.wanted,
            by=account_of(request),
            at=timezone.now(),
        )
        messages.success(request, _("Your choice is saved.") if changed else _("Nothing has changed."))
        return redirect("notice-list")
    notices = mailed.notices_of(member)
    mailings = mailed.newest_first(member, notices)
    paginator = Paginator(mailings, PAGE_SIZE)
    page = paginator.get_page(request.GET.get("page"))
    now = timezone.now()
    context = {
        "form": form,
        "duty": [name for kind, name in mailed.NAMES.items() if kind not in OPTIONAL],
        "ahead": ahead.of_member(
            standing.caught_up(member, at=now),
            on=day_of(now),
            told=ahead.told(notices),
            has_mail=mailed.has_mail_of(day_of(now), mailings),
            unwanted=preferences.unwanted(preference),
        ),
        "page": page,
        "pages": list(paginator.get_elided_page_range(page.number, on_each_side=1, on_ends=1)),
    }
    return render(request, "ccp/notices/notice_list.html", context, status=400 if form.errors else 200)


@require_safe
@for_member
def notice_detail(request: HttpRequest, member: Member, pk: int) -> HttpResponse:
    """Show the text of a mail as it was sent."""
    mail = get_object_or_404(NoticeMail.objects.filter(member=member, state=MailState.SENT), pk=pk)
    return render(request, "ccp/notices/notice_detail.html", {"mail": mail, "text": unwrapped(mail.text)})


@login_not_required
@csrf_exempt
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def notice_stop(request: HttpRequest, token: str) -> HttpResponseBase:
    """Switch an optional kind of notices off, or on again, for whoever has the address of a mail.

    Opening the page changes nothing, because programs that check mail open its links. The post of a
    mail provider (RFC 8058) comes from its own machines without cookie or CSRF token, and may not be
    redirected: any post without the page's own button switches off and gets the page. A CSRF token
    would guard nothing, because only those who have the address can post to it.
    """
    answer = respond_429(request) if address_over_limit(request, "stop") else _stop(request, token)
    answer.headers["X-Robots-Tag"] = "noindex, nofollow"
    return answer


def _stop(request: HttpRequest, token: str) -> HttpResponse:
    try:
        member, kind = preferences.read_token(token)
    except preferences.Unknown:
        return render(request, "ccp/notices/notice_stop_unknown.html", status=404)
    if request.method == "POST":
        button = request.POST.get("switch", "")
        preferences.switch(
            member=member,
            kind=kind,
            on=button == "on",
            by=None,
            at=timezone.now(),
            reason=preferences.BY_ADDRESS,
        )
        if button in ("on", "off"):
            return redirect("notice-stop", token)
    return _stop_page(request, member, kind)


def _stop_page(request: HttpRequest, member: Member, kind: NoticeKind) -> HttpResponse:
    """Return the page in the member's language, unless the reader chose one in this browser."""
    preference = preferences.of_member(member)
    of_browser = translation.get_language()
    has_chosen = settings.LANGUAGE_COOKIE_NAME in request.COOKIES
    spoken = of_browser if has_chosen else preferences.language_of(preference, otherwise=of_browser)
    with translation.override(spoken):
        context = {"name": mailed.NAMES[kind], "is_on": preferences.wants(preference, kind)}
        answer = render(request, "ccp/notices/notice_stop.html", context)
    answer.headers["Content-Language"] = str(spoken)
    return answer
