"""Legal holds: nothing about a member is erased while one stands, for example during a lawsuit."""

from datetime import datetime

from django.db import transaction

from amtportal.history.lines import sign
from amtportal.members.models import Member, User
from amtportal.refusals import Problem, Refused, refuse_if
from ccp.privacy.models import LegalHold


def standing(member: Member) -> LegalHold | None:
    """Return the hold that stops an erasure of the member; None if none does."""
    return LegalHold.objects.select_related("set_by").filter(member=member, lifted_at=None).first()


def problem_with(member: Member, *, by: User) -> Problem | None:
    """Return why this person can neither set nor lift a hold on this record."""
    if member.user_id == by.pk:
        return Problem("", "This is your own record. Somebody else has to decide about it.")
    if member.merged_into_id:
        return Problem("", f"{member} was merged into another member. Open that one.")
    return None


@transaction.atomic
def place(*, member: Member, reason: str, by: User, at: datetime) -> LegalHold | None:
    """Set a hold. Returns None if one stands already. Raises ``Refused``."""
    member = Member.objects.select_for_update(no_key=True).get(pk=member.pk)
    refuse_if(problem_with(member, by=by))
    if standing(member):
        return None
    if member.erased_on:
        raise Refused("This member was erased by law: a hold comes too late.")
    if not reason.strip():
        raise Refused("Say why: the reason stays on record.", "reason")
    hold = LegalHold(member=member, reason=reason.strip(), set_at=at, set_by=by)
    sign(hold, by=by, at=at)
    hold.save()
    return hold


@transaction.atomic
def lift(*, member: Member, reason: str, by: User, at: datetime) -> LegalHold | None:
    """Lift the hold. Returns None if none stands. Raises ``Refused``."""
    member = Member.objects.select_for_update(no_key=True).get(pk=member.pk)
    refuse_if(problem_with(member, by=by))
    hold = standing(member)
    if hold is None:
        return None
    if not reason.strip():
        raise Refused("Say why: the reason stays on record.", "reason")
    hold.lifted_at, hold.lifted_by, hold.lift_reason = at, by, reason.strip()
    sign(hold, by=by, at=at)
    hold.save()
    return hold
