"""What a member or staff changed, and the roster says otherwise: the record stays, and staff decide.

The roster names a person's name, phone number and postal address. If a member or staff changed one
of them (``amtportal.members.details``), it stays as long as the roster says the same as before. If
the roster brings something new, it stays too, and waits for staff on the list of differences; each
import tells of it until they have decided.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from simple_history.utils import bulk_update_with_history

from amtportal.chunks import chunks
from amtportal.dates import day_of
from amtportal.formatting import format_day
from amtportal.imports.cells import Problem, short
from amtportal.members import details
from amtportal.members.models import RosterDifference
from certifications.roster.changes import Overtaken
from certifications.roster.entries import Difference, RosterEntry, StoredMember
from certifications.roster.occasion import Occasion


def of_entries(entries: Iterable[RosterEntry], at: datetime) -> Iterator[tuple[RosterEntry, Difference, Difference]]:
    """Return each difference of the members in the file: the first entry, how it is, and how it is after the import."""
    seen: set[int] = set()
    for entry in entries:
        if entry.member and entry.member.differences and entry.member.pk not in seen:
            seen.add(entry.member.pk)
            for difference in entry.member.differences:
                yield entry, difference, difference.after(entry.row, entry.member.person, at)


def notes(entries: Sequence[RosterEntry], at: datetime) -> list[Problem]:
    """Return a note for each difference that waits for staff after the import."""
    found = of_entries(entries, at)
    return [_note(entry, entry.member, after) for entry, _, after in found if after.waits_since and entry.member]


def store(entries: Sequence[RosterEntry], *, occasion: Occasion, file_name: str) -> None:
    """Keep what the roster says now. Raises ``Overtaken`` if somebody changed it in the meantime."""
    changed = {before.pk: (before, after) for _, before, after in of_entries(entries, occasion.at) if before != after}
    for keys in chunks(sorted(changed)):
        rows = list(RosterDifference.objects.select_for_update().filter(pk__in=keys).order_by("pk"))
        for row in rows:
            before, after = changed[row.pk]
            if row.roster_says != before.said or row.settled_at or row.changed_at != before.changed_at:
                raise Overtaken
            row.roster_says, row.waits_since = dict(after.said), after.waits_since
            row.decided_against = list(after.decided_against)
            row.file_name = file_name[:255]
            if after.is_settled:
                row.settled_at = occasion.at
        bulk_update_with_history(
            rows,
            RosterDifference,
            ["roster_says", "decided_against", "waits_since", "settled_at", "file_name"],
            **occasion.history(),
        )


def _note(entry: RosterEntry, member: StoredMember, difference: Difference) -> Problem:
    own = details.values_of(member.person, difference.detail)
    column = next(column for column in own if own[column] != difference.said[column])
    who = "the member" if difference.by_member else "staff"
    in_roster, on_record = (short(details.in_one_line(values), 120) for values in (difference.said, own))
    return Problem(
        entry.row.line,
        column,
        f"AMT ID {entry.row.amt_id}: the roster has “{in_roster}”. On record is “{on_record}”, which {who} changed on "
        f"{format_day(day_of(difference.changed_at))}. "
        "The record stays until staff decide: in the admin, Differences from the roster.",
    )
