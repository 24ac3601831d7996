"""What happens when the database or the disk cannot do what a page asks for.

- If two requests conflict (a deadlock, or a row that appeared in between), the view is tried up to
  3 times. A form that records an activity carries its own number, so that no try records it twice.
  A request that has waited for a lock for ``LOCK_WAIT_SECONDS`` is not tried again.
- A connection that broke, or that can only read, is replaced before the next try.
- If the database is full, read-only or gone, if the cache is away, or if all tries have failed, the
  response has status 503 and a page that keeps what was typed: a button sends the same form again.
  Nothing is recorded in part, because each verb is one transaction.
- The same page appears if a file cannot be written because its disk is full or read-only, and if the
  process that lays out documents has died or takes too long.
"""

import errno
import sys
import time
from collections.abc import Callable
from typing import Any

from allauth.core.exceptions import ReauthenticationRequired
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db import IntegrityError, InterfaceError, InternalError, OperationalError, connection
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import get_token
from django.template.loader import render_to_string
from django.views import defaults
from django.views.decorators.csrf import requires_csrf_token

from amtportal.database import is_read_only
from amtportal.documents.process import EngineAway

TRIES = 3
PAUSE = 0.1  # seconds before the second try, and twice that before the third
RETRY_AFTER = 10  # seconds, sent to the browser
# A reference to a missing row or a value out of range also raises IntegrityError; then all tries
# fail.
PASSING = (OperationalError, IntegrityError)
OURS = (OperationalError, IntegrityError, InternalError, InterfaceError)
CACHES = ("redis", "valkey", "pymemcache", "pylibmc")
"""The packages of the caches that ``CACHE_URL`` may name. None of them needs to be installed."""
NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EROFS)


class TryAgain:
    """Calls the view, and calls it again if the database failed. It must be the last middleware."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Callable[..., Any], args: Any, kwargs: Any) -> Any:
        if request.path_info.startswith("/accounts/"):
            return None  # allauth handles its own exceptions, which needs Django to call the view
        for tried in range(1, TRIES):
            began = time.monotonic()
            try:
                return view(request, *args, **kwargs)
            except ReauthenticationRequired:
                return None  # Django calls the view: allauth then asks who it is
            except (*PASSING, InternalError) as error:
                if not (isinstance(error, PASSING) or is_read_only(error)):
                    raise
                has_waited = time.monotonic() - began >= settings.LOCK_WAIT_SECONDS
                if has_waited or connection.in_atomic_block:  # the outer code must retry its own transaction
                    raise
                connection.close_if_unusable_or_obsolete()
                time.sleep(PAUSE * tried)
        return view(request, *args, **kwargs)


def kept(request: HttpRequest) -> list[tuple[str, str]]:
    """Return the fields to send again; none from pages that ask for a password."""
    if request.method != "POST" or request.path.startswith("/accounts/"):
        return []
    return [(name, value) for name, values in request.POST.lists() if name != "csrfmiddlewaretoken" for value in values]


def will_pass(error: BaseException | None) -> bool:
    """Return whether the error is one of those above: a later try may succeed."""
    if isinstance(error, OSError):
        return error.errno in NO_ROOM
    return isinstance(error, (*OURS, EngineAway)) or is_of_cache(error)


def is_of_cache(error: BaseException | None) -> bool:
    """Return whether the client of the cache raised the error, or whether there is no client."""
    if isinstance(error, ImportError):
        return error.name in CACHES
    return any(kind.__module__.partition(".")[0] in CACHES for kind in type(error).__mro__)


@login_not_required
@requires_csrf_token
def server_error(request: HttpRequest) -> HttpResponse:
    """Return the page for an error that no view handled: 503 if it will pass, else 500."""
    if not will_pass(sys.exc_info()[1]):
        return defaults.server_error(request)
    # Rendered without the request, because its context would ask the database who is signed in.
    context = {"typed": kept(request), "asked": request.get_full_path(), "csrf_token": get_token(request)}
    response = HttpResponse(render_to_string("busy.html", context), status=503)
    response.headers["Retry-After"] = str(RETRY_AFTER)
    return response
