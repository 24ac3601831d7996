"""Nothing depends on the day on which ``close_cycles`` runs.

What was due is closed, as it had to be, before staff do anything: a cycle that has ended, is met
and paid and has not been closed yet is closed as compliant first.
"""

from datetime import date
from decimal import Decimal

import pytest
from time_machine import TimeMachineFixture

from amtportal.members.models import User
from amtportal.refusals import Refused
from ccp.catalogue import term_changes as impact
from ccp.counting import requirement
from ccp.models import Activity, ActivityType, TypeTerms
from ccp.recording import verbs as recording
from certifications import invoices
from certifications.models import Cycle, Payment, RenewalInvoice
from tests.support.builders import (
    client_of,
    invoice_of,
    make_activity,
    make_cycle,
    make_member,
    make_payment,
    make_user,
    noon,
)
from tests.support.staff import make_clerk, page, submit

pytestmark = [pytest.mark.django_db, pytest.mark.ignore_template_errors]

ENDED = date(2026, 5, 1)  # the first day after the cycle
LATE = date(2026, 5, 5)


@pytest.fixture
def activity(time_machine: TimeMachineFixture) -> Activity:
    """30 points of an RMA whose cycle ended on 4/30/2026 and is met.

    The invoices of years 1 and 2 are paid.
    """
    cycle = make_cycle(make_member())
    activity = make_activity(cycle, points="30")
    for year in (1, 2):
        make_payment(invoice_of(cycle, year))
    time_machine.move_to(noon(LATE), tick=False)
    return activity


@pytest.fixture
def payment(activity: Activity) -> Payment:
    """The payment of year 3, received on the day after the cycle.

    Nothing more is owed.
    """
    return make_payment(invoice_of(Cycle.objects.get()), received_on=ENDED, at=noon(ENDED))


@pytest.fixture
def amt() -> User:
    return make_user(email="staff@amt.example", is_staff=True)


def void(activity: Activity, amt: User, *, on: date) -> Activity:
    return recording.void(activity=activity, reason="No proof was sent.", by=amt, at=noon(on))


@pytest.mark.usefixtures("payment")
def test_an_entry_of_a_cycle_that_was_due_cannot_be_voided(activity: Activity, amt: User) -> None:
    with pytest.raises(Refused, match="a closed cycle does not change"):
        void(activity, amt, on=LATE)
    assert requirement.counted_points(Cycle.objects.get(number=1)) == 30


def test_one_of_a_cycle_that_awaits_payment_can_be_voided_also_after_the_grace_period(
    activity: Activity, amt: User
) -> None:
    assert void(activity, amt, on=date(2026, 12, 1)).is_void
    assert Cycle.objects.get().requirement_met_on is None


@pytest.mark.usefixtures("payment")
def test_new_terms_find_the_cycle_closed_with_what_counted(amt: User) -> None:
    """A cap of 20 from 3/1/2026 on would have taken away a third of the 30 points."""
    kind = ActivityType.objects.get(code="course-seminar-webinar")
    terms = TypeTerms(activity_type=kind, effective_from=date(2026, 3, 1), cap=Decimal(20))
    impact.put_in_force(terms=terms, by=amt, at=noon(LATE))
    cycle = Cycle.objects.get(number=1)
    assert (cycle.outcome, cycle.closed_on, cycle.points_at_close) == ("compliant", LATE, 30)
    assert requirement.counted_points(cycle) == 30


@pytest.mark.usefixtures("payment")
def test_staff_who_ask_what_terms_change_are_told_of_no_cycle_that_was_due() -> None:
    desk = client_of(make_clerk("view_activitytype", "set_type_terms", "view_typeterms"))
    kind = ActivityType.objects.get(code="course-seminar-webinar")
    submit(desk, page(ActivityType, "terms", kind.pk), effective_from="2026-03-01", cap="20")
    assert Cycle.objects.get(number=1).outcome == "compliant"


def test_a_payment_that_is_reversed_leaves_the_cycle_closed(payment: Payment) -> None:
    desk = client_of(make_clerk("view_payment", "reverse_payment"))
    address = page(Payment, "reverse", payment.pk)
    assert "was closed on May 5, 2026 and stays closed as it was" in desk.get(address).text
    desk.post(address, {"reason": "The bank returned the check."})
    payment.refresh_from_db()
    assert payment.reversed_at
    assert list(Cycle.objects.order_by("number").values_list("outcome", flat=True)) == ["compliant", ""]


def test_an_invoice_is_not_issued_again_in_a_cycle_that_was_due(activity: Activity) -> None:
    invoice = invoices.void(invoice=invoice_of(Cycle.objects.get()), reason="Sent in error.")
    desk = client_of(make_clerk("view_renewalinvoice", "issue_invoice_again"))
    assert (
        "a closed cycle does not change" in desk.post(page(RenewalInvoice, "anew", invoice.pk), {"pressed": "yes"}).text
    )
    assert Cycle.objects.get(number=1).outcome == "compliant"
