"""Closing cycles while people record, pay and open pages.

Nothing is lost, and nothing is closed twice.
"""

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from functools import partial

import pytest

from amtportal.refusals import Refused
from ccp.counting import requirement
from ccp.models import Credit
from ccp.recording import verbs as recording
from ccp.rollover import catching_up
from ccp.rollover import closing as rollover
from certifications import life
from certifications.models import Certification, Cycle, RenewalInvoice, StatusChange
from tests.support.builders import invoice_of, make_activity, make_cycle, make_member, make_payment, make_user, noon
from tests.support.threads import at_once

pytestmark = pytest.mark.django_db(transaction=True)

DAY = timedelta(days=1)
LAST = date(2026, 4, 30)
NOW = noon(LAST + DAY)
OVER = noon(LAST + timedelta(days=91))


def due(number: int, **fields: object) -> list[Cycle]:
    cycles = [make_cycle(make_member(), **fields) for _ in range(number)]  # type: ignore[arg-type]
    for cycle in cycles:
        make_activity(cycle, points="30")
    RenewalInvoice.objects.filter(cycle__in=cycles).update(status="paid")
    return cycles


def outcome(verb: Callable[[], object]) -> str:
    try:
        verb()
    except Refused as refused:
        return str(refused)
    return "done"


def test_four_runs_at_once_close_each_cycle_once() -> None:
    due(12)
    tallies = at_once(*[partial(rollover.close_due, at=NOW)] * 4)
    assert [tally.failed for tally in tallies] == [[]] * 4
    assert sum(tally.closed for tally in tallies) == 12
    assert Cycle.objects.unclosed().filter(number=2).count() == 12
    assert RenewalInvoice.objects.filter(cycle__number=2).count() == 36


def test_a_run_beside_pages_that_catch_up_opens_one_cycle() -> None:
    (cycle,) = due(1)
    member = cycle.certification.member
    at_once(
        *[partial(catching_up.catch_up, member, at=NOW)] * 3,
        *[partial(catching_up.open_for_records, member, at=NOW)] * 2,
        partial(rollover.close_due, at=NOW),
    )
    assert list(Cycle.objects.order_by("number").values_list("number", "outcome")) == [(1, "compliant"), (2, "")]
    assert Cycle.history.filter(number=1, closed_on__isnull=False).count() == 1


def test_runs_beside_members_of_two_certifications_who_record_do_not_deadlock() -> None:
    """Each record locks the cycle that closes and the one that continues.

    It locks them in the order of their keys, as the run does.
    """
    members = [make_member() for _ in range(3)]
    for member in members:
        make_cycle(member, credential="RPT", awarded_on=date(2024, 9, 15))
        (closing,) = [make_cycle(member)]
        make_activity(closing, points="30")
    RenewalInvoice.objects.filter(cycle__number=1, cycle__ends_on=LAST).update(status="paid")

    def record(member: object) -> str:
        chosen = Cycle.objects.unclosed().filter(certification__member=member)
        return outcome(lambda: make_activity(*chosen, starts_on=LAST + DAY, points="1", at=NOW))

    answers = at_once(*[partial(record, member) for member in members] * 2, *[partial(_closed, 0)] * 2)
    assert answers == ["done"] * 8
    assert Cycle.objects.filter(outcome="compliant").count() == 3
    opened = Cycle.objects.unclosed()
    assert set(requirement.counted_by_cycle([cycle.pk for cycle in opened]).values()) == {Decimal(2)}
    assert Credit.objects.filter(cycle__outcome="compliant").count() == 3


def _closed(_: int) -> str:
    assert not rollover.close_due(at=NOW).failed
    return "done"


def test_a_withdrawal_and_the_closing_it_would_undo_do_not_both_go_through() -> None:
    """The certification is voluntary, so no gate holds the withdrawal back.

    The frozen points are those that were on record.
    """
    (cycle,) = due(1, ccp_mandatory=False)
    activity = cycle.certification.member.activities.get()
    withdrawn, _ = at_once(
        lambda: outcome(lambda: recording.withdraw(activity=activity, by=activity.member.user, at=NOW)),
        partial(_closed, 0),
    )
    cycle.refresh_from_db()
    assert cycle.outcome == "compliant"
    assert cycle.points_at_close == requirement.counted_points(cycle)
    assert "no longer takes changes" in withdrawn  # the withdrawal itself closes what is due, or finds it closed


def test_the_last_points_at_the_last_moment_are_not_closed_as_missing() -> None:
    """Points are recorded on the last day of the grace period, and the run is of the day after.

    Whoever comes second sees the other's work.
    """
    cycle = make_cycle(make_member())
    member = cycle.certification.member
    recorded, _ = at_once(
        lambda: outcome(lambda: make_activity(cycle, points="30", at=OVER - DAY)),
        lambda: rollover.close_due(at=OVER),
    )
    cycle.refresh_from_db()
    if recorded == "done":
        assert (cycle.closed_on, requirement.counted_points(cycle)) == (None, Decimal(30))
        assert Certification.objects.get().status == "active"
    else:
        assert (cycle.outcome, cycle.points_at_close) == ("non-compliant", Decimal(0))
        assert Certification.objects.get().status == "lapsed"
        assert not member.activities.exists()


def test_a_payment_beside_runs_is_kept_and_the_cycle_closes_once() -> None:
    cycle = make_cycle(make_member())
    make_activity(cycle, points="30")
    RenewalInvoice.objects.filter(cycle=cycle, year__lt=3).update(status="paid")
    invoice, clerk = invoice_of(cycle), make_user(is_staff=True)
    at_once(
        lambda: str(make_payment(invoice, by=clerk, received_on=LAST + DAY, at=NOW)),
        partial(_closed, 0),
        partial(_closed, 0),
    )
    assert invoice_of(cycle).status == "paid"
    rollover.close_due(at=NOW)
    assert list(Cycle.objects.order_by("number").values_list("number", "outcome")) == [(1, "compliant"), (2, "")]


def test_a_retirement_beside_the_closing_leaves_no_lapse_behind_it() -> None:
    """If the retirement is first, the cycle closes and nothing lapses.

    If the closing is first, the certification has lapsed and cannot retire.
    """
    cycle, clerk = make_cycle(make_member()), make_user(is_staff=True)
    retired, _ = at_once(
        lambda: outcome(
            lambda: life.change_status(
                certification=cycle.certification, to="retired", reason="Asked for it.", by=clerk, at=OVER
            )
        ),
        lambda: str(rollover.close_due(at=OVER).failed),
    )
    cycle.refresh_from_db()
    assert cycle.outcome == "non-compliant"
    (change,) = StatusChange.objects.all()
    assert Certification.objects.get().status == change.after == ("retired" if retired == "done" else "lapsed")
