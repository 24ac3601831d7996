"""Error reports: a member says that a credit from AMT is wrong, and staff answer.

The member cannot amend or withdraw such an entry, so a report is the way to have it corrected. Only
one report of an entry can wait for an answer at a time. If staff find that the entry is wrong, they
void it; a correct one comes with the next import.
"""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from amtportal import clean
from amtportal.history.lines import sign
from amtportal.members.models import User
from amtportal.refusals import Problem, Refused, refuse_if
from ccp.models import Activity, ErrorReport

MOST = 1_000


def problem_with_text(text: str) -> Problem | None:
    """Return why the text cannot be sent, or None if it can."""
    if not text:
        return Problem("text", _("Say what is wrong with this credit."))
    if len(text) > MOST:
        sentence = _("Shorten your text to %(most)s characters; it has %(length)s.")
        return Problem("text", sentence % {"most": f"{MOST:,}", "length": f"{len(text):,}"})
    return None


def can_be_reported(activity: Activity) -> bool:
    """Return whether an error in the entry can be reported.

    Only a standing entry that a file of AMT's brought can be reported. Members amend their own
    entries themselves.
    """
    return not activity.is_members_own and activity.is_standing


def of_activity(activity: Activity) -> list[ErrorReport]:
    """Return the reports of an entry with their answers, the latest first.

    This makes no query for an entry that a member recorded.
    """
    return list(activity.error_reports.all()) if not activity.is_members_own else []


@transaction.atomic
def report(*, activity: Activity, text: str, by: User, at: datetime) -> ErrorReport:
    """Report an error. If the same text is sent again, the existing report is returned."""
    activity = Activity.objects.select_for_update().get(pk=activity.pk)
    text = clean.lines(text)
    waiting = ErrorReport.objects.filter(activity=activity, answered_at=None).first()
    if waiting and waiting.text == text:
        return waiting
    if not can_be_reported(activity):
        raise Refused(_("Only a credit from AMT that is not withdrawn or void can be reported."))
    if waiting:
        raise Refused(_("You have already reported an error for this credit. AMT answers it on the page of the entry."))
    refuse_if(problem_with_text(text))
    return ErrorReport.objects.create(activity=activity, text=text, reported_at=at, reported_by=by)


@transaction.atomic
def answer(*, report: ErrorReport, text: str, by: User, at: datetime) -> ErrorReport:
    """Answer a report. An answer is never changed.

    If the matter is not settled, the member sends another report.
    """
    Activity.objects.select_for_update().get(pk=report.activity_id)
    report = ErrorReport.objects.select_related("activity__activity_type").get(pk=report.pk)
    if report.answered_at:
        return report
    text = clean.lines(text)
    if not text:
        raise Refused("Write an answer: the member reads it with the entry.", "answer")
    report.answer, report.answered_at, report.answered_by = text, at, by
    sign(report, by=by)
    report.save(update_fields=["answer", "answered_at", "answered_by"])
    return report
