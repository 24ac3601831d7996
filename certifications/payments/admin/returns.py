"""The admin pages of refunds and disputes, which staff read. The payment's page gives a refund."""

from django.contrib import admin
from django.db.models import Q

from amtportal.staff.changelists import ConditionFilter
from amtportal.staff.pages import HistoryAdmin, WrittenByVerbs
from certifications.payments.amounts import money
from certifications.payments.models import Dispute, Refund


class _OfMoney(WrittenByVerbs, HistoryAdmin):
    """What refunds and disputes have in common: they are of a payment or of unapplied money."""

    list_select_related = [
        "payment__invoice__cycle__certification__member",
        "payment__invoice__cycle__certification__credential",
        "unapplied",
    ]

    @admin.display(description="member")
    def member(self, found: Refund | Dispute) -> str:
        return str(found.payment.invoice.cycle.certification.member) if found.payment else ""

    @admin.display(description="of")
    def of(self, found: Refund | Dispute) -> str:
        return found.payment.invoice.number if found.payment else "Unapplied money"

    @admin.display(description="amount")
    def total(self, found: Refund | Dispute) -> str:
        return money(found.amount, found.currency)

    def found_by(self, words: str) -> Q:
        return super().found_by(words) | Q(charge_id=words)


@admin.register(Refund)
class RefundAdmin(_OfMoney):
    list_display = ["pk", "member", "of", "total", "status", "requested_at", "requested_by", "reason", "failure"]
    list_select_related = [*_OfMoney.list_select_related, "requested_by"]
    list_filter = ["status"]
    search_help_text = "Name, e-mail address, AMT ID or the provider's name of the charge"
    search_fields = ["payment__invoice__cycle__certification__member"]
    fields = [
        "member",
        "payment",
        "unapplied",
        "total",
        "reason",
        "status",
        "failure",
        "requested_at",
        "requested_by",
        "finished_at",
        "charge_id",
        "refund_id",
        "idempotency_key",
    ]


class DecidedFilter(ConditionFilter):
    title = "decided"
    parameter_name = "decided"

    def conditions(self, on: object) -> dict[str, tuple[str, Q]]:
        return {"no": ("Open", Q(closed_at=None)), "yes": ("Decided", Q(closed_at__isnull=False))}


@admin.register(Dispute)
class DisputeAdmin(_OfMoney):
    list_display = ["dispute_id", "member", "of", "total", "reason", "status", "opened_at", "closed_at"]
    list_filter = [DecidedFilter]
    search_help_text = "Name, e-mail address, AMT ID or the provider's name of the charge"
    search_fields = ["payment__invoice__cycle__certification__member"]
    fields = [
        "member",
        "payment",
        "unapplied",
        "total",
        "reason",
        "status",
        "opened_at",
        "closed_at",
        "charge_id",
        "dispute_id",
    ]
