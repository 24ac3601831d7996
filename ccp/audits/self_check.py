"""What the checklist says of a member's own record, any day. It only reads.

It looks at every cycle that is open, and at those that closed and can still be audited: the
documents of a cycle are kept until the end of the year after the one in which it closed.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from amtportal.members.models import Member
from ccp.audits import checklist, items
from ccp.audits.checklist import Answer, Claim, Finding
from ccp.counting.terms import Catalogue, catalogue
from ccp.evidence import attaching as evidence
from ccp.models import Activity, Evidence
from certifications.models import Cycle


@dataclass(frozen=True)
class CheckedEntry:
    """One entry, what the checklist says of it, and whether a file can be attached to it."""

    activity: Activity
    findings: list[Finding]
    files: int

    @property
    def would_pass(self) -> bool:
        return checklist.would_pass(self.findings)

    @property
    def is_proven(self) -> bool:
        return not evidence.is_needed(self.activity)

    @property
    def wrong(self) -> list[Finding]:
        return [finding for finding in self.findings if finding.answer == Answer.NO]

    @property
    def open(self) -> list[Finding]:
        return [finding for finding in self.findings if finding.answer == Answer.OPEN]


@dataclass(frozen=True)
class CheckedCycle:
    """One cycle, with the entries that need something first."""

    cycle: Cycle
    entries: list[CheckedEntry]
    sentence: str
    keep_until: date


def of(member: Member, on: date) -> list[CheckedCycle]:
    """Return the member's cycles that can be audited, now or once they are closed, the latest end first."""
    found = Cycle.objects.filter(certification__member=member).select_related("certification__credential")
    keeping = {cycle: evidence.keep_until(ends_on=cycle.ends_on, closed_on=cycle.closed_on, on=on) for cycle in found}
    cycles = sorted(
        (cycle for cycle, until in keeping.items() if until >= on),
        key=lambda cycle: (cycle.ends_on, cycle.pk),
        reverse=True,
    )
    claimed = items.claimed([cycle.pk for cycle in cycles])
    activities = {item.activity.pk for of_cycle in claimed.values() for item in of_cycle}
    attached = Evidence.objects.attached().filter(activity__in=activities).order_by()
    files = Counter(attached.values_list("activity", flat=True))
    terms = catalogue()
    return [
        _checked(cycle, [item.activity for item in claimed[cycle.pk]], files, terms, keeping[cycle]) for cycle in cycles
    ]


def _checked(
    cycle: Cycle, activities: Iterable[Activity], files: Counter[int], terms: Catalogue, keep_until: date
) -> CheckedCycle:
    claims = [claim_of(activity, cycle, files=files[activity.pk], terms=terms) for activity in activities]
    checked = [(claim, checklist.check(claim)) for claim in claims]
    entries = [
        CheckedEntry(activity, findings, claim.files)
        for activity, (claim, findings) in zip(activities, checked, strict=True)
    ]
    entries.sort(key=lambda entry: entry.would_pass)  # a stable sort: what needs something comes first
    return CheckedCycle(cycle, entries, checklist.tally(checked), keep_until)


def claim_of(activity: Activity, cycle: Cycle, *, files: int, terms: Catalogue) -> Claim:
    """Return what the checklist asks of an entry. The certification of the cycle must be loaded."""
    per_unit = terms.terms(activity.activity_type, activity.recorded_on).points_per_unit
    return Claim(
        is_credited_by_amt=not evidence.is_needed(activity),
        files=files,
        starts_on=activity.starts_on,
        ends_on=activity.ends_on,
        cycle_starts_on=cycle.starts_on,
        cycle_ends_on=cycle.ends_on,
        credential=cycle.certification.credential.code,
        provider=activity.provider,
        points=activity.claimed,
        quantity=activity.quantity,
        unit=activity.unit,
        per_unit=per_unit,
    )
