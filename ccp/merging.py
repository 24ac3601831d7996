"""Merging two members who are one person: what one holds moves to the other.

- Certifications with their cycles, invoices, payments and corrections, and entries with their
  credits, evidence and error reports, belong to the kept member afterwards; so does what the other
  was told. Nothing is counted again, because no cycle changes. The address of the calendar moves,
  unless the kept member has one.
- Files that wait for a form move, and so do requests for another name. What differs between the
  emptied record and the roster is settled: the record of the kept member holds.
- Transcripts that were issued stay as they are, and can still be checked.
- The emptied member stays as a record that says into whom it was merged. Its AMT ID leads to the
  kept member. Its sign-in is closed, and its address is free; if the kept member has no way to sign
  in, the account moves instead.
- One member holds a credential once. If both hold it, the two certifications cannot be joined: each
  has cycles of its own, and a closed cycle does not change. The one of the emptied member may stay
  where it is, as a record, if it is not in force and nothing was recorded or paid in it.

A merge cannot be undone.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from allauth.account.models import EmailAddress
from django.db import transaction
from django.dispatch import Signal
from simple_history.utils import bulk_update_with_history

from amtportal.chunks import chunks
from amtportal.history.lines import sign
from amtportal.members import details, name_requests
from amtportal.members.mail.outbox import NOBODY
from amtportal.members.models import Member, User
from amtportal.refusals import Problem, Refused, refuse_if
from ccp.evidence import waiting
from ccp.models import Activity, CalendarFeed
from certifications.cycles import lock_all
from certifications.models import Certification, Credential, Cycle, Payment
from certifications.roster.occasion import Occasion

# Sent with ``kept``, ``emptied`` and ``occasion``, under the locks, to apps that build on this one and
# hold records of members: these move as well.
moving = Signal()

MOVES = frozenset(
    {
        "api.consent.member",
        "ccp.activity.member",
        "ccp.calendarfeed.member",
        "ccp.pendingfile.member",
        "certifications.certification.member",
        "members.member.merged_into",
        "members.namerequest.member",
        "notices.notice.member",
        "notices.noticemail.member",
        "notices.preference.member",
        "sharing.listing.member",
        "sharing.sharelink.member",
    }
)
STAYS = {
    "ccp.transcript.member": "What was issued stays as it is.",
    "desk.note.member": "It stays as it was written, and stands on the page of the kept member too.",
    "desk.viewing.member": "It says whose pages were viewed on that day.",
    "exports.archive.member": "It is deleted within a day; another can be asked for.",
    "privacy.accessrequest.member": "It tells of the record it was made for; one that waits stops the merge.",
    "privacy.erasurerequest.member": "It tells of the record it was made for; one that waits stops the merge.",
    "privacy.legalhold.member": "It tells of the record it was set for; one that stands stops the merge.",
    "members.deathreport.member": "It tells of the record it was made for; the kept one has a report of its own.",
    "members.formeramtid.member": "It leads to the emptied member, who leads to the kept one.",
    "members.rosterdifference.member": "It is settled, and tells of the emptied record.",
    "members.searchterm.member": "It finds the emptied record by its own name and AMT ID.",
}
"""What becomes of each column that refers to a member. A test fails until a new one is named."""


@dataclass(frozen=True)
class Holding:
    """What a member holds, as staff see it before a merge."""

    member: Member
    certifications: Sequence[Certification]
    entries: int
    payments: int

    def facts(self) -> list[tuple[str, object]]:
        held = ", ".join(f"{held} ({held.get_status_display().lower()})" for held in self.certifications)
        return [
            ("AMT ID", self.member.amt_id),
            ("Name", self.member.name),
            ("Signs in as", self.member.user or "no way to sign in"),
            ("Certifications", held or "none"),
            ("Entries", f"{self.entries:,}"),
            ("Payments", f"{self.payments:,}"),
        ]


@dataclass(frozen=True)
class Merged:
    """How much moved."""

    certifications: int
    entries: int


def holding(member: Member) -> Holding:
    """Return what the member holds."""
    certifications = member.certifications.select_related("credential").order_by("pk")
    return Holding(
        member=member,
        certifications=list(certifications),
        entries=Activity.objects.filter(member=member).count(),
        payments=Payment.objects.filter(invoice__cycle__certification__member=member).count(),
    )


def problem_with_people(kept: Member, emptied: Member) -> Problem | None:
    """Return why these two cannot be merged, whatever they hold. Their accounts must be loaded."""
    if kept.pk == emptied.pk:
        return Problem("amt_id", "This is the member itself. Write the AMT ID of the other record.")
    for member in (kept, emptied):
        if member.merged_into_id:
            return Problem("amt_id", f"{member} was merged into another member already.")
    for member in (kept, emptied):
        if member.erased_on:
            return Problem("amt_id", f"{member} was erased by law. What is left of the record stays as it is.")
    if kept.died_on != emptied.died_on:
        return Problem(
            "amt_id",
            "It is on record of one of the two that the member has died, on a day that the other does not have. Record "
            "it for both, or take it back.",
        )
    if emptied.user and (emptied.user.is_staff or emptied.user.is_superuser):
        return Problem("amt_id", f"{emptied} signs in to a staff account, which stays. Keep that member instead.")
    return None


def problem_with_both(both: Iterable[tuple[Certification, Certification]], used: Iterable[int]) -> Problem | None:
    """Return why certifications of the same credential stand in the way.

    ``both``: pairs, of the kept and of the emptied member. ``used``: the keys of certifications in
    which something was recorded or paid, or a cycle was closed.
    """
    used = set(used)
    for kept, emptied in both:
        if emptied.pk in used:
            return Problem(
                "amt_id",
                f"Both hold {kept.credential.code}: {kept.certificate_number} and {emptied.certificate_number}, and "
                f"something is recorded, paid or closed under {emptied.certificate_number}. A member holds a "
                "credential once, and such cycles cannot be joined. Keep the other member, if nothing is recorded "
                "under its certificate; if both are used, these two stay apart.",
            )
        if emptied.status in Certification.IN_FORCE:
            return Problem(
                "amt_id",
                f"Both hold {kept.credential.code}: {kept.certificate_number} and {emptied.certificate_number}. A "
                f"member holds a credential once. If {emptied.certificate_number} is the wrong one, change its status "
                "to retired or revoked first; it then stays with the emptied record.",
            )
    return None


def problem_with_requests(emptied: Member) -> Problem | None:
    """Return why requests by law, or a legal hold, stand in the way."""
    if emptied.legal_holds.filter(lifted_at=None).exists():
        return Problem("amt_id", f"A legal hold stands on {emptied}. Lift it, and set it on the record that is kept.")
    if emptied.erasure_requests.filter(state="waiting").exists():
        return Problem("amt_id", f"An erasure of {emptied} waits for a second person. Decide about it first.")
    if emptied.access_requests.filter(answered_on=None).exists():
        return Problem("amt_id", f"A request for access of {emptied} waits for its answer. Answer it first.")
    return None


@transaction.atomic
def merge(*, kept: Member, emptied: Member, reason: str, by: User, at: datetime) -> Merged | None:
    """Move everything from one member to the other, and close the emptied one.

    Return None if they were merged already. Raises ``Refused`` if they cannot be merged.
    """
    reason = reason.strip()
    if not reason:
        raise Refused("Say why these are one person: the reason stays on record.", "reason")
    certifications = _lock(kept, emptied)
    kept, emptied = (
        Member.objects.select_related("user", "merged_into").get(pk=member.pk) for member in (kept, emptied)
    )
    if emptied.merged_into_id == kept.pk:
        return None
    refuse_if(problem_with_people(kept, emptied))
    held = {of_kept.credential_id: of_kept for of_kept in certifications if of_kept.member_id == kept.pk}
    of_emptied = [certification for certification in certifications if certification.member_id == emptied.pk]
    both = [(held[other.credential_id], other) for other in of_emptied if other.credential_id in held]
    refuse_if(problem_with_both(both, _used([other.pk for _, other in both])))
    refuse_if(name_requests.problem_with_joining(kept, emptied))
    refuse_if(problem_with_requests(emptied))
    staying = {other.pk for _, other in both}
    occasion = Occasion(at, f"Merged {emptied.amt_id} into {kept.amt_id}: {reason}", by)
    moved = [certification for certification in of_emptied if certification.pk not in staying]
    _move(Certification, moved, kept, occasion)
    entries = 0
    while activities := list(Activity.objects.filter(member=emptied).order_by("pk")[:500]):
        _move(Activity, activities, kept, occasion)
        entries += len(activities)
    _move_calendar(kept, emptied, occasion)
    waiting.follow(kept=kept, emptied=emptied)
    name_requests.follow(kept=kept, emptied=emptied, by=by, at=at, reason=occasion.reason)
    details.settle_all(emptied, by=by, at=at, reason=occasion.reason)
    moving.send(sender=Member, kept=kept, emptied=emptied, occasion=occasion)
    _move_account(kept, emptied, occasion)
    for earlier in Member.objects.filter(merged_into=emptied):
        earlier.merged_into = kept
        sign(earlier, by=by, at=at, reason=occasion.reason)
        earlier.save(update_fields=["merged_into"])
    emptied.merged_into, emptied.roster_email = kept, ""
    sign(emptied, by=by, at=at, reason=occasion.reason)
    emptied.save(update_fields=["merged_into", "roster_email", "user"])
    return Merged(certifications=len(moved), entries=entries)


def _lock(kept: Member, emptied: Member) -> list[Certification]:
    """Lock everything that moves, in the order of decision 28, and return the certifications.

    The credentials come first: a roster that is imported waits, and so does another merge.
    """
    both = [kept.pk, emptied.pk]
    list(Credential.objects.select_for_update(no_key=True).order_by("pk"))
    lock_all(Cycle.objects.filter(certification__member__in=both).order_by().values_list("pk", flat=True))
    for keys in chunks(Activity.objects.filter(member=emptied).order_by("pk").values_list("pk", flat=True)):
        list(Activity.objects.select_for_update().filter(pk__in=keys).order_by("pk").values_list("pk", flat=True))
    held = Certification.objects.filter(member__in=both).order_by("pk")
    list(held.select_for_update().values_list("pk", flat=True))
    list(User.objects.select_for_update().filter(member__in=both).order_by("pk").values_list("pk", flat=True))
    list(Member.objects.select_for_update().filter(pk__in=both).order_by("pk").values_list("pk", flat=True))
    return list(held.select_related("credential"))


def _used(certifications: Sequence[int]) -> set[int]:
    """Return in which of the certifications something was recorded, paid or closed."""
    cycles = Cycle.objects.filter(certification__in=certifications).order_by()
    used = [
        cycles.filter(credits__isnull=False),
        cycles.filter(closed_on__isnull=False),
        cycles.filter(invoices__payments__isnull=False),
        cycles.filter(invoices__held_money__isnull=False),
    ]
    return {key for found in used for key in found.values_list("certification", flat=True)}


def _move(
    model: type[Certification | Activity], rows: Sequence[Certification | Activity], kept: Member, occasion: Occasion
) -> None:
    for row in rows:
        row.member = kept
    bulk_update_with_history(rows, model, ["member"], **occasion.history())


def _move_calendar(kept: Member, emptied: Member, occasion: Occasion) -> None:
    feed = CalendarFeed.objects.filter(member=emptied, revoked_at=None).first()
    if feed is None:
        return
    if CalendarFeed.objects.filter(member=kept, revoked_at=None).exists():
        feed.revoked_at = occasion.at
    else:
        feed.member = kept
    sign(feed, by=occasion.by, at=occasion.at, reason=occasion.reason)
    feed.save(update_fields=["member", "revoked_at"])


def _move_account(kept: Member, emptied: Member, occasion: Occasion) -> None:
    """Close the account of the emptied member, or give it to the kept one, who has none."""
    account = emptied.user
    if account is None:
        return
    if kept.user is None:
        emptied.user = None
        Member.objects.filter(pk=emptied.pk).update(user=None)  # its line follows
        kept.user = account
        if kept.roster_email in ("", account.email):
            kept.roster_email = emptied.roster_email
        sign(kept, by=occasion.by, at=occasion.at, reason=occasion.reason)
        kept.save(update_fields=["user", "roster_email"])
        return
    account.email, account.is_active = f"merged-{account.pk}@{NOBODY}", False
    account.set_unusable_password()
    sign(account, by=occasion.by, at=occasion.at, reason=occasion.reason)
    account.save(update_fields=["email", "is_active", "password"])
    EmailAddress.objects.filter(user=account).delete()
