"""The tasks of a certification: what to do next, what cannot start yet, and what is done.

Each task states its state in words. ``steps_of`` says what there is to do. ``tasks_of`` adds what
has to wait and what is already done, so that the list keeps its shape from the first day of a cycle
to the last.
"""

from dataclasses import dataclass
from typing import Literal

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from amtportal.formatting import as_count, dollars, format_day, format_points, format_when
from ccp.standing.standing import Standing
from certifications.invoice_standing import InvoiceStanding
from certifications.models import RenewalInvoice

State = Literal["to-do", "overdue", "waits", "done", ""]


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
    values = {"invoice": invoice.number, "amount": dollars(invoice.amount), "day": format_day(invoice.due_on)}
    if owed.late_pay_by:
        values["by"] = format_day(owed.late_pay_by)
    return Step(sentence % values, "pay", invoice)


def _pay_again_step(owed: InvoiceStanding) -> Step:
    sentence = _(
        "Pay %(number)s (%(amount)s), due since %(day)s. The payment on record was reversed. "
        "The cycle it was for stays closed."
    ) % {
        "number": owed.invoice.number,
        "amount": dollars(owed.invoice.amount),
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


@dataclass(frozen=True)
class Task:
    """One line of the list.

    ``action`` is ``record``, ``pay`` or empty; ``status`` is the state in words.
    """

    sentence: str
    state: State = ""
    status: str = ""
    action: str = ""
    invoice: RenewalInvoice | None = None


def tasks_of(standing: Standing) -> list[Task]:
    """Return what to do, the most urgent first; then what has to wait; then what is done.

    Never empty.
    """
    waiting = _waiting(standing)
    doable = [step for step in steps_of(standing) if step.action or not waiting]
    return [_to_do(step, standing) for step in doable] + waiting + _done(standing)


def _to_do(step: Step, standing: Standing) -> Task:
    if step.action == "record":
        status = _("In progress") if standing.counted else _("Not started")
        return Task(step.sentence, "to-do", status, step.action)
    if step.action == "pay":
        is_overdue = any(
            owed.overdue for owed in [*standing.invoices, *standing.reopened] if owed.invoice == step.invoice
        )
        state: State = "overdue" if is_overdue else "to-do"
        return Task(step.sentence, state, _("Overdue") if is_overdue else _("Ready to pay"), step.action, step.invoice)
    return Task(step.sentence)


def _waiting(standing: Standing) -> list[Task]:
    """Return the invoice of the year as a task, while it cannot be paid."""
    current = standing.current
    if not standing.is_in_force or current is None or current.state not in ("upcoming", "locked", "processing"):
        return []
    if current.state == "processing":
        status = _("Paid, waits for your bank")
    elif current.opens_on:
        opens = format_when(current.opens_on, standing.on)
        status = _("Cannot start yet: opens %(day)s") % {"day": opens}
    else:
        points = format_points(standing.required)
        status = _("Cannot start yet: opens the day after you reach %(points)s points") % {"points": points}
    invoice = current.invoice
    sentence = _("Pay %(number)s (%(amount)s)") % {"number": invoice.number, "amount": dollars(invoice.amount)}
    return [Task(sentence, "waits", status, "pay", invoice)]


def _done(standing: Standing) -> list[Task]:
    done = []
    if standing.is_in_force and standing.cycle.is_mandatory and standing.is_met:
        sentence = _("Reach the %(points)s points of this cycle") % {"points": format_points(standing.required)}
        done.append(Task(sentence, "done", _("Done")))
    if standing.is_in_force and standing.current and standing.current.state == "paid":
        invoice = standing.current.invoice
        sentence = _("Pay %(number)s") % {"number": invoice.number}
        done.append(Task(sentence, "done", standing.current.state_in_words, "", invoice))
    return done
