"""A Record CE form that is posted again, for example after Back, leads to the entry that it recorded.

The entry keeps a digest of what was typed. A form with the same number and the same digest is a
repeat, whatever has happened in the meantime: the cycle no longer takes records, the type was
retired, the terms changed, or the entry was amended. No rule is applied to a repeat. A form that
differs in any character is judged by ``ccp.recording.verbs``.
"""

import hashlib
import json
import uuid
from contextlib import suppress

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


def number_of(posted: QueryDict) -> uuid.UUID:
    """Return the number of the form; a new one if it has none that can be read."""
    with suppress(ValueError):
        return uuid.UUID(posted.get("submission_id", "").strip())
    return uuid.uuid4()


def recorded_by(typed: str, member: Member, earlier: Activity | None) -> Activity | None:
    """Return the member's entry that this form recorded; None if it recorded no entry, or other values.

    ``typed`` is the digest of the form. ``earlier`` is the entry that has its number.
    """
    is_repeat = earlier and (earlier.member_id, earlier.submission_digest) == (member.pk, typed)
    return earlier if is_repeat else None
