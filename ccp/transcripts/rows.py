"""The lines of a transcript: what each says, and how its page and its document show it.

The lines are written here and not by a template: a transcript has up to hundreds of them, and a
template took as long for 30 of them as the rest of the page takes. They are in the language that is
active when they are written.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.utils.html import escape
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from amtportal.formatting import direction, format_day_in_table, format_points, translated
from amtportal.members.templatetags.portal import days_to_in_table
from ccp.counting import reasons
from ccp.models import Activity, Credit
from ccp.models.activities import claim_in_words


@dataclass(frozen=True)
class SheetRow:
    """One activity on the transcript; ``note`` says why less than the claim counts."""

    reference: str
    activity_type: str
    type: str
    title: str
    provider: str
    starts_on: date
    ends_on: date
    claimed: Decimal | None
    counted: Decimal
    cut: str
    source: str

    @property
    def claim_in_words(self) -> str:
        return claim_in_words(self.claimed)

    @property
    def by_amt(self) -> bool:
        return self.source == Activity.Source.AMT

    @property
    def source_in_words(self) -> str:
        """Return where the entry comes from; empty for what the member recorded in the portal."""
        return "" if self.source == Activity.Source.MEMBER else str(Activity.Source(self.source).label)

    @property
    def note(self) -> str:
        """Return the note in the language of the page or document that contains it."""
        return reasons.why(Credit.Cut(self.cut), claimed=self.claimed, counted=self.counted)


def on_page(rows: Iterable[SheetRow]) -> SafeString:
    """Return the lines of one category on the page."""
    dates, claimed, counted = escape(_("Dates")), escape(_("Claimed")), escape(_("Counted"))
    types: dict[str, str] = {}
    lines = []
    for row in rows:
        if row.type not in types:
            types[row.type] = escape(translated(row.type))
        kind = types[row.type]
        about = row.reference
        if row.title:
            about += f" · {kind}"
        if source := row.source_in_words:
            about += f" · {escape(source)}"
        if row.provider:
            about += f" · <bdi>{escape(row.provider)}</bdi>"
        note = f"\n<small>{escape(said)}</small>" if (said := row.note) else ""
        lines.append(
            f"""<tr>
  <th scope="row">
    {f"<bdi>{escape(row.title)}</bdi>" if row.title else kind}
    <small>{about}</small>{note}
  </th>
  <td data-label="{dates}"><span>{days_to_in_table(row.starts_on, row.ends_on)}</span></td>
  <td class="number" data-label="{claimed}">{escape(row.claim_in_words)}</td>
  <td class="number" data-label="{counted}">{format_points(row.counted)}</td>
</tr>
"""
        )
    return SafeString("".join(lines))


def in_document(rows: Iterable[SheetRow]) -> SafeString:
    """Return the lines of one type in the document, which says the type above them."""
    lines = []
    for row in rows:
        days = format_day_in_table(row.starts_on)
        if row.ends_on != row.starts_on:
            days = f"{days} to {format_day_in_table(row.ends_on)}"
        what = f'<bdi dir="{direction(row.title)}">{escape(row.title)}</bdi>' if row.title else escape(row.type)
        if source := row.source_in_words:
            what += f' <span class="source">{escape(source)}</span>'
        if note := row.note:
            what += f'<span class="note">{escape(note)}</span>'
        lines.append(
            f"""<tr>
  <td>{row.reference}</td>
  <td>{days}</td>
  <td>{what}</td>
  <td dir="{direction(row.provider)}">{escape(row.provider)}</td>
  <td class="number">{escape(row.claim_in_words)}</td>
  <td class="number">{format_points(row.counted)}</td>
</tr>
"""
        )
    return SafeString("".join(lines))
