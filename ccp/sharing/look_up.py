"""The public look-up: whether somebody holds a credential, for those who know name and certificate number.

- It asks for the exact last name and the certificate number together, and nothing less finds
  anything. Case, accents, apostrophes, hyphens and spaces do not matter (``names.is_last_name``), and the
  number may stand behind the code of its credential, as a transcript has it: ``RMA 500123``, or
  ``RMA RMA-500123``. A person with one name is found by it.
- It tells the name, the credential, the status in words, since when, and until when it is valid.
- Who is hidden gets the same answer as somebody who is not on record: members who switched it off,
  or whom staff hid, those whose account staff closed, those who have died, and records that were
  merged into another. Every status is shown, also that a certification was revoked: whoever asks is
  told what holds.
- Whatever is typed costs one query; a certification that is shown costs more.
"""

import re
from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet, Value

from amtportal import clean
from amtportal.dates import day_of
from amtportal.history.lines import sign
from amtportal.members.models import Member, User
from amtportal.members.names import is_last_name
from ccp.rollover import catching_up
from ccp.sharing.models import Listing
from certifications.models import Certification, PlainNumber
from certifications.validity import Validity, of_certifications

_LETTERS = re.compile("[A-Z]{0,10}")
"""With which a number may begin: its own, or the code of its credential."""


def find(*, last_name: str, certificate_number: str, at: datetime) -> list[Validity]:
    """Return the certifications with this number whose holder has this last name: usually one, or none."""
    number = _plain(certificate_number)
    letters = _LETTERS.match(number)
    assert letters
    found = []
    for certification in _numbered([number[start:] for start in range(letters.end() + 1)]):
        plain = _plain(certification.certificate_number)
        is_whole = number in (plain, _plain(certification.credential.code) + plain)
        member = certification.member
        is_called = is_last_name(last_name, first_name=member.first_name, last_name=member.last_name)
        if is_called and is_whole and is_shown(member):
            found.append(certification)
    if not found:
        return []
    for member in {certification.member for certification in found}:
        if catching_up.catch_up(member, at=at):
            for certification in found:
                certification.refresh_from_db(fields=["status"])
    return of_certifications(found, day_of(at))


def is_shown(member: Member) -> bool:
    """Return whether the look-up shows the member."""
    is_closed = member.user is not None and not member.user.is_active
    is_gone = member.merged_into_id is not None or member.died_on is not None or member.erased_on is not None
    return not (is_gone or is_closed or listing_of(member).is_hidden)


def listing_of(member: Member) -> Listing:
    """Return what was chosen for the member, or what holds without a choice, which is not stored."""
    return getattr(member, "listing", None) or Listing(member=member)


@transaction.atomic
def hide(*, member: Member, hidden: bool, by: User, at: datetime, as_staff: bool = False, reason: str = "") -> bool:
    """Hide the member from the look-up, or show the member again. Return whether that is a change.

    What staff hide stays hidden, whatever the member chooses.
    """
    Member.objects.select_for_update(no_key=True).get(pk=member.pk)
    listing = Listing.objects.filter(member=member).first() or Listing(member=member)
    column = "hidden_by_staff" if as_staff else "hidden_by_member"
    if getattr(listing, column) == hidden:
        return False
    setattr(listing, column, hidden)
    sign(listing, by=by, at=at, reason=reason)
    listing.save()
    return True


def _plain(number: str) -> str:
    return clean.code(number).upper()


def _numbered(numbers: list[str]) -> QuerySet[Certification]:
    return (
        Certification.objects.alias(plain=PlainNumber("certificate_number"))
        .filter(plain__in=[PlainNumber(Value(number)) for number in numbers])
        .select_related("credential", "member__listing", "member__user")
        .order_by("pk")
    )
