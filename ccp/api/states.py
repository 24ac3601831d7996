"""What became of a credit that a course system sent: what it is told, in answers and in messages.

A course system is told about its own credits only. Whether nobody has the AMT ID, or somebody with
another name, is one answer: otherwise it would tell who has an AMT ID.
"""

from collections import defaultdict
from collections.abc import Collection, Sequence
from decimal import Decimal
from typing import Any

from amtportal.formatting import format_points
from amtportal.members.models import Member
from ccp.amt_credits import credits as amt_credits
from ccp.amt_credits import holding
from ccp.api.models import Delivery
from ccp.models import Activity, Credit, HeldCredit

NOT_KNOWN = (
    "No member has this AMT ID and this last name. The credit is held, and recorded if they fit later. Ask the learner "
    "for both."
)
NO_CYCLE = "No open cycle of this member takes it now. The credit is held, and recorded if one opens that does."
REFUSED = "AMT has refused this credit. If it was wrong, send it again with the right values."


def describe(deliveries: Sequence[Delivery]) -> dict[str, dict[str, Any]]:
    """Return what became of each, by the reference on record: the fields of an answer."""
    references = [delivery.provider_reference for delivery in deliveries]
    entries = amt_credits.by_reference(references)
    held = holding.by_reference([reference for reference in references if reference not in entries])
    counted = _counted(entries.values())
    known = _known(held.values())
    told = {}
    for delivery in deliveries:
        reference = delivery.provider_reference
        if entry := entries.get(reference):
            answer = _of_entry(entry, counted[entry.pk])
        elif waiting := held.get(reference):
            sentence = NO_CYCLE if waiting.pk in known else NOT_KNOWN
            answer = {"status": "held", "entry": None, "points": format_points(waiting.points), "detail": sentence}
        else:
            answer = {"status": "refused", "entry": None, "points": "0", "detail": REFUSED}
        told[reference] = {"reference": delivery.reference, "counted": [], **answer}
    return told


def _of_entry(entry: Activity, counted: list[dict[str, str]]) -> dict[str, Any]:
    if entry.is_void:
        status, sentence = "voided", "AMT has voided this entry. It counts for nothing."
    elif not entry.is_standing:
        status, sentence = "withdrawn", "This entry was withdrawn. It counts for nothing."
    else:
        status, sentence = "recorded", "It is recorded."
    return {
        "status": status,
        "entry": entry.reference,
        "points": format_points(entry.claimed),
        "counted": counted if entry.is_standing else [],
        "detail": sentence,
    }


def _counted(entries: Collection[Activity]) -> dict[int, list[dict[str, str]]]:
    """Return what each entry counts for, by certification. Under its cap an entry may count for less."""
    by_entry: dict[int, list[dict[str, str]]] = defaultdict(list)
    credits = Credit.objects.filter(activity__in=[entry.pk for entry in entries]).exclude(cut__in=Credit.NOT_CLAIMED)
    rows = credits.order_by("pk").values_list("activity_id", "cycle__certification__credential__code", "points")
    found: dict[tuple[int, str], Decimal] = defaultdict(Decimal)
    for entry, code, points in rows:
        found[entry, code] += points
    for (entry, code), points in found.items():
        by_entry[entry].append({"credential": code, "points": format_points(points)})
    return by_entry


def _known(held: Collection[HeldCredit]) -> set[int]:
    """Return the keys of the held credits whose AMT ID and name are of a member."""
    members = Member.objects.known_as({waiting.amt_id for waiting in held}) if held else {}
    others = holding.of_others([holding.as_received(waiting) for waiting in held], members)
    return {waiting.pk for waiting in held if waiting.amt_id in members and waiting.provider_reference not in others}
