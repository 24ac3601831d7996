"""What a case is in words: whose move it is and until when, and what its steps were."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from amtportal.formatting import format_day
from amtportal.prepared import prepared
from ccp.audits import items, states
from ccp.audits.models import AuditCase, CaseState, CaseStep, Verb, Who


def is_late(case: AuditCase, on: date) -> bool:
    """Return whether AMT's own last day is over. The portal passes those of members."""
    return states.has_passed(case.due_on, on)


def next_move(case: AuditCase, on: date) -> str:
    """Return whose move it is and until when, for the member to read."""
    sentence = _MOVES[CaseState(case.state)]() % {"day": format_day(case.due_on) if case.due_on else ""}
    if is_late(case, on):
        sentence += " " + _("AMT is late with this. Nothing is asked of you.")
    return sentence


_MOVES = {
    CaseState.DRAWN: lambda: _("AMT’s move: AMT tells you by %(day)s until when to send proof."),
    CaseState.NOTIFIED: lambda: _("Your move: send proof by %(day)s."),
    CaseState.EXTENSION_ASKED: lambda: _(
        "AMT’s move: AMT answers by %(day)s. If it does not, you have the time you asked for."
    ),
    CaseState.OVERDUE: lambda: _(
        "Your move, and overdue: AMT still takes proof until %(day)s. After that it decides as if there were none."
    ),
    CaseState.SUBMITTED: lambda: _("AMT’s move: a reviewer decides by %(day)s."),
    CaseState.MORE_WANTED: lambda: _(
        "Your move: send what AMT asks for by %(day)s. After that it decides on what is there."
    ),
    CaseState.DECIDED: lambda: _("AMT’s move: the decision is being checked."),
    CaseState.SECOND_REVIEW: lambda: _("AMT’s move: a second reviewer decides by %(day)s."),
    CaseState.ANNOUNCED: lambda: _(
        "Your move, if you do not agree: you can appeal until %(day)s. Then the audit is closed."
    ),
    CaseState.APPEALED: lambda: _("AMT’s move: the appeal board decides by %(day)s."),
    CaseState.CLOSED: lambda: _("This audit is closed. Nothing is asked of you."),
}


@dataclass(frozen=True)
class Told:
    """A step as the member reads it."""

    what: str
    who: str
    at: datetime
    reason: str


OF_REVIEWERS = (Verb.DECLARE_CONFLICT, Verb.TAKE, Verb.RELEASE)
"""Steps that say nothing to the member."""
BEFORE_ANNOUNCED = (Verb.DECIDE, Verb.DECIDE_AGAIN)
"""Steps whose reasons are shown once the decision is announced."""


def steps_of(case: AuditCase, steps: Iterable[CaseStep]) -> list[Told]:
    """Return the steps for the member, the first one first.

    The reasons of a decision are shown once it is announced. Who acted for AMT is not named.
    """
    told = []
    for step in steps:
        if step.verb in OF_REVIEWERS:
            continue
        is_hidden = step.verb in BEFORE_ANNOUNCED and case.state not in states.OPEN_VERDICT
        is_hidden |= step.verb == Verb.DECIDE_APPEAL and case.is_open
        told.append(Told(str(step.get_verb_display()), _who(step), step.at, "" if is_hidden else step.reason))
    return told


def _who(step: CaseStep) -> str:
    if step.who == Who.MEMBER:
        return _("You")
    return _("The portal") if step.who == Who.PORTAL else "AMT"


# The banner on the home page


@dataclass(frozen=True)
class Banner:
    case: AuditCase
    sentence: str


@prepared
def _calling(closed: list[int]) -> QuerySet[AuditCase]:
    """Return the cases of these cycles in which the member can do something now."""
    wanted = [*states.ASKING, CaseState.ANNOUNCED]
    return AuditCase.objects.filter(cycle__in=closed, state__in=wanted).order_by("due_on", "pk")


def banners(closed: list[int]) -> list[Banner]:
    """Return what the home page says of a member's audits.

    ``closed``: the keys of the member's closed cycles. Without one this takes no query, and without
    an audit one.
    """
    return [Banner(case, banner(case, items.of_case(case))) for case in (_calling(closed) if closed else [])]


def banner(case: AuditCase, asked: Sequence[items.Item]) -> str:
    """Return the sentence for one case: “AMT asks for proof of 12 activities by February 16, 2027. 9 have a file.”"""
    day = {"day": format_day(case.due_on) if case.due_on else ""}
    if case.state == CaseState.ANNOUNCED:
        return _("AMT has decided your audit. You can appeal until %(day)s.") % day
    if case.state == CaseState.MORE_WANTED:
        return _("AMT asks for more proof in your audit by %(day)s.") % day
    needed = [item for item in asked if not item.is_proven]
    sentence = ngettext(
        "AMT asks for proof of %(number)s activity by %(day)s.",
        "AMT asks for proof of %(number)s activities by %(day)s.",
        len(needed),
    ) % {"number": len(needed), **day}
    return f"{sentence} {with_file(needed)}"


def with_file(needed: Iterable[items.Item]) -> str:
    """Return how many of these entries have a file."""
    number = sum(bool(item.files) for item in needed)
    if not number:
        return _("None has a file.")
    return ngettext("%(number)s has a file.", "%(number)s have a file.", number) % {"number": number}
