"""The cases of the demo's draw, in different states: by the verbs of everybody, on the days after the draw.

Who can sign in has been asked for proof, and has attached two files. Of the others, one asks for
more time, one has submitted, one is asked for more, and one is decided.
"""

from datetime import datetime, timedelta

from amtportal.members.models import User
from ccp.audits import cases, items
from ccp.audits.models import AuditCase, Draw, ItemVerdict
from ccp.demo.acts import attach_certificate

AT_HAND = 2
NOTIFIED_BEFORE = timedelta(days=10)
LOST = "The provider closed last year, and I cannot find my copy."


def happen(draw: Draw, *, audited: str, now: datetime, staff: User) -> None:
    """Move five of the cases on. ``audited``: the address of the member who can sign in."""
    assert draw.drawn_at
    at = max(draw.drawn_at, now - NOTIFIED_BEFORE)
    drawn = AuditCase.objects.filter(draw_line__draw=draw).select_related("cycle__certification__member__user")
    own = drawn.get(cycle__certification__member__user__email=audited)
    asks, submits, lacks, ends = drawn.exclude(pk=own.pk).order_by("ticket")[:4]
    cases.notify(cases=[case.pk for case in (own, asks, submits, lacks, ends)], by=staff, at=at)
    for item in items.of_case(own)[:AT_HAND]:
        attach_certificate(item.activity, at=at)
    asks.refresh_from_db()
    assert asks.due_on
    cases.ask_extension(
        case=asks,
        wanted_on=asks.due_on + timedelta(days=14),
        reason="My employer needs two more weeks for the letter.",
        by=_owner(asks),
        at=now,
    )
    for case in (submits, lacks, ends):
        _submit(case, at=at)
    reviewer = User.objects.get(email="reviewer@demo.example")
    for case in (lacks, ends):
        cases.declare_conflict(case=case, has_conflict=False, by=reviewer, at=at)
        cases.take(case=case, by=reviewer, at=at)
    cases.want_more(case=lacks, reason="The certificate does not show the date of the meeting.", by=reviewer, at=now)
    _decide(ends, reviewer, at=now)


def _owner(case: AuditCase) -> User:
    user = case.member.user
    assert user
    return user


def _submit(case: AuditCase, *, at: datetime) -> None:
    """Attach a file to the first two entries, say why the others have none, and submit."""
    for place, item in enumerate(items.of_case(case)):
        if place < AT_HAND:
            attach_certificate(item.activity, at=at)
        else:
            cases.say_missing(case=case, activity=item.activity, text=LOST, by=_owner(case), at=at)
    cases.submit(case=case, by=_owner(case), at=at)


def _decide(case: AuditCase, reviewer: User, *, at: datetime) -> None:
    """Decide that what has a file is proven: 23 of 30 points, so a second reviewer looks at it."""
    for item in items.of_case(case):
        has_file = bool(item.files)
        cases.review_item(
            case=case,
            activity=item.activity,
            verdict=ItemVerdict.COUNT if has_file else ItemVerdict.REJECT,
            points=item.activity.claimed if has_file else item.activity.claimed * 0,
            reason="" if has_file else "No document was sent.",
            by=reviewer,
            at=at,
        )
    cases.decide(case=case, by=reviewer, at=at)
