"""Until when a certification is valid, as AMT tells others: employers, the public look-up, a badge.

| the certification | valid until |
| --- | --- |
| is not in force | not valid |
| is in force, and CCP is voluntary | no end day |
| is in force, in a cycle that runs | the last day of the cycle |
| is in force, after the last day of a cycle that is not closed | the last day of the grace period, while it runs |

After the grace period, a certification whose requirement is met stays in force until its invoices
are paid and its next cycle opens, and one for which AMT owes points until these are set; no day is
known then. Any other whose requirement is not met lapses.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext as _

from amtportal.formatting import format_day
from certifications.cycles import grace_ends_on
from certifications.models import Certification, Cycle, StatusChange


@dataclass(frozen=True)
class Validity:
    """What AMT tells others about a certification.

    ``cycle``: the one that is not closed, if there is one. ``until``: the last day on which it is
    valid, if it is in force and there is such a day. ``left_on``: the day on which it left force, if
    it is not in force and the change is on record. ``probation_until``: the last day of the probation
    that runs, if one does.
    """

    certification: Certification
    cycle: Cycle | None
    until: date | None
    left_on: date | None
    probation_until: date | None = None

    @property
    def is_in_force(self) -> bool:
        return self.certification.status in Certification.IN_FORCE

    @property
    def status_in_words(self) -> str:
        return status_in_words(self.certification.status, self.probation_until)


def status_in_words(status: str, probation_until: date | None = None) -> str:
    named = {"status": Certification.Status(status).label}
    if status not in Certification.IN_FORCE:
        return _("%(status)s, not in force") % named
    if probation_until:
        return _("%(status)s, in force, on probation until %(day)s") % {**named, "day": format_day(probation_until)}
    return _("%(status)s, in force") % named


def on_probation_until(certification: Certification, on: date) -> date | None:
    """Return the last day of the probation that runs on that day; None if none does."""
    until = certification.probation_until
    return until if until and on <= until and certification.status in Certification.IN_FORCE else None


def valid_until(certification: Certification, cycle: Cycle | None, on: date) -> date | None:
    """Return the last day on which the certification is valid; None if there is none, or if it is not in force.

    ``cycle``: the one that is not closed.
    """
    if certification.status not in Certification.IN_FORCE or cycle is None or not certification.ccp_mandatory:
        return None
    if on <= cycle.ends_on:
        return cycle.ends_on
    last = grace_ends_on(cycle)
    return last if on <= last else None


def of_certifications(certifications: Sequence[Certification], on: date) -> list[Validity]:
    """Return the validity of each, in their order: one query, two if one of them is not in force.

    Their credentials must be loaded, and their cycles that are due must be closed.
    """
    keys = [certification.pk for certification in certifications]
    cycles = {cycle.certification_id: cycle for cycle in Cycle.objects.unclosed().filter(certification__in=keys)}
    out_of_force = [one for one in certifications if one.status not in Certification.IN_FORCE]
    left: dict[int, list[StatusChange]] = defaultdict(list)
    if out_of_force:
        for change in StatusChange.objects.filter(certification__in=out_of_force).order_by("changed_at", "pk"):
            left[change.certification_id].append(change)
    return [
        Validity(
            certification=certification,
            cycle=cycles.get(certification.pk),
            until=valid_until(certification, cycles.get(certification.pk), on),
            left_on=_left_on(left[certification.pk]),
            probation_until=on_probation_until(certification, on),
        )
        for certification in certifications
    ]


def _left_on(changes: Sequence[StatusChange]) -> date | None:
    """Return the day on which a certification left force last. ``changes`` come in their order."""
    left = None
    for change in changes:
        if change.before in Certification.IN_FORCE and change.after not in Certification.IN_FORCE:
            left = change.changed_on
    return left
