"""A member's name, phone number and postal address: who changed them, and what the roster says.

- A member changes the phone number and the postal address at once, and is told by mail. The name
  changes on request (``name_requests``). Staff change all three.
- Whatever somebody changes here is kept beside what the roster says (``RosterDifference``). As long
  as the roster says the same as before, the change stays. If both say the same again, the
  difference is settled.
- If the roster brings something new, nothing is lost and nothing is overwritten: the record stays,
  and staff decide. A change that the member or staff make later decides too: it is newer.
- What somebody decided against once is not new when the roster says it again.
- An address is compared as a whole, and so is a name: the street of one and the city of another
  would be nobody's address.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from allauth.account.adapter import get_adapter
from django.db import transaction

from amtportal.history.lines import sign
from amtportal.members import rights
from amtportal.members.models import Detail, Member, RosterDifference, User
from amtportal.members.names import folded
from amtportal.members.postal import ADDRESS
from amtportal.refusals import Refused

COLUMNS: Mapping[Detail, tuple[str, ...]] = {
    Detail.NAME: ("first_name", "last_name"),
    Detail.PHONE: ("phone",),
    Detail.ADDRESS: ADDRESS,
}
OWN = (*COLUMNS[Detail.PHONE], *COLUMNS[Detail.ADDRESS])
"""What a member may change at once."""
BY_MEMBER = "Changed by the member"
MOST_DECIDED = 20
"""So many texts of the roster are remembered for a detail."""


def values_of(person: Any, detail: Detail) -> dict[str, str]:
    """Return the columns of the detail. ``person``: a member, or a person of the roster."""
    return {column: getattr(person, column) for column in COLUMNS[detail]}


def in_one_line(values: Mapping[str, str]) -> str:
    """Return what the columns of a detail say, for people to read.

    They come in the order of the detail: a database may return stored columns in another one.
    """
    said = [values[column] for columns in COLUMNS.values() for column in columns if values.get(column)]
    return (", " if set(values) & set(ADDRESS) else " ").join(said)


def say_the_same(one: Mapping[str, str], other: Mapping[str, str]) -> bool:
    """Return whether the two differ only in spelling: in case, accents, blanks and punctuation."""
    return all(_bare(value) == _bare(other[column]) for column, value in one.items())


def _bare(text: str) -> str:
    return folded(text).replace(" ", "")


def is_among(said: Mapping[str, str], decided_against: Iterable[Mapping[str, str]]) -> bool:
    """Return whether somebody decided against this text of the roster, in some spelling."""
    return any(say_the_same(said, earlier) for earlier in decided_against)


def with_decision(decided_against: Sequence[Mapping[str, str]], said: Mapping[str, str]) -> list[Mapping[str, str]]:
    """Return what somebody decided against, with this text of the roster: the last ``MOST_DECIDED``."""
    if is_among(said, decided_against):
        return list(decided_against)
    return [*decided_against, dict(said)][-MOST_DECIDED:]


def changed_details(columns: Iterable[str]) -> list[Detail]:
    """Return the details to which these columns belong, in their order."""
    wanted = set(columns)
    return [detail for detail, of_detail in COLUMNS.items() if wanted & set(of_detail)]


def note(member: Member, before: Mapping[str, str], *, by: User, at: datetime, reason: str = "") -> None:
    """Remember what the roster says of the details that were just changed.

    ``before``: the columns that changed, as they were. ``member`` has the new values. The member is
    locked.
    """
    for detail in changed_details(before):
        now = values_of(member, detail)
        open_one = RosterDifference.objects.filter(member=member, detail=detail, settled_at=None)
        difference = open_one.select_for_update().first() or RosterDifference(
            member=member, detail=detail, roster_says=now | {c: before[c] for c in now if c in before}
        )
        if difference.roster_says == now:
            if difference._state.adding:
                continue
            difference.settled_at = at
        else:
            difference.decided_against = with_decision(difference.decided_against, difference.roster_says)
        difference.changed_at, difference.changed_by, difference.waits_since = at, by, None
        sign(difference, by=by, at=at, reason=reason)
        difference.save()


def write(member: Member, values: Mapping[str, str], *, by: User, at: datetime, reason: str) -> list[Detail]:
    """Change columns of a member who is locked, and return the details that differ now."""
    before = {column: getattr(member, column) for column, value in values.items() if getattr(member, column) != value}
    if not before:
        return []
    for column in before:
        setattr(member, column, values[column])
    sign(member, by=by, at=at, reason=reason)
    member.save(update_fields=sorted(before))
    note(member, before, by=by, at=at, reason=reason)
    return changed_details(before)


@transaction.atomic
def change(*, member: Member, values: Mapping[str, str], by: User, at: datetime) -> list[Detail]:
    """Change the phone number and the postal address for the member, who is told by mail.

    Return what changed.
    """
    assert set(values) <= set(OWN), "staff answer a request for another name"
    present = Member.objects.select_for_update(no_key=True).get(pk=member.pk)
    changed = write(present, values, by=by, at=at, reason=BY_MEMBER)
    if changed:
        get_adapter().send_notification_mail("account/email/details_changed", by, {"details": changed}, email=by.email)
    return changed


@transaction.atomic
def keep_record(*, difference: RosterDifference, reason: str, by: User, at: datetime) -> None:
    """Decide that the record is right. The roster may say the same again without being asked about."""
    _, difference = _locked(difference)
    difference.waits_since = None
    difference.decided_against = with_decision(difference.decided_against, difference.roster_says)
    sign(difference, by=by, at=at, reason=reason)
    difference.save(update_fields=["waits_since", "decided_against"])


@transaction.atomic
def follow_roster(*, difference: RosterDifference, reason: str, by: User, at: datetime) -> None:
    """Decide that the roster is right: the record says the same from now on."""
    member, difference = _locked(difference)
    values = difference.roster_says
    if difference.detail == Detail.NAME and not any(values.values()):
        raise Refused("The roster has no name for this member. Keep the record.")
    if difference.detail == Detail.NAME and (problem := rights.why_not(person=member.user, by=by)):
        raise Refused(problem)
    for column, value in values.items():
        setattr(member, column, value)
    sign(member, by=by, at=at, reason=reason)
    member.save(update_fields=sorted(values))
    difference.settled_at, difference.waits_since = at, None
    sign(difference, by=by, at=at, reason=reason)
    difference.save(update_fields=["settled_at", "waits_since"])


def settle_all(member: Member, *, by: User, at: datetime, reason: str) -> None:
    """Settle what differs for a member who is merged into another: nobody is asked about it any more."""
    for difference in RosterDifference.objects.select_for_update().filter(member=member, settled_at=None):
        difference.settled_at, difference.waits_since = at, None
        sign(difference, by=by, at=at, reason=reason)
        difference.save(update_fields=["settled_at", "waits_since"])


def _locked(difference: RosterDifference) -> tuple[Member, RosterDifference]:
    """Return the member and the difference as they are now, both locked. Raises ``Refused`` if it is settled."""
    member = Member.objects.select_for_update(no_key=True).get(pk=difference.member_id)
    present = RosterDifference.objects.select_for_update().get(pk=difference.pk)
    if present.settled_at:
        raise Refused("This is settled: the record and the roster say the same.")
    return member, present
