"""What an audit does to the files of its entries: the answers to the signals of ``ccp.evidence``.

- From the submission on, or once the last day has passed without one, no file of the entries can be
  removed. This also holds after the case is closed: the decision rests on them.
- While AMT reviews, nothing is added either. Files can be added while the case asks for proof, and
  until the member appeals.

The entries themselves cannot change: a case is about a closed cycle, and nobody amends, withdraws,
voids or puts back an entry of such a cycle (``ccp.recording``).
"""

from typing import Any

from django.utils.translation import gettext as _

from amtportal.dates import today
from amtportal.refusals import Problem
from ccp.audits import states
from ccp.audits.models import AuditCase, CaseState
from ccp.models import Activity, Credit

REVIEWED = (CaseState.SUBMITTED, CaseState.DECIDED, CaseState.SECOND_REVIEW, CaseState.APPEALED)
"""The states in which AMT looks at what was sent."""


def problem_with_removing(*, activity: Activity, **kwargs: Any) -> Problem | None:
    """Return why no file of the entry can be removed, if a case has been submitted or decided."""
    if any(is_frozen for _state, is_frozen in _cases(activity)):
        return Problem("", _("AMT looks at this entry in an audit, so what is attached to it stays."))
    return None


def problem_with_adding(*, activity: Activity, **kwargs: Any) -> Problem | None:
    """Return why no file can be attached to the entry, while AMT reviews it and no other case asks for it."""
    found = {state for state, _is_frozen in _cases(activity)}
    if found.intersection(REVIEWED) and not found.intersection(states.ASKING):
        sentence = _("AMT is reviewing this entry in an audit, so nothing can be attached to it now. Write a message.")
        return Problem("file", sentence)
    return None


def _cases(activity: Activity) -> list[tuple[str, bool]]:
    """Return the states of the cases that the entry is in, and whether they are frozen.

    A case whose last day is over is reviewed, also if the portal has not passed that day yet.
    Only closed cycles are audited. For an entry whose credits were read, and which is in none, this
    takes no query.
    """
    closed = [
        credit.cycle_id
        for credit in _credits(activity)
        if credit.cycle.closed_on is not None and credit.cut not in Credit.NOT_CLAIMED
    ]
    if not closed:
        return []
    on = today()
    return [
        (CaseState.SUBMITTED, True)
        if state in (CaseState.OVERDUE, CaseState.MORE_WANTED) and states.has_passed(due_on, on)
        else (state, frozen_at is not None)
        for state, frozen_at, due_on in AuditCase.objects.filter(cycle__in=closed).values_list(
            "state", "frozen_at", "due_on"
        )
    ]


def _credits(activity: Activity) -> Any:
    read = getattr(activity, "_prefetched_objects_cache", {}).get("credits")
    return activity.credits.select_related("cycle") if read is None else read
