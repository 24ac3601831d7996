"""How the interface says no: ``application/problem+json`` (RFC 9457), with a sentence that says what to do."""

import json
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from django.http import HttpResponse

from amtportal import links
from amtportal.history.requests import current_request_id

CONTENT_TYPE = "application/problem+json"
# Each kind of problem, with its title and what it means. The page of the interface lists them.
KINDS = {
    "unreadable": (HTTPStatus.BAD_REQUEST, "The body cannot be read."),
    "no-token": (HTTPStatus.UNAUTHORIZED, "The request has no token that works."),
    "wrong-scope": (HTTPStatus.FORBIDDEN, "The token does not allow this."),
    "not-found": (HTTPStatus.NOT_FOUND, "There is nothing here for you."),
    "wrong-method": (HTTPStatus.METHOD_NOT_ALLOWED, "This address does not take this method."),
    "conflict": (HTTPStatus.CONFLICT, "It was sent before with other values."),
    "too-large": (HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "The body is too large."),
    "not-json": (HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "The body is not JSON."),
    "refused": (HTTPStatus.UNPROCESSABLE_ENTITY, "Something in the request is wrong."),
    "too-many": (HTTPStatus.TOO_MANY_REQUESTS, "Too many requests."),
    "error": (HTTPStatus.INTERNAL_SERVER_ERROR, "The portal has failed."),
    "closed": (HTTPStatus.SERVICE_UNAVAILABLE, "The portal is closed for a short while."),
}


class ProblemError(Exception):
    """Ends a request with a problem. ``errors``: field and sentence of each, where several are wrong."""

    def __init__(
        self,
        kind: str,
        detail: str,
        *,
        errors: Sequence[Mapping[str, str]] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.kind, self.detail, self.errors, self.headers = kind, detail, list(errors), dict(headers or {})

    def response(self) -> HttpResponse:
        status, title = KINDS[self.kind]
        content: dict[str, Any] = {
            "type": links.absolute(f"/api/v1/docs#{self.kind}"),
            "title": title,
            "status": int(status),
            "detail": self.detail,
            "errors": self.errors,
            "request_id": current_request_id(),
        }
        return HttpResponse(json.dumps(content), status=status, content_type=CONTENT_TYPE, headers=self.headers)


def of_status(status: int, *, retry_after: str = "") -> ProblemError | None:
    """Return the problem for an answer that the portal gave as a page; None where it is left as it is."""
    if status == HTTPStatus.SERVICE_UNAVAILABLE:
        wait = retry_after or "10"
        detail = f"Send the same request again in {wait} seconds. What was sent with a reference is taken only once."
        return ProblemError("closed", detail, headers={"Retry-After": wait})
    details = {
        HTTPStatus.NOT_FOUND: ("not-found", "There is no such address. The list of them is at /api/v1/docs."),
        HTTPStatus.METHOD_NOT_ALLOWED: ("wrong-method", "The list of addresses and methods is at /api/v1/docs."),
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE: ("too-large", "Send fewer rows at a time."),
        HTTPStatus.BAD_REQUEST: ("unreadable", "Send the request as /api/v1/docs describes it."),
        HTTPStatus.INTERNAL_SERVER_ERROR: (
            "error",
            "Nothing was recorded. Try again later, and tell AMT the request_id if it happens again.",
        ),
    }
    found = details.get(HTTPStatus(status))
    return ProblemError(*found) if found else None
