"""The lines of the list of activities, read without the whole record of each entry.

They are written here and not by a template: a page has up to 50 of them, and a template took as
long for them as the rest of the page takes.
"""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.urls import reverse
from django.utils.html import escape
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from amtportal.dates import day_of
from amtportal.formatting import format_day, format_points, translated
from amtportal.members.templatetags.portal import day, days_to
from ccp.amt_credits.credits import PROVIDER
from ccp.models import Activity
from ccp.models.activities import claim_in_words, heading_of, reference_of
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
    "recorded_in_amtrax_on",
    "points",
    "source",
    "withdrawn_at",
    "void_reason",
)
"""What a line is read from, in the order of the parameters of ``Writer.line``."""


class Claims:
    """What the entries of a member count for in the member's cycles."""

    def __init__(self, counted: dict[int, dict[int, Decimal]], cycles: Iterable[Cycle]) -> None:
        """``counted``: the points by the key of the entry and of the cycle."""
        self.counted = counted
        self.cycles = {cycle.pk: cycle for cycle in cycles}
        self._in_words: dict[tuple[int, ...], str] = {}

    def of(self, entry: int) -> list[tuple[Cycle, Decimal]]:
        """Return the cycles of an entry with its points, by the deadline of the certifications."""
        counted = self.counted.get(entry, {})
        # A cycle that was opened after the cycles were read is shown the next time.
        cycles = [self.cycles[key] for key in sorted(counted) if key in self.cycles]
        return [(cycle, counted[cycle.pk]) for cycle in (by_deadline(cycles) if len(cycles) > 1 else cycles)]

    def in_words(self, cycles: Sequence[Cycle]) -> str:
        key = tuple(cycle.pk for cycle in cycles)
        if key not in self._in_words:
            self._in_words[key] = _in_words(cycles)
        return self._in_words[key]


def _in_words(cycles: Sequence[Cycle]) -> str:
    if not cycles:
        return _("For no certification")
    cycle = _("%(code)s cycle %(first)s to %(last)s")
    return _(" and ").join(
        cycle
        % {
            "code": one.certification.credential.code,
            "first": format_day(one.starts_on),
            "last": format_day(one.ends_on),
        }
        for one in cycles
    )


def groups(found: Iterable[Sequence[Any]], claims: Claims, *, by_cycle: bool) -> list[tuple[str, SafeString]]:
    """Return the lines of a page grouped by the cycles for which the entries are claimed.

    ``found`` is read by ``COLUMNS``. The groups come in the order in which they first appear.
    Without ``by_cycle`` there is one group.
    """
    write = Writer()
    lines: dict[str, list[str]] = {}
    for values in found:
        claimed_for = claims.of(values[0])
        label = claims.in_words([cycle for cycle, _counted in claimed_for]) if by_cycle else ""
        lines.setdefault(label, []).append(write.line(claimed_for, *values))
    return [(label, SafeString("".join(of_group))) for label, of_group in lines.items()]


class Writer:
    """Writes lines in one language. What is the same in all of them is looked up once."""

    def __init__(self) -> None:
        self.address = reverse("activity-list")
        self.dates, self.category, self.recorded = escape(_("Dates")), escape(_("Category")), escape(_("Recorded"))
        self.claimed, self.counted = escape(_("Claimed")), escape(_("Counted"))
        self.sources = {source.value: escape(source.label) for source in Activity.Source}
        self.categories: dict[str, str] = {}

    def line(
        self,
        claimed_for: Sequence[tuple[Cycle, Decimal]],
        pk: int,
        title: str,
        type_name: str,
        category: str,
        provider: str,
        starts_on: date,
        ends_on: date,
        recorded_at: datetime,
        recorded_in_amtrax_on: date | None,
        points: Decimal | None,
        source: str,
        withdrawn_at: datetime | None,
        void_reason: str,
    ) -> str:
        if category not in self.categories:
            self.categories[category] = escape(translated(category))
        badge, more = "", ""
        if void_reason:
            badge = _badge("void", pgettext("entry", "Void"))
        elif withdrawn_at:
            badge = _badge("withdrawn", pgettext("entry", "Withdrawn"))
        if source != Activity.Source.MEMBER:
            more = f" · {self.sources[source]}"
        if provider and provider != PROVIDER:
            more += f" · <bdi>{escape(provider)}</bdi>"
        counted = "\n".join(
            f'<span class="line">{escape(cycle.certification.credential.code)}'
            f" <strong>{format_points(counted)}</strong></span>"
            for cycle, counted in claimed_for
        )
        is_cut = any(of_cycle != points for _cycle, of_cycle in claimed_for)
        return f"""<tr>
  <th scope="row">
    <span class="activity"><a href="{self.address}{pk}/"><bdi>{escape(heading_of(title, type_name))}</bdi></a>
    {badge}</span>
    <small>{reference_of(pk)}{more}</small>
  </th>
  <td class="activity-days" data-label="{self.dates}"><span>{days_to(starts_on, ends_on)}</span></td>
  <td class="desk" data-label="{self.category}"><span>{self.categories[category]}</span></td>
  <td class="desk" data-label="{self.recorded}">{day(recorded_in_amtrax_on or day_of(recorded_at))}</td>
  <td class="number{"" if is_cut else " desk"}" data-label="{self.claimed}">{escape(claim_in_words(points))}</td>
  <td class="number" data-label="{self.counted}"><span>{counted or 0}</span></td>
</tr>
"""


def _badge(state: str, words: str) -> str:
    return f'<span class="badge" data-state="{state}">{escape(words)}</span>'
