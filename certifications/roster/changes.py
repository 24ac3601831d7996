"""What a roster changes in the record.

Rows that differ from the record are written to it. New members and certifications are added.

An e-mail address belongs to one member, and a certificate number belongs to one certification of
its credential. Both may move from one member to another within a file. If the day of the award
changes, the cycle that was counted from it and its invoices get new dates.

Everything is written in sets, with its history: a roster of 100,000 rows takes minutes.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from secrets import token_hex

from allauth.account.models import EmailAddress
from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX, UNUSABLE_PASSWORD_SUFFIX_LENGTH
from django.db import models
from django.db.models import Value
from django.db.models.functions import Cast, Concat
from simple_history.utils import bulk_create_with_history, bulk_update_with_history

from amtportal.chunks import chunks
from amtportal.history.lines import sign
from amtportal.members.mail import account_mails
from amtportal.members.models import Member, User
from certifications import cycles as cycle_rules
from certifications import invoices as invoice_rules
from certifications.models import Certification, Credential, Cycle, RenewalInvoice
from certifications.roster.entries import RosterEntry, StoredCertification, StoredMember, is_mandatory_under
from certifications.roster.occasion import Occasion
from certifications.roster.rows import RosterRow


class Overtaken(Exception):
    """Somebody changed a member of the file after the rows were judged."""


def redated(awarded_on: date, old: Cycle, on: date) -> cycle_rules.Span:
    """Return the cycle that replaces ``old`` when the day of the award changes.

    It is the cycle to which today belongs. An import never opens the next cycle: if ``old`` is
    over, its replacement is the cycle to which the middle of ``old`` belongs.
    """
    day = on if on <= old.ends_on else old.starts_on + (old.ends_on - old.starts_on) / 2
    return cycle_rules.span_on(awarded_on, max(awarded_on, day))


def write_changes(
    changed_members: Sequence[RosterEntry],
    changed_certifications: Sequence[tuple[RosterRow, StoredCertification]],
    *,
    on: date,
    occasion: Occasion,
) -> None:
    """Change the members and certifications on record so that they agree with their rows."""
    moved = [entry for entry in changed_members if entry.changes_address and _stored(entry).email]
    _update_addresses(moved, occasion)
    for members in chunks(entry for entry in changed_members if entry.changes_address and not _stored(entry).email):
        _open_accounts(members, occasion)
    for members in chunks(changed_members):
        _update_members(members, occasion)
    for pks in chunks(sorted(stored.pk for _, stored in changed_certifications)):
        # Lock all of them in the order of their keys, as the code that closes cycles does. Their
        # cycles, from which it follows when the invoices open, were locked before (``look_up``).
        list(Certification.objects.select_for_update().filter(pk__in=pks).order_by("pk").values_list("pk", flat=True))
    numbered = [
        stored.pk for row, stored in changed_certifications if row.certificate_number != stored.certificate_number
    ]
    for pks in chunks(numbered):
        # Set temporary numbers first, so that two certifications can exchange their numbers.
        Certification.objects.filter(pk__in=pks).update(
            certificate_number=Concat(Value("moving-"), Cast("pk", models.CharField()))
        )
    for certifications in chunks(changed_certifications):
        _update_certifications(certifications, on, occasion)


def write_new(
    awards: Sequence[RosterEntry],
    members: dict[str, int],
    *,
    credentials: Mapping[str, Credential],
    on: date,
    not_asked_before: date | None,
    occasion: Occasion,
) -> None:
    """Add certifications with their current cycle and its invoices.

    Members whom the portal does not know are added too. ``members`` holds the keys of the members
    by AMT ID; the keys of the new members are added to it. ``credentials``: by code. Fees due before
    ``not_asked_before`` are not asked for, unless the row says up to when fees are paid.
    """
    newcomers = {entry.row.amt_id: entry for entry in awards if entry.row.amt_id not in members}
    if newcomers:
        users = _new_accounts([entry.sign_in.address for entry in newcomers.values()], occasion)
        joined = [
            Member(
                user=users.get(entry.sign_in.address),
                amt_id=entry.row.amt_id,
                roster_email=entry.sign_in.roster_email_after(entry.row, None),
                **entry.row.person,
            )
            for entry in newcomers.values()
        ]
        for member in bulk_create_with_history(joined, Member, **occasion.history()):
            members[member.amt_id] = member.pk
    certifications = [
        Certification(
            member_id=members[entry.row.amt_id],
            credential=credentials[entry.row.credential],
            certificate_number=entry.row.certificate_number,
            awarded_on=entry.row.awarded_on,
            ccp_mandatory=entry.row.is_mandatory,
            fees_paid_through=entry.row.fees_paid_through,
        )
        for entry in awards
    ]
    bulk_create_with_history(certifications, Certification, **occasion.history())
    cycles = [
        cycle_rules.build(certification, on, points_required=certification.credential.points_required)
        for certification in certifications
    ]
    bulk_create_with_history(cycles, Cycle, **occasion.history())
    invoices = [
        invoice
        for cycle in cycles
        for invoice in invoice_rules.build(
            cycle, amount=cycle.certification.credential.annual_fee, on=on, not_asked_before=not_asked_before
        )
    ]
    bulk_create_with_history(invoices, RenewalInvoice, **occasion.history())


def _stored(entry: RosterEntry) -> StoredMember:
    assert entry.member is not None
    return entry.member


def _new_accounts(addresses: Sequence[str], occasion: Occasion) -> dict[str, User]:
    """Add an account for each address that is not empty, and return the accounts by address.

    No password is accepted until the member activates the account by mail.
    """
    users = bulk_create_with_history(
        [User(email=address, password=_no_password()) for address in addresses if address],
        User,
        **occasion.history(),
    )
    bulk_create_with_history(
        # AMT vouches for the address on record. Without a usable password, the address alone does
        # not let anybody sign in.
        [EmailAddress(user=user, email=user.email, primary=True, verified=True) for user in users],
        EmailAddress,
        **occasion.history(),
    )
    return {user.email: user for user in users}


def _no_password() -> str:
    """Return what no password matches, as ``make_password(None)`` does at the hundredth part of the cost.

    It is another one for each account, because the links that are mailed are made of it.
    """
    return UNUSABLE_PASSWORD_PREFIX + token_hex(UNUSABLE_PASSWORD_SUFFIX_LENGTH // 2)


def _open_accounts(changed: Sequence[RosterEntry], occasion: Occasion) -> None:
    """Give members who had no way to sign in the account of their address."""
    users = _new_accounts([entry.sign_in.address for entry in changed], occasion)
    members = Member.objects.select_for_update(no_key=True).in_bulk([_stored(entry).pk for entry in changed])
    for entry in changed:
        members[_stored(entry).pk].user = users[entry.sign_in.address]
    bulk_update_with_history(list(members.values()), Member, ["user"], **occasion.history())


def _update_addresses(changed: Sequence[RosterEntry], occasion: Occasion) -> None:
    """Give the accounts their new address.

    The address is not verified until its owner follows a link that is sent to it.
    """
    for chunk in chunks(changed):
        # Set temporary addresses first, so that two members can exchange their addresses.
        User.objects.filter(pk__in=[_stored(entry).user_pk for entry in chunk]).update(
            email=Concat(Value("moving-"), Cast("pk", models.CharField()), Value("@portal.invalid"))
        )
    for chunk in chunks(changed):
        emails = {_stored(entry).user_pk: entry.sign_in.address for entry in chunk}
        users = list(User.objects.filter(pk__in=emails))
        for user in users:
            user.email = emails[user.pk]
        bulk_update_with_history(users, User, ["email"], **occasion.history())
        # Delete a second address that now becomes the first.
        EmailAddress.objects.filter(user__in=emails, email__in=emails.values(), primary=False).delete()
        addresses = list(EmailAddress.objects.filter(user__in=emails, primary=True))
        for address in addresses:
            address.email, address.verified = emails[address.user_id], False
        bulk_update_with_history(addresses, EmailAddress, ["email", "verified"], **occasion.history())
        before = {_stored(entry).user_pk: _stored(entry).email for entry in chunk}
        account_mails.address_changed((user, before[user.pk]) for user in users)


def _update_members(changed: Sequence[RosterEntry], occasion: Occasion) -> None:
    members = Member.objects.select_for_update(no_key=True).in_bulk([_stored(entry).pk for entry in changed])
    columns: set[str] = set()
    for entry in changed:
        stored, member = _stored(entry), members[_stored(entry).pk]
        written = stored.written_by(entry.row)
        if any(getattr(member, column) != getattr(stored.person, column) for column in written):
            raise Overtaken
        values = {**written, "roster_email": entry.sign_in.roster_email_after(entry.row, stored)}
        for column, value in values.items():
            if getattr(member, column) != value:
                setattr(member, column, value)
                columns.add(column)
        if entry.changes_address and stored.email:
            sign(member, reason=f"{occasion.reason}; e-mail was {stored.email}")
    bulk_update_with_history(list(members.values()), Member, sorted(columns), **occasion.history())


def _update_certifications(
    changed: Sequence[tuple[RosterRow, StoredCertification]], on: date, occasion: Occasion
) -> None:
    certifications = Certification.objects.in_bulk([stored.pk for _, stored in changed])
    moved, reopened = [], []
    for row, stored in changed:
        certification = certifications[stored.pk]
        certification.certificate_number = row.certificate_number
        was_mandatory = certification.ccp_mandatory
        certification.ccp_mandatory = is_mandatory_under(row, certification)  # from the day on record
        certification.awarded_on = row.awarded_on
        if stored.is_paid_later_under(row):
            certification.fees_paid_through = row.fees_paid_through
        if row.awarded_on != stored.awarded_on:
            moved.append(certification)
        if row.awarded_on != stored.awarded_on or certification.ccp_mandatory != was_mandatory:
            reopened.append(certification.pk)
    bulk_update_with_history(
        list(certifications.values()),
        Certification,
        ["certificate_number", "awarded_on", "ccp_mandatory", "fees_paid_through"],
        **occasion.history(),
    )
    if moved:
        _redate(moved, on, occasion)
    if reopened:
        invoice_rules.keep_openings(cycle__certification__in=reopened)


def _redate(certifications: Sequence[Certification], on: date, occasion: Occasion) -> None:
    """Set new dates for the cycles and invoices of these certifications.

    ``conflicts`` has already checked that nothing is recorded in them. What was settled from before
    the portal is settled again by the new due dates.
    """
    cycles = list(Cycle.objects.filter(certification__in=certifications).select_related("certification"))
    invoices = list(RenewalInvoice.objects.filter(cycle__in=cycles).select_related("cycle__certification"))
    spans = {}
    for cycle in cycles:
        span = redated(cycle.certification.awarded_on, cycle, on)
        cycle.number, cycle.starts_on, cycle.ends_on = span.number, span.starts_on, span.ends_on
        spans[cycle.pk] = span
    for invoice in invoices:
        invoice.due_on = invoice_rules.due_on(
            invoice.cycle.certification.awarded_on, spans[invoice.cycle_id].number, invoice.year
        )
        settled = invoice_rules.settled_before(
            invoice.due_on,
            paid_through=invoice.cycle.certification.fees_paid_through,
            not_asked_before=invoice.before_portal if invoice.status == RenewalInvoice.Status.VOID else None,
        )
        for column, value in settled.values.items():
            setattr(invoice, column, value)
    bulk_update_with_history(cycles, Cycle, ["number", "starts_on", "ends_on"], **occasion.history())
    bulk_update_with_history(
        invoices, RenewalInvoice, ["due_on", "status", "void_reason", "before_portal"], **occasion.history()
    )
