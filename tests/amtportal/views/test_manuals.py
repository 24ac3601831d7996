"""The user guide and the guidance document as PDF: the text of their pages, tagged, in both languages."""

from io import BytesIO

import pytest
from django.test import Client
from pypdf import PdfReader
from pytest_django.fixtures import Settings

from amtportal.guide_pictures import pictures
from ccp.models import ActivityType
from tests.support.pages import read, words
from tests.support.tagged import assert_tagged

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("on_today", "terms_known")]

MOST_BYTES = 700_000  # members read it on a phone
GUIDE, GUIDANCE = "/guide/amtrax-user-guide.pdf", "/qualifying-activities/guidance-document.pdf"


def text_of(pdf: bytes) -> str:
    return "".join("".join(page.extract_text() for page in PdfReader(BytesIO(pdf)).pages).split())


@pytest.mark.any_database
@pytest.mark.slow
@pytest.mark.parametrize("language", ["en", "es"])
def test_the_guide_is_a_document_with_every_part_and_picture(language: str) -> None:
    client = Client(headers={"Accept-Language": language})
    page = read(client.get("/guide/"))
    assert page.select_one(f"a[href='{GUIDE}']")
    answer = client.get(GUIDE)
    assert answer.headers["Content-Type"] == "application/pdf"
    assert len(answer.content) <= MOST_BYTES
    assert_tagged(answer.content, language, figures=len(pictures()) + 1)
    text = text_of(answer.content)
    for part in page.select(".prose :is(h2, h3, p)"):
        is_of_the_screen = "no-print" in part.get("class", [])  # a link to a clip
        assert ("".join(words(part).split()) in text) != is_of_the_screen
    links = {
        mark.get_object().get("/A", {}).get("/URI")
        for leaf in PdfReader(BytesIO(answer.content)).pages
        for mark in leaf.get("/Annots", [])
    }
    assert "http://localhost:8000/qualifying-activities/" in links


@pytest.mark.any_database
@pytest.mark.parametrize("language", ["en", "es"])
def test_the_guidance_document_has_every_activity_type(language: str) -> None:
    client = Client(headers={"Accept-Language": language})
    page = read(client.get("/qualifying-activities/"))
    assert page.select_one(f"a[href='{GUIDANCE}']")
    answer = client.get(GUIDANCE)
    assert_tagged(answer.content, language, figures=1)
    text = text_of(answer.content)
    kinds = page.select(".kind")
    assert len(kinds) == ActivityType.objects.count()
    for sentence in page.select(".category:has(.kinds) :is(h2, p, dt, dd)"):
        assert "".join(words(sentence).split()) in text


def test_manuals_are_limited_for_an_address(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("amtportal.members.manuals.documents.pdf", lambda html: b"%PDF")
    settings.ACCOUNT_RATE_LIMITS = {"manual": "1/m/ip"}
    assert [Client().get(address).status_code for address in (GUIDE, GUIDANCE)] == [200, 429]
