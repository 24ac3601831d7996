"""What a cycle would amount to with an entry that is not recorded yet.

This includes the effect on the renewal invoice.

The totals are calculated by ``ccp.counting.points`` and ``ccp.counting.requirement``, from the
entries on record and the new one together.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Literal

from django.utils.translation import gettext as _

from amtportal.formatting import format_day, translated
from ccp.counting import points, reasons, requirement
from ccp.counting.points import Entry, Used
from ccp.recording import claims
from certifications import invoices as invoice_rules
from certifications.quarters import ZERO

InvoiceAfter = Literal["free", "refused", "paid", "locked", "upcoming", "open"]


@dataclass(frozen=True)
class Outcome:
    """What a cycle would amount to with an entry.

    ``others_lose``: how many points fewer the entries of later days would then count for.
    """

    claimed: Decimal
    counted: Decimal
    cut: reasons.Cut
    before: Decimal
    total: Decimal
    required: Decimal
    met_on: date | None
    others_lose: Decimal

    @property
    def to_go(self) -> Decimal:
        return requirement.to_go(counted=self.total, required=self.required)


def outcome(entries: Sequence[Entry], new: Entry, *, required: Decimal, met_before: date | None, on: date) -> Outcome:
    """Return the outcome of a cycle with these entries and the new one.

    The new entry replaces an entry that has the same reference.
    """
    counted = points.credited(entries)
    others = [entry for entry in entries if entry.reference != new.reference]
    after = points.credited([*others, new])
    total = sum((found.counted for found in after.values()), ZERO)
    lost = sum(
        (counted[entry.reference].counted - after[entry.reference].counted for entry in others),
        ZERO,
    )
    return Outcome(
        claimed=new.claimed,
        counted=after[new.reference].counted,
        cut=after[new.reference].cut,
        before=sum((found.counted for found in counted.values()), ZERO),
        total=total,
        required=required,
        met_on=requirement.met_on(counted=total, required=required, met_before=met_before, on=on),
        others_lose=max(lost, ZERO),
    )


def falls_short_without(entries: Sequence[Entry], reference: int, *, required: Decimal) -> bool:
    """Return whether the other entries alone count for less than the cycle needs."""
    counted = points.credited([entry for entry in entries if entry.reference != reference])
    return sum((found.counted for found in counted.values()), ZERO) < required


def invoice_after(
    found: Outcome, *, due_on: date, mandatory: bool, paid: bool, on: date
) -> tuple[InvoiceAfter, date | None]:
    """Return the state that the renewal invoice at the cycle's end would have.

    The second value is the day on which it would open, or None.
    """
    if paid:
        falls_short = mandatory and found.total < found.required <= found.before
        return ("refused" if falls_short else "paid"), None
    opens_on = invoice_rules.opening(
        due_on=due_on, year=invoice_rules.LAST_YEAR, mandatory=mandatory, met_on=found.met_on
    ).opens_on
    if not mandatory:
        return "free", opens_on
    if opens_on is None:
        return "locked", None
    return ("open" if opens_on <= on else "upcoming"), opens_on


def invoice_sentence(found: Outcome, state: InvoiceAfter, opens_on: date | None) -> str:
    """Return the state of the renewal invoice as a sentence for the member.

    The sentence begins with whether the requirement is met. It names the year, because invoices of
    other years may be open.
    """
    if state == "free":
        return _("CCP is voluntary here: your renewal invoice does not wait for points.")
    said = {"year": invoice_rules.LAST_YEAR, "points": claims.points_in_words(found.to_go)}
    if state == "refused":
        return (
            _(
                "The renewal invoice of year %(year)s is paid, so no change may take this cycle below the points it "
                "needs."
            )
            % said
        )
    if state == "locked":
        return _("%(points)s to go: the renewal invoice of year %(year)s stays locked.") % said
    said["met"] = (
        _("This meets your CCP requirement") if found.before < found.required else _("Your CCP requirement is met")
    )
    if state == "paid":
        said["how_far"] = _("%(points)s to go") % said if found.to_go else said["met"]
        return _("%(how_far)s. The renewal invoice of year %(year)s is paid.") % said
    assert opens_on is not None
    said["day"] = format_day(opens_on)
    if state == "upcoming":
        return _("%(met)s: the renewal invoice of year %(year)s would open on %(day)s.") % said
    return _("%(met)s: the renewal invoice of year %(year)s has been open since %(day)s.") % said


def notes(found: Outcome, used: Mapping[reasons.Cut, Used], *, applies: bool, name: str, code: str) -> list[str]:
    """Return sentences: why less than the claim would count, and what other entries would lose."""
    if not applies:
        return [_("%(type)s does not count for %(certification)s.") % {"type": translated(name), "certification": code}]
    said = []
    if found.cut:
        said.append(str(reasons.REASONS[found.cut]))
    if found.cut in used:
        said.append(f"{used[found.cut]}.")
    if found.others_lose:
        lost = claims.points_in_words(found.others_lose)
        said.append(
            _("The cap is then full: %(points)s of activities on later days would no longer count.") % {"points": lost}
        )
    return said
