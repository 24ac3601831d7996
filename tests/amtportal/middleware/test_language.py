"""The language of a page.

The member chooses it by a switch, and a cookie keeps it. Otherwise the browser asks for it. It is
never left behind for the next request.
"""

from datetime import date
from decimal import Decimal
from io import BytesIO

import pikepdf
import pytest
from bs4 import BeautifulSoup
from django.core.mail import EmailMessage
from django.test import Client
from django.utils import translation
from pytest_django.fixtures import Settings

from amtportal.members.models import Member, User
from tests.support.builders import client_of, cycle_of, invoice_of
from tests.support.mail import words_of
from tests.support.pages import read, record_ce, words

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("on_today"), pytest.mark.any_database]
SWITCH = "/i18n/setlang/"


def page_in(language: str, client: Client, address: str) -> BeautifulSoup:
    return read(client.get(address, headers={"accept-language": language}))


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        pytest.param("es", "es-US", id="Spanish"),
        pytest.param("es-MX,es;q=0.9,en;q=0.8", "es-US", id="Spanish of Mexico"),
        pytest.param("en-GB,en;q=0.9", "en-US", id="English of Britain"),
        pytest.param("fr-FR, es;q=0.5", "es-US", id="the first that the portal speaks"),
        pytest.param("fr", "en-US", id="none that the portal speaks"),
        pytest.param("", "en-US", id="nothing asked"),
    ],
)
def test_the_browser_asks_for_a_language(asked: str, code: str) -> None:
    page = page_in(asked, Client(), "/")
    assert page.html["lang"] == code
    assert (
        words(page.h1)
        == {
            "en-US": "Keep your AMT certification current",
            "es-US": "Mantenga vigente su certificación de AMT",
        }[code]
    )


def test_the_switch_is_kept_and_outweighs_the_browser() -> None:
    client = Client()
    answer = client.post(SWITCH, {"language": "es", "next": "/guide/"})
    assert (answer.status_code, answer.headers["Location"]) == (302, "/guide/")
    assert page_in("en", client, "/").html["lang"] == "es-US"
    client.post(SWITCH, {"language": "en", "next": "/"})
    assert page_in("es", client, "/").html["lang"] == "en-US"


def test_every_page_carries_the_switch_and_leads_back_to_itself(met: Member) -> None:
    for client, address in (
        (Client(), "/accounts/login/?next=/invoices/"),
        (client_of(met), "/ccp/activities/?page=1"),
    ):
        form = read(client.get(address)).select_one("form.languages")
        assert form
        assert form["action"] == SWITCH
        assert form.select_one("[name=next]")["value"] == address
        buttons = {button["value"]: button for button in form.select("button[name=language]")}
        assert {code: (words(button), button["lang"]) for code, button in buttons.items()} == {
            "en": ("English", "en"),
            "es": ("Español", "es"),
        }
        assert [code for code, button in buttons.items() if button.get("aria-current")] == ["en"]


@pytest.mark.parametrize("address", ["/ccp/record/", "/verify/", "/accounts/login/"])
def test_the_switch_of_a_page_that_answers_a_form_leads_to_what_was_typed(met: Member, address: str) -> None:
    client = Client() if address.startswith("/accounts/") else client_of(met)
    assert read(client.get(address)).select_one("form.languages")
    answer = client.post(address, {"title": "Blood cultures"})
    assert read(answer, answer.status_code).select_one("main form")
    led = read(answer, answer.status_code).select_one("form.languages [name=next]")["value"]
    assert led.startswith(f"{address}?answer-shown=")


@pytest.mark.parametrize("address", ["https://evil.example/", "//evil.example/", "javascript:alert(1)"])
def test_the_switch_leads_to_no_other_site(address: str) -> None:
    assert Client().post(SWITCH, {"language": "es", "next": address}).headers["Location"] == "/"


@pytest.mark.parametrize("code", ["fr", "", "../../etc", "es\r\nX: y", "e" * 1000])
def test_a_language_that_the_portal_does_not_speak_changes_nothing(code: str) -> None:
    client = Client()
    assert client.post(SWITCH, {"language": code, "next": "/"}).status_code == 302
    assert page_in("en", client, "/").html["lang"] == "en-US"
    client.cookies["language"] = code.replace("\r\n", "")
    assert page_in("en", client, "/").html["lang"] == "en-US"
    assert page_in("es", client, "/").html["lang"] == "es-US"


def test_the_switch_is_pressed_and_never_followed() -> None:
    """A link does not change the language, because anything that looks ahead may open it."""
    answer = Client().get(f"{SWITCH}?language=es&next=/")
    assert answer.status_code == 405
    assert not answer.cookies


def test_the_cookie_is_kept_for_a_year_from_scripts_and_from_other_sites(settings: Settings) -> None:
    settings.LANGUAGE_COOKIE_SECURE = True  # as the cookie is behind https
    cookie = Client().post(SWITCH, {"language": "es", "next": "/"}).cookies["language"]
    assert cookie["httponly"]
    assert cookie["secure"]
    assert (cookie["samesite"], cookie["path"], cookie["max-age"]) == ("Lax", "/", 365 * 24 * 3600)


def test_a_cache_keeps_the_languages_apart() -> None:
    for address in ("/", "/guide/", "/nothing/here/"):
        answer = Client().get(address, headers={"accept-language": "es"})
        assert {"Accept-Language", "Cookie"} <= set(answer.headers["Vary"].split(", "))
        assert answer.headers["Content-Language"] == "es"


def test_one_readers_language_ends_with_the_request() -> None:
    before = translation.get_language()
    page_in("es", Client(), "/")
    assert translation.get_language() == before


@pytest.mark.parametrize("name", ["transcript", "invoice"])
def test_documents_are_in_english_and_the_same_to_every_reader(met: Member, name: str) -> None:
    cycle = cycle_of(met)
    address = {"transcript": f"/ccp/transcript/{cycle.pk}.pdf", "invoice": f"/invoices/{invoice_of(cycle).pk}.pdf"}[
        name
    ]
    client = client_of(met)
    answers = [client.get(address, headers={"accept-language": code}) for code in ("es", "en")]
    assert answers[0].content == answers[1].content
    with pikepdf.open(BytesIO(answers[0].content)) as opened:
        assert opened.Root.Lang == "en-US"
    assert "Content-Language" not in answers[0].headers


def test_staff_pages_are_in_english(staff: User) -> None:
    page = page_in("es", client_of(staff), "/admin/")
    assert page.html["lang"].startswith("en")
    assert "All records" in words(page)


@pytest.mark.parametrize("address", ["/nothing/here/", "/ccp/activities/999999/"])
def test_error_pages_are_in_the_readers_language(met: Member, address: str) -> None:
    answer = client_of(met).get(address, headers={"accept-language": "es"})
    assert read(answer, 404).html["lang"] == "es-US"


def test_the_page_for_what_went_wrong_is_in_the_readers_language(met: Member, monkeypatch: pytest.MonkeyPatch) -> None:
    """The page is rendered without a request, so its language is that of the thread."""
    monkeypatch.setattr("amtportal.views.home.standing.caught_up", lambda *args, **kwargs: 1 / 0)
    client = Client(raise_request_exception=False)
    client.force_login(met.user)
    page = read(client.get("/", headers={"accept-language": "es"}), 500)
    assert page.html["lang"] == "es-US"
    assert words(page.select_one(".button")) == "Ir a la página de inicio"


def test_what_is_recorded_on_a_spanish_page_is_recorded_all_the_same(new: Member) -> None:
    """Typed days have their month first, and numbers their decimal point.

    The statement is kept as it was shown.
    """
    client = client_of(new)
    client.cookies["language"] = "es"
    assert record_ce(client, starts_on="3/1/2026", ends_on="3/2/2026", points="1.5").status_code == 302
    entry = new.activities.get()
    assert (entry.starts_on, entry.ends_on, entry.points) == (date(2026, 3, 1), date(2026, 3, 2), Decimal("1.5"))
    assert entry.attestation.startswith("Doy fe de que")
    amend = read(client.get(f"/ccp/activities/{entry.pk}/amend/"))
    assert amend.select_one("[name=starts_on]")["value"] == "3/1/2026"


def test_a_mail_is_in_the_language_of_the_page_that_asked_for_it(met: Member, mailoutbox: list[EmailMessage]) -> None:
    for code, subject in (("es", "Active su cuenta de AMT Portal"), ("en", "Activate your AMT Portal account")):
        Client().post("/accounts/activate/", {"email": met.user.email}, headers={"accept-language": code})
        assert mailoutbox[-1].subject == subject
    assert "Abra este enlace para elegir su contraseña" in words_of(mailoutbox[0])
