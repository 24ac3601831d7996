"""The tasks of a certification: what to do next, what cannot start yet and what is done, each with its state in words.

``ccp.standing.next_steps`` says what there is to do; here follow what has to wait and what is done already, so that the
list keeps its shape from the first day of a cycle to the last.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from amtportal.formatting import dollars, format_day, format_points
from certifications.models import RenewalInvoice

if TYPE_CHECKING:
    from ccp.standing.next_steps import Step
    from ccp.standing.standing import Standing

State = Literal["to-do", "overdue", "waits", "done", ""]


@dataclass(frozen=True)
class Task:
    """One line of the list. ``action`` is ``record``, ``pay`` or empty; ``status`` is the state in words."""

    sentence: str
    state: State = ""
    status: str = ""
    action: str = ""
    invoice: RenewalInvoice | None = None


def tasks(standing: "Standing") -> list[Task]:
    """What to do, the most pressing first; then what has to wait; then what is done. Never empty."""
    waiting = _waiting(standing)
    steps = [step for step in standing.next_steps if step.action or not waiting]
    return [_to_do(step, standing) for step in steps] + waiting + _done(standing)


def _to_do(step: "Step", standing: "Standing") -> Task:
    if step.action == "record":
        status = _("In progress") if standing.counted else _("Not started")
        return Task(step.sentence, "to-do", status, step.action)
    if step.action == "pay":
        is_overdue = any(
            found.overdue for found in [*standing.invoices, *standing.reopened] if found.invoice == step.invoice
        )
        state: State = "overdue" if is_overdue else "to-do"
        return Task(step.sentence, state, _("Overdue") if is_overdue else _("Ready to pay"), step.action, step.invoice)
    return Task(step.sentence)


def _waiting(standing: "Standing") -> list[Task]:
    """The invoice of the year, as long as it cannot be paid."""
    current = standing.current
    if not standing.is_in_force or current is None or current.state not in ("upcoming", "locked"):
        return []
    if current.opens_on:
        day = f"{date_format(current.opens_on, 'D')} {format_day(current.opens_on)}"
        status = _("Cannot start yet: opens %(day)s") % {"day": day}
    else:
        points = format_points(standing.required)
        status = _("Cannot start yet: opens the day after you reach %(points)s points") % {"points": points}
    invoice = current.invoice
    sentence = _("Pay %(number)s (%(amount)s)") % {"number": invoice.number, "amount": dollars(invoice.amount)}
    return [Task(sentence, "waits", status, "pay", invoice)]


def _done(standing: "Standing") -> list[Task]:
    done = []
    if standing.is_in_force and standing.cycle.is_mandatory and standing.is_met:
        sentence = _("Reach the %(points)s points of this cycle") % {"points": format_points(standing.required)}
        done.append(Task(sentence, "done", _("Done")))
    if standing.is_in_force and standing.current and standing.current.state == "paid":
        invoice = standing.current.invoice
        done.append(Task(_("Pay %(number)s") % {"number": invoice.number}, "done", _("Paid"), "", invoice))
    return done
