"""What a member has to do next for a certification, the most pressing first: overdue payments, points, payments due."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from amtportal.formatting import as_count, dollars, format_day, format_points
from certifications.invoice_standing import InvoiceStanding
from certifications.models import RenewalInvoice

if TYPE_CHECKING:
    from ccp.standing.standing import Standing


@dataclass(frozen=True)
class Step:
    """One thing to do, or to wait for. ``action`` is ``record``, ``pay`` or empty; a pay step has its invoice."""

    sentence: str
    action: str = ""
    invoice: RenewalInvoice | None = None


def next_steps(standing: "Standing") -> list[Step]:
    """The tasks of a certification: overdue payments, points, payments due, then what to wait for."""
    if not standing.is_in_force:
        sentence = _("Call AMT if you have a question about this certification: it is %(status)s.")
        return [Step(sentence % {"status": standing.certification.get_status_display().lower()})]
    payable = sorted(
        (found for found in standing.invoices if found.state == "open"), key=lambda found: found.invoice.due_on
    )
    steps = [_pay_again_step(found) for found in standing.reopened if found.state == "open"]
    steps += [_pay_step(found) for found in payable if found.overdue]
    if standing.cycle.is_mandatory and not standing.is_met:
        steps.append(_record_step(standing))
    steps += [_pay_step(found) for found in payable if not found.overdue]
    if steps:
        return steps
    if standing.current and standing.current.state == "upcoming" and standing.current.opens_on:
        sentence = _("Nothing to do until your renewal invoice opens on %(day)s.")
        return [Step(sentence % {"day": format_day(standing.current.opens_on)})]
    return [Step(_("Nothing to do now."))]


def _pay_step(found: InvoiceStanding) -> Step:
    if found.overdue:
        sentence = _("Pay %(invoice)s (%(amount)s), overdue since %(day)s.")
    else:
        sentence = _("Pay %(invoice)s (%(amount)s), due %(day)s.")
    invoice = found.invoice
    said = {"invoice": invoice.number, "amount": dollars(invoice.amount), "day": format_day(invoice.due_on)}
    return Step(sentence % said, "pay", invoice)


def _pay_again_step(found: InvoiceStanding) -> Step:
    sentence = _(
        "Pay %(number)s (%(amount)s), due since %(day)s. AMT took back the payment that was on record. "
        "The cycle it was for stays closed."
    ) % {
        "number": found.invoice.number,
        "amount": dollars(found.invoice.amount),
        "day": format_day(found.invoice.due_on),
    }
    return Step(sentence, "pay", found.invoice)


def _record_step(standing: "Standing") -> Step:
    number = as_count(standing.to_go)
    said = {
        "points": format_points(standing.to_go),
        "last": format_day(standing.cycle.ends_on),
        "until": format_day(standing.records_until),
    }
    if not standing.takes_records:
        sentence = ngettext(
            "Call AMT. This cycle is %(points)s point short and takes no more records.",
            "Call AMT. This cycle is %(points)s points short and takes no more records.",
            number,
        )
        return Step(sentence % said)
    if standing.days_left < 0:
        sentence = ngettext(
            "Record %(points)s more point by %(until)s, for activities you did up to %(last)s.",
            "Record %(points)s more points by %(until)s, for activities you did up to %(last)s.",
            number,
        )
    else:
        sentence = ngettext(
            "Record %(points)s more point by %(last)s.", "Record %(points)s more points by %(last)s.", number
        )
    return Step(sentence % said, "record")
