"""The calendar of a member's dates: the page with its secret address, and the file itself."""

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseForbidden
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control, never_cache
from django.views.decorators.http import conditional_page, require_http_methods, require_safe

from amtportal import links
from amtportal.dates import day_of
from amtportal.members.access import for_member
from amtportal.members.models import Member
from amtportal.middleware import language
from amtportal.middleware.compression import sent_plain
from ccp.recording import entries
from ccp.recording.forms import CalendarForm
from ccp.standing import calendar, standing

IN_THE_OPEN = (
    "This address is a secret, and it was sent without encryption (http). It does not work, or no longer. "
    "Create a new one under My Certifications, and use it as it is shown there, with https.\n"
)


@sent_plain  # it shows the secret address
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@for_member
def calendar_detail(request: HttpRequest, member: Member) -> HttpResponse:
    """Show the address, how to subscribe, and the buttons that create, replace and revoke it."""
    form = CalendarForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        messages.success(request, _act(member, **form.cleaned_data))
        return redirect("calendar-detail")
    feed = calendar.feed_of(member)
    context = {
        "feed": feed,
        "address": links.absolute(_address(feed.token)) if feed else "",
        "exposed": None if feed else calendar.exposed_feed_of(member),
    }
    return render(request, "ccp/standing/calendar_detail.html", context, status=400 if form.errors else 200)


def _address(token: str) -> str:
    """Return the path of the calendar.

    For a member who does not read the portal in English, the path includes the language.
    """
    path, code = reverse("calendar-feed", args=[token]), translation.get_language()
    return path if code in (None, language.ENGLISH) else f"{path}?language={code}"


def _act(member: Member, *, action: str, feed: int | None) -> str:
    """Do what the button says, and return the message for the member."""
    now = timezone.now()
    if action == "create":
        calendar.create(member=member, at=now)
        return _("Your calendar has an address. Add it to your calendar program.")
    if action == "replace":
        calendar.replace(member=member, feed=feed or 0, at=now)
        return _("Your calendar has a new address. The old one no longer works.")
    calendar.revoke(member=member, feed=feed or 0, at=now)
    return _("The address no longer works.")


@login_not_required
@conditional_page
@cache_control(private=True, no_cache=True)
@require_safe
def calendar_feed(request: HttpRequest, token: str) -> HttpResponse:
    """Send the dates as iCalendar.

    The address is the secret. An unknown or revoked address gets a 404. One that came without
    encryption is revoked; the answer does not say whether it worked.
    """
    if settings.SECURE_SSL_REDIRECT and not request.is_secure():
        calendar.revoke_exposed(token=token, at=timezone.now())
        return HttpResponseForbidden(IN_THE_OPEN, content_type="text/plain")
    feed = calendar.feed_at(token)
    if feed is None:
        raise Http404
    spoken = language.or_english(request.GET.get("language"))
    with translation.override(spoken):
        standings = standing.caught_up(feed.member, at=timezone.now())
        content = calendar.to_ical(
            calendar.of_standings(standings, otherwise=feed.created_at),
            host=links.host(),
            page=links.absolute(reverse("certification-list")),
        )
    return _sent(content, spoken)


@never_cache
@require_safe
@for_member
def activity_reminders(request: HttpRequest, member: Member, pk: int) -> HttpResponse:
    """Send the days ahead of the certifications to which an entry is credited, as a file with alarms."""
    now = timezone.now()
    activity = entries.found(entries.read().for_member(member), pk, at=now)
    claimed = {line.cycle.certification_id for line in entries.credit_lines(activity)}
    standings = [each for each in standing.standings(member, day_of(now)) if each.certification.pk in claimed]
    reminders = calendar.reminders(standings, at=now)
    if not reminders:
        raise Http404
    page = links.absolute(reverse("certification-list"))
    content = calendar.to_ical(reminders, host=links.host(), page=page, is_feed=False)
    return _sent(content, translation.get_language() or language.ENGLISH)


def _sent(content: bytes, spoken: str) -> HttpResponse:
    return HttpResponse(
        content,
        content_type="text/calendar; charset=utf-8",
        headers={
            "Content-Disposition": 'inline; filename="amt.ics"',
            "Content-Language": spoken,
            "X-Robots-Tag": "noindex",
        },
    )
