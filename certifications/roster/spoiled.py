"""Numbers that a spreadsheet has spoiled: 00042 became 42.

A row is a conflict, not a change, if it differs from the record only by what a spreadsheet does to
a number: zeros at the beginning, a plus sign, ``.0``. This is so for a certificate number, a postal
code and a phone number, and for an AMT ID that nobody has while somebody has it with its zeros. If
the record is wrong, staff correct it in the admin.
"""

from collections.abc import Iterator, Sequence

from amtportal.chunks import chunks
from amtportal.imports.cells import Problem, before_a_spreadsheet, differs_by_spreadsheet, zeros_in
from amtportal.members.models import Member
from certifications.roster.record import Record
from certifications.roster.rows import RosterRow

OF_MEMBERS = ("phone", "postal_code")
LONGEST_AMT_ID = Member._meta.get_field("amt_id").max_length


def spoiled_numbers(rows: Sequence[RosterRow], record: Record) -> Iterator[Problem]:
    """Find the rows that would change a number only as a spreadsheet changes it."""
    for row in rows:
        if member := record.members.get(row.amt_id):
            for column in OF_MEMBERS:
                written, stored = getattr(row, column), member.said(column)
                if written is not None and differs_by_spreadsheet(written, stored):
                    yield _problem(row.line, column, written, stored)
        certification = record.certifications.get((row.amt_id, row.credential))
        if certification and differs_by_spreadsheet(row.certificate_number, certification.certificate_number):
            yield _problem(row.line, "certificate_number", row.certificate_number, certification.certificate_number)
    yield from _spoiled_ids(rows, record)


def _spoiled_ids(rows: Sequence[RosterRow], record: Record) -> Iterator[Problem]:
    """Find new AMT IDs that somebody on record has with other zeros at the beginning."""
    unknown = {row.amt_id: row.line for row in rows if row.amt_id not in record.members}
    most_zeros = zeros_in(Member.objects.order_by(), "amt_id")
    wanted = {
        form: amt_id
        for amt_id in unknown
        for form in before_a_spreadsheet(amt_id, most_zeros=most_zeros)
        if form not in unknown and len(form) <= (LONGEST_AMT_ID or 0)
    }
    for forms in chunks(wanted):
        for stored in Member.objects.filter(amt_id__in=forms).order_by("amt_id").values_list("amt_id", flat=True):
            yield _problem(unknown[wanted[stored]], "amt_id", wanted[stored], stored)


def _problem(line: int, column: str, written: str, stored: str) -> Problem:
    return Problem(
        line,
        column,
        f"“{written}” differs from “{stored}”, which is on record, only as a spreadsheet changes numbers. Write "
        f"{stored}. If the record is wrong, correct it in the admin.",
    )
