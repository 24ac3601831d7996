"""Members with a certification in force who have not opened their account, or have no way to sign in."""

from datetime import date
from typing import Any

import django_filters
from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX
from django.db.models import Exists, OuterRef, QuerySet, Subquery

from amtportal.members.models import Member
from ccp.reports.lists.base import Column, ListFilter, WorkList, contact_columns, member_columns, of_member
from ccp.reports.models import ListName
from certifications.models import Certification, Credential, Cycle


def _in_force() -> QuerySet[Certification]:
    return Certification.objects.filter(member=OuterRef("pk"), status__in=Certification.IN_FORCE)


def not_activated(on: date) -> QuerySet[Member]:
    """Return the members with a certification in force who are not merged; the filter chooses who has an account."""
    unclosed = Cycle.objects.filter(certification__member=OuterRef("pk"), closed_on=None).order_by("ends_on")
    return Member.objects.filter(Exists(_in_force()), merged_into=None, died_on=None, erased_on=None).annotate(
        cycle_ends_on=Subquery(unclosed.values("ends_on")[:1])
    )


class NotActivatedFilter(ListFilter):
    state = django_filters.ChoiceFilter(
        label="Account",
        choices=[("no-sign-in", "No way to sign in"), ("off", "Switched off, never opened")],
        method="by_state",
        empty_label="Not opened yet",
    )
    field_order = ["state", "credential", "address"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        del self.filters["sign_in"]  # nobody of these ever signed in

    def filter_queryset(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        found = super().filter_queryset(queryset)
        return found if self.form.cleaned_data.get("state") else _unopened(found, is_active=True)

    def by_state(self, members: QuerySet[Any], name: str, chosen: str) -> QuerySet[Any]:
        return members.filter(user=None) if chosen == "no-sign-in" else _unopened(members, is_active=False)

    def of_credential(self, members: QuerySet[Any], name: str, credential: Credential) -> QuerySet[Any]:
        return members.filter(Exists(_in_force().filter(credential=credential)))

    @property
    def user(self) -> str:
        return "user"


def _unopened(members: QuerySet[Any], *, is_active: bool) -> QuerySet[Any]:
    return members.filter(user__password__startswith=UNUSABLE_PASSWORD_PREFIX, user__is_active=is_active)


NOT_ACTIVATED = WorkList(
    name=ListName.NOT_ACTIVATED,
    title="Not activated",
    rule=(
        "Members with a certification in force whose account was never opened: no password was chosen, so they have "
        "not seen their record. The filter shows those without a way to sign in instead."
    ),
    filters=NotActivatedFilter,
    start=not_activated,
    columns=[
        *member_columns(""),
        Column("ends_on", "Cycle ends", lambda row, on: row["cycle_ends_on"]),
        Column("city", "City", lambda row, on: row["city"], (), 18),
        Column("state", "State", lambda row, on: row["state"], (), 10),
        *(column for column in contact_columns("") if column.name != "sign_in"),
    ],
    order=["-pk"],
    reads=["pk", "cycle_ends_on", *of_member("")],
    member="pk",
)
