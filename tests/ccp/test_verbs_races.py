"""Whoever records or pays while staff correct an award, revoke or record a death decides from what they leave."""

from datetime import date, timedelta
from functools import partial

import pytest
from django.db import connection, transaction

from amtportal.refusals import Refused
from ccp import awards
from ccp.models import Activity
from ccp.recording import verbs as recording
from ccp.rollover import closing
from certifications import deaths, revocations
from certifications.models import AwardCorrection, Certification, Cycle, Payment, StatusChange
from tests.support.builders import TODAY, invoice_of, make_activity, make_cycle, make_payment, make_user, noon
from tests.support.threads import beside, wait_until_somebody_waits

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("on_today"),
    pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one writer at a time"),
]
AT = noon(TODAY)
LATER = date(2023, 5, 11)


def correct(certification: Certification, awarded_on: date = LATER) -> AwardCorrection:
    return awards.correct(
        certification=certification, awarded_on=awarded_on, reason="Typed wrong.", by=make_user(), at=AT
    )


def revoke(certification: Certification) -> StatusChange:
    return revocations.revoke(certification=certification, effective_on=TODAY, reason="Altered.", by=make_user(), at=AT)


def test_who_waits_while_the_award_is_corrected_records_under_the_new_days() -> None:
    cycle = make_cycle()
    with transaction.atomic():
        correct(cycle.certification)
        early = beside(partial(make_activity, cycle, starts_on=date(2023, 5, 5)))
        wait_until_somebody_waits()
    with pytest.raises(Refused, match="before your CCP cycle"):
        early.result()
    assert not Activity.objects.exists()


def test_a_correction_that_waits_sets_aside_what_was_recorded_meanwhile() -> None:
    cycle = make_cycle()
    with transaction.atomic():
        entry = make_activity(cycle, starts_on=date(2023, 5, 5))
        corrected = beside(partial(correct, cycle.certification))
        wait_until_somebody_waits()
    corrected.result()
    assert entry.credits.get().cut == "outside"


def test_a_correction_that_waits_keeps_what_was_paid_meanwhile() -> None:
    cycle = make_cycle(awarded_on=date(2025, 5, 1))
    with transaction.atomic():
        payment = make_payment(invoice_of(cycle, 1))
        corrected = beside(partial(correct, cycle.certification, date(2024, 5, 1)))
        wait_until_somebody_waits()
    corrected.result()
    invoice = Payment.objects.get(pk=payment.pk).invoice
    assert (invoice.year, invoice.due_on, invoice.status) == (2, date(2026, 5, 1), "paid")


def test_a_correction_that_waits_for_the_closing_of_the_cycle_is_refused() -> None:
    cycle = make_cycle()
    with transaction.atomic():
        closing.close_due(at=noon(date(2026, 8, 5)))
        corrected = beside(partial(correct, cycle.certification))
        wait_until_somebody_waits()
    with pytest.raises(Refused, match="A closed cycle does not change"):
        corrected.result()


def test_two_who_correct_the_same_award_at_once_write_one_correction() -> None:
    cycle = make_cycle()
    with transaction.atomic():
        first = correct(cycle.certification)
        second = beside(partial(correct, cycle.certification))
        wait_until_somebody_waits()
    assert second.result() == first
    assert AwardCorrection.objects.count() == 1


def test_who_waits_while_it_is_revoked_records_nothing_and_pays_nothing() -> None:
    cycle = make_cycle()
    invoice = invoice_of(cycle, 1)
    with transaction.atomic():
        revoke(cycle.certification)
        recorded = beside(partial(make_activity, cycle))
        paid = beside(partial(make_payment, invoice))
        wait_until_somebody_waits()
    for each in (recorded, paid):
        with pytest.raises(Refused):
            each.result()
    assert not Payment.objects.exists()


def test_two_who_undo_a_revocation_at_once_change_it_once() -> None:
    certification = make_cycle().certification
    revoke(certification)
    undo = partial(revocations.undo, certification=certification, reason="Wrong.", at=AT)
    with transaction.atomic():
        undo(by=make_user())
        second = beside(partial(undo, by=make_user()))
        wait_until_somebody_waits()
    assert second.result().status == "active"
    assert StatusChange.objects.count() == 2


def test_who_waits_while_a_death_is_recorded_changes_nothing() -> None:
    cycle = make_cycle()
    member = cycle.certification.member
    report = partial(deaths.record, member=member, died_on=TODAY - timedelta(days=1), reported_by="Sister.", at=AT)
    with transaction.atomic():
        first = report(by=make_user())
        recorded = beside(partial(make_activity, cycle))
        second = beside(partial(report, by=make_user()))
        wait_until_somebody_waits()
    with pytest.raises(Refused):
        recorded.result()
    assert second.result().report == first.report
    assert StatusChange.objects.count() == 1


def test_two_who_take_a_voiding_back_at_once_do_it_once() -> None:
    cycle: Cycle = make_cycle()
    entry = make_activity(cycle)
    recording.void(activity=entry, reason="No proof.", by=make_user(), at=AT)
    back = partial(recording.take_back_void, activity=entry, reason="It came.", at=AT)
    with transaction.atomic():
        back(by=make_user())
        second = beside(partial(back, by=make_user()))
        wait_until_somebody_waits()
    assert second.result().revision == 3
