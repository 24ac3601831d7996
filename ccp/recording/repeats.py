"""Repeated posts of a Record CE form.

If the same form is posted twice, or again after Back, it leads to the entry that it recorded. The
form is compared as of the day on which it recorded the entry: with the cycles that took records
then, and under the terms of that day. So it is still a repeat if in the meantime a cycle no longer
takes records, a type was retired or terms have changed. A form with other values under a used
number is not a repeat; ``ccp.recording.verbs`` refuses it.
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
    """Return the member's entry that this form has recorded.

    The result is None if the form recorded no entry or recorded other values. ``open_cycles`` are
    the cycles that take records now. ``asked`` is the key of the certification from whose page the
    member came.
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
    """Return the member's entry with that form number, or None."""
    try:
        number = uuid.UUID(typed.strip())
    except ValueError:
        return None
    return Activity.objects.for_member(member).select_related("activity_type").filter(submission_id=number).first()


def _cycles_of_its_day(entry: Activity, member: Member, credited: Collection[int]) -> list[Cycle]:
    """Return one cycle of each certification, as of the day on which the entry was recorded.

    For a certification to which the entry is credited, it is the cycle of the entry.
    """
    not_closed = Q(closed_on=None) | Q(closed_on__gte=day_of(entry.recorded_at))
    cycles = Cycle.objects.for_member(member).filter(not_closed).select_related("certification__credential")
    by_certification: dict[int, Cycle] = {}
    for cycle in sorted(cycles, key=lambda cycle: (cycle.pk not in credited, cycle.number)):
        by_certification.setdefault(cycle.certification_id, cycle)
    return list(by_certification.values())
