"""The import of CE from AMTrax, from the CSV that the old system exports.

- All or nothing: if one row is bad, nothing is written. Every bad row is reported with its line and
  column and how to fix it.
- A reference of AMTrax identifies one entry forever: the same row again changes nothing, and a row
  with other values under a reference that is on record is bad.
- A row is bad if nobody has its AMT ID or no open cycle covers its days: its points would count for
  nothing. Staff may have the rows of earlier cycles left out instead.
- A row that looks like another entry is imported, and told.

The command and the admin both use ``AmtraxResource``. ``amtportal.imports`` does what is the same
for every import.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import IntegrityError
from import_export.fields import Field
from import_export.results import Result

from amtportal.chunks import chunks
from amtportal.dates import day_of
from amtportal.formatting import format_day_in_table, format_points
from amtportal.imports.cells import Problem, before_a_spreadsheet, zeros_in
from amtportal.imports.resource import ImportResource
from amtportal.members.models import Member
from amtportal.refusals import Refused
from ccp.amt_credits.holding import Received, reason_to_hold
from ccp.amtrax import entries as amtrax_entries
from ccp.amtrax import rows as amtrax_rows
from ccp.amtrax.entries import AmtraxEntry
from ccp.amtrax.rows import COLUMNS, REQUIRED, AmtraxRow
from ccp.counting.terms import catalogue
from ccp.models import Activity, ActivityType
from ccp.models.activities import reference_of
from ccp.recording import duplicates
from ccp.recording.eligibility import Claim, covered_by
from ccp.rollover import catching_up
from certifications.models import Cycle


@dataclass(frozen=True)
class FileEntry:
    """A good row, and whether it is new."""

    row: AmtraxRow
    is_new: bool

    @property
    def changes_nothing(self) -> bool:
        return not self.is_new

    def preview(self) -> list[str]:
        row = self.row
        return [
            row.reference,
            row.amt_id,
            row.activity_type,
            row.title,
            row.provider,
            format_day_in_table(row.starts_on),
            format_day_in_table(row.ends_on),
            format_points(row.points),
            format_day_in_table(row.recorded_on) if row.recorded_on else "",
        ]


class AmtraxResource(ImportResource[AmtraxRow, FileEntry]):
    """One import of CE from AMTrax. Make a new instance for each file."""

    noun = "activities"
    columns = COLUMNS
    required = REQUIRED
    overtaken = "Somebody recorded CE"
    collisions = (IntegrityError, Refused)

    reference = Field("provider_reference")
    amt_id = Field("member__amt_id")
    activity_type = Field("activity_type__code")
    title = Field("title")
    provider = Field("provider")
    starts_on = Field("starts_on")
    ends_on = Field("ends_on")
    points = Field("points")
    recorded_on = Field("recorded_in_amtrax_on")

    class Meta:
        name = "CE from AMTrax"
        model = Activity
        fields = COLUMNS
        import_order = export_order = COLUMNS

    def __init__(self, *, leave_out_past: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.leave_out_past = leave_out_past
        self.left_out: dict[int, Problem] = {}
        self.look_alikes: list[Problem] = []
        self._activity_types: dict[str, ActivityType] = {}
        self._stored: dict[str, Activity] = {}
        self._members: dict[str, Member] = {}
        self._open: Mapping[int, list[Cycle]] = {}

    def lock(self) -> None:
        list(ActivityType.objects.select_for_update(no_key=True).order_by("pk"))
        self._activity_types = {
            activity_type.code: activity_type
            for activity_type in ActivityType.objects.select_related("category").prefetch_related("credentials")
        }

    def read_row(self, cells: dict[str, str], line: int) -> tuple[AmtraxRow | None, list[Problem]]:
        return amtrax_rows.read_amtrax_row(cells, line=line, activity_types=self._activity_types)

    def judge(self, rows: list[AmtraxRow]) -> Iterator[Problem]:
        self._members = Member.objects.known_as({row.amt_id for row in rows})
        self._stored = amtrax_entries.by_reference([row.reference for row in rows])
        new = [row for row in rows if row.reference not in self._stored]
        members = {member.pk for row in new if (member := self._members.get(row.amt_id))}
        self._open = catching_up.open_by_member(members, at=self.at, lock=True)
        yield from amtrax_rows.contradictions(rows)
        yield from self._contradictions_with_record(rows)
        yield from self._problems_with_new(new)
        yield from _spoiled_references(new)

    def without_waiting(self, rows: list[AmtraxRow]) -> list[AmtraxRow]:
        return [row for row in rows if row.line not in self.left_out]

    def enter(self, rows: list[AmtraxRow]) -> list[FileEntry]:
        self.look_alikes = self._told([row for row in rows if row.reference not in self._stored])
        return [FileEntry(row, row.reference not in self._stored) for row in rows]

    def write(self, new: list[FileEntry]) -> None:
        rows = [entry.row for entry in new]
        amtrax_entries.bring_in(
            entries=[
                AmtraxEntry(row.reference, self._members[row.amt_id], self._claim(row), row.recorded_on) for row in rows
            ],
            by=self.by,
            at=self.at,
        )

    @property
    def told(self) -> Sequence[Problem]:
        """What staff should know: rows that were left out, and rows that look like other entries."""
        return sorted([*self.left_out.values(), *self.look_alikes], key=lambda problem: problem.line)

    def after_import(self, dataset: Any, result: Result, **kwargs: Any) -> None:
        super().after_import(dataset, result, **kwargs)
        if not self.problems:
            result.left_as_is = self.told
            result.for_staff = self.for_staff()

    def for_staff(self) -> list[str]:
        """Return a sentence for what was left out, and for what looks alike."""
        sentences = []
        if self.left_out:
            sentences.append(f"{_rows(len(self.left_out))} of earlier cycles left out.")
        if self.look_alikes:
            sentences.append(f"{_rows(len(self.look_alikes))} like another entry: check them with the member.")
        return sentences

    def _contradictions_with_record(self, rows: list[AmtraxRow]) -> Iterator[Problem]:
        for row in rows:
            stored = self._stored.get(row.reference)
            if stored and (differences := amtrax_rows.differences(row, stored, self._members.get(row.amt_id))):
                yield Problem(
                    row.line,
                    "reference",
                    f"{row.reference} is on record with other values: {differences}. Correct the row; or have "
                    f"{stored.reference} voided, and send the right values under a new reference.",
                )

    def _problems_with_new(self, new: Iterable[AmtraxRow]) -> Iterator[Problem]:
        """Find new rows that break a rule, or that no open cycle covers."""
        on = day_of(self.at)
        terms = catalogue()
        of_day = {code: terms.terms(activity_type, on) for code, activity_type in self._activity_types.items()}
        for row in new:
            member = self._members.get(row.amt_id)
            cycles = self._open.get(member.pk, []) if member else []
            is_past = member is not None and all(row.ends_on < cycle.starts_on for cycle in cycles)
            if is_past and self.leave_out_past:
                self.left_out[row.line] = Problem(row.line, "starts_on", f"Left out. {self._uncovered(row, member)}")
                continue
            activity_type = self._activity_types[row.activity_type]
            if problems := amtrax_rows.problems_with(row, activity_type, of_day[row.activity_type], on):
                yield from problems
            elif member is None:
                sentence = f"{self._uncovered(row, member)} Import the roster first, or correct the AMT ID."
                yield Problem(row.line, "amt_id", sentence)
            elif not covered_by(self._claim(row), cycles):
                sentence = f"{self._uncovered(row, member)} It would count for nothing: delete the row, or correct it."
                yield Problem(row.line, "starts_on", sentence)

    def _uncovered(self, row: AmtraxRow, member: Member | None) -> str:
        received = Received(row.reference, row.amt_id, self._claim(row))
        cycles = self._open.get(member.pk, []) if member else []
        return reason_to_hold(received, member=member, open_cycles=cycles)

    def _claim(self, row: AmtraxRow) -> Claim:
        return Claim(
            activity_type=self._activity_types[row.activity_type],
            points=row.points,
            starts_on=row.starts_on,
            ends_on=row.ends_on,
            title=row.title,
            provider=row.provider,
        )

    def _told(self, new: Sequence[AmtraxRow]) -> list[Problem]:
        """Return the new rows that look like an entry on record, or like an earlier row of the file."""
        by_member: dict[int, list[AmtraxRow]] = {}
        for row in new:
            by_member.setdefault(self._members[row.amt_id].pk, []).append(row)
        told = []
        for some in chunks(by_member):
            on_record = duplicates.on_record_of(list(some))
            for member in some:
                compared = [(reference_of(stored), like) for stored, like in on_record.get(member, [])]
                for row in by_member[member]:
                    claim = self._claim(row)
                    cycles = [cycle.pk for cycle in covered_by(claim, self._open.get(member, []))]
                    own = duplicates.Comparable(
                        claim.activity_type.pk, row.title, row.starts_on, row.ends_on, frozenset(cycles)
                    )
                    for reference, other in compared:
                        if likeness := duplicates.likeness(own, other):
                            sentence = f"It looks like {reference}: {duplicates.REASONS[likeness]}. It is imported."
                            told.append(Problem(row.line, "title", sentence))
                            break
                    compared.append((f"line {row.line}", own))
        return told


def _spoiled_references(new: Sequence[AmtraxRow]) -> Iterator[Problem]:
    """Find new references that are on record with other zeros at the beginning.

    A spreadsheet takes these zeros away. The entry would be recorded a second time.
    """
    lines = {row.reference: row.line for row in new}
    from_amtrax = Activity.objects.filter(source=Activity.Source.AMTRAX).order_by()
    most_zeros = zeros_in(from_amtrax, "provider_reference")
    forms = {
        form: reference
        for reference in lines
        for form in before_a_spreadsheet(reference, most_zeros=most_zeros)
        if form not in lines
    }
    for stored in sorted(amtrax_entries.by_reference(list(forms))):
        yield Problem(
            lines[forms[stored]],
            "reference",
            f"“{forms[stored]}” differs from “{stored}”, which is on record, only as a spreadsheet changes numbers. "
            f"Write {stored}.",
        )


def _rows(number: int) -> str:
    return f"{number:,} {'row' if number == 1 else 'rows'}"
