"""The home page, and the public pages.

The home page says what the portal is, or shows a member the four answers at a glance.
"""

from datetime import date

import pytest
from django.test import Client
from time_machine import TimeMachineFixture

from amtportal.members.models import Member, User
from ccp.models import ActivityType
from certifications import invoices
from certifications.models import Certification
from tests.support.builders import (
    TODAY,
    client_of,
    cycle_of,
    invoice_of,
    make_activity,
    make_member,
    make_payment,
    noon,
)
from tests.support.pages import read, words

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("on_today")]


def cards(member: Member) -> dict[str, str]:
    """Return the words of each card on the home page, by the code of the certification."""
    page = read(client_of(member).get("/"))
    return {words(card.select_one(".code")): words(card) for card in page.select("main article")}


def test_signed_out_it_says_what_this_is_and_where_to_sign_in() -> None:
    page = read(client_of(None).get("/"))
    assert "Record your continuing education" in words(page.main)
    links = [link["href"] for link in page.select("main a")]
    assert "/accounts/login/" in links
    assert "/accounts/activate/" in links


def test_four_answers_for_a_member_who_is_short(short: Member) -> None:
    """RPT has 22 of 24 points and 2 to go.

    4/23/2026 is 40 days after 3/14/2026 (17 in March, 23 in April).
    """
    card = cards(short)["RPT"]
    assert "22 of 24 points" in card
    assert "Days left 40 days" in card
    assert "Record 2 more points by Apr 23, 2026." in card
    assert "Locked: 22 of 24 points are on record. The invoice opens the day after" in card


def test_four_answers_for_a_member_who_met_the_requirement_yesterday(met: Member) -> None:
    """4/30/2026 is 47 days after 3/14/2026 (17 + 30)."""
    card = cards(met)["RMA"]
    assert "30 of 30 points" in card
    assert "Days left 47 days" in card
    assert f"Pay {invoice_of(cycle_of(met)).number} ($60.00), due May 1, 2026." in card
    assert "Open since Mar 14, 2026, the day after your CCP requirement was met (Mar 13, 2026)." in card


@pytest.mark.parametrize("address", ["/", "/certifications/"])
def test_a_paid_invoice_says_when_the_payment_came(met: Member, address: str) -> None:
    """The page does not show the day of a mistaken payment that was taken back."""
    mistake = make_payment(invoice_of(cycle_of(met)), received_on=TODAY)
    invoices.reverse_payment(payment=mistake, reason="Another invoice.", by=mistake.recorded_by, at=noon(TODAY))
    make_payment(invoice_of(cycle_of(met)), received_on=date(2026, 3, 13))
    said = words(read(client_of(met).get(address)).main)
    assert "AMT received your payment on Mar 13, 2026." in said


def test_four_answers_in_the_first_year(new: Member) -> None:
    """Year 1 falls due on 9/1/2026 and opens 60 days before, on 7/3/2026."""
    card = cards(new)["RMA"]
    assert "0 of 30 points" in card
    assert "Record 30 more points by Aug 31, 2028." in card
    assert "Opens Jul 3, 2026, 60 days before it is due." in card


def test_four_answers_in_the_grace_period(grace: Member) -> None:
    """The cycle ended on 2/22/2026.

    90 days of grace end on 5/23/2026, 70 days after 3/14/2026.
    """
    card = cards(grace)["MLT"]
    assert "42 of 45 points" in card
    assert "Grace days left 70 days" in card
    assert "Record 3 more points by May 23, 2026, for activities you did up to Feb 22, 2026." in card


def test_four_answers_where_ccp_is_voluntary(voluntary: Member) -> None:
    card = cards(voluntary)["MLS"]
    assert "CCP is voluntary for this certification." in card
    assert "more points" not in card
    assert "Open since Mar 2, 2026, 60 days before it is due." in card


def test_where_ccp_is_voluntary_the_way_to_record_ce_is_open_and_not_urged(voluntary: Member) -> None:
    certification = voluntary.certifications.get()
    button = read(client_of(voluntary).get("/")).select_one("main article .points-act a")
    assert button["href"] == f"/ccp/record/?certification={certification.pk}"
    assert button["class"] == ["button", "button-quiet"]


def test_a_certification_that_is_not_in_force_names_no_last_day_to_record(short: Member) -> None:
    assert "Last day to record" in cards(short)["RPT"]
    Certification.objects.update(status="revoked")
    assert "Last day to record" not in cards(short)["RPT"]


def test_each_certification_has_its_card(two: Member) -> None:
    found = cards(two)
    assert list(found) == ["RMA", "RPT"]
    assert "4 of 30 points" in found["RMA"]
    assert "4 of 24 points" in found["RPT"]


@pytest.mark.parametrize(
    ("on", "said"),
    [
        pytest.param(date(2026, 4, 29), "Days left 1 day", id="day before the last"),
        pytest.param(date(2026, 4, 30), "Days left 0 days", id="last day"),
        pytest.param(date(2026, 5, 1), "Grace days left 89 days", id="day after: 90 - 1"),
    ],
)
def test_days_left_around_the_end(on_today: TimeMachineFixture, met: Member, on: date, said: str) -> None:
    on_today.move_to(noon(on))
    card = cards(met)["RMA"]
    assert said in card
    assert ("Today is the last day of the cycle" in card) is (on == date(2026, 4, 30))


def test_a_member_without_a_certification_is_told_whom_to_call() -> None:
    page = read(client_of(make_member()).get("/"))
    assert "No certifications yet" in words(page.main)


def test_staff_are_shown_the_way_to_their_pages(staff: User) -> None:
    page = read(client_of(staff).get("/"))
    assert page.select_one('main a[href="/admin/"]')


def test_the_home_page_follows_the_record_at_once(short: Member) -> None:
    """22 + 2 = 24."""
    make_activity(cycle_of(short, "RPT"), points="2")
    assert "24 of 24 points" in cards(short)["RPT"]


@pytest.mark.parametrize("address", ["/qualifying-activities/", "/guide/"])
def test_public_pages_are_the_same_page_for_everyone(address: str, met: Member) -> None:
    for client in (client_of(None), client_of(met)):
        assert read(client.get(address)).h1


def test_every_activity_type_stands_in_the_public_list() -> None:
    page = words(read(client_of(None).get("/qualifying-activities/")).main)
    for kind in ActivityType.objects.all():
        assert kind.name in page
        assert kind.guidance in page
    assert "Only for work done up to Dec 31, 2020." in page


def test_the_load_balancer_is_told_that_all_is_well() -> None:
    for method in ("get", "head"):
        answer = getattr(Client(), method)("/healthz")
        assert (answer.status_code, answer.headers["Content-Type"]) == (200, "text/plain; charset=utf-8")
        assert "no-store" in answer.headers["Cache-Control"]


def test_a_page_that_there_is_not_says_so(met: Member) -> None:
    page = read(client_of(met).get("/nothing/here/"), status=404)
    assert words(page.title).startswith("Error: ")
