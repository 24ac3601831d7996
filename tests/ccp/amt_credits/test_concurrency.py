"""Imports of credits and changes of terms while members record.

Nothing is lost, and nobody waits forever.
"""

import uuid
from datetime import date
from decimal import Decimal
from functools import partial
from threading import Event
from typing import Any

import pytest
from django.db import connection

from amtportal.imports import csv_files
from ccp.amt_credits import holding as held_credits
from ccp.amt_credits.resource import CreditsResource
from ccp.catalogue import term_changes as impact
from ccp.counting import requirement
from ccp.models import Activity, ActivityType, Credit, HeldCredit, TypeTerms
from ccp.recording import verbs as recording
from certifications.models import Cycle, RenewalInvoice
from tests.support.builders import TODAY, make_claim, make_cycle, make_member, make_user, noon
from tests.support.threads import at_once, wait_until_somebody_waits
from tests.support.waiting import PATIENCE

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("on_today")]

HEADER = "provider_reference,amt_id,activity_type,title,starts_on,ends_on,points\n"
MEMBERS = 12


@pytest.fixture
def cycles() -> list[Cycle]:
    return [make_cycle(make_member()) for _ in range(MEMBERS)]


def file_for(cycles: list[Cycle]) -> bytes:
    rows = [
        f"W-{cycle.pk},{cycle.certification.member.amt_id},course-seminar-webinar,Safe,2026-03-01,2026-03-01,1\n"
        for cycle in cycles
    ]
    return (HEADER + "".join(rows)).encode()


def imported(content: bytes) -> int:
    resource = CreditsResource(at=noon(TODAY))
    assert not resource.import_data(csv_files.read_csv(content)).has_errors()
    return resource.tally.recorded


def recorded(cycles: list[Cycle]) -> int:
    for cycle in cycles:
        member = cycle.certification.member
        recording.record(
            member=member,
            cycles=[cycle],
            claim=make_claim(points="2"),
            submission_id=uuid.uuid4(),
            by=member.user,
            at=noon(TODAY),
        )
    return 0


def test_two_imports_of_one_file_at_once_record_each_credit_once(cycles: list[Cycle]) -> None:
    content = file_for(cycles)
    assert sorted(at_once(*[partial(imported, content)] * 2)) == [0, MEMBERS]
    assert Activity.objects.count() == Credit.objects.count() == MEMBERS


def test_an_import_beside_members_who_record_loses_nothing(cycles: list[Cycle]) -> None:
    """Each cycle has 1 point from AMT and 2 points that its member recorded."""
    at_once(partial(imported, file_for(cycles[::-1])), partial(recorded, cycles))
    keys = [cycle.pk for cycle in cycles]
    assert requirement.counted_by_cycle(keys) == dict.fromkeys(keys, Decimal(3))


def test_an_import_beside_members_who_record_opens_each_next_cycle_once() -> None:
    """The cycles ended on 2/28/2026 and are due.

    Whoever comes first closes them, and all points count in the next cycles.
    """
    cycles = [
        make_cycle(make_member(), awarded_on=date(2023, 3, 1), on=date(2026, 2, 1), ccp_mandatory=False)
        for _ in range(MEMBERS)
    ]
    RenewalInvoice.objects.update(status="paid")
    at_once(partial(imported, file_for(cycles)), partial(recorded, cycles[::-1]))
    following = Cycle.objects.filter(number=2).values_list("pk", flat=True)
    assert requirement.counted_by_cycle(following) == dict.fromkeys(following, Decimal(3))
    assert len(following) == MEMBERS


def test_two_matches_at_once_record_each_credit_once() -> None:
    received = held_credits.Received("W-1", "7001", make_claim())
    held_credits.receive(credits=[received], by=None, at=noon(TODAY))
    make_cycle(make_member(amt_id="7001"))

    def match() -> int:
        return held_credits.match(by=None, at=noon(TODAY)).recorded

    at_once(match, match)
    assert Activity.objects.count() == 1
    assert HeldCredit.objects.get().activity == Activity.objects.get()


def cap_of_one() -> TypeTerms:
    return TypeTerms(
        activity_type=ActivityType.objects.get(code="course-seminar-webinar"),
        effective_from=TODAY,
        unit="hour",
        points_per_unit=Decimal(1),
        cap=Decimal(1),
    )


def test_terms_that_change_beside_members_who_record_hold_for_all_of_them(cycles: list[Cycle]) -> None:
    """The cap is 1 from today on.

    Of the 2 points that each member records in the meantime, 1 counts.
    """
    clerk = make_user(is_staff=True)

    def changed() -> int:
        impact.put_in_force(terms=cap_of_one(), by=clerk, at=noon(TODAY))
        return 0

    at_once(changed, partial(recorded, cycles[:6]), partial(recorded, cycles[6:]))
    keys = [cycle.pk for cycle in cycles]
    assert requirement.counted_by_cycle(keys) == dict.fromkeys(keys, Decimal(1))


def test_terms_that_change_between_counting_and_the_end_of_a_recording_hold_for_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The cap of 1 takes effect and everything is counted again while a recording runs.

    That recording read the terms without the cap.
    """
    if connection.vendor == "sqlite":
        pytest.skip("SQLite has one writer at a time.")
    cycle, clerk = make_cycle(make_member()), make_user(is_staff=True)
    counted = Event()
    settle_all = requirement.settle_all

    def settle_late(*args: Any) -> None:
        settle_all(*args)
        if not counted.is_set():
            counted.set()
            wait_until_somebody_waits()  # the change, which is in force by then
            assert TypeTerms.objects.filter(cap=1, effective_from=TODAY).exists()

    def change() -> int:
        assert counted.wait(timeout=PATIENCE)
        impact.put_in_force(terms=cap_of_one(), by=clerk, at=noon(TODAY))
        return 0

    monkeypatch.setattr(requirement, "settle_all", settle_late)
    at_once(change, partial(recorded, [cycle]))
    assert requirement.counted_by_cycle([cycle.pk]) == {cycle.pk: Decimal(1)}
