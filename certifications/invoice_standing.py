"""The standing of a renewal invoice on a day: its state, its opening and the reason for the member.

The rule is in ``certifications.invoices``; this module puts it into words. The member sees a held
invoice as locked, whatever its dates are, until AMT and the member have talked. An open invoice
whose payment online is under way at the member's bank is *processing*: nothing is to be done about
it for some days.
"""

from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any, Literal

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import pgettext_lazy

from amtportal.dates import day_of
from amtportal.formatting import dollars_in_words, format_day, format_day_near, format_points
from certifications import cycles as cycle_rules
from certifications import invoices as invoice_rules
from certifications.models import RenewalInvoice
from certifications.models.invoices import PaymentMethod

Shown = invoice_rules.State | Literal["processing"]

STATES: dict[Shown, Promise] = {
    "locked": pgettext_lazy("state of an invoice", "Locked"),
    "upcoming": pgettext_lazy("state of an invoice", "Upcoming"),
    "open": pgettext_lazy("state of an invoice", "Open"),
    "processing": pgettext_lazy("state of an invoice", "Processing"),
    "paid": pgettext_lazy("state of an invoice", "Paid"),
    "void": pgettext_lazy("state of an invoice", "Void"),
}

# What an invoice is in words that an import settled.
SETTLED_BEFORE: dict[Shown, Promise] = {
    "paid": pgettext_lazy("state of an invoice", "Paid before the portal"),
    "void": pgettext_lazy("state of an invoice", "Not asked for"),
}


@dataclass(frozen=True)
class HeldMoney:
    """Money, in US cents, that AMT received before the invoice opened and holds until then.

    ``method`` and ``received_on`` are those of one sum; ``number`` says of how many this is the total.
    """

    amount: int
    number: int
    method: str
    received_on: date

    @classmethod
    def of(cls, invoice: RenewalInvoice) -> "HeldMoney | None":
        """Return what AMT holds for an invoice that was read with what is known of its money; None if nothing."""
        amount = getattr(invoice, "held_amount", None)
        if not amount:
            return None
        found: Any = invoice
        return cls(amount, found.held_number, found.held_method, found.held_on)

    def in_words(self, on: date) -> str:
        """Return that AMT holds it, as a sentence for the member."""
        if self.number > 1:
            sentence = _("AMT holds %(amount)s that it received for this invoice.")
        elif self.method == PaymentMethod.CHECK:
            sentence = _("AMT holds your check of %(amount)s of %(day)s.")
        elif self.method == PaymentMethod.MONEY_ORDER:
            sentence = _("AMT holds your money order of %(amount)s of %(day)s.")
        else:
            sentence = _("AMT holds your payment of %(amount)s of %(day)s.")
        return sentence % {"amount": dollars_in_words(self.amount), "day": format_day_near(self.received_on, on)}


@dataclass(frozen=True)
class InvoiceStanding:
    """A renewal invoice on a day: its state, when it opens, and the reason as a sentence.

    ``held`` says what holds the invoice; it is empty if nothing does. ``money_kept``: there is money for
    it that it has not taken, and so it is not to be paid: the provider took it and staff have not resolved
    that yet, or AMT holds it (``held_money``) and applies it on the day when the invoice opens.
    """

    invoice: RenewalInvoice
    state: Shown
    opening: invoice_rules.Opening
    reason: str
    overdue: bool
    held: invoice_rules.Held = ""
    money_kept: bool = False
    held_money: HeldMoney | None = None

    @property
    def is_payable(self) -> bool:
        """Return whether the member is asked to pay it now."""
        return self.state == "open" and not self.money_kept

    @property
    def headline(self) -> str:
        """Return what the invoice is for and what it costs; of one to pay, that it is to be paid."""
        fee = {"year": self.invoice.year, "amount": dollars_in_words(self.invoice.amount)}
        sentence = _("Pay the year-%(year)s fee, %(amount)s") if self.is_payable else _("Year-%(year)s fee, %(amount)s")
        return sentence % fee

    @property
    def opens_on(self) -> date | None:
        return self.opening.opens_on

    @property
    def late_pay_by(self) -> date | None:
        """Return by when to pay an unpaid invoice that opens only after its due date; else None."""
        if self.state in ("open", "upcoming"):
            return _late_pay_by(self.opening, cycle_rules.grace_ends_on(self.invoice.cycle))
        return None

    @property
    def is_settled_before(self) -> bool:
        """Return whether an import settled it: there is no payment, and no receipt."""
        return self.invoice.before_portal is not None

    @property
    def state_in_words(self) -> str:
        if self.is_settled_before:
            return str(SETTLED_BEFORE[self.state])
        return _("Open, overdue") if self.overdue else str(STATES[self.state])


def invoice_standing(invoice: RenewalInvoice, on: date, *, counted: Decimal) -> InvoiceStanding:
    """Return the standing of an invoice on a day, given the points that count in its cycle.

    The invoice's cycle and certification must be loaded. An invoice that was read with what is known
    of its money (``certifications.payments.checkout.with_processing``) can be processing.
    """
    shown = _standing(invoice, on, counted)
    held = HeldMoney.of(invoice)
    if held is None:
        return shown
    told = f"{shown.reason} {held.in_words(on)} {what_becomes(shown)}"
    is_open = shown.state == "open"
    return replace(
        shown,
        reason=told,
        held_money=held,
        money_kept=is_open or shown.money_kept,
        overdue=shown.overdue and not is_open,
    )


def what_becomes(shown: InvoiceStanding) -> str:
    """Return what becomes of money that AMT holds for the invoice, as a sentence for the member."""
    if shown.held or shown.state in ("paid", "void"):
        return _("AMT will call you or send the money back.")
    if shown.state == "open":
        return _("It is applied within a day: do not pay again.")
    return _("It is applied the day your invoice opens.")


def _standing(invoice: RenewalInvoice, on: date, counted: Decimal) -> InvoiceStanding:
    opening = invoice_rules.opening_of(invoice)
    state = invoice_rules.state(status=invoice.status, opens_on=opening.opens_on, on=on)
    if held := invoice_rules.held_by(invoice, state):
        return InvoiceStanding(
            invoice=invoice,
            state="locked",
            opening=replace(opening, opens_on=None),
            reason=_reason_held(held, invoice),
            overdue=False,
            held=held,
        )
    if invoice.before_portal:
        return InvoiceStanding(
            invoice=invoice,
            state=state,
            opening=replace(opening, opens_on=None),  # it never opened here
            reason=_reason_settled(state, invoice.before_portal),
            overdue=False,
        )
    processing_since = getattr(invoice, "processing_since", None)
    if state == "open" and processing_since:
        return InvoiceStanding(
            invoice=invoice,
            state="processing",
            opening=opening,
            reason=_(
                "Processing: you paid on %(day)s, and your bank needs some days to confirm it. There is nothing to do "
                "until then."
            )
            % {"day": format_day(day_of(processing_since))},
            overdue=False,
        )
    if state == "open" and getattr(invoice, "money_kept", False):
        return InvoiceStanding(
            invoice=invoice,
            state=state,
            opening=opening,
            reason=why_kept(invoice),
            overdue=False,
            money_kept=True,
        )
    return InvoiceStanding(
        invoice=invoice,
        state=state,
        opening=opening,
        reason=invoice_reason(
            state,
            opening,
            counted=counted,
            required=invoice.cycle.points_required,
            grace_ends_on=cycle_rules.grace_ends_on(invoice.cycle),
            on=on,
        ),
        overdue=invoice_rules.is_overdue(state, invoice.due_on, on),
    )


def why_kept(invoice: RenewalInvoice) -> str:
    """Return why the invoice is not to be paid while the provider has money for it that it could not take."""
    return _(
        "The provider took your payment for %(number)s, but the invoice could not take it. AMT has been told and will "
        "call you or send the money back. Do not pay again."
    ) % {"number": invoice.number}


def _reason_settled(state: Shown, before_portal: date) -> str:
    if state == "paid":
        sentence = _(
            "Paid before AMT used this portal: your annual fees are on record as paid through %(day)s. The portal has "
            "no receipt of it."
        )
    else:
        sentence = _("Not asked for: it fell due before %(day)s, before AMT used this portal. There is nothing to pay.")
    return sentence % {"day": format_day(before_portal)}


def _reason_held(held: invoice_rules.Held, invoice: RenewalInvoice) -> str:
    if held == "cycle":
        return _(
            "Locked: the CCP cycle of this invoice is closed, so the invoice does not open. Call AMT if you have a "
            "question."
        )
    status = invoice.cycle.certification.get_status_display().lower()
    return _(
        "Locked: this certification is %(status)s, so the invoice does not open. Call AMT if you have a question."
    ) % {"status": status}


def invoice_reason(
    state: invoice_rules.State,
    opening: invoice_rules.Opening,
    *,
    counted: Decimal,
    required: Decimal,
    grace_ends_on: date,
    on: date,
) -> str:
    """Return a sentence for the member: why the invoice is in that state, and when that changes.

    If the invoice opens only after its due date, a second sentence says by when to pay. While it is
    locked, this is so in the grace period after its due date.
    """
    noticed_on = opening.due_on - invoice_rules.NOTICE
    late = _late_pay_by(opening, grace_ends_on)
    values = {
        "counted": format_points(counted),
        "required": format_points(required),
        "earliest": format_day(noticed_on),
        "days": invoice_rules.NOTICE.days,
        "opens": format_day(opening.opens_on) if opening.opens_on else "",
        "met": format_day(opening.met_on) if opening.met_on else "",
        "due": format_day(opening.due_on),
        "by": format_day(late or grace_ends_on),
    }
    reason = _reason(state, opening, is_early=on < noticed_on)
    if late and state in ("open", "upcoming"):
        reason += " " + _("It was due on %(due)s, before it opened: pay it by %(by)s.")
    elif state == "locked" and opening.due_on < on <= grace_ends_on:
        reason += " " + _("It was due on %(due)s: once it opens, pay it by %(by)s.")
    return reason % values


def _late_pay_by(opening: invoice_rules.Opening, grace_ends_on: date) -> date | None:
    """Return by when to pay an invoice that opens only after its due date; None for any other."""
    if opening.opens_on is None or opening.opens_on <= opening.due_on:
        return None
    return invoice_rules.pay_by(due_on=opening.due_on, opens_on=opening.opens_on, grace_ends_on=grace_ends_on)


def _reason(state: invoice_rules.State, opening: invoice_rules.Opening, *, is_early: bool) -> str:
    """Return the sentence of ``invoice_reason`` with placeholders for its days and numbers."""
    waits = opening.waits_for_requirement
    match state:
        case "paid":
            return _("Paid.")
        case "void":
            return _("Void: there is nothing to pay.")
        case "locked" if is_early:
            return _(
                "Locked: %(counted)s of %(required)s points are on record. The invoice opens the day after your CCP "
                "requirement is met, but not before %(earliest)s."
            )
        case "locked":
            return _(
                "Locked: %(counted)s of %(required)s points are on record. The invoice opens the day after your CCP "
                "requirement is met."
            )
        case "upcoming" if waits:
            return _("Opens %(opens)s, the day after your CCP requirement was met (%(met)s).")
        case "upcoming":
            return _("Opens %(opens)s, %(days)s days before it is due.")
        case "open" if waits:
            return _("Open since %(opens)s, the day after your CCP requirement was met (%(met)s).")
    return _("Open since %(opens)s, %(days)s days before it is due.")
