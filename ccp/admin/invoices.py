"""Renewal invoices and payments.

Before staff act on one, the portal closes those of the member's cycles that are due.
"""

from django.contrib import admin

from amtportal.dates import today
from ccp.admin.catching_up import CatchUpFirstMixin
from certifications import invoices
from certifications.admin.invoices import BaseRenewalInvoiceAdmin
from certifications.admin.payments import BasePaymentAdmin
from certifications.models import Payment, RenewalInvoice


@admin.register(RenewalInvoice)
class RenewalInvoiceAdmin(CatchUpFirstMixin, BaseRenewalInvoiceAdmin):
    @admin.display(description="why")
    def why(self, invoice: RenewalInvoice) -> str:
        """Return why the invoice is in its state.

        While AMT asks nobody to pay the invoice, also say what the member sees.
        """
        state = invoices.state_of(invoice, today())
        held = invoices.held_by(invoice, state)
        if not held:
            return super().why(invoice)
        seen = invoices.what_holds(invoice, held)
        return seen if state == "locked" else f"{super().why(invoice)} {seen}"


@admin.register(Payment)
class PaymentAdmin(CatchUpFirstMixin, BasePaymentAdmin):
    pass
