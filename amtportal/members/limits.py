"""What costs much is done in measure: so many times a minute for each person (``ACCOUNT_RATE_LIMITS``).

allauth counts in the cache that all processes share. Beyond the measure comes the page that says to wait.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any

from allauth.core.internal.ratelimit import consume, respond_429  # the public one does not limit GET
from django.http import HttpRequest
from django.http.response import HttpResponseBase

View = Callable[..., HttpResponseBase]


def in_measure(action: str) -> Callable[[View], View]:
    """Limit how often a person asks for the view. ``action``: a key of ``ACCOUNT_RATE_LIMITS``."""

    def limit(view: View) -> View:
        @wraps(view)
        def limited(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if too_often(request, action):
                return respond_429(request)
            return view(request, *args, **kwargs)

        return limited

    return limit


def too_often(request: HttpRequest, action: str) -> bool:
    """Count this request. Whether it is one too many."""
    return request.user.is_authenticated and not consume(
        request, app="allauth.account", action=action, limit_get=True, user=request.user
    )
