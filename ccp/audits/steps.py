"""How a case moves: under its lock, by a row of the table, with a step that says who, when and why.

A case is locked after the cycles and before the entries (decision 28), several in the order of
their keys. Whoever uses a case first passes the last day that is over, so that nobody has to wait
for the daily run.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.db.models import Max
from django.utils.translation import gettext as _
from simple_history.utils import bulk_update_with_history

from amtportal.chunks import CHUNK
from amtportal.dates import day_of
from amtportal.members.models import User
from amtportal.refusals import Refused
from ccp.audits import states
from ccp.audits.models import AuditCase, CaseState, CaseStep, Verb, Who
from ccp.audits.signals import stepped, stepped_together
from ccp.audits.states import Row
from ccp.models import AttestationStatement
from certifications.models import Cycle

_UNCHANGED: Any = object()
_COLUMNS = (
    "state",
    "state_since",
    "due_on",
    "frozen_at",
    "asked_for_more",
    "no_proof",
    "first_reviewer",
    "second_reviewer",
    "first_of_board",
    "second_of_board",
    "outcome",
    "points",
    "closed_at",
)
_AT_ONCE = (Verb.SEND_TO_SECOND_REVIEW, Verb.ANNOUNCE)
"""What the portal does in the same moment as the step before."""


class MovedOn(Refused):
    """The case is in a state in which this cannot be done."""


@dataclass
class Move:
    """A step to be written. ``due_on``: the last day, if the row does not set it."""

    case: AuditCase
    row: Row
    by: User | None = None
    due_on: date | None = _UNCHANGED
    reason: str = ""
    statement: AttestationStatement | None = None
    columns: dict[str, Any] = field(default_factory=dict)


def read(keys: Collection[int]) -> list[AuditCase]:
    """Return these cases in the order of their keys, with cycle, credential and member."""
    cases = AuditCase.objects.select_related("cycle__certification__credential", "cycle__certification__member")
    return list(cases.filter(pk__in=keys).order_by("pk"))


def lock(keys: Collection[int]) -> list[AuditCase]:
    """Lock the cycles of these cases and then the cases, and read them under the lock.

    The caller is in a transaction. A case that closes writes a correction beside its cycle.
    """
    list(Cycle.objects.select_for_update().filter(audit_cases__in=keys).order_by("pk").values_list("pk"))
    locked = AuditCase.objects.select_for_update().filter(pk__in=keys).order_by("pk")
    list(locked.values_list("pk", flat=True))
    return read(keys)


def write(moves: Sequence[Move], *, at: datetime) -> list[CaseStep]:
    """Write these steps, each of another case, and what they change in the locked cases."""
    if not moves:
        return []
    keys = [move.case.pk for move in moves]
    last = dict(CaseStep.objects.filter(case__in=keys).order_by().values_list("case").annotate(last=Max("number")))
    steps = [_step(move, last.get(move.case.pk, 0) + 1, at) for move in moves]
    CaseStep.objects.bulk_create(steps, batch_size=CHUNK)
    for move in moves:
        move.case._history_user = move.by  # type: ignore[attr-defined]
        move.case._change_reason = str(Verb(move.row.verb).label)  # type: ignore[attr-defined]
    bulk_update_with_history([move.case for move in moves], AuditCase, _COLUMNS, batch_size=CHUNK, default_date=at)
    for step, move in zip(steps, moves, strict=True):
        stepped.send(sender=CaseStep, case=move.case, step=step)
    stepped_together.send(sender=CaseStep, steps=[(move.case, step) for step, move in zip(steps, moves, strict=True)])
    return steps


def _step(move: Move, number: int, at: datetime) -> CaseStep:
    case, row = move.case, move.row
    if move.due_on is not _UNCHANGED:
        due_on = move.due_on
    elif row.before == row.after:
        due_on = case.due_on
    else:
        due_on = states.due_on(row, day_of(at))
    if row.before != row.after:
        case.state, case.state_since = row.after, at
    case.due_on = due_on
    if row.after == CaseState.CLOSED:
        case.closed_at = at
    for column, value in move.columns.items():
        setattr(case, column, value)
    return CaseStep(
        case=case,
        number=number,
        verb=row.verb,
        who=row.who,
        by=move.by,
        at=at,
        before=row.before or "",
        after=row.after,
        due_on=due_on,
        reason=move.reason,
        statement=move.statement,
    )


def first(case: AuditCase, *, who: Who, by: User | None, at: datetime, reason: str) -> CaseStep:
    """Return the first step of a case that is being opened."""
    return CaseStep(
        case=case, number=1, verb=Verb.OPEN, who=who, by=by, at=at, after=case.state, due_on=case.due_on, reason=reason
    )


def was_done(case: AuditCase, verb: str, by: User) -> bool:
    """Return whether this person did this last in the case, and no last day has passed since."""
    last = case.steps.exclude(verb__in=_AT_ONCE).order_by("-number").first()
    return last is not None and (last.verb, last.by_id) == (verb, by.pk)


def row_or_refuse(case: AuditCase, verb: str, *, after: str = "") -> Row:
    """Return the row of the table for this step. Raises ``MovedOn`` if there is none."""
    row = states.row_for(case.state, verb, after=after)
    if row is None:
        sentence = _(
            "This cannot be done anymore, because the audit has moved on. It is now: %(state)s. Look at its page."
        )
        raise MovedOn(sentence % {"state": case.get_state_display()})
    return row
