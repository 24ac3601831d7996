"""The till list: what arrived on a day, each sum once, with totals."""

import csv
from datetime import timedelta
from io import StringIO

import pytest
from django.test import Client

from certifications import invoices
from certifications.models import Payment
from certifications.payments import holding, till
from certifications.payments.models import UnappliedMoney
from certifications.payments.till import TillLine, Total
from tests.support.builders import TODAY, client_of, invoice_of, make_cycle, make_member, make_user, noon
from tests.support.staff import make_clerk, page

pytestmark = [pytest.mark.django_db, pytest.mark.ignore_template_errors, pytest.mark.usefixtures("on_today")]


def line(amount: int, method: str = "Check", by: str = "kim", *, counts: bool = True) -> TillLine:
    return TillLine(amount, method, "1", "INV-1", "Ada", by, "Paid", counts=counts)


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ([], []),
        ([line(100), line(250)], [Total("Check", "kim", 2, 350)]),
        ([line(100), line(250, counts=False)], [Total("Check", "kim", 1, 100)]),
        ([line(1), line(2, by="ann"), line(4, "Money order")],
         [Total("Check", "ann", 1, 2), Total("Check", "kim", 1, 1), Total("Money order", "kim", 1, 4)]),
    ],
)  # fmt: skip
def test_totals_are_by_method_and_person(lines: list[TillLine], expected: list[Total]) -> None:
    assert till.totals(lines) == expected


def test_each_sum_is_listed_once_on_its_day_wherever_it_is() -> None:
    clerk = make_user(email="kim@amt.example", is_staff=True, is_superuser=True)
    cycle = make_cycle(make_member(amt_id="1001"))
    yesterday = TODAY - timedelta(days=1)
    values = {"amount": 5000, "method": "check", "received_on": yesterday, "by": clerk, "at": noon(TODAY)}
    for year, number in ((1, "=1"), (2, "2"), (3, "3")):
        holding.receive(invoice=invoice_of(cycle, year=year), reference=number, **values)  # type: ignore[arg-type]
    reversed_one = Payment.objects.get(reference="2")
    invoices.reverse_payment(payment=reversed_one, reason="Bounced.", by=clerk, at=noon(TODAY))
    assert [(each.reference, each.became) for each in till.of(yesterday)] == [
        ("=1", "Paid"), ("2", "Reversed: Bounced."), ("3", "Held"),
    ]  # fmt: skip
    assert till.totals(till.of(yesterday)) == [Total("Check", "kim@amt.example", 2, 10000)]
    assert till.of(TODAY) == []

    desk: Client = client_of(clerk)
    address = page(Payment, "till")
    shown = desk.get(address, {"day": yesterday.isoformat()}).text
    assert "$100.00" in shown
    assert "arrived on this day" in desk.get(address).text
    file = desk.get(address, {"day": yesterday.isoformat(), "format": "csv"}).content.decode("utf-8-sig")
    assert [row["reference"] for row in csv.DictReader(StringIO(file))] == ["'=1", "2", "3"]
    assert "Enter a valid date" in desk.get(address, {"day": "x"}).text
    # Held and then applied, it is the payment, once.
    cycle.refresh_from_db()
    cycle.requirement_met_on = yesterday
    cycle.save()
    invoices.keep_openings(cycle=cycle)
    holding.apply_waiting(at=noon(TODAY))
    assert UnappliedMoney.objects.get().resolution == "applied"
    assert [each.became for each in till.of(yesterday)] == ["Paid", "Reversed: Bounced.", "Paid"]


def test_who_may_not_view_unapplied_money_has_no_till_list() -> None:
    assert client_of(make_clerk("view_payment")).get(page(Payment, "till")).status_code == 403
    assert client_of(make_clerk("view_payment", "view_unappliedmoney")).get(page(Payment, "till")).status_code == 200
