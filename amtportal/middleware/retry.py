"""When the database or the disk cannot do what a page asks: it is tried again, and then said so, with what was typed.

- Two who got in each other's way (deadlock, a row that appeared in between): at most 3 tries. A form that records
  carries its own number, so that no try records twice. Who has waited for a lock as long as it may be waited for
  (``LOCK_WAIT_SECONDS``) is told at once.
- The database is full, read-only or gone, or the tries are used up: status 503 and a page that sends the same form
  again at the press of a button. Nothing is recorded by half: every verb is one transaction.
- The same where a file cannot be written because its disk is full or read-only.
"""

import errno
import sys
import time
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db import IntegrityError, InterfaceError, InternalError, OperationalError, connection
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import get_token
from django.template.loader import render_to_string
from django.views import defaults
from django.views.decorators.csrf import requires_csrf_token

TRIES = 3
PAUSE = 0.1  # seconds before the second try, and twice that before the third
RETRY_AFTER = 10  # seconds, told to the browser
# A reference that lacks its row, a value out of bounds: IntegrityError too, and then the third try fails alike.
PASSING = (OperationalError, IntegrityError)
OURS = (OperationalError, IntegrityError, InternalError, InterfaceError)
NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EROFS)


class TryAgain:
    """Stands last among the middleware: calls the view, and calls it again where the database had no luck."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Callable[..., Any], args: Any, kwargs: Any) -> Any:
        if request.path_info.startswith("/accounts/"):
            return None  # allauth answers its own exceptions, where Django calls the view
        for tried in range(1, TRIES):
            began = time.monotonic()
            try:
                return view(request, *args, **kwargs)
            except PASSING:
                has_waited = time.monotonic() - began >= settings.LOCK_WAIT_SECONDS
                if has_waited or connection.in_atomic_block:  # in somebody else's transaction: theirs to begin again
                    raise
                time.sleep(PAUSE * tried)
        return view(request, *args, **kwargs)


def kept(request: HttpRequest) -> list[tuple[str, str]]:
    """What was typed, to be sent again. Nothing of a page that asks for a password."""
    if request.method != "POST" or request.path.startswith("/accounts/"):
        return []
    return [(name, value) for name, values in request.POST.lists() if name != "csrfmiddlewaretoken" for value in values]


def will_pass(error: BaseException | None) -> bool:
    """Whether it is the database's or the disk's error, so that the same may do another time."""
    return isinstance(error, OURS) or (isinstance(error, OSError) and error.errno in NO_ROOM)


@login_not_required
@requires_csrf_token
def server_error(request: HttpRequest) -> HttpResponse:
    """The page for an error that no view answered: 503 where it will pass, else 500."""
    if not will_pass(sys.exc_info()[1]):
        return defaults.server_error(request)
    # Without the request: its context would ask the database who is signed in.
    context = {"typed": kept(request), "asked": request.get_full_path(), "csrf_token": get_token(request)}
    response = HttpResponse(render_to_string("busy.html", context), status=503)
    response.headers["Retry-After"] = str(RETRY_AFTER)
    return response
