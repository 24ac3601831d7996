"""Lists of a million rows.

Counting and searching stop at a bound, and no filter lists the rows of a big table.
"""

from datetime import date
from typing import Any

from django.contrib import admin
from django.core.paginator import Paginator
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.functional import cached_property

from amtportal.dates import today

BOUND = 10_000


class TooMany(Exception):
    """More rows match a search than anybody would read."""


def keys_in(results: QuerySet[Any] | list[Any]) -> list[Any]:
    """Return the keys that a search found, to filter by. Raises ``TooMany`` above ``BOUND``.

    With the query itself in the filter, the database may read whole tables.
    """
    keys = list(results[: BOUND + 1])
    if len(keys) > BOUND:
        raise TooMany
    return keys


class BoundedPaginator(Paginator):
    """Counts only up to ``BOUND``. Staff who need row 10,001 search or filter.

    The order is removed before counting, so that the database stops at the bound and does not sort.
    """

    @cached_property
    def _found(self) -> int:
        rows = self.object_list
        if isinstance(rows, QuerySet):
            return rows.order_by()[: BOUND + 1].count()
        return len(rows)

    @property
    def count(self) -> int:
        return min(self._found, BOUND)

    @property
    def is_cut(self) -> bool:
        return self._found > BOUND


class ConditionFilter(admin.SimpleListFilter):
    """A filter whose choices are conditions that depend on the day, not on the rows."""

    def conditions(self, on: date) -> dict[str, tuple[str, Q]]:
        """Return the text and the condition of each choice, by its name in the address."""
        raise NotImplementedError

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(name, words) for name, (words, _) in self.conditions(today()).items()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        chosen = self.conditions(today()).get(self.value() or "")
        return queryset.filter(chosen[1]) if chosen else queryset
