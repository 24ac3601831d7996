"""All stored data of a cycle: credits with entries and history, and invoices with payments.

The data is read for many cycles at once. The number of queries does not depend on the number of
cycles, so that a run over all cycles keeps no more than one batch in memory.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import NamedTuple

from django.db.models import Case, Exists, OuterRef, Value, When

from ccp.counting.replay import CameIn, Version
from ccp.models import ActivityType, Credit
from certifications.models import Cycle, Payment, RenewalInvoice
from certifications.payments.models import Dispute, Refund

_refunds = Refund.objects.filter(payment=OuterRef("pk"), status__in=("pending", "succeeded"))
_lost = Dispute.objects.filter(payment=OuterRef("pk"), status="lost")
BECAME = Case(
    When(Exists(_refunds), then=Value("refunded")),
    When(Exists(_lost), then=Value("lost in a dispute")),
    default=Value(""),
)


class CountedEntry(NamedTuple):
    """The columns of an entry that decide what it counts for."""

    pk: int
    activity_type: ActivityType
    points: Decimal | None
    starts_on: date
    ends_on: date
    recorded_at: datetime
    recorded_in_amtrax_on: date | None
    withdrawn_at: datetime | None

    @property
    def is_standing(self) -> bool:
        return self.withdrawn_at is None


class StoredCredit(NamedTuple):
    pk: int
    points: Decimal
    cut: str
    activity: CountedEntry


class StoredPayment(NamedTuple):
    pk: int
    amount: int
    method: str
    charge_id: str | None
    reversed_at: datetime | None
    checked_out: int | None
    """The invoice of the checkout by which it was paid online."""
    became: str
    """What took the money away from AMT, such as ``refunded``; empty if nothing did."""


class StoredInvoice(NamedTuple):
    pk: int
    year: int
    due_on: date
    amount: int
    status: str
    opens_on: date | None
    before_portal: date | None
    payments: list[StoredPayment]

    @property
    def standing_payments(self) -> list[StoredPayment]:
        return [payment for payment in self.payments if payment.reversed_at is None]


@dataclass
class CycleRecord:
    """A cycle with all its stored data."""

    cycle: Cycle
    credits: list[StoredCredit] = field(default_factory=list)
    versions: list[Version] = field(default_factory=list)
    invoices: list[StoredInvoice] = field(default_factory=list)

    @property
    def came_in(self) -> dict[int, CameIn]:
        """Return the entries of AMTrax whose file says since when they count, by credit."""
        return {
            credit.pk: CameIn(credit.activity.recorded_at, credit.activity.recorded_in_amtrax_on)
            for credit in self.credits
            if credit.activity.recorded_in_amtrax_on
        }


def read_cycles(keys: Sequence[int]) -> list[CycleRecord]:
    """Return these cycles with all their stored data, in seven queries.

    A cycle whose certification is gone is left out. The rows of the others are read as bare values:
    an instance of a model costs several times as much as its row, and there are millions.
    """
    activity_types = ActivityType.objects.select_related("category").in_bulk()
    cycles = Cycle.objects.filter(pk__in=keys).select_related("certification").order_by("pk")
    batch = {cycle.pk: CycleRecord(cycle) for cycle in cycles}
    credits = Credit.objects.filter(cycle__in=batch).order_by("pk")
    for cycle, pk, points, cut, entry, activity_type, *values in credits.values_list(
        "cycle", "pk", "points", "cut", *(f"activity__{name}" for name in CountedEntry._fields)
    ):
        activity = CountedEntry(entry, activity_types[activity_type], *values)
        batch[cycle].credits.append(StoredCredit(pk, points, cut, activity))
    versions = Credit.history.filter(cycle_id__in=batch).order_by("history_id")
    for cycle, *version in versions.values_list("cycle_id", "id", "points", "cut", "history_date"):
        batch[cycle].versions.append(Version(*version))
    invoices: dict[int, StoredInvoice] = {}
    of_cycles = RenewalInvoice.objects.filter(cycle__in=batch).order_by("pk")
    for cycle, pk, *stored in of_cycles.values_list("cycle", "pk", *StoredInvoice._fields[1:-1]):
        invoices[pk] = invoice = StoredInvoice._make([pk, *stored, []])
        batch[cycle].invoices.append(invoice)
    payments = Payment.objects.filter(invoice__cycle__in=batch).annotate(became=BECAME).order_by("pk")
    for paid, *payment in payments.values_list("invoice", *StoredPayment._fields[:-2], "checkout__invoice", "became"):
        if paid in invoices:  # an invoice may be issued, and paid, between the two queries
            invoices[paid].payments.append(StoredPayment(*payment))
    return list(batch.values())
