"""The guide: its three parts and the questions of members.

Each section can be linked, and the pictures are small files.
"""

import json
import re
from typing import Any

import pytest
from bs4 import BeautifulSoup
from django.test import Client
from PIL import Image

from amtportal.guide_pictures import FOLDER, RECORD, pictures
from amtportal.members.models import Member
from ccp.models import Category
from tests.support.builders import client_of
from tests.support.pages import read, words

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]
PARTS = {
    "enter": "How to enter CE credits into AMTrax",
    "track": "How to track overall CE progress in AMTrax",
    "transcript": "How to print or save a CE transcript",
}
MOST_BYTES = 40 * 1024
SCALE = 1.5


@pytest.fixture
def guide() -> BeautifulSoup:
    return read(Client().get("/guide/"))


def test_the_three_parts_of_the_tutorial_come_first_in_numbered_steps(guide: BeautifulSoup) -> None:
    sections = guide.select(".prose > section")
    assert {section["id"]: words(section.h2) for section in sections[:3]} == PARTS
    assert all(len(section.select("ol > li")) >= 2 for section in sections[:3])


def test_each_section_is_in_the_contents_under_its_name(guide: BeautifulSoup) -> None:
    contents = {link["href"].removeprefix("#"): words(link) for link in guide.select(".contents a")}
    assert contents == {section["id"]: words(section.h2) for section in guide.select(".prose > section")}
    assert contents.keys() >= {"invoice", "counting", "several", "corrections", "grace", "calendar", "check", "audit"}
    assert all(heading.get("id") for heading in guide.select(".prose h3"))


def test_members_and_visitors_read_the_same_guide(guide: BeautifulSoup, new: Member) -> None:
    assert words(read(client_of(new).get("/guide/")).main) == words(guide.main)


@pytest.mark.parametrize("address", ["/guide/", "/qualifying-activities/"])
def test_a_page_that_has_not_changed_is_not_sent_again(address: str, new: Member) -> None:
    first = Client().get(address)
    assert first.headers["Cache-Control"] == "public, max-age=0, must-revalidate"
    again = Client().get(address, headers={"if-none-match": first.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert client_of(new).get(address, headers={"if-none-match": first.headers["ETag"]}).status_code == 200


def test_record_ce_leads_to_the_guidance_of_each_category(new: Member) -> None:
    page = read(client_of(new).get("/ccp/record/"))
    public = read(Client().get("/qualifying-activities/"))
    links = [link["href"] for link in page.select("#kinds h3 a")]
    assert links == [f"/qualifying-activities/#{category.code}" for category in Category.objects.all()]
    assert all(public.find(id=link.partition("#")[2]) for link in links)


def shots(guide: BeautifulSoup) -> list[Any]:
    return guide.select(".prose figure.shot")


def test_each_picture_is_shown_once_in_both_schemes(guide: BeautifulSoup) -> None:
    assert [shot.img["src"] for shot in shots(guide)] == [f"/static/{each.light}" for each in pictures().values()]
    assert [shot.source["srcset"] for shot in shots(guide)] == [f"/static/{each.dark}" for each in pictures().values()]
    files = {f"guide/{file.name}" for file in FOLDER.iterdir()}
    assert files == {name for each in pictures().values() for name in (each.light, each.dark)}


def test_pictures_come_late_keep_their_place_and_say_what_they_show(guide: BeautifulSoup) -> None:
    for shot in shots(guide):
        assert shot.img["loading"] == "lazy"
        assert int(shot.img["width"]) > 0
        assert int(shot.img["height"]) > 0
        assert len(shot.img["alt"]) > 40


@pytest.mark.parametrize("name", json.loads(RECORD.read_text(encoding="utf-8")))
def test_a_picture_is_small_and_of_the_size_on_record(name: str) -> None:
    picture = pictures()[name]
    for file in (FOLDER / f"{name}-light.webp", FOLDER / f"{name}-dark.webp"):
        assert file.stat().st_size <= MOST_BYTES
        with Image.open(file) as image:
            assert abs(image.width - picture.width * SCALE) <= 1
            assert abs(image.height - picture.height * SCALE) <= 1


def test_what_pictures_say_holds_no_number_of_the_database() -> None:
    """The numbers would differ each time the pictures are taken."""
    told = " ".join(line for picture in pictures().values() for line in picture.text)
    assert set(re.findall(r"\b(?:CE|INV)-\d+", told)) <= {"CE-1042", "INV-1042"}
