"""Every security event of an account leaves a row: what was done, and what is written about it."""

from collections.abc import Callable

import pytest
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.db import transaction
from django.test import Client

from amtportal.history.models import SecurityEvent
from amtportal.members.models import User
from amtportal.members.sign_in import addresses
from tests.support.builders import PASSWORD, client_of, make_user
from tests.support.factors import code, confirm, give_app
from tests.support.staff import page, submit

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("on_today")]
ADA = "ada@example.org"
Kind = SecurityEvent.Kind
Written = list[tuple[str, str, str, str]]
"""Kind, account, address as it was typed, detail."""


@pytest.fixture
def ada() -> User:
    user = make_user(email=ADA, password=PASSWORD)
    user.emailaddress_set.create(email=ADA, verified=True, primary=True)
    return user


def sign_in(client: Client, password: str = PASSWORD) -> None:
    client.post("/accounts/login/", {"login": ADA, "password": password})


def confirmed(user: User) -> Client:
    client = client_of(user)
    confirm(client, PASSWORD)
    return client


def signs_in(user: User) -> None:
    sign_in(Client())


def signs_in_with_a_code(user: User) -> None:
    give_app(user)
    client = Client()
    sign_in(client)
    client.post("/accounts/2fa/authenticate/", {"code": code()})


def signs_in_with_a_recovery_code(user: User) -> None:
    codes = give_app(user)
    client = Client()
    sign_in(client)
    client.post("/accounts/2fa/authenticate/", {"code": codes[0]})


def signs_out(user: User) -> None:
    client_of(user).post("/accounts/logout/")


def mistypes_the_password(user: User) -> None:
    sign_in(Client(), "wrong blue lanterns")


def mistypes_the_code(user: User) -> None:
    give_app(user)
    client = Client()
    sign_in(client)
    client.post("/accounts/2fa/authenticate/", {"code": "000000"})


def gives_a_code_twice(user: User) -> None:
    give_app(user)
    clients = [Client(), Client()]
    for client in clients:
        sign_in(client)
    for client in clients:
        client.post("/accounts/2fa/authenticate/", {"code": code()})


def tries_too_many_passwords(user: User) -> None:
    for _ in range(8):
        mistypes_the_password(user)


def tries_too_many_codes(user: User) -> None:
    give_app(user)
    client = Client()
    sign_in(client)
    for _ in range(8):
        client.post("/accounts/2fa/authenticate/", {"code": "000000"})


def asks_for_too_many_links(user: User) -> None:
    for _ in range(8):
        Client().post("/accounts/password/reset/", {"email": ADA})


def asks_too_often_whether_a_transcript_is_genuine(user: User) -> None:
    for _ in range(63):
        Client().get("/verify/?code=7KQ2")


def confirms_by_password(user: User) -> None:
    confirmed(user)


def confirms_by_code(user: User) -> None:
    give_app(user)
    client_of(user).post("/accounts/2fa/reauthenticate/", {"code": code()})


def changes_the_password(user: User) -> None:
    new = {"oldpassword": PASSWORD, "password1": "nine green umbrellas"}
    client_of(user).post("/accounts/password/change/", new)


def sets_up_an_app(user: User) -> None:
    client = confirmed(user)
    secret = client.get("/accounts/2fa/totp/activate/").context["form"].secret
    client.post("/accounts/2fa/totp/activate/", {"code": code(secret)})


def removes_the_app(user: User) -> None:
    give_app(user)
    confirmed(user).post("/accounts/2fa/totp/deactivate/")


def removes_a_passkey(user: User) -> None:
    passkey = Authenticator.objects.create(user=user, type="webauthn", data={"name": "Phone", "credential": {}})
    confirmed(user).post(f"/accounts/2fa/webauthn/keys/{passkey.pk}/remove/")


def makes_new_recovery_codes(user: User) -> None:
    give_app(user)
    confirmed(user).post("/accounts/2fa/recovery-codes/generate/")


def asks_for_another_address(user: User) -> None:
    confirmed(user).post("/accounts/email/", {"email": "new@example.org"})


def uses_the_link_to_another_address(user: User) -> None:
    client_of(user).post(f"/accounts/email/{addresses.token(user, 'new@example.org')}/")


def ends_a_session(user: User) -> None:
    session = UserSession.objects.create(user=user, ip="127.0.0.1", session_key="x", user_agent="Firefox Windows")
    confirmed(user).post(f"/accounts/sessions/{session.pk}/end/")


def ends_all_other_sessions(user: User) -> None:
    for key in ("x", "y"):
        UserSession.objects.create(user=user, ip="127.0.0.1", session_key=key, user_agent="Firefox Windows")
    confirmed(user).post("/accounts/sessions/")


def has_the_account_closed(user: User) -> None:
    UserSession.objects.create(user=user, ip="127.0.0.1", session_key="x", user_agent="Firefox Windows")
    root = make_user(is_staff=True, is_superuser=True)
    submit(client_of(root), page(User, "change", user.pk), is_active="")


def has_the_address_changed_by_staff(user: User) -> None:
    root = make_user(is_staff=True, is_superuser=True)
    submit(client_of(root), page(User, "change", user.pk), email="new@example.org")


def has_the_app_removed_by_staff(user: User) -> None:
    give_app(user)
    client = client_of(make_user(is_staff=True, is_superuser=True))
    app = Authenticator.objects.get(type="totp")
    client.post(f"/admin/mfa/authenticator/{app.pk}/delete/", {"post": "yes"})


CONFIRMED = (Kind.CONFIRMED, ADA, "", "password")
EVENTS: dict[Callable[[User], None], Written] = {
    signs_in: [(Kind.SIGNED_IN, ADA, "", "password")],
    signs_in_with_a_code: [(Kind.SIGNED_IN, ADA, "", "password, totp")],
    signs_in_with_a_recovery_code: [
        (Kind.CODE_USED, ADA, "", ""),
        (Kind.SIGNED_IN, ADA, "", "password, recovery_codes"),
    ],
    signs_out: [(Kind.SIGNED_OUT, ADA, "", "")],
    mistypes_the_password: [(Kind.REFUSED, "", ADA, "")],
    mistypes_the_code: [(Kind.CODE_REFUSED, ADA, "", "totp")],
    gives_a_code_twice: [(Kind.SIGNED_IN, ADA, "", "password, totp"), (Kind.CODE_REFUSED, ADA, "", "totp")],
    tries_too_many_passwords: [(Kind.REFUSED, "", ADA, "")] * 5 + [(Kind.LIMIT, "", ADA, "login_failed")],
    tries_too_many_codes: [(Kind.CODE_REFUSED, ADA, "", "totp")] * 5 + [(Kind.LIMIT, ADA, "", "code")],
    asks_for_too_many_links: [(Kind.LIMIT, "", "", "accounts/password/reset/")],
    asks_too_often_whether_a_transcript_is_genuine: [(Kind.LIMIT, "", "", "verify/")],
    confirms_by_password: [CONFIRMED],
    confirms_by_code: [(Kind.CONFIRMED, ADA, "", "totp")],
    changes_the_password: [(Kind.SIGNED_OUT, ADA, "", ""), (Kind.PASSWORD_CHANGED, ADA, "", "")],
    sets_up_an_app: [
        CONFIRMED,
        (Kind.FACTOR_ADDED, ADA, "", "totp"),
        (Kind.FACTOR_ADDED, ADA, "", "recovery_codes"),
    ],
    removes_the_app: [
        CONFIRMED,
        (Kind.FACTOR_REMOVED, ADA, "", "totp"),
        (Kind.FACTOR_REMOVED, ADA, "", "recovery_codes"),
    ],
    removes_a_passkey: [CONFIRMED, (Kind.FACTOR_REMOVED, ADA, "", "webauthn")],
    makes_new_recovery_codes: [CONFIRMED, (Kind.CODES_RENEWED, ADA, "", "recovery_codes")],
    asks_for_another_address: [CONFIRMED, (Kind.ADDRESS_ASKED, ADA, "", "")],
    uses_the_link_to_another_address: [(Kind.ADDRESS_CHANGED, "new@example.org", "", "")],
    ends_a_session: [CONFIRMED, (Kind.SESSIONS_ENDED, ADA, "", "1: Firefox on Windows")],
    ends_all_other_sessions: [CONFIRMED, (Kind.SESSIONS_ENDED, ADA, "", "2: Firefox on Windows; Firefox on Windows")],
    has_the_account_closed: [(Kind.SESSIONS_ENDED, ADA, "", "1: Firefox on Windows")],
    has_the_address_changed_by_staff: [(Kind.ADDRESS_CHANGED, "new@example.org", "", "by staff")],
    has_the_app_removed_by_staff: [(Kind.FACTOR_REMOVED, ADA, "", "totp, by staff")],
}


def written() -> Written:
    return [
        (event.kind, event.user.email if event.user else "", event.email, event.detail)
        for event in SecurityEvent.objects.order_by("pk").select_related("user")
    ]


@pytest.mark.parametrize("deed", EVENTS, ids=lambda deed: deed.__name__)
def test_what_happens_at_the_door_of_an_account_is_written_down(
    deed: Callable[[User], None], ada: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transaction, "on_commit", lambda call: call())  # the test itself commits nothing
    deed(ada)
    by_a_deed = [row for row in written() if row[0] != Kind.SIGNED_IN or row[3]]  # a test's own sign-in gives no factor
    assert by_a_deed == EVENTS[deed]


def test_every_kind_of_event_has_its_deed() -> None:
    """See ``tests/amtportal/members/sign_in/test_signin.py`` and ``tests/certifications/payments/test_webhooks.py``."""
    shown = {kind for rows in EVENTS.values() for kind, *_ in rows}
    assert set(Kind) - shown == {Kind.PASSWORD_SET, Kind.PASSWORD_RESET, Kind.WEBHOOK_REFUSED}


def test_what_is_refused_or_not_there_is_in_the_log(ada: User, caplog: pytest.LogCaptureFixture) -> None:
    client = client_of(ada)
    assert client.get("/admin/login/").status_code == 403
    assert client.get("/nothing/here/").status_code == 404
    assert Client(enforce_csrf_checks=True).post("/accounts/login/", {}).status_code == 403
    said = [(record.levelname, record.getMessage()) for record in caplog.records if record.name.startswith("django.")]
    assert said == [
        ("WARNING", "Forbidden (Permission denied): /admin/login/"),
        ("WARNING", "Not Found: /nothing/here/"),
        ("WARNING", "Forbidden (CSRF cookie not set.): /accounts/login/"),
    ]
