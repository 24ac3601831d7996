"""Fees that were paid before AMT used the portal, and fees that are not asked for.

``fees_paid_through`` says up to which day a certification's fees are paid. Invoices that fall due
up to that day are issued as paid before the portal (``invoices.settled_before``). A later day in a
later roster settles what falls due in between. Nothing is un-settled: an earlier day changes
nothing, and an invoice with a payment on record keeps its own story. Both are told.

Where a new certification comes without that day, staff choose whether its fees that fell due before
a day are asked for.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from django.db.models import Exists, OuterRef, Q
from simple_history.utils import bulk_update_with_history

from amtportal.chunks import chunks
from amtportal.formatting import format_day
from amtportal.imports.cells import Problem
from certifications import cycles as cycle_rules
from certifications import invoices as invoice_rules
from certifications.models import Payment, RenewalInvoice
from certifications.roster.entries import StoredCertification
from certifications.roster.occasion import Occasion
from certifications.roster.rows import RosterRow


@dataclass(frozen=True)
class Fees:
    """Invoices on record that a roster settles, and what it says that changes nothing."""

    settled: Sequence[tuple[RenewalInvoice, date]] = ()
    notes: Sequence[Problem] = ()


@dataclass(frozen=True)
class FeesTally:
    """How many invoices an import settles, and how many it issues that are overdue at once."""

    paid_before: int = 0
    not_asked_for: int = 0
    overdue: int = 0

    def sentences(self, *, is_preview: bool) -> list[str]:
        """Return a sentence for each number that is not 0.

        What is overdue at once is told in a preview, as long as staff can still choose.
        """
        found = []
        if self.paid_before:
            found.append(f"Paid before the portal: {_invoices(self.paid_before)}.")
        if self.not_asked_for:
            found.append(f"Not asked for: {_invoices(self.not_asked_for)}.")
        if self.overdue and is_preview:
            found.append(
                f"Overdue from the first day: {_invoices(self.overdue)}. If they are paid, give fees_paid_through in "
                "the roster; or import it so that fees of before today are not asked for."
            )
        return found


def to_settle(rows: Sequence[RosterRow], certifications: Mapping[tuple[str, str], StoredCertification]) -> Fees:
    """Return what the rows settle of the invoices on record, whose cycles the caller has locked.

    Where the day of the award changes too, the invoices are settled by their new due dates instead.
    """
    later: dict[int, tuple[RosterRow, StoredCertification]] = {}
    notes = []
    for row in rows:
        stored = certifications.get((row.amt_id, row.credential))
        if stored is None or row.fees_paid_through is None:
            continue
        if stored.is_paid_later_under(row):
            if stored.awarded_on == row.awarded_on:
                later[stored.pk] = (row, stored)
        elif stored.fees_paid_through and row.fees_paid_through < stored.fees_paid_through:
            notes.append(_earlier(row, stored.fees_paid_through))
    settled = []
    for invoice, has_payments in _unsettled(later):
        row, stored = later[invoice.cycle.certification_id]
        day = row.fees_paid_through
        assert day is not None
        if invoice.due_on > day or (stored.fees_paid_through and invoice.due_on <= stored.fees_paid_through):
            continue
        if has_payments:
            notes.append(_has_payments(row, invoice))
        else:
            settled.append((invoice, day))
    return Fees(settled, sorted(notes, key=lambda note: note.line))


def tally(new: Iterable[RosterRow], fees: Fees, *, on: date, not_asked_before: date | None) -> FeesTally:
    """Return what happens to the invoices of new certifications and of those on record."""
    paid, not_asked, overdue = len(fees.settled), 0, 0
    for row in new:
        number = cycle_rules.span_on(row.awarded_on, on).number
        for year in (1, 2, invoice_rules.LAST_YEAR):
            due_on = invoice_rules.due_on(row.awarded_on, number, year)
            settled = invoice_rules.settled_before(
                due_on, paid_through=row.fees_paid_through, not_asked_before=not_asked_before
            )
            paid += settled.status == RenewalInvoice.Status.PAID
            not_asked += settled.status == RenewalInvoice.Status.VOID
            overdue += settled.status == RenewalInvoice.Status.ISSUED and due_on < on
    return FeesTally(paid, not_asked, overdue)


def settle(fees: Fees, occasion: Occasion) -> None:
    """Store the invoices that the roster settles as paid before the portal."""
    for some in chunks(fees.settled):
        invoices = []
        for invoice, paid_through in some:
            settled = invoice_rules.settled_before(invoice.due_on, paid_through=paid_through)
            for column, value in settled.values.items():
                setattr(invoice, column, value)
            invoices.append(invoice)
        bulk_update_with_history(
            invoices, RenewalInvoice, ["status", "void_reason", "before_portal"], **occasion.history()
        )


def _unsettled(certifications: Iterable[int]) -> Iterable[tuple[RenewalInvoice, bool]]:
    """Yield the invoices of these certifications that a roster can settle, and whether they have payments.

    They are to be paid, or were not asked for and not issued again.
    """
    again = RenewalInvoice.objects.standing().filter(cycle=OuterRef("cycle"), year=OuterRef("year"))
    not_asked_for = Q(~Exists(again), status=RenewalInvoice.Status.VOID, before_portal__isnull=False)
    payments = Payment.objects.filter(invoice=OuterRef("pk"))
    for some in chunks(certifications):
        invoices = RenewalInvoice.objects.filter(
            Q(status=RenewalInvoice.Status.ISSUED) | not_asked_for, cycle__certification__in=some
        )
        for invoice in invoices.annotate(has_payments=Exists(payments)).select_related("cycle").order_by("pk"):
            yield invoice, invoice.has_payments  # type: ignore[attr-defined]  # annotated


def _earlier(row: RosterRow, stored: date) -> Problem:
    assert row.fees_paid_through is not None
    return Problem(
        row.line,
        "fees_paid_through",
        f"{format_day(row.fees_paid_through)} is before {format_day(stored)}, which is on record, so nothing changes. "
        "If a fee was not paid after all, open its invoice in the admin and choose Ask for payment.",
    )


def _has_payments(row: RosterRow, invoice: RenewalInvoice) -> Problem:
    return Problem(
        row.line,
        "fees_paid_through",
        f"{invoice.number} is not settled by this, because a payment for it was recorded here and reversed. Record a "
        "payment in the admin if it is paid.",
    )


def _invoices(number: int) -> str:
    return f"{number:,} {'invoice' if number == 1 else 'invoices'}"
