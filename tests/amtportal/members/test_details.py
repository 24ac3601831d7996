"""A member's details: who changed them, and what the roster says."""

import pytest
from django.core import mail

from amtportal.members import details
from amtportal.members.models import Member, RosterDifference
from amtportal.refusals import Refused
from tests.support.builders import TODAY, client_of, make_member, make_user, noon
from tests.support.details import make_difference
from tests.support.pages import form_values, read
from tests.support.staff import make_clerk, page, submit

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("on_today")]

OAK = {"address_line1": "12 Oak Street", "city": "Rosemont", "state": "IL", "postal_code": "60018", "country": ""}
ELM = {**OAK, "address_line1": "9 Elm Avenue", "address_line2": "", "phone": ""}


def differences(member: Member) -> list[tuple[str, str, bool]]:
    """Return what differs, what the roster says of it, and whether staff are asked."""
    open_ones = RosterDifference.objects.filter(member=member, settled_at=None).order_by("pk")
    return [(each.detail, details.in_one_line(each.roster_says), bool(each.waits_since)) for each in open_ones]


@pytest.fixture
def ada() -> Member:
    return make_member(**OAK)


def test_a_member_changes_the_address_at_once_and_is_told_by_mail(ada: Member) -> None:
    answer = client_of(ada).post("/account/details/", {**ELM, "phone": "847-555-0134"})
    assert answer.status_code == 302
    ada.refresh_from_db()
    assert (ada.address_line1, ada.phone) == ("9 Elm Avenue", "847-555-0134")
    line = ada.history.first()
    assert (line.history_user, line.history_change_reason) == (ada.user, details.BY_MEMBER)
    assert differences(ada) == [("phone", "", False), ("address", "12 Oak Street, Rosemont, IL, 60018", False)]
    (told,) = mail.outbox
    assert told.to == [ada.user.email]
    assert "Phone number, Postal address" in " ".join(told.body.split())
    assert "Elm" not in told.body
    assert "0134" not in told.body


def test_the_member_is_found_by_the_new_phone_number(ada: Member) -> None:
    client_of(ada).post("/account/details/", {**OAK, "address_line2": "", "phone": "847-555-0134"})
    assert list(Member.objects.found_by("5550134")) == [ada]


def test_what_is_sent_as_it_was_changes_nothing_and_tells_nobody(ada: Member) -> None:
    before = ada.history.count()
    client_of(ada).post("/account/details/", {**OAK, "address_line2": "", "phone": ""})
    assert (ada.history.count(), differences(ada), mail.outbox) == (before, [], [])


def test_an_error_keeps_what_was_typed_and_changes_nothing(ada: Member) -> None:
    answer = client_of(ada).post("/account/details/", {**ELM, "state": "Ontario", "phone": "12"}, follow=True)
    shown = read(answer)
    assert shown.select_one("input[name=address_line1]")["value"] == "9 Elm Avenue"
    wrong = [field.select_one("input")["name"] for field in shown.select(".field-wrong")]
    assert wrong == ["phone", "state"]
    ada.refresh_from_db()
    assert ada.address_line1 == "12 Oak Street"


def test_an_address_from_the_roster_stays_as_it_is_while_the_phone_number_changes() -> None:
    member = make_member(address_line1="Oak", city="", state="Illinois, USA")
    typed = {"address_line1": "Oak", "city": "", "state": "Illinois, USA", "phone": "847-555-0134"}
    client_of(member).post("/account/details/", typed)
    member.refresh_from_db()
    assert (member.phone, member.state) == ("847-555-0134", "Illinois, USA")


def test_what_staff_changed_while_the_page_was_open_stays_unless_the_member_typed_something_else(ada: Member) -> None:
    client = client_of(ada)
    shown = form_values(read(client.get("/account/details/")))
    Member.objects.filter(pk=ada.pk).update(address_line1="9 Elm Avenue")
    client.post("/account/details/", shown | {"phone": "847-555-0134"})
    ada.refresh_from_db()
    assert (ada.address_line1, ada.phone) == ("9 Elm Avenue", "847-555-0134")
    client.post("/account/details/", shown | {"address_line1": "3 Ash Lane"})
    ada.refresh_from_db()
    assert (ada.address_line1, ada.phone) == ("3 Ash Lane", "847-555-0134")


def test_an_address_cannot_be_emptied(ada: Member) -> None:
    assert "cannot be empty" in client_of(ada).post("/account/details/", {"phone": ""}, follow=True).text


def test_whoever_goes_back_to_what_the_roster_says_differs_no_longer(ada: Member) -> None:
    client_of(ada).post("/account/details/", ELM)
    client_of(ada).post("/account/details/", {**OAK, "address_line2": "", "phone": ""})
    assert differences(ada) == []
    assert RosterDifference.objects.get().settled_at == noon(TODAY)


def test_a_change_by_staff_is_kept_beside_the_roster_too(ada: Member) -> None:
    clerk = make_clerk("view_member", "change_member")
    submit(client_of(clerk), page(Member, "change", ada.pk), city="Chicago", last_name="Lovelace")
    assert {each[0] for each in differences(ada)} == {"name", "address"}
    assert {each.changed_by for each in RosterDifference.objects.all()} == {clerk}


def test_a_later_change_decides_what_waits(ada: Member) -> None:
    make_difference(ada)
    client_of(ada).post("/account/details/", {**OAK, "address_line2": "", "phone": "847-555-0199"})
    assert differences(ada) == [("phone", "847-555-0100", False)]


def test_staff_keep_the_record(ada: Member) -> None:
    difference, clerk = make_difference(ada), make_user()
    details.keep_record(difference=difference, reason="Ada said so.", by=clerk, at=noon(TODAY))
    assert differences(ada) == [("phone", "847-555-0100", False)]
    assert difference.history.first().history_user == clerk


def test_staff_follow_the_roster_and_of_two_one_wins(ada: Member) -> None:
    difference, clerk = make_difference(ada), make_user()
    details.follow_roster(difference=difference, reason="Ada said so.", by=clerk, at=noon(TODAY))
    ada.refresh_from_db()
    assert (ada.phone, differences(ada)) == ("847-555-0100", [])
    with pytest.raises(Refused, match="settled"):
        details.keep_record(difference=difference, reason="No.", by=clerk, at=noon(TODAY))


def test_staff_see_both_side_by_side_and_who_changed_it(ada: Member) -> None:
    difference = make_difference(ada)
    clerk = client_of(make_clerk("view_rosterdifference", "decide_rosterdifference"))
    listed = clerk.get(page(RosterDifference), {"state": "waits"}).text
    assert "847-555-0100" in listed
    shown = clerk.get(page(RosterDifference, "keep", difference.pk)).text
    assert "847-555-0100" in shown
    assert f"Mar 14, 2026, by {ada.user.email}" in shown


def test_the_page_says_who_and_where(ada: Member) -> None:
    shown = read(client_of(ada).get("/account/details/"))
    assert shown.select_one("[data-name=name]").text == "Ada Lane"
    assert shown.select_one("[data-name=amt-id]").text == ada.amt_id
    assert shown.select_one("[data-name=email]").text == ada.user.email
    assert shown.select_one("[data-name=language-of-mail]").text == "English"
    links = {link["href"] for link in shown.select("main a")}
    assert {"/accounts/email/", "/accounts/2fa/", "/accounts/password/change/", "/account/details/name/"} <= links
