"""The second factor: its setup, when it is asked for, and that staff must have it.

A code is accepted once, and the secrets are unreadable in the database.
"""

import json

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from cryptography.fernet import InvalidToken
from django.core import mail
from django.core.cache import cache
from django.core.management import call_command
from django.db import connection
from django.test import Client
from pytest_django.fixtures import Settings
from time_machine import TimeMachineFixture

from amtportal.members import vault
from amtportal.members.models import User
from tests.support.builders import PASSWORD, client_of, make_cycle, make_member, make_user
from tests.support.factors import SECRET, code, confirm, give_app, make_careful
from tests.support.mail import links_of, words_of
from tests.support.pages import error_summary, read, words
from tests.support.threads import at_once

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("on_today")]
SECURITY, APP, CODES = "/accounts/2fa/", "/accounts/2fa/totp/activate/", "/accounts/2fa/recovery-codes/"
SECOND, AGAIN = "/accounts/2fa/authenticate/", "/accounts/2fa/reauthenticate/"


def with_address(user: User) -> User:
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    return user


@pytest.fixture
def ada() -> User:
    """Return a member whose account is activated."""
    user = with_address(make_user(email="ada@example.org", password=PASSWORD))
    make_cycle(make_member(user=user))
    return user


@pytest.fixture
def boss(settings: Settings) -> User:
    """Return staff, in a portal where staff need a second factor."""
    settings.MFA_REQUIRED_FOR_STAFF = True
    return with_address(make_user(email="boss@amt.example", password=PASSWORD, is_staff=True, is_superuser=True))


def sign_in(client: Client, user: User) -> str:
    """Give the address and the password, and return where that leads."""
    return client.post("/accounts/login/", {"login": user.email, "password": PASSWORD}).headers["Location"]


def set_up_app(client: Client) -> str:
    """Set up the app as its page says, and return the secret."""
    confirm(client, PASSWORD)
    page = read(client.get(APP))
    secret = page.select_one("[data-name=app-key]").get_text(strip=True).replace(" ", "")
    assert client.post(APP, {"code": code(secret)}).headers["Location"] == CODES
    return secret


# For members


@pytest.mark.parametrize(
    ("language", "ways"),
    [
        ("en", {"Use a code", "Use my passkey"}),
        ("es", {"Usar un código", "Usar mi llave de acceso"}),
    ],
)
def test_other_ways_to_confirm_are_named_in_the_words_of_the_portal(language: str, ways: set[str]) -> None:
    client = client_of(make_careful())
    page = read(client.get("/accounts/reauthenticate/", headers={"accept-language": language}))
    assert {words(way) for way in page.select("section[aria-labelledby=other-ways] a")} == ways


def test_the_step_that_comes_back_has_one_focus_only(ada: User) -> None:
    give_app(ada)
    client = Client()
    sign_in(client, ada)
    assert [field["name"] for field in read(client.get(SECOND)).select("[autofocus]")] == ["code"]
    assert [part["role"] for part in read(client.post(SECOND, {"code": ""})).select("[autofocus]")] == ["alert"]


@pytest.mark.django_db(transaction=True)
def test_a_member_sets_up_an_app_and_reads_the_recovery_codes(ada: User) -> None:
    client = client_of(ada)
    set_up_app(client)
    codes = [words(item) for item in read(client.get(CODES)).select("[data-name=recovery-codes] li")]
    assert len(set(codes)) == 10
    page = read(client.get(SECURITY))
    assert words(page.select_one("[data-name=app]")) == "An app is set up."
    assert words(page.select_one("[data-name=recovery-codes]")) == "You have 10 codes left."
    assert [sent.subject for sent in mail.outbox] == ["An authenticator app was set up"]


def test_the_code_that_set_up_the_app_signs_nobody_in(ada: User, on_today: TimeMachineFixture) -> None:
    """Somebody who looked over the member's shoulder has the code, too."""
    secret = set_up_app(client_of(ada))
    elsewhere = Client()
    assert sign_in(elsewhere, ada) == SECOND
    assert "try the next one" in words(read(elsewhere.post(SECOND, {"code": code(secret)})).main)
    assert elsewhere.post(SECOND, {"code": code(secret, steps=1)}).status_code == 302


def test_nothing_is_changed_before_the_password_is_given_once_more(ada: User) -> None:
    client = client_of(ada)
    give_app(ada)
    for address in (
        APP.replace("activate", "deactivate"),
        CODES,
        f"{CODES}generate/",
        f"{CODES}download/",
        "/accounts/2fa/webauthn/add/",
    ):
        assert client.get(address).headers["Location"].startswith("/accounts/reauthenticate/"), address
    client.post(APP.replace("activate", "deactivate"))
    assert Authenticator.objects.filter(type="totp").exists()


def test_the_confirmation_holds_for_five_minutes(ada: User, on_today: TimeMachineFixture) -> None:
    client = client_of(ada)
    confirm(client, PASSWORD)
    on_today.shift(299)
    assert client.get(APP).status_code == 200
    on_today.shift(1)
    assert client.get(APP).headers["Location"].startswith("/accounts/reauthenticate/")


def test_with_an_app_the_password_alone_signs_nobody_in(ada: User) -> None:
    give_app(ada)
    client = Client()
    assert sign_in(client, ada) == SECOND
    assert client.get("/certifications/").status_code == 302
    wrong = read(client.post(SECOND, {"code": "000000"}))
    assert "id_code" in error_summary(wrong)
    assert client.get("/certifications/").status_code == 302
    assert client.post(SECOND, {"code": code()}).headers["Location"] == "/"
    assert client.get("/certifications/").status_code == 200


def test_the_second_step_leads_to_the_page_that_was_asked_for(ada: User) -> None:
    give_app(ada)
    client = Client()
    client.post("/accounts/login/?next=/invoices/", {"login": ada.email, "password": PASSWORD})
    assert client.post(SECOND, {"code": code()}).headers["Location"] == "/invoices/"


@pytest.mark.parametrize(("steps", "taken"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)])
def test_a_code_of_the_half_minute_before_or_after_is_taken(ada: User, steps: int, taken: bool) -> None:
    give_app(ada)
    client = Client()
    sign_in(client, ada)
    assert (client.post(SECOND, {"code": code(steps=steps)}).status_code == 302) is taken


def test_a_code_is_taken_once_for_as_long_as_it_is_valid(ada: User, on_today: TimeMachineFixture) -> None:
    give_app(ada)
    shown = code(steps=1)
    first, second = Client(), Client()
    sign_in(first, ada)
    sign_in(second, ada)
    assert first.post(SECOND, {"code": shown}).status_code == 302
    for seconds in (0, 31, 28):
        on_today.shift(seconds)
        assert "id_code" in error_summary(read(second.post(SECOND, {"code": f" {shown[:3]} {shown[3:]}"})))


def test_a_recovery_code_lets_in_once(ada: User) -> None:
    codes = give_app(ada)
    client, again = Client(), Client()
    sign_in(client, ada)
    assert client.post(SECOND, {"code": codes[3]}).headers["Location"] == "/"
    assert mail.outbox[0].subject == "A recovery code was used"
    assert "You have 9 codes left." in words_of(mail.outbox[0])
    sign_in(again, ada)
    assert "id_code" in error_summary(read(again.post(SECOND, {"code": codes[3]})))
    assert again.post(SECOND, {"code": codes[4]}).status_code == 302


def test_after_five_wrong_codes_the_right_one_waits_and_later_works(ada: User, on_today: TimeMachineFixture) -> None:
    give_app(ada)
    client = Client()
    sign_in(client, ada)
    for _ in range(5):
        client.post(SECOND, {"code": "000000"})
    assert client.post(SECOND, {"code": code()}).status_code == 200
    on_today.shift(5 * 60)
    sign_in(client, ada)
    assert client.post(SECOND, {"code": code()}).status_code == 302


def test_a_new_password_by_mail_does_not_go_around_the_second_factor(ada: User) -> None:
    give_app(ada)
    client = Client()
    client.post("/accounts/password/reset/", {"email": ada.email})
    link = links_of(mail.outbox[0])[0]
    opened = client.get(link, follow=True)
    client.post(opened.request["PATH_INFO"], {"password1": PASSWORD})
    assert client.get("/certifications/").status_code == 302
    assert sign_in(client, ada) == SECOND


def test_the_app_is_removed_and_its_recovery_codes_with_it(ada: User) -> None:
    client = client_of(ada)
    set_up_app(client)
    client.post(APP.replace("activate", "deactivate"))
    assert not Authenticator.objects.exists()
    assert [sent.subject for sent in mail.outbox][-1] == "An authenticator app was removed"


# Unreadable in the database


def stored() -> str:
    """Return everything that the database holds about second factors and sessions."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT data FROM mfa_authenticator")
        return json.dumps([str(row[0]) for row in cursor.fetchall()])


def test_the_database_holds_neither_the_secret_nor_the_seed(ada: User) -> None:
    client = client_of(ada)
    secret = set_up_app(client)
    assert Authenticator.objects.count() == 2
    assert secret not in stored()
    codes = [words(item) for item in read(client.get(CODES)).select("[data-name=recovery-codes] li")]
    assert not any(code in stored() for code in codes)
    seed = Authenticator.objects.get(type="recovery_codes").data["seed"]
    assert len(vault.decrypt(seed)) == 80
    assert vault.decrypt(seed) not in stored()


def test_the_secret_of_an_app_that_is_being_set_up_waits_encrypted(ada: User) -> None:
    client = client_of(ada)
    confirm(client, PASSWORD)
    page = read(client.get(APP))
    secret = page.select_one("[data-name=app-key]").get_text(strip=True).replace(" ", "")
    assert secret not in json.dumps(dict(client.session))
    wrong = read(client.post(APP, {"code": "000000"}))
    assert wrong.select_one("[data-name=app-key]").get_text(strip=True).replace(" ", "") == secret
    assert client.post(APP, {"code": code(secret)}).status_code == 302


def test_an_app_that_was_being_set_up_under_a_lost_key_gets_another_secret(ada: User, settings: Settings) -> None:
    client = client_of(ada)
    confirm(client, PASSWORD)
    lost = client.get(APP).context["form"].secret
    settings.MFA_KEYS = ["z" * 40]
    answer = client.post(APP, {"code": code(lost)})
    assert (answer.status_code, Authenticator.objects.filter(user=ada).exists()) == (200, False)
    assert error_summary(read(answer))
    secret = answer.context["form"].secret
    assert secret != lost
    assert client.post(APP, {"code": code(secret)}).headers["Location"] == CODES


def test_another_key_opens_nothing_and_a_new_key_in_front_opens_all(ada: User, settings: Settings) -> None:
    old, new = settings.MFA_KEYS[0], "n" * 40
    give_app(ada)
    sealed = Authenticator.objects.get(type="totp").data["secret"]
    settings.MFA_KEYS = [new]
    with pytest.raises(InvalidToken):
        vault.decrypt(sealed)
    settings.MFA_KEYS = [new, old]
    assert vault.decrypt(sealed) == SECRET
    call_command("renew_encryption", verbosity=0)
    settings.MFA_KEYS = [new]
    assert vault.decrypt(Authenticator.objects.get(type="totp").data["secret"]) == SECRET
    client = Client()
    sign_in(client, ada)
    assert client.post(SECOND, {"code": code()}).status_code == 302


def test_a_factor_that_no_key_opens_is_refused_like_a_wrong_code_and_logged(
    ada: User, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    """The database was restored without the key.

    Nobody gets in with a code, and only the operator is told why.
    """
    recovery = give_app(ada)
    settings.MFA_KEYS = ["z" * 40]
    client = Client()
    sign_in(client, ada)
    for number, typed in enumerate((code(), recovery[0]), start=1):
        answer = client.post(SECOND, {"code": typed})
        assert error_summary(read(answer))["id_code"].startswith("That did not work.")
        assert caplog.text.count("No key of MFA_KEYS opens a second factor.") >= number
    assert "_auth_user_id" not in client.session
    signed_in = client_of(ada)
    confirm(signed_in, PASSWORD)
    assert signed_in.get(SECURITY).status_code == 200


def test_recovery_codes_that_no_key_opens_are_not_shown_and_can_be_made_again(ada: User, settings: Settings) -> None:
    give_app(ada)
    settings.MFA_KEYS = ["z" * 40]
    client = client_of(ada)
    confirm(client, PASSWORD)
    for address in (CODES, f"{CODES}download/"):
        answer = client.get(address)
        assert answer.headers["Location"] == f"{CODES}generate/"
    page = read(client.get(f"{CODES}generate/"))
    assert "These recovery codes can no longer be read. Make new ones." in words(page.select_one(".notices"))
    assert client.post(f"{CODES}generate/").status_code == 302
    assert len(read(client.get(CODES)).select("[data-name=recovery-codes] li")) == 10


# Staff


@pytest.mark.parametrize(
    "address",
    ["/admin/", "/admin/members/user/", "/admin/jsi18n/", "/admin/nothing/here/", "/admin/login/", "/styleguide/"],
)
def test_staff_without_a_second_factor_are_led_to_set_one_up(boss: User, address: str) -> None:
    client = Client()
    assert sign_in(client, boss) == "/"
    for method in ("get", "post"):
        answer = getattr(client, method)(address)
        assert (answer.status_code, answer.headers["Location"]) == (302, SECURITY)
        assert answer.content == b""
    assert "Set one up here" in words(read(client.get(SECURITY)).main)


def test_staff_who_set_up_an_app_are_asked_for_it_and_then_let_in(boss: User, on_today: TimeMachineFixture) -> None:
    client = Client()
    sign_in(client, boss)
    secret = set_up_app(client)
    asked = client.get("/admin/members/user/?q=x")
    assert asked.headers["Location"] == f"{AGAIN}?next=%2Fadmin%2Fmembers%2Fuser%2F%3Fq%3Dx"
    on_today.shift(30)
    answer = client.post(asked.headers["Location"], {"code": code(secret)})
    assert answer.headers["Location"] == "/admin/members/user/?q=x"
    assert client.get("/admin/members/user/").status_code == 200


def test_staff_land_where_they_wanted_to_go_once_the_factor_is_set_up(boss: User, on_today: TimeMachineFixture) -> None:
    """The recovery codes are shown in between, with the way on."""
    client, wanted = Client(), "/admin/members/user/?q=x"
    sign_in(client, boss)
    assert client.get(wanted).headers["Location"] == SECURITY
    assert read(client.get(SECURITY)).select("[data-name=wanted]") == []
    secret = set_up_app(client)
    [way_on] = read(client.get("/accounts/2fa/recovery-codes/")).select("[data-name=wanted]")
    assert way_on["href"] == wanted
    asked = client.get(wanted).headers["Location"]
    on_today.shift(30)
    assert client.post(asked, {"code": code(secret)}).headers["Location"] == wanted
    assert client.get(wanted).status_code == 200
    assert read(client.get(SECURITY)).select("[data-name=wanted]") == []


def test_staff_whose_session_was_begun_without_the_factor_are_asked(boss: User) -> None:
    give_app(boss)
    client = client_of(boss)
    for answer in (client.get("/admin/"), client.post("/admin/members/user/add/", {"email": "x@amt.example"})):
        assert answer.headers["Location"].startswith(AGAIN)
    assert not User.objects.filter(email="x@amt.example").exists()
    confirm(client, PASSWORD)
    assert client.get("/admin/").headers["Location"].startswith(AGAIN), "the password is no second factor"


def test_staff_who_sign_in_with_their_factor_are_let_in(boss: User) -> None:
    give_app(boss)
    client = Client()
    assert sign_in(client, boss) == SECOND
    assert client.get("/admin/").status_code == 302
    client.post(SECOND, {"code": code()})
    assert client.get("/admin/").status_code == 200


def test_public_pages_and_members_ask_for_none(boss: User, ada: User) -> None:
    client = client_of(boss)
    for address in ("/guide/", "/qualifying-activities/", "/healthz"):
        assert client.get(address).status_code == 200
    assert client_of(ada).get("/certifications/").status_code == 200


def test_staff_keep_their_last_factor(boss: User) -> None:
    client = client_of(boss)
    give_app(boss)
    confirm(client, PASSWORD)
    page = read(client.post(APP.replace("activate", "deactivate")))
    assert "Your account needs this factor" in words(page.main)
    assert Authenticator.objects.filter(type="totp").exists()


def test_a_passkey_that_is_the_last_factor_stays_too(boss: User) -> None:
    client = client_of(boss)
    passkey = Authenticator.objects.create(user=boss, type="webauthn", data={"name": "Phone", "credential": {}})
    confirm(client, PASSWORD)
    client.post(f"/accounts/2fa/webauthn/keys/{passkey.pk}/remove/")
    assert Authenticator.objects.filter(pk=passkey.pk).exists()
    boss.is_staff = boss.is_superuser = False
    boss.save()
    client.post(f"/accounts/2fa/webauthn/keys/{passkey.pk}/remove/")
    assert not Authenticator.objects.filter(pk=passkey.pk).exists()


@pytest.mark.parametrize("verb", ["edit", "remove"])
def test_a_passkey_of_somebody_else_is_not_there(ada: User, boss: User, verb: str) -> None:
    passkey = Authenticator.objects.create(user=boss, type="webauthn", data={"name": "Phone", "credential": {}})
    address = f"/accounts/2fa/webauthn/keys/{passkey.pk}/{verb}/"
    assert client_of(None).get(address).headers["Location"].startswith("/accounts/login/")
    client = client_of(ada)
    confirm(client, PASSWORD)
    assert client.get(address).status_code == 404
    assert client.post(address, {"name": "Mine"}).status_code == 404
    passkey.refresh_from_db()
    assert passkey.wrap().name == "Phone"


def test_a_superuser_removes_the_lost_factor_of_a_member_who_is_told_and_signed_out(ada: User) -> None:
    give_app(ada)
    member = Client()
    sign_in(member, ada)
    member.post(SECOND, {"code": code()})
    app = Authenticator.objects.get(type="totp")
    clerk = make_user(is_staff=True)
    assert client_of(clerk).get(f"/admin/mfa/authenticator/{app.pk}/delete/").status_code == 403
    root = client_of(make_user(is_staff=True, is_superuser=True))
    page = root.get(f"/admin/mfa/authenticator/{app.pk}/change/").text
    assert app.data["secret"] not in page
    root.post(f"/admin/mfa/authenticator/{app.pk}/delete/", {"post": "yes"})
    assert not Authenticator.objects.exists()
    assert [(sent.to, sent.subject) for sent in mail.outbox] == [(["ada@example.org"], "A second factor was removed")]
    assert member.get("/certifications/").status_code == 302
    assert sign_in(Client(), ada) == "/"


@pytest.mark.django_db(transaction=True)
def test_of_two_who_send_the_same_code_at_once_one_is_let_in(ada: User, settings: Settings) -> None:
    """The count is in the cache that all processes share."""
    settings.CACHES = settings.CACHES | {
        "default": {"BACKEND": "amtportal.cache.DatabaseCache", "LOCATION": "django_cache"}
    }
    call_command("createcachetable", verbosity=0)
    cache.clear()
    give_app(ada)
    clients = [Client() for _ in range(4)]
    for client in clients:
        sign_in(client, ada)
    shown = code()
    answers = at_once(*(lambda client=client: client.post(SECOND, {"code": shown}).status_code for client in clients))
    assert sorted(answers) == [200, 200, 200, 302]
