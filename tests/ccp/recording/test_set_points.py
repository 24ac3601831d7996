"""Points that a member leaves to AMT: the entry waits, counts once staff set them, and from that day."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from amtportal.members.models import User
from amtportal.refusals import Refused
from ccp.counting import replay, requirement
from ccp.counting.terms import catalogue
from ccp.models import Activity, Credit
from ccp.recording import entries
from ccp.recording import verbs as recording
from ccp.rollover import cycle_record, verification
from ccp.transcripts import contents
from certifications.models import Cycle, RenewalInvoice
from tests.support.builders import (
    TODAY,
    begin_checkout,
    cycle_of,
    invoice_of,
    make_activity,
    make_claim,
    make_cycle,
    make_member,
    make_payment,
    make_terms,
    make_user,
    noon,
)

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
LEFT_TO_AMT = (
    "written-work",
    "book-chapter",
    "journal-article",
    "abstract-or-poster",
    "presentation",
    "office-or-committee",
    "employment",
)


@pytest.fixture
def staff() -> User:
    return make_user(is_staff=True)


@pytest.fixture
def cycle() -> Cycle:
    """RMA, 30 points required."""
    return make_cycle()


@pytest.fixture
def waiting(cycle: Cycle) -> Activity:
    """A journal article whose points are to be set."""
    return make_activity(cycle, kind="journal-article", points=None, title="On veins")


def set_points(entry: Activity, points: str, by: User, **changes: Any) -> Activity:
    values = {"reason": "Guidance document, page 4", "revision": entry.revision, "at": noon(TODAY), **changes}
    return recording.set_points(activity=entry, points=Decimal(points), by=by, **values)


def is_as_recomputed(cycle: Cycle) -> bool:
    """Return whether the replay of the history finds what is stored."""
    [record] = cycle_record.read_cycles([cycle.pk])
    return list(verification.differences(record, catalogue())) == []


@pytest.mark.parametrize("code", [*LEFT_TO_AMT, "course-seminar-webinar", "course-ceu"])
def test_points_are_left_to_amt_only_where_the_type_has_none_for_a_unit(code: str) -> None:
    day = date(2020, 6, 1)
    cycle = make_cycle(awarded_on=date(2018, 4, 1), on=day)
    claim = {"kind": code, "points": None, "starts_on": day, "at": noon(date(2020, 7, 1))}
    if code in LEFT_TO_AMT:
        assert make_activity(cycle, **claim).awaits_points
    else:
        with pytest.raises(Refused, match="Enter the points you earned") as refused:
            make_activity(cycle, **claim)
        assert refused.value.problem.field == "points"


def test_seven_of_the_twelve_types_are_left_to_amt() -> None:
    terms = catalogue()
    assert {kind.code for kind in terms.activity_types if not terms.terms(kind, TODAY).takes_quantity} == {*LEFT_TO_AMT}


def test_points_that_amt_gave_are_typed_as_before(cycle: Cycle) -> None:
    assert make_activity(cycle, kind="journal-article", points="4").claimed == 4
    assert requirement.counted_points(cycle) == 4


def test_entry_that_waits_stands_and_counts_nothing(cycle: Cycle, waiting: Activity) -> None:
    make_activity(cycle, points="28")
    credit = waiting.credits.get()
    assert (waiting.is_standing, credit.points, credit.cut) == (True, 0, "")
    assert requirement.counted_points(cycle) == 28
    assert is_as_recomputed(cycle)


@pytest.mark.parametrize(("points", "met_on"), [("1.75", None), ("2", TODAY + DAY), ("9", TODAY + DAY)])
def test_points_count_from_the_day_on_which_they_are_set(
    cycle: Cycle, waiting: Activity, staff: User, points: str, met_on: date | None
) -> None:
    """28 points are on record: 2 more meet the 30, on the day on which AMT sets them."""
    make_activity(cycle, points="28")
    entry = set_points(waiting, points, staff, at=noon(TODAY + DAY))
    assert (entry.points, entry.points_set_by, entry.points_set_at) == (Decimal(points), staff, noon(TODAY + DAY))
    assert requirement.counted_points(cycle) == 28 + Decimal(points)
    cycle = cycle_of(cycle.certification.member)
    assert (cycle.requirement_met_on, replay.since_when(cycle)) == (met_on, met_on)
    assert invoice_of(cycle).opens_on == (met_on and met_on + DAY)
    assert is_as_recomputed(cycle)
    line = entry.history.latest()
    assert (line.history_user, line.history_change_reason) == (staff, "Guidance document, page 4")


def test_points_over_the_cap_do_not_count(cycle: Cycle, staff: User) -> None:
    make_terms("journal-article", cap=Decimal(5))
    make_activity(cycle, kind="journal-article", points="3")
    entry = make_activity(cycle, kind="journal-article", points=None, starts_on=date(2026, 3, 2))
    set_points(entry, "4", staff)
    credit = entry.credits.get()
    assert (credit.points, credit.cut) == (2, "type-cap")


def test_points_count_for_each_certification(staff: User) -> None:
    member = make_member()
    cycles = [make_cycle(member), make_cycle(member, credential="RPT")]
    entry = make_activity(*cycles, kind="journal-article", points=None)
    set_points(entry, "4", staff)
    assert [requirement.counted_points(cycle) for cycle in cycles] == [4, 4]


def test_points_are_set_again_by_a_correction(cycle: Cycle, waiting: Activity, staff: User) -> None:
    once = set_points(waiting, "4", staff)
    again = set_points(once, "6", staff, at=noon(TODAY + DAY))
    assert (again.points, again.points_set_at) == (6, noon(TODAY + DAY))
    assert requirement.counted_points(cycle) == 6


def test_a_form_that_is_sent_twice_sets_once(waiting: Activity, staff: User) -> None:
    set_points(waiting, "4", staff)
    repeat = set_points(waiting, "4", staff, at=noon(TODAY + DAY))
    assert repeat.points_set_at == noon(TODAY)
    assert waiting.history.count() == 2


def test_nobody_overwrites_what_was_changed_meanwhile(waiting: Activity, staff: User) -> None:
    set_points(waiting, "4", staff)
    with pytest.raises(recording.ChangedMeanwhile, match="changed after you opened the page"):
        set_points(waiting, "5", staff)


@pytest.mark.parametrize(
    ("points", "reason", "sentence"),
    [
        ("0", "Why", "more than 0"),
        ("99.25", "Why", "at most 99"),
        ("1.1", "Why", "quarter steps"),
        ("4", "", "Say where the points come from"),
        ("4", "  ", "Say where the points come from"),
    ],
)
def test_points_that_no_entry_can_have_are_refused(
    waiting: Activity, staff: User, points: str, reason: str, sentence: str
) -> None:
    with pytest.raises(Refused, match=sentence):
        set_points(waiting, points, staff, reason=reason)
    waiting.refresh_from_db()
    assert waiting.awaits_points


def test_points_keep_the_limits_of_the_type(cycle: Cycle, staff: User) -> None:
    make_terms("journal-article", most=Decimal(10))
    entry = make_activity(cycle, kind="journal-article", points=None)
    with pytest.raises(Refused, match="at most 10 points per entry"):
        set_points(entry, "10.25", staff)
    set_points(entry, "10", staff)


def test_points_of_the_member_are_not_amts_to_set(cycle: Cycle, staff: User) -> None:
    with pytest.raises(Refused, match="were not left to AMT"):
        set_points(make_activity(cycle, kind="journal-article", points="4"), "5", staff)


def test_points_of_a_withdrawn_entry_are_not_set(waiting: Activity, staff: User) -> None:
    withdrawn = recording.withdraw(activity=waiting, by=waiting.member.user, at=noon(TODAY))
    with pytest.raises(Refused, match="withdrawn or void"):
        set_points(withdrawn, "4", staff)


def test_points_of_a_closed_cycle_are_not_set(cycle: Cycle, waiting: Activity, staff: User) -> None:
    closed = {"ends_on": TODAY - DAY, "closed_on": TODAY, "outcome": "non-compliant", "points_at_close": 0}
    Cycle.objects.filter(pk=cycle.pk).update(**closed)
    with pytest.raises(Refused, match="a closed cycle does not change"):
        set_points(waiting, "4", staff)


def closed_of_two() -> tuple[Cycle, Cycle, Activity]:
    """Return a closed RMA cycle, an open RPT cycle with 20 of 24 points, and an entry of both that waits."""
    member = make_member()
    closed, running = make_cycle(member), make_cycle(member, credential="RPT")
    entry = make_activity(closed, running, kind="journal-article", points=None, title="On veins")
    make_activity(running, points="20")
    values = {"ends_on": TODAY - DAY, "closed_on": TODAY, "outcome": "non-compliant", "points_at_close": 0}
    Cycle.objects.filter(pk=closed.pk).update(mandatory_at_close=True, **values)
    return closed, running, entry


def test_points_count_in_what_is_open_and_the_closed_cycle_keeps_its_own(staff: User) -> None:
    """20 and 4 points meet the 24 of RPT. RMA was closed with 0 points, and has 0 afterwards."""
    closed, running, entry = closed_of_two()
    before = Credit.history.filter(cycle=closed).count()
    set_points(entry, "4", staff)
    assert [requirement.counted_points(cycle) for cycle in (closed, running)] == [0, 24]
    running.refresh_from_db()
    assert running.requirement_met_on == TODAY
    assert Credit.history.filter(cycle=closed).count() == before
    assert is_as_recomputed(closed)
    assert is_as_recomputed(running)
    again = set_points(Activity.objects.get(pk=entry.pk), "3", staff)
    assert (again.points, [requirement.counted_points(cycle) for cycle in (closed, running)]) == (3, [0, 23])


def test_the_entry_says_why_it_counts_nothing_in_the_closed_cycle(staff: User) -> None:
    *_, entry = closed_of_two()
    said = {line.certification_code: line.sentence for line in entries.credit_lines(entries.read().get(pk=entry.pk))}
    assert said == {
        "RMA": "AMT did not set its points before this cycle was closed. Call AMT if it must count.",
        "RPT": "It counts from the day on which AMT sets its points. AMT then tells you.",
    }
    set_points(entry, "4", staff)
    said = {line.certification_code: line.sentence for line in entries.credit_lines(entries.read().get(pk=entry.pk))}
    late = "AMT set these points after the cycle was closed, and a closed cycle does not change."
    assert said == {"RMA": late, "RPT": ""}


def test_an_entry_that_waits_can_be_void_while_one_of_its_cycles_is_open(staff: User) -> None:
    """Otherwise nothing but points could end the waiting of a cycle for an entry that deserves none."""
    closed, running, entry = closed_of_two()
    voided = recording.void(activity=entry, reason="No article.", by=staff, at=noon(TODAY))
    assert voided.is_void
    assert [requirement.counted_points(cycle) for cycle in (closed, running)] == [0, 20]
    assert is_as_recomputed(closed)
    assert is_as_recomputed(running)
    assert not contents.of_cycle(Cycle.objects.get(pk=closed.pk)).row_count


@pytest.mark.parametrize("points", ["4", None], ids=["its points are set", "all its cycles are closed"])
def test_an_entry_of_a_closed_cycle_is_not_void(staff: User, points: str | None) -> None:
    _, running, entry = closed_of_two()
    if points:
        entry = set_points(entry, points, staff)
    else:
        closed = {"ends_on": TODAY - DAY, "closed_on": TODAY, "outcome": "compliant", "points_at_close": 20}
        Cycle.objects.filter(pk=running.pk).update(**closed)
    with pytest.raises(Refused, match="a closed cycle does not change"):
        recording.void(activity=entry, reason="No article.", by=staff, at=noon(TODAY))


@pytest.mark.parametrize("is_paid", [True, False], ids=["paid", "being paid"])
def test_fewer_points_leave_no_paid_cycle_short(cycle: Cycle, waiting: Activity, staff: User, *, is_paid: bool) -> None:
    """26 and 4 points meet the 30: 4 and more are possible, 3.75 are not."""
    make_activity(cycle, points="26", at=noon(TODAY - DAY))
    entry = set_points(waiting, "4", staff, at=noon(TODAY - DAY))
    invoice = invoice_of(cycle)
    RenewalInvoice.objects.filter(pk=invoice.pk).update(opens_on=TODAY)
    if is_paid:
        make_payment(invoice)
    else:
        begin_checkout(invoice)
    with pytest.raises(Refused, match="below the 30 points it needs"):
        set_points(entry, "3.75", staff)
    set_points(entry, "5", staff)
    assert requirement.counted_points(cycle) == 31


# What the member changes


def amend(entry: Activity, points: str | None, **changes: Any) -> Activity:
    cycles = [credit.cycle for credit in entry.credits.all()]
    values = {"kind": "journal-article", "title": entry.title, **changes}
    return recording.amend(
        activity=entry,
        cycles=cycles,
        claim=make_claim(points=points, **values),
        revision=entry.revision,
        by=entry.member.user,
        at=noon(TODAY),
    )


def test_entry_that_waits_is_amended_withdrawn_and_put_back(cycle: Cycle, waiting: Activity) -> None:
    entry = amend(waiting, None, title="On arteries")
    assert (entry.title, entry.awaits_points) == ("On arteries", True)
    entry = recording.withdraw(activity=entry, by=entry.member.user, at=noon(TODAY))
    entry = recording.restore(activity=entry, by=entry.member.user, at=noon(TODAY))
    assert entry.awaits_points
    assert is_as_recomputed(cycle)
    assert amend(entry, "4").claimed == 4  # AMT gave the figure to the member
    assert requirement.counted_points(cycle) == 4


@pytest.mark.parametrize("typed", [None, "4"])
def test_points_that_amt_set_stay_when_the_member_amends(waiting: Activity, staff: User, typed: str | None) -> None:
    entry = amend(set_points(waiting, "4", staff), typed, title="On arteries")
    assert (entry.title, entry.claimed, entry.points_set_by) == ("On arteries", 4, staff)


def test_member_does_not_change_the_points_that_amt_set(waiting: Activity, staff: User) -> None:
    with pytest.raises(Refused, match="AMT set 4 points for this entry"):
        amend(set_points(waiting, "4", staff), "5")


@pytest.mark.parametrize(
    ("kind", "points", "claimed"),
    [("course-seminar-webinar", "3", 3), ("book-chapter", None, 0)],
    ids=["a type with points", "another type that waits"],
)
def test_another_type_has_points_of_its_own(
    cycle: Cycle, waiting: Activity, staff: User, kind: str, points: str | None, claimed: int
) -> None:
    entry = amend(set_points(waiting, "4", staff), points, kind=kind)
    assert (entry.claimed, entry.points_set_at, entry.points_set_by) == (claimed, None, None)
    assert requirement.counted_points(cycle) == claimed
