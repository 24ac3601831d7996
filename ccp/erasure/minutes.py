"""The minutes of erasures: kept outside the database too, and done again after a restore.

A backup from before an erasure still holds the person. Whoever restores it does the erasures again that
came after it, from the minutes that ``manage.py erasure_minutes`` printed.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import transaction

from amtportal.history import gaps
from amtportal.history.models import BlankedLine
from amtportal.members.models import Member, User
from amtportal.refusals import Refused
from ccp.erasure import erasing
from ccp.privacy import deadlines
from ccp.privacy.models import Asker, ErasureRequest, Law, Proof

State = ErasureRequest.State
_KNOWN = {"law": Law.values, "asked_by": Asker.values, "proof": Proof.values}


def problems() -> Iterator[str]:
    """Yield a sentence for each gap that no minutes account for, and for minutes whose gap is not theirs."""
    named = gaps.names()
    done = {request.gap: request for request in ErasureRequest.objects.filter(state=State.DONE).order_by("pk")}
    for name in sorted(named.keys() - done.keys()):
        yield f"history_gap {name}: no erasure that two people decided has this name"
    for name, request in done.items():
        tables = named.get(name, {})
        for table in sorted(tables.keys() | request.lines.keys()):
            if (lines := tables.get(table, 0)) != (told := request.lines.get(table, 0)):
                yield f"history_gap {name}: {lines:,} lines of {table}, and the minutes say {told:,}"
    opened = BlankedLine.objects.order_by().values_list("gap", flat=True).distinct()
    for name in sorted(set(opened) - done.keys()):
        yield f"history_blankedline {name}: lines may be blanked under this name, and no erasure has it"


def lines() -> Iterator[str]:
    """Yield the minutes of each erasure as a line of JSON. Nothing in it is about the person but AMT IDs."""
    done = ErasureRequest.objects.filter(state=State.DONE).order_by("settled_at", "pk")
    for request in done.select_related("recorded_by", "settled_by"):
        assert request.settled_by
        row = {
            "number": request.repeats or request.number,
            "amt_ids": request.amt_ids,
            "law": request.law,
            "asked_by": request.asked_by,
            "proof": request.proof,
            "received_on": request.received_on,
            "recorded_at": request.recorded_at,
            "recorded_by": request.recorded_by.email,
            "confirmed_at": request.settled_at,
            "confirmed_by": request.settled_by.email,
            "went": request.went,
            "lines": request.lines,
            "files": request.files,
        }
        yield json.dumps(row, cls=DjangoJSONEncoder)


def read(text: Iterable[str]) -> list[dict[str, Any]]:
    """Return the minutes that ``lines`` printed. Raises ``Refused`` for a line that is none."""
    rows = []
    for number, line in enumerate(text, start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
            row["received_on"] = date.fromisoformat(row["received_on"])
            row["recorded_at"] = datetime.fromisoformat(row["recorded_at"])
            is_known = all(row[column] in values for column, values in _KNOWN.items())
            if not (is_known and row["number"] and row["amt_ids"] and row["recorded_by"] != row["confirmed_by"]):
                raise ValueError
        except (ValueError, KeyError, TypeError):
            raise Refused(
                f"Line {number} is no minutes of an erasure. Take the file that erasure_minutes printed."
            ) from None
        rows.append(row)
    return rows


@transaction.atomic
def repeat(row: Mapping[str, Any], *, at: datetime) -> ErasureRequest | None:
    """Do an erasure again that is in the minutes. Returns None if the member is erased already.

    It was decided before, so nothing stands in its way now. Raises ``Refused`` if the member or one of the
    two people is not on record.
    """
    number, known = row["number"], Member.objects.known_as(row["amt_ids"])
    member = next((known[amt_id] for amt_id in row["amt_ids"] if amt_id in known), None)
    if member is None:
        raise Refused(
            f"{number}: no member has the AMT ID {row['amt_ids'][0]}. The backup may be older than the member."
        )
    people = {}
    for role in ("recorded_by", "confirmed_by"):
        people[role] = User.objects.filter(email=row[role]).first()
        if people[role] is None:
            raise Refused(f"{number}: {row[role]} is not on record. Create the account first, inactive.")
    erasing.lock(member.pk)
    member = Member.objects.get(pk=member.pk)
    if member.erased_on:
        return None
    request = erasing.standing(member)
    if request is None:
        columns = {column: row[column] for column in (*_KNOWN, "received_on", "recorded_at")}
        due = deadlines.due_on(row["law"], row["received_on"])
        request = ErasureRequest(member=member, due_on=due, recorded_by=people["recorded_by"], **columns)
    request.repeats = number
    request.save()
    confirmed_by = people["confirmed_by"]
    assert confirmed_by
    return erasing.erase(request, member, by=confirmed_by, at=at)
