"""The roster import: members and their certifications from the CSV that a membership system exports.

- All or nothing: if one row is bad, nothing is written. Every bad row is reported with its line and
  column and how to fix it.
- A good row about whose person staff must decide first waits, and the others are imported
  (``waiting``). A member without an address of their own comes in without a way to sign in.
- A new member gets an account. Nobody can sign in to it until its owner activates it by mail.
- A new certification gets the cycle to which the day of the import belongs, with the three renewal
  invoices of the cycle.
- A row that differs from the record changes it. A row that does not differ leaves no trace. A
  member who is on record but not in the file stays unchanged, and an import opens no second cycle.

The command and the admin both use ``RosterResource``. ``rows`` judges the rows by themselves,
``record`` compares them with the record, and ``changes`` writes them. ``amtportal.imports`` does
what is the same for every import.
"""

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

import tablib
from django.db import IntegrityError, models
from import_export.fields import Field
from import_export.results import Result
from import_export.widgets import BooleanWidget, DateWidget

from amtportal.after_commit import after_commit
from amtportal.dates import today
from amtportal.imports.cells import Problem
from amtportal.imports.resource import ImportResource
from certifications import credential_names
from certifications.models import Certification, Credential
from certifications.roster import changes as roster_changes
from certifications.roster import differences, fees, spoiled
from certifications.roster import record as roster_records
from certifications.roster import rows as roster_rows
from certifications.roster import waiting as roster_waiting
from certifications.roster.entries import RosterEntry
from certifications.roster.fees import FeesTally
from certifications.roster.occasion import Occasion
from certifications.roster.record import Record
from certifications.roster.rows import COLUMNS, REQUIRED, RosterRow
from certifications.roster.sign_ins import sign_ins
from certifications.roster.signals import roster_imported
from certifications.roster.waiting import Waiting

BATCH = 500


class RosterResource(ImportResource[RosterRow, RosterEntry]):
    """One import of a roster. Make a new instance for each file."""

    noun = "roster"
    columns = COLUMNS
    required = REQUIRED
    overtaken = "Somebody added or changed a member or certification"
    collisions = (IntegrityError, roster_changes.Overtaken)

    amt_id = Field("member__amt_id")
    email = Field("member__user__email")
    first_name = Field("member__first_name")
    last_name = Field("member__last_name")
    credential = Field("credential__code")
    certificate_number = Field("certificate_number")
    awarded_on = Field("awarded_on", widget=DateWidget("%Y-%m-%d"))
    phone = Field("member__phone")
    address_line1 = Field("member__address_line1")
    address_line2 = Field("member__address_line2")
    city = Field("member__city")
    state = Field("member__state")
    postal_code = Field("member__postal_code")
    country = Field("member__country")
    ccp_mandatory = Field("ccp_mandatory", widget=BooleanWidget())
    fees_paid_through = Field("fees_paid_through", widget=DateWidget("%Y-%m-%d"))

    class Meta:
        name = "Roster"
        model = Certification
        fields = COLUMNS
        import_order = export_order = COLUMNS

    def __init__(self, *, on: date | None = None, not_asked_before: date | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.on = on or today()
        self.not_asked_before = not_asked_before
        self.fees_tally = FeesTally()
        self.new_members = 0
        self.waiting: list[Waiting] = []
        self._credentials: dict[str, Credential] = {}
        self._codes: dict[str, str] = {}
        self.notes: list[Waiting] = []
        self.differing: list[Problem] = []
        self.without_sign_in = 0  # members of the file who have no way to sign in after the import
        self._record = Record()

    def get_queryset(self) -> models.QuerySet[Certification]:
        return super().get_queryset().select_related("member__user", "credential")

    def lock(self) -> None:
        credentials = list(Credential.objects.select_for_update(no_key=True).order_by("pk"))
        self._credentials = credential_names.by_code(credentials)
        self._codes = {code: credential.code for code, credential in self._credentials.items()}

    def read_row(self, cells: dict[str, str], line: int) -> tuple[RosterRow | None, list[Problem]]:
        return roster_rows.read_roster_row(cells, line=line, credentials=self._codes, on=self.on)

    def judge(self, rows: list[RosterRow]) -> Iterator[Problem]:
        self._record = roster_records.look_up(rows)
        self.waiting = list(roster_waiting.waiting_rows(rows, self._record))
        rest = self.without_waiting(rows)
        yield from roster_rows.contradictions(rest)
        yield from roster_records.conflicts(rest, self._record)
        yield from spoiled.spoiled_numbers(rest, self._record)

    def without_waiting(self, rows: list[RosterRow]) -> list[RosterRow]:
        lines = {waiting.row.line for waiting in self.waiting}
        return [row for row in rows if row.line not in lines]

    def enter(self, rows: list[RosterRow]) -> list[RosterEntry]:
        members, certifications = self._record.members, self._record.certifications
        self.new_members = len({row.amt_id for row in rows} - members.keys())
        of_members = sign_ins(rows, self._record)
        self.without_sign_in = sum(not sign_in.address for sign_in in of_members.values())
        new = [row for row in rows if (row.amt_id, row.credential) not in certifications]
        self.fees_tally = fees.tally(new, self._record.fees, on=self.on, not_asked_before=self.not_asked_before)
        self.notes = sorted(
            [*self.waiting, *roster_waiting.address_rows(rows, of_members)], key=lambda note: note.row.line
        )
        # The entries hold what is left to know, and writing needs the memory.
        self._record = Record(fees=self._record.fees)
        entries = [
            RosterEntry(
                row,
                of_members[row.amt_id],
                members.get(row.amt_id),
                certifications.get((row.amt_id, row.credential)),
            )
            for row in rows
        ]
        self.differing = differences.notes(entries, self.at)
        return entries

    def for_staff(self) -> list[str]:
        """Return a sentence for each list that the import leaves to staff."""
        sentences = []
        if self.notes:
            sentences.append(f"{_are(len(self.notes), 'row waits', 'rows wait')} for staff.")
        if self.differing:
            one, several = "detail differs from the record and waits", "details differ from the record and wait"
            sentences.append(f"{len(self.differing):,} {one if len(self.differing) == 1 else several} for staff.")
        if self.without_sign_in:
            sentences.append(f"{_are(self.without_sign_in, 'member has', 'members have')} no way to sign in.")
        return [*sentences, *self.fees_tally.sentences(is_preview=self.is_preview)]

    @property
    def fee_notes(self) -> Sequence[Problem]:
        """What the file says about paid fees that changes nothing, for staff to read."""
        return self._record.fees.notes

    def after_import(self, dataset: tablib.Dataset, result: Result, **kwargs: Any) -> None:
        super().after_import(dataset, result, **kwargs)
        result.notes = [note.problem for note in self.notes]
        result.left_as_is = self.fee_notes
        result.differing = self.differing
        result.for_staff = [] if self.problems else self.for_staff()

    def write(self, new: list[RosterEntry]) -> None:
        """Write the changes first, then the new rows.

        A new row may use a certificate number that a change has released.
        """
        reason = f"Roster import: {self.file_name}" if self.file_name else "Roster import"
        occasion = Occasion(self.at, reason, self.by)
        changed_members = {entry.row.amt_id: entry for entry in self.entries if entry.changes_member}
        changed_certifications = [
            (entry.row, entry.certification)
            for entry in self.entries
            if entry.certification is not None and entry.changes_certification
        ]
        roster_changes.write_changes(
            list(changed_members.values()), changed_certifications, on=self.on, occasion=occasion
        )
        differences.store(self.entries, occasion=occasion, file_name=self.file_name)
        fees.settle(self._record.fees, occasion)
        members = {entry.row.amt_id: entry.member.pk for entry in self.entries if entry.member}
        with self.progress("Writing", len(new)) as bar:
            for start in range(0, len(new), BATCH):
                awards = new[start : start + BATCH]
                roster_changes.write_new(
                    awards,
                    members,
                    credentials=self._credentials,
                    on=self.on,
                    not_asked_before=self.not_asked_before,
                    occasion=occasion,
                )
                bar.update(len(awards))
        imported = (entry.row for entry in self.entries)
        roster_waiting.store(self.notes, imported, occasion=occasion, file_name=self.file_name)
        after_commit(roster_imported.send_robust, sender=type(self), occasion=occasion)


def _are(number: int, one: str, several: str) -> str:
    return f"{number:,} {one if number == 1 else several}"
