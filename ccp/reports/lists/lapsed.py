"""Certifications that lapsed, by the month in which they did, and what became of them since."""

from collections.abc import Sequence
from datetime import date
from typing import Any

import django_filters
from dateutil.relativedelta import relativedelta
from django.db.models import Count, QuerySet
from django.db.models.functions import TruncMonth

from amtportal.dates import today
from ccp.reports.lists.at_risk import MEMBER
from ccp.reports.lists.base import Column, ListFilter, WorkList, contact_columns, member_columns, of_member
from ccp.reports.models import ListName
from certifications.models import Certification, StatusChange

MONTHS = 36
"""So many months back can be chosen."""


def lapsed(on: date) -> QuerySet[StatusChange]:
    return StatusChange.objects.filter(after=Certification.Status.LAPSED, changed_on__lte=on)


def months(on: date, number: int = MONTHS) -> list[date]:
    """Return the first days of so many months, the month of that day first."""
    return [on.replace(day=1) - relativedelta(months=back) for back in range(number)]


def month_choices() -> list[tuple[str, str]]:
    return [(f"{month:%Y-%m}", f"{month:%B %Y}") for month in months(today())]


def by_month(on: date, number: int = 12) -> list[tuple[date, int]]:
    """Return how many certifications lapsed in each of the last months, the newest first; one query."""
    first = months(on, number)[-1]
    rows = lapsed(on).filter(changed_on__gte=first).order_by()
    counted = dict(rows.values_list(TruncMonth("changed_on")).annotate(number=Count("pk")))
    return [(month, counted.get(month, 0)) for month in months(on, number)]


class LapsedFilter(ListFilter):
    month = django_filters.ChoiceFilter(
        label="Lapsed in", choices=month_choices, method="in_month", empty_label="Any month"
    )
    state = django_filters.ChoiceFilter(
        label="Status now",
        choices=[("lapsed", "Still lapsed"), ("reinstated", "In force again"), ("revoked", "Revoked")],
        method="by_status",
        empty_label="All",
    )
    field_order = ["month", "credential", "state", "sign_in", "address"]

    def in_month(self, changes: QuerySet[Any], name: str, month: str) -> QuerySet[Any]:
        first = date.fromisoformat(f"{month}-01")
        return changes.filter(changed_on__gte=first, changed_on__lt=first + relativedelta(months=1))

    def by_status(self, changes: QuerySet[Any], name: str, chosen: str) -> QuerySet[Any]:
        status = Certification.Status
        statuses: Sequence[str] = {
            "lapsed": [status.LAPSED], "reinstated": list(Certification.IN_FORCE), "revoked": [status.REVOKED]
        }[chosen]  # fmt: skip
        return changes.filter(certification__status__in=statuses)


LAPSED = WorkList(
    name=ListName.LAPSED,
    title="Lapsed by month",
    rule=(
        "Certifications that lapsed, with the day on which they did, whatever became of them since. One that lapsed "
        "twice is there twice."
    ),
    filters=LapsedFilter,
    start=lapsed,
    columns=[
        Column("changed_on", "Lapsed on", lambda row, on: row["changed_on"], ("changed_on",)),
        *member_columns(MEMBER),
        Column("credential", "Credential", lambda row, on: row["certification__credential__code"], (), 10),
        Column("number", "Certificate", lambda row, on: row["certification__certificate_number"]),
        Column(
            "status", "Status now", lambda row, on: str(Certification.Status(row["certification__status"]).label)
        ),
        Column("reason", "Reason", lambda row, on: row["reason"], (), 40),
        *contact_columns(MEMBER),
    ],
    order=["-changed_on", "-pk"],
    reads=[
        "changed_on",
        "reason",
        "certification__credential__code",
        "certification__certificate_number",
        "certification__status",
        "certification__member",
        *of_member(MEMBER),
    ],
    member="certification__member",
)  # fmt: skip
