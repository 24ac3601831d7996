"""Points by category: what the points that count were earned with."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Count, F, Sum
from django.db.models.functions import ExtractYear

from amtportal.formatting import format_points
from ccp.models import Credit
from ccp.reports.figures.base import Figure, Head, Percent, Report, Row, Table, rows_of
from ccp.reports.figures.chart import bars

YEARS = 5
ZERO = Decimal(0)


def query(on: date, database: str) -> Iterable[Sequence[Any]]:
    """Sum the points that count by credential, category, and the year in which the activity began."""
    credits = Credit.objects.using(database).filter(points__gt=0).order_by()
    category = "activity__activity_type__category"
    return (
        credits.annotate(year=ExtractYear("activity__starts_on"))
        .values_list(
            F("cycle__certification__credential__code"), category, F(f"{category}__name"), F(f"{category}__order"),
            "year",
        )
        .annotate(total=Sum("points"), credits=Count("pk"))
    )  # fmt: skip


def credentials(rows: Sequence[Row]) -> Sequence[str]:
    return sorted({row[0] for row in rows})


def tables(rows: Sequence[Row], on: date, credential: str) -> Sequence[Table]:
    points: dict[tuple[int, int], Decimal] = defaultdict(Decimal)
    credits: dict[int, int] = defaultdict(int)
    names: dict[tuple[int, str], int] = {}
    for code, key, name, order, year, total, number in rows:
        names[order, name] = key
        if credential in ("", code):
            points[key, year] += Decimal(str(total))
            credits[key] += number
    years = [on.year - back for back in range(YEARS)]
    whole = sum(points.values(), ZERO)
    heads = [
        Head("Points", "Points that count, in all years: of each entry what is left of its claim after the caps. An "
             "entry that counts for two certifications counts in both."),
        Head("Percent", "Of the points of all categories."),
        Head("Credits", "How often an entry counts in a cycle with more than 0 points."),
        *(Head(str(year), f"Points of activities that began in {year}. The link leads to all entries of the category "
               "and year, also those that count 0.") for year in years),
    ]  # fmt: skip
    lines, drawn = [], []
    for (_order, name), key in sorted(names.items()):
        total = sum((sum_ for (of_key, _), sum_ in points.items() if of_key == key), ZERO)
        figures = [
            Figure(total, rows_of("ccp_activity", activity_type__category__id__exact=key)),
            Figure(Percent(round(4 * total), round(4 * whole))),
            Figure(credits[key]),
        ]
        for year in years:
            began = {"starts_on__gte": date(year, 1, 1), "starts_on__lt": date(year + 1, 1, 1)}
            address = rows_of("ccp_activity", activity_type__category__id__exact=key, **began)
            figures.append(Figure(points[key, year], address))
        lines.append((name, figures))
        drawn.append((name, [round(points[key, year]) for year in reversed(years)]))
    note = f"All categories together: {format_points(whole)} points." if whole else ""
    chart = bars(drawn, [str(year) for year in reversed(years)])
    return [Table("Points that count, by category", "Category", heads, lines, chart, note)]


POINTS = Report(
    name="points",
    title="Points by category",
    question="What do members earn their points with?",
    query=query,
    tables=tables,
    credentials=credentials,
)
