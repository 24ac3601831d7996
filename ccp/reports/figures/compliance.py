"""Compliance: how cycles ended, by quarter and credential, and how far the running ones are, by their year."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from typing import Any

from dateutil.relativedelta import relativedelta
from django.conf import settings
from django.db.models import Case, CharField, Count, F, IntegerField, Q, Value, When
from django.db.models.functions import TruncQuarter

from amtportal.dates import anniversary
from ccp.reports.figures.base import Figure, Head, Percent, Report, Row, Table, rows_of
from ccp.reports.figures.chart import bars
from certifications.models import Certification, Cycle

QUARTERS = 12
COMPLIANT, NON_COMPLIANT, AWAITING, GRACE, OVER, MET, SHORT, VOLUNTARY, STOPPED = (
    "compliant", "non-compliant", "awaiting-payment", "grace", "over", "met", "short", "voluntary", "stopped",
)  # fmt: skip
RUNNING, NOT_CLOSED = (MET, SHORT, VOLUNTARY), (AWAITING, GRACE, OVER)


def query(on: date, database: str) -> Iterable[Sequence[Any]]:
    """Count every cycle by credential, quarter of its end, year that it is in, and state."""
    grace_began = on - timedelta(days=settings.CCP_GRACE_DAYS)
    enough = Q(requirement_met_on__isnull=False) | Q(certification__ccp_mandatory=False)
    has_grace = Q(grace_extended_to=None, ends_on__gte=grace_began) | Q(grace_extended_to__gte=on)
    state = Case(
        When(outcome=Cycle.Outcome.COMPLIANT, then=Value(COMPLIANT)),
        When(outcome=Cycle.Outcome.NON_COMPLIANT, then=Value(NON_COMPLIANT)),
        When(~Q(certification__status__in=Certification.IN_FORCE), then=Value(STOPPED)),
        When(Q(ends_on__lt=on) & enough, then=Value(AWAITING)),
        When(Q(ends_on__lt=on) & has_grace, then=Value(GRACE)),
        When(ends_on__lt=on, then=Value(OVER)),
        When(requirement_met_on__isnull=False, then=Value(MET)),
        When(certification__ccp_mandatory=False, then=Value(VOLUNTARY)),
        default=Value(SHORT),
        output_field=CharField(),
    )
    year = Case(
        When(Q(closed_on__isnull=False) | Q(ends_on__lt=on), then=Value(0)),
        When(starts_on__gt=anniversary(on, -1), then=Value(1)),
        When(starts_on__gt=anniversary(on, -2), then=Value(2)),
        default=Value(3),
        output_field=IntegerField(),
    )
    cycles = Cycle.objects.using(database).order_by()
    return (
        cycles.annotate(quarter=TruncQuarter("ends_on"), state=state, year=year)
        .values_list("certification__credential", F("certification__credential__code"), "quarter", "year", "state")
        .annotate(number=Count("pk"))
    )


def credentials(rows: Sequence[Row]) -> Sequence[str]:
    return sorted({code for _key, code, *_ in rows})


def tables(rows: Sequence[Row], on: date, credential: str) -> Sequence[Table]:
    of_credential = [row for row in rows if credential in ("", row[1])]
    key = next((row[0] for row in of_credential), None) if credential else None
    return [
        _by_quarter(of_credential, on, key),
        *([] if credential else [_by_credential(rows, on)]),
        _by_year(of_credential),
    ]


ENDED_HEADS = [
    Head(
        "Ended", "Cycles whose last day lies in it, up to yesterday. A certification that is not in force counts too."
    ),
    Head("Compliant", "Closed as compliant. A correction that was signed later changes no figure here."),
    Head("Non-compliant", "Closed as non-compliant."),
    Head("Not closed", "In grace, waiting for a payment, over but not closed by the nightly run yet, or not in force."),
    Head("Compliant, percent", "Compliant of those that are closed."),
]
ENDED_PARTS = ["compliant", "non-compliant", "not closed"]


def _ended(states: Counter[str], address: dict[str, object]) -> tuple[list[Figure], list[int]]:
    """Return the figures of cycles that ended, and the parts of their bar."""
    compliant, failed = states[COMPLIANT], states[NON_COMPLIANT]
    waiting = sum(states[state] for state in (*NOT_CLOSED, STOPPED))
    listed = "certifications_cycle"
    figures = [
        Figure(compliant + failed + waiting, rows_of(listed, **address)),
        Figure(compliant, rows_of(listed, **address, outcome__exact=COMPLIANT)),
        Figure(failed, rows_of(listed, **address, outcome__exact=NON_COMPLIANT)),
        Figure(waiting, rows_of(listed, **address, closed_on__isnull="True")),
        Figure(Percent(compliant, compliant + failed)),
    ]
    return figures, [compliant, failed, waiting]


def _by_quarter(rows: Sequence[Row], on: date, credential: int | None) -> Table:
    this = date(on.year, 3 * ((on.month - 1) // 3) + 1, 1)
    lines, drawn = [], []
    for back in range(QUARTERS):
        first = this - relativedelta(months=3 * back)
        states = Counter[str]()
        for _key, _code, quarter, year, state, number in rows:
            if quarter == first.isoformat() and year == 0:
                states[state] += number
        label = f"{first.year} Q{(first.month + 2) // 3}"
        address = _ends(first, min(first + relativedelta(months=3), on), credential)
        figures, parts = _ended(states, address)
        lines.append((label, figures))
        drawn.append((label, parts))
    return Table("Cycles that ended, by quarter", "Quarter", ENDED_HEADS, lines, bars(drawn, ENDED_PARTS))


def _by_credential(rows: Sequence[Row], on: date) -> Table:
    """Return those that ended in the last four whole quarters and this one, by credential."""
    this = date(on.year, 3 * ((on.month - 1) // 3) + 1, 1)
    since = this - relativedelta(months=12)
    states: dict[tuple[str, int], Counter[str]] = {}
    for key, code, quarter, year, state, number in rows:
        if year == 0 and since.isoformat() <= quarter <= this.isoformat():
            states.setdefault((code, key), Counter())[state] += number
    lines, drawn = [], []
    for (code, key), of_code in sorted(states.items()):
        figures, parts = _ended(of_code, _ends(since, on, key))
        lines.append((code, figures))
        drawn.append((code, parts))
    title = f"Cycles that ended since {since:%B} {since.year}, by credential"
    return Table(title, "Credential", ENDED_HEADS, lines, bars(drawn, ENDED_PARTS))


def _by_year(rows: Sequence[Row]) -> Table:
    heads = [
        Head("Running", "Cycles of certifications in force whose last day is today or later."),
        Head("Met", "The points that count have reached the required points."),
        Head("Points missing", "They have not, and CCP is mandatory."),
        Head("Voluntary", "They have not, and CCP is voluntary."),
        Head("Met, percent", "Met of all that are running."),
    ]
    lines, drawn = [], []
    for year in (1, 2, 3):
        states = Counter[str]()
        for *_, of_year, state, number in rows:
            if of_year == year and state in RUNNING:
                states[state] += number
        parts = [states[state] for state in RUNNING]
        figures = [
            Figure(sum(parts)),
            Figure(parts[0]),
            Figure(parts[1]),
            Figure(parts[2]),
            Figure(Percent(parts[0], sum(parts))),
        ]
        lines.append((f"Year {year}", figures))
        drawn.append((f"Year {year}", parts))
    return Table(
        "Running cycles, by the year that they are in", "Year", heads, lines,
        bars(drawn, ["met", "points missing", "voluntary"]),
    )  # fmt: skip


def _ends(first: date, before: date, credential: int | None) -> dict[str, object]:
    return {"ends_on__gte": first, "ends_on__lt": before, "certification__credential__id__exact": credential}


COMPLIANCE = Report(
    name="compliance",
    title="Compliance",
    question="How did cycles end, and how far are those that run?",
    query=query,
    tables=tables,
    credentials=credentials,
)
