"""Credits that course systems send: recorded, held or refused, like those of AMT's own courses.

- A reference of the course system is one credit forever. The same values again change nothing and
  are answered with what became of it; other values are refused.
- What cannot be recorded yet is held (``ccp.amt_credits.holding``): nobody has the AMT ID, its member
  has another name, or no open cycle takes the days.
- What course systems send at the same moment is taken one after the other for each system, so that
  one reference, or one ``Idempotency-Key``, is never taken twice.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction

from amtportal.chunks import chunks
from amtportal.dates import day_of
from amtportal.refusals import Problem
from ccp.amt_credits import credits as amt_credits
from ccp.amt_credits import holding
from ccp.api import states, webhooks
from ccp.api.bodies import SentCredit, read_row
from ccp.api.models import CourseSystem, Delivery, Key
from ccp.counting.terms import catalogue
from ccp.models import ActivityType

OTHER_VALUES = (
    "{reference} was sent before with other values. Send a correction under a new reference, and ask AMT to void the "
    "earlier one."
)
TWICE = "{reference} is in row {row} already. Send each reference once."


@dataclass
class Taken:
    """What became of one row. ``problems``: why it is refused; ``conflicts``: because of what was sent before."""

    problems: list[Problem] = field(default_factory=list)
    is_new: bool = False
    conflicts: bool = False
    answer: dict[str, Any] = field(default_factory=dict)


@transaction.atomic
def take(*, key: Key, rows: Sequence[Any], at: datetime) -> list[Taken]:
    """Record or hold what is right of these rows, and return what became of each, in their order."""
    system = CourseSystem.objects.select_for_update(no_key=True).get(pk=key.system_id)
    sent, results = _read(system, rows, at)
    deliveries = _delivered([credit.received.reference for credit in sent.values()])
    known = states.describe(list(deliveries.values()))
    foreign = _of_others([credit.received.reference for credit in sent.values()], deliveries)
    new: list[SentCredit] = []
    for place, credit in sent.items():
        reference, result = credit.received.reference, results[place]
        before = deliveries.get(reference)
        is_refused = before is not None and known[reference]["status"] == "refused"
        if reference in foreign or (before and before.digest != credit.digest and not is_refused):
            result.conflicts = True
            result.problems = [Problem("reference", OTHER_VALUES.format(reference=credit.reference))]
        elif before is None or before.digest != credit.digest:
            result.is_new = True
            new.append(credit)
    if new:
        deliveries |= _take_new(key, system, new, at)
        known = states.describe(list(deliveries.values()))
        webhooks.note_new(system, [known[credit.received.reference] for credit in new], at=at)
    for place, credit in sent.items():
        if not results[place].problems:
            results[place].answer = known[credit.received.reference]
    return results


def _read(system: CourseSystem, rows: Sequence[Any], at: datetime) -> tuple[dict[int, SentCredit], list[Taken]]:
    """Return the good rows by their place, and the beginning of a result for each row."""
    on, terms = day_of(at), catalogue()
    types = {
        activity_type.code: activity_type
        for activity_type in ActivityType.objects.select_related("category").prefetch_related("credentials")
    }
    of_day = {code: terms.terms(activity_type, on) for code, activity_type in types.items()}
    sent: dict[int, SentCredit] = {}
    first: dict[str, int] = {}
    results = []
    for place, row in enumerate(rows):
        credit, problems = read_row(row, system=system, activity_types=types, terms=of_day, on=on)
        if credit and first.setdefault(credit.received.reference, place) != place:
            earlier = first[credit.received.reference] + 1
            problems = [Problem("reference", TWICE.format(reference=credit.reference, row=earlier))]
        elif credit:
            sent[place] = credit
        results.append(Taken(problems=problems))
    return sent, results


def _delivered(references: Sequence[str]) -> dict[str, Delivery]:
    """Return the last delivery under each of these references on record."""
    return {
        delivery.provider_reference: delivery
        for some in chunks(references)
        for delivery in Delivery.objects.filter(provider_reference__in=some).order_by("pk")
    }


def _of_others(references: Sequence[str], delivered: dict[str, Delivery]) -> set[str]:
    """Return the references under which a file of AMT's has put something else on record."""
    rest = [reference for reference in references if reference not in delivered]
    return {*amt_credits.by_reference(rest), *holding.by_reference(rest)}


def _take_new(key: Key, system: CourseSystem, new: Sequence[SentCredit], at: datetime) -> dict[str, Delivery]:
    holding.receive(credits=[credit.received for credit in new], by=None, at=at)
    deliveries = [
        Delivery(
            system=system,
            key=key,
            reference=credit.reference,
            provider_reference=credit.received.reference,
            digest=credit.digest,
            received_at=at,
        )
        for credit in new
    ]
    for some in chunks(deliveries):
        Delivery.objects.bulk_create(some)
    return {delivery.provider_reference: delivery for delivery in deliveries}
