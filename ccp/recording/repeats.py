"""Repeated posts of a Record CE form.

If the same form is posted twice, or again after Back, it leads to the entry that it recorded. The
entry stores a digest of what was typed. A form with the same number and the same digest is a
repeat, whatever has happened in the meantime: a cycle no longer takes records, a type was retired,
terms have changed, or the entry was amended. No rule is checked for a repeat. If anything that was
typed differs, ``ccp.recording.verbs`` judges the form.
"""

import hashlib
import json
import uuid

from django.http import QueryDict

from amtportal.members.models import Member
from ccp.models import Activity
from ccp.recording.eligibility import FIELDS


def digest_of(posted: QueryDict, asked: int | None) -> str:
    """Return a digest of what was typed on the form, without the number of the form.

    ``asked`` is the key of the certification from whose page the member came. It is used if the
    form names no certification.
    """
    certifications = sorted(posted.getlist("certifications")) or [str(asked or "")]
    typed = [posted.get(name, "").strip() for name in (*FIELDS, "attested")]
    return hashlib.sha256(json.dumps(["typed", typed, certifications]).encode()).hexdigest()


def recorded_by(posted: QueryDict, member: Member, *, asked: int | None) -> Activity | None:
    """Return the member's entry that this form has recorded.

    The result is None if the form recorded no entry or recorded other values.
    """
    try:
        number = uuid.UUID(posted.get("submission_id", "").strip())
    except ValueError:
        return None
    if "preview" in posted:
        return None
    own = Activity.objects.for_member(member).select_related("activity_type")
    return own.filter(submission_id=number, submission_digest=digest_of(posted, asked)).first()
