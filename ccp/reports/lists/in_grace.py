"""Members in the grace period: the cycle has ended, CCP is mandatory, and points are missing."""

from datetime import date, timedelta
from typing import Any

import django_filters
from django.conf import settings
from django.db.models import Q, QuerySet

from ccp.reports.lists.at_risk import MEMBER, with_missing
from ccp.reports.lists.base import Column, ListFilter, Row, WorkList, contact_columns, member_columns, of_member
from ccp.reports.models import ListName
from certifications.models import Certification, Cycle


def _grace_ends_within(first: date, last: date | None = None) -> Q:
    """Return the condition that the last day of the grace period is from ``first`` on, up to ``last``."""
    grace = timedelta(days=settings.CCP_GRACE_DAYS)
    usual, extended = Q(grace_extended_to=None, ends_on__gte=first - grace), Q(grace_extended_to__gte=first)
    if last:
        usual &= Q(ends_on__lte=last - grace)
        extended &= Q(grace_extended_to__lte=last)
    return usual | extended


def in_grace(on: date) -> QuerySet[Cycle]:
    cycles = Cycle.objects.filter(
        _grace_ends_within(on),
        closed_on=None,
        ends_on__lt=on,
        requirement_met_on=None,
        certification__ccp_mandatory=True,
        certification__status__in=Certification.IN_FORCE,
        certification__member__merged_into=None,
        certification__member__died_on=None,
        certification__member__erased_on=None,
    )
    return with_missing(cycles, on)


class InGraceFilter(ListFilter):
    days = django_filters.ChoiceFilter(
        label="Grace period ends within",
        choices=[(str(days), f"{days} days") for days in (7, 14, 30, 60)],
        method="ends_within",
        empty_label="Any time",
    )
    grace = django_filters.ChoiceFilter(
        label="Grace period",
        choices=[("usual", "As usual"), ("extended", "Extended by AMT")],
        method="by_extension",
        empty_label="All",
    )
    field_order = ["days", "credential", "grace", "sign_in", "address"]

    def ends_within(self, cycles: QuerySet[Any], name: str, days: str) -> QuerySet[Any]:
        return cycles.filter(_grace_ends_within(self.on, self.on + timedelta(days=int(days))))

    def by_extension(self, cycles: QuerySet[Any], name: str, chosen: str) -> QuerySet[Any]:
        return cycles.filter(grace_extended_to__isnull=chosen == "usual")


def grace_ends_on(row: Row) -> date:
    extended: date | None = row["grace_extended_to"]
    return extended or row["ends_on"] + timedelta(days=settings.CCP_GRACE_DAYS)


IN_GRACE = WorkList(
    name=ListName.IN_GRACE,
    title="In grace",
    rule=(
        "Cycles that have ended in which points are missing and CCP is mandatory, until the last day of their grace "
        "period. If the points are not on record by then, the certification lapses."
    ),
    filters=InGraceFilter,
    start=in_grace,
    columns=[
        *member_columns(MEMBER),
        Column("credential", "Credential", lambda row, on: row["certification__credential__code"], (), 10),
        Column("ends_on", "Cycle ended", lambda row, on: row["ends_on"], ("ends_on",)),
        Column("grace", "Grace period ends", lambda row, on: grace_ends_on(row)),
        Column("days", "Days left", lambda row, on: (grace_ends_on(row) - on).days, (), 10),
        Column("missing", "Points missing", lambda row, on: row["missing"], ("missing",)),
        Column("required", "Points required", lambda row, on: row["points_required"]),
        Column("fee", "Fee due", lambda row, on: row["fee_due_on"]),
        *contact_columns(MEMBER),
    ],
    order=["ends_on", "-pk"],
    reads=[
        "ends_on",
        "grace_extended_to",
        "missing",
        "points_required",
        "fee_due_on",
        "certification__credential__code",
        "certification__member",
        *of_member(MEMBER),
    ],
    member="certification__member",
)
