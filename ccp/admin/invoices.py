"""Renewal invoices and payments.

Before staff act on one, the portal closes those of the member's cycles that are due.
"""

from django.contrib import admin

from amtportal.dates import today
from amtportal.imports.admin import ImportPages, UploadForm
from ccp.admin.catching_up import CatchUpFirstMixin
from ccp.rollover.payment_file import CaughtUpPaymentsResource
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


class PaymentsForm(UploadForm):
    command = "import_payments"


@admin.register(Payment)
class PaymentAdmin(CatchUpFirstMixin, ImportPages, BasePaymentAdmin):
    resource_classes = [CaughtUpPaymentsResource]
    import_form_class = PaymentsForm
    import_label = "Import payments"
    may_import = "certifications.import_payments"
