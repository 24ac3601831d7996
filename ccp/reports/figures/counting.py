"""Counting a report and keeping its figures, with the moment at which the count began.

``manage.py count_reports`` counts all each night. Who looks at a page may ask for a count in
between: the worker does it. Each count is kept, so that what a report said on a day can be shown
later.
"""

import time
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from django.utils import timezone
from django_tasks import task

from amtportal.dates import day_of
from ccp.reports import standby
from ccp.reports.figures import base
from ccp.reports.figures.registry import REPORTS
from ccp.reports.models import ReportCount

PAUSE = timedelta(minutes=5)
"""A count that somebody asks for is made if the newest is older."""


def count(name: str, *, at: datetime) -> ReportCount:
    """Ask the report's query, on the standby if there is one, and keep what it returns."""
    on = day_of(at)
    began = time.perf_counter()
    rows = [base.kept(row) for row in REPORTS[name].query(on, standby.alias())]
    return ReportCount.objects.create(
        report=name, on=on, counted_at=at, seconds=round(time.perf_counter() - began, 3), rows=rows
    )


def newest(name: str) -> ReportCount | None:
    """Return the newest count of a report; None if it was never counted."""
    return ReportCount.objects.filter(report=name).order_by("-pk").first()


def newest_of_all() -> Mapping[str, ReportCount]:
    """Return the newest count of each report, without its rows."""
    found: dict[str, ReportCount] = {}
    for name in REPORTS:
        counted = ReportCount.objects.filter(report=name).order_by("-pk").defer("rows").first()
        if counted:
            found[name] = counted
    return found


def ask(name: str, *, at: datetime) -> bool:
    """Have the report counted by the worker, unless it was just counted. Return whether it will be."""
    counted = ReportCount.objects.filter(report=name, counted_at__gt=at - PAUSE).exists()
    if not counted:
        count_later.enqueue(name)
    return not counted


def count_all(*, at: datetime) -> Sequence[ReportCount]:
    return [count(name, at=at) for name in REPORTS]


@task()
def count_later(name: str) -> None:
    """Count a report that somebody asked for, once for all who did."""
    now = timezone.now()
    if not ReportCount.objects.filter(report=name, counted_at__gt=now - PAUSE).exists():
        count(name, at=now)
