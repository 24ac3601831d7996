"""What one entry added to each of its certifications, as the member reads it just after Submit.

The headline has the points and the total: "+3 points. 45 of 45." The sentences below it say whether
the requirement is met, and when the renewal invoice of the cycle opens; or how many points are to
go, and by when.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cached_property

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from amtportal.formatting import as_count, format_day, format_points, format_when
from ccp.counting import requirement
from ccp.standing.standing import Standing
from certifications import invoices as invoice_rules
from certifications.invoice_standing import InvoiceStanding
from certifications.models import Cycle


@dataclass(frozen=True)
class Gain:
    """What an entry added to the cycle of one certification.

    ``claimed`` is None while AMT has to set the points. ``counted``: what counts of them. ``total``:
    the points of the cycle with it. ``why_less``: why less than the claim counts, or why it waits.
    ``standing`` is that of the cycle; None once the cycle is closed.
    """

    cycle: Cycle
    on: date
    claimed: Decimal | None
    counted: Decimal
    total: Decimal
    why_less: str
    standing: Standing | None

    @property
    def code(self) -> str:
        return self.cycle.certification.credential.code

    @property
    def required(self) -> Decimal:
        return self.cycle.points_required

    @property
    def to_go(self) -> Decimal:
        return requirement.to_go(counted=self.total, required=self.required)

    @property
    def is_met(self) -> bool:
        return self.to_go == 0

    @property
    def progress_value(self) -> Decimal:
        """Return the points as far as the ring can show them."""
        return min(self.total, self.required)

    @property
    def added(self) -> str:
        """Return ``+3 points.``, or that AMT sets the points."""
        if self.claimed is None:
            return _("Points to be set by AMT.")
        sentence = ngettext("+%(points)s point.", "+%(points)s points.", as_count(self.counted))
        return sentence % {"points": format_points(self.counted)}

    @cached_property
    def current(self) -> InvoiceStanding | None:
        """Return the invoice of the year in which the day lies."""
        return self.standing.current if self.standing else None

    @cached_property
    def last_invoice(self) -> InvoiceStanding | None:
        """Return the invoice of the cycle that waits for the requirement."""
        owed = self.standing.invoices if self.standing else []
        return next((each for each in owed if each.invoice.year == invoice_rules.LAST_YEAR), None)

    @property
    def opens_on(self) -> date | None:
        """Return the day ahead on which the invoice of this year opens, where it is the one that waits."""
        last = self.last_invoice
        is_told = self.cycle.is_mandatory and last is not None and last == self.current and last.state == "upcoming"
        return last.opens_on if last and is_told else None

    @property
    def opens_in_words(self) -> str:
        return format_when(self.opens_on, self.on) if self.opens_on else ""

    @property
    def sentences(self) -> list[str]:
        """Return what follows from the total, one sentence for each thing."""
        return [*([self.why_less] if self.why_less else []), *self._requirement(), *self._invoice()]

    def _requirement(self) -> Iterator[str]:
        if self.is_met:
            met_on = self.cycle.requirement_met_on
            if met_on is None or met_on == self.on:
                yield _("Requirement met.")
            else:
                yield _("Requirement met since %(day)s.") % {"day": format_day(met_on)}
        elif self.standing is None:
            yield _("%(points)s to go.") % {"points": _points(self.to_go)}
        elif self.standing.days_left >= 0:
            days = {"points": _points(self.to_go), "day": format_when(self.cycle.ends_on, self.on)}
            yield _("%(points)s to go by %(day)s.") % days
        else:
            days = {"points": _points(self.to_go), "day": format_when(self.standing.records_until, self.on)}
            yield _("%(points)s to go: record them by %(day)s.") % days

    def _invoice(self) -> Iterator[str]:
        last = self.last_invoice
        if self.standing is None:
            yield _("This cycle is closed, and your next cycle is open.")
        elif not self.cycle.is_mandatory:
            yield _("CCP is voluntary here: your renewal invoice does not wait for points.")
        elif last is None or last.state == "void":
            return
        elif last.held or last.money_kept:
            yield last.reason
        elif last.state == "paid":
            yield _("Your renewal invoice is paid.")
        elif last.state == "processing":
            yield _("Your bank is confirming the payment of your renewal invoice.")
        elif last.state == "locked" and last == self.current:
            yield _("Your renewal invoice opens the day after your requirement is met.")
        elif last.state == "open":
            yield _("Your renewal invoice is open: you can pay it now.")
        elif last.state == "upcoming" and last.opens_on and self.opens_on is None:
            values = {"year": last.invoice.year, "day": format_when(last.opens_on, self.on)}
            yield _("The renewal invoice of year %(year)s opens %(day)s.") % values


def _points(points: Decimal) -> str:
    sentence = ngettext("%(points)s point", "%(points)s points", as_count(points))
    return sentence % {"points": format_points(points)}


def is_ahead(gains: Sequence[Gain]) -> bool:
    """Return whether a day lies ahead of which the member can be reminded."""
    return any(line.on and line.on > gain.on for gain in gains if gain.standing for line in gain.standing.ledger_lines)
