"""The addresses of the interface for course systems, and of the page on which members decide who reads."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.http import HttpResponse
from django.urls import URLPattern, path
from django.utils.translation import override

from ccp.api import pages, tokens
from ccp.api.addresses import PREFIX, TAKING, api


def for_programs(view: Callable[..., HttpResponse], name: str) -> Callable[..., HttpResponse]:
    """Open the view to whoever has a token, which it asks for.

    It answers in English, whatever language a program says that it reads: its people look sentences up.
    """

    @wraps(view)
    def answered(*args: Any, **kwargs: Any) -> HttpResponse:
        with override("en"):
            return view(*args, **kwargs)

    answered.takes_json = name in TAKING  # type: ignore[attr-defined]
    return login_not_required(answered)


urlpatterns = [
    path(f"{PREFIX}token", tokens.token, name="api-token"),
    path(f"{PREFIX}docs", pages.docs, name="api-docs"),
    path(f"{PREFIX}openapi.json", pages.openapi_json, name="api-openapi"),
    *[
        path(f"{PREFIX}{found.pattern}", for_programs(found.callback, found.name), name=found.name)
        for found in api.urls[0]
        if isinstance(found, URLPattern) and found.name and found.name != "api-root"
    ],
    path("account/course-systems/", pages.course_systems, name="course-systems"),
]
