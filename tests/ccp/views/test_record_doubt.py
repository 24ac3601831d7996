"""More contact hours than the days have are asked about before they count; nothing is lost by it."""

from decimal import Decimal

import pytest
from bs4 import BeautifulSoup
from django.test import Client

from amtportal.members.models import Member
from ccp.models import Activity
from tests.support.builders import client_of, cycle_of, make_activity, make_cycle
from tests.support.pages import error_summary, form_values, read, record_ce, submit, words

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("on_today"), pytest.mark.any_database]
ASKED = (
    "60 contact hours in 1 day are more than a day has. Correct how many or the dates, or check the box if they are "
    "right."
)
BOX = "#entry-form [name=confirmed]"


@pytest.fixture
def member() -> Member:
    """RMA in the last year of 5/1/2023 to 4/30/2026; nothing is recorded."""
    return make_cycle().certification.member


@pytest.fixture
def signed_in(member: Member) -> Client:
    return client_of(member)


def asked(client: Client, quantity: str = "60", **typed: str) -> BeautifulSoup:
    """Return the page that asks; nothing is recorded."""
    page = read(record_ce(client, quantity=quantity, points="", title="Review course", **typed))
    assert not Activity.objects.exists()
    return page


def test_the_page_asks_keeps_what_was_typed_and_records_once_it_is_confirmed(signed_in: Client) -> None:
    page = asked(signed_in)
    assert error_summary(page) == {"id_confirmed": ASKED}
    box = page.select_one(BOX)
    assert not box.has_attr("checked")
    assert words(box.find_parent("label")) == "This is what I completed, and the dates are right."
    typed = form_values(page)
    assert (typed["quantity"], typed["title"], typed["starts_on"]) == (["60"], ["Review course"], ["3/1/2026"])
    answer = signed_in.post("/ccp/record/", typed | {"confirmed": box["value"]})
    assert answer.status_code == 302
    assert Activity.objects.get().credits.get().points == Decimal(60)


def test_what_was_confirmed_confirms_nothing_else(signed_in: Client) -> None:
    confirmed = asked(signed_in).select_one(BOX)["value"]
    for quantity, ends_on in (("61", ""), ("72.5", "3/3/2026")):
        page = asked(signed_in, quantity=quantity, ends_on=ends_on, confirmed=confirmed)
        assert list(error_summary(page)) == ["id_confirmed"]
        assert not page.select_one(BOX).has_attr("checked")


def test_the_box_stays_checked_where_something_else_is_wrong(signed_in: Client) -> None:
    confirmed = asked(signed_in).select_one(BOX)["value"]
    page = read(record_ce(signed_in, quantity="60", points="", confirmed=confirmed, attested=None))
    assert list(error_summary(page)) == ["id_attested"]
    assert page.select_one(BOX).has_attr("checked")


@pytest.mark.parametrize("hours", ["24", "23:59"])
def test_whoever_is_not_in_doubt_sees_no_box(signed_in: Client, hours: str) -> None:
    assert not read(signed_in.get("/ccp/record/")).select(BOX)
    assert record_ce(signed_in, quantity=hours, points="").status_code == 302


def test_other_units_and_points_entered_directly_are_not_asked_about(signed_in: Client) -> None:
    ceu = record_ce(signed_in, activity_type="course-ceu", quantity="6", points="")
    assert ceu.status_code == record_ce(signed_in, points="60", starts_on="Mar 2, 2026").status_code == 302


def test_both_previews_tell_it_before(signed_in: Client) -> None:
    told = "60 contact hours in 1 day are more than a day has. Check how many and the dates."
    page = asked(signed_in, preview="1")
    assert told in words(page.select_one("#preview"))
    assert page.select(BOX)
    assert not error_summary(page)
    live = signed_in.post("/ccp/record/preview/", {**form_values(page), "preview": "1"})
    assert told in words(BeautifulSoup(live.content, "html5lib"))


def test_amending_asks_too(signed_in: Client, member: Member) -> None:
    activity = make_activity(cycle_of(member), points="6", quantity=Decimal(6))
    address = f"/ccp/activities/{activity.pk}/amend/"
    page = read(submit(signed_in, address, quantity="60", attested="on"))
    assert error_summary(page) == {"id_confirmed": ASKED}
    activity.refresh_from_db()
    assert activity.quantity == Decimal(6)
    confirmed = {"confirmed": page.select_one(BOX)["value"], "attested": "on"}
    assert signed_in.post(address, form_values(page) | confirmed).status_code == 302
    activity.refresh_from_db()
    assert activity.quantity == Decimal(60)


def test_what_is_on_record_is_not_asked_about_again(signed_in: Client, member: Member) -> None:
    activity = make_activity(cycle_of(member), points="60", quantity=Decimal(60))
    address = f"/ccp/activities/{activity.pk}/amend/"
    assert submit(signed_in, address, title="With a title", attested="on").status_code == 302
    assert error_summary(read(submit(signed_in, address, quantity="61", attested="on"))).keys() == {"id_confirmed"}
