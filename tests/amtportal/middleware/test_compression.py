"""Pages are sent compressed, with padding, unless their length could tell somebody something."""

import gzip
from pathlib import Path

import brotli
import pytest
from django.conf import settings
from django.http import HttpResponse
from django.test import Client

from amtportal.members.models import Member
from amtportal.middleware.compression import encoding_for, padding
from ccp.standing import calendar
from tests.support.builders import TODAY, client_of, noon

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("on_today"), pytest.mark.any_database]
BROWSER = "gzip, deflate, br, zstd"


def text_of(answer: HttpResponse) -> str:
    unpack = {"br": brotli.decompress, "gzip": gzip.decompress, "": bytes}
    return str(unpack[answer.headers.get("Content-Encoding", "")](answer.content).decode())


@pytest.mark.parametrize(
    ("accepted", "encoding"),
    [
        (BROWSER, "br"),
        ("gzip, deflate", "gzip"),
        ("gzip;q=1.0, br;q=0.5", "gzip"),
        ("br;q=0, gzip;q=0", ""),
        ("br; q=0, *", "gzip"),
        ("*", "br"),
        ("GZIP", "gzip"),
        ("identity", ""),
        ("deflate, zstd", ""),
        ("br;q=1.2.3", ""),
        ("", ""),
    ],
)
def test_the_encoding_is_one_that_the_client_accepts(accepted: str, encoding: str) -> None:
    assert encoding_for(accepted) == encoding


@pytest.mark.parametrize(("accepted", "encoding"), [(BROWSER, "br"), ("gzip", "gzip")])
def test_a_page_is_compressed_and_reads_the_same(met: Member, accepted: str, encoding: str) -> None:
    client = client_of(met)
    plain = client.get("/certifications/")
    answer = client.get("/certifications/", headers={"Accept-Encoding": accepted})
    assert answer.headers["Content-Encoding"] == encoding
    assert "Accept-Encoding" in answer.headers["Vary"].split(", ")
    assert int(answer.headers["Content-Length"]) == len(answer.content) < len(plain.content) / 3
    page, _, comment = text_of(answer).rpartition("\n<!--")
    assert page.rstrip().endswith("</html>")
    assert comment.endswith("-->\n")
    assert page.partition("csrf")[0] == plain.content.decode().partition("csrf")[0]
    assert page.split("</form>")[-1] == plain.content.decode().split("</form>")[-1]


def test_a_client_that_accepts_nothing_gets_the_page_as_it_is(met: Member) -> None:
    answer = client_of(met).get("/certifications/")
    assert "Content-Encoding" not in answer.headers
    assert "Accept-Encoding" in answer.headers["Vary"].split(", ")
    assert answer.content.rstrip().endswith(b"</html>")


def test_the_length_is_different_each_time() -> None:
    """The page is the same for everybody, without a token that would vary."""
    client = Client(headers={"Accept-Encoding": BROWSER})
    answers = [client.get("/guide/") for _ in range(20)]
    assert len({text_of(answer).partition("</html>")[0] for answer in answers}) == 1
    assert len({len(answer.content) for answer in answers}) > 5
    assert len({len(padding()) for _ in range(200)}) > 50


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_a_page_that_another_site_asks_for_is_sent_as_it_is(met: Member, site: str) -> None:
    client = client_of(met)
    asked = {"Accept-Encoding": BROWSER, "Sec-Fetch-Site": site}
    assert "Content-Encoding" not in client.get("/", headers=asked).headers
    assert "Content-Encoding" in client.get("/", headers=asked | {"Sec-Fetch-Site": "same-origin"}).headers


def test_a_page_with_a_secret_is_sent_as_it_is(met: Member) -> None:
    """Also the answer to a form, which is kept and shown without its view."""
    calendar.create(member=met, at=noon(TODAY))
    client = client_of(met)
    browser = {"Accept-Encoding": BROWSER, "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
    assert b"calendar-address" in client.get("/calendar/", headers=browser).content
    refused = client.post("/calendar/", {"action": "else"}, headers=browser, follow=True)
    assert refused.redirect_chain
    assert b"calendar-address" in refused.content


def test_the_answer_to_a_form_is_compressed(met: Member) -> None:
    browser = {"Accept-Encoding": BROWSER, "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
    refused = client_of(met).post("/ccp/record/", {"title": "Hematology"}, headers=browser, follow=True)
    assert refused.redirect_chain
    assert refused.headers["Content-Encoding"] == "br"
    assert "Hematology" in text_of(refused)


def test_files_and_short_answers_are_sent_as_they_are(met: Member) -> None:
    client = client_of(met)
    for address in ("/healthz", "/ccp/activities/export.csv", "/i18n/setlang/"):
        answer = client.get(address, headers={"Accept-Encoding": BROWSER})
        assert "Content-Encoding" not in answer.headers, address


def test_a_public_page_that_has_not_changed_is_not_sent_again() -> None:
    client = Client(headers={"Accept-Encoding": BROWSER})
    first = client.get("/guide/")
    assert first.headers["ETag"].startswith('W/"')
    again = client.get("/guide/", headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["Vary"] == first.headers["Vary"], "a cache takes the headers from it"


def test_the_proxies_compress_nothing() -> None:
    proxies = Path(settings.BASE_DIR, "deploy", "proxy")
    assert "    gzip off;\n" in (proxies / "nginx.conf").read_text()
    lines = (proxies / "haproxy.cfg").read_text().splitlines()
    assert not [line for line in lines if line.split()[:1] == ["compression"]]
