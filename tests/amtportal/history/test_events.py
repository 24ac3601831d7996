"""Records of who signed in, who tried to, and who got a new password."""

import pytest
from django.contrib.auth import authenticate
from django.contrib.auth.models import Group
from django.test import Client

from amtportal.history.models import SecurityEvent
from amtportal.members.models import User
from tests.support.builders import PASSWORD, make_user

pytestmark = pytest.mark.django_db

ADA = "ada@example.org"


@pytest.fixture
def ada() -> User:
    user = make_user(email=ADA, password=PASSWORD)
    user.emailaddress_set.create(email=ADA, verified=True, primary=True)
    return user


def sign_in(client: Client, password: str = PASSWORD, login: str = ADA) -> None:
    client.post("/accounts/login/", {"login": login, "password": password})


def events() -> list[tuple[str, str, str]]:
    """Return the kind, account and typed address of each event, the earliest first."""
    return [
        (event.kind, event.user.email if event.user else "", event.email)
        for event in SecurityEvent.objects.order_by("pk").select_related("user")
    ]


def test_signing_in_and_out(ada: User) -> None:
    client = Client()
    sign_in(client)
    client.post("/accounts/logout/")
    assert events() == [("signed-in", ADA, ""), ("signed-out", ADA, "")]
    assert {(event.address, len(event.request_id)) for event in SecurityEvent.objects.all()} == {("127.0.0.1", 32)}


def test_a_wrong_password_is_kept_with_the_address_and_without_the_password(ada: User) -> None:
    sign_in(Client(), password="eight blue lanterns")
    assert events() == [("refused", "", ADA)]
    assert "lanterns" not in str(SecurityEvent.objects.values().get())


def test_what_is_no_address_is_not_kept() -> None:
    """Somebody may have typed the password into the first field."""
    assert authenticate(email=PASSWORD, password=PASSWORD) is None
    assert events() == [("refused", "", "")]


def test_a_changed_password(ada: User) -> None:
    client = Client()
    sign_in(client)
    new = "nine green lanterns"
    client.post("/accounts/password/change/", {"oldpassword": PASSWORD, "password1": new})
    assert ("password-changed", ADA, "") in events()


def test_a_sign_in_changes_nothing_in_the_history_of_the_account(ada: User) -> None:
    before = ada.history.count()
    sign_in(Client())
    ada.refresh_from_db()
    assert ada.last_login is not None
    assert ada.history.count() == before


def test_what_an_account_may_do_has_a_history(ada: User) -> None:
    ada.is_staff = True
    ada.save()
    ada.groups.add(Group.objects.create(name="Reviewers"))
    newest, before, first = ada.history.order_by("-history_id")
    assert [line.is_staff for line in (newest, before, first)] == [True, True, False]
    assert (newest.groups.count(), before.groups.count()) == (1, 0)
    assert not hasattr(newest, "password")
