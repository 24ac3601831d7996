"""The entries of a roster: each good row with the record of its member and certification."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime

from amtportal.members import details
from amtportal.members.models import Detail
from certifications import life
from certifications.models import Certification
from certifications.roster.rows import COLUMNS, Person, RosterRow

AWARD = ("certificate_number", "awarded_on", "ccp_mandatory")


@dataclass(frozen=True, slots=True)
class Difference:
    """A detail that a member or staff changed, and what the roster says of it (``RosterDifference``).

    ``waits_since``: since when staff are asked, because the roster brought something new.
    ``decided_against``: what the roster said before, and somebody decided against.
    """

    pk: int
    detail: Detail
    said: Mapping[str, str]
    changed_at: datetime
    by_member: bool
    waits_since: datetime | None = None
    decided_against: tuple[Mapping[str, str], ...] = ()
    is_settled: bool = False

    def after(self, row: RosterRow, person: Person, at: datetime) -> "Difference":
        """Return the difference after the import of the row. ``person``: what is on record.

        Columns that the file does not have say the same as before.
        """
        written = row.person
        said = {column: written.get(column, before) for column, before in self.said.items()}
        if said == self.said:
            return self
        own = details.values_of(person, self.detail)
        if said == own:
            return replace(self, said=said, waits_since=None, is_settled=True)
        if details.say_the_same(said, own):
            return replace(self, said=said, waits_since=None)
        known = self.decided_against
        if self.waits_since is None:  # nobody is asked about what the roster said until now
            known = tuple(details.with_decision(known, self.said))
        waits_since = None if details.is_among(said, known) else self.waits_since or at
        return replace(self, said=said, decided_against=known, waits_since=waits_since)


@dataclass(frozen=True, slots=True)
class StoredMember:
    """A member on record. ``email`` is empty if the member has no way to sign in."""

    pk: int
    user_pk: int | None
    email: str
    person: Person
    is_staff: bool = False
    on_roster: str = ""
    """The address in the roster, if the member does not sign in with it.

    See ``amtportal.members.sign_in.addresses`` and ``sign_ins``.
    """
    amt_id: str = ""
    differences: tuple[Difference, ...] = ()
    """What a member or staff changed of the person. The roster does not set it back."""

    @property
    def name(self) -> str:
        return f"{self.person.first_name} {self.person.last_name}".strip()

    @property
    def names(self) -> set[str]:
        """Return the name on record, and the one in the roster if it is another."""
        return {self.name, f"{self.said('first_name')} {self.said('last_name')}".strip()}

    def said(self, column: str) -> str:
        """Return what the roster said of the person before, in this column."""
        for difference in self.differences:
            if column in difference.said:
                return difference.said[column]
        return str(getattr(self.person, column))

    def written_by(self, row: RosterRow) -> dict[str, str]:
        """Return the columns of the person that the row writes: what nobody changed here."""
        if not self.differences:
            return row.person
        kept = {column for difference in self.differences for column in difference.said}
        return {column: value for column, value in row.person.items() if column not in kept}

    def address_under(self, row: RosterRow) -> str:
        """Return the address that the account should have after the import of the row.

        The account keeps the member's own address until the roster has another one.
        """
        if self.email and row.email in ("", self.on_roster):
            return self.email
        return row.email


@dataclass(frozen=True, slots=True)
class SignIn:
    """The address of a member after the import; empty if there is no way to sign in.

    ``withheld``: the roster's address, if another account has it. ``why`` says which.
    """

    address: str
    withheld: str = ""
    why: str = ""

    def roster_email_after(self, row: RosterRow, stored: StoredMember | None) -> str:
        """Return what is stored as the roster's address, with which the member does not sign in."""
        if not self.address:
            return self.withheld
        if stored is None or not stored.email or row.email == self.address:
            return ""
        return stored.on_roster if self.withheld or row.email in ("", stored.on_roster) else ""


@dataclass(frozen=True, slots=True)
class StoredCertification:
    pk: int
    member_pk: int
    certificate_number: str
    awarded_on: date
    ccp_mandatory: bool
    recertified_on: date | None = None
    fees_paid_through: date | None = None

    def is_paid_later_under(self, row: RosterRow) -> bool:
        """Return whether the row says that fees are paid up to a later day than the one on record."""
        if row.fees_paid_through is None:
            return False
        return self.fees_paid_through is None or row.fees_paid_through > self.fees_paid_through

    def differs(self, row: RosterRow) -> bool:
        return (
            self.is_paid_later_under(row)
            or row.certificate_number != self.certificate_number
            or row.awarded_on != self.awarded_on
            or row.ccp_mandatory not in (None, self.ccp_mandatory)
        )


def is_mandatory_under(row: RosterRow, held: StoredCertification | Certification) -> bool:
    """Return whether CCP is mandatory for a certification on record after the import of the row.

    What the roster says applies. If the roster leaves it open, it follows from the days.
    """
    if row.ccp_mandatory is not None:
        return row.ccp_mandatory
    return life.mandatory_under(
        row.awarded_on,
        before=held.awarded_on,
        recertified_on=held.recertified_on,
        mandatory=held.ccp_mandatory,
    )


@dataclass(frozen=True, slots=True)
class RosterEntry:
    """A good row with what is on record about its member and certification."""

    row: RosterRow
    sign_in: SignIn
    member: StoredMember | None
    certification: StoredCertification | None

    @property
    def is_new(self) -> bool:
        return self.certification is None

    @property
    def changes_member(self) -> bool:
        member = self.member
        if member is None:
            return False
        if self.changes_address or self.sign_in.roster_email_after(self.row, member) != member.on_roster:
            return True
        return any(getattr(member.person, column) != value for column, value in member.written_by(self.row).items())

    @property
    def changes_address(self) -> bool:
        return self.member is not None and self.sign_in.address != self.member.email

    @property
    def changes_certification(self) -> bool:
        return self.certification is not None and self.certification.differs(self.row)

    @property
    def changes_nothing(self) -> bool:
        return self.certification is not None and not self.changes_member and not self.changes_certification

    def preview(self) -> list[str]:
        """Return what the record will say, by column. A change is written as ``old → new``."""
        before: dict[str, object] = {}
        if self.member:
            before |= {"email": self.member.email, **self.member.person._asdict()}
        after: dict[str, object] = {**before, "ccp_mandatory": self.row.is_mandatory}
        if stored := self.certification:
            before |= {column: getattr(stored, column) for column in AWARD}
            before["fees_paid_through"] = stored.fees_paid_through or ""
            after["ccp_mandatory"] = is_mandatory_under(self.row, stored)
        after |= {column: value for column in COLUMNS if (value := getattr(self.row, column)) is not None}
        if self.member:
            kept = {column for difference in self.member.differences for column in difference.said}
            after |= {column: before[column] for column in kept}
        after["email"] = self.sign_in.address
        if stored and not stored.is_paid_later_under(self.row):
            after["fees_paid_through"] = stored.fees_paid_through or ""
        return [_change(before.get(column, after.get(column, "")), after.get(column, "")) for column in COLUMNS]


def _change(old: object, new: object) -> str:
    return _shown(new) if old == new else f"{_shown(old)} → {_shown(new)}"


def _shown(value: object) -> str:
    return ("no", "yes")[value] if isinstance(value, bool) else str(value)
