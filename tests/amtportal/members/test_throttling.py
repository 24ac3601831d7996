"""How often something may be asked for.

The limit holds across processes and whatever a visitor claims to be, and it does not last forever.
"""

from datetime import timedelta
from typing import Any

import pytest
from allauth.account.auth_backends import AuthenticationBackend
from django.core import mail
from django.db import connection
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext
from pytest_django.fixtures import Settings
from time_machine import TimeMachineFixture

from amtportal.history.models import SecurityEvent
from amtportal.members import limits
from amtportal.members.models import Member, User
from tests.support.builders import PASSWORD, client_of, cycle_of, make_user
from tests.support.factors import code, give_app
from tests.support.mail import links_of, words_of
from tests.support.pages import read, words
from tests.support.threads import at_once

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("on_today")]
SIGN_IN = "/accounts/login/"
RESTS = "Too many sign-ins have failed"
CLOSED = "So many sign-ins have failed that the password no longer works."


def activated(email: str, **fields: Any) -> User:
    user = make_user(email=email, password=PASSWORD, **fields)
    user.emailaddress_set.create(email=email, verified=True, primary=True)
    return user


def without_tokens(text: str) -> list[str]:
    return [line for line in text.splitlines() if "csrfmiddlewaretoken" not in line and "answer-shown=" not in line]


def wrong_passwords(email: str, times: int) -> int:
    """Return how many of this many wrong passwords were looked at."""
    answers = [Client().post(SIGN_IN, {"login": email, "password": "wrong blue lanterns"}) for _ in range(times)]
    return sum(RESTS not in answer.text for answer in answers)


@pytest.mark.django_db(transaction=True)
def test_several_workers_look_at_no_more_tries_than_the_limit() -> None:
    make_user(email="ada@example.org", password=PASSWORD)
    looked_at = at_once(*[lambda: wrong_passwords("ada@example.org", 5)] * 4)
    assert sum(looked_at) == 5


@pytest.mark.django_db(transaction=True)
def test_the_second_step_is_limited_across_workers_too() -> None:
    member = make_user(email="ada@example.org", password=PASSWORD)
    member.emailaddress_set.create(email=member.email, verified=True, primary=True)
    give_app(member)
    clients = [Client() for _ in range(4)]
    for client in clients:
        assert client.post(SIGN_IN, {"login": member.email, "password": PASSWORD}).status_code == 302

    def guess(client: Client) -> int:
        answers = [client.post("/accounts/2fa/authenticate/", {"code": f"00000{n}"}) for n in range(4)]
        return sum("Too many codes were refused" not in answer.text for answer in answers)

    assert sum(at_once(*(lambda client=client: guess(client) for client in clients))) == 5


@pytest.mark.django_db(transaction=True)
def test_right_sign_ins_from_one_address_do_not_refuse_each_other() -> None:
    """Twelve people of one hospital, and one of them in twelve browsers, all at the same moment."""
    people = [activated(f"p{number}@example.org") for number in range(12)]

    def sign_in(user: User) -> int:
        return Client().post(SIGN_IN, {"login": user.email, "password": PASSWORD}).status_code

    people += [people[0]] * 12
    assert at_once(*(lambda user=user: sign_in(user) for user in people)) == [302] * 24


def test_a_right_password_counts_as_no_failure() -> None:
    user = activated("ada@example.org")
    for _ in range(8):
        assert Client().post(SIGN_IN, {"login": user.email, "password": PASSWORD}).status_code == 302
    assert wrong_passwords(user.email, 6) == 5


@pytest.mark.django_db(transaction=True)
def test_a_right_guess_among_many_at_once_does_not_pass_when_the_others_fill_the_limit(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The right one is checked while five others fail, which the first look could not know."""
    user = activated("ada@example.org")
    checked = AuthenticationBackend.authenticate

    def slow(self: Any, request: Any, **credentials: Any) -> Any:
        found = checked(self, request, **credentials)
        if credentials["password"] == PASSWORD:
            assert wrong_passwords(user.email, 5) == 5
        return found

    monkeypatch.setattr(AuthenticationBackend, "authenticate", slow)
    answer = Client().post(SIGN_IN, {"login": user.email, "password": PASSWORD})
    assert answer.status_code == 200
    assert RESTS in answer.text


def fail(email: str, times: int, on_today: TimeMachineFixture, client: Client | None = None) -> list[str]:
    """Let this many wrong passwords be looked at, at the pace that the limits allow."""
    texts = []
    for number in range(times):
        if number % 5 == 0:
            on_today.shift(timedelta(minutes=5))
        answer = (client or Client()).post(SIGN_IN, {"login": email, "password": "wrong blue lanterns"})
        texts.append(answer.text)
        assert RESTS not in answer.text
    return texts


def test_after_a_hundred_failures_in_a_row_the_way_in_is_the_link_by_mail(on_today: TimeMachineFixture) -> None:
    """NIST SP 800-63B-4: no more than 100. An address without an account gets the same answers."""
    user = activated("ada@example.org")
    known = Client()
    known.post(SIGN_IN, {"login": user.email, "password": PASSWORD})
    known.post("/accounts/logout/")
    assert CLOSED not in "".join(fail(user.email, 100, on_today))
    assert CLOSED not in "".join(fail("nobody@example.org", 100, on_today))
    on_today.shift(timedelta(days=30))
    right, unknown = (
        Client().post(SIGN_IN, {"login": email, "password": PASSWORD}).text
        for email in (user.email, "nobody@example.org")
    )
    assert CLOSED in right
    assert without_tokens(right.replace(user.email, "nobody@example.org")) == without_tokens(unknown)
    assert CLOSED in known.post(SIGN_IN, {"login": user.email, "password": PASSWORD}).text, "in a known browser too"

    mail.outbox.clear()
    Client().post("/accounts/password/reset/", {"email": user.email})
    (link,) = links_of(mail.outbox[0])
    owner = Client()
    chosen = {"password1": "nine green umbrellas"}
    assert owner.post(owner.get(link, follow=True).request["PATH_INFO"], chosen).status_code == 302
    for browser in (Client(), known):
        answer = browser.post(SIGN_IN, {"login": user.email, "password": "nine green umbrellas"})
        assert answer.status_code == 302


def test_a_right_password_ends_the_row_of_failures(on_today: TimeMachineFixture) -> None:
    user = activated("ada@example.org")
    fail(user.email, 99, on_today)
    on_today.shift(timedelta(minutes=5))
    assert Client().post(SIGN_IN, {"login": user.email, "password": PASSWORD}).status_code == 302
    fail(user.email, 99, on_today)
    on_today.shift(timedelta(minutes=5))
    assert Client().post(SIGN_IN, {"login": user.email, "password": PASSWORD}).status_code == 302


def test_the_current_password_cannot_be_guessed_in_an_open_browser(on_today: TimeMachineFixture) -> None:
    user = activated("ada@example.org")
    client, new = client_of(user), {"password1": "nine green umbrellas"}
    for number in range(5):
        answer = client.post("/accounts/password/change/", new | {"oldpassword": f"wrong {number}"})
        assert "This is not your current password" in answer.text
        on_today.shift(30)
    assert RESTS in client.post("/accounts/password/change/", new | {"oldpassword": PASSWORD}).text


def refused_codes(client: Client, times: int, on_today: TimeMachineFixture) -> list[str]:
    texts = []
    for number in range(times):
        if number % 5 == 0:
            on_today.shift(timedelta(minutes=5))
        texts.append(client.post("/accounts/2fa/authenticate/", {"code": "000000"}).text)
    return texts


def test_the_owner_is_told_of_ten_refused_codes_behind_a_right_password(on_today: TimeMachineFixture) -> None:
    user = activated("ada@example.org", language="es")
    give_app(user)
    client = Client()
    client.post(SIGN_IN, {"login": user.email, "password": PASSWORD})
    refused_codes(client, 9, on_today)
    assert mail.outbox == []
    refused_codes(client, 6, on_today)
    (told,) = mail.outbox
    assert told.to == [user.email]
    assert told.subject == "Alguien tiene su contraseña e intentó iniciar sesión"
    assert "10 códigos" in words_of(told)


def test_an_accepted_code_ends_the_row_of_refused_ones(on_today: TimeMachineFixture) -> None:
    user = activated("ada@example.org")
    give_app(user)
    for _ in range(2):
        client = Client()
        client.post(SIGN_IN, {"login": user.email, "password": PASSWORD})
        refused_codes(client, 9, on_today)
        on_today.shift(timedelta(minutes=5))
        assert client.post("/accounts/2fa/authenticate/", {"code": code()}).status_code == 302
    assert "Somebody has your password and tried to sign in" not in [sent.subject for sent in mail.outbox]


def test_a_right_password_without_the_code_does_not_end_the_row_of_failures(on_today: TimeMachineFixture) -> None:
    """Whoever knows the password may not try codes for ever by signing in again and again."""
    user = activated("ada@example.org")
    give_app(user)
    for _ in range(20):
        client = Client()
        assert client.post(SIGN_IN, {"login": user.email, "password": PASSWORD}).status_code == 302
        refused_codes(client, 5, on_today)
    on_today.shift(timedelta(minutes=5))
    assert CLOSED in client.post("/accounts/2fa/authenticate/", {"code": code()}).text
    assert CLOSED in Client().post(SIGN_IN, {"login": user.email, "password": PASSWORD}).text


def test_the_name_by_which_the_portal_is_asked_does_not_go_around_the_limit() -> None:
    """Neither a port nor the case of a letter makes it another account."""
    make_user(email="ada@example.org", password=PASSWORD)
    looked_at = 0
    for host in ("testserver", "testserver:4001", "testserver:4002", "testserver.", "Testserver", "TESTSERVER:4001"):
        answer = Client(HTTP_HOST=host).post(SIGN_IN, {"login": "ada@example.org", "password": "wrong blue lanterns"})
        looked_at += answer.status_code == 200 and RESTS not in answer.text
    assert looked_at == 5


def test_a_spelling_of_the_address_does_not_go_around_the_limit() -> None:
    make_user(email="ada@example.org", password=PASSWORD)
    for spelling in ("ada@example.org", "Ada@example.org", " ada@example.org", "ADA@EXAMPLE.ORG", "ada@Example.org "):
        assert wrong_passwords(spelling, 1) == 1
    assert wrong_passwords("aDa@example.org", 1) == 0


def test_an_account_rests_for_five_minutes_and_no_longer(on_today: TimeMachineFixture) -> None:
    make_user(email="ada@example.org", password=PASSWORD)
    assert wrong_passwords("ada@example.org", 8) <= 10
    on_today.shift(timedelta(minutes=5))
    answer = Client().post(SIGN_IN, {"login": "ada@example.org", "password": PASSWORD})
    assert answer.status_code == 302


@pytest.mark.parametrize(
    ("proxies", "claims"), [(0, "{n}"), (1, "{n}, 203.0.113.9"), (2, "{n}, 203.0.113.9, 10.0.0.1")]
)
def test_a_claimed_address_does_not_go_around_the_limit(settings: Settings, proxies: int, claims: str) -> None:
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = proxies
    answers = [
        Client(headers={"x-forwarded-for": claims.format(n=f"198.51.100.{n}")}).get("/verify/?code=7KQ2").status_code
        for n in range(61)
    ]
    assert answers[59] == 400
    assert answers[60] == 429


def test_behind_a_proxy_one_visitor_does_not_use_up_the_measure_of_another(settings: Settings) -> None:
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1
    for _ in range(61):
        last = Client(headers={"x-forwarded-for": "203.0.113.9"}).get("/verify/?code=7KQ2")
    assert last.status_code == 429
    assert Client(headers={"x-forwarded-for": "203.0.113.8"}).get("/verify/?code=7KQ2").status_code == 400


def test_pdfs_are_laid_out_thirty_times_a_minute_for_each_person(
    settings: Settings, met: Member, stranger: Member, on_today: TimeMachineFixture
) -> None:
    settings.ACCOUNT_RATE_LIMITS = settings.ACCOUNT_RATE_LIMITS | {"pdf": "3/m/user"}
    client, address = client_of(met), f"/ccp/transcript/{cycle_of(met).pk}.pdf"
    assert [client.get(address).status_code for _ in range(4)] == [200, 200, 200, 429]
    page = read(client.get("/ccp/transcript/all.pdf"), 429)
    assert "Wait a few minutes" in words(page.main)
    assert client_of(stranger).get("/ccp/transcript/all.pdf").status_code == 200
    on_today.shift(61)
    assert client.get(address).status_code == 200


def test_imports_are_limited_for_each_of_staff(settings: Settings) -> None:
    settings.ACCOUNT_RATE_LIMITS = settings.ACCOUNT_RATE_LIMITS | {"import": "2/m/user"}
    root: User = make_user(is_staff=True, is_superuser=True)
    client, address = client_of(root), "/admin/certifications/certification/import/"
    assert [client.post(address, {}).status_code for _ in range(3)] == [200, 200, 429]
    assert client.get(address).status_code == 200, "to look at the page costs nothing"


def test_a_limited_request_takes_one_statement_for_each_limit(settings: Settings) -> None:
    request = RequestFactory().post("/")
    request.user = make_user()
    for action, rates in settings.ACCOUNT_RATE_LIMITS.items():
        with CaptureQueriesContext(connection) as asked:
            assert limits.consume(request, app="allauth.account", action=action, key="one", user=request.user)
        assert len(asked) == len(rates.split(",")), action


def test_who_goes_on_above_a_limit_takes_one_statement_more_and_adds_one_event() -> None:
    request, user = RequestFactory().get("/verify/"), make_user()
    for statements in (2, 1, 1):
        with CaptureQueriesContext(connection) as asked:
            limits.note_reached(request, "verify", user=user)
        assert len(asked) == statements
    assert SecurityEvent.objects.get().detail == "verify"
