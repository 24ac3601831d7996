"""The pages of renewal invoices: what each says about its state.

A locked invoice cannot be opened.
"""

from datetime import date, timedelta
from io import BytesIO

import pytest
from django.http import HttpResponse
from django.test import Client
from pypdf import PdfReader
from time_machine import TimeMachineFixture

from amtportal.members.models import Member
from certifications import invoices
from certifications.models import Payment, RenewalInvoice
from tests.support.builders import (
    TODAY,
    client_of,
    cycle_of,
    invoice_of,
    make_activity,
    make_cycle,
    make_payment,
    make_user,
    noon,
)
from tests.support.pages import certification_figures, read, words

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("on_today"), pytest.mark.any_database]


def printed(response: HttpResponse) -> str:
    """Return the words of the PDF."""
    assert (response.status_code, response.headers["Content-Type"]) == (200, "application/pdf")
    pages = PdfReader(BytesIO(response.content)).pages
    return " ".join(" ".join(page.extract_text().split()) for page in pages)


def test_the_list_shows_every_invoice_of_a_cycle_with_its_state_the_last_due_first(short: Member) -> None:
    """RPT 4/24/2023 to 4/23/2026: years 1 and 2 fell due and are overdue, year 3 is locked."""
    cycle = cycle_of(short, "RPT")
    make_payment(invoice_of(cycle, 1))
    page = read(client_of(short).get("/invoices/"))
    rows = [words(row) for row in page.select("main tbody tr")]
    number = {year: invoice_of(cycle, year).number for year in (1, 2, 3)}
    assert rows == [
        f"Year 3 {number[3]} Locked When CCP is met 4/24/2026 $60.00",
        f"Year 2 {number[2]} Open, overdue 2/23/2025 4/24/2025 $60.00",
        f"Year 1 {number[1]} Paid 2/24/2024 4/24/2024 $60.00",
    ]
    assert [words(caption) for caption in page.select("main caption")] == [
        "RPT, CCP cycle Apr 24, 2023 to Apr 23, 2026"
    ]


def test_the_list_begins_with_what_is_to_be_paid_and_says_once_what_holds_for_all(short: Member) -> None:
    """Years 1 and 2 are overdue: the one due first stands first. Year 3 is locked."""
    page = read(client_of(short).get("/invoices/"))
    assert [words(part) for part in page.select("main .to-pay")] == [
        "Pay the year-1 fee, $60 RPT · due Apr 24, 2024, 689 days ago",
        "Pay the year-2 fee, $60 RPT · due Apr 24, 2025, 324 days ago",
    ]
    assert words(page.main).count("not refundable") == 1


@pytest.mark.parametrize(
    ("year", "headline"), [(1, "Year-1 fee, $60"), (2, "Pay the year-2 fee, $60"), (3, "Year-3 fee, $60")]
)
def test_an_invoice_is_named_by_its_fee_and_not_by_its_number(short: Member, year: int, headline: str) -> None:
    """Year 1 is paid, year 2 can be paid, and year 3 is locked."""
    make_payment(invoice_of(cycle_of(short, "RPT"), 1))
    invoice = invoice_of(cycle_of(short, "RPT"), year)
    page = read(client_of(short).get(f"/invoices/{invoice.pk}/"))
    assert words(page.h1) == headline
    assert words(page.title).startswith(f"{headline} (RPT)")
    assert f"Invoice {invoice.number}" in words(page.select_one("aside dl"))


def test_a_void_invoice_is_listed_as_void(met: Member) -> None:
    invoices.void(invoice=invoice_of(cycle_of(met)), reason="Issued twice.")
    rows = [words(row) for row in read(client_of(met).get("/invoices/")).select("main tbody tr")]
    assert "Void" in rows[0]


def test_a_locked_invoice_says_why_and_when_it_opens(short: Member) -> None:
    """22 of 24 points.

    60 days before 4/24/2026 are past, so only the requirement is missing.
    """
    invoice = invoice_of(cycle_of(short, "RPT"))
    page = words(read(client_of(short).get(f"/invoices/{invoice.pk}/")).main)
    assert "Locked: 22 of 24 points are on record." in page
    assert "The invoice opens the day after your CCP requirement is met." in page
    assert "How to pay" not in page


@pytest.mark.parametrize(
    ("method", "address", "status"),
    [
        pytest.param("get", "/invoices/{pk}.pdf", 403, id="as PDF"),
        pytest.param("post", "/invoices/{pk}.pdf", 405, id="by posting to the PDF"),
        pytest.param("post", "/invoices/{pk}/", 405, id="by posting to the page"),
        pytest.param("get", "/invoices/{pk}/?state=open", 200, id="by asking nicely"),
    ],
)
def test_a_locked_invoice_is_not_to_be_had(short: Member, method: str, address: str, status: int) -> None:
    invoice = invoice_of(cycle_of(short, "RPT"))
    client = client_of(short)
    answer = getattr(client, method)(address.format(pk=invoice.pk), {"status": "paid", "amount": "6000"})
    assert answer.status_code == status
    assert not answer.content.startswith(b"%PDF")
    assert "How to pay" not in answer.content.decode()
    assert invoice_of(invoice.cycle).status == "issued"
    assert not Payment.objects.exists()


def test_the_refusal_of_a_pdf_says_why(short: Member) -> None:
    invoice = invoice_of(cycle_of(short, "RPT"))
    page = read(client_of(short).get(f"/invoices/{invoice.pk}.pdf"), status=403)
    assert words(page.title).startswith("Error: ")
    assert "Locked: 22 of 24 points are on record." in words(page.main)


@pytest.mark.parametrize("days_before", [1, 0])
def test_an_invoice_of_year_1_opens_60_days_before_it_is_due(
    on_today: TimeMachineFixture, new: Member, days_before: int
) -> None:
    """The due day is 9/1/2026, and 60 days before is 7/3/2026.

    July has 28 days left, August has 31, and 1 more.
    """
    invoice = invoice_of(cycle_of(new), 1)
    on_today.move_to(noon(date(2026, 7, 3) - timedelta(days=days_before)))
    browser = client_of(new)
    page = words(read(browser.get(f"/invoices/{invoice.pk}/")).main)
    if days_before:
        assert "You can pay this invoice from Jul 3, 2026 on." in page
        assert browser.get(f"/invoices/{invoice.pk}.pdf").status_code == 403
    else:
        assert "Open since Jul 3, 2026, 60 days before it is due." in page
        assert "How to pay" in page
        assert invoice.number in printed(browser.get(f"/invoices/{invoice.pk}.pdf"))


def test_the_last_invoice_cannot_be_had_at_five_to_midnight_and_can_be_at_five_past(
    on_today: TimeMachineFixture, met: Member
) -> None:
    """The requirement was met on 3/13/2026.

    The member signed in before midnight.
    """
    invoice, browser = invoice_of(cycle_of(met)), client_of(met)
    on_today.move_to(noon(date(2026, 3, 13)).replace(hour=23, minute=55))
    assert browser.get(f"/invoices/{invoice.pk}.pdf").status_code == 403
    assert "Opens Mar 14, 2026, the day after your CCP requirement was met (Mar 13, 2026)." in words(
        read(browser.get(f"/invoices/{invoice.pk}/")).main
    )
    on_today.move_to(noon(date(2026, 3, 14)).replace(hour=0, minute=5))
    assert printed(browser.get(f"/invoices/{invoice.pk}.pdf")).startswith("American Medical Technologists")
    assert "Open since Mar 14, 2026, the day after" in words(read(browser.get(f"/invoices/{invoice.pk}/")).main)


def test_an_open_invoice_says_how_to_pay_and_prints(met: Member) -> None:
    invoice, browser = invoice_of(cycle_of(met)), client_of(met)
    page = words(read(browser.get(f"/invoices/{invoice.pk}/")).main)
    assert "Make it out to American Medical Technologists for $60," in page
    assert "847-823-5169" in page
    text = printed(browser.get(f"/invoices/{invoice.pk}.pdf"))
    for said in ("Renewal invoice", invoice.number, "Mia Met", "$60.00", "Due May 1, 2026", "How to pay"):
        assert said in text


def test_a_paid_invoice_has_a_receipt(met: Member) -> None:
    invoice = invoice_of(cycle_of(met))
    make_payment(invoice, method="money-order", reference="MO-77", received_on=TODAY - timedelta(days=2))
    browser = client_of(met)
    assert "Nothing more is due." in words(read(browser.get(f"/invoices/{invoice.pk}/")).main)
    text = printed(browser.get(f"/invoices/{invoice.pk}.pdf"))
    for said in ("Receipt", "$60.00 by money order (MO-77), received Mar 12, 2026", "Balance $0.00"):
        assert said in text
    assert "How to pay" not in text


def test_an_invoice_and_its_receipt_are_saved_under_names_that_tell_them_apart(met: Member) -> None:
    invoice, browser = invoice_of(cycle_of(met)), client_of(met)
    of_whom = f"{met.amt_id}-RMA-2026-03-14-{invoice.number}.pdf"
    for kind in ("Renewal-invoice", "Receipt"):
        answer = browser.get(f"/invoices/{invoice.pk}.pdf")
        assert answer.headers["Content-Disposition"] == f'attachment; filename="{kind}-{of_whom}"'
        if kind == "Renewal-invoice":
            make_payment(invoice)


def test_a_receipt_is_withdrawn_with_its_payment(met: Member) -> None:
    invoice = invoice_of(cycle_of(met))
    payment = make_payment(invoice)
    invoices.reverse_payment(payment=payment, reason="Returned by the bank.", by=make_user(), at=noon(TODAY))
    text = printed(client_of(met).get(f"/invoices/{invoice.pk}.pdf"))
    assert "Receipt" not in text
    assert "How to pay" in text


def test_a_void_invoice_has_no_pdf(met: Member) -> None:
    invoice = invoices.void(invoice=invoice_of(cycle_of(met)), reason="Issued twice.")
    browser = client_of(met)
    assert "This invoice is void" in words(read(browser.get(f"/invoices/{invoice.pk}/")).main)
    assert browser.get(f"/invoices/{invoice.pk}.pdf").status_code == 403


def test_a_voluntary_certification_waits_for_no_points(voluntary: Member) -> None:
    invoice = invoice_of(cycle_of(voluntary, "MLS"))
    page = words(read(client_of(voluntary).get(f"/invoices/{invoice.pk}/")).main)
    assert "Open since Mar 2, 2026, 60 days before it is due." in page


@pytest.fixture
def without_invoices() -> Client:
    member = make_cycle().certification.member
    RenewalInvoice.objects.all().delete()
    return client_of(member)


def test_a_member_without_invoices_reads_so(without_invoices: Client) -> None:
    assert "You have no renewal invoices yet." in words(read(without_invoices.get("/invoices/")).main)
    assert "invoice-status" not in next(iter(certification_figures(without_invoices).values()))


def test_the_same_state_stands_on_every_page(met: Member) -> None:
    """The member is below the requirement again.

    The invoice is locked on the list, on its page and on My Certifications.
    """
    cycle, browser = cycle_of(met), client_of(met)
    entry = met.activities.get()
    browser.post(f"/ccp/activities/{entry.pk}/withdraw/")
    assert "Locked" in words(read(browser.get("/invoices/")).select_one("main tbody tr"))
    assert "Locked: 0 of 30 points" in words(read(browser.get(f"/invoices/{invoice_of(cycle).pk}/")).main)
    assert certification_figures(browser)[f"certification-{cycle.certification_id}"]["invoice-status"] == "locked"
    make_activity(cycle, points="30")
    assert "Upcoming" in words(read(browser.get("/invoices/")).select_one("main tbody tr"))
