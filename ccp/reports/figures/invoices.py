"""Invoices by state: what was asked for in the year, and what became of it."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from dateutil.relativedelta import relativedelta
from django.db.models import Case, CharField, Count, F, Q, Sum, Value, When
from django.db.models.functions import TruncMonth

from amtportal.formatting import dollars
from ccp.reports.figures.base import Figure, Head, Money, Report, Row, Table, rows_of
from ccp.reports.figures.chart import bars
from certifications.models import RenewalInvoice

BEFORE, AFTER = 12, 5
"""So many months before that of the day, and after it."""
PAID, BEFORE_PORTAL, OPEN, UPCOMING, LOCKED, HELD, VOID = (
    "paid", "before-portal", "open", "upcoming", "locked", "held", "void",
)  # fmt: skip
STATES = (PAID, OPEN, UPCOMING, LOCKED, HELD, BEFORE_PORTAL, VOID)


def query(on: date, database: str) -> Iterable[Sequence[Any]]:
    """Count every invoice, and sum its amount, by the month in which it is due and its state on that day.

    Whether the certification or the closed cycle holds an unpaid one is the rule of
    ``invoices.held_by``.
    """
    status, unpaid = RenewalInvoice.Status, Q(status=RenewalInvoice.Status.ISSUED)
    in_force = Q(cycle__certification__status__in=["active", "reinstated"])
    closed = Q(cycle__closed_on__isnull=False) & (Q(opens_on=None) | Q(cycle__outcome="non-compliant"))
    state = Case(
        When(status=status.PAID, before_portal__isnull=False, then=Value(BEFORE_PORTAL)),
        When(status=status.PAID, then=Value(PAID)),
        When(status=status.VOID, then=Value(VOID)),
        When(unpaid & (~in_force | closed), then=Value(HELD)),
        When(opens_on=None, then=Value(LOCKED)),
        When(opens_on__gt=on, then=Value(UPCOMING)),
        default=Value(OPEN),
        output_field=CharField(),
    )
    invoices = RenewalInvoice.objects.using(database).order_by()
    return (
        invoices.annotate(month=TruncMonth("due_on"), state=state)
        .values_list("month", "state", F("cycle__certification__credential__code"))
        .annotate(invoices=Count("pk"), cents=Sum("amount"))
    )


def credentials(rows: Sequence[Row]) -> Sequence[str]:
    return sorted({row[2] for row in rows})


def tables(rows: Sequence[Row], on: date, credential: str) -> Sequence[Table]:
    numbers, cents = Counter[tuple[str, str]](), Counter[tuple[str, str]]()
    for month, state, code, number, amount in rows:
        if credential in ("", code):
            numbers[month, state] += number
            cents[month, state] += amount
    heads = [
        Head("Due", "Invoices that fall due in the month, without void ones."),
        Head("Paid", "A payment is on record, and was not reversed."),
        Head("Open", "They can be paid today, overdue ones included."),
        Head("Upcoming", "They open on a known day."),
        Head("Locked", "They wait until the points are on record."),
        Head("Held", "The certification is not in force, or the cycle was closed: nobody is asked to pay."),
        Head("Before the portal", "Paid before the portal, as the roster says."),
        Head("Void", "Taken back, with a reason."),
        Head("Amount due", "What the invoices of “Due” ask for."),
        Head("Amount paid", "What those of “Paid” asked for."),
    ]
    lines, drawn = [], []
    for ahead in range(AFTER, -BEFORE - 1, -1):
        first = on.replace(day=1) + relativedelta(months=ahead)
        month = first.isoformat()
        label = f"{first:%b} {first.year}"
        standing = [state for state in STATES if state != VOID]
        asked = {"due_on__gte": first, "due_on__lt": first + relativedelta(months=1)}
        whole = not credential
        figures = [
            Figure(sum(numbers[month, state] for state in standing)),
            *(Figure(numbers[month, state], _listed(state, asked) if whole else "") for state in STATES),
            Figure(Money(sum(cents[month, state] for state in standing))),
            Figure(Money(cents[month, PAID])),
        ]
        lines.append((label, figures))
        drawn.append((label, [numbers[month, state] for state in standing]))
    parts = ["paid", "open", "upcoming", "locked", "held", "before the portal"]
    still = sum(of_state for (_, state), of_state in cents.items() if state == OPEN)
    note = f"Open of any month: {dollars(still)}. The list Overdue has what is past its last day."
    title = "Invoices by the month in which they are due, and their state today"
    return [Table(title, "Due in", heads, lines, bars(drawn, parts), note)]


def _listed(state: str, asked: dict[str, Any]) -> str:
    """Return the list of the invoices in this state, if the admin has one that is exactly these."""
    listed = "certifications_renewalinvoice"
    if state == VOID:
        return rows_of(listed, **asked, status__exact="void")
    if state == PAID:
        return rows_of(listed, **asked, status__exact="paid", before_portal__isnull="True")
    return rows_of(listed, **asked, **{"before-portal": "paid"}) if state == BEFORE_PORTAL else ""


INVOICES = Report(
    name="invoices",
    title="Invoices by state",
    question="What was asked for, and what became of it?",
    query=query,
    tables=tables,
    credentials=credentials,
)
