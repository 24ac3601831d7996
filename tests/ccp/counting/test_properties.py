"""What holds for any record.

The tests look at met dates, amending back, the order of recording, and runs that roll cycles over.
"""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ccp.counting import requirement
from ccp.models import Activity, Credit
from ccp.recording import verbs as recording
from ccp.rollover import closing as rollover
from certifications.models import Certification, Cycle, RenewalInvoice, StatusChange
from tests.support.builders import (
    TODAY,
    make_activity,
    make_claim,
    make_cycle,
    make_member,
    noon,
    set_category_terms,
    set_terms,
)

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)
KINDS = ["course-seminar-webinar", "self-study"]
QUARTERS = st.integers(1, 80).map(lambda quarters: Decimal(quarters) / 4)
CAPS = st.none() | QUARTERS
CLAIMS = st.fixed_dictionaries(
    {"kind": st.sampled_from(KINDS), "points": QUARTERS.map(str), "starts_on": st.dates(date(2026, 2, 20), TODAY)}
)
FEW = settings(deadline=None, max_examples=20, suppress_health_check=[HealthCheck.too_slow])


@contextmanager
def undone() -> Iterator[None]:
    """Undo at the end what is written inside, so that the next example finds nothing of it."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def set_caps(type_cap: Decimal | None, category_cap: Decimal | None) -> None:
    set_terms("self-study", cap=type_cap)
    set_category_terms("professional-education", cap=category_cap)


# Recording


@given(
    steps=st.lists(st.tuples(st.integers(0, 3), st.just(None) | QUARTERS, st.integers(0, 9)), max_size=12),
)
@FEW
def test_the_met_date_is_the_first_day_on_which_the_standing_record_suffices(
    steps: list[tuple[int, Decimal | None, int]],
) -> None:
    """Each step comes some days after the one before.

    In a step points are recorded, or (None) one of the standing entries is withdrawn. 30 points are
    required. The expected day is found by looking back: it is the first day from which each total
    up to now has sufficed.
    """
    with undone():
        cycle, on = make_cycle(), TODAY
        standing: list[Activity] = []
        totals: list[tuple[date, Decimal]] = []
        for days, points, number in steps:
            on += days * DAY
            if points is not None:
                standing.append(make_activity(cycle, points=str(points), at=noon(on)))
            elif standing:
                gone = standing.pop(number % len(standing))
                recording.withdraw(activity=gone, by=gone.member.user, at=noon(on))
            totals.append((on, sum((entry.points for entry in standing), Decimal(0))))
            expected = None
            for day, total in reversed(totals):
                if total < 30:
                    break
                expected = day
            assert Cycle.objects.get(pk=cycle.pk).requirement_met_on == expected


@given(
    claims=st.lists(CLAIMS, min_size=1, max_size=4), other=CLAIMS, number=st.integers(0, 3), caps=st.tuples(CAPS, CAPS)
)
@FEW
def test_amending_back_restores_what_every_entry_counts_for(
    claims: list[dict[str, Any]], other: dict[str, Any], number: int, caps: tuple[Decimal | None, Decimal | None]
) -> None:
    with undone():
        set_caps(*caps)
        cycle = make_cycle()
        entries = [make_activity(cycle, **claim) for claim in claims]
        entry, claim = entries[number % len(entries)], claims[number % len(entries)]
        before = list(Credit.objects.order_by("pk").values_list("points", "cut"))
        met = Cycle.objects.get(pk=cycle.pk).requirement_met_on
        for revision, values in enumerate((other, claim), start=entry.revision):
            recording.amend(
                activity=entry,
                cycles=[cycle],
                claim=make_claim(**values),
                revision=min(revision, Activity.objects.get(pk=entry.pk).revision),
                by=entry.member.user,
                at=noon(TODAY),
            )
        assert list(Credit.objects.order_by("pk").values_list("points", "cut")) == before
        assert Cycle.objects.get(pk=cycle.pk).requirement_met_on == met


@given(claims=st.lists(CLAIMS, max_size=5), caps=st.tuples(CAPS, CAPS), data=st.data())
@FEW
def test_the_order_of_recording_never_changes_what_counts(
    claims: list[dict[str, Any]], caps: tuple[Decimal | None, Decimal | None], data: st.DataObject
) -> None:
    with undone():
        set_caps(*caps)
        totals = set()
        for order in (claims, data.draw(st.permutations(claims))):
            cycle = make_cycle(make_member())
            for claim in order:
                make_activity(cycle, submission_id=uuid.uuid4(), **claim)
            totals.add(requirement.counted_points(cycle))
            for credit in Credit.objects.filter(cycle=cycle).select_related("activity"):
                assert 0 <= credit.points <= credit.activity.points
        assert len(totals) == 1


# Rolling over

ENDED = st.lists(
    st.fixed_dictionaries(
        {
            "points": st.sampled_from([0, 29, 30, 45]),
            "is_paid": st.booleans(),
            "ccp_mandatory": st.booleans(),
            "status": st.sampled_from(["active", "reinstated", "retired"]),
            "awarded_on": st.sampled_from([date(2023, 5, 1), date(2023, 9, 1), date(2024, 2, 29)]),
        }
    ),
    min_size=1,
    max_size=5,
)


def stored() -> Any:
    """Return everything that a run writes, with the length of every history."""
    return [
        list(Cycle.objects.order_by("pk").values()),
        list(RenewalInvoice.objects.order_by("pk").values()),
        list(Certification.objects.order_by("pk").values("pk", "status")),
        list(StatusChange.objects.order_by("pk").values()),
        [model.history.count() for model in (Cycle, RenewalInvoice, Certification)],
    ]


@given(members=ENDED, later=st.integers(0, 1700))
@FEW
def test_rolling_over_twice_is_rolling_over_once_and_cycles_tile_time(
    members: list[dict[str, Any]], later: int
) -> None:
    """The runs are up to 4 years and 8 months after 5/1/2026.

    The following cycles may then have ended too, and wait for their payment.
    """
    with undone():
        for made in members:
            fields = {name: made[name] for name in ("ccp_mandatory", "awarded_on")}
            cycle = make_cycle(make_member(), **fields)
            if made["points"]:
                make_activity(cycle, points=str(made["points"]))
            if made["is_paid"]:
                cycle.invoices.update(status="paid")
            Certification.objects.filter(pk=cycle.certification_id).update(status=made["status"])
        at = noon(date(2026, 5, 1) + later * DAY)
        rollover.close_due(at=at)
        once = stored()
        assert rollover.close_due(at=at).closed == 0
        assert stored() == once
        for certification in Certification.objects.all():
            cycles = list(certification.cycles.order_by("number"))
            assert [cycle.number for cycle in cycles] == list(range(1, len(cycles) + 1))
            assert cycles[0].starts_on == certification.awarded_on
            for before, after in pairwise(cycles):
                assert after.starts_on == before.ends_on + DAY
                assert before.closed_on is not None
