"""What there is to do next for a certification, in sentences as mail says them.

Pages say the same in a few words (``ccp.standing.agenda``).
"""

from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from amtportal.formatting import as_count, dollars_in_words, format_day, format_points
from ccp.standing.standing import Standing
from certifications.invoice_standing import InvoiceStanding
from certifications.models import RenewalInvoice


@dataclass(frozen=True)
class Step:
    """One thing to do, or to wait for.

    ``action`` is ``record``, ``pay`` or empty. A pay step has its invoice.
    """

    sentence: str
    action: str = ""
    invoice: RenewalInvoice | None = None


def steps_of(standing: Standing) -> list[Step]:
    """Return what to do next, the most urgent first; or else what to wait for. Never empty.

    The order is: overdue payments, points, payments that are due.
    """
    if not standing.is_in_force:
        sentence = _("Call AMT if you have a question about this certification: it is %(status)s.")
        return [Step(sentence % {"status": standing.certification.get_status_display().lower()})]
    payable = sorted((owed for owed in standing.invoices if owed.is_payable), key=lambda owed: owed.invoice.due_on)
    to_do = [_pay_again_step(owed) for owed in standing.reopened if owed.is_payable]
    to_do += [_pay_step(owed) for owed in payable if owed.overdue]
    if standing.cycle.is_mandatory and not standing.is_met:
        to_do.append(_record_step(standing))
    to_do += [_pay_step(owed) for owed in payable if not owed.overdue]
    if to_do:
        return to_do
    if standing.current and standing.current.state == "upcoming" and standing.current.opens_on:
        sentence = _("Nothing to do until your renewal invoice opens on %(day)s.")
        return [Step(sentence % {"day": format_day(standing.current.opens_on)})]
    return [Step(_("Nothing to do now."))]


def _pay_step(owed: InvoiceStanding) -> Step:
    if owed.late_pay_by:
        sentence = _("Pay %(invoice)s (%(amount)s) by %(by)s. It was due on %(day)s, before it opened.")
    elif owed.overdue:
        sentence = _("Pay %(invoice)s (%(amount)s), overdue since %(day)s.")
    else:
        sentence = _("Pay %(invoice)s (%(amount)s), due %(day)s.")
    invoice = owed.invoice
    values = {"invoice": invoice.number, "amount": dollars_in_words(invoice.amount), "day": format_day(invoice.due_on)}
    if owed.late_pay_by:
        values["by"] = format_day(owed.late_pay_by)
    return Step(sentence % values, "pay", invoice)


def _pay_again_step(owed: InvoiceStanding) -> Step:
    sentence = _(
        "Pay %(number)s (%(amount)s), due since %(day)s. The payment on record was reversed. "
        "The cycle it was for stays closed."
    ) % {
        "number": owed.invoice.number,
        "amount": dollars_in_words(owed.invoice.amount),
        "day": format_day(owed.invoice.due_on),
    }
    return Step(sentence, "pay", owed.invoice)


def _record_step(standing: Standing) -> Step:
    number = as_count(standing.to_go)
    values = {
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
        return Step(sentence % values)
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
    return Step(sentence % values, "record")
