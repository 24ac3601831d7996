"""How long somebody stays signed in, and where.

- A session ends when nothing was asked for a while, and at the latest some time after the sign-in; sooner for staff
  (``SESSION_LIMITS``). The next page then asks for the sign-in, and a form that was sent is kept (``kept_forms``).
- A new password ends every session, as Django does it; so does closing the account, and opening it again brings none
  of them back.
- Whoever confirms that it is the same person goes on under a new token; the old one opens nothing.
"""

import time
from collections.abc import Callable, Iterable

from allauth.account.signals import authentication_step_completed
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.auth import HASH_SESSION_KEY, logout, user_logged_in
from django.contrib.sessions.models import Session
from django.db.models import QuerySet
from django.db.models.signals import post_save
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext as _

from amtportal.history import events
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


def of(user: User) -> list[UserSession]:
    """The sessions that open the account now, the first first."""
    sessions = list(UserSession.objects.filter(user=user).order_by("pk"))
    stored = Session.objects.filter(expire_date__gt=timezone.now()).in_bulk([found.session_key for found in sessions])
    return [found for found in sessions if found.session_key in stored and _opens(stored[found.session_key], user)]


def _opens(session: Session, user: User) -> bool:
    """Whether it was begun with the present password and is within its limits."""
    data = session.get_decoded()
    if not constant_time_compare(data.get(HASH_SESSION_KEY, ""), user.get_session_auth_hash()):
        return False
    since, seen = data.get(SINCE, 0.0), data.get(SEEN, 0.0)
    return not is_over(since=since, seen=seen, now=time.time(), staff=user.is_staff or user.is_superuser)


def elsewhere(request: HttpRequest) -> QuerySet[UserSession]:
    """The person's sessions but the one in which they ask."""
    return UserSession.objects.filter(user=request.user.pk).exclude(session_key=request.session.session_key)


def end(sessions: Iterable[UserSession], *, user: User) -> int:
    """Sign the person out there. How many sessions were ended."""
    ended = [browser_name(session.user_agent) for session in sessions if not session.end()]
    if ended:
        events.note(events.Kind.SESSIONS_ENDED, user, detail=f"{len(ended)}: {'; '.join(ended)}")
    return len(ended)


def end_all(user: User) -> None:
    """Sign the person out everywhere."""
    end(UserSession.objects.filter(user=user), user=user)


@receiver(user_logged_in, dispatch_uid="amtportal.sessions.begin")
def _begin(sender: object, request: HttpRequest, **kwargs: object) -> None:
    request.session[SINCE] = request.session[SEEN] = time.time()


@receiver(authentication_step_completed, dispatch_uid="amtportal.sessions.confirmed")
def _renew_token(sender: object, request: HttpRequest, reauthenticated: bool = False, **kwargs: object) -> None:
    if reauthenticated:
        old = request.session.session_key
        request.session.cycle_key()
        UserSession.objects.filter(session_key=old).update(session_key=request.session.session_key)


@receiver(post_save, sender=User, dispatch_uid="amtportal.sessions.closed")
def _end_with_the_account(sender: object, instance: User, created: bool, **kwargs: object) -> None:
    if not created and not instance.is_active:
        end_all(instance)
