"""A Record CE form that comes again: the same form, posted twice or after Back, leads to the entry that it recorded.

Whether it is the same is asked as of the day on which it recorded: with the cycles that took records then and under the
terms of that day. So it stays a repeat when records have ended, a type was retired or terms have changed meanwhile.
What comes with other values under a used number is no repeat; ``ccp.recording.verbs`` refuses it.
"""

import uuid
from collections.abc import Collection

from django.db.models import Q
from django.http import QueryDict

from amtportal.dates import day_of
from amtportal.members.models import Member
from ccp.models import Activity
from ccp.recording.forms import RecordCEForm
from certifications.models import Cycle


def recorded_by(
    posted: QueryDict, member: Member, *, open_cycles: Collection[Cycle], asked: int | None
) -> Activity | None:
    """The member's entry that this very form has recorded; None where it recorded none, or other values.

    ``open_cycles``: those that take records now. ``asked``: the certification that the member came from, by key.
    """
    earlier = _under_number(posted.get("submission_id", ""), member)
    if earlier is None or "preview" in posted:
        return None
    credited = {credit.cycle_id for credit in earlier.credits.all()}
    cycles = _cycles_of_its_day(earlier, member, credited)
    usual = credited | {cycle.pk for cycle in open_cycles}
    ticked = [asked] if asked else [cycle.certification_id for cycle in cycles if cycle.pk in usual]
    form = RecordCEForm(
        posted,
        open_cycles=cycles,
        on=day_of(earlier.recorded_at),
        earlier=earlier,
        initial={"certifications": ticked},
    )
    if form.is_valid() and form.claim.digest(form.chosen_cycles) == earlier.submission_digest:
        return earlier
    return None


def _under_number(typed: str, member: Member) -> Activity | None:
    """The member's entry with that number of a form."""
    try:
        number = uuid.UUID(typed.strip())
    except ValueError:
        return None
    return Activity.objects.for_member(member).select_related("activity_type").filter(submission_id=number).first()


def _cycles_of_its_day(entry: Activity, member: Member, credited: Collection[int]) -> list[Cycle]:
    """The cycles of the day on which the entry was recorded, one for each certification: that of the entry, if any."""
    not_closed = Q(closed_on=None) | Q(closed_on__gte=day_of(entry.recorded_at))
    cycles = Cycle.objects.for_member(member).filter(not_closed).select_related("certification__credential")
    found: dict[int, Cycle] = {}
    for cycle in sorted(cycles, key=lambda cycle: (cycle.pk not in credited, cycle.number)):
        found.setdefault(cycle.certification_id, cycle)
    return list(found.values())
