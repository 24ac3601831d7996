"""A form that cannot be taken because its session has ended is kept, and comes back after the sign-in.

- Only the pages that say so, by ``keeps``, and only the fields that they name: never an attestation or a password.
- Only a form that this portal gave to somebody who was signed in: it names them in a signed field (``typed_by``); and
  that comes from one of its own pages, so that no other site ends a visitor's session.
- Only in the same browser's session, for an hour, once, at the same address, and for the same person.

Nothing is recorded by it: the person looks at the form once more and presses the button.
"""

import time
from collections.abc import Callable
from typing import Any, TypeVar

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import middleware
from django.core import signing
from django.http import HttpRequest, HttpResponse, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext as _

from amtportal.members.models import User

SESSION_KEY = "kept_form"
OWNER_FIELD = "typed_by"
SECONDS = 60 * 60
MOST_CHARACTERS = 10_000

View = TypeVar("View", bound=Callable[..., HttpResponseBase])
_signer = signing.Signer(salt="amtportal.kept_forms")


def keeps(*fields: str) -> Callable[[View], View]:
    """Have the view's form kept, these fields of it, when it comes without a session."""

    def mark(view: View) -> View:
        view.kept_fields = fields  # type: ignore[attr-defined]
        return view

    return mark


def signature(user: Any) -> str:
    """What the form carries to say whose it is."""
    return _signer.sign(str(user.pk))


def keep(request: HttpRequest, view: Any) -> bool:
    """Keep the form that was posted, if it is one to keep. Whether it was kept."""
    fields = getattr(view, "kept_fields", ())
    if request.method != "POST" or not fields:
        return False
    try:
        owner = _signer.unsign(request.POST.get(OWNER_FIELD, ""))
    except signing.BadSignature:
        return False
    values = {name: request.POST.getlist(name) for name in fields if name in request.POST}
    if sum(len(value) for typed in values.values() for value in typed) > MOST_CHARACTERS:
        return False
    request.session[SESSION_KEY] = {
        "address": request.get_full_path(),
        "owner": owner,
        "until": time.time() + SECONDS,
        "values": values,
    }
    return True


def take(request: HttpRequest) -> QueryDict | None:
    """What was kept for this page and this person. It is taken out, so that it comes back once."""
    kept = request.session.get(SESSION_KEY)
    if request.method != "GET" or not kept or kept["address"] != request.get_full_path():
        return None
    del request.session[SESSION_KEY]
    if kept["owner"] != str(request.user.pk) or kept["until"] < time.time():
        return None
    found = QueryDict(mutable=True)
    for name, typed in kept["values"].items():
        found.setlist(name, typed)
    return found


class LoginRequiredMiddleware(middleware.LoginRequiredMiddleware):
    """Asks for the sign-in, and keeps the form that came without one."""

    def handle_no_permission(self, request: HttpRequest, view_func: Any) -> Any:
        if keep(request, view_func):
            messages.warning(request, _("You were signed out. Sign in, and what you typed comes back."))
        return super().handle_no_permission(request, view_func)


def _comes_from_here(request: HttpRequest) -> bool:
    """Whether the browser sent a cookie of ours: with another site's form it sends none (SameSite).

    To keep such a form would hand out a new session, in the place of the one that the visitor has.
    """
    return not request.COOKIES.keys().isdisjoint({settings.SESSION_COOKIE_NAME, settings.CSRF_COOKIE_NAME})


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """The page for a form whose token is out of date, as it is after a sign-in in another window."""
    match = request.resolver_match
    kept = keep(request, match.func) if match and _comes_from_here(request) else False
    owner = request.user.pk if isinstance(request.user, User) else None
    if kept and owner and request.session[SESSION_KEY]["owner"] != str(owner):
        del request.session[SESSION_KEY]
        kept = False
    return render(request, "403_csrf.html", {"kept": request.get_full_path() if kept else ""}, status=403)
