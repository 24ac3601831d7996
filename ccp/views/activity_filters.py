"""Which recorded activities a list shows, in which order, and their totals.

The filters and the sort are part of the address, so that a list can be bookmarked, and changing the
sort or the page keeps the filters. If the address asks for a choice that the list does not have,
that choice is ignored.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, cast
from urllib.parse import urlencode

from django import forms
from django.db.models import Case, DecimalField, F, OuterRef, QuerySet, Subquery, Sum, When
from django.db.models.functions import Coalesce, Lower
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from amtportal.formatting import translated
from amtportal.prepared import prepared
from ccp.models import Activity, ActivityQuerySet, Category, Credit
from ccp.recording import eligibility
from certifications.models import Cycle

NEWEST_FIRST = "-date"
# The fields of each sort, in order. The key of the entry is added last, so that the order is always
# the same.
ORDERS = {
    "date": ("starts_on",),
    "title": ("heading_folded", "starts_on"),
    "type": (
        "activity_type__category__order",
        "activity_type__category__name",
        "activity_type__order",
        "activity_type__name",
        "starts_on",
    ),
    "points": ("counted", "starts_on"),
    "recorded": ("recorded_at",),
}
SORTS = {
    "-date": gettext_lazy("Date, newest first"),
    "date": gettext_lazy("Date, oldest first"),
    "title": gettext_lazy("Title, A to Z"),
    "-title": gettext_lazy("Title, Z to A"),
    "type": gettext_lazy("Category and type"),
    "-type": gettext_lazy("Category and type, from the last"),
    "-points": gettext_lazy("Points counted, most first"),
    "points": gettext_lazy("Points counted, fewest first"),
    "-recorded": gettext_lazy("Recorded, latest first"),
    "recorded": gettext_lazy("Recorded, earliest first"),
}
# The columns of the list: the name, and the sort of the first click. Claimed points have none.
COLUMNS = (
    (gettext_lazy("Activity"), "title"),
    (gettext_lazy("Dates"), "-date"),
    (gettext_lazy("Category"), "type"),
    (gettext_lazy("Recorded"), "-recorded"),
    (gettext_lazy("Claimed"), ""),
    (gettext_lazy("Counted"), "-points"),
)
LEFT_ASIDE = {"invalid_choice": gettext_lazy("This choice does not exist, so it is ignored.")}


@dataclass(frozen=True)
class Head:
    """The head of a column.

    ``query`` leads to the list sorted by this column; ``aria_sort`` says how the list is sorted by
    it now.
    """

    label: str
    query: str
    aria_sort: str
    is_number: bool


@dataclass(frozen=True)
class Totals:
    """The number of entries, the points claimed by those that stand, and the points counted.

    The points counted are listed by certification. ``claims`` has those of each entry by the key of
    the cycle, whatever cycle was asked for.
    """

    number: int
    claimed: Decimal
    counted: list[tuple[str, Decimal]]
    claims: dict[int, dict[int, Decimal]]


def totalled(activities: ActivityQuerySet) -> QuerySet[Activity, tuple[Any, ...]]:
    """Return what ``ActivityFilterForm.totals`` needs of these activities: a row for each credit."""
    columns = ("pk", "points", "withdrawn_at", "credits__cycle", "credits__points", "credits__cut")
    return activities.order_by().values_list(*columns)


@prepared
def _categories() -> QuerySet[Category, tuple[str, str]]:
    return Category.objects.values_list("code", "name")


class ActivityFilterForm(forms.Form):
    """The filters and the sort.

    ``cycles``: all cycles of the member, with certification and credential loaded.
    """

    cycle = forms.TypedChoiceField(
        label=gettext_lazy("CCP cycle"),
        required=False,
        coerce=int,
        empty_value=None,
        error_messages=LEFT_ASIDE,
    )
    certification = forms.TypedChoiceField(
        label=gettext_lazy("Certification"),
        required=False,
        coerce=int,
        empty_value=None,
        error_messages=LEFT_ASIDE,
    )
    category = forms.ChoiceField(label=gettext_lazy("Category"), required=False, error_messages=LEFT_ASIDE)
    source = forms.ChoiceField(
        label=gettext_lazy("Source"),
        required=False,
        error_messages=LEFT_ASIDE,
        choices=[
            ("", gettext_lazy("All sources")),
            (Activity.Source.MEMBER, gettext_lazy("Recorded by you")),
            (Activity.Source.AMT, gettext_lazy("Credited by AMT")),
            (Activity.Source.AMTRAX, gettext_lazy("Recorded in AMTrax before the portal")),
        ],
    )
    state = forms.ChoiceField(
        label=gettext_lazy("State"),
        required=False,
        error_messages=LEFT_ASIDE,
        choices=[
            ("", gettext_lazy("All states")),
            ("standing", gettext_lazy("On record")),
            ("to-be-set", gettext_lazy("Points to be set by AMT")),
            ("withdrawn", gettext_lazy("Withdrawn or void")),
        ],
    )
    sort = forms.ChoiceField(
        label=gettext_lazy("Sort by"),
        required=False,
        error_messages=LEFT_ASIDE,
        choices=list(SORTS.items()),
    )

    def __init__(self, data: Any, *, cycles: Sequence[Cycle]) -> None:
        super().__init__(data)
        self.cycles = cycles
        windows = zip(cycles, eligibility.windows(cycles), strict=True)
        named = {}
        for cycle in cycles:
            credential = cycle.certification.credential
            named[cycle.certification_id] = f"{credential.code} – {translated(credential.name)}"
        for name, choices in (
            ("cycle", [("", _("All cycles")), *((cycle.pk, str(window)) for cycle, window in windows)]),
            ("certification", [("", _("All certifications")), *named.items()]),
            ("category", [("", _("All categories")), *((code, translated(name)) for code, name in _categories())]),
        ):
            field = self.fields[name]
            assert isinstance(field, forms.ChoiceField)
            field.choices = choices

    @cached_property
    def chosen(self) -> dict[str, Any]:
        """Return the requested filters that are valid, by name; the sort is not among them."""
        self.full_clean()
        return {name: value for name, value in self.cleaned_data.items() if value and name != "sort"}

    @property
    def held(self) -> list[str]:
        """Return the chosen filters as the form labels them."""
        return [str(dict(cast(Any, self.fields[name]).choices)[value]) for name, value in self.chosen.items()]

    @cached_property
    def order(self) -> str:
        """Return the requested sort, or newest first."""
        self.full_clean()
        return self.cleaned_data.get("sort") or NEWEST_FIRST

    @property
    def is_by_date(self) -> bool:
        return self.order.removeprefix("-") == "date"

    @property
    def order_label(self) -> str:
        return str(SORTS[self.order])

    def query(self, sort: str = "") -> str:
        """Return the filters and the sort as the query of an address: ``cycle=12&sort=title``.

        Without ``sort``, the current sort is used.
        """
        sort = sort or self.order
        return urlencode(self.chosen | ({} if sort == NEWEST_FIRST else {"sort": sort}))

    @cached_property
    def heads(self) -> list[Head]:
        """Return the heads of the columns.

        The head of the column by which the list is sorted leads to the opposite order.
        """
        now, heads = self.order.removeprefix("-"), []
        for label, first in COLUMNS:
            is_now = bool(first) and first.removeprefix("-") == now
            turned = self.order.removeprefix("-") if self.order.startswith("-") else f"-{self.order}"
            aria_sort = ("descending" if self.order.startswith("-") else "ascending") if is_now else ""
            query = self.query(turned if is_now else first) if first else ""
            heads.append(Head(str(label), f"?{query}" if first else "", aria_sort, first in ("", "-points")))
        return heads

    def narrowed(self, activities: ActivityQuerySet) -> ActivityQuerySet:
        """Return the activities that match every filter."""
        if "cycle" in self.chosen or "certification" in self.chosen:
            claims = Credit.objects.filter(cycle__in=[cycle.pk for cycle in self._asked()])
            activities = activities.filter(pk__in=claims.exclude(cut=Credit.Cut.UNCLAIMED).values("activity"))
        if category := self.chosen.get("category"):
            activities = activities.filter(activity_type__category__code=category)
        if source := self.chosen.get("source"):
            activities = activities.filter(source=source)
        if state := self.chosen.get("state"):
            activities = activities.filter(withdrawn_at__isnull=state != "withdrawn")
        if state == "to-be-set":
            activities = activities.filter(points=None)
        return activities

    def sorted(self, activities: ActivityQuerySet) -> ActivityQuerySet:
        key = self.order.removeprefix("-")
        if key == "title":
            heading = Case(When(title="", then=F("activity_type__name")), default=F("title"))
            activities = activities.annotate(heading_folded=Lower(heading))
        if key == "points":
            credits = Credit.objects.filter(activity=OuterRef("pk")).order_by().values("activity")
            counted = Subquery(credits.annotate(total=Sum("points")).values("total"), output_field=DecimalField())
            activities = activities.annotate(counted=Coalesce(counted, Decimal(0)))
        sign = "-" if self.order.startswith("-") else ""
        return activities.order_by(*(f"{sign}{name}" for name in (*ORDERS[key], "pk")))

    @property
    def shows_everything(self) -> bool:
        return not self.chosen

    def totals(self, rows: Iterable[tuple[Any, ...]]) -> Totals:
        """Return the totals of activities that were read by ``totalled``.

        The points counted are those in the requested cycle or certification.
        """
        claims: dict[int, dict[int, Decimal]] = {}
        claimed = Decimal(0)
        by_cycle: dict[int, Decimal] = {}
        for pk, points, withdrawn_at, cycle, counted, cut in rows:
            if pk not in claims:
                claims[pk] = {}
                if withdrawn_at is None and points is not None:
                    claimed += points
            if cycle is not None and cut != Credit.Cut.UNCLAIMED:
                claims[pk][cycle] = counted
                by_cycle[cycle] = by_cycle.get(cycle, Decimal(0)) + counted
        by_code: dict[str, Decimal] = {}
        for asked in self._asked():
            if asked.pk in by_cycle:
                code = asked.certification.credential.code
                by_code[code] = by_code.get(code, Decimal(0)) + by_cycle[asked.pk]
        return Totals(len(claims), claimed, sorted(by_code.items()), claims)

    def _asked(self) -> list[Cycle]:
        """Return the cycles that are asked for; all cycles if nothing is asked."""
        cycle, certification = self.chosen.get("cycle"), self.chosen.get("certification")
        return [one for one in self.cycles if cycle in (None, one.pk) and certification in (None, one.certification_id)]
