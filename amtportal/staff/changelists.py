"""Lists of a million rows.

Counting and searching stop at a bound, and no filter lists the rows of a big table.
"""

import copy
import heapq
from collections.abc import Sequence
from datetime import date
from itertools import islice
from typing import Any, ClassVar

from django.contrib import admin
from django.contrib.admin.templatetags.admin_list import result_headers
from django.contrib.admin.views.main import ORDER_VAR, ChangeList
from django.core.paginator import Paginator
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.functional import cached_property
from django.utils.safestring import SafeString

from amtportal.dates import today
from amtportal.staff.filters import filters_of
from amtportal.staff.rows import rows_of

BOUND = 10_000


class TooMany(Exception):
    """More rows match a search than anybody would read."""

    def __init__(self, most: int) -> None:
        super().__init__(most)
        self.most = most


def keys_in(results: QuerySet[Any] | list[Any], *, most: int = BOUND) -> list[Any]:
    """Return the keys that a search found, to filter by. Raises ``TooMany`` above ``most`` or ``BOUND``.

    With the query itself in the filter, the database may read whole tables.
    """
    most = min(most, BOUND)
    keys = list(results[: most + 1])
    if len(keys) > most:
        raise TooMany(most)
    return keys


def among(path: str, keys: Sequence[int]) -> Q:
    """Return the condition that a relation, or the record itself (``pk``), has one of these keys.

    The keys are sent as one value (``amtportal.members.lookups``).
    """
    return Q(**{f"{path if path == 'pk' else f'{path}__pk'}__among": keys})


class BoundedPaginator(Paginator):
    """Counts only up to ``BOUND``. Staff who need row 10,001 search or filter.

    The order is removed before counting, so that the database stops at the bound and does not sort.
    """

    @cached_property
    def _found(self) -> int:
        rows = self.object_list
        if isinstance(rows, QuerySet):
            return rows.order_by().values("pk")[: BOUND + 1].count()
        return len(rows)

    @property
    def count(self) -> int:
        return min(self._found, BOUND)

    @property
    def is_cut(self) -> bool:
        return self._found > BOUND


class OrderedFilter(admin.SimpleListFilter):
    """A filter whose choices have an order of their own, in which they have an index."""

    def order(self) -> list[str]:
        """Return the order of the rows under the choice; none if it is the list's own."""
        raise NotImplementedError


class BranchedFilter(admin.ListFilter):
    """A filter by several values, each of which has an index in the order of the list, and all together none.

    The database would read the list from its beginning until a page is full: through the whole
    table, if the newest rows have other values. So each value is asked for by itself, and the keys
    are merged. (PostgreSQL does not merge the parts of a ``UNION ALL``: it sorts them.)

    The list adds ``together`` to its query itself: in the query of one value it would keep
    PostgreSQL from reading the index in its order.
    """

    together: Q | None = None
    """The condition of the choice; None if nothing is chosen."""
    branches: Sequence[Q] = ()
    """The condition of each value under the choice. A row fits one at most."""

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset


class KeptRelationFilter(admin.RelatedFieldListFilter):
    """A filter by what a record belongs to, which the record's own table keeps, with an index.

    ``cycle__certification__credential`` is kept as ``listed_credential``. The address names the
    whole path, as it does where the path is joined.
    """

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        path, listed = self.field_path, f"listed_{self.field_path.rpartition('__')[2]}"
        kept = copy.copy(self)
        kept.used_parameters = {name.replace(path, listed): value for name, value in self.used_parameters.items()}
        found: Any = super(KeptRelationFilter, kept).queryset(request, queryset)
        return found


class StaffChangeList(ChangeList):
    """A list that reads only what it shows, and has the order of the day by which it is filtered."""

    def get_ordering(self, request: HttpRequest, queryset: QuerySet[Any]) -> list[Any]:
        if not self.params.get(ORDER_VAR):
            for chosen in self.filter_specs:
                if isinstance(chosen, OrderedFilter) and (order := chosen.order()):
                    return order
        return super().get_ordering(request, queryset)

    def get_queryset(self, request: HttpRequest, exclude_parameters: Any = None) -> QuerySet[Any]:
        found = self._unbranched = super().get_queryset(request, exclude_parameters)
        for one in self._branched():
            found = found.filter(one.together)
        return self._shown(found)

    def _branched(self) -> list[BranchedFilter]:
        return [one for one in self.filter_specs if isinstance(one, BranchedFilter) and one.together is not None]

    def get_results(self, request: HttpRequest) -> None:
        """Find the rows of the page, and after a search or under a ``BranchedFilter`` their keys first.

        After a search the database would otherwise join everything that the list shows to all that
        were found, before it takes the rows of the page.
        """
        super().get_results(request)
        keys = self._keys_of_page()
        if keys is not None:
            found = self._shown(self.root_queryset.filter(pk__in=keys))
            self.result_list = found.order_by(*self.queryset.query.order_by)

    def _keys_of_page(self) -> list[int] | None:
        """Return the keys of the rows of the page; None if the page's own query finds them as fast."""
        rows: Any = self.result_list
        if not self.result_count:
            return None
        if self.query:
            return list(rows.values_list("pk", flat=True))
        branches = [branch for one in self._branched() for branch in one.branches]
        if len(branches) < 2 or not rows.query.is_sliced or set(rows.query.order_by) != {"-pk"}:
            return None
        found = self._unbranched.select_related(None).order_by("-pk").values_list("pk", flat=True)
        low, high = rows.query.low_mark, rows.query.high_mark
        merged = heapq.merge(*(list(found.filter(branch)[:high]) for branch in branches), reverse=True)
        return list(islice(merged, low, high))

    def _shown(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        shown: Any = self.model_admin
        queryset = queryset.select_related(None).select_related(*shown.list_select_related)
        return queryset.only(*shown.list_reads) if shown.list_reads else queryset

    @property
    def headers(self) -> list[dict[str, Any]]:
        return list(result_headers(self))

    @property
    def filters(self) -> SafeString:
        return filters_of(self)

    @property
    def rows(self) -> SafeString:
        return rows_of(self)


class ConditionFilter(OrderedFilter):
    """A filter whose choices are conditions that depend on the day, not on the rows."""

    by_day: ClassVar[list[str]] = []
    """The order of the rows under a choice. A day by which they are filtered has an index, and the
    newest rows, which come first otherwise, may all be of other days."""

    def order(self) -> list[str]:
        return self.by_day if self.value() in self.conditions(today()) else []

    def conditions(self, on: date) -> dict[str, tuple[str, Q]]:
        """Return the text and the condition of each choice, by its name in the address."""
        raise NotImplementedError

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(name, words) for name, (words, _) in self.conditions(today()).items()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        chosen = self.conditions(today()).get(self.value() or "")
        return queryset.filter(chosen[1]) if chosen else queryset
