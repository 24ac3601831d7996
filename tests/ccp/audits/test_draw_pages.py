"""The public pages of a draw, and a member's own line."""

import subprocess
from pathlib import Path

import pytest
from django.core.cache import caches
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from amtportal.members.models import Member
from ccp.audits import draws, own_lines, published, verify_draw
from ccp.audits.models import Draw, DrawTicket
from tests.support.builders import TODAY, client_of, make_member, noon
from tests.support.draws import SEED, WITNESSES, YEAR, enter_seed, freeze, make_closed, make_many
from tests.support.pages import read, words
from tests.support.spanish import left_on

pytestmark = [pytest.mark.django_db, pytest.mark.any_database, pytest.mark.usefixtures("on_today")]
PAGE = f"/audits/draws/{YEAR}/"


@pytest.fixture
def member() -> Member:
    return make_member(first_name="Maya", last_name="Imani-Berg", amt_id="2100777")


def test_the_page_shows_what_was_frozen_and_by_what_it_was_drawn() -> None:
    make_many(20)
    draw = enter_seed(freeze())
    page = read(Client().get(PAGE))
    assert words(page.select_one("[data-name=draw-count]")) == "20"
    assert words(page.select_one("[data-name=draw-sha256]")) == draw.sha256
    assert words(page.select_one("[data-name=draw-seed]")) == SEED
    said = words(page.select_one("main"))
    assert all(name in said for name in (*WITNESSES, draw.seed_named, draw.seed_source))
    assert "Of 20, 5 are drawn: if a tenth of all would fail, the share found is right to ± 23.4" in said
    assert [words(row) for row in page.select("tbody tr")] == ["RMA 20 5 ± 23.4"]
    assert str(YEAR) in words(read(Client().get("/audits/draws/")).select_one("main ul"))


def test_before_the_seed_the_page_says_that_nobody_is_drawn() -> None:
    make_many(2)
    freeze()
    assert "Nobody is drawn yet" in words(read(Client().get(PAGE)).select_one("main"))
    assert Client().get(f"{PAGE}files/drawn.txt").status_code == 404
    assert "not drawn yet" in words(read(Client().get("/audits/draws/")).select_one("main"))


def test_the_files_are_sent_as_they_were_published_and_name_nobody(member: Member, tmp_path: Path) -> None:
    make_closed(member)
    make_many(8)
    draw = enter_seed(freeze())
    draws.replace(ticket=DrawTicket.objects.drawn()[0], reason="Has died", by=draw.frozen_by, at=noon(TODAY))
    listed = [link["href"] for link in read(Client().get(PAGE)).select("main a[href*=files]")]
    assert [address.rpartition("/")[2] for address in listed] == list(published.NAMES)
    for address in listed:
        answer = Client().get(address, headers={"accept-language": "es"})
        assert answer.headers["Content-Disposition"].startswith("attachment;")
        assert not {member.amt_id, member.last_name, "Has died"} & set(answer.content.decode().split("/"))
        (tmp_path / address.rpartition("/")[2]).write_bytes(answer.content)
    assert verify_draw.verdict(tmp_path)[0]


def test_the_files_cannot_be_asked_for_all_day() -> None:
    make_many(2)
    freeze()
    codes = [Client().get(f"{PAGE}files/SHA256SUMS").status_code for _ in range(61)]
    assert (set(codes[:60]), codes[60]) == ({200}, 429)
    caches["default"].clear()


@pytest.mark.parametrize(
    "address", [PAGE, f"{PAGE}files/frozen.txt", f"{PAGE}files/secret.txt", "/audits/draws/99999999999/"]
)
def test_what_is_not_published_is_not_found(address: str) -> None:
    make_many(2)
    draw = freeze()
    draws.abandon(draw=draw, reason="Wrong year", by=draw.frozen_by, at=noon(TODAY))
    assert Client().get(address).status_code == 404


def test_an_abandoned_draw_stays_on_the_page_with_its_reason() -> None:
    make_many(2)
    draw = freeze()
    draws.abandon(draw=draw, reason="A list was missing", by=draw.frozen_by, at=noon(TODAY))
    freeze()
    said = words(read(Client().get(PAGE)).select_one("main"))
    assert "A list was missing" in said
    assert draw.sha256 in said


def run(command: str) -> str:
    return subprocess.run(["/bin/sh", "-c", command], capture_output=True, check=True, text=True).stdout.split()[0]


@pytest.mark.parametrize("seed", [SEED, "it's $9"])
def test_a_member_repeats_the_own_line_in_the_shell(member: Member, seed: str) -> None:
    cycle = make_closed(member)
    make_many(8)
    draw = enter_seed(freeze(), seed=seed)
    page = read(client_of(member).get(f"{PAGE}mine/"))
    line = words(page.select_one("[data-name=draw-line]"))
    ticket = DrawTicket.objects.get(line__cycle=cycle)
    assert f"{line}\n".encode() in draws.frozen_file(draw)
    tag, ticket_again = (run(words(each)) for each in page.select(".help-body .address"))
    assert line == f"RMA/{tag}/1"
    assert words(page.select_one("[data-name=draw-ticket]")) == ticket_again == ticket.ticket
    outcome = words(page.select_one("[data-name=draw-outcome]"))
    assert outcome.startswith("It was drawn." if ticket.is_drawn else "It was not drawn.")


def test_each_standing_of_a_line_has_its_sentence(member: Member) -> None:
    def said() -> list[str]:
        return [line.sentence for line in own_lines.of(member, draw)]

    cycle = make_closed(member)
    make_closed(member, credential="RPT", status="retired")
    make_many(6)
    draw = freeze()
    assert said() == [
        "Nobody is drawn yet: the seed is still to come.",
        "It is in the file, but it could not be drawn, because the certification was no longer in force.",
    ]
    draw = enter_seed(draw)
    ticket = DrawTicket.objects.get(line__cycle=cycle)
    if not ticket.is_drawn:
        assert said()[0] == "It was not drawn. AMT does not audit it."
        while not DrawTicket.objects.drawn().filter(pk=ticket.pk).exists():
            _replace_one(draw)
        assert said()[0].endswith("it was called as a substitute. AMT audits it.")
    else:
        assert said()[0] == "It was drawn. AMT audits it."
    draws.replace(ticket=ticket, reason="On a mission", by=draw.frozen_by, at=noon(TODAY))
    assert said()[0] == "It was drawn, and it is not audited, because AMT replaced it by a substitute."


def _replace_one(draw: Draw) -> None:
    first = DrawTicket.objects.drawn().filter(line__draw=draw).order_by("place")[0]
    draws.replace(ticket=first, reason="Has died", by=draw.frozen_by, at=noon(TODAY))


def test_a_line_belongs_to_whoever_holds_the_certification_after_a_merge(member: Member) -> None:
    cycle, kept = make_closed(), member
    freeze()
    assert client_of(kept).get(f"{PAGE}mine/").status_code == 404
    cycle.certification.member = kept
    cycle.certification.save()
    assert client_of(kept).get(f"{PAGE}mine/").status_code == 200
    assert "See your own line" in client_of(kept).get(PAGE).text
    assert "See your own line" not in client_of(make_member()).get(PAGE).text


def test_the_pages_are_in_spanish_whatever_stands_there(member: Member) -> None:
    make_closed(member)
    make_closed(member, credential="RPT", status="retired")
    draw = freeze(seed_named="Dice")
    left = left_on(client_of(member), [PAGE, f"{PAGE}mine/", "/audits/draws/"])
    draws.abandon(draw=draw, reason="Wrong", by=draw.frozen_by, at=noon(TODAY))
    draw = enter_seed(freeze(seed_named="Dice"), source="Rosemont")
    left |= left_on(client_of(member), [PAGE, f"{PAGE}mine/", "/audits/draws/"])
    draws.replace(ticket=DrawTicket.objects.drawn()[0], reason="Has died", by=draw.frozen_by, at=noon(TODAY))
    left |= left_on(client_of(member), [PAGE, f"{PAGE}mine/"])
    commands = ("printf", "python", "sha", "SHA")
    assert {text for text in left if not any(word in text for word in commands) and " " in text} == set()


def test_a_large_draw_costs_no_more_queries(member: Member) -> None:
    def cost() -> tuple[int, int]:
        client = client_of(member)
        found = []
        for address in (PAGE, f"{PAGE}mine/"):
            with CaptureQueriesContext(connection) as queries:
                assert client.get(address).status_code == 200
            found.append(len(queries))
        return found[0], found[1]

    make_closed(member)
    draw = freeze()
    before = cost()
    draws.abandon(draw=draw, reason="Too small", by=draw.frozen_by, at=noon(TODAY))
    make_many(300)
    make_closed(member, credential="RPT")
    enter_seed(freeze())
    assert cost() == before
    assert max(before) <= 10
