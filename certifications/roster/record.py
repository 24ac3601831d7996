"""The roster compared with the record.

This module reads what the portal holds about the people in a file, and finds the rows that
contradict it.

A certificate number belongs to one certification of its credential. A row may take it from its
present holder only if the file gives that holder another one. (For e-mail addresses, see
``sign_ins``.) The day of an award may change as long as nothing has happened in the cycle that
was counted from it; whether CCP is mandatory changes with it.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from sys import intern

from amtportal.chunks import chunks
from amtportal.dates import day_of
from amtportal.formatting import format_day, typed
from amtportal.imports.cells import Problem
from amtportal.members.models import Detail, Member, RosterDifference, User
from certifications.cycles import lock_all
from certifications.models import AwardCorrection, Certification, Cycle, Payment, RenewalInvoice
from certifications.roster import fees
from certifications.roster.entries import AWARD, Difference, StoredCertification, StoredMember
from certifications.roster.fees import Fees
from certifications.roster.rows import PERSON, Person, RosterRow


@dataclass(frozen=True)
class Record:
    """What the portal holds that a roster could change or contradict."""

    # By AMT ID.
    members: Mapping[str, StoredMember] = field(default_factory=dict)
    # By AMT ID and the code of the credential.
    certifications: Mapping[tuple[str, str], StoredCertification] = field(default_factory=dict)
    # The AMT ID of the owner of each address; None if the account does not belong to a member.
    addresses: Mapping[str, str | None] = field(default_factory=dict)
    # The holder, by the code of the credential and the certificate number.
    numbers: Mapping[tuple[str, str], StoredMember] = field(default_factory=dict)
    # The AMT ID that counts now, by a former one.
    former: Mapping[str, str] = field(default_factory=dict)
    # The day on which a member of the file died, by AMT ID.
    died: Mapping[str, date] = field(default_factory=dict)
    # The AMT IDs of members of the file, and of holders of its certificates, who were erased by law.
    erased: frozenset[str] = frozenset()
    # The reason why the day of the award can no longer change, by the key of the certification.
    anchored: Mapping[int, str] = field(default_factory=dict)
    # What a later day in ``fees_paid_through`` settles.
    fees: Fees = field(default_factory=Fees)

    def numbers_in(self, rows: Sequence[RosterRow]) -> dict[tuple[str, str], str]:
        """Return the numbers that the file gives those who hold a number of it, by AMT ID and credential."""
        holders = {holder.amt_id for holder in self.numbers.values()}
        return {(row.amt_id, row.credential): row.certificate_number for row in rows if row.amt_id in holders}

    def holder_of(self, row: RosterRow) -> StoredMember | None:
        """Return who has the row's certificate on record."""
        return self.numbers.get((row.credential, row.certificate_number))


def conflicts(rows: Sequence[RosterRow], record: Record) -> Iterator[Problem]:
    """Find the rows that contradict what is on record and does not change."""
    numbers = record.numbers_in(rows)
    for row in rows:
        member = record.members.get(row.amt_id)
        if member and member.is_staff and member.address_under(row) != member.email:
            # Without this check, anybody who may import could have the sign-in links of a staff
            # account sent to another mailbox.
            yield Problem(
                row.line,
                "email",
                f"AMT ID {row.amt_id} signs in to a staff account as {member.email}. Write that address; only a "
                "superuser changes it, in the admin.",
            )
        held_by = record.holder_of(row)
        holder = held_by.amt_id if held_by else None
        moves = numbers.get((holder or "", row.credential), row.certificate_number) != row.certificate_number
        if holder not in (None, row.amt_id) and not moves:
            yield Problem(
                row.line,
                "certificate_number",
                f"{row.credential} {row.certificate_number} is on record for AMT ID {holder}. "
                "Correct the number, or the AMT ID.",
            )
        stored = record.certifications.get((row.amt_id, row.credential))
        if stored is None and (died_on := record.died.get(row.amt_id)):
            yield Problem(
                row.line,
                "amt_id",
                f"It is on record that AMT ID {row.amt_id} died on {format_day(died_on)}, so no certification is "
                "added. Correct the AMT ID, or take it back on the member's page first.",
            )
        if stored and stored.awarded_on != row.awarded_on and (why := record.anchored.get(stored.pk)):
            yield Problem(
                row.line,
                "awarded_on",
                f"The award is on record as {format_day(stored.awarded_on)} and can no longer change by a roster, "
                f"because {why}. Write {typed(stored.awarded_on)}. If that day is wrong, press “Correct the "
                "award date” on the page of the certification.",
            )


def look_up(rows: Sequence[RosterRow]) -> Record:
    """Return the part of the record that these rows touch.

    The cycles of certifications that change are locked.
    """
    members = _members({row.amt_id: row for row in rows})
    former = _former({row.amt_id: None for row in rows})
    certifications = _certifications(rows, members)
    _lock_cycles(rows, certifications)
    numbers = _numbers(rows, certifications)
    return Record(
        members=members,
        certifications=certifications,
        addresses=_addresses(rows, members),
        numbers=numbers,
        former=former,
        erased=_erased({*members, *former.values(), *(holder.amt_id for holder in numbers.values())}),
        died=_died(rows, certifications),
        anchored=_anchored(rows, certifications),
        fees=fees.to_settle(rows, certifications),
    )


def _lock_cycles(rows: Sequence[RosterRow], certifications: Mapping[tuple[str, str], StoredCertification]) -> None:
    """Lock the cycles of the certifications that change, all in the order of their keys, before they are judged.

    Their dates follow from the certification, and so do when their invoices open and which are settled. So
    nothing is added in between: recording CE and recording payments take the same locks.
    """
    concerned = [
        stored.pk
        for row in rows
        if (stored := certifications.get((row.amt_id, row.credential))) and stored.differs(row)
    ]
    of_concerned = (Cycle.objects.filter(certification__in=pks).order_by() for pks in chunks(concerned))
    lock_all(key for cycles_of_batch in of_concerned for key in cycles_of_batch.values_list("pk", flat=True))


def _members(rows: Mapping[str, RosterRow | None]) -> dict[str, StoredMember]:
    """Return the members on record with these AMT IDs, by AMT ID.

    What a row of the file says as well is not kept a second time.
    """
    members: dict[str, StoredMember] = {}
    rights = ("user__is_staff", "user__is_superuser")
    columns = ("amt_id", "pk", "user", "user__email", *rights, "roster_email", *PERSON)
    for some in chunks(rows):
        on_record = Member.objects.filter(amt_id__in=some).order_by()
        differences = _differences(some)
        for amt_id, pk, user_pk, email, is_staff, is_superuser, on_roster, *values in on_record.values_list(*columns):
            row = rows[amt_id]
            if row:
                amt_id, email = row.amt_id, row.email if row.email == email else email
                written = [getattr(row, column) for column in PERSON]
                values = [new if new == old else old for new, old in zip(written, values, strict=True)]
            person = Person(*values)
            members[amt_id] = StoredMember(
                pk,
                user_pk,
                email or "",
                person,
                bool(is_staff or is_superuser),
                on_roster,
                amt_id,
                differences.get(pk, ()),
            )
    return members


def _differences(amt_ids: Iterable[str]) -> dict[int, tuple[Difference, ...]]:
    """Return what was changed on record since the roster brought it, by the key of the member."""
    found: dict[int, tuple[Difference, ...]] = {}
    rows = RosterDifference.objects.filter(settled_at=None, member__amt_id__in=amt_ids).order_by("pk")
    columns = ("member", "pk", "detail", "roster_says", "changed_at", "changed_by", "member__user", "waits_since")
    for member, pk, detail, said, changed_at, changed_by, user, waits_since, against in rows.values_list(
        *columns, "decided_against"
    ):
        by_member = changed_by == user
        difference = Difference(pk, Detail(detail), said, changed_at, by_member, waits_since, tuple(against))
        found[member] = (*found.get(member, ()), difference)
    return found


def _certifications(
    rows: Sequence[RosterRow], members: Mapping[str, StoredMember]
) -> dict[tuple[str, str], StoredCertification]:
    """Return what these members hold, by AMT ID and credential; what a row says as well is kept once."""
    awards = {(row.amt_id, row.credential): row for row in rows if row.amt_id in members}
    certifications: dict[tuple[str, str], StoredCertification] = {}
    for some in chunks(members.values()):
        of_key = {member.pk: member for member in some}
        held = Certification.objects.filter(member__in=of_key).order_by()
        for code, pk, member_pk, number, awarded_on, *rest in held.values_list(
            "credential__code", "pk", "member", *AWARD, "recertified_on", "fees_paid_through"
        ):
            member = of_key[member_pk]
            key = (member.amt_id, intern(code))
            if row := awards.get(key):
                number = row.certificate_number if row.certificate_number == number else number
                awarded_on = row.awarded_on if row.awarded_on == awarded_on else awarded_on
            certifications[key] = StoredCertification(pk, member.pk, number, awarded_on, *rest)
    return certifications


def _died(rows: Sequence[RosterRow], held: Mapping[tuple[str, str], StoredCertification]) -> dict[str, date]:
    """Return when the members of these rows died who would get another certification, by AMT ID."""
    died: dict[str, date] = {}
    for some in chunks({row.amt_id: None for row in rows if (row.amt_id, row.credential) not in held}):
        of_some = Member.objects.filter(amt_id__in=some, died_on__isnull=False).order_by()
        died.update(of_some.values_list("amt_id", "died_on"))  # type: ignore[arg-type]  # none of them is null
    return died


def _erased(amt_ids: Iterable[str]) -> frozenset[str]:
    """Return those of the AMT IDs whose members were erased by law."""
    erased: set[str] = set()
    for some in chunks(amt_ids):
        of_some = Member.objects.filter(amt_id__in=some, erased_on__isnull=False).order_by()
        erased.update(of_some.values_list("amt_id", flat=True))
    return frozenset(erased)


def _former(amt_ids: Iterable[str]) -> dict[str, str]:
    """Return the AMT ID that counts now, by a former one of these."""
    former: dict[str, str] = {}
    for some in chunks(amt_ids):
        for amt_id, member in Member.objects.known_as(some).items():
            if member.amt_id != amt_id:
                former[amt_id] = member.amt_id
    return former


def _addresses(rows: Sequence[RosterRow], members: Mapping[str, StoredMember]) -> dict[str, str | None]:
    wanted = {
        row.email: None
        for row in rows
        if row.email
        and (row.amt_id not in members or members[row.amt_id].address_under(row) != members[row.amt_id].email)
    }
    return {
        email: amt_id
        for emails in chunks(wanted)
        for email, amt_id in User.objects.filter(email__in=emails).values_list("email", "member__amt_id")
    }


def _numbers(
    rows: Sequence[RosterRow], certifications: Mapping[tuple[str, str], StoredCertification]
) -> dict[tuple[str, str], StoredMember]:
    wanted: dict[str, dict[str, None]] = defaultdict(dict)
    for row in rows:
        stored = certifications.get((row.amt_id, row.credential))
        if stored is None or stored.certificate_number != row.certificate_number:
            wanted[row.credential][row.certificate_number] = None
    holders = {
        (code, number): amt_id
        for code, all_numbers in wanted.items()
        for numbers in chunks(all_numbers)
        for number, amt_id in Certification.objects.filter(credential__code=code, certificate_number__in=numbers)
        .order_by()
        .values_list("certificate_number", "member__amt_id")
    }
    members = _members(dict.fromkeys(holders.values()))
    return {key: members[amt_id] for key, amt_id in holders.items()}


def _anchored(
    rows: Sequence[RosterRow], certifications: Mapping[tuple[str, str], StoredCertification]
) -> dict[int, str]:
    """Return why the day of the award can no longer change, by the key of the certification.

    Only certifications for which the roster has another day are looked at. The day is fixed if
    their cycles hold something that depends on the old day.
    """
    moved = [
        stored.pk
        for row in rows
        if (stored := certifications.get((row.amt_id, row.credential))) and stored.awarded_on != row.awarded_on
    ]
    anchored: dict[int, str] = {}
    for pks in chunks(moved):
        cycles = list(Cycle.objects.filter(certification__in=pks).order_by("pk"))
        invoices = RenewalInvoice.objects.filter(cycle__certification__in=pks).order_by()
        for cycle in cycles:
            if cycle.grace_extended_to:
                anchored[cycle.certification_id] = "the grace period of its cycle was extended"
            if cycle.closed_on:
                anchored[cycle.certification_id] = f"cycle {cycle.number} is closed"
        settled = invoices.exclude(status=RenewalInvoice.Status.ISSUED).filter(before_portal=None)
        for certification in settled.values_list("cycle__certification", flat=True):
            anchored[certification] = "one of its invoices is paid or void"
        for certification in Payment.objects.filter(invoice__in=invoices).values_list(
            "invoice__cycle__certification", flat=True
        ):
            anchored[certification] = "a payment was recorded for one of its invoices"
        for correction in AwardCorrection.objects.filter(certification__in=pks).order_by("pk"):
            day = format_day(day_of(correction.corrected_at))
            anchored[correction.certification_id] = f"AMT corrected it on {day}"
        # The credits belong to another app, so they are reached by the name of the relation.
        with_credits = Cycle.objects.filter(certification__in=pks, credits__isnull=False).order_by()
        for certification in with_credits.values_list("certification", flat=True):
            anchored[certification] = "CE is recorded in its cycle"
    return anchored
