"""Cohorts: of those who were certified in a year, how many kept their certification at the end of each cycle."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from django.db.models import Count, F
from django.db.models.functions import ExtractYear

from ccp.reports.figures.base import Figure, Head, Percent, Report, Row, Table, rows_of
from ccp.reports.figures.chart import bars
from certifications.models import Cycle

YEARS = 15
CYCLES = 5
COMPLIANT, NON_COMPLIANT = Cycle.Outcome.COMPLIANT.value, Cycle.Outcome.NON_COMPLIANT.value


def query(on: date, database: str) -> Iterable[Sequence[Any]]:
    """Count every cycle by credential, year of the award, number, and outcome (empty while it is open)."""
    cycles = Cycle.objects.using(database).order_by()
    return (
        cycles.annotate(awarded_in=ExtractYear("certification__awarded_on"))
        .values_list(F("certification__credential__code"), "awarded_in", "number", "outcome")
        .annotate(cycles=Count("pk"))
    )


def credentials(rows: Sequence[Row]) -> Sequence[str]:
    return sorted({row[0] for row in rows})


def tables(rows: Sequence[Row], on: date, credential: str) -> Sequence[Table]:
    counted = Counter[tuple[int, int, str]]()
    for code, awarded_in, number, outcome, cycles in rows:
        if credential in ("", code):
            counted[awarded_in, number, outcome] += cycles
    years = sorted({year for year, _, _ in counted}, reverse=True)[:YEARS]
    shown = [number for number in range(1, CYCLES + 1) if any(n == number for _, n, _ in counted)]
    heads = [Head("Cycles", "Cycles of the cohort that the portal has, of any number, open or closed.")]
    for number in shown:
        rule = f"Of the cohort’s cycles {number} that are closed in the portal."
        heads += [
            Head(f"Cycle {number}: closed", rule),
            Head(f"Cycle {number}: renewed", "Those that were closed as compliant: the certification went on."),
            Head(f"Cycle {number}: percent", "Renewed of closed."),
        ]
    lines, drawn = [], []
    for year in years:
        cycles = sum(number for (of_year, _, _), number in counted.items() if of_year == year)
        awarded = {"awarded_on__gte": date(year, 1, 1), "awarded_on__lt": date(year + 1, 1, 1)}
        figures = [Figure(cycles, "" if credential else rows_of("certifications_certification", **awarded))]
        for number in shown:
            renewed = counted[year, number, COMPLIANT]
            closed = renewed + counted[year, number, NON_COMPLIANT]
            figures += [Figure(closed), Figure(renewed), Figure(Percent(renewed, closed))]
        lines.append((str(year), figures))
        drawn.append((str(year), _ends(counted, year)))
    note = (
        "A member who came into the portal later has only the cycles since then: the first cycles of an early cohort "
        "are not here. The link leads to the certifications of the cohort."
    )
    chart = bars(drawn, ["renewed", "not renewed"])
    return [Table("Renewed at the end of each cycle, by year of the award", "Awarded in", heads, lines, chart, note)]


def _ends(counted: Counter[tuple[int, int, str]], year: int) -> list[int]:
    """Return how many cycles of the cohort were closed as compliant, and how many were not."""
    closed = Counter[str]()
    for (of_year, _, outcome), number in counted.items():
        if of_year == year:
            closed[outcome] += number
    return [closed[COMPLIANT], closed[NON_COMPLIANT]]


COHORTS = Report(
    name="cohorts",
    title="Cohorts",
    question="How many of those certified in a year renew at the end of each cycle?",
    query=query,
    tables=tables,
    credentials=credentials,
)
