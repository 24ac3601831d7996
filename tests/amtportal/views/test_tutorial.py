"""The tutorial: each clip has a page, which says in words what the clip shows."""

import json
import re
from itertools import pairwise
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from django.conf import settings
from django.test import Client

from amtportal.tutorial import CLIPS, FOLDER, RECORD
from tests.support.pages import read, words

pytestmark = pytest.mark.django_db
LANGUAGES = [code for code, _ in settings.LANGUAGES]
MOST_BYTES = 1_500_000
TIME = r"(\d\d):(\d\d):(\d\d\.\d{3})"


def cues(file: Path) -> list[tuple[float, float, str]]:
    """Return the start, the end and the text of each cue of a WebVTT file."""
    head, *blocks = file.read_text(encoding="utf-8").strip().split("\n\n")
    assert head == "WEBVTT"
    found = [re.fullmatch(rf"{TIME} --> {TIME}\n(.+)", block) for block in blocks]
    return [
        (int(a) * 3600 + int(b) * 60 + float(c), int(d) * 3600 + int(e) * 60 + float(f), text)
        for a, b, c, d, e, f, text in (match.groups() for match in found if match)
    ]


def page_of(name: str, language: str = "en") -> BeautifulSoup:
    return read(Client(headers={"accept-language": language}).get(f"/guide/tutorial/{name}/"))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", CLIPS)
def test_the_words_on_the_page_are_the_captions_which_cover_the_clip(name: str, language: str) -> None:
    clip = CLIPS[name]
    told = cues(FOLDER.parent / clip.track(language))
    assert [words(line) for line in page_of(name, language).select("[data-name=in-words] li")] == [
        text for _, _, text in told
    ]
    assert told[0][0] == 0
    assert all(one[1] == other[0] for one, other in pairwise(told))
    seconds = json.loads(RECORD.read_text(encoding="utf-8"))[name]["seconds"]
    assert told[-1][1] == pytest.approx(seconds, abs=0.01)
    assert 15 <= seconds <= 60
    assert all(len(text) / (end - start) <= 17 for start, end, text in told), "too fast to read"


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", CLIPS)
def test_a_clip_is_small_and_fetched_only_when_it_is_played(name: str, language: str) -> None:
    clip = CLIPS[name]
    film = page_of(name, language).video
    assert film["preload"] == "none"
    assert film.has_attr("controls")
    assert not film.has_attr("autoplay")
    assert film.source["src"] == f"/static/tutorial/{name}-{language}.webm"
    assert {track["srclang"]: track.has_attr("default") for track in film.select("track[kind=captions]")} == {
        code: code == language for code in LANGUAGES
    }
    size = (FOLDER.parent / clip.film(language)).stat().st_size
    assert size == clip.bytes_in(language)
    assert size <= MOST_BYTES
    for each in (film["poster"], *(track["src"] for track in film.select("track"))):
        assert (settings.BASE_DIR / each.lstrip("/")).stat().st_size <= 60_000
    data = (FOLDER.parent / clip.film(language)).read_bytes()
    assert data.startswith(b"\x1a\x45\xdf\xa3"), "Matroska"
    assert b"webm" in data[:64]
    assert b"V_VP9" in data[:4096]


def test_the_page_says_how_long_the_clip_is_and_how_big() -> None:
    said = words(page_of("enter-ce").main)
    clip = CLIPS["enter-ce"]
    assert f"{clip.seconds} seconds" in said
    assert f"{clip.bytes_in('en') / 1024:.1f} KB" in said or f"{clip.bytes_in('en') / 1024**2:.1f} MB" in said


def test_the_guide_leads_to_each_part_and_back() -> None:
    guide = read(Client().get("/guide/"))
    assert not guide.select("video, source[type^=video]")
    assert [link["href"] for link in guide.select(".watch a")] == [f"/guide/tutorial/{name}/" for name in CLIPS]
    for name, clip in CLIPS.items():
        assert guide.select_one(f"#{clip.part} .watch a")["href"] == f"/guide/tutorial/{name}/"
        page = page_of(name)
        assert words(page.h1) == words(guide.select_one(f"#{clip.part} h2"))
        links = {link["href"] for link in page.main.select("a")}
        assert f"/guide/#{clip.part}" in links
        assert {f"/guide/tutorial/{other}/" for other in CLIPS if other != name} <= links


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_of_the_tutorial_has_all_clips_in_words_and_fetches_none(language: str) -> None:
    page = read(Client(headers={"accept-language": language}).get("/guide/tutorial/"))
    assert [link["href"] for link in page.select(".watch a")] == [f"/guide/tutorial/{name}/" for name in CLIPS]
    for name in CLIPS:
        own = page_of(name, language)
        part = page.find(id=name)
        assert words(part.h2) == words(own.h1)
        assert words(part.select_one("[data-name=in-words]")) == words(own.select_one("[data-name=in-words]"))
        assert "/guide/tutorial/" in {link["href"] for link in own.main.select("a")}
    assert not page.select("video, main img")
    assert "/guide/tutorial/" in {link["href"] for link in read(Client().get("/guide/")).main.select("a")}


def test_another_address_is_no_clip() -> None:
    assert Client().get("/guide/tutorial/cook-rice/").status_code == 404


def test_clips_and_captions_are_sent_as_what_they_are_and_in_pieces() -> None:
    answer = Client().get("/static/tutorial/enter-ce-en.webm", headers={"range": "bytes=0-99"})
    assert (answer.status_code, answer.headers["Content-Type"]) == (206, "video/webm")
    assert len(b"".join(answer)) == 100
    captions = Client().get("/static/tutorial/enter-ce-en.vtt")
    assert captions.headers["Content-Type"].startswith("text/vtt")
    assert b"".join(captions).startswith(b"WEBVTT")
