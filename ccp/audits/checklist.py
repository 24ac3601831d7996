"""The checklist of an audit, which is the same for the member before and for the reviewer.

| question | what the portal knows by itself |
| --- | --- |
| name | nothing: somebody looks whether the member's name is on the file |
| date | whether the days that were recorded lie in the cycle |
| provider | which provider was recorded, so that the file can be compared with it |
| hours | whether the points are what the recorded number of units makes under the terms of that day |
| readable | whether there is a file, which the portal could open when it was attached |
| relevant | nothing: somebody finds the item of the exam content outline |

What only a person can see stays open. An entry *would pass* if a file is attached and no answer is
no; a credit from AMT is proven without a file. That is no verdict, and nothing of it is stored.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import TextChoices
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from amtportal.formatting import format_day, format_points
from ccp.counting.terms import in_units, points_for


class Question(TextChoices):
    """The questions, in the order in which they are asked. Their names are stored with reviews."""

    NAME = "name", gettext_lazy("The member's name is on the file.")
    DATE = "date", gettext_lazy("The date is in the cycle.")
    PROVIDER = "provider", gettext_lazy("The provider is named.")
    HOURS = "hours", gettext_lazy("The hours match the points.")
    READABLE = "readable", gettext_lazy("The file can be read.")
    RELEVANT = "relevant", gettext_lazy("It is relevant to the exam content outline of the certification.")


class Answer(TextChoices):
    """What the portal answers by itself."""

    YES = "yes", gettext_lazy("Yes")
    NO = "no", gettext_lazy("No")
    OPEN = "open", gettext_lazy("For a person to see")


@dataclass(frozen=True)
class Claim:
    """What was recorded of an entry, and how many files are attached.

    ``per_unit``: the points for one unit under the terms of the day on which it was recorded; None
    if points were given directly.
    """

    is_credited_by_amt: bool
    files: int
    starts_on: date
    ends_on: date
    cycle_starts_on: date
    cycle_ends_on: date
    credential: str
    provider: str
    points: Decimal
    quantity: Decimal | None = None
    unit: str = ""
    per_unit: Decimal | None = None


@dataclass(frozen=True)
class Finding:
    """The answer to one question, and the sentence that says why, or what to look at."""

    question: Question
    answer: Answer
    sentence: str


def check(claim: Claim) -> list[Finding]:
    """Return an answer to each question, as far as the portal knows it."""
    if claim.is_credited_by_amt:
        proven = _("AMT credited it, so it counts as proven.")
        return [Finding(question, Answer.YES, proven) for question in Question]
    asked = (_name, _date, _provider, _hours, _readable, _relevant)
    return [Finding(question, *answer(claim)) for question, answer in zip(Question, asked, strict=True)]


def would_pass(findings: Iterable[Finding]) -> bool:
    """Return whether the portal knows nothing that speaks against the entry."""
    return all(finding.answer != Answer.NO for finding in findings)


def tally(checked: Sequence[tuple[Claim, list[Finding]]]) -> str:
    """Return the whole in one sentence, such as ``12 of 14 would pass; 2 have no file.``"""
    passing = sum(would_pass(findings) for _claim, findings in checked)
    without = sum(not _has_proof(claim) for claim, _findings in checked)
    others = len(checked) - passing - without
    parts = [_("%(passing)s of %(all)s would pass") % {"passing": passing, "all": len(checked)}]
    if without:
        parts.append(ngettext("%(number)s has no file", "%(number)s have no file", without) % {"number": without})
    if others:
        differs = ngettext("%(number)s has something to correct", "%(number)s have something to correct", others)
        parts.append(differs % {"number": others})
    return "; ".join(parts) + "."


def _has_proof(claim: Claim) -> bool:
    return claim.is_credited_by_amt or claim.files > 0


def _name(claim: Claim) -> tuple[Answer, str]:
    return Answer.OPEN, _("Look whether your name, as AMT knows it, is on the file.")


def _date(claim: Claim) -> tuple[Answer, str]:
    is_in = claim.cycle_starts_on <= claim.starts_on and claim.ends_on <= claim.cycle_ends_on
    days = {"first": format_day(claim.cycle_starts_on), "last": format_day(claim.cycle_ends_on)}
    if is_in:
        return Answer.YES, _("The days you recorded are in the cycle %(first)s to %(last)s.") % days
    return Answer.NO, _("The days you recorded are not in the cycle %(first)s to %(last)s.") % days


def _provider(claim: Claim) -> tuple[Answer, str]:
    if claim.provider:
        return Answer.YES, _("You named %(provider)s. The file should name the same.") % {"provider": claim.provider}
    return Answer.OPEN, _("You named no provider, so the file must show who offered it.")


def _hours(claim: Claim) -> tuple[Answer, str]:
    if claim.quantity is None or claim.per_unit is None:
        return Answer.OPEN, _("Look whether the file shows what %(points)s points stand for.") % {
            "points": format_points(claim.points)
        }
    made = points_for(claim.quantity, claim.per_unit)
    sums = {
        "units": in_units(claim.quantity, claim.unit),
        "made": format_points(made),
        "points": format_points(claim.points),
    }
    if made == claim.points:
        return Answer.YES, _("%(units)s: %(points)s points. The file should show the same.") % sums
    return Answer.NO, _("%(units)s make %(made)s points, and you claimed %(points)s.") % sums


def _readable(claim: Claim) -> tuple[Answer, str]:
    if claim.files:
        return Answer.OPEN, _("The portal could open the file. Look whether every line can be read.")
    return Answer.NO, _("No file is attached.")


def _relevant(claim: Claim) -> tuple[Answer, str]:
    return Answer.OPEN, _("Know which item of the %(code)s exam content outline it belongs to.") % {
        "code": claim.credential
    }
