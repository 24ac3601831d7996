"""An account that two people change at once: neither undoes what the other decided."""

from functools import partial

import pytest
from allauth.account.adapter import get_adapter
from django.db import connection, transaction

from amtportal.members import details, name_requests
from amtportal.members.models import NameRequest, RosterDifference, User
from amtportal.members.sign_in import addresses
from tests.support.builders import TODAY, client_of, make_member, make_user, noon
from tests.support.details import make_difference, make_name_request
from tests.support.staff import make_clerk, page
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


def test_of_two_of_the_staff_who_answer_a_request_for_a_name_at_once_one_wins(mailoutbox: list[object]) -> None:
    request, first = make_name_request(make_member()), make_user(email="first@amt.example")
    clerk = client_of(make_clerk("view_namerequest", "answer_namerequest"))
    with transaction.atomic():
        name_requests.accept(request=request, by=first, at=noon(TODAY))
        answer = beside(partial(clerk.post, page(NameRequest, "decline", request.pk), {"answer": "Not readable."}))
        wait_until_somebody_waits()
    assert "accepted by first@amt.example in the meantime" in answer.result().text
    request.refresh_from_db()
    assert (request.state, request.member.last_name, len(mailoutbox)) == ("accepted", "Lovelace", 1)


def test_an_address_that_changes_while_staff_follow_the_roster_is_not_lost() -> None:
    member = make_member(phone="847-555-0199")
    difference, client = make_difference(member), client_of(member)
    with transaction.atomic():
        details.follow_roster(difference=difference, reason="So.", by=make_user(), at=noon(TODAY))
        typed = {"phone": "847-555-0123"}
        answer = beside(partial(client.post, "/account/details/", typed))
        wait_until_somebody_waits()
    assert answer.result().status_code == 302
    member.refresh_from_db()
    assert member.phone == "847-555-0123"
    kept = RosterDifference.objects.get(settled_at=None)
    assert kept.roster_says == {"phone": "847-555-0100"}
