"""What a list is: its rows, its columns, its filters, and how many rows there are.

- The rows are read by one query that asks only what the columns show, and a page has ``PAGE`` of
  them. Counting stops at ``BOUND``, as in every list of staff.
- A column is sorted by what ``order`` names; the key of the row decides between equals, so that no
  row stands on two pages.
- The filters are those of ``django-filter``. A value that is not among the choices shows nothing,
  with a sentence at its field: a wrong filter is no list of everybody.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, ClassVar, NamedTuple
from urllib.parse import urlencode

import django_filters
from django.db.models import Q, QuerySet
from django.http import QueryDict

from amtportal.dates import CHICAGO, day_of
from amtportal.staff.changelists import BOUND
from ccp.reports.lists import reach
from ccp.reports.models import ListName
from certifications.models import Credential

PAGE = 50
ORDER, PAGE_NUMBER = "o", "p"

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Money:
    """An amount in US cents."""

    cents: int


Cell = str | date | datetime | Decimal | int | Money | None


@dataclass(frozen=True)
class Column:
    """One column: what it shows of a row, and by what the list is sorted with it (nothing: it is not)."""

    name: str
    title: str
    cell: Callable[[Row, date], Cell]
    order: Sequence[str] = ()
    width: int = 14
    """In characters, in a file for a spreadsheet."""


class Counted(NamedTuple):
    """How many rows there are: ``number``, or more than that if ``more``."""

    number: int
    more: bool

    def __str__(self) -> str:
        return f"{'More than ' if self.more else ''}{self.number:,}"


class ListFilter(django_filters.FilterSet):
    """The filters that every list has. ``on``: the day. ``limit``: see ``WorkList.rows``."""

    certification: ClassVar[str] = "certification"
    """The lookup from the row to the certification."""

    credential = django_filters.ModelChoiceFilter(
        label="Credential", queryset=Credential.objects.order_by("code"), to_field_name="code", method="of_credential",
        empty_label="All",
    )  # fmt: skip
    address = django_filters.ChoiceFilter(
        label="Address", choices=reach.ADDRESS, method="by_address", empty_label="All"
    )
    sign_in = django_filters.ChoiceFilter(
        label="Last sign-in",
        choices=(("never", "Never"), ("180", "Not for 180 days"), ("30", "Not for 30 days")),
        method="by_sign_in",
        empty_label="All",
    )

    field_order: ClassVar[Sequence[str]] = ()
    """The filters in the order of the page."""

    def __init__(self, data: Mapping[str, Any], *, on: date, limit: int | None, queryset: QuerySet[Any]) -> None:
        super().__init__(data, queryset=queryset)
        self.on, self.limit = on, limit

    @property
    def form(self) -> Any:
        form = super().form
        form.order_fields(self.field_order)
        return form

    def of_credential(self, rows: QuerySet[Any], name: str, credential: Credential) -> QuerySet[Any]:
        return rows.filter(**{f"{self.certification}__credential": credential})

    def by_address(self, rows: QuerySet[Any], name: str, chosen: str) -> QuerySet[Any]:
        return rows.filter(reach.condition(chosen, self.user))

    def by_sign_in(self, rows: QuerySet[Any], name: str, chosen: str) -> QuerySet[Any]:
        last_login = f"{self.user}__last_login"
        if chosen == "never":
            return rows.filter(**{last_login: None})
        since = midnight(self.on - timedelta(days=int(chosen)))
        return rows.filter(Q(**{f"{last_login}__lt": since}) | Q(**{last_login: None}))

    @property
    def user(self) -> str:
        """Return the lookup from the row to the account."""
        return f"{self.certification}__member__user"


@dataclass(frozen=True, kw_only=True)
class WorkList:
    """One list.

    ``start``: the rows before any filter, on that day. ``member``: the lookup from a row to its
    member. ``reads``: what the columns ask of a row.
    """

    name: ListName
    title: str
    rule: str
    """Who is on the list, in words."""
    filters: type[ListFilter]
    start: Callable[[date], QuerySet[Any]]
    columns: Sequence[Column]
    order: Sequence[str]
    reads: Sequence[str]
    member: str
    first_only: int | None = None
    """If more rows than this may be on the list, those that come first are ranked (``at_risk``)."""

    def filtered(self, data: QueryDict | Mapping[str, Any], on: date, *, limit: int | None = None) -> ListFilter:
        """Return the filters with what was chosen. ``limit``: so many rows are ranked; None: all."""
        return self.filters(data, on=on, limit=limit, queryset=self.start(on))

    def rows(self, chosen: ListFilter) -> QuerySet[Any]:
        """Return the rows under the filters, without an order; none if a filter is wrong."""
        return chosen.qs if chosen.is_valid() else chosen.qs.none()

    def read(self, rows: QuerySet[Any], order: str) -> QuerySet[Any]:
        """Return what the columns ask of these rows, in this order, as dictionaries."""
        return rows.order_by(*self.order_of(order)).values(*self.reads)

    def order_of(self, order: str) -> Sequence[str]:
        """Return the order that a column's name asks for, with ``-`` before it the other way round."""
        column = self.column(order.removeprefix("-"))
        if column is None or not column.order:
            return self.order
        turned = [_turned(one) for one in column.order] if order.startswith("-") else list(column.order)
        return [*turned, "-pk" if turned[0].startswith("-") else "pk"]

    def column(self, name: str) -> Column | None:
        return next((column for column in self.columns if column.name == name), None)

    def cells(self, row: Row, on: date) -> list[Cell]:
        return [column.cell(row, on) for column in self.columns]

    def members(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        """Return the keys of the members of these rows, each once, in the order of the keys."""
        return rows.order_by(self.member).values_list(self.member, flat=True).distinct()


def _turned(order: str) -> str:
    return order.removeprefix("-") if order.startswith("-") else f"-{order}"


def count(rows: QuerySet[Any], most: int = BOUND) -> Counted:
    """Count the rows up to a bound, at which the database stops."""
    number = rows.order_by().values("pk")[: most + 1].count()
    return Counted(min(number, most), number > most)


def query_of(chosen: ListFilter, order: str = "") -> str:
    """Return the filter as an address has it: what was chosen, in the order of the filters."""
    pairs = [(name, value) for name in chosen.filters if (value := _typed(chosen, name))]
    return urlencode([*pairs, *([(ORDER, order)] if order else [])])


def in_words(chosen: ListFilter) -> str:
    """Return the filter in words: ``Credential: RMA; Address: Mail comes back``. Empty if there is none."""
    if not chosen.is_valid():
        return ""
    return "; ".join(f"{chosen.filters[name].label}: {words}" for name, words in _chosen(chosen))


def _typed(chosen: ListFilter, name: str) -> str:
    return str((chosen.data or {}).get(name) or "")


def _chosen(chosen: ListFilter) -> Iterable[tuple[str, str]]:
    for name, value in chosen.form.cleaned_data.items():
        if value in (None, ""):
            continue
        if isinstance(value, Credential):
            yield name, value.code
        else:
            yield name, str(dict(chosen.form.fields[name].choices)[value])


def midnight(day: date) -> datetime:
    """Return the first instant of that day in Chicago."""
    return datetime(day.year, day.month, day.day, tzinfo=CHICAGO)


# Columns and reads that every list has.


def contact_of(row: Row, user: str) -> reach.Contact:
    return reach.Contact(row[f"{user}__email"] or "", row[f"{user}__bouncing_email"] or "", row[f"{user}__is_active"])


def of_member(member: str) -> list[str]:
    """Return what the columns of a member ask. ``member``: the lookup from the row, with ``__``; or empty."""
    names = ("first_name", "last_name", "amt_id", "phone", "city", "state")
    account = ("email", "bouncing_email", "is_active", "last_login")
    return [*(f"{member}{name}" for name in names), *(f"{member}user__{name}" for name in account)]


def member_columns(member: str) -> list[Column]:
    """Return who the member is."""
    return [
        Column("name", "Name", lambda row, on: name_of(row, member), (f"{member}last_name", f"{member}first_name"), 26),
        Column("amt_id", "AMT ID", lambda row, on: row[f"{member}amt_id"], (f"{member}amt_id",), 12),
    ]


def contact_columns(member: str) -> list[Column]:
    """Return how the member is reached, and when the member was last there."""
    user = f"{member}user"
    return [
        Column("email", "E-mail", lambda row, on: contact_of(row, user).address, (f"{user}__email",), 30),
        Column("phone", "Phone", lambda row, on: row[f"{member}phone"], (), 18),
        Column("trouble", "Address trouble", lambda row, on: contact_of(row, user).trouble, (), 20),
        Column("sign_in", "Last sign-in", lambda row, on: _day(row[f"{user}__last_login"]), (f"{user}__last_login",)),
    ]


def name_of(row: Row, member: str) -> str:
    return f"{row[f'{member}first_name']} {row[f'{member}last_name']}".strip()


def _day(instant: datetime | None) -> date | None:
    return day_of(instant) if instant else None
