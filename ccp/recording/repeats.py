"""A Record CE form that is posted again, for example after Back, leads to the entry that it recorded.

The entry keeps a digest of what was typed. A form with the same number and the same digest is a
repeat, whatever has happened in the meantime: the cycle no longer takes records, the type was
retired, the terms changed, or the entry was amended. No rule is applied to a repeat. A form that
differs in any character is judged by ``ccp.recording.verbs``.
"""

import hashlib
import json
import uuid

from django.http import QueryDict

from amtportal.members.models import Member
from ccp.models import Activity
from ccp.recording.eligibility import FIELDS


def digest_of(posted: QueryDict, asked: int | None) -> str:
    """Return the digest of what was typed on the form, without its number.

    ``asked`` is the key of the certification from whose page the member came. It counts where the
    form names no certification.
    """
    certifications = sorted(posted.getlist("certifications")) or [str(asked or "")]
    typed = [posted.get(name, "").strip() for name in (*FIELDS, "attested")]
    return hashlib.sha256(json.dumps(["typed", typed, certifications]).encode()).hexdigest()


def recorded_by(posted: QueryDict, member: Member, *, asked: int | None) -> Activity | None:
    """Return the member's entry that this form recorded.

    The result is None if the form recorded no entry, or other values.
    """
    try:
        number = uuid.UUID(posted.get("submission_id", "").strip())
    except ValueError:
        return None
    if "preview" in posted:
        return None
    own = Activity.objects.for_member(member).select_related("activity_type")
    return own.filter(submission_id=number, submission_digest=digest_of(posted, asked)).first()
