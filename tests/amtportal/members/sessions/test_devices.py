"""Which browsers are known.

A sign-in from another browser is reported, and guessing from elsewhere shuts nobody out.
"""

import pytest
from allauth.account.models import EmailAddress
from django.core import mail
from django.test import Client, RequestFactory
from django.utils import timezone
from pytest_django.fixtures import Settings

from amtportal.members.models import OutgoingMail, User
from amtportal.members.sessions import devices
from ccp.notices import preferences
from tests.support.builders import PASSWORD, make_member, make_user
from tests.support.factors import code, give_app
from tests.support.mail import links_of, words_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("on_today"), pytest.mark.any_database]
SIGN_IN = "/accounts/login/"
FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0"
TOLD = "You signed in from a new browser"


@pytest.fixture
def ada() -> User:
    """Return a member who has signed in before, elsewhere."""
    user = activated("ada@example.org")
    sign_in(Client(), user)
    return user


def activated(email: str) -> User:
    user = make_user(email=email, password=PASSWORD)
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    return user


def sign_in(client: Client, user: User, password: str = PASSWORD, **headers: str) -> int:
    return client.post(SIGN_IN, {"login": user.email, "password": password}, headers=headers).status_code


def sign_out(client: Client) -> None:
    client.post("/accounts/logout/")


def told() -> list[tuple[list[str], str]]:
    return [(sent.to, sent.subject) for sent in mail.outbox]


def test_a_sign_in_from_a_new_browser_is_told_once(ada: User) -> None:
    client = Client(headers={"user-agent": FIREFOX})
    sign_in(client, ada)
    assert told() == [(["ada@example.org"], TOLD)]
    text = words_of(mail.outbox[0])
    for words in (
        "not used for it before: Firefox on Windows.",
        "Browser: Firefox on Windows IP address: 127.0.0.1",
        "reset your password at once",
        "847-823",
    ):
        assert words in text
    sign_out(client)
    sign_in(client, ada)
    assert len(mail.outbox) == 1


def test_the_first_sign_in_of_an_account_is_not_told() -> None:
    client, user = Client(), activated("nora@example.org")
    sign_in(client, user)
    assert mail.outbox == []
    assert devices.COOKIE in client.cookies


def test_a_refused_sign_in_is_not_told_and_makes_no_browser_known(ada: User) -> None:
    client = Client()
    sign_in(client, ada, "wrong blue lanterns")
    assert mail.outbox == []
    assert devices.COOKIE not in client.cookies


def test_with_a_second_factor_it_is_told_after_the_second_step(ada: User) -> None:
    give_app(ada)
    client = Client()
    sign_in(client, ada)
    assert mail.outbox == []
    client.post("/accounts/2fa/authenticate/", {"code": code()})
    assert told() == [(["ada@example.org"], TOLD)]


def test_it_is_written_in_the_language_of_the_owner_not_of_whoever_signs_in(ada: User) -> None:
    known = Client()
    sign_in(known, ada)
    sign_out(known)
    sign_in(known, ada, **{"accept-language": "es"})
    mail.outbox.clear()
    sign_in(Client(), ada, **{"accept-language": "en"})
    (sent,) = mail.outbox
    assert sent.subject == "Usted inició sesión desde un navegador nuevo"
    assert "Hola" in words_of(sent)


def test_it_is_written_in_the_language_that_the_member_chose_for_mail(ada: User) -> None:
    preferences.choose(member=make_member(user=ada), language="es", wanted=[], by=ada, at=timezone.now())
    sign_in(Client(), ada, **{"accept-language": "en"})
    assert mail.outbox[0].subject == "Usted inició sesión desde un navegador nuevo"


def test_it_waits_in_the_outbox_until_after_the_response(ada: User, settings: Settings) -> None:
    settings.EMAIL_BACKEND = "amtportal.members.mail.outbox.Backend"
    sign_in(Client(), ada)
    assert OutgoingMail.objects.get().recipients == ["ada@example.org"]


def test_five_people_share_a_browser_and_the_sixth_takes_the_place_of_the_first() -> None:
    people, client = [activated(f"p{number}@example.org") for number in range(6)], Client()
    for person in people:
        sign_in(Client(), person)  # each of them has signed in before
        sign_in(client, person)
        sign_out(client)
    mail.outbox.clear()
    for person in people[1:]:
        sign_in(client, person)
        sign_out(client)
    assert mail.outbox == []
    sign_in(client, people[0])
    assert told() == [(["p0@example.org"], TOLD)]


def test_the_cookie_tells_nobody_who_was_here_and_no_script_reads_it(ada: User) -> None:
    client = Client()
    sign_in(client, ada)
    cookie = client.cookies[devices.COOKIE]
    assert "ada" not in cookie.value
    assert (cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, "Lax", "/")


@pytest.mark.parametrize("value", ["", ".", "x", "x." * 5000, "é", devices.mark("bea@example.org")])
def test_a_cookie_that_was_made_up_makes_no_browser_known(value: str) -> None:
    request = RequestFactory().get("/")
    request.COOKIES[devices.COOKIE] = value
    assert not devices.is_known(request, "ada@example.org")
    assert devices.is_known(request, "bea@example.org") is (value == devices.mark("bea@example.org"))


def test_whoever_guesses_from_elsewhere_does_not_keep_the_owner_out_of_a_known_browser(ada: User) -> None:
    known, elsewhere = Client(), Client()
    sign_in(known, ada)
    sign_out(known)
    for _ in range(6):
        sign_in(Client(), ada, "wrong blue lanterns")
    assert sign_in(elsewhere, ada) == 200, "from elsewhere the account rests"
    assert sign_in(known, ada) == 302


def test_a_known_browser_has_no_more_tries_than_others(ada: User) -> None:
    known = Client()
    sign_in(known, ada)
    sign_out(known)
    for _ in range(5):
        sign_in(known, ada, "wrong blue lanterns")
    assert sign_in(known, ada) == 200


def test_a_new_password_by_mail_lets_the_owner_in_elsewhere_too(ada: User) -> None:
    for _ in range(6):
        sign_in(Client(), ada, "wrong blue lanterns")
    elsewhere = Client()
    assert sign_in(elsewhere, ada) == 200
    elsewhere.post("/accounts/password/reset/", {"email": ada.email})
    link = links_of(mail.outbox[-1])[0]
    opened = elsewhere.get(link, follow=True)
    new = "nine green umbrellas"
    assert elsewhere.post(opened.request["PATH_INFO"], {"password1": new, "password2": new}).status_code == 302
    assert sign_in(elsewhere, ada, new) == 302
