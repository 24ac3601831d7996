"""HTML is sent compressed, with padding of a random length.

The length of a compressed page depends on what it holds: text that is on it twice takes less room.
Somebody who can make a member's browser ask for pages, with text of their choice in the address,
and who sees how long the answers are, could guess what else is on the page (BREACH). Therefore:

- Each compressed page ends with a comment of random letters, of a random length.
- A page that another site made the browser ask for (``Sec-Fetch-Site``) is not compressed.
- A page that shows a secret that stays the same is not compressed (``sent_plain``): the address of
  a calendar, recovery codes, the key of an authenticator app.
- The token against forgery looks different in each response; Django does this.

Files, answers in parts and answers that are already encoded are sent as they are.
``docs/decisions/0037-html-is-compressed-with-padding.md`` has the reasons.
"""

import gzip
import re
import secrets
from collections.abc import Callable
from http import HTTPStatus
from typing import Any, TypeVar

import brotli  # type: ignore[import-untyped]
from django.http import HttpRequest, HttpResponse
from django.urls import Resolver404, resolve
from django.utils.cache import patch_vary_headers

SHORTEST = 200
"""Pages with fewer bytes are sent as they are: they fit into one packet."""
PADDING = range(16, 160)
"""How many random letters a compressed page gets."""
ELSEWHERE = ("cross-site", "same-site")
_OFFER = re.compile(r"\s*(?P<name>[\w*-]+)\s*(?:;\s*q=(?P<quality>[0-9.]+)\s*)?")

View = TypeVar("View", bound=Callable[..., Any])


def encoding_for(accepted: str) -> str:
    """Return the encoding for a client that accepts these (``Accept-Encoding``): br, gzip or none."""
    qualities = {}
    for part in accepted.lower().split(","):
        if match := _OFFER.fullmatch(part):
            try:
                qualities[match["name"]] = float(match["quality"] or 1)
            except ValueError:
                continue
    otherwise = qualities.get("*", 0)
    offered = {name: qualities.get(name, otherwise) for name in ("br", "gzip")}
    best = max(offered, key=lambda name: offered[name])  # br where they are equal
    return best if offered[best] > 0 else ""


def padding() -> bytes:
    """Return a comment of random letters, of a random length."""
    length = PADDING.start + secrets.randbelow(len(PADDING))
    return b"\n<!-- %s -->\n" % secrets.token_hex(length)[:length].encode()


def compressed(content: bytes, encoding: str) -> bytes:
    if encoding == "br":
        return bytes(brotli.compress(content, mode=brotli.MODE_TEXT, quality=4, lgwin=18))
    return gzip.compress(content, compresslevel=5, mtime=0)


def sent_plain(view: View) -> View:
    """Mark a view whose pages show a secret that stays the same: they are not compressed."""
    view.is_sent_plain = True  # type: ignore[attr-defined]
    return view


class CompressionMiddleware:
    """Compresses pages. It comes before the middleware that keeps answers, and those that write on pages."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if response.status_code == HTTPStatus.NOT_MODIFIED:  # it says what the page would say
            patch_vary_headers(response, ["Accept-Encoding"])
        if not _is_page(response):
            return response
        patch_vary_headers(response, ["Accept-Encoding"])
        encoding = encoding_for(request.headers.get("Accept-Encoding", ""))
        if encoding and request.headers.get("Sec-Fetch-Site") not in ELSEWHERE and not _is_sent_plain(request):
            response.content = compressed(response.content + padding(), encoding)
            response.headers["Content-Encoding"] = encoding
            response.headers["Content-Length"] = str(len(response.content))
            etag = response.headers.get("ETag", "")
            if etag.startswith('"'):  # the bytes differ each time, the page does not
                response.headers["ETag"] = f"W/{etag}"
        return response


def _is_page(response: HttpResponse) -> bool:
    return (
        not response.streaming
        and response.headers.get("Content-Type", "").startswith("text/html")
        and not response.has_header("Content-Encoding")
        and len(response.content) >= SHORTEST
    )


def _is_sent_plain(request: HttpRequest) -> bool:
    """Return whether the page may show a secret. An answer that was kept is shown without its view."""
    try:
        view = (request.resolver_match or resolve(request.path_info)).func
    except Resolver404:
        return False
    return getattr(view, "is_sent_plain", False)
