"""Invoices that are overdue: open, past their last day, and not held."""

from datetime import date, timedelta
from typing import Any

import django_filters
from django.conf import settings
from django.db.models import Exists, F, OuterRef, Q, QuerySet

from ccp.reports.lists.base import Column, ListFilter, Money, WorkList, contact_columns, member_columns, of_member
from ccp.reports.models import ListName
from certifications.models import Certification, Cycle, RenewalInvoice
from certifications.payments.models import Checkout

MEMBER = "cycle__certification__member__"


def overdue(on: date) -> QuerySet[RenewalInvoice]:
    """Return the overdue invoices. A debit that the bank has is not overdue.

    An invoice that opened only after its due date is to be paid by the end of the grace period
    (``invoices.pay_by``).
    """
    usual = Q(cycle__grace_extended_to=None, cycle__ends_on__lt=on - timedelta(days=settings.CCP_GRACE_DAYS))
    grace_is_over = usual | Q(cycle__grace_extended_to__lt=on)
    debited = Checkout.objects.filter(invoice=OuterRef("pk"), status=Checkout.Status.PROCESSING)
    return RenewalInvoice.objects.filter(
        Q(opens_on__lte=F("due_on")) | (Q(opens_on__lt=on) & grace_is_over),
        ~Q(cycle__outcome=Cycle.Outcome.NON_COMPLIANT),
        ~Exists(debited),
        status=RenewalInvoice.Status.ISSUED,
        opens_on__lte=on,
        due_on__lt=on,
        cycle__certification__status__in=Certification.IN_FORCE,
        cycle__certification__member__merged_into=None,
        cycle__certification__member__died_on=None,
        cycle__certification__member__erased_on=None,
    )


class OverdueFilter(ListFilter):
    certification = "cycle__certification"

    since = django_filters.ChoiceFilter(
        label="Overdue for",
        choices=[("30", "Up to 30 days"), ("60", "31 to 60 days"), ("90", "61 to 90 days"), ("more", "Longer")],
        method="overdue_for",
        empty_label="Any time",
    )
    year = django_filters.ChoiceFilter(
        label="Year of the cycle",
        choices=[("1", "Year 1"), ("2", "Year 2"), ("3", "Year 3")],
        method="of_year",
        empty_label="All",
    )
    ccp = django_filters.ChoiceFilter(
        label="CCP", choices=[("mandatory", "Mandatory"), ("voluntary", "Voluntary")], method="by_ccp",
        empty_label="All",
    )  # fmt: skip
    field_order = ["since", "credential", "year", "sign_in", "address", "ccp"]

    def overdue_for(self, invoices: QuerySet[Any], name: str, chosen: str) -> QuerySet[Any]:
        if chosen == "more":
            return invoices.filter(due_on__lt=self.on - timedelta(days=90))
        most = int(chosen)
        return invoices.filter(
            due_on__gte=self.on - timedelta(days=most), due_on__lt=self.on - timedelta(days=most - 30)
        )

    def of_year(self, invoices: QuerySet[Any], name: str, year: str) -> QuerySet[Any]:
        return invoices.filter(year=int(year))

    def by_ccp(self, invoices: QuerySet[Any], name: str, chosen: str) -> QuerySet[Any]:
        return invoices.filter(cycle__certification__ccp_mandatory=chosen == "mandatory")


OVERDUE = WorkList(
    name=ListName.OVERDUE,
    title="Overdue",
    rule=(
        "Invoices that are open and past their last day to pay: the due date, or the end of the grace period for one "
        "that opened after its due date. Held invoices and debits that a bank is deciding are not on the list."
    ),
    filters=OverdueFilter,
    start=overdue,
    columns=[
        Column("invoice", "Invoice", lambda row, on: f"INV-{row['pk']:07d}", ("pk",), 13),
        *member_columns(MEMBER),
        Column("credential", "Credential", lambda row, on: row["cycle__certification__credential__code"], (), 10),
        Column("year", "Year", lambda row, on: row["year"], ("year",), 6),
        Column("due_on", "Due", lambda row, on: row["due_on"], ("due_on",)),
        Column("days", "Days since", lambda row, on: (on - row["due_on"]).days, ("-due_on",), 10),
        Column("amount", "Amount", lambda row, on: Money(row["amount"]), ("amount",), 10),
        *contact_columns(MEMBER),
    ],
    order=["-due_on", "pk"],
    reads=[
        "pk",
        "year",
        "due_on",
        "amount",
        "cycle__certification__credential__code",
        "cycle__certification__member",
        *of_member(MEMBER),
    ],
    member="cycle__certification__member",
)
