"""A PDF reaches neither the network nor files, whatever people call their courses and themselves.

No PDF takes forever.
"""

import socket
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from amtportal.documents import layout as documents
from amtportal.members.models import Member
from ccp.models import Activity, ActivityType
from ccp.transcripts import issuing
from certifications.models import Cycle
from tests.support.builders import (
    TODAY,
    client_of,
    cycle_of,
    invoice_of,
    make_activity,
    make_cycle,
    make_member,
    noon,
    record_more,
)
from tests.support.laid_out import lay_out_elsewhere
from tests.support.pages import read, words

pytestmark = pytest.mark.any_database

SECRET = "the secret of this machine"
MOST_SECONDS = 10
MOST_MEMORY = 400

# The ways in which HTML and CSS refer to something else. {} is its address.
REFERENCES = {
    "picture": '<img src="{}" alt="x">',
    "address in CSS": "<p style=\"background: url('{}')\">x</p><style>p {{ content: url({}) }}</style>",
    "import in CSS": "<style>@import url({}); @import '{}';</style>",
    "attachment": '<link rel="attachment" href="{}"><a rel="attachment" href="{}">x</a>',
    "object": '<object data="{}"></object><embed src="{}"><iframe src="{}"></iframe>',
    "drawing": (
        '<svg xmlns:xlink="http://www.w3.org/1999/xlink" width="9" height="9"><image href="{}" width="9" height="9"/>'
        '<image xlink:href="{}" width="9" height="9"/><use href="{}#x"/></svg>'
    ),
    "font": "<style>@font-face {{ font-family: x; src: url({}) }} p {{ font-family: x }}</style><p>x</p>",
    "style sheet": '<link rel="stylesheet" href="{}"><base href="{}">',
}
LINK = '<a href="{}">x</a>'


@pytest.fixture
def listening() -> Iterator[socket.socket]:
    """A server on this machine to which nothing may connect."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)
        yield server


@pytest.fixture
def addresses(listening: socket.socket, tmp_path: Path) -> list[str]:
    """The addresses of the server, and of a file that holds a secret."""
    secret = tmp_path / "secret.svg"
    secret.write_text(f'<svg xmlns="http://www.w3.org/2000/svg"><text id="x">{SECRET}</text></svg>')
    return [f"http://127.0.0.1:{listening.getsockname()[1]}/x", secret.as_uri(), str(secret)]


def nobody_came(listening: socket.socket) -> bool:
    with pytest.raises(BlockingIOError):
        listening.accept()
    return True


def outside(reached: list[str]) -> list[str]:
    """Return what was reached for and is not among the assets of documents."""
    return [one for one in reached if not one.startswith(f"open ('{documents.ASSETS}/")]


def whole(body: str) -> str:
    return f'<!DOCTYPE html><html lang="en-US"><head><title>A document</title></head><body>{body}</body></html>'


@pytest.mark.slow
def test_no_reference_in_a_document_is_followed(listening: socket.socket, addresses: list[str]) -> None:
    """If a template forgot to escape: each kind of reference, to the server and the file."""
    wanted = {
        (kind, address): whole(body.replace("{}", address).replace("{{", "{").replace("}}", "}"))
        for kind, body in (REFERENCES | {"link": LINK}).items()
        for address in addresses
    }
    told = dict(zip(wanted, lay_out_elsewhere(*wanted.values()), strict=True))
    assert {which: outside(one["reached"]) for which, one in told.items() if outside(one["reached"])} == {}
    assert {which for which, one in told.items() if one["attachments"]} == set()
    assert nobody_came(listening)
    assert sum("refused" not in one for one in told.values()) > 3, "some are laid out without what they ask for"


@pytest.mark.slow
@pytest.mark.django_db
@pytest.mark.usefixtures("on_today")
def test_no_title_provider_or_name_is_followed(
    listening: socket.socket, addresses: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The transcripts and the invoice are made as usual.

    Each reference is as long as the database allows.
    """
    hostile = [body.replace("{}", address) for body in [*REFERENCES.values(), LINK] for address in addresses]
    member = make_member(first_name=hostile[0][:100], last_name=hostile[9][:100])
    cycle = make_cycle(member)
    for number, text in enumerate(hostile):
        make_activity(
            cycle,
            points="1.25",
            title=text[:200],
            provider=text[::-1][:200] if number % 2 else text[:200],
            starts_on=TODAY - timedelta(days=number + 1),
            at=noon(TODAY - timedelta(days=1)),
        )
    ActivityType.objects.update(name=hostile[3][:100])
    made: list[str] = []
    monkeypatch.setattr(documents, "pdf", lambda html, *drawn: made.append(html) or b"")
    for address in (
        f"/ccp/transcript/{cycle.pk}.pdf",
        "/ccp/transcript/all.pdf",
        f"/invoices/{invoice_of(cycle).pk}.pdf",
    ):
        assert client_of(member).get(address).status_code == 200
    told = lay_out_elsewhere(*made)
    assert len(told) == 3
    for one in told:
        assert "refused" not in one
        assert outside(one["reached"]) == []
        assert one["attachments"] == 0
        assert not [link for link in one["links"] if not link.startswith("http://localhost:8000/verify/")]
    assert nobody_came(listening)


def printed(cycle: Cycle) -> list[str]:
    """Return the addresses of every document of a member."""
    return [f"/ccp/transcript/{cycle.pk}.pdf", "/ccp/transcript/all.pdf", f"/invoices/{invoice_of(cycle).pk}.pdf"]


def html_of(cycle: Cycle, monkeypatch: pytest.MonkeyPatch) -> str:
    """Return what the transcript of the cycle is laid out from."""
    made: list[str] = []
    with monkeypatch.context() as patched:
        patched.setattr(issuing.documents, "pdf", lambda html, *drawn: made.append(html) or b"")
        client_of(cycle.certification.member).get(f"/ccp/transcript/{cycle.pk}.pdf")
    return made[0]


@pytest.mark.slow
@pytest.mark.django_db
@pytest.mark.usefixtures("on_today")
@pytest.mark.parametrize(
    ("number", "letters", "is_listed"),
    [
        # Many rows take longer than the same text in few rows.
        pytest.param(500, 60, True, id="500 entries of 120 characters are listed"),
        pytest.param(500, 61, False, id="500 entries of 122 characters are not"),
    ],
)
def test_a_long_transcript_takes_ten_seconds_of_a_processor_at_most(
    number: int, letters: int, is_listed: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """500 × 120 = 60,000 characters of titles and providers. Of 5,000 entries see the transcript of all cycles."""
    cycle = make_cycle()
    record_more(make_activity(cycle, points="1"), [cycle], number - 1)
    text = ("Hematology & coagulation <update> " * 10)[: letters - 1] + "x"
    Activity.objects.update(title=text, provider=text)
    [told] = lay_out_elsewhere(html_of(cycle, monkeypatch))
    assert "refused" not in told
    assert (told["pages"] > 1) == is_listed
    assert told["seconds"] < MOST_SECONDS
    assert told["memory"] < MOST_MEMORY


@pytest.mark.parametrize(
    "body",
    [
        pytest.param("<p>" + "word " * 200_000 + "</p>", id="words"),
        pytest.param("W" * 1_000_000, id="one word"),
        pytest.param("<p>word</p>" * 100_000, id="paragraphs"),
        pytest.param("&amp;" * 700_000, id="entities"),
    ],
)
def test_a_megabyte_of_text_is_refused_at_once(body: str) -> None:
    with pytest.raises(documents.TooLong):
        documents.lay_out(whole(body))


@pytest.mark.slow
def test_what_is_just_short_enough_takes_ten_seconds_at_most() -> None:
    bodies = ["<p>" + "word " * (documents.MOST_WEIGHT // 8) + "</p>", "<p>word</p>" * 6_000]
    for told in lay_out_elsewhere(*map(whole, bodies)):
        assert "refused" not in told
        assert told["seconds"] < MOST_SECONDS
        assert told["memory"] < MOST_MEMORY


@pytest.mark.django_db
@pytest.mark.usefixtures("on_today")
def test_who_asks_for_a_document_that_is_too_long_is_told_what_to_do(
    met: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(documents, "MOST_WEIGHT", 100)
    cycle = cycle_of(met)
    for address in (
        f"/ccp/transcript/{cycle.pk}.pdf",
        "/ccp/transcript/all.pdf",
        f"/invoices/{invoice_of(cycle).pk}.pdf",
    ):
        page = read(client_of(met).get(address), status=422)
        assert words(page.h1) == "This document is too long"
        assert "Read it as a page, and print that." in words(page.main)


@pytest.mark.slow
def test_what_a_document_reaches_for_would_be_seen(
    listening: socket.socket, addresses: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The recorder itself: with fetching allowed, it reports the connection and the file."""
    monkeypatch.setenv("TESTS_LET_DOCUMENTS_FETCH", "1")
    [told] = lay_out_elsewhere(whole("".join(REFERENCES["picture"].replace("{}", one) for one in addresses[:2])))
    assert any(one.startswith("socket.connect") for one in told["reached"])
    assert any("secret.svg" in one for one in told["reached"])
    listening.accept()[0].close()
