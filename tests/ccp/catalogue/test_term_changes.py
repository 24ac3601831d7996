"""What a change of the terms does.

The tests show who gains, who loses, who crosses the requirement, and what does not change.
"""

import io
from datetime import date
from decimal import Decimal

import pytest
from django.core.management import call_command

from amtportal.refusals import Refused
from ccp.amt_credits import credits as amt_credits
from ccp.catalogue import term_changes as impact
from ccp.counting import requirement
from ccp.counting.terms import Catalogue
from ccp.models import Activity, ActivityType, Category, CategoryTerms, Credit, TypeTerms
from certifications.models import Cycle
from tests.support.builders import (
    TODAY,
    cycle_of,
    invoice_of,
    make_activity,
    make_claim,
    make_cycle,
    make_member,
    make_user,
    noon,
)

COURSE, CATEGORY = 1, 1
FIRST = date(2000, 1, 1)
YESTERDAY = date(2026, 3, 13)


# The pure rule: no database


def course_terms(cap: str | None, *, since: date = FIRST) -> TypeTerms:
    return TypeTerms(activity_type_id=COURSE, effective_from=since, cap=Decimal(cap) if cap else None)


def catalogue(*versions: TypeTerms, category_cap: str | None = None) -> Catalogue:
    cap = Decimal(category_cap) if category_cap else None
    category = CategoryTerms(category_id=CATEGORY, effective_from=FIRST, cap=cap)
    return Catalogue({COURSE: list(versions)}, {CATEGORY: [category]})


def counting(*claims: str, required: str = "30", on: date = TODAY, member: int = 1, cycle: int = 1) -> impact.Counting:
    """Return a cycle with courses of these points, all recorded on that day."""
    kind = ActivityType(pk=COURSE, code="course", category=Category(pk=CATEGORY, code="education"))
    entries = [
        Activity(pk=n, activity_type=kind, starts_on=on, ends_on=on, points=Decimal(points), recorded_at=noon(on))
        for n, points in enumerate(claims, start=1)
    ]
    return impact.Counting(cycle, member, Decimal(required), entries)


def change(before: str | None, after: str | None, *cycles: impact.Counting, since: date = FIRST) -> impact.Impact:
    present = catalogue(course_terms(before))
    return impact.impact(cycles, present, impact.with_terms(present, course_terms(after, since=since)))


def test_a_lower_cap_takes_points_away() -> None:
    """20 + 15 = 35 points count without a cap, and 30 under a cap of 30, which is 5 fewer."""
    (effect,) = change(None, "30", counting("20", "15")).effects
    assert (effect.before, effect.after) == (35, 30)
    assert (effect.gains, effect.loses, effect.crosses_up, effect.crosses_down) == (False, True, False, False)


@pytest.mark.parametrize(
    ("before", "after", "up", "down"),
    [
        pytest.param("29.75", "30", True, False, id="reaches it to the point"),
        pytest.param("30", "29.75", False, True, id="falls a quarter below"),
        pytest.param("30", "30.25", False, False, id="was there before"),
        pytest.param("29", "29.75", False, False, id="a quarter short of it"),
    ],
)
def test_crossing_the_requirement_of_30(before: str, after: str, up: bool, down: bool) -> None:
    (effect,) = change(before, after, counting("40")).effects
    assert (effect.crosses_up, effect.crosses_down) == (up, down)


def test_terms_hold_for_what_is_recorded_from_their_day_on() -> None:
    recorded = {day: counting("10", on=day) for day in (YESTERDAY, TODAY)}
    assert not change(None, "5", recorded[YESTERDAY], since=TODAY).effects
    assert change(None, "5", recorded[TODAY], since=TODAY).effects


def test_a_member_with_two_cycles_is_counted_once() -> None:
    found = change(None, "5", counting("10"), counting("8", cycle=2), counting("9", cycle=3, member=2))
    assert (len(found.effects), found.losing, found.gaining) == (3, 2, 0)


def test_a_member_may_both_gain_and_lose() -> None:
    effects = [
        impact.Effect(1, 1, Decimal(30), Decimal(5), Decimal(6)),
        impact.Effect(2, 1, Decimal(30), Decimal(5), Decimal(4)),
    ]
    found = impact.Impact(effects, [1, 2])
    assert (found.gaining, found.losing) == (1, 1)


def test_a_change_that_changes_nothing_has_no_effect() -> None:
    assert not change(None, "10", counting("10")).effects
    assert not change("10", None, counting("10")).effects


def test_terms_of_the_same_day_take_the_place_of_the_earlier() -> None:
    present = catalogue(course_terms("10"), course_terms("5", since=TODAY))
    proposed = impact.with_terms(present, course_terms("7", since=TODAY))
    assert [version.cap for version in proposed.types[COURSE]] == [10, 7]
    assert [version.cap for version in present.types[COURSE]] == [10, 5]


def test_what_staff_saw_has_a_fingerprint() -> None:
    assert change(None, "5", counting("10")).digest == change(None, "5", counting("10")).digest
    assert change(None, "5", counting("10")).digest != change(None, "6", counting("10")).digest


# Against the record


@pytest.fixture
def cycle(db: None) -> Cycle:
    """RMA of Ann, with 32 points for courses: 20 recorded yesterday and 12 today.

    30 points are required.
    """
    cycle = make_cycle(make_member())
    make_activity(cycle, points="20", at=noon(YESTERDAY))
    make_activity(cycle, points="12", at=noon(TODAY))
    return cycle


def terms(cap: str | None, *, since: date = TODAY, **fields: object) -> TypeTerms:
    """Return new terms of the course, with that cap."""
    kind = ActivityType.objects.get(code="course-seminar-webinar")
    return TypeTerms(
        **{
            "activity_type": kind,
            "effective_from": since,
            "unit": "hour",
            "points_per_unit": Decimal(1),
            "cap": Decimal(cap) if cap else None,
            **fields,
        }
    )


def put_in_force(new: TypeTerms | CategoryTerms) -> None:
    impact.put_in_force(terms=new, by=make_user(is_staff=True), at=noon(TODAY))


@pytest.mark.django_db
def test_terms_of_an_impossible_day_are_refused() -> None:
    with pytest.raises(Refused, match="is in the year 27") as refused:
        put_in_force(terms("5", since=date(27, 3, 1)))
    assert refused.value.field == "effective_from"
    with pytest.raises(Refused, match=r"Enter a day from Jan 1, 1939"):
        put_in_force(terms("5", claimable_until=date(1938, 12, 31)))
    assert TypeTerms.objects.filter(provenance="staff").count() == 0


@pytest.mark.parametrize(
    ("since", "after"),
    [
        pytest.param(date(2026, 3, 15), None, id="tomorrow: nobody"),
        pytest.param(TODAY, "25", id="today: 20 of yesterday, and 5 more under the cap of 25"),
        pytest.param(YESTERDAY, "25", id="a correction from yesterday on"),
    ],
)
def test_what_is_shown_is_what_happens(cycle: Cycle, since: date, after: str | None) -> None:
    new = terms("25", since=since)
    shown = impact.impact_of(new)
    before = (set(Credit.objects.values_list("points", flat=True)), TypeTerms.objects.count())
    assert [(effect.before, effect.after) for effect in shown.effects] == ([(32, Decimal(after))] if after else [])
    assert (set(Credit.objects.values_list("points", flat=True)), TypeTerms.objects.count()) == before
    put_in_force(new)
    assert requirement.counted_points(cycle) == Decimal(after or 32)
    assert cycle_of(cycle.certification.member).requirement_met_on == (None if after else TODAY)


def test_an_entry_keeps_the_terms_under_which_it_was_recorded(cycle: Cycle) -> None:
    """The cap is 5 from today on.

    The 20 of yesterday had no cap and count. There is no room for the 12 of today.
    """
    put_in_force(terms("5"))
    assert list(Credit.objects.order_by("pk").values_list("points", "cut")) == [(20, ""), (0, "type-cap")]


def test_an_unpaid_invoice_locks_again_and_a_raised_cap_opens_it(cycle: Cycle) -> None:
    member = cycle.certification.member
    put_in_force(terms("25"))
    assert invoice_of(cycle).cycle.requirement_met_on is None
    put_in_force(terms(None, since=TODAY, pk=TypeTerms.objects.get(effective_from=TODAY).pk))
    assert cycle_of(member).requirement_met_on == TODAY


def test_the_cap_of_a_category_concerns_all_its_types(cycle: Cycle) -> None:
    category = Category.objects.get(code="professional-education")
    make_activity(cycle, kind="self-study", points="4", starts_on=TODAY)
    new = CategoryTerms(category=category, effective_from=YESTERDAY, cap=Decimal(33))
    assert [(effect.before, effect.after) for effect in impact.impact_of(new).effects] == [(36, 33)]
    put_in_force(new)
    assert requirement.counted_points(cycle) == 33


def test_days_that_can_no_longer_be_claimed_count_for_nothing(cycle: Cycle) -> None:
    """The courses were on 3/1/2026.

    A correction that starts yesterday says that they count up to 2/28/2026.
    """
    new = terms(None, since=YESTERDAY, claimable_until=date(2026, 2, 28))
    assert [(effect.before, effect.after) for effect in impact.impact_of(new).effects] == [(32, 0)]
    put_in_force(new)
    assert requirement.counted_points(cycle) == 0


def test_a_closed_cycle_never_changes(cycle: Cycle) -> None:
    closed = {"ends_on": YESTERDAY, "closed_on": TODAY, "outcome": "compliant", "points_at_close": Decimal(32)}
    Cycle.objects.filter(pk=cycle.pk).update(**closed)
    assert impact.impact_of(terms("5")) == impact.Impact([], [])
    put_in_force(terms("5"))
    assert requirement.counted_points(cycle) == 32


def test_withdrawn_entries_concern_nobody(cycle: Cycle) -> None:
    Activity.objects.update(withdrawn_at=noon(TODAY), withdrawn_by=make_user())
    assert impact.impact_of(terms("5")).cycles == []


def test_what_is_counted_again_says_who_and_when(cycle: Cycle) -> None:
    clerk = make_user(is_staff=True)
    impact.put_in_force(terms=terms("25"), by=clerk, at=noon(TODAY))
    changed = Credit.objects.get(points=5).history.first()
    assert (changed.history_user, changed.history_date) == (clerk, noon(TODAY))
    assert TypeTerms.objects.get(effective_from=TODAY).history.get().history_user == clerk


def test_points_that_stay_the_same_leave_no_trace(cycle: Cycle) -> None:
    before = Credit.history.count()
    put_in_force(terms("99"))
    assert Credit.history.count() == before


def test_stragglers_are_counted_under_the_new_terms(cycle: Cycle, django_capture_on_commit_callbacks: object) -> None:
    """An entry's transaction had read the old terms, and ended after the new ones were saved."""
    with django_capture_on_commit_callbacks() as callbacks:  # type: ignore[operator]
        put_in_force(terms("25"))
    Credit.objects.filter(points=5).update(points=12, cut="")
    *_, count = callbacks
    count()
    assert requirement.counted_points(cycle) == 25


def test_verification_agrees_after_a_change_and_after_a_credit(cycle: Cycle) -> None:
    member = cycle.certification.member
    put_in_force(terms("25", since=YESTERDAY))
    credits = [amt_credits.AmtCredit("W-1", member, make_claim(points="3", starts_on=date(2026, 2, 1)))]
    amt_credits.record(credits=credits, by=None, at=noon(TODAY))
    put_in_force(terms("40", since=TODAY))
    stdout = io.StringIO()
    call_command("verify_records", stdout=stdout, stderr=stdout)
    assert stdout.getvalue().strip().endswith("no differences.")
