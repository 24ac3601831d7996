"""The AMT ID of a member: how staff change it, and which ones a member had before.

The membership system sometimes gives a known person another AMT ID. The record stays with the
person: certifications, entries, invoices and transcripts belong to the member and not to the number.
The earlier AMT ID stays known, so that a credit or a roster that still names it reaches the right
person or is told so. Transcripts that were issued under it can still be checked.
"""

from datetime import datetime

from django.db import IntegrityError, transaction

from amtportal import clean
from amtportal.history.lines import sign
from amtportal.members.models import FormerAmtId, Member, User
from amtportal.refusals import Problem, Refused, refuse_if


def problem_with(*, member: Member, amt_id: str, known: Member | None) -> Problem | None:
    """Return why the member cannot get this AMT ID. ``known``: who has or had it."""
    if member.merged_into_id:
        return Problem("", "This member was merged into another one, whose AMT ID counts. Change that one.")
    if not amt_id or not amt_id.isprintable() or any(character.isspace() for character in amt_id):
        return Problem("amt_id", "Write the new AMT ID as the membership system has it, without spaces.")
    if known and known.pk != member.pk:
        return Problem(
            "amt_id",
            f"{amt_id} is or was the AMT ID of {known}. If the two are one person, merge them instead.",
        )
    return None


def change(*, member: Member, amt_id: str, reason: str, by: User, at: datetime) -> bool:
    """Give the member another AMT ID. Return False if it is the member's already.

    Raises ``Refused`` if it belongs to somebody else.
    """
    amt_id, reason = clean.identifier(amt_id), reason.strip()
    if not reason:
        raise Refused("Say why: the reason stays on record.", "reason")
    try:
        with transaction.atomic():
            present = Member.objects.select_for_update(no_key=True).get(pk=member.pk)
            if present.amt_id == amt_id:
                return False
            known = Member.objects.known_as([amt_id]).get(amt_id)
            refuse_if(problem_with(member=present, amt_id=amt_id, known=known))
            FormerAmtId.objects.create(
                member=present, amt_id=present.amt_id, changed_at=at, changed_by=by, reason=reason
            )
            present.amt_id = amt_id
            sign(present, by=by, at=at, reason=reason)
            present.save(update_fields=["amt_id"])
    except IntegrityError:
        raise Refused(f"{amt_id} was given to another member in the meantime. Look at that one.", "amt_id") from None
    member.amt_id = amt_id
    return True
