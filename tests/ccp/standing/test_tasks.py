"""The list of tasks.

It shows what to do, what cannot start yet and what is done, each with its state in words.
"""

from datetime import date

import pytest
from time_machine import TimeMachineFixture

from amtportal.members.models import Member
from ccp.standing import standing
from ccp.standing.tasks import tasks_of
from certifications.models import Certification
from tests.support.builders import TODAY, client_of, cycle_of, invoice_of, make_activity, make_payment, noon
from tests.support.pages import read, words

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("on_today")]


def tasks(member: Member, on: date = TODAY) -> list[tuple[str, str, str]]:
    """Return each task of the member's first certification.

    It has its sentence, its state and the words for that state.
    """
    return [(task.sentence, task.state, task.status) for task in tasks_of(standing.standings(member, on)[0])]


def test_in_the_first_year_nothing_is_started_and_the_invoice_has_to_wait(new: Member) -> None:
    """7/3/2026, 60 days before 9/1/2026, is a Friday."""
    number = invoice_of(cycle_of(new), 1).number
    assert tasks(new) == [
        ("Record 30 more points by Aug 31, 2028.", "to-do", "Not started"),
        (f"Pay {number} ($60.00)", "waits", "Cannot start yet: opens Jul 3"),
    ]


def test_whoever_is_short_is_told_what_the_invoice_waits_for(short: Member) -> None:
    found = tasks(short)
    assert [(state, status) for _, state, status in found] == [
        ("overdue", "Overdue"),
        ("overdue", "Overdue"),
        ("to-do", "In progress"),
        ("waits", "Cannot start yet: opens the day after you reach 24 points"),
    ]


def test_once_the_points_are_there_that_task_is_done_and_the_invoice_is_ready(met: Member) -> None:
    for year in (1, 2):
        make_payment(invoice_of(cycle_of(met), year))
    number = invoice_of(cycle_of(met)).number
    assert tasks(met) == [
        (f"Pay {number} ($60.00), due May 1, 2026.", "to-do", "Ready to pay"),
        ("Reach the 30 points of this cycle", "done", "Done"),
    ]


def test_once_all_is_paid_nothing_is_left_to_do(met: Member) -> None:
    for year in (1, 2, 3):
        make_payment(invoice_of(cycle_of(met), year))
    assert [state for _, state, _ in tasks(met)] == ["", "done", "done"]


def test_where_ccp_is_voluntary_no_points_are_asked_for(voluntary: Member) -> None:
    assert [status for _, _, status in tasks(voluntary)][-1] == "Ready to pay"


def test_out_of_force_there_is_nothing_but_a_call(met: Member) -> None:
    Certification.objects.update(status="retired")
    assert [(state, status) for _, state, status in tasks(met)] == [("", "")]


def test_a_task_on_the_page_leads_to_where_it_is_done(short: Member) -> None:
    page = read(client_of(short).get("/"))
    links = {words(item.a): item.a["href"] for item in page.select(".tasks li")}
    cycle = cycle_of(short, "RPT")
    assert links["Record 2 more points by Apr 23, 2026."] == f"/ccp/record/?certification={cycle.certification_id}"
    assert f"/invoices/{invoice_of(cycle, 1).pk}/" in links.values()
    assert all(item.select_one(".task-status svg") for item in page.select(".tasks li[data-state]"))


def test_the_calm_sentence_comes_with_the_requirement(on_today: TimeMachineFixture, short: Member) -> None:
    said = "you need no more points until this cycle ends on Apr 23, 2026."
    client = client_of(short)
    assert said not in words(read(client.get("/")).main)
    make_activity(cycle_of(short, "RPT"), points="2")
    assert said in words(read(client.get("/")).main)
    on_today.move_to(noon(date(2026, 4, 23)))
    assert said in words(read(client_of(short).get("/")).main)


@pytest.mark.parametrize("day", [date(2026, 4, 24), date(2026, 8, 1)], ids=["in grace", "after the grace period"])
def test_the_calm_sentence_ends_with_the_cycle(on_today: TimeMachineFixture, short: Member, day: date) -> None:
    """The requirement is met and invoices are owed.

    The page says what the cycle waits for, and nothing about an end to come.
    """
    make_activity(cycle_of(short, "RPT"), points="2")
    on_today.move_to(noon(day))
    said = words(read(client_of(short).get("/")).main)
    assert "It waits for your payment" in said
    assert "until this cycle ends" not in said
