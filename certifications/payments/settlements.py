"""Reconciliation: the provider's book of a day against the portal's records.

Each line of the book that moves a payer's money has exactly one record, of the same amount:

| line | record |
| --- | --- |
| charge | a payment, or unapplied money |
| refund | a refund |
| refund that failed | a refund that failed |
| dispute | a dispute |
| dispute that AMT won | a dispute that was won |

And the other way round: each payment that was taken online on that day, each unapplied money, refund
and dispute has its line. Payouts to AMT's bank and the provider's own fees have no record. Whatever
does not match is a difference, and has a sentence that names it.

The lines are stored. To reconcile a day again brings them up to date: a line is paid out some days
after it was written.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Case, F, Max, Min, OuterRef, Q, QuerySet, Subquery, Sum, When
from django.db.models.functions import Coalesce
from simple_history.utils import bulk_create_with_history, bulk_update_with_history

from amtportal.dates import CHICAGO, day_of
from amtportal.history.lines import sign
from certifications.models import Payment
from certifications.payments import disputes, provider, refunds
from certifications.payments.amounts import money
from certifications.payments.models import Checkout, Dispute, Refund, Settlement, SettlementLine, UnappliedMoney

TAKEN = ("charge",)
RETURNED = ("refund", "refund_failure", "dispute", "dispute_reversal")
PAID_OUT = ("payout", "payout_reversal")
FEES = ("fee", "network_cost")
OURS = (*PAID_OUT, *FEES)
"""Lines that are between AMT and the provider, or AMT's bank."""
LOOKED_BACK = timedelta(days=35)
"""A day that is not settled after this time is looked at by a person, not again by every run."""


KEPT = Case(When(kind__in=FEES, then=F("fee") - F("amount")), default=F("fee"))
"""What the provider keeps by a line: its fee or, if the line is itself a bill of the provider, all of it."""


@dataclass(frozen=True, slots=True)
class Record:
    """A record of the portal that has a line in the provider's book."""

    name: str
    what: str
    amount: int  # as the line has it: what goes away is negative
    currency: str


@dataclass
class Records:
    """The records of the portal by the kind of their line and the provider's name of the object."""

    of_line: dict[tuple[str, str], list[Record]] = field(default_factory=dict)

    def add(self, kind: str, record: Record) -> None:
        self.of_line.setdefault((kind, record.name), []).append(record)

    def find(self, kind: str, name: str) -> list[Record]:
        return self.of_line.get((kind, name), [])


@dataclass(frozen=True)
class Comparison:
    """What a day came to. ``differences`` are sentences, none if all is right; staff may have explained them."""

    day: date
    lines: list[provider.BalanceTransaction]
    differences: list[str]
    is_explained: bool = False

    def __str__(self) -> str:
        def told(number: int, one: str) -> str:
            return f"{number:,} {one}{'' if number == 1 else 's'}"

        kinds = Counter(line.kind for line in self.lines)
        counted = [told(kinds["charge"], "payment"), told(kinds["refund"], "refund"), told(kinds["dispute"], "dispute")]
        explained = ", explained" if self.is_explained else ""
        return f"{self.day}: {', '.join([*counted, told(len(self.differences), 'difference')])}{explained}"


def compare(lines: Iterable[provider.BalanceTransaction], records: Records) -> list[str]:
    """Return a sentence for each line of the book without its one record of the same amount."""
    differences = []
    for line in lines:
        named = f"{line.id}: {line.kind.replace('_', ' ')} {line.source_id} of {money(line.amount, line.currency)}"
        if line.kind in OURS:
            continue
        if line.kind not in TAKEN + RETURNED:
            differences.append(f"{named} is of a kind that the portal does not know.")
            continue
        found = records.find(line.kind, line.source_id)
        if not found:
            differences.append(f"{named} has no {_WANTED[line.kind]} in the portal.")
        elif len(found) > 1:
            differences.append(f"{named} has {len(found)} records: {', '.join(record.what for record in found)}.")
        elif (found[0].amount, found[0].currency) != (line.amount, line.currency):
            has = money(found[0].amount, found[0].currency)
            differences.append(f"{named} is {has} in the portal ({found[0].what}).")
    return differences


def reconcile(day: date, *, at: datetime) -> Comparison:
    """Compare one day, store its lines and its differences, and return what it came to.

    Refunds and disputes that nobody has told the portal about are fetched first. To repeat it changes nothing
    but what has changed. Raises ``ProviderAway`` and ``ProviderRefused``, and then stores nothing.
    """
    lines = list(provider.balance_transactions(day))
    _fetch_refunds(lines, at)
    _fetch_disputes(lines, at)
    differences = compare(lines, _records_of(lines))
    differences += _without_line(day, lines)
    settlement = _store(day, lines, differences, at)
    return Comparison(day, lines, differences, is_explained=bool(settlement.explanation))


def days_to_reconcile(at: datetime) -> list[date]:
    """Return the days that a daily run compares, the earliest first.

    They are yesterday, each day since the first checkout that was never compared, and each day that
    has differences that nobody has explained or is not paid out yet.
    """
    yesterday = day_of(at) - timedelta(days=1)
    recent = Settlement.objects.filter(day__gte=yesterday - LOOKED_BACK, day__lt=yesterday)
    unpaid = recent.filter(lines__payout_id="")
    unsettled = [*recent.differing().values_list("day", flat=True), *unpaid.values_list("day", flat=True)]
    first = Checkout.objects.order_by("opened_at").values_list("opened_at", flat=True).first()
    since = day_of(first) if first else yesterday
    days = {since + timedelta(days=n) for n in range((yesterday - since).days)}
    missed = days - set(Settlement.objects.values_list("day", flat=True))
    return sorted({yesterday, *unsettled, *missed})


def with_totals(queryset: QuerySet[Settlement]) -> QuerySet[Settlement]:
    """Add what each day came to in US cents: ``gross``, ``returned``, ``fees`` and ``net``.

    Gross is what members paid; what went back to them is negative. Payouts are not part of it.
    ``first_payout`` and ``last_payout`` carry something of the day; ``deposited_on`` is the day of
    the last deposit.
    """
    moved = (
        SettlementLine.objects.filter(settlement=OuterRef("pk"))
        .exclude(kind__in=PAID_OUT)
        .order_by()
        .values("settlement")
    )

    def total(column: Any, lines: QuerySet[SettlementLine, Any]) -> Coalesce:
        return Coalesce(Subquery(lines.annotate(total=Sum(column)).values("total")), 0)

    carried = moved.exclude(payout_id="")
    return queryset.annotate(
        gross=total("amount", moved.filter(kind__in=TAKEN)),
        returned=total("amount", moved.filter(kind__in=RETURNED)),
        fees=total(KEPT, moved),
        net=total("net", moved),
        first_payout=Subquery(carried.annotate(name=Min("payout_id")).values("name")),
        last_payout=Subquery(carried.annotate(name=Max("payout_id")).values("name")),
        deposited_on=Subquery(carried.annotate(day=Max("deposited_on")).values("day")),
    )


def payouts_of(days: Iterable[Settlement]) -> dict[tuple[int, str], dict[str, Any]]:
    """Return what each payout carries of each day: by settlement and payout, the sums as in ``with_totals``.

    What is not paid out yet is under an empty name.
    """
    rows = (
        SettlementLine.objects.filter(settlement__in=list(days))
        .exclude(kind__in=PAID_OUT)
        .order_by("-settlement__day", "deposited_on", "payout_id")
        .values("settlement_id", "settlement__day", "payout_id", "deposited_on")
        .annotate(
            gross=Coalesce(Sum("amount", filter=Q(kind__in=TAKEN)), 0),
            returned=Coalesce(Sum("amount", filter=Q(kind__in=RETURNED)), 0),
            fees=Sum(KEPT),
            net=Sum("net"),
        )
    )
    return {(row["settlement_id"], row["payout_id"]): row for row in rows}


# What a line lacks that has no record.
_WANTED = {
    "charge": "payment and no unapplied money",
    "refund": "refund",
    "refund_failure": "refund that failed",
    "dispute": "dispute",
    "dispute_reversal": "dispute that was won",
}


def _fetch_refunds(lines: list[provider.BalanceTransaction], at: datetime) -> None:
    """Learn of the refunds in the book that were given at the provider itself, or whose answer was lost."""
    named = {line.source_id for line in lines if line.kind == "refund"}
    known = set(Refund.objects.filter(refund_id__in=named).values_list("refund_id", flat=True))
    for refund_id in sorted(named - known):
        refunds.apply_state(provider.refund_state(refund_id), at=at)


def _fetch_disputes(lines: list[provider.BalanceTransaction], at: datetime) -> None:
    """Learn of the disputes in the book as they are now, whether or not a message told of them."""
    named = {line.source_id for line in lines if line.kind in ("dispute", "dispute_reversal")}
    known = set(
        Dispute.objects.filter(dispute_id__in=named, closed_at__isnull=False).values_list("dispute_id", flat=True)
    )
    for dispute_id in sorted(named - known):
        disputes.apply_state(provider.dispute_state(dispute_id), at=at)


def _records_of(lines: list[provider.BalanceTransaction]) -> Records:
    """Return the records of the portal that belong to the lines, whatever their day."""
    records = Records()
    named = {line.source_id for line in lines}
    for payment in Payment.objects.filter(charge_id__in=named).select_related("invoice"):
        what = f"payment of {payment.invoice.number}"
        records.add("charge", Record(payment.charge_id or "", what, payment.amount, "usd"))
    # Money that was applied to an invoice is that payment now.
    kept = UnappliedMoney.objects.filter(charge_id__in=named).exclude(resolution=UnappliedMoney.Resolution.APPLIED)
    for unapplied in kept:
        assert unapplied.charge_id  # it is among the named
        records.add("charge", Record(unapplied.charge_id, "unapplied money", unapplied.amount, unapplied.currency))
    for refund in Refund.objects.filter(refund_id__in=named):
        records.add("refund", Record(refund.refund_id, "refund", -refund.amount, refund.currency))
        if refund.status == Refund.Status.FAILED:
            records.add("refund_failure", Record(refund.refund_id, "refund", refund.amount, refund.currency))
    for dispute in Dispute.objects.filter(dispute_id__in=named):
        records.add("dispute", Record(dispute.dispute_id, "dispute", -dispute.amount, dispute.currency))
        if dispute.status == "won":
            records.add("dispute_reversal", Record(dispute.dispute_id, "dispute", dispute.amount, dispute.currency))
    return records


def _without_line(day: date, lines: list[provider.BalanceTransaction]) -> list[str]:
    """Return a sentence for each record of that day which the provider's book does not have.

    The clocks of both differ, so a record of midnight may be in the book of the day before or after.
    """
    begin = datetime.combine(day, time.min, CHICAGO)
    during = (begin, datetime.combine(day + timedelta(days=1), time.min, CHICAGO))
    expected: dict[str, str] = {}

    def expect(name: str, what: str, amount: int, currency: str) -> None:
        expected[name] = f"{what} {name} of {money(amount, currency)} is not in the provider’s book."

    for payment in Payment.objects.filter(charge_id__isnull=False, received_on=day).select_related("invoice"):
        expect(payment.charge_id or "", f"{payment.invoice.number}: payment", payment.amount, "usd")
    online = UnappliedMoney.objects.filter(charge_id__isnull=False)
    for unapplied in online.filter(received_at__gte=during[0], received_at__lt=during[1]):
        assert unapplied.charge_id
        expect(unapplied.charge_id, "unapplied money", unapplied.amount, unapplied.currency)
    asked = Refund.objects.filter(requested_at__gte=during[0], requested_at__lt=during[1])
    for refund in asked.exclude(refund_id=""):
        expect(refund.refund_id, "refund", refund.amount, refund.currency)
    took_money = Dispute.objects.filter(opened_at__gte=during[0], opened_at__lt=during[1])
    for dispute in took_money.exclude(status__startswith="warning").exclude(status="prevented"):
        expect(dispute.dispute_id, "dispute", dispute.amount, dispute.currency)

    missing = expected.keys() - {line.source_id for line in lines}
    missing -= set(SettlementLine.objects.filter(source_id__in=missing).values_list("source_id", flat=True))
    for beside in (day - timedelta(days=1), day + timedelta(days=1)):
        if missing:
            missing -= {line.source_id for line in provider.balance_transactions(beside)}
    return [expected[name] for name in expected if name in missing]


@transaction.atomic
def _store(day: date, lines: list[provider.BalanceTransaction], differences: list[str], at: datetime) -> Settlement:
    """Store what the day came to, and return it. The explanation of other differences is none of these."""
    settlement = Settlement.objects.select_for_update().filter(day=day).first() or Settlement(day=day)
    told = "\n".join(differences)
    settlement.reconciled_at = at
    if settlement.pk and settlement.differences == told:
        settlement.save(update_fields=["reconciled_at"])
    else:
        settlement.differences = told
        settlement.explanation, settlement.explained_at, settlement.explained_by = "", None, None
        sign(settlement, by=None, at=at)
        settlement.save()

    stored = {line.transaction_id: line for line in settlement.lines.all()}
    new, paid_out = [], []
    for line in lines:
        known = stored.get(line.id)
        if known is None:
            new.append(_line(settlement, line))
        elif known.payout_id != line.payout_id or known.deposited_on != line.deposited_on:
            known.payout_id, known.deposited_on = line.payout_id, line.deposited_on
            paid_out.append(known)
    occasion: dict[str, Any] = {"default_user": None, "default_date": at, "batch_size": 200}
    if new:
        bulk_create_with_history(new, SettlementLine, **occasion)
    if paid_out:
        bulk_update_with_history(paid_out, SettlementLine, ["payout_id", "deposited_on"], **occasion)
    return settlement


def _line(settlement: Settlement, line: provider.BalanceTransaction) -> SettlementLine:
    return SettlementLine(
        settlement=settlement,
        transaction_id=line.id,
        kind=line.kind,
        source_id=line.source_id,
        amount=line.amount,
        fee=line.fee,
        net=line.net,
        currency=line.currency,
        created_at=line.created_at,
        available_on=line.available_on,
        payout_id=line.payout_id,
        deposited_on=line.deposited_on,
    )
