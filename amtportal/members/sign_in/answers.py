"""Answers: what a posted form is answered with gets an address of its own.

A browser cannot show a page that answered a POST again: on Back, Chromium asks whether to send the
form once more. So a browser that posts a form and is not led elsewhere (an error, a preview, a
refused file) is led to the address of the form with ``?answer-shown=…``, where the answer waits.

- The answer is kept for an hour, encrypted, in the cache. It is shown to the same person in the same
  session only, and to somebody who is not signed in only in the browser that posted the form;
  everybody else is led to the form itself.
- After a switch of the language it is not shown again, because it is in the other language. The form
  comes back instead, with what was typed (``kept_forms``).
- Back to the form itself also brings back what was typed, once, where the view keeps its form.
- Only browsers that say that they navigate (``Sec-Fetch-Mode``) are led on. Any other program gets
  the answer to its POST at once, as do browsers while the cache is away, and whoever posts more than
  the limit ``answer`` in a minute: nobody may fill the cache.
"""

import json
import logging
import secrets
import zlib
from base64 import b64decode, b64encode
from collections.abc import Callable
from typing import Any

from cryptography.fernet import InvalidToken
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.middleware.csrf import get_token
from django.shortcuts import redirect

from amtportal.members import limits, tallies, vault
from amtportal.members.sign_in import kept_forms

PARAMETER = "answer-shown"
SECONDS = 60 * 60
_NAVIGATES = {"Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
_HEADERS = ("Content-Type", "X-Robots-Tag")
logger = logging.getLogger(__name__)


class AnswersMiddleware:
    """Keeps answers and shows them. It comes after the middleware that knows who asks."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        number = request.GET.get(PARAMETER, "")
        if number:
            _without_number(request)
            if request.method != "POST":
                return _shown(request, number) or redirect(request.get_full_path())
        if request.method != "POST":
            return self.get_response(request)
        request.answer_number = secrets.token_urlsafe(16)  # type: ignore[attr-defined]
        response = self.get_response(request)
        if 300 <= response.status_code < 400:
            kept_forms.drop(request)
        if not _is_page(response):
            return response
        # A form without a right token can come from another site.
        form = kept_forms.refused(request) if response.status_code != 403 else None
        navigates = all(request.headers.get(name) == value for name, value in _NAVIGATES.items())
        if not (form or navigates):  # for example the live preview, which is a part of a page
            return response
        if not _keep(request, response if navigates else None, form) or not navigates:
            return response
        if form and request.user.is_authenticated:
            request.session[kept_forms.SESSION_KEY] = form
        led = HttpResponseRedirect(address(request), status=303)
        led.cookies = response.cookies
        return led


def address(request: HttpRequest) -> str:
    """Return the address at which the answer to this request can be seen again."""
    number = getattr(request, "answer_number", "")
    path = request.get_full_path()
    return f"{path}{'&' if '?' in path else '?'}{PARAMETER}={number}" if number else path


def _without_number(request: HttpRequest) -> None:
    query = request.GET.copy()
    del query[PARAMETER]
    request.META["QUERY_STRING"] = query.urlencode()
    request.GET = query  # type: ignore[assignment]


def _is_page(response: HttpResponse) -> bool:
    """Return whether the answer is a page that was made for this request."""
    is_html = response.headers.get("Content-Type", "").startswith("text/html")
    return is_html and not response.streaming and (response.status_code < 300 or 400 <= response.status_code < 500)


def _key(request: HttpRequest, number: str) -> str:
    # The secret of CsrfViewMiddleware is the one thing that every browser with a form has.
    session = request.session.session_key if request.user.is_authenticated else request.META.get("CSRF_COOKIE", "")
    return "amtportal.answer:" + tallies.digest(number, request.user.pk, session, request.get_full_path())


def _keep(request: HttpRequest, response: HttpResponse | None, form: dict[str, Any] | None) -> bool:
    """Keep the page and the form. Return whether they are kept."""
    kept: dict[str, Any] = {"form": form, "language": request.LANGUAGE_CODE}
    if response:
        kept["content"] = b64encode(response.content).decode()
        kept["status"] = response.status_code
        kept["headers"] = {name: response.headers[name] for name in _HEADERS if name in response.headers}
    text = b64encode(zlib.compress(json.dumps(kept).encode())).decode()
    try:
        if not limits.may_keep_answer(request):
            return False
        if not request.META.get("CSRF_COOKIE"):
            get_token(request)  # a public form has no token, and its browser is to be known again
        cache.set(_key(request, request.answer_number), vault.encrypt(text), SECONDS)  # type: ignore[attr-defined]
    except Exception:  # each kind of cache has errors of its own, and the answer needs none of them
        logger.exception("An answer could not be kept; Back will ask whether to send the form again.")
        return False
    return True


def _shown(request: HttpRequest, number: str) -> HttpResponse | None:
    """Return the answer. None if it is not there for this reader, in this language."""
    try:
        text = vault.decrypt(cache.get(_key(request, number), ""))
    except InvalidToken:
        return None
    kept = json.loads(zlib.decompress(b64decode(text)))
    if "content" in kept and kept["language"] == request.LANGUAGE_CODE:
        return HttpResponse(b64decode(kept["content"]), status=kept["status"], headers=kept["headers"])
    if kept["form"]:
        request.session[kept_forms.SESSION_KEY] = kept["form"]
    return None
