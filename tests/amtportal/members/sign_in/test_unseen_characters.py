"""Addresses and codes that were pasted with characters that nobody sees, and passwords from other keyboards."""

import io
from collections.abc import Callable

import pytest
from allauth.account.models import EmailAddress
from django.contrib.auth.hashers import make_password
from django.core import mail
from django.core.management import call_command
from django.test import Client

from amtportal.history.models import SecurityEvent
from amtportal.members.factors import passwords
from amtportal.members.models import Member, User
from amtportal.staff.forms import ReadBy, ReasonForm
from tests.support.builders import PASSWORD, client_of, make_cycle, make_member, make_user
from tests.support.factors import code, confirm, give_app
from tests.support.mail import links_of
from tests.support.staff import page, submit

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("on_today"), pytest.mark.any_database]
SIGN_IN = "/accounts/login/"
COMPOSED, DECOMPOSED = "grün wie neun Schirme", "gru\u0308n wie neun Schirme"


@pytest.fixture
def ada() -> User:
    user = make_user(email="ada@example.org", password=PASSWORD)
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    make_cycle(make_member(user=user))
    return user


def sign_in(email: str, password: str = PASSWORD) -> Client:
    client = Client()
    client.post(SIGN_IN, {"login": email, "password": password})
    return client


def is_in(client: Client) -> bool:
    return client.get("/certifications/").status_code == 200


UNSEEN = [
    pytest.param("ada@example.org\u200b", id="zero-width space"),
    pytest.param("\u200eada@example.org\u200e", id="left-to-right marks"),
    pytest.param("ada@exam\u00adple.org", id="soft hyphen"),
    pytest.param("\ufeffada@example.org", id="byte order mark"),
    pytest.param("\u00a0Ada@Example.org\u3000", id="other blanks"),
    pytest.param("ａｄａ＠ｅｘａｍｐｌｅ．ｏｒｇ", id="full-width letters"),
]


@pytest.mark.parametrize("typed", UNSEEN)
def test_an_address_is_found_whatever_is_pasted_around_it(ada: User, typed: str) -> None:
    assert is_in(sign_in(typed))
    mail.outbox.clear()
    for address in ("/accounts/activate/", "/accounts/password/reset/"):
        Client().post(address, {"email": typed})
    assert [sent.to for sent in mail.outbox] == [["ada@example.org"], ["ada@example.org"]]


@pytest.mark.parametrize("typed", [written.values[0] for written in UNSEEN])
def test_a_refused_sign_in_is_recorded_under_the_address(ada: User, typed: str) -> None:
    sign_in(typed, "wrong blue lanterns")
    assert SecurityEvent.objects.get(kind=SecurityEvent.Kind.REFUSED).email == "ada@example.org"


@pytest.mark.parametrize("typed", ["new@example.net\u200b", "new@exam\u200bple.net", "\u00a0New@example.net"])
def test_a_new_address_is_stored_as_it_is_seen(ada: User, typed: str) -> None:
    """Without this, a member who pastes U+200B into the new address is locked out."""
    client = client_of(ada)
    confirm(client, PASSWORD)
    mail.outbox.clear()
    client.post("/accounts/email/", {"email": typed})
    (sent,) = mail.outbox
    assert sent.to == ["new@example.net"]
    link = links_of(sent)[0]
    client.post(link.removeprefix("http://localhost:8000"))
    assert User.objects.get().email == EmailAddress.objects.get().email == "new@example.net"
    assert is_in(sign_in("new@example.net"))


def test_staff_forms_store_what_is_seen(ada: User) -> None:
    root = client_of(make_user(email="root@amt.example", is_staff=True, is_superuser=True))
    root.post(page(User, "add"), {"email": "nina@amt.example\u200b"})
    nina = User.objects.get(email="nina@amt.example")
    root.post(
        page(Member, "add"),
        {
            "user": str(nina.pk),
            "amt_id": "\ufeff７７00\u200b100\u00a0",
            "first_name": "Nina\u200b",
            "last_name": "\u202eDe\u00a0Witt\u202c",
            "postal_code": "６0018",
        },
    )
    member = Member.objects.get(user=nina)
    assert (member.amt_id, member.first_name, member.last_name, member.postal_code) == (
        "7700100",
        "Nina",
        "De Witt",
        "60018",
    )
    answer = submit(root, page(Member, "change", member.pk), first_name="\u200b\u2060", last_name="\u200b")
    assert "Enter the name. A person with one name has it in either field." in answer.text
    answer = submit(root, page(Member, "change", member.pk), first_name="Ni\x07na")
    assert "characters that cannot be printed" in answer.text


def test_an_amt_id_that_looks_the_same_is_taken(ada: User) -> None:
    amt_id = Member.objects.get().amt_id
    root = client_of(make_user(email="root@amt.example", is_staff=True, is_superuser=True))
    values = {"user": str(make_user().pk), "amt_id": f"{amt_id}\u200b", "first_name": "Nina", "last_name": "Lane"}
    assert "already exists" in root.post(page(Member, "add"), values).text
    assert Member.objects.count() == 1


def test_a_reason_that_nobody_sees_is_none() -> None:
    assert not ReasonForm({"reason": "\u200b\u2060"}, read_by=ReadBy.STAFF).is_valid()
    form = ReasonForm({"reason": "The bank\u00a0returned it\u200b"}, read_by=ReadBy.STAFF)
    assert form.is_valid()
    assert form.cleaned_data["reason"] == "The bank returned it"


def test_commands_find_and_make_accounts_by_what_is_seen(ada: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", DECOMPOSED)
    call_command("createsuperuser", email="Root@AMT.example\u200b", interactive=False, stdout=io.StringIO())
    root = User.objects.get(email="root@amt.example")
    assert root.check_password(COMPOSED)
    monkeypatch.setattr("getpass.getpass", lambda prompt="": "nine green umbrellas")
    call_command("changepassword", "root@amt.example\u200e", stdout=io.StringIO())
    root.refresh_from_db()
    assert root.check_password("nine green umbrellas")


# Codes


@pytest.mark.parametrize(
    "written",
    [
        pytest.param(lambda digits: f"\u200e{digits}\u200b", id="without a width"),
        pytest.param(lambda digits: f"{digits[:3]}\u00a0{digits[3:]}", id="no-break space"),
        pytest.param(lambda digits: "".join(chr(ord(digit) + 0xFEE0) for digit in digits), id="full-width"),
    ],
)
def test_a_code_of_the_app_is_read_without_what_nobody_sees(ada: User, written: Callable[[str], str]) -> None:
    give_app(ada)
    client = sign_in("ada@example.org")
    client.post("/accounts/2fa/authenticate/", {"code": written(code())})
    assert is_in(client)


# Passwords


@pytest.mark.parametrize("chosen", [COMPOSED, DECOMPOSED])
@pytest.mark.parametrize("typed", [COMPOSED, DECOMPOSED])
def test_a_password_opens_the_account_from_every_keyboard(ada: User, chosen: str, typed: str) -> None:
    """u with U+0308, as some keyboards write it, is ü. So it is on the page that asks again."""
    client = client_of(ada)
    confirm(client, PASSWORD)
    answer = client.post("/accounts/password/change/", {"oldpassword": PASSWORD, "password1": chosen})
    assert answer.status_code == 302
    again = sign_in("ada@example.org", typed)
    assert is_in(again)
    ada.refresh_from_db()
    assert ada.check_password(typed)


def test_a_password_from_before_is_accepted_as_typed_and_then_from_every_keyboard(ada: User) -> None:
    """Before, it was hashed as it was typed: here with U+0308."""
    User.objects.update(password=make_password(DECOMPOSED))
    ada.refresh_from_db()
    assert ada.check_password(DECOMPOSED)
    assert not ada.check_password(COMPOSED)
    assert not is_in(sign_in("ada@example.org", COMPOSED))
    assert is_in(sign_in("ada@example.org", DECOMPOSED))
    assert is_in(sign_in("ada@example.org", COMPOSED))
    assert is_in(sign_in("ada@example.org", DECOMPOSED))


def test_a_question_for_the_password_ends_no_session(ada: User) -> None:
    """Only a sign-in stores an older password again, because that ends the sessions."""
    User.objects.update(password=make_password(DECOMPOSED))
    ada.refresh_from_db()
    client = client_of(ada)
    client.post("/accounts/reauthenticate/", {"password": DECOMPOSED})
    assert is_in(client)


def test_the_length_of_a_password_is_that_of_its_normal_form() -> None:
    """15 letters with 15 marks are 15 characters; 14 are too few, however they are written."""
    user = make_user(email="bea@example.org")
    user.set_password("u\u0308" * 14)
    assert user.short_password
    user.set_password("u\u0308" * 15)
    assert not user.short_password
    with pytest.raises(passwords.ValidationError, match="Yours has 14"):
        passwords.LengthValidator().validate("u\u0308" * 14)
