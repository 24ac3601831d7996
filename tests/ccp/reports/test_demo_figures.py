"""Each report of the demo against the same figures counted row by row, in plain Python, from the rules in words."""

from collections import Counter, defaultdict
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from time_machine import TimeMachineFixture

from amtportal.dates import day_of
from ccp import demo
from ccp.audits.models import AuditCase
from ccp.models import Activity, Credit
from ccp.reports.figures import base
from ccp.reports.figures.base import Table
from ccp.reports.figures.registry import REPORTS
from certifications.models import Cycle, Payment, RenewalInvoice
from tests.support.builders import noon

ON = date(2026, 11, 22)
pytestmark = [pytest.mark.django_db, pytest.mark.slow, pytest.mark.any_database]


def tables(name: str) -> list[Table]:
    rows = [base.kept(row) for row in REPORTS[name].query(ON, "default")]
    return list(REPORTS[name].tables(rows, ON, ""))


def column(table: Table, title: str) -> dict[str, str]:
    """Return what the page shows under one head, by line, without lines of nothing."""
    place = [head.title for head in table.heads].index(title)
    shown = {label: str(figures[place]) for label, figures in table.lines}
    return {label: text for label, text in shown.items() if text not in ("0", "$0.00")}


def month(day: date) -> str:
    return f"{day:%b %Y}"


def in_dollars(cents: int) -> str:
    return f"${cents / 100:,.2f}"


def check_compliance() -> None:
    expected: dict[str, Counter[str]] = defaultdict(Counter)
    for cycle in Cycle.objects.select_related("certification"):
        held = cycle.certification
        if cycle.closed_on or cycle.ends_on < ON or held.status not in ("active", "reinstated"):
            continue
        begun = cycle.starts_on
        full_years = ON.year - begun.year - ((ON.month, ON.day) < (begun.month, begun.day))
        year = f"Year {max(full_years, 0) + 1}"
        state = "Met" if cycle.requirement_met_on else "Points missing" if held.ccp_mandatory else "Voluntary"
        for title in ("Running", state):
            expected[title][year] += 1
    by_year = tables("compliance")[-1]
    for title in ("Running", "Met", "Points missing", "Voluntary"):
        assert column(by_year, title) == {year: str(number) for year, number in expected[title].items()}, title
    assert sum(expected["Running"].values()) > 300


def check_cohorts() -> None:
    [table] = tables("cohorts")
    awarded = Counter(
        str(cycle.certification.awarded_on.year) for cycle in Cycle.objects.select_related("certification")
    )
    shown = column(table, "Cycles")
    assert shown == {year: str(awarded[year]) for year in shown}
    assert list(shown) == sorted(awarded, reverse=True)[: len(shown)]


def check_points() -> None:
    points: Counter[str] = Counter()
    credits: Counter[str] = Counter()
    for credit in Credit.objects.select_related("activity__activity_type__category"):
        if credit.points > 0:
            points[credit.activity.activity_type.category.name] += credit.points  # type: ignore[assignment]
            credits[credit.activity.activity_type.category.name] += 1
    [table, *_] = tables("points")
    assert {name: Decimal(text.replace(",", "")) for name, text in column(table, "Points").items()} == points
    assert column(table, "Credits") == {name: str(number) for name, number in credits.items()}
    assert len(points) > 4


def check_recorded() -> None:
    of_members: Counter[str] = Counter()
    from_amt: Counter[str] = Counter()
    for entry in Activity.objects.all():
        if not (entry.void_reason or entry.withdrawn_at):
            of_source = {"member": of_members, "amt": from_amt}.get(entry.source, Counter())
            of_source[month(day_of(entry.recorded_at))] += 1
    [table, *_] = tables("recorded")
    for title, counted in (("By members", of_members), ("From AMT", from_amt)):
        shown = column(table, title)
        assert shown == {label: f"{counted[label]:,}" for label in shown}, title
        assert shown


def check_invoices() -> None:
    due: Counter[str] = Counter()
    paid: Counter[str] = Counter()
    for invoice in RenewalInvoice.objects.all():
        before_portal = invoice.before_portal is not None
        if invoice.status != "void":
            due[month(invoice.due_on)] += invoice.amount
            paid[month(invoice.due_on)] += invoice.amount if invoice.status == "paid" and not before_portal else 0
    [table, *_] = tables("invoices")
    for title, counted in (("Amount due", due), ("Amount paid", paid)):
        shown = column(table, title)
        assert shown == {label: in_dollars(counted[label]) for label in shown}, title
        assert shown


def check_money() -> None:
    received: Counter[str] = Counter()
    for payment in Payment.objects.all():
        received[month(payment.received_on)] += payment.amount
    [table, *_] = tables("money")
    shown = column(table, "Received")
    assert shown == {label: in_dollars(received[label]) for label in shown}
    assert shown[month(ON)] != "$0.00"


def check_audits() -> None:
    [table, *_] = tables("audits")
    years = Counter(
        str(case.cycle.closed_on.year) for case in AuditCase.objects.select_related("cycle") if case.cycle.closed_on
    )
    assert column(table, "Audited") == {year: str(number) for year, number in years.items()}


CHECKS: dict[str, Callable[[], Any]] = {
    "compliance": check_compliance,
    "cohorts": check_cohorts,
    "points": check_points,
    "recorded": check_recorded,
    "invoices": check_invoices,
    "money": check_money,
    "audits": check_audits,
}


def test_each_report_of_the_demo_says_what_a_count_by_hand_says(time_machine: TimeMachineFixture) -> None:
    now = noon(ON)
    time_machine.move_to(now, tick=False)
    assert demo.load(on=ON, now=now)
    assert CHECKS.keys() == REPORTS.keys()
    for check in CHECKS.values():
        check()
