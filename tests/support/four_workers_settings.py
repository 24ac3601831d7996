"""The portal's settings for several processes.

The cache is that of the deployment, and each answer names the process that gave it.
"""

import os
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from amtportal.settings import CACHES as DEPLOYED
from tests.support.drill_settings import *  # noqa: F403
from tests.support.drill_settings import CACHES, MIDDLEWARE

CACHES["default"] = DEPLOYED["default"]
MIDDLEWARE = ["tests.support.four_workers_settings.tell_process", *MIDDLEWARE]


def tell_process(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    def answer(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        response.headers["X-Process"] = str(os.getpid())
        return response

    return answer
