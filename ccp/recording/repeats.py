"""A Record CE form that comes again: the same form, posted twice or after Back, leads to the entry that it recorded.

The entry keeps a digest of what was typed. A form under the same number with the same digest is a repeat, whatever has
happened meanwhile: records have ended, a type was retired, terms have changed, the entry was amended. No rule is asked.
What is not the same to the letter is judged by ``ccp.recording.verbs``.
"""

import hashlib
import json
import uuid

from django.http import QueryDict

from amtportal.members.models import Member
from ccp.models import Activity
from ccp.recording.eligibility import FIELDS


def digest_of(posted: QueryDict, asked: int | None) -> str:
    """A fingerprint of what was typed on the form, apart from its number.

    ``asked``: the certification that the member came from, by key. It is meant where the form names none.
    """
    certifications = sorted(posted.getlist("certifications")) or [str(asked or "")]
    typed = [posted.get(name, "").strip() for name in (*FIELDS, "attested")]
    return hashlib.sha256(json.dumps(["typed", typed, certifications]).encode()).hexdigest()


def recorded_by(posted: QueryDict, member: Member, *, asked: int | None) -> Activity | None:
    """The member's entry that this very form has recorded; None where it recorded none, or other values."""
    try:
        number = uuid.UUID(posted.get("submission_id", "").strip())
    except ValueError:
        return None
    if "preview" in posted:
        return None
    own = Activity.objects.for_member(member).select_related("activity_type")
    return own.filter(submission_id=number, submission_digest=digest_of(posted, asked)).first()
