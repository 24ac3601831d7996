"""Invoices and payments once the cycles that decide about them are closed: ``certifications`` does the deeds."""

from django.contrib import admin

from amtportal.dates import today
from ccp.admin.catching_up import CatchingUp
from certifications import invoices
from certifications.admin.invoices import RenewalInvoiceAdmin
from certifications.admin.payments import PaymentAdmin
from certifications.invoice_standing import held_by
from certifications.models import Payment, RenewalInvoice

admin.site.unregister([RenewalInvoice, Payment])


@admin.register(RenewalInvoice)
class CaughtUpInvoiceAdmin(CatchingUp, RenewalInvoiceAdmin):
    @admin.display(description="why")
    def why(self, invoice: RenewalInvoice) -> str:
        """The reason, and what the member sees of an invoice that is asked of nobody."""
        state = invoices.state_of(invoice, today())
        held = held_by(invoice, state)
        if not held:
            return super().why(invoice)
        status = invoice.cycle.certification.get_status_display().lower()
        cause = f"The certification is {status}" if held == "certification" else "The cycle is closed"
        seen = f"{cause}: the member sees it locked, with a request to call AMT."
        return seen if state == "locked" else f"{super().why(invoice)} {seen}"


@admin.register(Payment)
class CaughtUpPaymentAdmin(CatchingUp, PaymentAdmin):
    pass
