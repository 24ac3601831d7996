"""Lists over a million rows: nothing is counted to the end, and no filter draws a menu of a big table."""

from datetime import date
from typing import Any

from django.contrib import admin
from django.core.paginator import Paginator
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.functional import cached_property

from amtportal.dates import today

BOUND = 10_000
FEW = 1_000


def keys_in(found: QuerySet[Any]) -> Any:
    """Keys for ``__in``: a short result as the keys themselves, a long one as its query.

    From a few keys the database goes straight to their rows. With a query it may read the newest rows until enough have
    matched, which is right where many match and reads the whole table where few do.
    """
    few = list(found[: FEW + 1])
    return few if len(few) <= FEW else found


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
