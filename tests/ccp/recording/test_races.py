"""A request that waits for another transaction decides from what that transaction has left.

No requests wait for each other in a circle.
"""

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from functools import partial

import pytest
from django.db import connection, transaction

from amtportal.imports import csv_files
from amtportal.refusals import Refused
from ccp.amt_credits import holding as held_credits
from ccp.amt_credits.resource import CreditsResource
from ccp.catalogue import term_changes as impact
from ccp.counting import requirement
from ccp.models import Activity, ActivityType, HeldCredit, TypeTerms
from ccp.recording import verbs as recording
from certifications import life
from certifications.models import Certification, Cycle, RenewalInvoice
from tests.support.builders import (
    TODAY,
    client_of,
    make_activity,
    make_claim,
    make_cycle,
    make_member,
    make_user,
    noon,
)
from tests.support.staff import make_clerk, page
from tests.support.threads import beside, wait_until_somebody_waits
from tests.support.waiting import PATIENCE

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("on_today"),
    pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one writer at a time"),
]


def give_status(certification: Certification, to: str) -> None:
    life.change_status(certification=certification, to=to, reason="Said so.", by=make_user(), at=noon(TODAY))


def received() -> held_credits.MatchTally:
    credit = held_credits.Received("W-1", "7001", make_claim())
    return held_credits.receive(credits=[credit], by=None, at=noon(TODAY))


def test_who_waits_while_the_certification_is_revoked_records_nothing() -> None:
    cycle = make_cycle()
    with transaction.atomic():
        give_status(cycle.certification, "revoked")
        recorded = beside(partial(make_activity, cycle))
        wait_until_somebody_waits()
    with pytest.raises(Refused):
        recorded.result()
    assert not Activity.objects.exists()


def test_a_credit_that_waits_while_the_certification_is_revoked_is_held() -> None:
    cycle = make_cycle(make_member(amt_id="7001"))
    with transaction.atomic():
        give_status(cycle.certification, "revoked")
        tally = beside(received)
        wait_until_somebody_waits()
    assert tally.result() == held_credits.MatchTally(recorded=0, held=1)


def test_staff_who_save_a_certification_while_it_lapses_do_not_put_it_in_force_again() -> None:
    certification = make_cycle().certification
    clerk = client_of(make_clerk("view_certification", "change_certification"))
    form = {"certificate_number": certification.certificate_number, "recertified_on": ""}  # not mandatory any longer
    with transaction.atomic():
        give_status(certification, "lapsed")
        saved = beside(partial(clerk.post, page(Certification, "change", certification.pk), form))
        wait_until_somebody_waits()
    assert saved.result().status_code == 302
    certification.refresh_from_db()
    assert (certification.status, certification.ccp_mandatory) == ("lapsed", False)
    assert certification.history.latest().status == "lapsed"


def test_a_held_credit_that_is_recorded_while_staff_delete_it_stays() -> None:
    received()
    held = HeldCredit.objects.get()
    clerk = client_of(make_clerk("view_heldcredit", "delete_heldcredit"))
    make_cycle(make_member(amt_id="7001"))
    with transaction.atomic():
        held_credits.match(by=None, at=noon(TODAY))
        deleted = beside(partial(clerk.post, page(HeldCredit, "delete", held.pk), {"post": "yes"}))
        wait_until_somebody_waits()
    assert deleted.result().status_code == 403
    assert HeldCredit.objects.get().activity == Activity.objects.get()


@pytest.fixture
def two_cycles() -> list[Cycle]:
    """Two cycles of one member, of which the first continues and the second is due.

    1 point was recorded today in each.
    """
    member = make_member(amt_id="7001")
    cycles = [
        make_cycle(member),
        make_cycle(
            member, credential="RPT", awarded_on=date(2023, 3, 1), on=TODAY - timedelta(days=30), ccp_mandatory=False
        ),
    ]
    for cycle in cycles:
        make_activity(cycle, points="1", starts_on=date(2026, 2, 1))
    RenewalInvoice.objects.filter(cycle=cycles[1]).update(status="paid")
    return cycles


def lock(cycle: Cycle) -> None:
    Cycle.objects.select_for_update().get(pk=cycle.pk)


def imported() -> bool:
    header = "provider_reference,amt_id,activity_type,title,starts_on,ends_on,points\n"
    row = "W-1,7001,course-seminar-webinar,Safe,2026-03-01,2026-03-01,1\n"
    return not CreditsResource(at=noon(TODAY)).import_data(csv_files.read_csv((header + row).encode())).has_errors()


def changed(cap: str = "1") -> bool:
    kind = ActivityType.objects.get(code="course-seminar-webinar")
    terms = TypeTerms(
        activity_type=kind, effective_from=TODAY, unit="hour", points_per_unit=Decimal(1), cap=Decimal(cap)
    )
    impact.put_in_force(terms=terms, by=make_user(is_staff=True), at=noon(TODAY))
    return True


@pytest.mark.parametrize(
    "closing", [pytest.param(imported, id="import of credits"), pytest.param(changed, id="change of terms")]
)
def test_who_closes_what_is_due_before_counting_locks_the_cycles_in_their_order(
    closing: Callable[[], bool], two_cycles: list[Cycle]
) -> None:
    """A member has the first cycle and goes on to the second.

    The other transaction waits for the first and holds no other.
    """
    first, second = two_cycles
    with transaction.atomic():
        lock(first)
        done = beside(closing)
        wait_until_somebody_waits()
        lock(second)
    assert done.result()
    second.refresh_from_db()
    assert second.outcome == "compliant"


def test_who_records_waits_neither_for_another_who_records_nor_for_a_change_that_is_being_made() -> None:
    """One member has recorded and staff have changed the terms, and neither of them is done: the next one is."""
    first, second, third = make_cycle(), make_cycle(), make_cycle()
    with transaction.atomic():
        make_activity(first)
        assert beside(partial(make_activity, second)).result(timeout=PATIENCE)
    with transaction.atomic():
        assert changed()
        assert beside(partial(make_activity, third)).result(timeout=PATIENCE)


def test_a_change_that_waits_for_one_who_records_counts_what_was_recorded() -> None:
    """Cap 1 is in force for everybody while the 2 points that were counted without it are not yet committed."""
    cycle = make_cycle()
    with transaction.atomic():
        make_activity(cycle, points="2")
        change = beside(changed)
        wait_until_somebody_waits()
        assert TypeTerms.objects.filter(cap=1, effective_from=TODAY).exists()
        assert not change.done()
    assert change.result(timeout=PATIENCE)
    assert requirement.counted_points(cycle) == Decimal(1)


def amending(cycle: Cycle) -> Callable[[], object]:
    entry = make_activity(cycle, kind="self-study", points="2")
    claim, by = make_claim(points="2"), cycle.certification.member.user
    return partial(recording.amend, activity=entry, cycles=[cycle], claim=claim, revision=1, by=by, at=noon(TODAY))


def putting_back(cycle: Cycle) -> Callable[[], object]:
    entry, by = make_activity(cycle, points="2"), cycle.certification.member.user
    recording.withdraw(activity=entry, by=by, at=noon(TODAY))
    return partial(recording.restore, activity=entry, by=by, at=noon(TODAY))


def matching(cycle: Cycle) -> Callable[[], object]:
    Certification.objects.update(status="lapsed")
    received()
    Certification.objects.update(status="active")
    return partial(held_credits.match, by=None, at=noon(TODAY))


@pytest.mark.parametrize("putting_on_record", [amending, putting_back, matching])
def test_it_counts_what_was_amended_put_back_or_matched_beside_it_too(
    putting_on_record: Callable[[Cycle], Callable[[], object]],
) -> None:
    """Each of them has an entry of the type count that did not count in the cycle before."""
    cycle = make_cycle(make_member(amt_id="7001"))
    put_on_record = putting_on_record(cycle)
    with transaction.atomic():
        put_on_record()
        change = beside(partial(changed, cap="0.5"))
        wait_until_somebody_waits()
        assert TypeTerms.objects.filter(cap=Decimal("0.5"), effective_from=TODAY).exists()
    assert change.result(timeout=PATIENCE)
    assert requirement.counted_points(cycle) == Decimal("0.5")
