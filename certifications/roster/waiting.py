"""The rows of a roster about which staff must decide. They wait, and stop nobody else.

- *Re-keyed*: the membership system gave a known person another AMT ID. The certificate is on record
  for a member who has the same name or the same e-mail address. Staff give the member the new AMT
  ID, or merge two members.
- *Former*: the AMT ID was replaced by another one, or its member was merged into another one.
- *Address*: a member's new address is the sign-in of another account. The rest of the row is
  imported, and the member signs in as before.
- *Erased*: the member was erased by law. Nothing of the row comes back, and the list keeps no name and
  no address of it.

A row stays on the list until a later roster brings the person in. Then the portal marks it as
settled.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from simple_history.utils import bulk_create_with_history, bulk_update_with_history

from amtportal.chunks import chunks
from amtportal.imports.cells import Problem, differs_by_spreadsheet
from amtportal.members.names import folded
from certifications.models import WaitingRow
from certifications.roster.entries import SignIn, StoredMember
from certifications.roster.occasion import Occasion
from certifications.roster.record import Record
from certifications.roster.rows import RosterRow

COLUMNS = ["certificate_number", "name", "email", "cause", "column_name", "what", "remedy", "file_name", "line"]


@dataclass(frozen=True, slots=True)
class Waiting:
    """A row that waits: why, and what staff do about it."""

    row: RosterRow
    cause: str
    column: str
    what: str
    remedy: str

    @property
    def problem(self) -> Problem:
        return Problem(self.row.line, self.column, f"{self.what} {self.remedy}")


def waiting_rows(rows: Sequence[RosterRow], record: Record) -> Iterator[Waiting]:
    """Find the rows of re-keyed people and of former AMT IDs.

    Until staff have decided, no row of an AMT ID that is not on record is imported if one of them
    is of a re-keyed person: the person would be on record twice.
    """
    numbers = record.numbers_in(rows)
    rekeyed = {}
    erased = {row.line: amt_id for row in rows if (amt_id := _erased_person(row, record, numbers))}
    for row in rows:
        if row.line in erased:
            continue
        holder = _same_person(row, record, numbers)
        if holder and row.amt_id not in record.former:
            rekeyed[row.line] = _rekeyed(row, holder, is_known=row.amt_id in record.members)
    persons = {found.row.amt_id: found for found in rekeyed.values()}
    for row in rows:
        if row.line in erased:
            yield _erased(row, erased[row.line])
        elif present := record.former.get(row.amt_id):
            yield _former(row, present)
        elif row.line in rekeyed:
            yield rekeyed[row.line]
        elif row.amt_id in persons and row.amt_id not in record.members:
            first = persons[row.amt_id]
            what = f"AMT ID {row.amt_id} waits because of line {first.row.line}."
            yield Waiting(row, WaitingRow.Cause.REKEYED, "amt_id", what, first.remedy)


def address_rows(rows: Iterable[RosterRow], sign_ins: Mapping[str, SignIn]) -> Iterator[Waiting]:
    """Find the members who keep their sign-in because another account has the roster's address."""
    seen = set()
    for row in rows:
        sign_in = sign_ins[row.amt_id]
        if sign_in.withheld and sign_in.address and row.amt_id not in seen:
            seen.add(row.amt_id)
            yield Waiting(
                row,
                WaitingRow.Cause.ADDRESS,
                "email",
                f"{row.email} is {sign_in.why}. AMT ID {row.amt_id} signs in as {sign_in.address} as before.",
                "Correct the address in the membership system, or give the other account another one.",
            )


def store(found: Sequence[Waiting], imported: Iterable[RosterRow], *, occasion: Occasion, file_name: str) -> None:
    """Put the rows on the list, and mark those as settled whose people have come in now.

    A row that is on the list already is changed only if something about it differs.
    """
    waits = {(waiting.row.amt_id, waiting.row.credential): waiting for waiting in found}
    on_record = list(WaitingRow.objects.select_for_update().filter(settled_at=None).order_by("pk"))
    came_in = _come_in(on_record, imported)
    changed, on_list = [], set()
    for listed in on_record:
        key = (listed.amt_id, listed.credential)
        if waiting := waits.get(key):
            on_list.add(key)
            values = _columns(waiting, file_name)
            if any(getattr(listed, column) != value for column, value in values.items()):
                for column, value in values.items():
                    setattr(listed, column, value)
                changed.append(listed)
        elif listed.pk in came_in:
            listed.settled_at = occasion.at
            changed.append(listed)
    for some in chunks(changed):
        bulk_update_with_history(some, WaitingRow, [*COLUMNS, "settled_at"], **occasion.history())
    new = [
        WaitingRow(
            amt_id=amt_id,
            credential=credential,
            since=occasion.at,
            imported_by=occasion.by,
            **_columns(waiting, file_name),
        )
        for (amt_id, credential), waiting in waits.items()
        if (amt_id, credential) not in on_list
    ]
    bulk_create_with_history(new, WaitingRow, **occasion.history())


def _come_in(on_list: Iterable[WaitingRow], imported: Iterable[RosterRow]) -> set[int]:
    """Return the keys of those rows on the list whose person, or whose certificate, has been imported."""
    waiting: dict[tuple[str, str, str], list[int]] = defaultdict(list)
    for listed in on_list:
        waiting["person", listed.amt_id, listed.credential].append(listed.pk)
        waiting["certificate", listed.certificate_number, listed.credential].append(listed.pk)
    came_in: set[int] = set()
    for row in imported if waiting else ():
        came_in.update(waiting.get(("person", row.amt_id, row.credential), ()))
        came_in.update(waiting.get(("certificate", row.certificate_number, row.credential), ()))
    return came_in


def _columns(waiting: Waiting, file_name: str) -> dict[str, object]:
    row = waiting.row
    person = ["erased", ""] if waiting.cause == WaitingRow.Cause.ERASED else [row.name, row.email]
    values = [row.certificate_number, *person, waiting.cause, waiting.column]
    texts = [text[:600] for text in (waiting.what, waiting.remedy)]
    return dict(zip(COLUMNS, [*values, *texts, file_name[:255], row.line], strict=True))


def _same_person(row: RosterRow, record: Record, numbers: Mapping[tuple[str, str], str]) -> StoredMember | None:
    """Return the holder of the row's certificate if this is the same person under another AMT ID.

    ``numbers``: the certificate numbers that the file gives the holders. If the holder has another one there, the
    number is free. An AMT ID without its zeros is another matter (``spoiled``).
    """
    holder = record.holder_of(row)
    if holder is None or holder.amt_id == row.amt_id or differs_by_spreadsheet(row.amt_id, holder.amt_id):
        return None
    if numbers.get((holder.amt_id, row.credential), row.certificate_number) != row.certificate_number:
        return None
    is_same = _has_name(row, holder) or (row.email and row.email in (holder.email, holder.on_roster))
    return holder if is_same else None


def _erased_person(row: RosterRow, record: Record, numbers: Mapping[tuple[str, str], str]) -> str:
    """Return the AMT ID of the person of the row if that one was erased by law; empty if not."""
    holder = _same_person(row, record, numbers)
    known = [row.amt_id, record.former.get(row.amt_id, ""), holder.amt_id if holder else ""]
    return next((amt_id for amt_id in known if amt_id in record.erased), "")


def _has_name(row: RosterRow, holder: StoredMember) -> bool:
    return folded(row.name) in {folded(name) for name in holder.names}


def _rekeyed(row: RosterRow, holder: StoredMember, *, is_known: bool) -> Waiting:
    same = [
        words
        for words, agrees in (
            ("name", _has_name(row, holder)),
            ("e-mail address", row.email and row.email in (holder.email, holder.on_roster)),
        )
        if agrees
    ]
    what = (
        f"{row.credential} {row.certificate_number} is on record for AMT ID {holder.amt_id}, {holder.name}, who has "
        f"the same {' and '.join(same)}."
    )
    if is_known:
        remedy = f"If they are one person, open the member {row.amt_id} in the admin and choose Merge."
    else:
        remedy = (
            f"If they are one person, open the member {holder.amt_id} in the admin, choose Change AMT ID, and give "
            f"{row.amt_id}."
        )
    return Waiting(
        row,
        WaitingRow.Cause.REKEYED,
        "amt_id",
        what,
        f"{remedy} If not, correct the certificate number in the membership system.",
    )


def _erased(row: RosterRow, amt_id: str) -> Waiting:
    return Waiting(
        row,
        WaitingRow.Cause.ERASED,
        "amt_id",
        f"AMT ID {amt_id} was erased by law. The row was not imported, and nothing of it is kept here.",
        "Erase the person in the membership system too, so that the row comes no more.",
    )


def _former(row: RosterRow, present: str) -> Waiting:
    return Waiting(
        row,
        WaitingRow.Cause.FORMER,
        "amt_id",
        f"{row.amt_id} is a former AMT ID of the member who now has {present}. The row was not imported.",
        f"Write {present} in the membership system.",
    )
