"""The language of a page: English, or Spanish if the reader or the reader's browser chose it.

The choice is stored in a cookie. Without the cookie, the browser's ``Accept-Language`` decides. The
language is active for one request only, so that it does not affect the next reader on the same
thread. Staff pages are in English.
"""

from collections.abc import Callable

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.utils import translation
from django.utils.cache import patch_vary_headers
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST
from django.views.i18n import set_language

ENGLISH = "en"
STAFF_PAGES = "/admin/"


def of_reader(request: HttpRequest) -> str:
    """Return the language for the reader who asks for this page."""
    if request.path_info.startswith(STAFF_PAGES):
        return ENGLISH
    return translation.get_language_from_request(request)


def or_english(code: str | None) -> str:
    """Return the code if it is one of the portal's languages, else English."""
    return code if code in dict(settings.LANGUAGES) else ENGLISH


class LanguageMiddleware:
    """Activates the reader's language for one request.

    Django's ``LocaleMiddleware`` is not enough: it leaves its language active on the thread and
    does not name the cookie in ``Vary``.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        chosen = of_reader(request)
        with translation.override(chosen):
            request.LANGUAGE_CODE = chosen
            response = self.get_response(request)
        patch_vary_headers(response, ["Accept-Language", "Cookie"])
        if response.headers.get("Content-Type", "").startswith("text/html"):
            response.headers.setdefault("Content-Language", chosen)
        return response


# Django's view redirects to addresses of this portal only. Another site that posts here can change
# only the language of a reader's pages. That does not justify a CSRF token, and with it a cookie,
# in every public page.
switch = csrf_exempt(login_not_required(require_POST(set_language)))
