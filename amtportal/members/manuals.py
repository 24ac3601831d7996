"""Manuals: the text of a public page as a PDF document, in the reader's language.

A manual is laid out when somebody asks for it first, and then comes from the cache until its text,
its pictures or its figures change.

How often an address may ask is limited. While the database cannot be written, nobody is counted: a
manual that was laid out before is sent all the same, and only a new one has to wait.
"""

from typing import Any

from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse
from django.utils.translation import get_language

from amtportal import links
from amtportal.database import is_read_only
from amtportal.documents import layout as documents
from amtportal.members.context_processors import ASSOCIATION
from amtportal.members.limits import address_over_limit, respond_429


def send(request: HttpRequest, template: str, context: dict[str, Any], name: str) -> HttpResponse:
    """Send the manual as PDF/UA-1. ``{% guide_picture %}`` puts the picture itself into it."""
    try:
        if address_over_limit(request, "manual"):
            return respond_429(request)
    except DatabaseError as error:
        content = documents.kept(_html(template, context)) if is_read_only(error) else None
        if content is None:
            raise
    else:
        content = documents.pdf(_html(template, context))
    return documents.download(content, name)


def _html(template: str, context: dict[str, Any]) -> str:
    shared = {"association": ASSOCIATION, "origin": links.absolute("/"), "in_document": True}
    return documents.html_of(template, context | shared, language=get_language() or "en")
