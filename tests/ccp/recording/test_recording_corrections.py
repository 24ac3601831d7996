"""Correcting the record: amend, withdraw and void.

Totals, the met date and the invoice follow, and nothing is deleted.
"""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from amtportal.members.models import User
from amtportal.refusals import Refused
from ccp.counting import requirement
from ccp.models import Activity, Credit
from ccp.recording import changeable as amendable
from ccp.recording import verbs as recording
from certifications import invoices
from certifications.models import Certification, Cycle
from tests.support.builders import (
    TODAY,
    cycle_of,
    invoice_of,
    make_activity,
    make_claim,
    make_cycle,
    make_member,
    make_payment,
    make_user,
    noon,
    set_terms,
)

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture
def cycle() -> Cycle:
    """RMA 5/1/2023 to 4/30/2026, 30 points required, nothing recorded."""
    return make_cycle()


@pytest.fixture
def amt() -> User:
    return make_user(email="staff@amt.example", is_staff=True)


def amend(activity: Activity, *chosen: Cycle, revision: int = 1, on: date = TODAY, **claim: Any) -> Activity:
    """Let the member amend the entry, and return it.

    It has 5 points for 3/1/2026 unless a keyword says otherwise.
    """
    chosen = chosen or tuple(credit.cycle for credit in activity.credits.exclude(cut="unclaimed"))
    return recording.amend(
        activity=activity,
        cycles=chosen,
        claim=make_claim(**claim),
        revision=revision,
        by=activity.member.user,
        at=noon(on),
    )


def withdraw(activity: Activity, *, on: date = TODAY) -> Activity:
    return recording.withdraw(activity=activity, by=activity.member.user, at=noon(on))


def void(activity: Activity, by: User, *, on: date = TODAY, reason: str = "No proof was sent.") -> Activity:
    return recording.void(activity=activity, reason=reason, by=by, at=noon(on))


def state_of_last(cycle: Cycle, on: date) -> str:
    return invoices.state_of(invoice_of(cycle), on)


def test_amending_replaces_the_values_and_counts_again(cycle: Cycle) -> None:
    """12 + 5 = 17. The 5 become 7.5, and 12 + 7.5 = 19.5."""
    make_activity(cycle, points="12")
    amended = amend(make_activity(cycle), points="7.5", title="Blood cultures", kind="self-study")
    stored = Activity.objects.get(pk=amended.pk)
    assert (stored.points, stored.title, stored.activity_type.code) == (Decimal("7.5"), "Blood cultures", "self-study")
    assert stored.revision == 2
    assert requirement.counted_points(cycle) == Decimal("19.5")


def test_amending_frees_room_under_the_cap_for_the_others(cycle: Cycle) -> None:
    """The cap is 10: 8 count, and 2 of 5. The 8 become 6, so 10 - 6 = 4 of the 5 count."""
    set_terms("course-seminar-webinar", cap=Decimal(10))
    first = make_activity(cycle, points="8", starts_on=date(2026, 3, 1))
    second = make_activity(cycle, points="5", starts_on=date(2026, 3, 2))
    assert second.credits.get().points == Decimal(2)
    amend(first, points="6")
    assert second.credits.get().points == Decimal(4)


def test_amending_can_move_an_entry_to_another_certification() -> None:
    member = make_member()
    rma, rpt = make_cycle(member), make_cycle(member, credential="RPT", awarded_on=date(2024, 9, 15))
    activity = make_activity(rma)
    amend(activity, rpt)
    assert (requirement.counted_points(rma), requirement.counted_points(rpt)) == (0, Decimal(5))
    assert {credit.cycle: credit.cut for credit in activity.credits.all()} == {rma: "unclaimed", rpt: ""}
    amend(activity, rma, rpt, revision=2)
    assert (requirement.counted_points(rma), requirement.counted_points(rpt)) == (Decimal(5), Decimal(5))


def test_an_amendment_that_breaks_a_rule_changes_nothing(cycle: Cycle) -> None:
    activity = make_activity(cycle)
    with pytest.raises(Refused, match="before your CCP cycle"):
        amend(activity, starts_on=date(2023, 4, 30))
    assert make_claim().is_on(Activity.objects.get())
    assert requirement.counted_points(cycle) == Decimal(5)


def test_an_amendment_of_a_form_that_is_out_of_date_is_refused(cycle: Cycle) -> None:
    """Two forms are opened at revision 1.

    The first makes 6 points. The second's 7 do not overwrite them unseen.
    """
    activity = make_activity(cycle)
    amend(activity, points="6")
    with pytest.raises(recording.ChangedMeanwhile, match="changed after you opened the form"):
        amend(activity, points="7", revision=1)
    assert Activity.objects.get().points == Decimal(6)


def test_the_same_amendment_twice_is_one(cycle: Cycle) -> None:
    """The second comes from the same form, of revision 1, and the entry already says this."""
    activity = make_activity(cycle)
    amend(activity, points="6")
    assert amend(activity, points="6", revision=1).revision == 2
    assert Activity.history.count() == 2


def test_withdrawing_counts_for_nothing_and_deletes_nothing(cycle: Cycle) -> None:
    make_activity(cycle, points="12")
    activity = withdraw(make_activity(cycle))
    stored = Activity.objects.get(pk=activity.pk)
    assert (stored.withdrawn_by, stored.withdrawn_at, stored.void_reason) == (stored.member.user, noon(TODAY), "")
    assert (stored.credits.get().points, stored.credits.get().cut) == (0, "not-standing")
    assert requirement.counted_points(cycle) == Decimal(12)


def test_withdrawing_twice_withdraws_once(cycle: Cycle) -> None:
    activity = withdraw(make_activity(cycle))
    assert withdraw(activity, on=TODAY + DAY).withdrawn_at == noon(TODAY)
    assert Activity.history.count() == 2


def test_a_withdrawn_entry_is_not_amended(cycle: Cycle) -> None:
    activity = withdraw(make_activity(cycle))
    with pytest.raises(Refused, match="is withdrawn or void"):
        amend(activity, cycle, points="6", revision=2)


def test_a_correction_below_the_requirement_locks_an_unpaid_invoice_again(cycle: Cycle) -> None:
    """The requirement was met yesterday with 30, so the invoice is open today.

    30 - 5 = 25 locks it. 25 + 5 = 30 again today opens it tomorrow.
    """
    make_activity(cycle, points="25", at=noon(TODAY - DAY))
    activity = make_activity(cycle, at=noon(TODAY - DAY))
    assert state_of_last(cycle, TODAY) == "open"
    withdraw(activity)
    assert cycle_of(activity.member).requirement_met_on is None
    assert state_of_last(cycle, TODAY) == "locked"
    make_activity(cycle)
    assert (state_of_last(cycle, TODAY), state_of_last(cycle, TODAY + DAY)) == ("upcoming", "open")


def test_a_correction_that_leaves_enough_keeps_the_day(cycle: Cycle) -> None:
    make_activity(cycle, points="30", at=noon(TODAY - DAY))
    amend(make_activity(cycle), points="0.25")
    assert cycle_of(cycle.certification.member).requirement_met_on == TODAY - DAY


@pytest.fixture
def paid(cycle: Cycle) -> Activity:
    """The only entry, of 30 points, in a cycle whose last invoice is paid."""
    activity = make_activity(cycle, points="30", at=noon(TODAY - DAY))
    make_payment(invoice_of(cycle))
    return activity


def test_a_member_cannot_go_below_the_requirement_once_the_last_invoice_is_paid(paid: Activity) -> None:
    for correction in (lambda: withdraw(paid), lambda: amend(paid, points="29.75")):
        with pytest.raises(Refused, match="below the 30 points it needs, and its renewal invoice is already"):
            correction()
    assert Activity.objects.get().points == Decimal(30)
    assert Activity.objects.get().is_standing
    assert cycle_of(paid.member).requirement_met_on == TODAY - DAY


def test_a_member_can_still_correct_what_leaves_enough(paid: Activity, cycle: Cycle) -> None:
    """35 + 30 = 65, and then 30 are withdrawn: 35 of 30 remain."""
    make_activity(cycle, points="35")
    withdraw(paid)
    assert requirement.counted_points(cycle) == Decimal(35)


def test_an_entry_cannot_be_moved_away_from_a_paid_cycle_that_needs_it() -> None:
    member = make_member()
    rma, rpt = make_cycle(member), make_cycle(member, credential="RPT", awarded_on=date(2024, 9, 15))
    activity = make_activity(rma, points="30", at=noon(TODAY - DAY))
    make_payment(invoice_of(rma))
    with pytest.raises(Refused, match="already paid"):
        amend(activity, rpt, points="30")
    assert requirement.counted_points(rma) == Decimal(30)
    assert requirement.counted_points(rpt) == 0


def test_paid_invoices_of_earlier_years_do_not_hold_the_record(cycle: Cycle) -> None:
    activity = make_activity(cycle, points="30", at=noon(TODAY - DAY))
    make_payment(invoice_of(cycle, 1))
    assert not withdraw(activity).is_standing


def test_where_ccp_is_voluntary_a_paid_invoice_does_not_hold_the_record() -> None:
    cycle = make_cycle(ccp_mandatory=False)
    activity = make_activity(cycle, points="30", at=noon(TODAY - DAY))
    make_payment(invoice_of(cycle))
    assert not withdraw(activity).is_standing


def test_staff_may_void_what_a_paid_cycle_needs_and_the_invoice_stays_paid(
    paid: Activity, cycle: Cycle, amt: User
) -> None:
    voided = void(paid, amt, reason="  No proof was sent. ")
    assert (voided.void_reason, voided.withdrawn_by, voided.is_void) == ("No proof was sent.", amt, True)
    assert cycle_of(paid.member).requirement_met_on is None
    assert state_of_last(cycle, TODAY) == "paid"


def test_voiding_needs_a_reason(cycle: Cycle, amt: User) -> None:
    activity = make_activity(cycle)
    with pytest.raises(Refused, match="Say why"):
        void(activity, amt, reason=" ")
    assert Activity.objects.get().is_standing


def test_voiding_twice_keeps_the_first_reason(cycle: Cycle, amt: User) -> None:
    activity = void(make_activity(cycle), amt)
    assert void(activity, amt, reason="Another.").void_reason == "No proof was sent."


def test_a_void_entry_is_neither_amended_nor_withdrawn_by_its_member(cycle: Cycle, amt: User) -> None:
    activity = void(make_activity(cycle), amt)
    with pytest.raises(Refused, match="is withdrawn or void"):
        amend(activity, cycle, points="6", revision=2)
    assert withdraw(activity).withdrawn_by == amt


def test_staff_may_void_in_the_grace_period_and_not_once_it_is_over(cycle: Cycle, amt: User) -> None:
    first, second = make_activity(cycle), make_activity(cycle)
    assert void(first, amt, on=date(2026, 7, 29)).is_void
    with pytest.raises(Refused, match="a closed cycle does not change"):
        void(second, amt, on=date(2026, 7, 30))


def test_points_of_a_closed_cycle_are_frozen(cycle: Cycle, amt: User) -> None:
    activity = make_activity(cycle, points="30")
    Cycle.objects.update(closed_on=date(2026, 5, 1), outcome="compliant", points_at_close=Decimal(30))
    with pytest.raises(Refused, match="no longer takes changes"):
        amend(activity, cycle, points="31", on=date(2026, 5, 2))
    with pytest.raises(Refused, match="no longer takes changes"):
        withdraw(activity, on=date(2026, 5, 2))
    with pytest.raises(Refused, match="a closed cycle does not change"):
        void(activity, amt, on=date(2026, 5, 2))
    assert requirement.counted_points(cycle) == Decimal(30)


@pytest.mark.parametrize(
    ("on", "open_on_the_day"),
    [
        pytest.param(date(2026, 4, 30), True, id="last day of the cycle"),
        pytest.param(date(2026, 7, 29), True, id="last day of grace: 4/30 + 90 days"),
        pytest.param(date(2026, 7, 30), False, id="day after the grace period"),
    ],
)
def test_a_member_corrects_while_the_cycle_takes_records(cycle: Cycle, on: date, open_on_the_day: bool) -> None:
    activity = make_activity(cycle)
    assert amendable.can_be_changed(activity, on) is open_on_the_day
    if open_on_the_day:
        assert not withdraw(activity, on=on).is_standing
    else:
        with pytest.raises(Refused, match="May 1, 2023 to Apr 30, 2026, which no longer takes changes"):
            withdraw(activity, on=on)


def test_an_entry_of_a_lapsed_certification_is_not_changed(cycle: Cycle) -> None:
    activity = make_activity(cycle)
    Certification.objects.update(status="lapsed")
    assert not amendable.can_be_changed(Activity.objects.get(), TODAY)
    with pytest.raises(Refused, match="no longer takes changes"):
        withdraw(activity)


def test_nothing_is_ever_deleted(cycle: Cycle, amt: User) -> None:
    """One entry is recorded, amended and withdrawn, and another is recorded and voided.

    There are 2 entries and 2 credits with 3 + 2 lines of history.
    """
    withdraw(amend(make_activity(cycle), points="6"))
    void(make_activity(cycle), amt)
    assert (Activity.objects.count(), Credit.objects.count(), Activity.history.count()) == (2, 2, 5)
    assert not Activity.history.filter(history_type="-").exists()
