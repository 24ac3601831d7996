"""What holds for every address of the interface: bodies are JSON of a limited size, and answers are no pages.

- A body is read once, before anything is asked of the database. Numbers keep their digits: 1.25 is
  1.25, and no binary fraction.
- Where the portal would answer a person with a page (closed, busy, an error, no such address), a
  program gets a problem.
- Each request is one line in the log: which key asked what, and with what result, but nothing about
  whom.
"""

import json
import logging
import time
from collections.abc import Callable, Sequence
from decimal import Decimal
from http import HTTPStatus
from typing import Any

from django.http import HttpRequest, HttpResponse

from ccp.api.problems import CONTENT_TYPE, ProblemError, of_status

START = "/api/v1/"
MOST_BYTES = 2**20
"""The size of a body: a batch of 1,000 rows has about half of it."""

logger = logging.getLogger("ccp.api")


class _Unfit(ValueError):
    """What is JSON for Python, and not for everybody. The text is the sentence."""


def _object(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    content = dict(pairs)
    if len(content) < len(pairs):
        raise _Unfit("A field is in an object twice. Send each field once.")
    return content


def _constant(name: str) -> Any:
    raise _Unfit(f"{name} is not JSON. Write a number, or leave the field out.")


def read_body(request: HttpRequest) -> Any:
    """Return the JSON of the body. Raises ``ProblemError``."""
    length = request.META.get("CONTENT_LENGTH") or "0"
    if length == "0":
        raise ProblemError("unreadable", "The body is empty. Send JSON.")
    if request.content_type not in ("application/json", "text/json"):
        raise ProblemError("not-json", "Send the body as JSON, with the header Content-Type: application/json.")
    if not length.isdecimal() or int(length) > MOST_BYTES:
        raise ProblemError("too-large", f"A body has at most {MOST_BYTES:,} bytes. Send fewer rows at a time.")
    try:
        text = request.body.decode()
    except UnicodeDecodeError:
        raise ProblemError("unreadable", "The body is not UTF-8. Encode the JSON as UTF-8.") from None
    try:
        return json.loads(text, parse_float=Decimal, parse_constant=_constant, object_pairs_hook=_object)
    except json.JSONDecodeError as error:
        detail = f"The body is not JSON: line {error.lineno}, column {error.colno}. Check quotes, commas and brackets."
        raise ProblemError("unreadable", detail) from None
    except _Unfit as error:
        raise ProblemError("unreadable", str(error)) from None
    except (ValueError, RecursionError):
        raise ProblemError("unreadable", "Its numbers are too long, or its lists too deep. Shorten them.") from None


class ApiMiddleware:
    """Reads bodies, and turns pages into problems. Everything else of the portal passes through it unchanged."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.path_info.startswith(START):
            return self.get_response(request)
        began = time.monotonic()
        response = self.get_response(request)
        is_page = response.headers.get("Content-Type", "").startswith("text/html")
        if response.status_code >= HTTPStatus.BAD_REQUEST and (is_page or not response.content):
            problem = of_status(response.status_code, retry_after=response.headers.get("Retry-After", ""))
            if problem:
                kept = {name: response.headers[name] for name in ("Allow", "X-Request-ID") if name in response.headers}
                response = problem.response()
                for name, value in kept.items():
                    response.headers[name] = value
        _note(request, response, time.monotonic() - began)
        return response

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> HttpResponse | None:
        if request.method == "POST" and getattr(view, "takes_json", False):
            try:
                request.api_body = read_body(request)  # type: ignore[attr-defined]
            except ProblemError as problem:
                return problem.response()
        return None


def _note(request: HttpRequest, response: HttpResponse, seconds: float) -> None:
    # Django would log a refusal with the address, which names a member.
    if response.headers.get("Content-Type") == CONTENT_TYPE:
        response._has_been_logged = True  # type: ignore[attr-defined]
    match = request.resolver_match
    logger.info(
        "%s %s by %s: %s in %d ms",
        request.method,
        match.route if match else "no address",
        getattr(request, "api_key", None) or "nobody",
        response.status_code,
        seconds * 1000,
    )
