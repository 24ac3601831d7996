"""Money by month: received, reversed, sent back, and what fits no invoice."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any, cast

from dateutil.relativedelta import relativedelta
from django.db.models import Case, CharField, Count, DateField, Sum, Value, When
from django.db.models.functions import Cast, TruncMonth

from amtportal.dates import CHICAGO
from ccp.reports.figures.base import Figure, Head, Money, Report, Row, Table, rows_of
from ccp.reports.figures.chart import bars
from certifications.models import Payment
from certifications.models.invoices import ONLINE
from certifications.payments.models import Refund, UnappliedMoney

MONTHS = 24
BY_HAND, BY_CARD, REVERSED, REFUNDED, UNAPPLIED, RESOLVED = (
    "by-hand", "online", "reversed", "refunded", "unapplied", "resolved",
)  # fmt: skip


def _month(column: str) -> Any:
    """Return the month of an instant in Chicago, as a day."""
    return Cast(TruncMonth(column, tzinfo=CHICAGO), DateField())


def query(on: date, database: str) -> Iterable[Sequence[Any]]:
    """Sum the money by month and what it is, in US dollars, of all three tables in one query."""
    online = [method.value for method in ONLINE]
    paid = Case(
        When(reversed_at__isnull=False, then=Value(REVERSED)),
        When(method__in=online, then=Value(BY_CARD)),
        default=Value(BY_HAND),
        output_field=CharField(),
    )
    left = Case(When(resolution="", then=Value(UNAPPLIED)), default=Value(RESOLVED), output_field=CharField())
    payments = Payment.objects.using(database).annotate(month=TruncMonth("received_on"), what=paid)
    refunds = Refund.objects.using(database).filter(currency="usd", status=Refund.Status.SUCCEEDED)
    refunds = refunds.annotate(month=_month("finished_at"), what=Value(REFUNDED, output_field=CharField()))
    unapplied = UnappliedMoney.objects.using(database).filter(currency="usd")
    unapplied = unapplied.annotate(month=_month("received_at"), what=left)
    grouped: list[Any] = [
        rows.order_by().values_list("month", "what").annotate(number=Count("pk"), cents=Sum("amount"))
        for rows in cast("Sequence[Any]", (payments, refunds, unapplied))
    ]
    return grouped[0].union(*grouped[1:], all=True)


def tables(rows: Sequence[Row], on: date, credential: str) -> Sequence[Table]:
    cents = {(month, what): amount for month, what, _number, amount in rows}
    heads = [
        Head("Received", "All payments by their day of receipt, also those that were reversed later. The link leads "
             "to them."),
        Head("By check or phone", "Payments that staff recorded or a file brought, and that stand."),
        Head("Online", "Payments by card or from a bank account on the provider’s page, and that stand."),
        Head("Reversed", "Payments received in this month that were reversed at any time since."),
        Head("Refunded", "Sent back to the payer in this month, whenever it was received."),
        Head("Unapplied", "Received online in this month, fits no invoice, and waits for staff. The link also leads "
             "to what was resolved."),
        Head("Unapplied, resolved", "The same, and staff applied, refunded or explained it since."),
    ]  # fmt: skip
    lines, drawn = [], []
    for back in range(MONTHS):
        first = on.replace(day=1) - relativedelta(months=back)
        month, after = first.isoformat(), first + relativedelta(months=1)
        of = {what: cents.get((month, what), 0) for what in (BY_HAND, BY_CARD, REVERSED, REFUNDED, UNAPPLIED, RESOLVED)}
        received = {"received_on__gte": first, "received_on__lt": after}
        start, end = (datetime(day.year, day.month, day.day, tzinfo=CHICAGO).isoformat() for day in (first, after))
        arrived = {"received_at__gte": start, "received_at__lt": end}
        label = f"{first:%b} {first.year}"
        figures = [
            Figure(Money(of[BY_HAND] + of[BY_CARD] + of[REVERSED]), rows_of("certifications_payment", **received)),
            Figure(Money(of[BY_HAND])),
            Figure(Money(of[BY_CARD])),
            Figure(Money(of[REVERSED]), rows_of("certifications_payment", **received, reversed_at__isnull="False")),
            Figure(
                Money(of[REFUNDED]),
                rows_of("payments_refund", status__exact="succeeded", finished_at__gte=start, finished_at__lt=end),
            ),
            Figure(Money(of[UNAPPLIED]), rows_of("payments_unappliedmoney", **arrived)),
            Figure(Money(of[RESOLVED])),
        ]
        lines.append((label, figures))
        drawn.append((label, [of[BY_HAND], of[BY_CARD], of[REVERSED]]))
    chart = bars(drawn[:12], ["by check or phone", "online", "reversed since"], money=True)
    note = "The chart has what was received in the last 12 months. Amounts in other currencies are not here."
    return [Table("Money, by month", "Month", heads, lines, chart, note)]


MONEY = Report(
    name="money",
    title="Money by month",
    question="What came in, what went back, and what fits no invoice?",
    query=query,
    tables=tables,
)
