"""The public look-up: what finds a certification, what it tells, and what it keeps to itself."""

import re
from datetime import date
from typing import Any

import pytest
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django.fixtures import Settings

from amtportal.members.models import Member
from ccp import merging
from ccp.sharing import look_up
from ccp.sharing.models import Listing
from certifications import life
from certifications.models import Certification
from tests.support.builders import TODAY, client_of, cycle_of, make_cycle, make_member, make_user, noon
from tests.support.pages import read, words

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("on_today")]

PAGE = "/credentials/"
NUMBER = "Q-500 123a"


@pytest.fixture
def ana() -> Member:
    member = make_member(first_name="Ana", last_name="Castillo-Núñez")
    make_cycle(member, certificate_number=NUMBER)
    return member


def ask(last_name: str, number: str) -> HttpResponse:
    return Client().post(PAGE, {"last_name": last_name, "certificate_number": number})


def test_it_tells_name_credential_status_since_and_until(ana: Member) -> None:
    page = read(ask("Castillo-Núñez", NUMBER))
    found = page.select_one("[data-name=found]")
    assert words(found.h1) == "Ana Castillo-Núñez"
    assert [(words(row.dt), words(row.dd)) for row in found.select("dl > div")] == [
        ("Credential", "Registered Medical Assistant (RMA)"),
        ("Status", "Active, in force"),
        ("Certified since", "May 1, 2023"),
        ("Valid until", "Apr 30, 2026"),
    ]
    told = words(found)
    assert not [fact for fact in (ana.amt_id, NUMBER, ana.user.email, "point") if fact in told]


@pytest.mark.parametrize(
    ("last_name", "number"),
    [
        ("castillo nunez", "q500123A"),
        ("castillonunez", "q500123A"),
        ("  CASTILLO  NÚÑEZ ", "Q 500-123 A"),
        ("Castillo‐Nun\u0303ez", "Ｑ500123A"),
        ("Castillo-Núñez", "RMA Q-500123a"),
    ],
)
def test_case_accents_hyphens_and_spaces_do_not_matter(ana: Member, last_name: str, number: str) -> None:
    assert ask(last_name, number).status_code == 200


@pytest.mark.parametrize("typed", ["O'Connor", "O’Connor", "o connor", "OCONNOR"])
def test_an_apostrophe_is_typed_in_every_way(typed: str) -> None:
    make_cycle(make_member(last_name="O'Connor"), certificate_number="8-1")
    assert ask(typed, "81").status_code == 200


def test_a_number_may_stand_behind_the_code_of_its_own_credential() -> None:
    make_cycle(make_member(last_name="Lane"), certificate_number="777001")
    assert ask("Lane", "RMA 777001").status_code == 200
    assert ask("Lane", "RPT 777001").status_code == 404


def test_a_number_that_begins_with_letters_may_stand_behind_the_code_too() -> None:
    """A transcript has "RMA RMA-777001" for a certificate whose number is RMA-777001."""
    make_cycle(make_member(last_name="Lane"), certificate_number="RMA-777001")
    assert {ask("Lane", typed).status_code for typed in ("RMA RMA-777001", "rma777001")} == {200}
    assert {ask("Lane", typed).status_code for typed in ("RPT RMA-777001", "777001", "A RMA-777001")} == {404}


@pytest.mark.parametrize(
    ("last_name", "number"),
    [
        ("Castillo", NUMBER),
        ("Castillo-Núñez", "Q-500 123"),
        ("Castillo-Núñez", "Q-500 123b"),
        ("Ana", NUMBER),
        ("Ana Castillo-Núñez", NUMBER),
        ("%", NUMBER),
        ("--", NUMBER),
        ("Castillo-Núñez", "%"),
    ],
)
def test_nothing_less_finds_anything(ana: Member, last_name: str, number: str) -> None:
    assert ask(last_name, number).status_code == 404


@pytest.mark.parametrize("names", [("Sukarno", ""), ("", "Sukarno")])
def test_a_person_with_one_name_is_found_by_it(names: tuple[str, str]) -> None:
    make_cycle(make_member(first_name=names[0], last_name=names[1]), certificate_number="S-1")
    assert words(read(ask("sukarno", "S-1")).h1) == "Sukarno"


@pytest.mark.parametrize("status", ["lapsed", "retired", "revoked"])
def test_what_is_not_in_force_says_so(ana: Member, status: str) -> None:
    life.change_status(
        certification=cycle_of(ana).certification, to=status, reason="So.", by=make_user(is_staff=True), at=noon(TODAY)
    )
    found = read(ask("Castillo-Núñez", NUMBER)).select_one("[data-name=found]")
    assert found.select_one("[data-name=status]")["data-in-force"] == "no"
    assert words(found.select_one("[data-name=not-in-force-since]")) == "Mar 14, 2026"


def test_unknown_and_hidden_get_the_same_answer_for_the_same_queries(ana: Member) -> None:
    emptied, closed = make_member(last_name="Emptied"), make_member(last_name="Closed")
    hidden = make_member(last_name="Hidden")
    for number, member in enumerate((emptied, closed, hidden)):
        make_cycle(member, certificate_number=f"H-{number}")
    staff = make_user(is_staff=True)
    for member in (ana, hidden):
        look_up.hide(member=member, hidden=True, by=staff, at=noon(TODAY), as_staff=member == hidden)
    Member.objects.filter(pk=emptied.pk).update(merged_into=ana)
    closed.user.is_active = False
    closed.user.save()
    answers = {}
    for name, number in (
        ("Castillo-Núñez", NUMBER),
        ("Hidden", "H-2"),
        ("Emptied", "H-0"),
        ("Closed", "H-1"),
        ("Nobody", "N-1"),
        ("Nobody", NUMBER),
    ):
        with CaptureQueriesContext(connection) as asked:
            answer = ask(name, number)
        page = re.sub('answer-shown=[^&"]+', "", answer.text)  # a number of its own, for Back
        page = page.replace(f'value="{name}"', "").replace(f'value="{number}"', "")
        answers[name, number] = (answer.status_code, page, len(asked))
    assert {status for status, _page, _queries in answers.values()} == {404}
    assert len({page for _status, page, _queries in answers.values()}) == 1
    assert len({queries for _status, _page, queries in answers.values()}) == 1, answers


def test_a_member_switches_it_off_and_on_and_staff_win(ana: Member) -> None:
    client = client_of(ana)
    page = read(client.post("/account/sharing/", {"action": "hide"}, follow=True))
    assert words(page.select_one(".notices")) == "The public look-up no longer finds you."
    assert page.select_one("[data-name=look-up-state]")["data-state"] == "hidden"
    assert ask("Castillo-Núñez", NUMBER).status_code == 404
    client.post("/account/sharing/", {"action": "show"}, follow=True)
    assert ask("Castillo-Núñez", NUMBER).status_code == 200
    staff = make_user(is_staff=True)
    look_up.hide(member=ana, hidden=True, by=staff, at=noon(TODAY), as_staff=True, reason="A threat.")
    page = read(client.post("/account/sharing/", {"action": "show"}, follow=True))  # on a page from before
    assert words(page.select_one(".notices")) == (
        "The public look-up does not find you, because AMT does not show you there."
    )
    assert ask("Castillo-Núñez", NUMBER).status_code == 404
    assert page.select_one("[data-name=look-up-state]")["data-state"] == "staff"
    assert not page.select("#look-up button")
    assert Listing.history.count() == 3


def test_staff_who_hide_a_member_twice_do_not_show_the_member_again(ana: Member) -> None:
    """A double click, or two of the staff who have the page open."""
    client = client_of(make_user(is_staff=True, is_superuser=True))
    address = f"/admin/members/member/{ana.pk}/look-up/"
    sent = {"reason": "A threat."} | {
        field["name"]: field["value"] for field in read(client.get(address)).select("#content-main [type=hidden]")
    }
    told = [words(read(client.post(address, sent, follow=True)).select_one(".messagelist")) for _ in range(2)]
    assert told == ["Hidden from the public look-up: A threat.", "Nothing has changed."]
    assert Listing.objects.get().hidden_by_staff


def test_who_is_hidden_stays_hidden_after_a_merge(ana: Member) -> None:
    kept = make_member(last_name="Castillo-Núñez")
    look_up.hide(member=ana, hidden=True, by=ana.user, at=noon(TODAY))
    merging.merge(kept=kept, emptied=ana, reason="One person.", by=make_user(is_staff=True), at=noon(TODAY))
    assert ask("Castillo-Núñez", NUMBER).status_code == 404


@pytest.mark.parametrize(
    ("typed", "sentences"),
    [
        ({}, ["Enter the last name.", "Enter the certificate number."]),
        ({"last_name": "Lane"}, ["Enter the certificate number."]),
        ({"certificate_number": "\u200b"}, ["Enter the last name.", "Enter the certificate number."]),
        ({"last_name": "x" * 151, "certificate_number": "1"}, ["A last name has 150 characters at most."]),
    ],
)
def test_what_is_missing_is_asked_for_and_what_was_typed_stays(typed: dict[str, Any], sentences: list[str]) -> None:
    page = read(Client().post(PAGE, typed), 400)
    told = words(page.select_one(".error-summary"))
    assert [sentence for sentence in sentences if sentence not in told] == []
    assert page.select_one("input[name=last_name]").get("value", "") == typed.get("last_name", "")


def test_a_name_never_stands_in_an_address(ana: Member) -> None:
    page = read(Client().get(PAGE, {"last_name": "Castillo-Núñez", "certificate_number": NUMBER}))
    assert not page.select("[data-name=found]")
    assert page.select_one("main form")["method"] == "post"


def test_it_is_limited_and_not_listed(ana: Member, settings: Settings) -> None:
    settings.ACCOUNT_RATE_LIMITS = {"look_up": "2/m/ip"}
    answers = [ask("Castillo-Núñez", NUMBER) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert all(answer.headers["X-Robots-Tag"] == "noindex, nofollow" for answer in answers)
    assert Client().get(PAGE).status_code == 200


def test_the_database_looks_a_number_up_by_its_index(ana: Member) -> None:
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":  # which reads a table of few rows whole, unless it must not
            cursor.execute("ANALYZE certifications_certification, sharing_listing, members_member")
            cursor.execute("SET LOCAL enable_seqscan = off")
    assert (
        "certification_by_number" in look_up._numbered(["Q500123A", "500123"]).select_related(None).order_by().explain()
    )


@pytest.mark.any_database
def test_at_scale_known_unknown_and_hidden_are_looked_up_by_the_index_alike(ana: Member) -> None:
    """Among 10,000 other certifications, of which some are hidden, as PostgreSQL plans it with its statistics."""
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has no statistics of which the plan could depend here.")
    hidden = make_member(last_name="Hidden")
    make_cycle(hidden, certificate_number="H-2")
    many_others(10_000)
    Listing.objects.create(member=hidden, hidden_by_staff=True)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE certifications_certification, sharing_listing, members_member, members_user")
    plans = set()
    for name, number in (("Castillo-Núñez", NUMBER), ("Nobody", "N-1"), ("Hidden", "H-2")):
        with CaptureQueriesContext(connection) as asked:
            look_up.find(last_name=name, certificate_number=number, at=noon(TODAY))
        with connection.cursor() as cursor:
            cursor.execute(f"EXPLAIN {asked[0]['sql']}")
            plan = "\n".join(line for (line,) in cursor.fetchall())
        assert "certification_by_number" in plan
        assert not re.search("Seq Scan on (certifications_certification|members_member|members_user)", plan), plan
        plans.add(re.sub(r"'[^']*'|\([^()]*\)|cost=\S+ rows=\d+ width=\d+", "", plan))
    assert len(plans) == 1, plans


def many_others(number: int) -> None:
    """Add this many members, each with a certification, and every hundredth hidden."""
    like = cycle_of(Member.objects.get(last_name="Castillo-Núñez")).certification
    for model, pk, values in (
        (Member, like.member_id, {"id": "n", "user_id": "NULL", "amt_id": "'X' || n", "last_name": "'Lane' || n"}),
        (Certification, like.pk, {"id": "n", "member_id": "n", "certificate_number": "'M-' || n"}),
    ):
        table, columns = model._meta.db_table, [field.column for field in model._meta.concrete_fields]
        chosen = ", ".join(values.get(column, f'"{column}"') for column in columns)
        names = ", ".join(f'"{column}"' for column in columns)
        with connection.cursor() as cursor:
            cursor.execute(
                f"INSERT INTO {table} ({names}) SELECT {chosen} FROM {table}, "  # noqa: S608
                "generate_series(1000000, 1000000 + %s) AS n WHERE id = %s",
                [number - 1, pk],
            )
    Listing.objects.bulk_create(Listing(member_id=1000000 + n, hidden_by_member=True) for n in range(0, number, 100))


def test_several_with_one_number_are_all_shown() -> None:
    member = make_member(last_name="Lane")
    make_cycle(member, certificate_number="9-9")
    make_cycle(member, credential="RPT", certificate_number="99", awarded_on=date(2024, 9, 15))
    assert len(read(ask("Lane", "99")).select("[data-name=found] dl")) == 2


def test_what_a_browser_was_told_is_shown_again_in_no_other(ana: Member) -> None:
    """The form has no token, so the answer that is kept for Back brings a cookie of its own."""
    browser = {"sec-fetch-mode": "navigate", "sec-fetch-dest": "document"}
    client = Client()
    led = client.post(PAGE, {"last_name": ana.last_name, "certificate_number": NUMBER}, headers=browser)
    assert led.status_code == 303
    assert ana.first_name in client.get(led.headers["Location"]).text
    assert Client().get(led.headers["Location"]).headers["Location"] == PAGE
