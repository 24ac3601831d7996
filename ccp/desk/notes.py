"""Notes of staff about a member: written once, with author and time, and read by staff only.

The member reads them neither on a page nor in the archive of everything about them (decision 69).
"""

from datetime import datetime, timedelta

from django.db.models import Q, QuerySet

from amtportal import clean
from amtportal.members.models import Member, User
from amtportal.refusals import Refused
from ccp.desk.models import Note

MOST = 2_000
REPEATED_WITHIN = timedelta(minutes=5)


def of(member: Member) -> QuerySet[Note]:
    """Return the notes about the member, and those about records that were merged into this one; the newest first."""
    about = Note.objects.filter(Q(member=member) | Q(member__merged_into=member))
    return about.select_related("written_by").order_by("-pk")


def write(*, member: Member, text: str, by: User, at: datetime) -> Note:
    """Put a note on record. The same text sent twice within minutes is one note. Raises ``Refused``."""
    text = clean.lines(text)
    if not text:
        raise Refused("Write the note.", "text")
    if len(text) > MOST:
        raise Refused(f"A note has at most {MOST:,} characters. This one has {len(text):,}.", "text")
    same = Note.objects.filter(member=member, written_by=by, text=text, written_at__gt=at - REPEATED_WITHIN)
    return same.first() or Note.objects.create(member=member, text=text, written_at=at, written_by=by)
