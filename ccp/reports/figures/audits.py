"""Audits: what came of the draws, by year and credential, and of the audits for cause."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from django.db.models import Case, CharField, Count, F, Value, When
from django.urls import reverse

from ccp.audits.models import AuditCase, CaseOutcome, CaseState
from ccp.reports.figures.base import Figure, Head, Percent, Report, Row, Table
from ccp.reports.figures.chart import bars

OPEN = "open"
PASSED, FAILED, CALLED_OFF = (each.value for each in (CaseOutcome.PASSED, CaseOutcome.FAILED, CaseOutcome.CALLED_OFF))


def query(on: date, database: str) -> Iterable[Sequence[Any]]:
    """Count every case by credential, year of its draw (none: for cause), and what it came to."""
    result = Case(When(state=CaseState.CLOSED, then=F("outcome")), default=Value(OPEN), output_field=CharField())
    cases = AuditCase.objects.using(database).order_by()
    return (
        cases.annotate(result=result)
        .values_list(F("cycle__certification__credential__code"), F("draw_line__draw__year"), "result")
        .annotate(number=Count("pk"))
    )


def credentials(rows: Sequence[Row]) -> Sequence[str]:
    return sorted({row[0] for row in rows})


def tables(rows: Sequence[Row], on: date, credential: str) -> Sequence[Table]:
    counted: dict[int | None, Counter[str]] = {}
    for code, year, result, number in rows:
        if credential in ("", code):
            counted.setdefault(year, Counter())[result] += number
    heads = [
        Head("Audited", "Cycles whose case was opened. The link leads to the figures of the draw."),
        Head("Open", "Not closed yet."),
        Head("Passed", "Closed as passed, also with fewer points than were claimed."),
        Head("Not passed", "Closed as not passed."),
        Head("Called off", "Such as when the member had died."),
        Head("Passed, percent", "Of those that passed or did not."),
    ]
    lines, drawn = [], []
    for year in sorted(counted, key=lambda year: -(year or 0)):
        of = counted[year]
        label = str(year) if year else "For cause"
        parts = [of[PASSED], of[FAILED], of[CALLED_OFF], of[OPEN]]
        address = f"{reverse('admin:audits_draw_figures')}?year={year or 'cause'}"
        figures = [
            Figure(sum(parts), address),
            Figure(of[OPEN]),
            Figure(of[PASSED]),
            Figure(of[FAILED]),
            Figure(of[CALLED_OFF]),
            Figure(Percent(of[PASSED], of[PASSED] + of[FAILED])),
        ]
        lines.append((label, figures))
        drawn.append((label, parts))
    chart = bars(drawn, ["passed", "not passed", "called off", "open"])
    return [Table("Audits, by the year of the cycles that were drawn", "Year", heads, lines, chart)]


AUDITS = Report(
    name="audits",
    title="Audits",
    question="What came of the audits?",
    query=query,
    tables=tables,
    credentials=credentials,
)
