"""Renewal invoices and payments.

Before staff act on one, the portal closes those of the member's cycles that are due.
"""

from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse

from amtportal.dates import today
from amtportal.imports.admin import ImportPages, UploadForm
from ccp.admin.catching_up import CatchUpFirstMixin
from ccp.rollover.payment_file import CaughtUpPaymentsResource
from certifications import invoices
from certifications.admin.invoices import BaseRenewalInvoiceAdmin
from certifications.admin.payments import BasePaymentAdmin
from certifications.models import Payment, RenewalInvoice
from certifications.payments.admin.till import MAY_SEE_TILL, TillMixin


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
class PaymentAdmin(CatchUpFirstMixin, ImportPages, TillMixin, BasePaymentAdmin):
    resource_classes = [CaughtUpPaymentsResource]
    import_form_class = PaymentsForm
    import_label = "Import payments"
    may_import = "certifications.import_payments"

    def import_links(self, request: HttpRequest) -> list[tuple[str, str]]:
        links = super().import_links(request)
        if request.user.has_perm(MAY_SEE_TILL):
            links.append(("Till list", reverse("admin:certifications_payment_till")))
        return links
