"""The mails about payments with made-up data, for staff to look at."""

from datetime import date, datetime

from amtportal.dates import CHICAGO
from amtportal.members.mail.layout import Content
from amtportal.members.mail.samples import Sample
from amtportal.members.models import Member
from certifications.models import Certification, Credential, Cycle, Payment, RenewalInvoice
from certifications.payments import receipts
from certifications.payments.amounts import money
from certifications.payments.models import Checkout

FEE = 5000


def _invoice() -> RenewalInvoice:
    certification = Certification(
        member=Member(first_name="Ada", last_name="Lane", amt_id="2100042"),
        credential=Credential(code="RMA", name="Registered Medical Assistant"),
        certificate_number="2100042",
        awarded_on=date(2023, 5, 1),
    )
    cycle = Cycle(certification=certification, number=1, starts_on=date(2023, 5, 1), ends_on=date(2026, 4, 30))
    return RenewalInvoice(pk=42, cycle=cycle, year=2, due_on=date(2025, 5, 1), amount=FEE)


def _receipt() -> Content:
    return receipts.receipt(
        Payment(
            invoice=_invoice(),
            amount=FEE,
            method=Payment.Method.CARD_ONLINE,
            last4="4242",
            received_on=date(2025, 3, 14),
            recorded_at=datetime(2025, 3, 14, 14, 5, tzinfo=CHICAGO),
        )
    )


def _failure() -> Content:
    return receipts.failure(Checkout(invoice=_invoice(), amount=FEE, currency="usd"))


def _returned() -> Content:
    return receipts.returned(_invoice(), amount=money(FEE, "usd"), is_unpaid=True)


SAMPLES = (
    Sample("receipt", "Receipt of a payment online", _receipt),
    Sample("payment-failed", "Bank debit not confirmed", _failure),
    Sample("refund", "Refund", _returned),
)
