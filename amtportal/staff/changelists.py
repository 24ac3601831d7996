"""Lists over a million rows: nothing is counted or searched to the end, and no filter draws a menu of a big table."""

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
    """More rows fit the words of a search than anybody would read."""


def keys_in(found: QuerySet[Any]) -> list[Any]:
    """What a search found, as keys to join to. Given the query instead, the database may read whole tables."""
    keys = list(found[: BOUND + 1])
    if len(keys) > BOUND:
        raise TooMany
    return keys


class BoundedPaginator(Paginator):
    """Counts to ``BOUND`` and no further; whoever needs row 10,001 searches or filters.

    The order is taken off before counting: the database then stops at the bound, and sorts nothing.
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
        """Each choice by its name in the address: the words that staff read, and the condition."""
        raise NotImplementedError

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(name, words) for name, (words, _) in self.conditions(today()).items()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        chosen = self.conditions(today()).get(self.value() or "")
        return queryset.filter(chosen[1]) if chosen else queryset
