"""Kept forms: a form that arrives after its session has ended comes back after the sign-in.

A form that was refused or previewed comes back in the same way, on Back and after a switch of the
language (``answers``).

- Only views marked with ``keeps`` do this, and only for the fields that they name: never for an
  attestation or a password.
- The form must be one that the portal gave to somebody who was signed in: a signed field
  (``typed_by``) names that person. It must also come from one of the portal's own pages, so that no
  other site can end a visitor's session.
- The form is kept in the same browser's session for an hour. It comes back once, at the same
  address and for the same person.

Keeping a form records nothing: the person checks the form again and presses the button.
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
    """Keep these fields of the view's form when it arrives without a session."""

    def mark(view: View) -> View:
        view.kept_fields = fields  # type: ignore[attr-defined]
        return view

    return mark


def signature(user: Any) -> str:
    """Return the signed value by which the form says whose it is."""
    return _signer.sign(str(user.pk))


def keep(request: HttpRequest, view: Any) -> bool:
    """Keep the posted form if its view allows it. Return whether it was kept."""
    fields = getattr(view, "kept_fields", ())
    if request.method != "POST" or not fields:
        return False
    try:
        owner = _signer.unsign(request.POST.get(OWNER_FIELD, ""))
    except signing.BadSignature:
        return False
    form = _form(request, fields, owner)
    if form:
        request.session[SESSION_KEY] = form
    return bool(form)


def _form(request: HttpRequest, fields: tuple[str, ...], owner: str) -> dict[str, Any] | None:
    """Return these fields of the posted form as they are kept; None if they are too long."""
    values = {name: request.POST.getlist(name) for name in fields if name in request.POST}
    if sum(len(value) for typed in values.values() for value in typed) > MOST_CHARACTERS:
        return None
    return {"address": request.get_full_path(), "owner": owner, "until": time.time() + SECONDS, "values": values}


def refused(request: HttpRequest) -> dict[str, Any] | None:
    """Return the posted form, which was refused or previewed; None if its view keeps none."""
    match = request.resolver_match
    fields = getattr(match.func, "kept_fields", ()) if match else ()
    form = _form(request, fields, str(request.user.pk)) if fields else None
    return {**form, "refused": True} if form else None


def drop(request: HttpRequest) -> None:
    """Forget the refused form of this address, which has now been taken."""
    form = request.session.get(SESSION_KEY)
    if form and form.get("refused") and form["address"] == request.get_full_path():
        del request.session[SESSION_KEY]


def take(request: HttpRequest) -> QueryDict | None:
    """Return the form that was kept for this page and this person, or None.

    The form is removed from the session, so that it comes back only once.
    """
    form = request.session.get(SESSION_KEY)
    if request.method != "GET" or not form or form["address"] != request.get_full_path():
        return None
    del request.session[SESSION_KEY]
    if form["owner"] != str(request.user.pk) or form["until"] < time.time():
        return None
    request.was_refused = form.get("refused", False)  # type: ignore[attr-defined]
    fields = QueryDict(mutable=True)
    for name, typed in form["values"].items():
        fields.setlist(name, typed)
    return fields


class LoginRequiredMiddleware(middleware.LoginRequiredMiddleware):
    """Asks for the sign-in, and keeps a form that came without one."""

    def handle_no_permission(self, request: HttpRequest, view_func: Any) -> Any:
        if keep(request, view_func):
            messages.warning(request, _("You were signed out. Sign in, and what you typed comes back."))
            if request.FILES:
                messages.warning(request, _("Files that you had just chosen are not kept. Choose them again."))
        return super().handle_no_permission(request, view_func)


def _comes_from_here(request: HttpRequest) -> bool:
    """Return whether the browser sent a cookie of ours.

    With another site's form it sends none (SameSite). Keeping such a form would start a new session
    and so replace the one that the visitor has.
    """
    return not request.COOKIES.keys().isdisjoint({settings.SESSION_COOKIE_NAME, settings.CSRF_COOKIE_NAME})


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Return the page for a form with an old token, such as after a sign-in in another window."""
    match = request.resolver_match
    is_kept = keep(request, match.func) if match and _comes_from_here(request) else False
    owner = request.user.pk if isinstance(request.user, User) else None
    if is_kept and owner and request.session[SESSION_KEY]["owner"] != str(owner):
        del request.session[SESSION_KEY]
        is_kept = False
    return render(request, "403_csrf.html", {"kept": request.get_full_path() if is_kept else ""}, status=403)
