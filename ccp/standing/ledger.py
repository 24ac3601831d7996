"""The unlock ledger: what must happen before the renewal invoice can be paid, and what follows.

"2 points to go", "the invoice opens the day after they are recorded", "the cycle ends", "the
invoice is due", "the grace period ends": each line has a reason, and a day unless the day depends
on what the member does. The days come from ``cycles``, ``invoices`` and ``requirement``. This
module puts them in order, for the pages and for the calendar.

A line says which day it is, not how long it is until then, so its sentence is the same before, on
and after the day. A line that has a day contains neither points nor money, so that it can be shown
in a calendar.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Literal

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from amtportal.formatting import as_count, format_day, format_points
from ccp.counting import requirement
from certifications import invoices
from certifications.invoice_standing import Shown
from certifications.models import Cycle

When = Literal["done", "now", "ahead", "overdue", "past"]

MET = gettext_lazy("Your record reached the points that this cycle requires.")


@dataclass(frozen=True)
class Line:
    """One line of the ledger.

    ``key`` identifies the line within its cycle forever. ``on`` is None while no day is known.
    ``when``: a line with a day is ``now`` on that day only. What should have been paid by its day
    and can be is ``overdue`` after it; what cannot be paid is ``past``.
    """

    key: str
    on: date | None
    title: str
    sentence: str
    when: When


@dataclass(frozen=True)
class Owed:
    """A renewal invoice of the cycle that is not void, with its state on the day.

    ``paid_on``: the day on which AMT received the payment. ``is_settled_before``: it was paid before
    the portal, and nobody knows on which day. ``money_kept``: money came that it could not take, so
    the member is not to pay now.
    """

    year: int
    state: Shown
    opening: invoices.Opening
    paid_on: date | None = None
    is_settled_before: bool = False
    money_kept: bool = False


def ledger(
    cycle: Cycle, *, mandatory: bool, counted: Decimal, grace_ends_on: date, owed: Sequence[Owed], on: date
) -> list[Line]:
    """Return the lines of a cycle in the order in which they happen, and of a day what is done first."""
    closed = cycle.closed_on is not None
    to_go = requirement.to_go(counted=counted, required=cycle.points_required)
    is_short = mandatory and to_go > 0
    lines: list[tuple[date, Line]] = []
    if mandatory and cycle.requirement_met_on and not is_short:
        lines.append(_dated("requirement", cycle.requirement_met_on, _("CCP requirement met"), MET, "done"))
    elif is_short and not closed:
        lines.append((on, _missing(to_go, cycle.points_required, over=on > grace_ends_on)))
    for invoice in owed:
        if not (closed and invoice.state == "locked"):
            lines += _invoice(invoice, grace_ends_on=grace_ends_on, on=on)
    lines.append(
        _dated(
            "cycle-ends",
            cycle.ends_on,
            _("CCP cycle ends"),
            _("The CCP cycle ends. Only what you do up to this day counts for it."),
            _passed(cycle.ends_on, on),
        )
    )
    if is_short and not closed:
        lines.append(_grace(cycle, grace_ends_on, on))
    if cycle.closed_on:
        sentence = _("The cycle was closed as %(outcome)s.") % {"outcome": cycle.get_outcome_display().lower()}
        lines.append(_dated("cycle-closed", cycle.closed_on, _("CCP cycle closed"), sentence, "done"))
    return [line for _, line in sorted(lines, key=lambda dated: (dated[0], dated[1].when != "done"))]


def _missing(to_go: Decimal, required: Decimal, *, over: bool) -> Line:
    points = {"to_go": format_points(to_go), "required": format_points(required)}
    if over:
        sentence = _("%(to_go)s of %(required)s points were missing when the grace period ended. Call AMT.") % points
    else:
        sentence = ngettext(
            "%(to_go)s point to go until your CCP requirement of %(required)s points is met.",
            "%(to_go)s points to go until your CCP requirement of %(required)s points is met.",
            as_count(to_go),
        )
    return Line("requirement", None, _("CCP requirement"), sentence % points, "now")


def _invoice(invoice: Owed, *, grace_ends_on: date, on: date) -> Iterator[tuple[date, Line]]:
    """Yield when the invoice opens and when it is due; a paid invoice has a single line.

    A payment stands at the day on which AMT received it. An invoice that opens only after its due
    date has a line for the last day to pay.
    """
    opening, key = invoice.opening, f"invoice-{invoice.year}"
    earliest = opening.due_on - invoices.NOTICE
    values = {"year": invoice.year, "days": invoices.NOTICE.days, "earliest": format_day(earliest)}
    if invoice.state == "paid":
        if invoice.is_settled_before:
            paid = _("The renewal invoice of year %(year)s was paid before AMT used this portal.") % values
        else:
            paid = _("The renewal invoice of year %(year)s is paid.") % values
        yield _dated(f"{key}-due", invoice.paid_on or opening.due_on, _("renewal invoice paid"), paid, "done")
        return
    if opening.opens_on:
        when: When = "done" if opening.opens_on <= on else "ahead"
        if opening.waits_for_requirement:
            opens = _("The renewal invoice of year %(year)s opens, the day after your CCP requirement was met.")
        else:
            opens = _("The renewal invoice of year %(year)s opens, %(days)s days before it is due.")
        yield _dated(f"{key}-opens", opening.opens_on, _("renewal invoice opens"), opens % values, when)
    elif on <= grace_ends_on:
        if earliest > on:
            opens = _(
                "The renewal invoice of year %(year)s opens the day after the missing points are recorded, but not "
                "before %(earliest)s."
            )
        else:
            opens = _("The renewal invoice of year %(year)s opens the day after the missing points are recorded.")
        yield max(earliest, on), Line(f"{key}-opens", None, _("renewal invoice opens"), opens % values, "ahead")
    can_be_paid = invoice.state == "open" and not invoice.money_kept
    due = _("The renewal invoice of year %(year)s is due.") % values
    yield _dated(f"{key}-due", opening.due_on, _("renewal invoice due"), due, _due(opening.due_on, can_be_paid, on))
    if opening.opens_on and opening.opens_on > opening.due_on:
        last = invoices.pay_by(due_on=opening.due_on, opens_on=opening.opens_on, grace_ends_on=grace_ends_on)
        by = _("The last day to pay the renewal invoice of year %(year)s, which opens after it was due.") % values
        yield _dated(f"{key}-pay-by", last, _("last day to pay"), by, _due(last, can_be_paid, on))


def _due(day: date, can_be_paid: bool, on: date) -> When:
    if day > on:
        return "ahead"
    if not can_be_paid:
        return "past"
    return "now" if day == on else "overdue"


def _grace(cycle: Cycle, grace_ends_on: date, on: date) -> tuple[date, Line]:
    """Return the line for the last day for records."""
    sentence = _("The grace period ends: the last day to record what you did up to %(last)s.")
    sentence %= {"last": format_day(cycle.ends_on)}
    if cycle.grace_extended_to:
        sentence += " " + _("AMT extended it.")
    return _dated("grace-ends", grace_ends_on, _("grace period ends"), sentence, _passed(grace_ends_on, on))


def _dated(key: str, on: date, title: str, sentence: str | Promise, when: When) -> tuple[date, Line]:
    return on, Line(key, on, title, str(sentence), when)


def _passed(day: date, on: date) -> When:
    if day == on:
        return "now"
    return "done" if day < on else "ahead"
