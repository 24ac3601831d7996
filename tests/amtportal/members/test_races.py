"""An account that two people change at once: neither undoes what the other decided."""

from functools import partial

import pytest
from allauth.account.adapter import get_adapter
from django.db import connection, transaction

from amtportal.members.models import User
from amtportal.members.sign_in import addresses
from tests.support.builders import client_of, make_member
from tests.support.threads import beside, wait_until_somebody_waits

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one writer at a time"),
]


def link(user: User, email: str) -> str:
    return f"/accounts/email/{addresses.token(user, email)}/"


def test_a_link_to_a_new_address_is_void_if_the_address_changes_while_it_is_used() -> None:
    user = make_member().user
    client = client_of(user)
    with transaction.atomic():
        User.objects.filter(pk=user.pk).update(email="by.staff@example.net")
        confirmed = beside(partial(client.post, link(user, "new@example.net")))
        wait_until_somebody_waits()
    assert confirmed.result().status_code == 404
    assert User.objects.get().email == "by.staff@example.net"


def test_a_link_that_is_pressed_twice_at_once_changes_the_address_once(mailoutbox: list[object]) -> None:
    user = make_member().user
    address = link(user, "new@example.net")
    one, other = client_of(user), client_of(user)
    with transaction.atomic():
        first = one.post(address)
        second = beside(partial(other.post, address))
        wait_until_somebody_waits()
    assert (first.status_code, second.result().status_code) == (302, 302)
    assert User.objects.get().email == "new@example.net"
    assert len(mailoutbox) == 1


def test_a_password_that_is_set_while_staff_close_the_account_does_not_open_it_again() -> None:
    user = make_member().user
    stale = User.objects.get(pk=user.pk)
    with transaction.atomic():
        user.is_active = False
        user.save()
        done = beside(lambda: get_adapter().set_password(stale, "seven blue lanterns in a row"))
        wait_until_somebody_waits()
    done.result()
    user.refresh_from_db()
    assert (user.is_active, user.check_password("seven blue lanterns in a row")) == (False, True)
    assert user.history.latest().is_active is False
