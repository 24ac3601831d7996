"""What a posted form is answered with has an address of its own, for the one who asked.

``tests/browser/test_back.py`` tries it in Chromium.
"""

from typing import Any
from unittest import mock

import pytest
from bs4 import BeautifulSoup
from django.conf import settings
from django.core.cache import cache
from django.http import HttpResponse
from django.test import Client, override_settings
from time_machine import TimeMachineFixture

from amtportal.members.models import Member
from tests.support.builders import PASSWORD, client_of
from tests.support.pages import error_summary, form_values, read, words

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("on_today"), pytest.mark.any_database]
RECORD, SIGN_IN = "/ccp/record/", "/accounts/login/"
BROWSER = {"sec-fetch-mode": "navigate", "sec-fetch-dest": "document"}
TYPED = {"activity_type": "self-study", "title": "Blood cultures", "points": "two", "starts_on": "3/1/2026"}


def send(client: Client, address: str = RECORD, **typed: Any) -> HttpResponse:
    return client.post(address, typed or TYPED, headers=BROWSER)


def switch_of(page: BeautifulSoup) -> dict[str, str]:
    return {"next": page.select_one("form.languages [name=next]")["value"]}


def test_a_browser_is_led_to_the_answer_and_any_other_program_gets_it_at_once(short: Member) -> None:
    client = client_of(short)
    at_once = client.post(RECORD, TYPED)
    assert at_once.status_code == 200
    led = send(client)
    assert led.status_code == 303
    assert led.headers["Location"].startswith("/ccp/record/?answer-shown=")
    for _ in range(2):
        shown = client.get(led.headers["Location"])
        assert shown.status_code == 200
        assert error_summary(read(shown)) == error_summary(read(at_once))
        assert shown.headers["Cache-Control"] == "private, no-store"
        assert shown.headers["Content-Type"] == "text/html; charset=utf-8"


def test_the_answer_keeps_its_status_and_the_query_of_the_address(short: Member) -> None:
    client = client_of(short)
    led = send(client, f"{RECORD}?certification={short.certifications.get().pk}", **TYPED | {"points": "2"})
    assert f"{RECORD}?certification=" in led.headers["Location"]
    page = read(client.get(led.headers["Location"]))
    assert page.select_one("#entry-form")["action"] == f"{RECORD}?certification={short.certifications.get().pk}"


def test_nobody_else_sees_the_answer_nor_the_same_person_elsewhere(short: Member, stranger: Member) -> None:
    led = send(client_of(short)).headers["Location"]
    for other in (client_of(stranger), client_of(short)):
        answer = other.get(led)
        assert (answer.status_code, answer.headers["Location"]) == (302, RECORD)
        assert "Blood cultures" not in other.get(RECORD).text
    assert Client().get(led).headers["Location"] == RECORD


@pytest.mark.parametrize("language", ["en", "es"])
def test_nobody_else_sees_the_answer_to_somebody_who_is_not_signed_in(language: str) -> None:
    """Nor does the link put what its sender typed into the form of the person who follows it."""
    client = Client()
    client.get(SIGN_IN)
    led = send(client, SIGN_IN, login="ada@example.org", password=PASSWORD).headers["Location"]
    other = Client(headers={"accept-language": language})
    other.get(SIGN_IN)
    assert "ada@example.org" not in other.get(led, follow=True).text
    assert "ada@example.org" in client.get(led).text


def test_an_answer_is_there_for_an_hour(short: Member, on_today: TimeMachineFixture) -> None:
    client = client_of(short)
    led = send(client).headers["Location"]
    on_today.shift(3599)
    assert client.get(led).status_code == 200
    on_today.shift(2)
    assert client.get(led).headers["Location"] == RECORD


def test_what_is_kept_can_be_read_by_nobody_who_has_the_cache(short: Member) -> None:
    with mock.patch.object(cache, "set", wraps=cache.set) as kept:
        send(client_of(short))
    assert "Blood" not in kept.call_args.args[1]
    assert "cultures" not in str(kept.call_args)


@pytest.mark.parametrize("signed_in", [True, False])
def test_nobody_can_fill_the_cache_with_answers(short: Member, stranger: Member, signed_in: bool) -> None:
    """Codes that were used are kept there as well: a full cache would forget them."""
    client = client_of(short) if signed_in else Client()
    assert settings.ACCOUNT_RATE_LIMITS["answer"] == "60/m/key"
    with override_settings(ACCOUNT_RATE_LIMITS={**settings.ACCOUNT_RATE_LIMITS, "answer": "2/m/key"}):
        answers = [send(client, "/nothing-here/").status_code for _ in range(4)]
        assert answers == [303, 303, 404, 404]
        assert send(client_of(stranger)).status_code == 303


def test_while_the_cache_is_away_a_browser_gets_the_answer_at_once(short: Member) -> None:
    with mock.patch.object(cache, "set", side_effect=ConnectionError):
        answer = send(client_of(short))
    assert answer.status_code == 200
    assert error_summary(read(answer))


def test_back_to_the_form_brings_back_what_was_typed_until_it_is_recorded(short: Member) -> None:
    client = client_of(short)
    send(client)
    page = read(client.get(RECORD))
    assert "This is what you typed. It is not recorded yet" in words(page.main)
    assert form_values(page)["title"] == ["Blood cultures"]
    send(client)
    right = form_values(page) | {"points": "2", "attested": "on"}
    assert client.post(RECORD, right, headers=BROWSER).headers["Location"].startswith("/ccp/activities/")
    assert "Blood cultures" not in client.get(RECORD).text


def test_a_new_form_of_another_program_is_empty(short: Member) -> None:
    client = client_of(short)
    client.post(RECORD, TYPED)
    assert "Blood cultures" not in client.get(RECORD).text


@pytest.mark.parametrize("headers", [BROWSER, {}], ids=["browser", "other program"])
def test_the_switch_of_the_language_brings_back_what_was_typed(short: Member, headers: dict[str, str]) -> None:
    client = client_of(short)
    answer = client.post(RECORD, TYPED, headers=headers, follow=True)
    switch = switch_of(read(answer))
    answer = client.post("/i18n/setlang/", switch | {"language": "es"}, headers=headers, follow=True)
    page = read(answer)
    assert page.html["lang"] == "es-US"
    assert form_values(page)["title"] == ["Blood cultures"]


def test_a_sign_in_in_the_other_language_has_the_address_that_was_typed() -> None:
    client = Client()
    answer = client.post(SIGN_IN, {"login": "ada@example.org", "password": PASSWORD}, headers=BROWSER, follow=True)
    page = read(answer)
    assert error_summary(page)
    assert PASSWORD not in answer.text
    switch = switch_of(page) | {"language": "es"}
    page = read(client.post("/i18n/setlang/", switch, headers=BROWSER, follow=True))
    assert form_values(page)["login"] == ["ada@example.org"]


def test_a_form_of_another_site_is_not_kept(short: Member) -> None:
    client = Client(enforce_csrf_checks=True)
    client.cookies = client_of(short).cookies
    send(client)
    assert "Blood cultures" not in client.get(RECORD).text


@pytest.mark.parametrize(
    ("address", "status", "has_switch"),
    [
        pytest.param("/nothing-here/", 404, True, id="no such page"),
        pytest.param("/ccp/activities/999999/", 404, True, id="no such entry"),
        pytest.param("/admin/", 403, False, id="staff pages are in English"),
    ],
)
def test_error_pages_have_the_switch_of_the_language(
    short: Member, address: str, status: int, has_switch: bool
) -> None:
    client = client_of(short)
    page = read(client.get(address, follow=True), status)
    assert bool(page.select("form.languages button[lang=es]")) is has_switch
    if has_switch:
        answer = client.post("/i18n/setlang/", switch_of(page) | {"language": "es"})
        assert answer.headers["Location"] == address
        assert read(client.get(address), status).html["lang"] == "es-US"


def test_the_page_for_a_form_with_an_old_token_has_the_switch_too() -> None:
    answer = Client(enforce_csrf_checks=True).post(SIGN_IN, {"login": "ada@example.org"})
    assert read(answer, 403).select("form.languages button[lang=es]")
