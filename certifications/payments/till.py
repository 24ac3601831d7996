"""The till list: what AMT received on a day that did not come online, by method and by who recorded it.

It has the payments of the day and the money that is held or was sent back, each sum once: money that
was held and then applied is the payment that it became. Reversed payments are listed and do not count.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from certifications.models import Payment
from certifications.models.invoices import ONLINE
from certifications.payments.models import UnappliedMoney


@dataclass(frozen=True)
class TillLine:
    """A sum that arrived; ``amount`` is in US cents. ``became`` says where the money is now."""

    amount: int
    method: str
    reference: str
    invoice: str
    member: str
    recorded_by: str
    became: str
    counts: bool = True


@dataclass(frozen=True)
class Total:
    """How many sums one person, or one file, recorded by one method, and what they make."""

    method: str
    recorded_by: str
    number: int
    amount: int


def totals(lines: Sequence[TillLine]) -> list[Total]:
    """Return the totals of the lines that count, by method and by who recorded them."""
    found: dict[tuple[str, str], list[int]] = defaultdict(list)
    for line in lines:
        if line.counts:
            found[line.method, line.recorded_by].append(line.amount)
    return [Total(*key, len(amounts), sum(amounts)) for key, amounts in sorted(found.items())]


def of(day: date) -> list[TillLine]:
    """Return what arrived on that day, in the order in which it was recorded; two queries."""
    member = "invoice__cycle__certification__member"
    payments = Payment.objects.filter(received_on=day).exclude(method__in=[method.value for method in ONLINE])
    money = UnappliedMoney.objects.filter(received_on=day).exclude(resolution=UnappliedMoney.Resolution.APPLIED)
    lines = [
        (
            payment.recorded_at,
            TillLine(
                payment.amount,
                str(payment.get_method_display()),
                payment.reference,
                payment.invoice.number,
                str(payment.invoice.cycle.certification.member),
                _who(payment),
                f"Reversed: {payment.reversal_reason}" if payment.reversed_at else "Paid",
                counts=payment.reversed_at is None,
            ),
        )
        for payment in payments.select_related(member, "recorded_by").order_by("recorded_at", "pk")
    ]
    for held in money.select_related(member, "recorded_by").order_by("received_at", "pk"):
        became = {"": "Held", "refunded": "Sent back", "explained": "Explained"}[held.resolution]
        invoice = held.invoice
        line = TillLine(
            held.amount,
            held.method_label,
            held.reference,
            invoice.number if invoice else "",
            str(invoice.cycle.certification.member) if invoice else "",
            _who(held),
            became,
        )
        lines.append((held.received_at, line))
    return [line for _, line in sorted(lines, key=lambda each: each[0])]


def _who(received: Payment | UnappliedMoney) -> str:
    if received.recorded_by:
        return received.recorded_by.email
    return received.file_name
