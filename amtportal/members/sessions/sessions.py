"""How long somebody stays signed in, and where.

- A session ends after a time without requests, and in any case some time after the sign-in; sooner
  for staff (``SESSION_LIMITS``). The next page asks for the sign-in, and a form that was sent is
  kept (``kept_forms``).
- A new password ends every session: Django does this. Closing the account also ends them, and
  opening it again does not restore them.
- When people confirm who they are, the session continues with a new token, and the old token no
  longer works.
"""

import logging
import time
from collections.abc import Callable, Iterable

from allauth.account.signals import authentication_step_completed
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.auth import HASH_SESSION_KEY, logout, user_logged_in
from django.contrib.sessions.backends.base import SessionBase, UpdateError
from django.contrib.sessions.exceptions import SessionInterrupted
from django.contrib.sessions.models import Session
from django.db import DatabaseError
from django.db.models import QuerySet
from django.db.models.signals import post_save
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponse
from django.utils import timezone, translation
from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext as _

from amtportal.history import events
from amtportal.members.models import User

logger = logging.getLogger(__name__)

SINCE, SEEN = "signed_in_at", "seen_at"
SEEN_EVERY = 60
"""Seconds after which a session is written again to record that it is in use, not at every page."""

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
    """Return the browser and its system, as far as it names them: ``Firefox on Windows``."""
    browser, system = (
        next((name for sign, name in names.items() if sign in user_agent), "") for names in (BROWSERS, SYSTEMS)
    )
    if browser and system:
        return _("%(browser)s on %(system)s") % {"browser": browser, "system": system}
    return browser or system or _("Unknown browser")


def is_over(*, since: float, seen: float, now: float, staff: bool) -> bool:
    """Return whether a session has reached a limit: seconds without use or since the sign-in.

    ``since``, ``seen`` and ``now`` are times in seconds: the sign-in, the last use, and now.
    """
    idle, whole = settings.SESSION_LIMITS["staff" if staff else "member"]
    return bool(now - seen >= idle or now - since >= whole)


class SessionLimitMiddleware:
    """Signs out people who were inactive, or have been signed in, for too long."""

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
                note_use(session, now)
        return self.get_response(request)


def note_use(session: SessionBase, now: float) -> None:
    """Store that the session is in use.

    While the database cannot be written this is left out, so that people can read on. Raises
    ``SessionInterrupted`` if the session has been ended in the meantime.
    """
    modified = session.modified
    session[SEEN] = now
    try:
        session.save()
    except UpdateError:
        raise SessionInterrupted("The session was ended while this request began.") from None
    except DatabaseError as error:
        logger.warning("The last use of a session could not be stored: %s", error)
    session.modified = modified  # anything that else changes is stored after the response


def of(user: User) -> list[UserSession]:
    """Return the sessions that give access to the account now, the oldest first."""
    sessions = list(UserSession.objects.filter(user=user).order_by("pk"))
    stored = Session.objects.filter(expire_date__gt=timezone.now()).in_bulk([each.session_key for each in sessions])
    return [each for each in sessions if each.session_key in stored and _opens(stored[each.session_key], user)]


def _opens(session: Session, user: User) -> bool:
    """Return whether the session began with the current password and is within its limits."""
    data = session.get_decoded()
    if not constant_time_compare(data.get(HASH_SESSION_KEY, ""), user.get_session_auth_hash()):
        return False
    since, seen = data.get(SINCE, 0.0), data.get(SEEN, 0.0)
    return not is_over(since=since, seen=seen, now=time.time(), staff=user.is_staff or user.is_superuser)


def elsewhere(request: HttpRequest) -> QuerySet[UserSession]:
    """Return the person's sessions except the one that makes this request."""
    return UserSession.objects.filter(user=request.user.pk).exclude(session_key=request.session.session_key)


def end(sessions: Iterable[UserSession], *, user: User) -> int:
    """Sign the person out of these sessions. Return how many sessions were ended."""
    with translation.override("en"):  # staff read it
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
