"""Passing the last days that are over: what follows if nobody did what was asked for.

Whoever opens or changes a case passes its last day (``pass_locked``, ``look``), and
``manage.py pass_audit_deadlines`` passes those of all cases, daily. A case passes one last day at a
time, also after an outage: the next one is counted from the day on which the portal passes the one
before, because the member is told on that day. The case of a member who has died stays as it is.
"""

import logging
from collections.abc import Sequence
from datetime import date, datetime

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet

from amtportal.chunks import chunks
from amtportal.dates import day_of
from amtportal.history.lines import sign
from ccp.audits import business_days, items, states, steps
from ccp.audits.models import AuditCase, CaseState, Extension, Verb
from ccp.audits.steps import Move
from ccp.models import Activity

REMAIN_AFTER_REQUEST = 7
"""How many days the member has at least, after more time was refused, or was not answered."""
logger = logging.getLogger(__name__)


def due(on: date) -> QuerySet[AuditCase]:
    """Return the cases whose last day the portal passes on that day."""
    of_the_living = AuditCase.objects.filter(cycle__certification__member__died_on=None)
    return of_the_living.filter(state__in=states.PASSING, due_on__lt=on)


def pass_all(*, at: datetime) -> tuple[int, list[int]]:
    """Pass the last day of every case whose last day is over.

    Returns how many there were, and the keys of those that failed. Cases are passed in groups; a
    group that fails is tried again one by one.
    """
    keys = list(due(day_of(at)).order_by("pk").values_list("pk", flat=True))
    passed, failed = 0, list[int]()
    for some in chunks(keys):
        try:
            passed += _pass_group(some, at=at)
        except Exception:
            logger.exception("Last days of %s audits could not be passed together.", len(some))
            for key in some:
                try:
                    passed += _pass_group([key], at=at)
                except Exception:
                    logger.exception("The last day of audit %s could not be passed.", key)
                    failed.append(key)
    return passed, failed


@transaction.atomic
def _pass_group(keys: Sequence[int], *, at: datetime) -> int:
    return pass_locked(steps.lock(keys), at=at)


def look(case: AuditCase, *, at: datetime) -> AuditCase:
    """Return the case as it is at that moment: if its last day is over, the portal passes it first."""
    if not _is_due(case, day_of(at)):
        return case
    with transaction.atomic():
        [locked] = steps.lock([case.pk])
        pass_locked([locked], at=at)
    return locked


def pass_locked(cases: Sequence[AuditCase], *, at: datetime) -> int:
    """Pass the last days of these locked cases that are over, and return how many there were."""
    on = day_of(at)
    over = [case for case in cases if _is_due(case, on)]
    if not over:
        return 0
    extensions = {
        extension.case_id: extension
        for extension in Extension.objects.select_for_update().filter(
            case__in=[case.pk for case in over if case.state == CaseState.EXTENSION_ASKED]
        )
    }
    unproven = [case for case in over if case.state == CaseState.OVERDUE]
    freeze(unproven)
    points = items.without_proof(unproven) if unproven else {}
    moves = []
    for case in over:
        verb = Verb.CLOSE if case.state == CaseState.ANNOUNCED else Verb.PASS_DEADLINE
        move = Move(case, steps.row_or_refuse(case, verb))
        if case.state == CaseState.EXTENSION_ASKED:
            move.due_on = _grant(extensions[case.pk], at)
        elif case.state == CaseState.OVERDUE:
            left = points[case.pk]
            outcome = items.outcome_of(case.cycle, left)
            move.columns = {"no_proof": True, "frozen_at": at, "points": left, "outcome": outcome}
        moves.append(move)
    steps.write(moves, at=at)
    after_decision(unproven, at=at)
    return len(over)


def after_decision(decided: Sequence[AuditCase], *, at: datetime) -> None:
    """Send each of these decided cases to the second review, or announce its decision."""
    percent = settings.AUDIT_SECOND_REVIEW_PERCENT
    moves = []
    for case in decided:
        again = states.needs_second_review(case.outcome, case.ticket, percent, no_proof=case.no_proof)
        moves.append(Move(case, steps.row_or_refuse(case, Verb.SEND_TO_SECOND_REVIEW if again else Verb.ANNOUNCE)))
    steps.write(moves, at=at)


def freeze(cases: Sequence[AuditCase]) -> None:
    """Wait for everybody who is just removing a file from an entry of these locked cases."""
    for some in chunks([case.cycle_id for case in cases]):
        entries = Activity.objects.filter(credits__cycle__in=some).order_by("pk").values_list("pk", flat=True)
        list(
            Activity.objects.select_for_update()
            .filter(pk__in=list(entries.distinct()))
            .order_by("pk")
            .values_list("pk")
        )


def _is_due(case: AuditCase, on: date) -> bool:
    is_over = case.state in states.PASSING and states.has_passed(case.due_on, on)
    return is_over and case.member.died_on is None


def _grant(extension: Extension, at: datetime) -> date:
    wanted_on = business_days.this_or_next(extension.wanted_on)
    extension.state = Extension.State.GRANTED
    extension.granted_to = max(wanted_on, states.last_day(day_of(at), REMAIN_AFTER_REQUEST))
    extension.answered_at = at
    sign(extension, by=None, at=at)
    extension.save()
    return extension.granted_to
