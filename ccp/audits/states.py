"""The life of a case: what may follow, who does it, and until when.

``ROWS`` is the whole table. The verbs in ``ccp.audits.cases`` go by it, the tests walk through it,
and docs/audits.md shows it (``written``, ``diagram``).

- Days are days in Chicago. The last day of a move is so many days after the day of the step that
  asks for it, moved to the next business day (``ccp.audits.business_days``). What arrives on the
  last day is in time.
- If the last day passes, the portal does what the row with ``PASS_DEADLINE`` or ``CLOSE`` says. A
  move of AMT has no such row, except for the answer to a request for more time: the case stays as
  it is, and everybody sees that it is late.
- A passing result is reviewed again for one case in ten. SHA-256 of the case's ticket settles which:
  ``printf '%s' TICKET | sha256sum``, of which the first 8 digits are less than a tenth of 16^8.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from hashlib import sha256

from django.conf import settings

from ccp.audits import business_days
from ccp.audits.models import CaseOutcome, CaseState, Verb, Who

S, V = CaseState, Verb


@dataclass(frozen=True)
class Row:
    """In this state, this person may do this, and the case is then in the state ``after``.

    ``days``: the setting with the number of days for the next move; empty if the last day stays
    (``before`` and ``after`` are the same state), if the step itself names it, or if there is none.
    """

    before: CaseState | None
    verb: Verb
    who: Who
    after: CaseState
    days: str = ""
    condition: str = ""


ROWS = (
    Row(None, V.OPEN, Who.COORDINATOR, S.DRAWN, "AUDIT_NOTIFY_DAYS", "drawn, or for cause with the reason"),
    Row(S.DRAWN, V.NOTIFY, Who.COORDINATOR, S.NOTIFIED, "AUDIT_ANSWER_DAYS"),
    Row(S.DRAWN, V.CALL_OFF, Who.COORDINATOR, S.CLOSED, "", "with the reason"),
    Row(
        S.NOTIFIED,
        V.ASK_EXTENSION,
        Who.MEMBER,
        S.EXTENSION_ASKED,
        "AUDIT_EXTENSION_ANSWER_DAYS",
        "once, with the day wanted and the reason",
    ),
    Row(
        S.NOTIFIED,
        V.SUBMIT,
        Who.MEMBER,
        S.SUBMITTED,
        "AUDIT_REVIEW_DAYS",
        "attested; each entry has a file or says why",
    ),
    Row(S.NOTIFIED, V.PASS_DEADLINE, Who.PORTAL, S.OVERDUE, "AUDIT_OVERDUE_DAYS", "the last day has passed"),
    Row(S.NOTIFIED, V.CALL_OFF, Who.COORDINATOR, S.CLOSED, "", "with the reason"),
    Row(S.EXTENSION_ASKED, V.GRANT_EXTENSION, Who.COORDINATOR, S.NOTIFIED, "", "until the day that is granted"),
    Row(
        S.EXTENSION_ASKED,
        V.REFUSE_EXTENSION,
        Who.COORDINATOR,
        S.NOTIFIED,
        "",
        "with the reason; 7 days at least remain",
    ),
    Row(S.EXTENSION_ASKED, V.PASS_DEADLINE, Who.PORTAL, S.NOTIFIED, "", "no answer: granted; 7 days at least remain"),
    Row(
        S.EXTENSION_ASKED,
        V.SUBMIT,
        Who.MEMBER,
        S.SUBMITTED,
        "AUDIT_REVIEW_DAYS",
        "attested; each entry has a file or says why",
    ),
    Row(S.EXTENSION_ASKED, V.CALL_OFF, Who.COORDINATOR, S.CLOSED, "", "with the reason"),
    Row(
        S.OVERDUE, V.SUBMIT, Who.MEMBER, S.SUBMITTED, "AUDIT_REVIEW_DAYS", "attested; each entry has a file or says why"
    ),
    Row(S.OVERDUE, V.PASS_DEADLINE, Who.PORTAL, S.DECIDED, "", "no proof: only what AMT credited counts"),
    Row(S.OVERDUE, V.CALL_OFF, Who.COORDINATOR, S.CLOSED, "", "with the reason"),
    Row(S.SUBMITTED, V.DECLARE_CONFLICT, Who.REVIEWER, S.SUBMITTED, "", "before any item is shown; once"),
    Row(S.SUBMITTED, V.TAKE, Who.REVIEWER, S.SUBMITTED, "", "no conflict; not the member; nobody else has it"),
    Row(S.SUBMITTED, V.RELEASE, Who.REVIEWER, S.SUBMITTED, "", "who has taken it"),
    Row(
        S.SUBMITTED,
        V.WANT_MORE,
        Who.REVIEWER,
        S.MORE_WANTED,
        "AUDIT_MORE_DAYS",
        "who has taken it; at most twice; says what",
    ),
    Row(S.SUBMITTED, V.DECIDE, Who.REVIEWER, S.DECIDED, "", "who has taken it; each entry has a verdict"),
    Row(S.SUBMITTED, V.CALL_OFF, Who.COORDINATOR, S.CLOSED, "", "with the reason"),
    Row(
        S.MORE_WANTED,
        V.SUBMIT,
        Who.MEMBER,
        S.SUBMITTED,
        "AUDIT_REVIEW_DAYS",
        "attested; each entry has a file or says why",
    ),
    Row(S.MORE_WANTED, V.PASS_DEADLINE, Who.PORTAL, S.SUBMITTED, "AUDIT_REVIEW_DAYS", "decided on what is there"),
    Row(S.MORE_WANTED, V.CALL_OFF, Who.COORDINATOR, S.CLOSED, "", "with the reason"),
    Row(
        S.DECIDED,
        V.SEND_TO_SECOND_REVIEW,
        Who.PORTAL,
        S.SECOND_REVIEW,
        "AUDIT_SECOND_REVIEW_DAYS",
        "at once: not passed, no proof, or settled by the ticket",
    ),
    Row(
        S.DECIDED,
        V.ANNOUNCE,
        Who.PORTAL,
        S.ANNOUNCED,
        "AUDIT_APPEAL_DAYS",
        "at once: passed with proof, and not settled by the ticket",
    ),
    Row(S.SECOND_REVIEW, V.DECLARE_CONFLICT, Who.REVIEWER, S.SECOND_REVIEW, "", "before any item is shown; once"),
    Row(
        S.SECOND_REVIEW,
        V.TAKE,
        Who.REVIEWER,
        S.SECOND_REVIEW,
        "",
        "no conflict; neither the member nor the first reviewer",
    ),
    Row(S.SECOND_REVIEW, V.RELEASE, Who.REVIEWER, S.SECOND_REVIEW, "", "who has taken it"),
    Row(
        S.SECOND_REVIEW,
        V.DECIDE_AGAIN,
        Who.REVIEWER,
        S.ANNOUNCED,
        "AUDIT_APPEAL_DAYS",
        "who has taken it; each entry has a verdict, which holds",
    ),
    Row(S.ANNOUNCED, V.APPEAL, Who.MEMBER, S.APPEALED, "AUDIT_BOARD_DAYS", "once, with the reason"),
    Row(S.ANNOUNCED, V.CLOSE, Who.PORTAL, S.CLOSED, "", "the last day for an appeal has passed"),
    Row(S.APPEALED, V.DECLARE_CONFLICT, Who.BOARD, S.APPEALED, "", "before any item is shown; once"),
    Row(S.APPEALED, V.TAKE, Who.BOARD, S.APPEALED, "", "no conflict; not the member, nor who reviewed; two people"),
    Row(S.APPEALED, V.RELEASE, Who.BOARD, S.APPEALED, "", "who has taken it, and has not decided"),
    Row(S.APPEALED, V.DECIDE_APPEAL, Who.BOARD, S.APPEALED, "", "the first of two"),
    Row(S.APPEALED, V.DECIDE_APPEAL, Who.BOARD, S.CLOSED, "", "the second of two"),
)

MOVES: Mapping[str, Who] = {
    S.DRAWN: Who.COORDINATOR,
    S.NOTIFIED: Who.MEMBER,
    S.EXTENSION_ASKED: Who.COORDINATOR,
    S.OVERDUE: Who.MEMBER,
    S.SUBMITTED: Who.REVIEWER,
    S.MORE_WANTED: Who.MEMBER,
    S.DECIDED: Who.PORTAL,
    S.SECOND_REVIEW: Who.REVIEWER,
    S.ANNOUNCED: Who.MEMBER,
    S.APPEALED: Who.BOARD,
}
"""Whose move it is. A closed case is nobody's."""

ASKING = (S.NOTIFIED, S.EXTENSION_ASKED, S.OVERDUE, S.MORE_WANTED)
"""The states in which the case asks the member for proof: files can be added to its entries."""

PASSING = tuple(row.before for row in ROWS if row.who == Who.PORTAL and row.before not in (None, S.DECIDED))
"""The states that the portal ends when their last day has passed."""

OPEN_VERDICT = (S.ANNOUNCED, S.APPEALED, S.CLOSED)
"""The states in which the member reads the decision."""


def rows(before: str | None, verb: str) -> tuple[Row, ...]:
    return tuple(row for row in ROWS if row.before == before and row.verb == verb)


def row_for(before: str | None, verb: str, *, after: str = "") -> Row | None:
    """Return the row of this step. ``after``: where the verb can lead to two states, which one."""
    found = [row for row in rows(before, verb) if not after or row.after == after]
    return found[0] if found else None


def states_before(verb: str) -> tuple[str, ...]:
    """Return the states in which this may be done."""
    return tuple(row.before for row in ROWS if row.verb == verb and row.before is not None)


def last_day(on: date, days: int) -> date:
    """Return the last day of a move that is asked for on this day.

    30 days after Friday, January 15, 2027 is Sunday, February 14; Monday the 15th is Washington's
    Birthday, so the last day is Tuesday, February 16.
    """
    return business_days.this_or_next(on + timedelta(days=days))


def due_on(row: Row, on: date) -> date | None:
    """Return the last day of the move that follows this row, if the row itself sets it."""
    return last_day(on, getattr(settings, row.days)) if row.days else None


def has_passed(due_on: date | None, on: date) -> bool:
    """Return whether the last day of a move is over."""
    return due_on is not None and on > due_on


def is_settled_by_ticket(ticket: str, percent: int) -> bool:
    """Return whether a case with this ticket is reviewed again although it passed."""
    return int(sha256(ticket.encode()).hexdigest()[:8], 16) * 100 < percent * 16**8


def needs_second_review(outcome: str, ticket: str, percent: int, *, no_proof: bool = False) -> bool:
    """Return whether a decided case is reviewed again: each that is not passed, and some of the others.

    So is each that the portal decided without proof, because no person has looked at it.
    """
    return outcome == CaseOutcome.FAILED or no_proof or is_settled_by_ticket(ticket, percent)


def diagram() -> str:
    """Return the table as a diagram, for docs/audits.md."""
    lines = [f"    {_node(row.before)} --> {_node(row.after)}: {row.who}, {row.verb}" for row in ROWS]
    return "\n".join(["stateDiagram-v2", *lines, f"    {_node(CaseState.CLOSED)} --> [*]"])


def _node(state: str | None) -> str:
    return state.replace("-", "_") if state else "[*]"


def written() -> str:
    """Return the table in Markdown, for docs/audits.md."""
    lines = ["| from | who | does | to | days for the next move | condition |", "| --- | --- | --- | --- | --- | --- |"]
    for row in ROWS:
        days = f"{getattr(settings, row.days)} (`{row.days}`)" if row.days else ""
        cells = (row.before or "", row.who, row.verb, row.after, days, row.condition)
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)
