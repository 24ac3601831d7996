"""Invoices and payments once the cycles that decide about them are closed: ``certifications`` does the deeds."""

from django.contrib import admin

from ccp.admin.catching_up import CatchingUp
from certifications.admin.invoices import RenewalInvoiceAdmin
from certifications.admin.payments import PaymentAdmin
from certifications.models import Payment, RenewalInvoice

admin.site.unregister([RenewalInvoice, Payment])


@admin.register(RenewalInvoice)
class CaughtUpInvoiceAdmin(CatchingUp, RenewalInvoiceAdmin):
    pass


@admin.register(Payment)
class CaughtUpPaymentAdmin(CatchingUp, PaymentAdmin):
    pass
