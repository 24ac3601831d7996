"""How often something may be asked for.

The limit holds across processes and whatever a visitor claims to be, and it does not last forever.
"""

from datetime import timedelta

import pytest
from django.core.cache import cache
from django.core.management import call_command
from django.test import Client
from pytest_django.fixtures import Settings
from time_machine import TimeMachineFixture

from amtportal.members.models import Member, User
from tests.support.builders import PASSWORD, client_of, cycle_of, make_user
from tests.support.factors import give_app
from tests.support.pages import read, words
from tests.support.threads import at_once

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("on_today")]
SIGN_IN = "/accounts/login/"
RESTS = "Too many failed login attempts"


@pytest.fixture
def shared_cache(settings: Settings, transactional_db: None) -> None:
    """Use the cache in the database, which all processes share."""
    settings.CACHES = settings.CACHES | {
        "default": {"BACKEND": "amtportal.cache.DatabaseCache", "LOCATION": "django_cache"}
    }
    call_command("createcachetable", verbosity=0)
    cache.clear()  # no test empties a table that belongs to no model


def wrong_passwords(email: str, times: int) -> int:
    """Return how many of this many wrong passwords were looked at."""
    answers = [Client().post(SIGN_IN, {"login": email, "password": "wrong blue lanterns"}) for _ in range(times)]
    return sum(RESTS not in answer.text for answer in answers)


def test_several_workers_look_at_no_more_than_two_tries_over_the_limit(shared_cache: None) -> None:
    make_user(email="ada@example.org", password=PASSWORD)
    looked_at = at_once(*[lambda: wrong_passwords("ada@example.org", 5)] * 4)
    assert 1 <= sum(looked_at) <= 5 + 2


def test_the_second_step_is_limited_across_workers_too(shared_cache: None, on_today: TimeMachineFixture) -> None:
    member = make_user(email="ada@example.org", password=PASSWORD)
    member.emailaddress_set.create(email=member.email, verified=True, primary=True)
    give_app(member)
    clients = [Client() for _ in range(4)]
    for client in clients:
        assert client.post(SIGN_IN, {"login": member.email, "password": PASSWORD}).status_code == 302

    def guess(client: Client) -> int:
        answers = [client.post("/accounts/2fa/authenticate/", {"code": f"00000{n}"}) for n in range(4)]
        return sum(RESTS not in answer.text for answer in answers)

    assert 1 <= sum(at_once(*(lambda client=client: guess(client) for client in clients))) <= 5 + 2


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
