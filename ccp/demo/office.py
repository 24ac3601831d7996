"""What the staff of the demo did on the day of loading, and what a course system sent.

Members of the roster with one certification in force stand for what seldom happens: one has died, one
certification is revoked (somebody else can undo it today), one is on probation, one has another day
of award than the roster said.
"""

from datetime import date, datetime, timedelta
from decimal import Decimal
from uuid import uuid4

from django.db.models import Count, Exists, OuterRef

from amtportal.members.models import Member, User
from ccp import awards
from ccp.api import credits, keys, standing
from ccp.demo import cast
from ccp.desk import notes
from ccp.reports.lists import saved
from ccp.reports.models import ListName
from certifications import deaths, probations, revocations
from certifications.models import Certification, Cycle

SYSTEM, CODE = "MedLearn Academy", "medlearn"
NOTES = {
    "two": "Called: which activities count for both? Explained that each cycle has its own days.",
    "grace": "Called about the missing 3 points. Sends the certificate of a webinar this week.",
}


def happen(*, on: date, now: datetime, staff: User) -> None:
    of_desk, officer = (User.objects.get(email=cast.clerk_of(role)) for role in cast.CLERKS[:2])
    died, revoked, watched, corrected = _with_one(4)
    deaths.record(
        member=died.member, died_on=on - timedelta(days=20), reported_by="The spouse, by phone.", by=officer, at=now
    )
    revocations.revoke(
        certification=revoked,
        effective_on=on - timedelta(days=1),
        reason="The diploma on which the award was based is not genuine.",
        by=officer,
        at=now,
    )
    probations.impose(
        certification=watched,
        ends_on=on + timedelta(days=180),
        order="Take a course on professional ethics.",
        points=Decimal(2),
        due_on=on + timedelta(days=90),
        by=officer,
        at=now,
    )
    awards.correct(
        certification=corrected,
        awarded_on=corrected.awarded_on - timedelta(days=1),
        reason="The certificate has this day.",
        by=officer,
        at=now,
    )
    for name, text in NOTES.items():
        about = Member.objects.get(user__email=f"{name}@demo.example")
        notes.write(member=about, text=text, by=of_desk, at=now)
    saved.save(owner=officer, list_name=ListName.AT_RISK, name="The next 30 days", query="days=30", shared=True, at=now)
    _send_credits(on=on, now=now, staff=staff)


def _with_one(count: int) -> list[Certification]:
    """Return the first certifications of the roster that are a member's only one, and whose first cycle runs.

    No cycle is closed, so that their days can still be corrected.
    """
    closed = Cycle.objects.filter(certification=OuterRef("pk")).exclude(closed_on=None)
    alone = Member.objects.annotate(held=Count("certifications")).filter(held=1)
    chosen = Certification.objects.select_related("member").filter(
        ~Exists(closed), member__in=alone, member__user__email__endswith="@members.example", status="active"
    )
    return list(chosen.order_by("member__amt_id")[:count])


def _send_credits(*, on: date, now: datetime, staff: User) -> None:
    """Let a course system send two credits: one is recorded; one has another last name, so it is held."""
    member = Member.objects.get(user__email="two@demo.example")
    key, _secret = keys.issue_for(
        system=None,
        name=SYSTEM,
        code=CODE,
        contact="integration@medlearn.example",
        scopes=list(keys.SCOPES),
        starts_on=on,
        ends_on=on + keys.USUAL,
        number=uuid4().hex,
        by=staff,
        at=now,
    )
    sent = {
        "amt_id": member.amt_id,
        "activity_type": "course-seminar-webinar",
        "points": "0.5",
        "starts_on": (on - timedelta(days=3)).isoformat(),
    }
    rows = [
        {**sent, "reference": "C-1001", "last_name": member.last_name, "title": "Hand hygiene in five minutes"},
        {**sent, "reference": "C-1002", "last_name": "Castellano", "title": "Latex allergy in the draw room"},
    ]
    credits.take(key=key, rows=rows, at=now)
    keys.count(key, at=now)
    standing.ask(key=key, amt_id=member.amt_id, last_name=member.last_name, at=now)
