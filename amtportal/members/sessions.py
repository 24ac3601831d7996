"""How long somebody stays signed in, and where.

- A session ends when nothing was asked for a while, and at the latest some time after the sign-in; sooner for staff
  (``SESSION_LIMITS``). The next page then asks for the sign-in, and a form that was sent is kept (``kept_forms``).
- A new password ends every session, as Django does it; so does closing the account, and opening it again brings none
  of them back.
"""

import time
from collections.abc import Callable

from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.auth import logout, user_logged_in
from django.db.models.signals import post_save
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from amtportal.members.models import User

SINCE, SEEN = "signed_in_at", "seen_at"
SEEN_EVERY = 60
"""Seconds after which a session is written again to say that it is in use: not at every page."""

BROWSERS = {
    "Edg": "Edge",
    "OPR/": "Opera",
    "SamsungBrowser": "Samsung Internet",
    "Firefox": "Firefox",
    "FxiOS": "Firefox",
    "Chrome": "Chrome",
    "CriOS": "Chrome",
    "Safari": "Safari",
}
SYSTEMS = {
    "iPhone": "iPhone",
    "iPad": "iPad",
    "Android": "Android",
    "Windows": "Windows",
    "Macintosh": "Mac",
    "CrOS": "ChromeOS",
    "Linux": "Linux",
}


def browser_name(user_agent: str) -> str:
    """``Firefox, Windows``: the browser and the machine, as far as the browser says."""
    found = (next((name for sign, name in names.items() if sign in user_agent), "") for names in (BROWSERS, SYSTEMS))
    return ", ".join(filter(None, found)) or _("Unknown browser")


def is_over(*, since: float, seen: float, now: float, staff: bool) -> bool:
    """Whether a session has reached one of its limits: seconds without use, and seconds since the sign-in."""
    idle, whole = settings.SESSION_LIMITS["staff" if staff else "member"]
    return bool(now - seen >= idle or now - since >= whole)


class SessionLimitMiddleware:
    """Signs out whoever has been away, or signed in, too long."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        user = request.user
        if isinstance(user, User) and user.is_authenticated:
            now, session = time.time(), request.session
            since, seen = session.get(SINCE, 0.0), session.get(SEEN, 0.0)
            if is_over(since=since, seen=seen, now=now, staff=user.is_staff or user.is_superuser):
                logout(request)
            elif now - seen >= SEEN_EVERY:
                session[SEEN] = now
        return self.get_response(request)


def end_all(user: User) -> None:
    """Sign the person out everywhere."""
    for session in UserSession.objects.filter(user=user):
        session.end()


@receiver(user_logged_in, dispatch_uid="amtportal.sessions.begin")
def _begin(sender: object, request: HttpRequest, **kwargs: object) -> None:
    request.session[SINCE] = request.session[SEEN] = time.time()


@receiver(post_save, sender=User, dispatch_uid="amtportal.sessions.closed")
def _end_with_the_account(sender: object, instance: User, created: bool, **kwargs: object) -> None:
    if not created and not instance.is_active:
        end_all(instance)
