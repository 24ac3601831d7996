"""The total shown equals the sum of credits.

That holds after any sequence of record, amend, withdraw and void.
"""

import uuid
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction
from django.db.models import Sum
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from amtportal.members.models import Member, User
from amtportal.refusals import Refused
from ccp.counting import requirement
from ccp.models import Activity, ActivityType, Credit
from ccp.recording import verbs as recording
from ccp.standing import standing
from ccp.transcripts import contents as transcripts
from certifications.models import Cycle
from tests.support.builders import TODAY, make_cycle, make_member, make_user, noon, set_category_terms, set_terms

pytestmark = pytest.mark.django_db

KINDS = ["course-seminar-webinar", "self-study", "college-semester-hours", "presentation"]
POINTS = st.integers(1, 80).map(lambda quarters: Decimal(quarters) / 4)
CAPS = st.none() | st.integers(1, 120).map(lambda quarters: Decimal(quarters) / 4)
CLAIMS = st.fixed_dictionaries(
    {"kind": st.sampled_from(KINDS), "points": POINTS, "starts_on": st.dates(date(2024, 8, 1), TODAY)}
)
CHOSEN = st.sampled_from(["both", "RMA", "RPT"])
NUMBERS = st.integers(0, 9)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("record"), CLAIMS, CHOSEN),
        st.tuples(st.just("amend"), NUMBERS, CLAIMS, CHOSEN),
        st.tuples(st.just("withdraw"), NUMBERS),
        st.tuples(st.just("void"), NUMBERS),
    ),
    max_size=10,
)


@contextmanager
def undone() -> Iterator[None]:
    """Undo at the end what is written inside, so that the next example finds nothing of it."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


class Record:
    """A member with RMA and RPT who takes steps, one on each day.

    What is expected of them is kept in plain Python.
    """

    def __init__(self) -> None:
        self.member: Member = make_member()
        self.staff: User = make_user(is_staff=True)
        self.cycles = {
            "RMA": make_cycle(self.member),
            "RPT": make_cycle(self.member, credential="RPT", awarded_on=date(2024, 9, 15)),
        }
        self.kinds = {kind.code: kind for kind in ActivityType.objects.select_related("category")}
        self.on = TODAY
        self.expected: dict[int, dict[str, Any]] = {}

    def take(self, step: tuple[Any, ...]) -> None:
        """Call a verb.

        If it refuses, because an entry no longer stands or no cycle covers it, nothing changes.
        """
        self.on += timedelta(days=1)
        verb, *values = step
        with suppress(Refused):
            getattr(self, verb)(*values)

    def record(self, claim: dict[str, Any], chosen: str) -> None:
        found = recording.record(member=self.member, submission_id=uuid.uuid4(), **self._values(claim, chosen))
        self.expected[found.pk] = {"claim": claim, "chosen": chosen}

    def amend(self, number: int, claim: dict[str, Any], chosen: str) -> None:
        for activity in self._numbered(number):
            recording.amend(activity=activity, revision=activity.revision, **self._values(claim, chosen))
            self.expected[activity.pk] = {"claim": claim, "chosen": chosen}

    def withdraw(self, number: int) -> None:
        for activity in self._numbered(number):
            recording.withdraw(activity=activity, by=self.member.user, at=noon(self.on))
            self.expected.pop(activity.pk, None)

    def void(self, number: int) -> None:
        for activity in self._numbered(number):
            recording.void(activity=activity, reason="No proof.", by=self.staff, at=noon(self.on))
            self.expected.pop(activity.pk, None)

    def _numbered(self, number: int) -> list[Activity]:
        """Return the entry of that number among the existing ones.

        Before the first is recorded there is none.
        """
        activities = list(Activity.objects.order_by("pk"))
        return activities[number % len(activities) :][:1] if activities else []

    def _values(self, claim: dict[str, Any], chosen: str) -> dict[str, Any]:
        day = claim["starts_on"]
        return {
            "claim": recording.Claim(self.kinds[claim["kind"]], claim["points"], day, day),
            "cycles": [cycle for code, cycle in self.cycles.items() if chosen in ("both", code)],
            "by": self.member.user,
            "at": noon(self.on),
        }

    def claimed(self, code: str) -> list[dict[str, Any]]:
        """Return the claims that stand for a certification: chosen, and covered by its cycle."""
        cycle = self.cycles[code]
        return [
            entry["claim"]
            for entry in self.expected.values()
            if entry["chosen"] in ("both", code) and cycle.starts_on <= entry["claim"]["starts_on"] <= cycle.ends_on
        ]


def shown(cycle: Cycle, on: date) -> set[Decimal]:
    """Return the total of a cycle from every place in which a page states it."""
    cycle = Cycle.objects.select_related("certification__credential", "certification__member").get(pk=cycle.pk)
    at_a_glance = {found.cycle.pk: found for found in standing.standings(cycle.certification.member, on)}[cycle.pk]
    return {
        requirement.counted_points(cycle),
        at_a_glance.counted,
        sum((category.points for category in at_a_glance.categories), Decimal(0)),
        transcripts.of_cycle(cycle).sheets[0].counted,
    }


def expected_total(claims: list[dict[str, Any]], type_caps: dict[str, Any], category_caps: dict[str, Any]) -> Decimal:
    """Return the sum of claims.

    Where caps are set, it is the sum of what each type and then each category can count for.
    """
    by_type: dict[str, Decimal] = defaultdict(Decimal)
    for claim in claims:
        by_type[claim["kind"]] += claim["points"]
    by_category: dict[str, Decimal] = defaultdict(Decimal)
    for code, points in by_type.items():
        category = ActivityType.objects.get(code=code).category.code
        by_category[category] += points if type_caps.get(code) is None else min(points, type_caps[code])
    return sum(
        (
            points if category_caps.get(code) is None else min(points, category_caps[code])
            for code, points in by_category.items()
        ),
        Decimal(0),
    )


def check(record: Record, type_caps: dict[str, Any], category_caps: dict[str, Any]) -> None:
    for code, cycle in record.cycles.items():
        total = Credit.objects.filter(cycle=cycle).aggregate(total=Sum("points"))["total"] or Decimal(0)
        assert shown(cycle, record.on) == {total}
        assert total == expected_total(record.claimed(code), type_caps, category_caps)
        met = Cycle.objects.get(pk=cycle.pk).requirement_met_on is not None
        assert met == (total >= cycle.points_required)


@pytest.mark.slow
@given(steps=STEPS)
@settings(deadline=None, max_examples=25, suppress_health_check=[HealthCheck.too_slow])
def test_without_caps_the_total_is_the_sum_of_the_claims_that_stand(steps: list[tuple[Any, ...]]) -> None:
    with undone():
        record = Record()
        for step in steps:
            record.take(step)
            check(record, {}, {})


@given(
    steps=STEPS,
    type_caps=st.fixed_dictionaries(dict.fromkeys(KINDS, CAPS)),
    category_caps=st.fixed_dictionaries({"professional-education": CAPS, "formal-education": CAPS}),
)
@settings(deadline=None, max_examples=25, suppress_health_check=[HealthCheck.too_slow])
def test_with_caps_the_total_is_what_they_leave_of_it(
    steps: list[tuple[Any, ...]], type_caps: dict[str, Any], category_caps: dict[str, Any]
) -> None:
    with undone():
        for code, cap in type_caps.items():
            set_terms(code, cap=cap)
        for code, cap in category_caps.items():
            set_category_terms(code, cap=cap)
        record = Record()
        for step in steps:
            record.take(step)
        check(record, type_caps, category_caps)
