"""What comes next for a certification: what to do, what has to wait, and the days ahead.

An item is a few words and a day. What is overdue comes first, then what there is to do or to wait
for, by day, then the days ahead. Charts, reasons and what is past are on My Certifications.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from amtportal.formatting import as_count, dollars_in_words, format_day_near, format_points, format_when
from ccp.standing.ledger import Line
from ccp.standing.standing import Standing
from certifications.invoice_standing import InvoiceStanding

State = Literal["to-do", "overdue", "waits", "day", "done", ""]
RANKS: dict[State, int] = {"overdue": 0, "": 1, "to-do": 1, "waits": 1, "day": 2, "done": 3}


@dataclass(frozen=True)
class Item:
    """One line: ``title`` says what, ``when`` by when or from when.

    ``on`` is the day by which it is sorted. ``action`` is ``record``, ``pay`` or empty; what is about
    a renewal invoice has its standing.
    """

    standing: Standing
    title: str
    when: str
    state: State
    on: date
    action: Literal["record", "pay", ""] = ""
    owed: InvoiceStanding | None = None


def agenda_of(standing: Standing) -> list[Item]:
    """Return what comes next for a certification. Never empty.

    If it is not in force, there is nothing but a call.
    """
    if not standing.is_in_force:
        title = _("Call AMT if you have a question about this certification.")
        return [Item(standing, title, "", "", standing.on)]
    doing = [*_overdue_again(standing), *_points(standing), *_fees(standing)]
    if not any(item.state in ("to-do", "overdue", "waits") for item in doing):
        doing.append(Item(standing, _("Nothing to do now"), "", "", standing.on))
    return in_order([*doing, *_days_ahead(standing, doing)])


def in_order(items: Sequence[Item]) -> list[Item]:
    """Return the items of one or several certifications in the order in which a page shows them."""
    return sorted(items, key=lambda item: (RANKS[item.state], item.on))


def done_of(standing: Standing) -> list[Item]:
    """Return what is already done in the cycle, so that a list keeps its shape from the first day to the last."""
    done: list[Item] = []
    if not standing.is_in_force:
        return done
    if standing.cycle.is_mandatory and standing.is_met:
        title = _("Reach the %(points)s points of this cycle") % {"points": format_points(standing.required)}
        done.append(Item(standing, title, _("done"), "done", standing.on))
    if standing.current and standing.current.state == "paid":
        title = _("Pay the year-%(year)s fee") % {"year": standing.current.invoice.year}
        in_words = standing.current.state_in_words.lower()
        done.append(Item(standing, title, in_words, "done", standing.on, owed=standing.current))
    return done


def _overdue_again(standing: Standing) -> Iterator[Item]:
    """Yield the invoices of closed cycles whose payment AMT reversed."""
    for owed in standing.reopened:
        if owed.is_payable:
            due_on = owed.invoice.due_on
            when = _("due since %(day)s: the payment on record was reversed; its cycle stays closed")
            when %= {"day": format_day_near(due_on, standing.on)}
            yield _pay(standing, owed, when, "overdue" if owed.overdue else "to-do", due_on)


def _points(standing: Standing) -> Iterator[Item]:
    cycle, on = standing.cycle, standing.on
    if cycle.closed_on or not cycle.is_mandatory or standing.is_met:
        return
    if on < cycle.starts_on:
        starts = format_when(cycle.starts_on, on)
        yield Item(standing, _("The first cycle starts"), starts, "waits", cycle.starts_on)
        return
    points, number = {"points": format_points(standing.to_go)}, as_count(standing.to_go)
    if standing.verdict == "awaiting-points":
        when = _("this certification does not lapse before")
        yield Item(standing, _("AMT sets the points of an entry"), when, "waits", standing.records_until)
        return
    if not standing.takes_records:
        title = ngettext("Call AMT: %(points)s point is missing", "Call AMT: %(points)s points are missing", number)
        when = _("this cycle takes no more records")
        yield Item(standing, title % points, when, "overdue", standing.records_until)
        return
    title = ngettext("Record %(points)s more point", "Record %(points)s more points", number) % points
    last, when = _last_day(standing), _("by %(day)s")
    if standing.days_left < 0:
        when = _("by %(day)s, for what you did up to %(last)s")
    when %= {"day": format_day_near(last, on), "last": format_day_near(cycle.ends_on, on)}
    yield Item(standing, title, when, "to-do", last, "record")


def _fees(standing: Standing) -> Iterator[Item]:
    """Yield the fees that can be paid, and this year's while it cannot be paid yet."""
    for owed in standing.invoices:
        if owed.is_payable:
            yield _payable(standing, owed)
    current = standing.current
    if current is None or current.held or current.state not in ("upcoming", "locked", "processing"):
        return
    if current.state == "processing":
        yield _pay(standing, current, _("paid, waits for your bank"), "waits", standing.on)
    elif current.opens_on and current.held_money:
        applied = _("AMT holds your payment; it is applied %(day)s")
        applied %= {"day": format_when(current.opens_on, standing.on)}
        yield _pay(standing, current, applied, "waits", current.opens_on)
    elif current.opens_on:
        opens = _("opens %(day)s") % {"day": format_when(current.opens_on, standing.on)}
        yield _pay(standing, current, opens, "waits", current.opens_on)
    elif standing.takes_records:
        opens = _("opens the day after you reach %(points)s points") % {"points": format_points(standing.required)}
        yield _pay(standing, current, opens, "waits", _last_day(standing))


def _last_day(standing: Standing) -> date:
    """Return the last day for records: of the cycle, or in its grace period that of the grace period."""
    return standing.records_until if standing.days_left < 0 else standing.cycle.ends_on


def _payable(standing: Standing, owed: InvoiceStanding) -> Item:
    due_on, on = owed.invoice.due_on, standing.on
    if owed.late_pay_by:
        when = _("by %(by)s; it was due %(day)s, before it opened")
        when %= {"by": format_day_near(owed.late_pay_by, on), "day": format_day_near(due_on, on)}
        return _pay(standing, owed, when, "overdue" if owed.overdue else "to-do", owed.late_pay_by)
    if owed.overdue:
        when = _("overdue since %(day)s") % {"day": format_day_near(due_on, on)}
        return _pay(standing, owed, when, "overdue", due_on)
    return _pay(standing, owed, _("due %(day)s") % {"day": format_when(due_on, on)}, "to-do", due_on)


def _pay(standing: Standing, owed: InvoiceStanding, when: str, state: State, on: date) -> Item:
    title = _("Year-%(year)s fee, %(amount)s") if owed.held_money else _("Pay the year-%(year)s fee, %(amount)s")
    title %= {"year": owed.invoice.year, "amount": dollars_in_words(owed.invoice.amount)}
    return Item(standing, title, when, state, on, "pay", owed)


def _days_ahead(standing: Standing, doing: Sequence[Item]) -> Iterator[Item]:
    """Yield the days of the ledger that are still to come and that no other item names."""
    of_cycle = (item for item in doing if item.owed and item.owed.invoice.cycle_id == standing.cycle.pk)
    named = {f"invoice-{item.owed.invoice.year}-{_event(item)}" for item in of_cycle if item.owed}
    for line in standing.ledger_lines:
        if line.on and line.on >= standing.on and line.when in ("ahead", "now") and line.key not in named:
            yield Item(standing, _title(line), format_when(line.on, standing.on), "day", line.on)


def _event(item: Item) -> str:
    if item.state == "waits":
        return "opens"
    return "pay-by" if item.owed and item.owed.late_pay_by else "due"


def _title(line: Line) -> str:
    _invoice, year, event = line.key.split("-", 2) if line.key.startswith("invoice-") else ("", "", line.key)
    words = {
        "opens": _("Year-%(year)s fee opens"),
        "due": _("Year-%(year)s fee is due"),
        "pay-by": _("Last day to pay the year-%(year)s fee"),
        "cycle-ends": _("The cycle ends"),
        "grace-ends": _("The grace period ends"),
    }
    return words[event] % {"year": year}
