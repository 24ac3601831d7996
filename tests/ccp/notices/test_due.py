"""When each notice is due: the day before, the day, and the days after; late runs; leap years."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta

import pytest

from ccp.notices import due
from ccp.notices.due import CycleFacts, Due, Event, Owed
from ccp.notices.models import NoticeKind as Kind

DAY = timedelta(days=1)
ENDS_ON = date(2027, 1, 8)
GRACE_ENDS_ON = ENDS_ON + 90 * DAY
RUNNING = CycleFacts(1, 12, ENDS_ON, GRACE_ENDS_ON, "running", is_short=True, owed=())
IN_GRACE = replace(RUNNING, verdict="grace")
LAST = Owed(7, 3, ENDS_ON - 59 * DAY, ENDS_ON + DAY)
MET = replace(RUNNING, is_short=False, owed=(LAST,))
YEAR_1 = Owed(5, 1, date(2026, 3, 3), date(2026, 5, 2))
BEGAN = date(2020, 1, 1)


def days_of(cycle: CycleFacts, kind: Kind, days: Sequence[date], told_since: date = BEGAN) -> list[date]:
    """Return the days on which a notice of that kind appears, if a run comes each day and nothing changes."""
    found: list[date] = []
    anchors: set[date] = set()
    for day in days:
        for one in due.of_cycle(cycle, day, told_since):
            if one.kind == kind and one.anchor_on not in anchors:
                anchors.add(one.anchor_on)
                found.append(day)
    return found


def span(first: date, last: date) -> list[date]:
    return [first + number * DAY for number in range((last - first).days + 1)]


def test_the_end_of_a_cycle_is_reminded_of_seven_times() -> None:
    found = days_of(RUNNING, Kind.CYCLE_ENDS, span(date(2026, 8, 1), ENDS_ON))
    assert [(ENDS_ON - day).days for day in found] == [120, 90, 60, 30, 14, 7, 1]


@pytest.mark.parametrize(("left", "anchor"), [(121, None), (120, 120), (119, 120), (91, 120), (90, 90), (1, 1), (0, 1)])
def test_the_newest_reminder_that_has_come_is_due(left: int, anchor: int | None) -> None:
    assert due.cycle_ends(RUNNING, ENDS_ON - left * DAY) == (anchor and ENDS_ON - anchor * DAY)


def test_a_late_run_sends_only_the_newest_of_a_series() -> None:
    """A run that comes after three weeks does not send three reminders."""
    found = list(due.of_cycle(RUNNING, ENDS_ON - 3 * DAY, BEGAN))
    assert found == [Due(1, Kind.CYCLE_ENDS, "cycle-12", ENDS_ON - 7 * DAY)]


def test_nobody_who_has_done_everything_is_reminded() -> None:
    done = replace(RUNNING, is_short=False)
    assert not any(list(due.of_cycle(done, day, BEGAN)) for day in span(date(2026, 8, 1), ENDS_ON))


def test_points_that_are_missing_again_are_reminded_of_at_once() -> None:
    """An entry was voided 50 days before the end: the reminder of 60 days was never made, and is due."""
    assert due.cycle_ends(RUNNING, ENDS_ON - 50 * DAY) == ENDS_ON - 60 * DAY


def test_an_invoice_that_just_opened_is_not_reminded_of() -> None:
    assert due.cycle_ends(MET, ENDS_ON - 59 * DAY) is None
    assert days_of(MET, Kind.CYCLE_ENDS, span(ENDS_ON - 60 * DAY, ENDS_ON))[0] == ENDS_ON - 30 * DAY


def test_the_grace_period_begins_the_day_after_the_cycle() -> None:
    found = days_of(IN_GRACE, Kind.GRACE, span(ENDS_ON + DAY, GRACE_ENDS_ON))
    assert found == [ENDS_ON + DAY, GRACE_ENDS_ON - 30 * DAY, GRACE_ENDS_ON - 7 * DAY]
    assert due.grace(RUNNING, ENDS_ON) is None


def test_a_grace_period_shorter_than_a_reminder_begins_once() -> None:
    short = replace(IN_GRACE, grace_ends_on=ENDS_ON + 20 * DAY)
    found = days_of(short, Kind.GRACE, span(ENDS_ON + DAY, ENDS_ON + 20 * DAY))
    assert found == [ENDS_ON + DAY, ENDS_ON + 13 * DAY]


def test_the_invoice_of_year_1_opens_and_is_due_and_overdue() -> None:
    cycle = replace(RUNNING, owed=(YEAR_1,), ends_on=date(2028, 5, 1))
    days = span(YEAR_1.opens_on, YEAR_1.pay_by + 60 * DAY)
    assert days_of(cycle, Kind.INVOICE_OPEN, days) == [YEAR_1.opens_on]
    due_days = days_of(cycle, Kind.INVOICE_DUE, days)
    assert [(YEAR_1.pay_by - day).days for day in due_days] == [30, 7, 0]
    assert days_of(cycle, Kind.INVOICE_OVERDUE, days) == [YEAR_1.pay_by + 14 * DAY]


def test_the_last_invoice_is_reminded_of_together_with_the_cycle() -> None:
    days = span(LAST.opens_on, LAST.pay_by)
    cycle_days = days_of(MET, Kind.CYCLE_ENDS, days)
    invoice_days = days_of(MET, Kind.INVOICE_DUE, days)
    assert invoice_days == [ENDS_ON - 30 * DAY, ENDS_ON - 7 * DAY, LAST.pay_by]
    assert set(invoice_days[:2]) <= set(cycle_days)


@pytest.mark.parametrize(("opened_before", "found"), [(31, [30, 7, 0]), (30, [7, 0]), (8, [7, 0]), (7, [0]), (0, [])])
def test_an_invoice_that_opens_late_is_not_reminded_of_on_the_day_it_opens(
    opened_before: int, found: list[int]
) -> None:
    owed = replace(YEAR_1, opens_on=YEAR_1.pay_by - opened_before * DAY)
    cycle = replace(RUNNING, owed=(owed,), ends_on=date(2028, 5, 1))
    days = days_of(cycle, Kind.INVOICE_DUE, span(owed.opens_on, owed.pay_by))
    assert [(owed.pay_by - day).days for day in days] == found


def test_what_was_open_or_overdue_long_before_the_portal_began_is_no_news() -> None:
    began = YEAR_1.pay_by + 20 * DAY
    cycle = replace(RUNNING, owed=(YEAR_1,), ends_on=date(2028, 5, 1))
    assert list(due.of_cycle(cycle, began, due.since(began, began))) == []


@pytest.mark.parametrize(("days", "is_due"), [(-1, False), (0, True), (30, True), (31, False)])
def test_what_happened_once_is_told_for_30_days(days: int, is_due: bool) -> None:
    event = Event(1, Kind.LAPSED, "status-3", date(2026, 5, 1))
    on = event.on + days * DAY
    assert bool(list(due.of_event(event, on, due.since(on, BEGAN)))) == is_due


@pytest.mark.parametrize(("days", "is_due"), [(0, True), (3, True), (4, False)])
def test_a_portal_that_begins_tells_the_last_three_days(days: int, is_due: bool) -> None:
    event = Event(1, Kind.AMT_CREDIT, "entry-3", date(2026, 5, 1))
    on = event.on + days * DAY
    assert bool(list(due.of_event(event, on, due.since(on, on)))) == is_due


@pytest.mark.parametrize(
    ("on", "anchor"),
    [
        (date(2028, 2, 29), None),
        (date(2028, 3, 1), date(2028, 3, 1)),
        (date(2028, 3, 7), date(2028, 3, 1)),
        (date(2028, 3, 8), None),
    ],
)
def test_a_month_is_summarized_in_the_first_week_of_the_next(on: date, anchor: date | None) -> None:
    assert due.monthly(on, BEGAN) == anchor


@pytest.mark.parametrize(
    ("recorded_on", "anchor"),
    [
        (date(2027, 8, 28), date(2028, 2, 28)),
        (date(2027, 8, 29), date(2028, 2, 29)),
        (date(2027, 8, 31), date(2028, 2, 29)),
        (date(2026, 8, 31), date(2027, 2, 28)),
    ],
)
def test_six_months_after_the_last_entry_there_is_one_reminder(recorded_on: date, anchor: date) -> None:
    quiet = replace(RUNNING, ends_on=date(2029, 1, 8), quiet_since=recorded_on)
    assert due.nothing_recorded(quiet, anchor - DAY, BEGAN) is None
    assert [due.nothing_recorded(quiet, anchor + days * DAY, BEGAN) for days in (0, 6, 7)] == [anchor, anchor, None]


def test_near_the_end_the_reminders_of_the_cycle_say_it() -> None:
    quiet = replace(RUNNING, quiet_since=date(2026, 3, 10))
    assert due.nothing_recorded(quiet, date(2026, 9, 10), BEGAN) is None  # 120 days before the end
    assert due.cycle_ends(quiet, date(2026, 9, 10)) == date(2026, 9, 10)


def test_a_cycle_that_ends_on_29_february_has_its_reminders() -> None:
    leap = replace(RUNNING, ends_on=date(2028, 2, 29))
    assert days_of(leap, Kind.CYCLE_ENDS, span(date(2028, 2, 28), date(2028, 2, 29)))[-1] == date(2028, 2, 28)
