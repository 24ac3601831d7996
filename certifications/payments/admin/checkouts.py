"""The admin pages of checkouts and of what the provider told. Staff read them."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from amtportal.staff.pages import HistoryAdmin, StaffAdmin, WrittenByVerbs
from certifications.payments.amounts import money
from certifications.payments.models import Checkout, ProviderEvent


@admin.register(Checkout)
class CheckoutAdmin(WrittenByVerbs, HistoryAdmin):
    list_display = ["pk", "member", "invoice", "total", "status", "opened_at", "finished_at", "failure"]
    list_select_related = [
        "invoice__cycle__certification__member",
        "invoice__cycle__certification__credential",
        "opened_by",
        "payment",
    ]
    list_filter = ["status"]
    search_help_text = "Name, e-mail address or AMT ID"
    search_fields = ["invoice__cycle__certification__member"]
    fields = [
        "member",
        "invoice",
        "total",
        "status",
        "opened_at",
        "opened_by",
        "expires_at",
        "finished_at",
        "method",
        "failure",
        "payment",
        "session_id",
        "idempotency_key",
        "language",
    ]

    @admin.display(description="member")
    def member(self, checkout: Checkout) -> str:
        return str(checkout.invoice.cycle.certification.member)

    @admin.display(description="amount")
    def total(self, checkout: Checkout) -> str:
        return money(checkout.amount, checkout.currency)


@admin.register(ProviderEvent)
class ProviderEventAdmin(WrittenByVerbs, StaffAdmin):
    list_display = ["received_at", "kind", "object_id", "status", "effect", "event_id"]
    list_filter = ["kind"]

    def get_readonly_fields(self, request: HttpRequest, obj: ProviderEvent | None = None) -> Any:
        return [field.name for field in ProviderEvent._meta.concrete_fields if field.name != "id"]
