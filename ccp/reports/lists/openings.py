"""Who opened which list or report, filtered how, with how many rows, and when: one row for each time.

It is written before the rows are sent. Where it cannot be written, nothing is shown.
"""

from datetime import datetime

from amtportal.members.models import User
from ccp.reports.lists.base import Counted
from ccp.reports.models import Deed, ListOpening

LONGEST = 500


def note(
    *, by: User, at: datetime, deed: Deed, subject: str, filtered: str = "", counted: Counted | None = None
) -> ListOpening:
    return ListOpening.objects.create(
        by=by,
        at=at,
        deed=deed,
        subject=subject,
        filtered=filtered[:LONGEST],
        rows=counted.number if counted else None,
        more=bool(counted and counted.more),
    )
