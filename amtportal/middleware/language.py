"""The language in which a reader is answered: English, or Spanish for whoever chose it or whose browser asks for it.

The choice is kept in a cookie; without one the browser's ``Accept-Language`` decides. It holds for one request and ends
with it, so that nothing of one reader's language reaches the next one on the same thread. Staff pages are in English.
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
    """The language for whoever asks for this page."""
    if request.path_info.startswith(STAFF_PAGES):
        return ENGLISH
    return translation.get_language_from_request(request)


def or_english(code: str | None) -> str:
    """The language of that code if the portal speaks it, else English."""
    return code if code in dict(settings.LANGUAGES) else ENGLISH


class LanguageMiddleware:
    """Django's ``LocaleMiddleware`` leaves its language on the thread and forgets the cookie in ``Vary``."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        chosen = of_reader(request)
        with translation.override(chosen):
            request.LANGUAGE_CODE = chosen
            response = self.get_response(request)
        patch_vary_headers(response, ["Accept-Language", "Cookie"])
        if response.headers.get("Content-Type", "").startswith("text/html"):
            response.headers["Content-Language"] = chosen
        return response


# Django's view, which leads back to addresses of this portal only. Another site that posts here changes the words of a
# reader's pages and nothing else: that is no reason for a token, and with it a cookie, in every public page.
switch = csrf_exempt(login_not_required(require_POST(set_language)))
