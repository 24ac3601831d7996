"""The day on which an invoice opens is kept with it, and follows whatever it is derived from."""

from datetime import date, timedelta

import pytest

from ccp.recording import verbs as recording
from certifications import invoices
from certifications.models import Certification, Cycle, RenewalInvoice
from tests.support.builders import TODAY, client_of, invoice_of, make_activity, make_cycle, make_user, noon
from tests.support.staff import page, submit

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)


def kept() -> list[date | None]:
    """Return the kept days of all invoices, after comparing each with the day that is derived."""
    every = RenewalInvoice.objects.select_related("cycle__certification").order_by("cycle", "year", "pk")
    for invoice in every:
        assert invoice.opens_on == invoices.opening_of(invoice).opens_on, invoice
    return [invoice.opens_on for invoice in every]


def test_new_invoices_have_it() -> None:
    make_cycle()
    assert kept() == [date(2024, 3, 2), date(2025, 3, 2), None]


def test_it_follows_the_requirement() -> None:
    cycle = make_cycle()
    activity = make_activity(cycle, points="30", at=noon(TODAY))
    assert kept()[-1] == TODAY + DAY
    recording.withdraw(activity=activity, by=activity.attested_by, at=noon(TODAY + DAY))
    assert kept()[-1] is None


def test_it_writes_no_history() -> None:
    """Met the requirement: one line for the cycle. The invoice is as it was issued."""
    cycle = make_cycle()
    make_activity(cycle, points="30", at=noon(TODAY))
    assert invoice_of(cycle).history.count() == 1


@pytest.mark.ignore_template_errors
@pytest.mark.usefixtures("on_today")
def test_it_follows_staff_who_make_ccp_voluntary() -> None:
    cycle = make_cycle()
    root = client_of(make_user(is_staff=True, is_superuser=True))
    submit(root, page(Certification, "change", cycle.certification_id), ccp_mandatory="")
    assert not Certification.objects.get().ccp_mandatory
    assert kept()[-1] == date(2026, 3, 2)


@pytest.mark.ignore_template_errors
@pytest.mark.usefixtures("on_today")
def test_it_follows_staff_who_type_a_recertification() -> None:
    """From then on CCP is mandatory, which nobody typed."""
    cycle = make_cycle(awarded_on=date(2003, 5, 1), ccp_mandatory=False)
    assert None not in kept()
    root = client_of(make_user(is_staff=True, is_superuser=True))
    submit(root, page(Certification, "change", cycle.certification_id), recertified_on="5/1/2015")
    assert Certification.objects.get().ccp_mandatory
    assert kept()[-1] is None


def test_it_stays_with_a_closed_cycle_when_ccp_becomes_voluntary() -> None:
    cycle = make_cycle()
    Cycle.objects.update(
        closed_on=cycle.ends_on + DAY, outcome="non-compliant", points_at_close=0, mandatory_at_close=True
    )
    Certification.objects.update(ccp_mandatory=False)
    invoices.keep_openings(cycle=cycle)
    assert kept()[-1] is None


def test_an_invoice_issued_again_has_it() -> None:
    invoice = invoice_of(make_cycle(), year=2)
    void = invoices.void(invoice=invoice, reason="Wrong amount")
    assert invoices.reissue(invoice=void, at=noon(TODAY)).opens_on == invoice.opens_on
    assert kept()
