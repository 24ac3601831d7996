"""Manuals: the text of a public page as a PDF document, in the reader's language.

A manual is laid out when somebody asks for it first, and then comes from the cache until its text,
its pictures or its figures change.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import get_language

from amtportal import links
from amtportal.documents import layout as documents
from amtportal.members.context_processors import ASSOCIATION
from amtportal.members.limits import address_over_limit, respond_429

View = Callable[..., HttpResponse]


def manual(template: str, context: dict[str, Any]) -> bytes:
    """Return the manual as PDF/UA-1. ``{% guide_picture %}`` puts the picture itself into it."""
    shared = {"association": ASSOCIATION, "origin": links.absolute("/"), "in_document": True}
    return documents.pdf(documents.html_of(template, context | shared, language=get_language() or "en"))


def public_pdf(view: View) -> View:
    """Limit how often an address may ask for a manual."""

    @wraps(view)
    def limited(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return respond_429(request) if address_over_limit(request, "manual") else view(request, *args, **kwargs)

    return limited
