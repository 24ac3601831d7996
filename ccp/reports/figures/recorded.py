"""Recorded by month: how many entries came into the portal, and from whom."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any

from dateutil.relativedelta import relativedelta
from django.db.models import Case, CharField, Count, F, Max, Min, Value, When
from django.db.models.functions import TruncMonth

from amtportal.dates import CHICAGO
from ccp.models import Activity
from ccp.models.activities import ActivitySource
from ccp.reports.figures.base import Figure, Head, Report, Row, Table, rows_of
from ccp.reports.figures.chart import bars

MONTHS = 24
WITHDRAWN, VOID = "withdrawn", "void"
MEMBER, AMT, AMTRAX = ActivitySource.MEMBER.value, ActivitySource.AMT.value, ActivitySource.AMTRAX.value
KINDS = (MEMBER, AMT, AMTRAX, WITHDRAWN, VOID)


def query(on: date, database: str) -> Iterable[Sequence[Any]]:
    """Count every entry by the month in which it was recorded and its source, or that it does not stand.

    The keys are given out in the order of recording: with the first and the last one of a month, its
    list needs no index of its own.
    """
    kind = Case(
        When(void_reason__gt="", then=Value(VOID)),
        When(withdrawn_at__isnull=False, then=Value(WITHDRAWN)),
        default=F("source"),
        output_field=CharField(),
    )
    entries = Activity.objects.using(database).order_by()
    return (
        entries.annotate(month=TruncMonth("recorded_at", tzinfo=CHICAGO), kind=kind)
        .values_list("month", "kind")
        .annotate(number=Count("pk"), first=Min("pk"), last=Max("pk"))
    )


def tables(rows: Sequence[Row], on: date, credential: str) -> Sequence[Table]:
    numbers: dict[tuple[str, str], int] = {}
    keys: dict[str, tuple[int, int]] = {}
    for month, kind, number, first, last in rows:
        numbers[month, kind] = number
        before = keys.get(month, (first, last))
        keys[month] = min(before[0], first), max(before[1], last)
    heads = [
        Head("Recorded", "Entries that came into the portal in the month (Chicago), whatever became of them since. The "
             "link leads to them."),
        Head("By members", "Recorded by the member on the page, and standing."),
        Head("From AMT", "Credited by AMT, and standing."),
        Head("From AMTrax", "Brought from AMTrax by a file, and standing: in the month of the file."),
        Head("Withdrawn", "Recorded in this month, and withdrawn by the member at any time since."),
        Head("Voided", "Recorded in this month, and voided by AMT at any time since."),
    ]  # fmt: skip
    lines, drawn = [], []
    for back in range(MONTHS):
        first = on.replace(day=1) - relativedelta(months=back)
        month = first.isoformat()
        parts = [numbers.get((month, kind), 0) for kind in KINDS]
        label = f"{first:%b} {first.year}"
        lines.append((label, [Figure(sum(parts), _entries(first, keys.get(month))), *map(Figure, parts)]))
        drawn.append((label, parts))
    chart = bars(drawn[:12], ["by members", "from AMT", "from AMTrax", "withdrawn", "voided"])
    note = "The chart has the last 12 months."
    return [Table("Entries recorded, by month", "Month", heads, lines, chart, note)]


def _entries(first: date, keys: tuple[int, int] | None) -> str:
    if keys is None:
        return ""
    since, until = (
        datetime(day.year, day.month, day.day, tzinfo=CHICAGO) for day in (first, first + relativedelta(months=1))
    )
    return rows_of(
        "ccp_activity", id__gte=keys[0], id__lte=keys[1], recorded_at__gte=since.isoformat(),
        recorded_at__lt=until.isoformat(),
    )  # fmt: skip


RECORDED = Report(
    name="recorded",
    title="Recorded by month",
    question="How much do members record, and when?",
    query=query,
    tables=tables,
)
