"""From a mailed link to Home in one page: a password typed once, or a passkey."""

import json
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.mfa.webauthn.internal import auth
from bs4 import BeautifulSoup
from django.core import mail
from django.test import Client

from amtportal.members.factors import passkey_alone, second_factor
from amtportal.members.models import User
from tests.support.builders import PASSWORD, client_of, make_member, make_user
from tests.support.factors import give_app
from tests.support.mail import links_of
from tests.support.pages import error_summary, read, words

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("on_today")]
CREDENTIAL = {"id": "x", "clientExtensionResults": {"credProps": {"rk": True}}}
STRENGTH = "/accounts/password/strength/"


@pytest.fixture
def ada() -> User:
    user = make_user(email="ada@example.org")
    make_member(user=user)
    return user


@pytest.fixture
def device(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every credential be one that a device made for the challenge."""
    monkeypatch.setattr(auth, "parse_registration_response", lambda credential: credential)
    monkeypatch.setattr(auth, "complete_registration", lambda credential: credential)
    monkeypatch.setattr(auth, "get_credentials", lambda user: [])


def opened(client: Client, email: str = "ada@example.org") -> tuple[str, BeautifulSoup]:
    """Ask for a link and open it. Return where it leads, with the page."""
    Client().post("/accounts/password/reset/", {"email": email})
    answer = client.get(links_of(mail.outbox[-1])[0], follow=True)
    return answer.request["PATH_INFO"], read(answer)


def home_of(client: Client) -> bool:
    return client.get("/certifications/").status_code == 200


def use_passkey(client: Client, address: str, **changes: Any) -> Any:
    return client.post(address, {"credential": json.dumps({**CREDENTIAL, **changes})}, follow=True)


def give_passkey(user: User) -> Authenticator:
    return Authenticator.objects.create(user=user, type="webauthn", data={"name": "Phone", "credential": CREDENTIAL})


def test_from_the_link_to_home_it_is_one_page_and_one_field(ada: User) -> None:
    client = Client()
    address, page = opened(client)
    asked = page.select("main form:first-of-type input:not([type=hidden]):not([hidden])")
    assert [field["name"] for field in asked] == ["password1"]
    answer = client.post(address, {"password1": PASSWORD}, follow=True)
    assert answer.redirect_chain == [("/", 302)]
    assert "Your password is saved." in words(read(answer).main)
    assert home_of(client)
    assert EmailAddress.objects.get(user=ada).verified


def test_a_second_factor_is_asked_for_before_home(ada: User) -> None:
    ada.set_password(PASSWORD)
    ada.save()
    give_app(ada)
    client = Client()
    address, page = opened(client)
    assert not page.select("[data-passkey]"), "a link by mail alone does not pass a second factor"
    answer = client.post(address, {"password1": "nine green umbrellas"})
    assert answer.headers["Location"] == "/accounts/2fa/authenticate/"
    assert not home_of(client)


def test_who_is_signed_in_elsewhere_is_signed_out_and_a_new_session_begins(ada: User) -> None:
    ada.set_password(PASSWORD)
    ada.save()
    elsewhere, here = client_of(ada), client_of(ada)
    before = here.session.session_key
    address, _page = opened(here)
    here.post(address, {"password1": "nine green umbrellas"})
    assert (home_of(here), home_of(elsewhere)) == (True, False)
    assert here.session.session_key != before


@pytest.mark.usefixtures("device")
class TestAPasskeyAtOnce:
    def test_it_leads_home_and_is_told(self, ada: User) -> None:
        client = Client()
        address, page = opened(client)
        options = json.loads(page.select_one("[data-passkey=signup]")["data-options"])["creation_options"]
        chosen = options["publicKey"]["authenticatorSelection"]
        assert (chosen["residentKey"], chosen["userVerification"]) == ("required", "required")
        answer = use_passkey(client, address)
        assert answer.redirect_chain == [("/", 302)]
        assert home_of(client)
        ada.refresh_from_db()
        assert not ada.has_usable_password()
        assert EmailAddress.objects.get(user=ada).verified
        assert mail.outbox[-1].subject == "A passkey was added"
        assert words(read(client.get(address)).h1) == "This link no longer works"

    def test_one_that_the_device_does_not_keep_is_refused(self, ada: User) -> None:
        client = Client()
        address, _page = opened(client)
        answer = use_passkey(client, address, clientExtensionResults={"credProps": {"rk": False}})
        assert "The passkey was not created." in words(read(answer).main)
        assert not Authenticator.objects.exists()
        assert client.post(address, {"password1": PASSWORD}).headers["Location"] == "/"

    def test_what_no_device_sent_is_refused(self, ada: User, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.undo()
        client = Client()
        address, _page = opened(client)
        for sent in ("", "[]", "7", json.dumps(CREDENTIAL)):
            assert client.post(address, {"credential": sent}).status_code == 200
        assert not Authenticator.objects.exists()

    def test_a_lost_one_is_left_behind_by_a_link_and_a_password(self, ada: User) -> None:
        give_passkey(ada)
        elsewhere, client = client_of(ada), Client()
        address, page = opened(client)
        assert mail.outbox[-1].subject == "Reset your AMT Portal password"
        assert "the passkeys that you had stop working" in words(page.main)
        assert error_summary(read(client.post(address, {"password1": "vK4q.zP9wB"}))), "it stands alone: 15 characters"
        assert client.post(address, {"password1": PASSWORD}).headers["Location"] == "/"
        assert (home_of(client), home_of(elsewhere)) == (True, False)
        assert not Authenticator.objects.exists()
        assert {"A passkey was removed", "Your AMT Portal password was set"} <= {sent.subject for sent in mail.outbox}

    def test_a_lost_one_is_left_behind_by_a_link_and_another_passkey(self, ada: User) -> None:
        old = give_passkey(ada)
        client = Client()
        address, _page = opened(client)
        assert use_passkey(client, address).redirect_chain == [("/", 302)]
        assert Authenticator.objects.get().pk != old.pk

    def test_no_link_puts_one_beside_a_password_or_an_app_or_into_a_staff_account(self, ada: User) -> None:
        boss = make_user(email="boss@amt.example", is_staff=True)
        app = make_user(email="app@example.org")
        give_app(app)
        ada.set_password(PASSWORD)
        ada.save()
        for user in (boss, app, ada):
            assert not passkey_alone.may_begin(user)
            client = Client()
            address, page = opened(client, user.email)
            assert not page.select("[data-passkey]")
            use_passkey(client, address)
        assert not Authenticator.objects.filter(type="webauthn").exists()

    def test_the_only_way_in_cannot_be_removed(self, ada: User) -> None:
        phone = give_passkey(ada)
        assert not second_factor.may_remove(phone)
        give_app(ada)
        assert not second_factor.may_remove(phone), "an app opens nothing without a password"
        give_passkey(ada)
        assert second_factor.may_remove(phone)


class TestStrength:
    def test_it_is_said_to_whoever_opened_a_link(self, ada: User) -> None:
        client = Client()
        _address, page = opened(client)
        tools = page.select_one("[data-new-password-tools]")
        assert tools["data-address"] == STRENGTH

        def said(password: str) -> Any:
            return client.post(STRENGTH, {"password": password, "account": tools["data-account"]}).json()

        assert said("ada@example.org ada")["words"].startswith("This password is too easy to guess. It is made from")
        assert said(PASSWORD) == {"good": True, "words": "Good: this is hard to guess."}
        assert said("short")["words"] == "Use at least 15 characters. Yours has 5."

    def test_it_is_said_to_whoever_is_signed_in(self, ada: User) -> None:
        assert client_of(ada).post(STRENGTH, {"password": PASSWORD}).json()["good"]

    def test_nobody_else_is_answered(self, ada: User) -> None:
        for account in ("", str(ada.pk), "zz", "é"):
            assert Client().post(STRENGTH, {"password": PASSWORD, "account": account}).status_code == 404
        client = Client()
        opened(client)
        other = make_user()
        assert client.post(STRENGTH, {"password": PASSWORD, "account": f"{other.pk:x}"}).status_code == 404
        assert client_of(ada).get(STRENGTH).status_code == 405
