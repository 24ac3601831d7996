"""Reads pages as a browser or a check does: forms with values, and machine-readable figures."""

import re
import uuid
from typing import Any

import html5lib
from bs4 import BeautifulSoup, Tag
from django.http import HttpResponse
from django.test import Client

from ccp.models import Activity, Credit

# Pages that are alike but for their words and values are checked once in a process: the check takes
# most of the time of a test that reads a page.
_CHECKED: set[int] = set()
_WORDS = re.compile(r">[^<&]+")
_VALUES = re.compile(r'="[^"&]*"')


def _check(markup: str) -> None:
    """Raise ``html5lib``'s ``ParseError`` at the first error."""
    shape = hash(_VALUES.sub("=", _WORDS.sub(">", markup)))
    if shape not in _CHECKED:
        html5lib.HTMLParser(strict=True).parse(markup)
        _CHECKED.add(shape)


def read(response: HttpResponse, status: int = 200) -> BeautifulSoup:
    """Return the page, which must be HTML without a single parse error."""
    assert response.status_code == status, f"{response.status_code}, not {status}: {response.headers.get('Location')}"
    markup = response.content.decode()
    _check(markup)
    page = BeautifulSoup(markup, "lxml")
    for area in page.select("textarea"):  # a browser leaves out a line feed at its beginning
        if (text := area.get_text()).startswith("\n"):
            area.string = text[1:]
    return page


def words(element: Tag) -> str:
    """Return the text as it is read.

    Spaces are single, and there are none before a mark or within quotation marks.
    """
    return re.sub(r" ([.,;:”])|(“) ", r"\1\2", " ".join(element.get_text(" ").split()))


def form_values(page: BeautifulSoup) -> dict[str, list[str]]:
    """Return what a browser would send if Submit were pressed and nothing were touched."""
    values: dict[str, list[str]] = {}
    for field in page.select("main form[method=post] :is(input, select, textarea)[name]"):
        if field.name == "select":
            chosen = field.select_one("option[selected]") or field.select_one("option")
            values.setdefault(field["name"], []).append(chosen["value"] if chosen else "")
        elif field.get("type") not in ("checkbox", "radio", "file"):
            values.setdefault(field["name"], []).append(field.get("value", ""))
        elif field.has_attr("checked"):
            values.setdefault(field["name"], []).append(field.get("value", "on"))
    values.pop("csrfmiddlewaretoken", None)
    return values


def submit(client: Client, address: str, **changes: Any) -> HttpResponse:
    """Open the form at that address, change these fields and press Submit."""
    return client.post(address, form_values(read(client.get(address))) | changes)


def record_ce(client: Client, **changes: Any) -> HttpResponse:
    """Submit 1.5 points for a course on 3/1/2026, with these changes.

    A field of None is not sent.
    """
    values = {
        "activity_type": "course-seminar-webinar",
        "points": "1.5",
        "starts_on": "3/1/2026",
        "ends_on": "",
        "attested": "on",
        "submission_id": str(uuid.uuid4()),
    }
    sent = {name: value for name, value in (values | changes).items() if value is not None}
    return client.post("/ccp/record/", sent)


def refused_ce(client: Client, **changes: Any) -> dict[str, str]:
    """Return the error summary of a form that is refused and has written nothing."""
    before = (Activity.objects.count(), Credit.objects.count())
    summary = error_summary(read(record_ce(client, **changes)))
    assert (Activity.objects.count(), Credit.objects.count()) == before
    return summary


def error_summary(page: BeautifulSoup) -> dict[str, str]:
    """Return the sentences of the error summary, by the id of the field to which each links."""
    summary = page.select_one(".error-summary")
    if summary is None:
        return {}
    return {(item.a["href"].lstrip("#") if item.a else ""): words(item) for item in summary.select("li")}


def figures(section: Tag) -> dict[str, str]:
    """Return the machine-readable figures in a part of a page, by name."""
    return {found["data-name"]: found.get("value") or found["datetime"] for found in section.select("[data-name]")}


def certification_figures(client: Client) -> dict[str, dict[str, str]]:
    """Return the figures on My Certifications, by the id of the certification's section."""
    page = read(client.get("/certifications/"))
    return {section["id"]: figures(section) for section in page.select("main section[id^=certification-]")}
