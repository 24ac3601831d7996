"""CCP cycles: which days belong to which, when they take records, and what opening one writes."""

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import given, settings
from hypothesis import strategies as st

from amtportal.dates import anniversary
from amtportal.members.models import Member
from certifications import cycles
from certifications.models import Certification, Credential, Cycle, RenewalInvoice
from tests.support.builders import TODAY, make_certification, make_cycle, make_member
from tests.support.threads import at_once

AWARDED = date(2006, 5, 1)
DAY = timedelta(days=1)
# Awards from the first decade of the program to its future, and every day of the 40 years that
# follow each award.
ANCHORS = st.dates(date(1976, 1, 1), date(2040, 12, 31)) | st.sampled_from(
    [date(year, 2, 29) for year in range(1976, 2041, 4)]
)
FORTY_YEARS = 40


def test_the_programmes_own_example() -> None:
    """The certification is of 5/1/2006.

    The cycle is 5/1/2006 to 4/30/2009, and the next one starts on 5/1/2009.
    """
    assert cycles.span(AWARDED, 1) == cycles.Span(1, date(2006, 5, 1), date(2009, 4, 30))
    assert cycles.span(AWARDED, 2) == cycles.Span(2, date(2009, 5, 1), date(2012, 4, 30))


@pytest.mark.parametrize(
    ("on", "number"),
    [
        pytest.param(date(2006, 5, 1), 1, id="day of the award"),
        pytest.param(date(2009, 4, 30), 1, id="last day of the first cycle"),
        pytest.param(date(2009, 5, 1), 2, id="first day of the second"),
        pytest.param(date(2012, 1, 1), 2, id="new year before the third"),
        pytest.param(date(2012, 4, 30), 2, id="last day of the second"),
        pytest.param(date(2012, 5, 1), 3, id="first day of the third"),
        pytest.param(date(2026, 3, 14), 7, id="twenty years on: 3 × 6 = 18 years have passed, not 3 × 7 = 21"),
    ],
)
def test_a_day_belongs_to_the_cycle_that_is_counted_from_the_award(on: date, number: int) -> None:
    assert cycles.span_on(AWARDED, on) == cycles.span(AWARDED, number)


@pytest.mark.parametrize(
    ("number", "starts_on", "ends_on"),
    [
        pytest.param(1, date(2024, 2, 29), date(2027, 2, 27), id="first: the next starts on the 28th"),
        pytest.param(2, date(2027, 2, 28), date(2030, 2, 27), id="second"),
        pytest.param(4, date(2033, 2, 28), date(2036, 2, 28), id="fourth: one day longer"),
        pytest.param(5, date(2036, 2, 29), date(2039, 2, 27), id="fifth: starts on the 29th again"),
    ],
)
def test_cycles_of_a_certification_awarded_on_29_february(number: int, starts_on: date, ends_on: date) -> None:
    assert cycles.span(date(2024, 2, 29), number) == cycles.Span(number, starts_on, ends_on)


@given(awarded_on=ANCHORS)
@settings(deadline=None, max_examples=200)
def test_cycles_tile_forty_years_without_gap_or_overlap(awarded_on: date) -> None:
    """Each cycle starts on the day after the last one ended.

    The cycles cover 40 years from the award.
    """
    expected, number = awarded_on, 1
    while expected <= anniversary(awarded_on, FORTY_YEARS):
        found = cycles.span(awarded_on, number)
        assert (found.number, found.starts_on) == (number, expected)
        assert found.starts_on < found.ends_on
        expected, number = found.ends_on + DAY, number + 1
    assert number == 15, "40 years are 13 cycles and a third: the 14th covers the end"


@given(awarded_on=ANCHORS, data=st.data())
@settings(deadline=None, max_examples=300)
def test_every_day_belongs_to_the_cycle_that_a_search_finds(awarded_on: date, data: st.DataObject) -> None:
    """Days at an edge are drawn as often as others.

    There the search by calendar years could go wrong.
    """
    edges = [anniversary(awarded_on, years) + DAY * shift for years in range(3, 40, 3) for shift in (-1, 0, 1)]
    on = data.draw(st.sampled_from(edges) | st.dates(awarded_on, anniversary(awarded_on, FORTY_YEARS)))
    searched = next(
        found for number in range(1, 16) if (found := cycles.span(awarded_on, number)).starts_on <= on <= found.ends_on
    )
    assert cycles.span_on(awarded_on, on) == searched


def test_a_day_before_the_award_belongs_to_no_cycle() -> None:
    with pytest.raises(ValueError, match="before the award"):
        cycles.span_on(AWARDED, AWARDED - DAY)


def test_there_is_no_cycle_0() -> None:
    with pytest.raises(ValueError, match="numbered from 1"):
        cycles.span(AWARDED, 0)


@pytest.mark.parametrize(
    ("first", "last", "covered"),
    [
        pytest.param(date(2006, 5, 1), date(2009, 4, 30), True, id="the whole cycle"),
        pytest.param(date(2006, 5, 2), date(2009, 4, 29), True, id="a day inside both ends"),
        pytest.param(date(2006, 4, 30), date(2006, 5, 1), False, id="starts a day early"),
        pytest.param(date(2009, 4, 30), date(2009, 5, 1), False, id="ends a day late"),
    ],
)
def test_a_span_covers_days_that_lie_in_it_whole(first: date, last: date, covered: bool) -> None:
    assert cycles.covers(cycles.span(AWARDED, 1), first, last) is covered


@pytest.mark.parametrize(
    ("on", "taken"),
    [
        pytest.param(date(2023, 4, 30), False, id="day before the cycle"),
        pytest.param(date(2023, 5, 1), True, id="first day"),
        pytest.param(date(2026, 4, 30), True, id="last day"),
        pytest.param(date(2026, 5, 1), True, id="first day of grace"),
        pytest.param(date(2026, 7, 29), True, id="last day of grace: 4/30 + 90 days = 31 + 30 + 29 days on"),
        pytest.param(date(2026, 7, 30), False, id="day after the grace period"),
    ],
)
def test_a_cycle_takes_records_until_the_grace_period_is_over(on: date, taken: bool) -> None:
    cycle = Cycle(certification=Certification(), starts_on=date(2023, 5, 1), ends_on=date(2026, 4, 30))
    assert cycles.takes_records(cycle, on) is taken
    assert cycles.records_until(cycle.ends_on) == date(2026, 7, 29)


def test_without_grace_the_last_day_is_the_last(settings: Any) -> None:
    settings.CCP_GRACE_DAYS = 0
    cycle = Cycle(certification=Certification(), starts_on=date(2023, 5, 1), ends_on=date(2026, 4, 30))
    assert cycles.takes_records(cycle, date(2026, 4, 30))
    assert not cycles.takes_records(cycle, date(2026, 5, 1))


def test_a_closed_cycle_takes_no_records() -> None:
    cycle = Cycle(certification=Certification(), starts_on=date(2023, 5, 1), ends_on=date(2026, 4, 30))
    cycle.closed_on = date(2026, 5, 1)
    assert not cycles.takes_records(cycle, date(2026, 5, 1))


@pytest.mark.parametrize(
    ("status", "taken"),
    [("active", True), ("reinstated", True), ("lapsed", False), ("retired", False), ("revoked", False)],
)
def test_only_certifications_in_force_take_records(status: str, taken: bool) -> None:
    certification = Certification(status=status)
    cycle = Cycle(certification=certification, starts_on=date(2023, 5, 1), ends_on=date(2026, 4, 30))
    assert cycles.takes_records(cycle, date(2026, 4, 30)) is taken


@pytest.mark.parametrize(
    ("on", "left"),
    [
        pytest.param(date(2026, 4, 29), 1, id="day before the last"),
        pytest.param(date(2026, 4, 30), 0, id="last day"),
        pytest.param(date(2026, 5, 1), -1, id="day after"),
    ],
)
def test_days_left_count_to_the_last_day(on: date, left: int) -> None:
    assert cycles.days_left(date(2026, 4, 30), on) == left


@pytest.mark.django_db
def test_opening_the_current_cycle_copies_the_terms_and_issues_three_invoices() -> None:
    """RMA awarded on 5/1/2023 has 30 points and three invoices of $60.

    They are due on the anniversaries in 2024, 2025 and 2026.
    """
    cycle = cycles.open_current(certification=make_certification(), on=TODAY)
    assert (cycle.number, cycle.starts_on, cycle.ends_on) == (1, date(2023, 5, 1), date(2026, 4, 30))
    assert (cycle.points_required, cycle.requirement_met_on, cycle.closed_on) == (Decimal(30), None, None)
    assert list(cycle.invoices.order_by("year").values_list("year", "due_on", "amount", "issued_on", "status")) == [
        (1, date(2024, 5, 1), 6000, TODAY, "issued"),
        (2, date(2025, 5, 1), 6000, TODAY, "issued"),
        (3, date(2026, 5, 1), 6000, TODAY, "issued"),
    ]


@pytest.mark.django_db
def test_invoices_of_a_later_cycle_fall_due_in_its_own_years() -> None:
    cycle = make_cycle(awarded_on=date(2006, 5, 1))
    assert cycle.number == 7
    due = cycle.invoices.order_by("year").values_list("due_on", flat=True)
    assert list(due) == [date(2025, 5, 1), date(2026, 5, 1), date(2027, 5, 1)]


@pytest.mark.django_db
def test_opening_twice_opens_once() -> None:
    certification = make_certification()
    first = cycles.open_current(certification=certification, on=TODAY)
    assert cycles.open_current(certification=certification, on=TODAY + DAY) == first
    assert (Cycle.objects.count(), RenewalInvoice.objects.count()) == (1, 3)


@pytest.mark.django_db
def test_new_terms_leave_an_open_cycle_and_its_invoices_alone() -> None:
    cycle = make_cycle()
    Credential.objects.filter(code="RMA").update(points_required=Decimal(40), annual_fee=7500)
    again = cycles.open_current(certification=Certification.objects.get(), on=TODAY)
    assert again.points_required == Decimal(30)
    assert {invoice.amount for invoice in cycle.invoices.all()} == {6000}


@pytest.mark.django_db
def test_a_second_cycle_is_not_opened_while_the_last_one_is_not_closed() -> None:
    cycle = make_cycle()
    with pytest.raises(IntegrityError), transaction.atomic():
        cycles.open_current(certification=cycle.certification, on=cycle.ends_on + DAY)
    assert RenewalInvoice.objects.count() == 3


@pytest.mark.django_db(transaction=True)
def test_opening_from_eight_sides_at_once_opens_once() -> None:
    certification = make_certification()
    opened = at_once(*[lambda: cycles.open_current(certification=certification, on=TODAY)] * 8)
    assert {cycle.pk for cycle in opened} == {Cycle.objects.get().pk}
    assert RenewalInvoice.objects.count() == 3


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("situation", "open_on_the_day"),
    [
        pytest.param({}, True, id="active, in the cycle"),
        pytest.param({"status": "lapsed"}, False, id="lapsed"),
        pytest.param({"status": "retired"}, False, id="retired"),
        pytest.param({"status": "revoked"}, False, id="revoked"),
    ],
)
def test_cycles_of_active_certifications_only_are_open_for_records(situation: dict, open_on_the_day: bool) -> None:
    cycle = make_cycle(**situation)
    found = cycles.taking_records(cycles.unclosed(cycle.certification.member), TODAY)
    assert found == ([cycle] if open_on_the_day else [])


Read = Callable[..., list[Cycle]]


def of_one(member: Member, **how: bool) -> list[Cycle]:
    return cycles.unclosed(member, **how)


def of_several(*members: Member, **how: bool) -> list[Cycle]:
    return cycles.unclosed_of([member.pk for member in members], **how)


@pytest.mark.django_db
@pytest.mark.parametrize("read", [of_one, of_several])
@pytest.mark.parametrize("lock", [False, True])
def test_a_member_has_the_own_cycles_only_in_the_order_of_their_keys(read: Read, lock: bool) -> None:
    member = make_member()
    own = [make_cycle(member), make_cycle(member, credential="RPT")]
    closed = make_cycle(member, credential="MLT")
    Cycle.objects.filter(pk=closed.pk).update(
        closed_on=closed.ends_on + DAY, outcome="non-compliant", points_at_close=Decimal(0)
    )
    make_cycle()
    with transaction.atomic():
        assert read(member, lock=lock) == own


@pytest.mark.django_db
def test_cycles_of_several_members_stand_in_the_order_of_their_keys() -> None:
    members = [make_member(), make_member()]
    own = [make_cycle(members[1]), make_cycle(members[0])]
    assert of_several(*members) == own


@pytest.mark.django_db
@pytest.mark.parametrize(("read", "queries", "locking"), [(of_one, 1, 2), (of_several, 2, 4)])
def test_who_locks_reads_afterwards_and_who_does_not_holds_nobody_up(read: Read, queries: int, locking: int) -> None:
    member = make_cycle().certification.member
    for lock, expected in ((False, queries), (True, locking)):
        with transaction.atomic(), CaptureQueriesContext(connection) as asked:
            read(member, lock=lock)
        told = [query["sql"] for query in asked if query["sql"].startswith("SELECT")]
        assert len(told) == expected
        if connection.features.has_select_for_update:
            assert any("FOR UPDATE" in sql for sql in told) == lock


@pytest.mark.django_db
@pytest.mark.parametrize("read", [of_one, of_several])
def test_a_cycle_that_opens_while_another_is_waited_for_is_among_them(read: Read) -> None:
    first = make_cycle()
    member = first.certification.member
    opened: list[Cycle] = []

    def and_then_one_opens(execute: Callable[..., object], *query: object) -> object:
        answer = execute(*query)
        if not opened:
            opened.append(first)
            opened[0] = make_cycle(member, credential="RPT")
        return answer

    with transaction.atomic(), connection.execute_wrapper(and_then_one_opens):
        assert read(member, lock=True) == [first, *opened]


@pytest.mark.django_db
def test_a_cycle_is_opened_with_its_invoices_or_not_at_all(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(self: RenewalInvoice, **kwargs: object) -> None:
        raise RuntimeError("broken")

    monkeypatch.setattr(RenewalInvoice, "save", broken)
    with pytest.raises(RuntimeError):
        cycles.open_current(certification=make_certification(), on=TODAY)
    assert not Cycle.objects.exists()
