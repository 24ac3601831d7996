"""Members at risk: running cycles near their end with something open, the most pressing first.

The rule of the number is in ``risk``. It needs the points of each cycle, which are a sum of credits
and stored nowhere. So that the work has a bound at any size, a page ranks the ``FIRST`` cycles that
end soonest, and says so; the index of unclosed cycles by their end gives them. A file ranks all.
"""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import django_filters
from django.db.models import (
    Case,
    DecimalField,
    Exists,
    F,
    IntegerField,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Sum,
    Value,
    When,
)
from django.db.models.functions import Coalesce

from ccp.models import Credit
from ccp.reports.lists import reach, risk
from ccp.reports.lists.base import Column, ListFilter, Row, WorkList, contact_columns, contact_of, member_columns
from ccp.reports.lists.base import of_member as reads_of_member
from ccp.reports.models import ListName
from certifications.models import Certification, Cycle, RenewalInvoice
from certifications.payments.models import Checkout

DAYS = 90
"""A page without a filter shows cycles that end within so many days."""
FIRST = 20_000
MEMBER, USER = "certification__member__", "certification__member__user"
POINTS: DecimalField[Decimal, Decimal] = DecimalField(max_digits=7, decimal_places=2)


def to_pay(on: date) -> QuerySet[RenewalInvoice]:
    """Return the invoices of a cycle that the member is asked to pay; a debit that the bank has is not."""
    debited = Checkout.objects.filter(invoice=OuterRef("pk"), status=Checkout.Status.PROCESSING)
    of_cycle = RenewalInvoice.objects.filter(
        cycle=OuterRef("pk"), status=RenewalInvoice.Status.ISSUED, opens_on__lte=on
    )
    return of_cycle.filter(~Exists(debited)).order_by("due_on")


def running(on: date) -> QuerySet[Cycle]:
    """Return the running cycles with something open, those that end first first."""
    short = Q(requirement_met_on=None, certification__ccp_mandatory=True)
    return Cycle.objects.filter(
        short | Q(Exists(to_pay(on))),
        closed_on=None,
        ends_on__gte=on,
        certification__status__in=Certification.IN_FORCE,
        certification__member__merged_into=None,
        certification__member__died_on=None,
        certification__member__erased_on=None,
    ).order_by("ends_on", "-pk")


def with_missing(cycles: QuerySet[Cycle], on: date) -> QuerySet[Cycle]:
    """Add ``missing``, the points that put the certification at risk, and ``fee_due_on``."""
    of_cycle = Credit.objects.filter(cycle=OuterRef("pk")).order_by().values("cycle")
    counted = Coalesce(Subquery(of_cycle.annotate(sum=Sum("points")).values("sum")), Value(Decimal(0)))
    return cycles.annotate(
        missing=Case(
            When(requirement_met_on=None, certification__ccp_mandatory=True, then=F("points_required") - counted),
            default=Value(Decimal(0)),
            output_field=POINTS,
        ),
        fee_due_on=Subquery(to_pay(on).values("due_on")[:1]),
    )


def ranked(cycles: QuerySet[Cycle], on: date) -> QuerySet[Cycle]:
    """Return these cycles with their number. The order of ``cycles`` is dropped, their limit is not."""
    found = with_missing(Cycle.objects.filter(pk__in=cycles.values("pk")), on)
    weight = Subquery(to_pay(on).annotate(weight=risk.fee_weight(on)).values("weight")[:1])
    fee = Coalesce(weight, Value(risk.NO_FEE), output_field=IntegerField())
    return found.annotate(score=risk.score(on, takes_mail=reach.takes_mail(USER), fee=fee))


class AtRiskFilter(ListFilter):
    """``days``, ``credential`` and ``ccp`` choose which cycles are ranked, the others among these."""

    NEAR = ("days", "credential", "ccp")

    days = django_filters.ChoiceFilter(
        label="Ends within",
        choices=[(str(days), f"{days} days") for days in (7, 14, 30, 60, 90, 120, 180)],
        method="ends_within",
        empty_label=f"{DAYS} days (as usual)",
    )
    ccp = django_filters.ChoiceFilter(
        label="CCP", choices=[("mandatory", "Mandatory"), ("voluntary", "Voluntary")], method="by_ccp",
        empty_label="All",
    )  # fmt: skip
    points = django_filters.ChoiceFilter(
        label="Points missing",
        choices=[("none", "None"), ("quarter", "Up to a quarter"), ("half", "Up to a half"), ("more", "More")],
        method="by_points",
        empty_label="All",
    )
    fee = django_filters.ChoiceFilter(
        label="Fee",
        choices=[("none", "Nothing to pay"), ("due", "To be paid"), ("overdue", "Overdue")],
        method="by_fee",
        empty_label="All",
    )
    field_order = ["days", "credential", "points", "fee", "sign_in", "address", "ccp"]

    def near(self) -> QuerySet[Any]:
        """Return the cycles that are ranked, without a limit."""
        chosen = self.form.cleaned_data
        cycles: QuerySet[Any] = self.queryset
        for name in self.NEAR:
            cycles = self.filters[name].filter(cycles, chosen.get(name))
        return cycles if chosen.get("days") else self.ends_within(cycles, "days", str(DAYS))

    def filter_queryset(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        found = ranked(self.near()[: self.limit] if self.limit else self.near(), self.on)
        for name, value in self.form.cleaned_data.items():
            if name not in self.NEAR:
                found = self.filters[name].filter(found, value)
        return found

    def ends_within(self, cycles: QuerySet[Any], name: str, days: str) -> QuerySet[Any]:
        return cycles.filter(ends_on__lte=self.on + timedelta(days=int(days)))

    def by_ccp(self, cycles: QuerySet[Any], name: str, chosen: str) -> QuerySet[Any]:
        return cycles.filter(certification__ccp_mandatory=chosen == "mandatory")

    def by_points(self, cycles: QuerySet[Any], name: str, chosen: str) -> QuerySet[Any]:
        of_required = F("points_required") / Value(Decimal({"quarter": 4, "half": 2, "more": 2}.get(chosen, 1)))
        if chosen == "none":
            return cycles.filter(missing__lte=0)
        if chosen == "more":
            return cycles.filter(missing__gt=of_required)
        return cycles.filter(missing__gt=0, missing__lte=of_required)

    def by_fee(self, cycles: QuerySet[Any], name: str, chosen: str) -> QuerySet[Any]:
        if chosen == "none":
            return cycles.filter(fee_due_on=None)
        return cycles.filter(fee_due_on__lt=self.on) if chosen == "overdue" else cycles.filter(fee_due_on__gte=self.on)


def facts_of(row: Row) -> risk.Facts:
    contact = contact_of(row, USER)
    return risk.Facts(
        ends_on=row["ends_on"],
        missing=row["missing"],
        required=row["points_required"],
        is_mandatory=row["certification__ccp_mandatory"],
        due_on=row["fee_due_on"],
        last_sign_in=row[f"{USER}__last_login"],
        takes_mail=not contact.trouble,
    )


def _why(row: Row, on: date) -> str:
    found = risk.of(facts_of(row), on)
    return f"{'; '.join(found.reasons)} ({found.sum})"


AT_RISK = WorkList(
    name=ListName.AT_RISK,
    title="At risk",
    rule=(
        "Running cycles that end within 90 days (or as chosen) in which points are missing and CCP is mandatory, or a "
        "fee is to be paid. The number is the product of six weights: days left, points missing, fee, last sign-in, "
        "address, and whether CCP is mandatory. “Why” says what it comes from."
    ),
    filters=AtRiskFilter,
    start=running,
    columns=[
        Column("score", "Risk", lambda row, on: row["score"], ("score",), 8),
        *member_columns(MEMBER),
        Column("credential", "Credential", lambda row, on: row["certification__credential__code"], (), 10),
        Column("ends_on", "Cycle ends", lambda row, on: row["ends_on"], ("ends_on",)),
        Column("days", "Days left", lambda row, on: (row["ends_on"] - on).days, ("ends_on",), 10),
        Column("missing", "Points missing", lambda row, on: row["missing"], ("missing",)),
        Column("fee", "Fee due", lambda row, on: row["fee_due_on"], ("fee_due_on",)),
        *contact_columns(MEMBER),
        Column("why", "Why", _why, (), 60),
    ],
    order=["-score", "ends_on", "pk"],
    reads=[
        "score",
        "ends_on",
        "missing",
        "points_required",
        "fee_due_on",
        "certification__credential__code",
        "certification__ccp_mandatory",
        "certification__member",
        *reads_of_member(MEMBER),
    ],
    member="certification__member",
    first_only=FIRST,
)
