"""My Certifications: an AMTRAX section for each certification, with machine-readable figures."""

from datetime import date
from decimal import Decimal

import pytest

from amtportal.members.models import Member
from certifications.models import Certification, Cycle
from tests.support.builders import client_of, cycle_of, invoice_of, make_activity, make_cycle, make_payment
from tests.support.pages import certification_figures, figures, read, words

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("on_today"), pytest.mark.any_database]
ADDRESS = "/certifications/"


def test_the_tab_leads_here_and_the_headline_is_amtrax(met: Member) -> None:
    browser = client_of(met)
    assert words(read(browser.get("/")).select_one(f'nav a[href="{ADDRESS}"]')) == "My Certifications"
    page = read(browser.get(ADDRESS))
    assert words(page.h1) == "My Certifications"
    assert page.select_one('nav a[aria-current="page"]')["href"] == ADDRESS
    section = page.select_one("main section")
    assert words(section.select_one("h3")) == "AMTRAX"


def test_record_ce_stands_under_the_headline(met: Member) -> None:
    section = read(client_of(met).get(ADDRESS)).select_one("main section")
    link = section.select_one("h3").find_next("a")
    assert words(link).startswith("Record CE")
    assert link["href"] == f"/ccp/record/?certification={cycle_of(met).certification_id}"


def test_the_figures_of_a_member_who_met_the_requirement_yesterday(met: Member) -> None:
    assert certification_figures(client_of(met)) == {
        f"certification-{cycle_of(met).certification_id}": {
            "points-counted": "30",
            "points-required": "30",
            "cycle-starts": "2023-05-01",
            "cycle-ends": "2026-04-30",
            "invoice-status": "open",
            "invoice-opens": "2026-03-14",
        }
    }


def test_the_figures_of_a_member_who_is_short_know_no_day_on_which_the_invoice_opens(short: Member) -> None:
    make_activity(cycle_of(short, "RPT"), points="0.25")
    (found,) = certification_figures(client_of(short)).values()
    assert found == {
        "points-counted": "22.25",
        "points-required": "24",
        "cycle-starts": "2023-04-24",
        "cycle-ends": "2026-04-23",
        "invoice-status": "locked",
    }


def test_the_figures_of_the_first_year_are_of_its_own_invoice(new: Member) -> None:
    """Year 1 is due on 9/1/2026 and opens on 7/3/2026."""
    (found,) = certification_figures(client_of(new)).values()
    assert (found["invoice-status"], found["invoice-opens"]) == ("upcoming", "2026-07-03")


def test_the_figures_of_a_paid_invoice(met: Member) -> None:
    make_payment(invoice_of(cycle_of(met)))
    (found,) = certification_figures(client_of(met)).values()
    assert found["invoice-status"] == "paid"


def test_each_certification_has_its_own_figures(two: Member) -> None:
    make_activity(cycle_of(two, "RPT"), points="1.5", starts_on=date(2026, 3, 2))
    found = certification_figures(client_of(two))
    counted = {name: values["points-counted"] for name, values in found.items()}
    assert counted == {
        f"certification-{cycle_of(two).certification_id}": "4",
        f"certification-{cycle_of(two, 'RPT').certification_id}": "5.5",
    }


def test_nothing_of_another_member_is_shown(met: Member, stranger: Member) -> None:
    make_activity(cycle_of(stranger), points="9", title="Not yours")
    page = read(client_of(met).get(ADDRESS))
    assert len(page.select("section[id^=certification-]")) == 1
    assert page.find(id=f"certification-{cycle_of(stranger).certification_id}") is None


def test_progress_reaches_as_far_as_the_points(short: Member) -> None:
    make_activity(cycle_of(short, "RPT"), points="9")
    drawn = read(client_of(short).get(ADDRESS)).select_one("main .ring-value")
    assert (drawn["stroke-dasharray"], drawn["pathlength"]) == ("24 24", "24"), "31 of 24 points fill the ring"


def test_points_stand_by_category(short: Member) -> None:
    make_activity(cycle_of(short, "RPT"), kind="presentation", points="1.5")
    table = next(
        table
        for table in read(client_of(short).get(ADDRESS)).select("main table")
        if words(table.caption) == "Points by category"
    )
    assert [words(row) for row in table.select("tbody tr")] == [
        "Professional Education 22",
        "Instructional Presentations 1.5",
    ]


def test_a_lapsed_certification_says_so_and_offers_no_record_ce(met: Member) -> None:
    Certification.objects.update(status="lapsed")
    page = read(client_of(met).get(ADDRESS))
    assert "This certification is lapsed" in words(page.main)
    assert not page.select('main a[href^="/ccp/record/"]')


def test_a_closed_cycle_says_how_it_was_closed(met: Member) -> None:
    Cycle.objects.update(closed_on=date(2026, 5, 1), outcome="compliant", points_at_close=Decimal(30))
    page = read(client_of(met).get(ADDRESS))
    assert "closed on May 1 as compliant, with 30 of 30 points" in words(page.main)
    assert not page.select('main a[href^="/ccp/record/"]')


def test_after_the_grace_period_there_is_no_record_ce() -> None:
    """A cycle awarded on 12/1/2022 ended on 11/30/2025, and took records to 2/28/2026.

    The page that is opened next closes the cycle.
    """
    member = make_cycle(awarded_on=date(2022, 12, 1), on=date(2025, 11, 1)).certification.member
    page = read(client_of(member).get(ADDRESS))
    assert "You cannot record CE, because this certification is lapsed." in words(page.main)
    assert not page.select('main a[href^="/ccp/record/"]')


def test_the_transcript_and_the_invoice_are_one_step_away(met: Member) -> None:
    cycle = cycle_of(met)
    links = {link["href"] for link in read(client_of(met).get(ADDRESS)).select("main a")}
    assert {
        f"/ccp/transcript/{cycle.pk}/",
        f"/ccp/transcript/{cycle.pk}.pdf",
        f"/invoices/{invoice_of(cycle).pk}/",
    } <= links


def test_points_of_many_cycles_stand_apart(met: Member) -> None:
    """The points of a closed cycle do not carry over: 30 in the first, 0 in the second."""
    first = cycle_of(met)
    Cycle.objects.update(closed_on=date(2026, 5, 1), outcome="compliant", points_at_close=Decimal(30))
    Cycle.objects.create(
        certification=first.certification,
        number=2,
        starts_on=date(2026, 5, 1),
        ends_on=date(2029, 4, 30),
        points_required=Decimal(30),
    )
    section = read(client_of(met).get(ADDRESS)).select_one("main section[id^=certification-]")
    assert figures(section)["points-counted"] == "0"
    assert figures(section)["cycle-starts"] == "2026-05-01"
