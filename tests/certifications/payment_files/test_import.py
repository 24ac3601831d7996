"""Payments from a file: what is recorded, what is refused with its line, and what changes nothing."""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command

from amtportal.imports import csv_files
from ccp.rollover.payment_file import CaughtUpPaymentsResource
from ccp.rollover.verification import VerificationTally, verify
from certifications import invoices, life
from certifications.models import Cycle, Payment, RenewalInvoice
from tests.support.builders import TODAY, client_of, invoice_of, make_cycle, make_member, make_payment, make_user, noon
from tests.support.staff import make_clerk, page, told

pytestmark = pytest.mark.django_db

HEADER = "invoice,amt_id,credential,year,amount,method,reference,received_on"


@pytest.fixture
def cycle() -> Cycle:
    """The cycle of an RMA from 5/1/2023: invoices due on 5/1/2024 and 5/1/2025 are open."""
    return make_cycle(make_member(amt_id="1001"))


def dollars(invoice: RenewalInvoice) -> str:
    return f"{invoice.amount / 100:.2f}"


def row(cycle: Cycle, of: int = 1, /, **changes: str) -> str:
    """Return a row that pays the invoice of that year, named by its number."""
    invoice = invoice_of(cycle, year=of)
    cells = {
        "invoice": invoice.number,
        "amt_id": "",
        "credential": "",
        "year": "",
        "amount": dollars(invoice),
        "method": "check",
        "reference": f"20{of}",
        "received_on": "2026-03-13",
    }
    return ",".join({**cells, **changes}.values())


def bring(*rows: str, dry_run: bool = False, header: str = HEADER) -> CaughtUpPaymentsResource:
    resource = CaughtUpPaymentsResource(at=noon(TODAY))
    content = "\n".join([header, *rows]).encode()
    resource.import_data(csv_files.read_csv(content), dry_run=dry_run, file_name="lockbox.csv")
    return resource


def differences() -> list[str]:
    return [str(found) for batch in verify(Cycle.objects.all(), VerificationTally()) for found in batch]


@contextmanager
def refused(*rows: str) -> Iterator[list[str]]:
    found: list[str] = []
    resource = bring(*rows)
    found += map(str, resource.problems)
    assert found
    assert not Payment.objects.exists()
    yield found


def test_invoices_are_named_in_three_ways(cycle: Cycle) -> None:
    other = make_cycle(make_member(amt_id="1002"))
    by_due_year = row(other, invoice="", amt_id="1002", credential="RMA", year="2024")
    by_cycle_year = row(other, 2, invoice="", amt_id="1002", credential="RMA", year="2")
    resource = bring(row(cycle), by_due_year, by_cycle_year)
    assert resource.problems == []
    assert set(Payment.objects.values_list("invoice", flat=True)) == {
        invoice_of(cycle, year=1).pk,
        invoice_of(other, year=1).pk,
        invoice_of(other, year=2).pk,
    }
    payment = Payment.objects.get(invoice=invoice_of(cycle, year=1))
    assert (payment.method, payment.reference, payment.received_on) == ("check", "201", date(2026, 3, 13))
    assert (payment.recorded_by, payment.file_name) == (None, "lockbox.csv")
    assert payment.invoice.status == "paid"
    assert differences() == []


def test_a_repeat_changes_nothing_not_even_after_a_reversal(cycle: Cycle) -> None:
    bring(row(cycle))
    lines = Payment.history.count()
    again = bring(row(cycle))
    assert ([entry.is_new for entry in again.entries], again.reversed_since) == ([False], [])
    invoices.reverse_payment(
        payment=Payment.objects.get(), reason="Returned.", by=make_user(is_staff=True), at=noon(TODAY)
    )
    reversed_since = bring(row(cycle)).reversed_since
    assert "was reversed (Returned.) and stays reversed." in str(reversed_since[0])
    assert Payment.history.count() == lines + 1
    assert bring(row(cycle, reference="202")).problems == []
    assert invoice_of(cycle, year=1).status == "paid"


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"amount": "59.99"}, "Line 3, amount: INV-"),
        ({"amount": "sixty"}, "Line 3, amount: “sixty” is not an amount in dollars. Write it like 95.00."),
        ({"method": "barter"}, "Line 3, method: “barter” is not a method of payment. Write one of check, money-order"),
        ({"method": "card-online"}, "Line 3, method: “card-online” is not a method of payment."),
        ({"received_on": "2026-03-15"}, "Line 3, received_on: The payment cannot be received in the future."),
        ({"received_on": ""}, "Line 3, received_on: It is empty, and every row needs it."),
        ({"invoice": "INV-9999999"}, "Line 3, invoice: There is no invoice INV-9999999. Correct the number."),
        ({"invoice": "A-7"}, "Line 3, invoice: “A-7” is not the number of an invoice."),
        ({"invoice": ""}, "Line 3, invoice: It says for which invoice in neither way."),
        ({"invoice": "", "amt_id": "9", "credential": "RMA", "year": "1"}, "Line 3, amt_id: 9 has no invoice of RMA"),
        ({"amt_id": "1001", "credential": "RMA", "year": "1"}, "is not the invoice of 1001, RMA, year 1."),
        ({"credential": "XYZ"}, "Line 3, credential: “XYZ” is not a credential that the portal knows."),
        ({"year": "12"}, "Line 3, year: “12” is not a year."),
    ],
)
def test_one_bad_row_stops_the_file(cycle: Cycle, changes: dict[str, str], expected: str) -> None:
    with refused(row(cycle), row(cycle, 2, **changes)) as problems:
        assert len(problems) == 1
        assert expected in problems[0]


def test_an_invoice_that_cannot_take_the_money_is_refused_with_its_reason(cycle: Cycle) -> None:
    lapsed = make_cycle(make_member(amt_id="1003"))
    life.change_status(
        certification=lapsed.certification, to="lapsed", reason="Left.", by=make_user(is_staff=True), at=noon(TODAY)
    )
    rows = [row(cycle, 2), row(lapsed)]
    invoices.void(invoice=invoice_of(cycle, year=2), reason="Wrong fee.")
    with refused(*rows) as problems:
        assert "is void. Issue it again and record the payment on the new invoice." in problems[0]
        assert "is held, because the certification is lapsed" in problems[1]


def test_another_payment_of_a_paid_invoice_is_refused(cycle: Cycle) -> None:
    make_payment(invoice_of(cycle, year=1))
    resource = bring(row(cycle))
    assert "is already paid. To fix a wrong payment, reverse it first." in str(resource.problems[0])
    assert Payment.objects.count() == 1


def test_an_invoice_paid_before_the_portal_is_refused(cycle: Cycle) -> None:
    RenewalInvoice.objects.filter(year=1).update(status="paid", before_portal=date(2024, 5, 1))
    with refused(row(cycle)) as problems:
        assert "was paid before the portal. If that is wrong, ask for payment first." in problems[0]


def test_the_same_invoice_twice_in_a_file_is_refused(cycle: Cycle) -> None:
    with refused(row(cycle), row(cycle, reference="9")) as problems:
        assert problems == [
            "Line 3, invoice: The same invoice is paid on line 2 already. Delete one of the two rows, or correct it."
        ]


def test_a_header_without_a_needed_column_is_refused(cycle: Cycle) -> None:
    resource = bring("INV-1,95.00", header="invoice,amount")
    assert all(problem.line == 1 for problem in resource.problems)
    assert "method" in " ".join(map(str, resource.problems))


def test_the_number_of_queries_does_not_grow_with_the_rows(django_assert_max_num_queries: Any) -> None:
    cycles = [make_cycle(make_member()) for _ in range(12)]
    rows = [row(cycle) for cycle in cycles]
    with django_assert_max_num_queries(33):
        assert not bring(*rows[:2]).problems
    with django_assert_max_num_queries(33):
        assert not bring(*rows[2:]).problems


def test_the_command_sums_up_and_a_dry_run_writes_nothing(cycle: Cycle, tmp_path: Path, on_today: Any) -> None:
    path = tmp_path / "lockbox.csv"
    path.write_text("\n".join([HEADER, row(cycle), row(cycle, 2)]))
    for options, before in ((["--dry-run"], "Nothing written; would be "), ([], "")):
        stdout = io.StringIO()
        assert not Payment.objects.exists()
        call_command("import_payments", str(path), *options, stdout=stdout)
        total = 2 * invoice_of(cycle, year=1).amount
        assert stdout.getvalue() == f"{before}2 rows: 2 recorded (${total / 100:.2f}), 0 unchanged.\n"
    stderr = io.StringIO()
    path.write_text("\n".join([HEADER, row(cycle, reference="77")]))
    with pytest.raises(CommandError, match="1 bad line in lockbox"):
        call_command("import_payments", str(path), stderr=stderr)
    assert "Line 2, invoice: INV-" in stderr.getvalue()


def test_staff_import_it_in_the_admin(cycle: Cycle, tmp_path: Path, settings: Any, on_today: Any) -> None:
    settings.MEDIA_ROOT = tmp_path
    clerk = make_clerk("view_payment", "import_payments")
    desk = client_of(clerk)
    content = "\n".join([HEADER, row(cycle)]).encode()
    posted = {"format": "0", "resource": "0", "import_file": SimpleUploadedFile("lockbox.csv", content)}
    preview = desk.post(page(Payment, "import"), posted)
    assert not Payment.objects.exists()
    fields = {field.html_name: field.value() for field in preview.context["confirm_form"]}
    assert "1 new" in told(desk, desk.post(page(Payment, "process_import"), fields))
    payment = Payment.objects.get()
    assert (payment.recorded_by, payment.file_name) == (clerk, "lockbox.csv")
