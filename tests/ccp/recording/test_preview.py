"""What an entry would count for, shown before it is recorded.

It is the same as what recording the entry then gives.
"""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from amtportal.dates import day_of
from ccp.counting import requirement
from ccp.counting.terms import catalogue
from ccp.models import Activity, Credit
from ccp.recording import preview
from ccp.recording import verbs as recording
from certifications import cycles as cycle_rules
from certifications.models import Cycle
from tests.support.builders import (
    TODAY,
    cycle_of,
    invoice_of,
    make_activity,
    make_activity_type,
    make_claim,
    make_cycle,
    make_member,
    make_payment,
    noon,
    set_terms,
)

DAY = timedelta(days=1)
DAY_1 = date(2026, 1, 1)


def shown(claim: recording.Claim, *chosen: Cycle, earlier: Activity | None = None) -> preview.Preview:
    member = chosen[0].certification.member
    open_cycles = cycle_rules.taking_records(cycle_rules.unclosed(member), TODAY)
    terms = catalogue()
    return preview.of_claim(
        claim,
        open_cycles,
        member=member,
        chosen=chosen,
        entries=preview.entries_of(open_cycles, terms),
        terms=terms.terms(claim.activity_type, day_of(earlier.recorded_at) if earlier else TODAY),
        earlier=earlier,
        on=TODAY,
    )


@pytest.fixture
def cycle(db: None) -> Cycle:
    return make_cycle()


POINTS = st.integers(1, 60).map(lambda quarters: Decimal(quarters) / 4)
ENTRIES = st.lists(st.tuples(POINTS, st.integers(0, 5)), max_size=4)


@pytest.mark.django_db
@given(entries=ENTRIES, claimed=POINTS, day=st.integers(0, 5), cap=st.none() | POINTS)
@settings(deadline=None, max_examples=15, suppress_health_check=[HealthCheck.too_slow])
def test_recording_then_makes_what_the_preview_said(
    entries: list[tuple[Decimal, int]], claimed: Decimal, day: int, cap: Decimal | None
) -> None:
    set_terms("course-seminar-webinar", cap=cap)
    cycle = make_cycle()
    for points, earlier in entries:
        make_activity(cycle, points=str(points), starts_on=DAY_1 + DAY * earlier)
    claim = make_claim(points=str(claimed), starts_on=DAY_1 + DAY * day)
    [row] = shown(claim, cycle_of(cycle.certification.member)).rows
    activity = make_activity(cycle, points=str(claimed), starts_on=DAY_1 + DAY * day)
    credit = Credit.objects.get(activity=activity)
    after = cycle_of(cycle.certification.member)
    assert (row.outcome.counted, row.outcome.cut) == (credit.points, credit.cut)
    assert row.outcome.total == requirement.counted_points(after)
    assert row.outcome.met_on == after.requirement_met_on


def test_nothing_is_written(cycle: Cycle) -> None:
    make_activity(cycle)
    shown(make_claim(), cycle)
    assert (Activity.objects.count(), Credit.objects.count(), Credit.history.count()) == (1, 1, 1)


@pytest.mark.django_db
def test_each_open_cycle_that_covers_the_days_has_its_row_and_its_own_caps() -> None:
    """The cap is 15.

    RMA has 12, so 3 of 6 count there. RPT has nothing, so all 6 count. MLT covers other days.
    """
    set_terms("course-seminar-webinar", cap=Decimal(15))
    member = make_member()
    rma = make_cycle(member)
    rpt = make_cycle(member, credential="RPT", awarded_on=date(2024, 9, 15))
    make_cycle(member, credential="MLT", awarded_on=date(2026, 3, 10))
    make_activity(rma, points="12", starts_on=date(2026, 2, 1))
    rows = shown(make_claim(points="6"), rma).rows
    assert [(row.cycle, row.is_chosen, row.outcome.counted) for row in rows] == [
        (rma, True, Decimal(3)),
        (rpt, False, Decimal(6)),
    ]
    assert rows[0].notes[-1] == "12 of 15 used in this cycle."


@pytest.mark.django_db
def test_a_type_for_other_certifications_counts_for_nothing_there() -> None:
    kind = make_activity_type()
    member = make_member()
    rma, rpt = make_cycle(member), make_cycle(member, credential="RPT", awarded_on=date(2024, 9, 15))
    kind.credentials.add(rma.certification.credential)
    found = shown(make_claim(kind=kind.code), rma, rpt).rows
    assert [(row.outcome.counted, row.notes) for row in found] == [
        (Decimal(5), []),
        (Decimal(0), [f"{kind.name} does not count for RPT."]),
    ]


def test_an_amendment_is_shown_in_place_of_the_entry(cycle: Cycle) -> None:
    """12 + 5 = 17. The 12 become 4, and 4 + 5 = 9."""
    first = make_activity(cycle, points="12", starts_on=date(2026, 3, 2))
    make_activity(cycle, points="5")
    found = shown(make_claim(points="4"), cycle, earlier=first)
    assert found.rows[0].outcome.total == Decimal(9)
    assert first not in [similar.activity for similar in found.look_alikes]


def test_a_paid_invoice_is_told_as_paid(met: Any) -> None:
    cycle = cycle_of(met)
    make_payment(invoice_of(cycle))
    assert (
        shown(make_claim(), cycle).rows[0].invoice
        == "Your CCP requirement is met. The renewal invoice of year 3 is paid."
    )


def test_look_alikes_are_told_too(cycle: Cycle) -> None:
    earlier = make_activity(cycle)
    assert [found.activity for found in shown(make_claim(), cycle).look_alikes] == [earlier]


def test_use_of_each_cap_is_told(cycle: Cycle) -> None:
    set_terms("course-seminar-webinar", cap=Decimal(15))
    make_activity(cycle, points="12")
    withdrawn = make_activity(cycle, points="2", starts_on=date(2026, 3, 2))
    recording.withdraw(activity=withdrawn, by=cycle.certification.member.user, at=noon(TODAY))
    terms = catalogue()
    entries = preview.entries_of([cycle], terms)[cycle.pk]
    kinds = [make_claim().activity_type]
    found = [(cap.name, str(cap.used)) for cap in preview.caps_used(entries, terms.offers(kinds, TODAY))]
    assert found == [("Course, seminar or webinar", "12 of 15 used in this cycle")]
