"""The admin pages of payments, which staff record on the page of their invoice.

A payment that was recorded by mistake is reversed here, never deleted.
"""

from datetime import date, timedelta
from functools import partial
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone

from amtportal.fields import DayField, IdentifierField
from amtportal.formatting import dollars, format_day
from amtportal.members.access import account_of
from amtportal.refusals import Refused
from amtportal.staff.actions import ActionPage, AlreadyDone
from amtportal.staff.changelists import ConditionFilter
from amtportal.staff.forms import DollarsField, ReadBy, ReasonForm
from amtportal.staff.pages import HistoryAdmin, ShownInline, WrittenByVerbs, numbered
from certifications import invoices
from certifications.models import Payment, RenewalInvoice
from certifications.models.invoices import ONLINE
from certifications.payments import checkout, disputes, holding, refunds
from certifications.payments.admin.refunding import refund_page
from certifications.payments.models import UnappliedMoney

MAY_REVERSE = "certifications.reverse_payment"


class ReceivedFilter(ConditionFilter):
    title = "day of receipt"
    parameter_name = "received"
    by_day = ["-received_on", "-pk"]

    def conditions(self, on: date) -> dict[str, tuple[str, Q]]:
        def since(first: date) -> Q:
            return Q(received_on__gte=first, received_on__lte=on)

        return {
            "today": ("Today", since(on)),
            "7-days": ("In the last 7 days", since(on - timedelta(days=6))),
            "this-month": ("This month", since(on.replace(day=1))),
            "this-year": (f"In {on.year}", since(date(on.year, 1, 1))),
        }


class ReversedFilter(ConditionFilter):
    title = "reversed"
    parameter_name = "reversed"

    def conditions(self, on: date) -> dict[str, tuple[str, Q]]:
        return {
            "no": ("Stands", Q(reversed_at=None)),
            "yes": ("Reversed", Q(reversed_at__isnull=False)),
        }


class PaymentForm(forms.Form):
    amount = DollarsField(help_text="In US dollars: exactly the amount of the invoice.")
    method = forms.ChoiceField(choices=[(each.value, each.label) for each in Payment.Method if each not in ONLINE])
    reference = IdentifierField(
        max_length=60,
        required=False,
        widget=forms.TextInput(attrs={"class": "vTextField"}),
        help_text="Check or money order number, or the card processor's reference.",
    )
    received_on = DayField(
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}), help_text="The day on which it arrived."
    )
    although_held = forms.BooleanField(
        label="Record the payment although the invoice is held",
        required=False,
        help_text="AMT asks nobody to pay a held invoice. Send the payment back unless AMT wants it.",
    )

    def __init__(self, *args: Any, held: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not held:
            del self.fields["although_held"]


class DisputedFilter(ConditionFilter):
    title = "disputed"
    parameter_name = "disputed"

    def conditions(self, on: date) -> dict[str, tuple[str, Q]]:
        return {"yes": ("The payer’s bank asks it back", Q(pk__in=disputes.flagged()))}


class PaymentInline(ShownInline):
    """The payments of an invoice."""

    model = Payment
    readonly_fields = [
        "amount_in_dollars",
        "method",
        "reference",
        "received_on",
        "recorded_by",
        "charge_id",
        "flag",
        "reversed_at",
        "reversal_reason",
    ]
    select_related = ["recorded_by"]

    @admin.display(description="disputed")
    def flag(self, payment: Payment) -> str:
        return disputes.flag(payment)

    @admin.display(description="amount")
    def amount_in_dollars(self, payment: Payment) -> str:
        return dollars(payment.amount)


class BasePaymentAdmin(WrittenByVerbs, HistoryAdmin):
    list_display = [
        "pk",
        "member",
        "invoice_number",
        "amount_in_dollars",
        "method",
        "reference",
        "received_on",
        "stands",
    ]
    list_select_related = ["invoice__cycle__certification__member"]
    list_reads = [
        "invoice_id",
        "amount",
        "method",
        "reference",
        "received_on",
        "reversed_at",
        "invoice__cycle__certification__member__first_name",
        "invoice__cycle__certification__member__last_name",
        "invoice__cycle__certification__member__amt_id",
    ]
    page_select_related = ["invoice__cycle__certification__credential", "recorded_by", "reversed_by"]
    list_filter = [ReceivedFilter, "method", ReversedFilter, DisputedFilter]
    search_help_text = "Name, e-mail address, AMT ID or invoice number"
    search_fields = ["invoice__cycle__certification__member"]
    number_prefix = "INV"
    fieldsets = [
        (None, {"fields": ["member", "invoice", "amount_in_dollars", "method", "last4", "reference", "received_on"]}),
        ("Recorded", {"fields": ["recorded_at", "recorded_by", "file_name", "charge_id", "flag"]}),
        ("Reversed", {"fields": ["reversed_at", "reversed_by", "reversal_reason"]}),
    ]
    readonly_fields = ["member", "amount_in_dollars", "flag"]

    @admin.display(description="disputed")
    def flag(self, payment: Payment) -> str:
        return disputes.flag(payment)

    @admin.display(description="member")
    def member(self, payment: Payment) -> str:
        return str(payment.invoice.cycle.certification.member)

    @admin.display(description="invoice")
    def invoice_number(self, payment: Payment) -> str:
        return payment.invoice.number

    @admin.display(description="amount")
    def amount_in_dollars(self, payment: Payment) -> str:
        return dollars(payment.amount)

    @admin.display(description="not reversed", boolean=True)
    def stands(self, payment: Payment) -> bool:
        return payment.reversed_at is None

    def found_by(self, words: str) -> Q:
        number = numbered(self.number_prefix, words)
        return super().found_by(words) if number is None else Q(invoice=number)

    def get_urls(self) -> list[URLPattern]:
        reversal = self.admin_site.admin_view(self.reverse_view)
        refund = self.admin_site.admin_view(self.refund_view)
        return [
            path("<path:object_id>/reverse/", reversal, name="certifications_payment_reverse"),
            path("<path:object_id>/refund/", refund, name="certifications_payment_refund"),
            *super().get_urls(),
        ]

    def links(self, request: HttpRequest, obj: Payment) -> list[tuple[str, str]]:
        links = []
        if not obj.reversed_at and request.user.has_perm(MAY_REVERSE):
            links.append(("Reverse payment", reverse("admin:certifications_payment_reverse", args=[obj.pk])))
        if request.user.has_perm("payments.give_refund") and not refunds.why_not_refundable(obj):
            links.append(("Refund", reverse("admin:certifications_payment_refund", args=[obj.pk])))
        return links

    def refund_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        payment = self.record_for_action(request, object_id, "payments.give_refund")
        facts: list[tuple[str, object]] = [
            ("Member", self.member(payment)),
            ("Invoice", payment.invoice.number),
            ("Payment", f"{dollars(payment.amount)}, {payment.get_method_display()}"),
            ("Received on", format_day(payment.received_on)),
        ]
        return self.action_page(request, payment, refund_page(request, payment, facts))

    def reverse_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        payment = self.record_for_action(request, object_id, MAY_REVERSE)
        return self.action_page(
            request,
            payment,
            ActionPage(
                title=f"Reverse the payment for {payment.invoice.number}",
                button="Reverse payment",
                form=ReasonForm(
                    request.POST or None,
                    read_by=ReadBy.MEMBER_ON_REQUEST,
                    help_text="For example: the bank returned the check.",
                ),
                facts=[
                    ("Member", self.member(payment)),
                    ("Payment", f"{dollars(payment.amount)}, {payment.get_method_display()} {payment.reference}"),
                    ("Received on", format_day(payment.received_on)),
                ],
                warning=invoices.meaning_of_reversal(payment.invoice),
                act=lambda typed: _reverse(payment, typed["reason"], request),
            ),
        )


def record_payment(invoice: RenewalInvoice, typed: dict[str, Any], request: HttpRequest) -> str:
    """Record the typed payment, or hold it until the invoice opens. Return the sentence that says so."""
    by, at = account_of(request), timezone.now()
    receive = partial(holding.receive, invoice=invoice, by=by, at=at, **typed)
    same = {name: value for name, value in typed.items() if name != "although_held"}
    try:
        checkout.close(invoice=invoice, at=at, before=receive)
        received = receive()
    except Refused as refusal:
        if invoice.payments.filter(reversed_at=None, recorded_by=by, **same).exists():
            raise AlreadyDone(f"The payment for {invoice.number} is recorded, once.") from refusal
        if UnappliedMoney.objects.early().filter(invoice=invoice, recorded_by=by, **same).exists():
            raise AlreadyDone(f"AMT holds the payment for {invoice.number}, once.") from refusal
        raise
    if isinstance(received, UnappliedMoney):
        return f"AMT holds {dollars(typed['amount'])} for {invoice.number}. {holding.meaning(invoice)}"
    return f"Recorded {dollars(typed['amount'])}: {invoice.number} is paid."


def _reverse(payment: Payment, reason: str, request: HttpRequest) -> str:
    at = timezone.now()
    reversed_payment = invoices.reverse_payment(payment=payment, reason=reason, by=account_of(request), at=at)
    if payment.reversed_at or reversed_payment.reversed_at != at:
        raise AlreadyDone(f"This payment was reversed earlier: {reversed_payment.reversal_reason}")
    return f"Reversed the payment for {payment.invoice.number}: {reason}"
