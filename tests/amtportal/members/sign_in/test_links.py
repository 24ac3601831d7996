"""Three causes of a dead link get three sentences, and a made-up link tells nothing."""

import re

import pytest
from allauth.account.models import EmailAddress
from django.core import mail
from django.test import Client
from time_machine import TimeMachineFixture

from amtportal.members.models import User
from amtportal.members.sign_in import addresses
from tests.support.builders import PASSWORD, client_of, make_member, make_user
from tests.support.mail import links_of, words_of
from tests.support.pages import read, words

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("on_today"), pytest.mark.any_database]
TOO_OLD = "It is too old: a link works for 3 days."
USED = "It was used before, or you have signed in or set a password since it was sent."
NOT_COMPLETE = (
    "It is not complete, or your e-mail address has changed since it was sent. Open the newest mail and copy its "
    "whole link."
)
NEW = {"password1": "nine green umbrellas", "password2": "nine green umbrellas"}
DAY = 24 * 3600


@pytest.fixture(params=[None, PASSWORD], ids=["activation", "new password"])
def ada(request: pytest.FixtureRequest) -> User:
    user = make_user(email="ada@example.org", password=request.param)
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    make_member(user=user)
    return user


def link() -> str:
    """Ask for a link and return it from the mail."""
    Client().post("/accounts/password/reset/", {"email": "ada@example.org"})
    (found,) = links_of(mail.outbox[-1])
    return str(found)


def said(address: str) -> str:
    page = read(Client().get(address, follow=True))
    assert words(page.h1) == "This link no longer works"
    assert page.select_one("a[href='/accounts/password/reset/']")
    return words(page.select_one(".lead"))


def use(address: str) -> None:
    client = Client()
    opened = client.get(address, follow=True)
    assert client.post(opened.request["PATH_INFO"], NEW).status_code == 302


def test_a_link_works_for_three_days_and_then_says_that_it_is_too_old(ada: User, on_today: TimeMachineFixture) -> None:
    late, later = link(), link()
    on_today.shift(3 * DAY)
    use(late)
    on_today.shift(1)
    assert said(later) == TOO_OLD


def test_a_link_that_was_used_says_so_and_so_does_an_earlier_one(ada: User) -> None:
    first, second = link(), link()
    use(second)
    assert said(first) == said(second) == USED


def test_a_link_that_was_sent_to_an_earlier_address_says_that_the_address_changed(ada: User) -> None:
    sent = link()
    User.objects.update(email="ada@elsewhere.example")
    assert said(sent) == NOT_COMPLETE


@pytest.mark.parametrize(
    "change",
    [lambda sent: sent[:60] + sent[70:], lambda sent: sent[:-30] + "/", lambda sent: sent.replace("key/", "key/9")],
)
def test_a_damaged_link_says_so(ada: User, change: object) -> None:
    assert said(change(link())) == NOT_COMPLETE  # type: ignore[operator]


def test_a_made_up_link_says_the_same_whether_or_not_there_is_such_an_account(ada: User) -> None:
    number = re.findall(r"key/([0-9a-z]+)-", link())[0]
    made_up = [
        f"{uid}-{rest}"
        for uid in (number, "zz", "0", "zzzzzzzzzzzzzzzzz")
        for rest in ("aaa-" + "0" * 32, "x", "aaa-b-c", "é-b-c")
    ]
    assert {said(f"/accounts/password/reset/key/{text}/") for text in made_up} == {NOT_COMPLETE}


def test_a_link_of_the_release_before_still_works(ada: User) -> None:
    use(link().rsplit("-", 1)[0] + "/")


def test_a_first_password_is_not_a_changed_one(ada: User) -> None:
    is_first = not ada.has_usable_password()
    client = Client()
    opened = client.get(link(), follow=True)
    text = words(read(client.post(opened.request["PATH_INFO"], NEW, follow=True)).main)
    assert ("Your password is saved." in text, "Your password is changed." in text) == (is_first, not is_first)
    subject = "Your AMT Portal password was set" if is_first else "Your AMT Portal password was reset"
    assert mail.outbox[-1].subject == subject
    assert ("was set" in words_of(mail.outbox[-1])) is is_first


class TestNewAddress:
    @pytest.fixture
    def bea(self) -> User:
        user = make_user(email="bea@example.org", password=PASSWORD)
        make_member(user=user)
        return user

    def said(self, user: User, token: str) -> str:
        page = read(client_of(user).get(f"/accounts/email/{token}/"), 404)
        return words(page.select_one(".lead"))

    def test_each_cause_has_its_sentence(self, bea: User, on_today: TimeMachineFixture) -> None:
        token = addresses.token(bea, "new@example.org")
        for damaged in (token[:-3], "x"):
            assert "It is not complete, your address has changed" in self.said(bea, damaged)
        assert "for an account other than cy@example.org" in self.said(make_user(email="cy@example.org"), token)
        on_today.shift(DAY + 1)
        assert self.said(bea, token) == "It is too old: a link works for 1 day."
        token = addresses.token(bea, "new@example.org")
        assert client_of(bea).post(f"/accounts/email/{token}/").status_code == 302
        bea.refresh_from_db()
        assert self.said(bea, token) == "It was used before: you sign in with new@example.org now."


def test_a_link_that_confirms_an_address_says_why_it_is_dead(on_today: TimeMachineFixture) -> None:
    make_user(email="root@amt.example", password=PASSWORD)
    Client().post("/accounts/login/", {"login": "root@amt.example", "password": PASSWORD})
    (sent,) = links_of(mail.outbox[-1])

    def why(address: str) -> str:
        return words(read(Client().get(address)).select_one(".lead"))

    assert "It is not complete" in why(sent[:-3] + "/")
    Client().post(sent)
    assert "It was used before: the address is confirmed." in why(sent)
    on_today.shift(4 * DAY)
    assert "It is too old: a link works for 3 days." in why(sent)


def test_password_managers_find_the_page_on_which_a_password_is_changed() -> None:
    """W3C, A Well-Known URL for Changing Passwords. Signed out, the page asks for the sign-in first."""
    well_known = "/.well-known/change-password"
    answer = Client().get(well_known)
    assert (answer.status_code, answer.headers["Location"]) == (302, "/accounts/password/change/")
    bea = make_user(email="bea@example.org", password=PASSWORD)
    assert client_of(bea).get(well_known, follow=True).redirect_chain == [("/accounts/password/change/", 302)]
    assert (
        Client().get(well_known, follow=True).redirect_chain[-1][0]
        == "/accounts/login/?next=/accounts/password/change/"
    )
    probe = "/.well-known/resource-that-should-not-exist-whose-status-code-should-not-be-200"
    assert Client().get(probe).status_code == 404


@pytest.mark.parametrize("address", ["/accounts/2fa/totp/activate/", "/accounts/2fa/webauthn/add/", "/accounts/email/"])
def test_nobody_gives_the_password_twice_within_five_minutes(on_today: TimeMachineFixture, address: str) -> None:
    user = make_user(email="bea@example.org", password=PASSWORD)
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    client = Client()
    client.post("/accounts/login/", {"login": user.email, "password": PASSWORD})
    on_today.shift(299)
    assert client.get(address).status_code == 200
    on_today.shift(1)
    assert client.get(address).headers["Location"].startswith("/accounts/reauthenticate/")
    assert client_of(user).get(address).status_code == 302, "a session that names no sign-in is asked"
