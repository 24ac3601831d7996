"""A middleware that says how many queries an answer took, in the header ``X-Queries``."""

from collections.abc import Callable
from typing import Any

from django.db import connection
from django.http import HttpRequest, HttpResponse


def middleware(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    def answer(request: HttpRequest) -> HttpResponse:
        queries = 0

        def count(execute: Callable[..., Any], *call: Any) -> Any:
            nonlocal queries
            queries += 1
            return execute(*call)

        with connection.execute_wrapper(count):
            response = get_response(request)
            # A page that is rendered late is counted too.
            if hasattr(response, "render") and not response.is_rendered:
                response.render()
        response.headers["X-Queries"] = str(queries)
        return response

    return answer
