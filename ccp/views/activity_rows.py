"""The lines of the list of activities: the words and figures of each, read without its whole record."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from amtportal.dates import day_of
from amtportal.formatting import format_day, format_points, translated
from ccp.models import Activity, Credit
from ccp.models.activities import heading_of, reference_of
from certifications.deadlines import by_deadline
from certifications.models import Cycle

COLUMNS = (
    "pk",
    "title",
    "activity_type__name",
    "activity_type__category__name",
    "provider",
    "starts_on",
    "ends_on",
    "recorded_at",
    "points",
    "source",
    "withdrawn_at",
    "void_reason",
)


@dataclass(frozen=True)
class Claims:
    """What entries count for, by entry, for those of the member's cycles that they are claimed for."""

    counted: dict[int, dict[int, Decimal]]
    """The points by the key of the entry and of the cycle."""
    cycles: dict[int, Cycle]
    """The cycles of the member by their key."""

    def of(self, entry: int) -> list[tuple[Cycle, Decimal]]:
        """Return the cycles of an entry with its points, by the deadline of the certifications."""
        counted = self.counted.get(entry, {})
        cycles = [self.cycles[key] for key in counted]
        return [(cycle, counted[cycle.pk]) for cycle in (by_deadline(cycles) if len(cycles) > 1 else cycles)]


@dataclass(frozen=True)
class Row:
    """A line of the list."""

    key: str
    heading: str
    reference: str
    provider: str
    category: str
    starts_on: date
    ends_on: date
    recorded_on: date
    claimed: str
    counted: list[tuple[str, str]]
    """The points counted, as text after the code of the certification."""
    group: str
    """The cycles for which the entry is claimed, in words."""
    by_amt: bool
    is_void: bool
    is_withdrawn: bool


def claims(entries: Sequence[int], cycles: Iterable[Cycle]) -> Claims:
    """Return what these entries of a member count for; one query. ``cycles``: all of the member."""
    rows = (
        Credit.objects.filter(activity__in=entries)
        .exclude(cut=Credit.Cut.UNCLAIMED)
        .order_by("cycle_id")
        .values_list("activity_id", "cycle_id", "points")
    )
    counted: dict[int, dict[int, Decimal]] = {}
    for entry, cycle, points in rows:
        counted.setdefault(entry, {})[cycle] = points
    known = {cycle.pk: cycle for cycle in cycles}
    if opened := {key for of_entry in counted.values() for key in of_entry} - known.keys():  # in the meantime
        known |= Cycle.objects.select_related("certification__credential").in_bulk(opened)
    return Claims(counted, known)


def rows(found: Sequence[Sequence[Any]], cycles: Iterable[Cycle]) -> list[Row]:
    """Return the lines of these entries, which were read by ``COLUMNS``; one query."""
    of_entries = claims([values[0] for values in found], cycles)
    return [_row(*values, claimed_for=of_entries.of(values[0])) for values in found]


def _row(
    pk: int,
    title: str,
    type_name: str,
    category: str,
    provider: str,
    starts_on: date,
    ends_on: date,
    recorded_at: datetime,
    points: Decimal,
    source: str,
    withdrawn_at: datetime | None,
    void_reason: str,
    *,
    claimed_for: list[tuple[Cycle, Decimal]],
) -> Row:
    return Row(
        key=str(pk),
        heading=heading_of(title, type_name),
        reference=reference_of(pk),
        provider=provider,
        category=translated(category),
        starts_on=starts_on,
        ends_on=ends_on,
        recorded_on=day_of(recorded_at),
        claimed=format_points(points),
        counted=[(cycle.certification.credential.code, format_points(counted)) for cycle, counted in claimed_for],
        group=_in_words([cycle for cycle, _counted in claimed_for]),
        by_amt=source == Activity.Source.AMT,
        is_void=void_reason != "",
        is_withdrawn=withdrawn_at is not None,
    )


def _in_words(cycles: list[Cycle]) -> str:
    if not cycles:
        return _("For no certification")
    sentence = _("%(code)s cycle %(first)s to %(last)s")
    return _(" and ").join(
        sentence
        % {
            "code": cycle.certification.credential.code,
            "first": format_day(cycle.starts_on),
            "last": format_day(cycle.ends_on),
        }
        for cycle in cycles
    )
