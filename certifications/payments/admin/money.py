"""The admin pages of unapplied money, and the page *Money to look at*, where all that waits is together."""

from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone

from amtportal import clean
from amtportal.fields import IdentifierField
from amtportal.formatting import format_moment
from amtportal.members.access import account_of
from amtportal.refusals import Refused
from amtportal.staff.actions import ActionPage, AlreadyDone
from amtportal.staff.forms import ReasonForm
from amtportal.staff.pages import HistoryAdmin, WrittenByVerbs, numbered
from certifications.models import RenewalInvoice
from certifications.payments import refunds, resolving
from certifications.payments.admin.refunding import refund_page
from certifications.payments.amounts import money as in_words
from certifications.payments.models import Dispute, Refund, Settlement, UnappliedMoney

RESOLVE = "payments.resolve_unappliedmoney"
REFUND = "payments.give_refund"


class InvoiceForm(forms.Form):
    invoice = IdentifierField(
        label="Invoice number",
        max_length=30,
        widget=forms.TextInput(attrs={"class": "vTextField"}),
        help_text="Such as INV-0000012: an open invoice of exactly this amount.",
    )
    although_held = forms.BooleanField(
        label="Apply the money although the invoice is held",
        required=False,
        help_text="AMT asks nobody to pay a held invoice. Send the money back unless AMT wants it.",
    )

    def clean_invoice(self) -> RenewalInvoice:
        typed = clean.identifier(self.cleaned_data["invoice"])
        found = RenewalInvoice.objects.select_related("cycle__certification__member")
        invoice = found.filter(pk=numbered("INV", typed) or 0).first()
        if invoice is None:
            raise forms.ValidationError(f"There is no invoice {typed}. Write its number as INV-0000012.")
        return invoice


@dataclass(frozen=True)
class Waiting:
    """A table of *Money to look at*. Each row is what it is, what is known of it, and its page."""

    title: str
    nothing: str
    rows: list[tuple[str, str, str]]


@admin.register(UnappliedMoney)
class UnappliedMoneyAdmin(WrittenByVerbs, HistoryAdmin):
    change_list_template = "admin/payments/unapplied.html"
    list_display = ["charge_id", "total", "cause", "invoice", "received_at", "resolution", "resolved_at", "resolved_by"]
    list_select_related = ["checkout__invoice", "applied_to", "resolved_by"]
    list_filter = ["resolution", "cause"]
    fields = [
        "charge_id",
        "total",
        "cause",
        "invoice",
        "method",
        "received_at",
        "resolution",
        "resolved_at",
        "resolved_by",
        "applied_to",
        "explanation",
    ]
    readonly_fields = ["total", "invoice"]

    @admin.display(description="amount")
    def total(self, money: UnappliedMoney) -> str:
        return in_words(money.amount, money.currency)

    @admin.display(description="paid for")
    def invoice(self, money: UnappliedMoney) -> str:
        return money.checkout.invoice.number if money.checkout else ""

    def get_urls(self) -> list[URLPattern]:
        def page(name: str, view: Any) -> URLPattern:
            route = f"<path:object_id>/{name}/" if name != "look" else "look/"
            return path(route, self.admin_site.admin_view(view), name=f"payments_unappliedmoney_{name}")

        return [
            page("look", self.look_view),
            page("refund", self.refund_view),
            page("apply", self.apply_view),
            page("explain", self.explain_view),
            *super().get_urls(),
        ]

    def links(self, request: HttpRequest, obj: UnappliedMoney) -> list[tuple[str, str]]:
        may = request.user.has_perm
        links = []
        if not refunds.why_not_refundable(obj) and may(REFUND):
            links.append(("Refund", "refund"))
        if not obj.resolution and may(RESOLVE):
            links += [("Apply to an invoice", "apply"), ("Explain", "explain")]
        return [(words, reverse(f"admin:payments_unappliedmoney_{name}", args=[obj.pk])) for words, name in links]

    def _facts(self, money: UnappliedMoney) -> list[tuple[str, object]]:
        return [
            ("Amount", self.total(money)),
            ("Received", format_moment(money.received_at)),
            ("Paid for", self.invoice(money) or "Not known"),
            ("Why no invoice took it", money.get_cause_display()),
            ("Charge", money.charge_id),
        ]

    def refund_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        money = self.record_for_action(request, object_id, REFUND)
        return self.action_page(request, money, refund_page(request, money, self._facts(money)))

    def apply_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        money = self.record_for_action(request, object_id, RESOLVE)
        initial = {"invoice": self.invoice(money)}
        return self.action_page(
            request,
            money,
            ActionPage(
                title=f"Apply {self.total(money)} to an invoice",
                button="Apply money",
                form=InvoiceForm(request.POST or None, initial=initial),
                facts=self._facts(money),
                warning="The invoice is then paid.",
                act=lambda typed: _apply(money, typed, request),
            ),
        )

    def explain_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        money = self.record_for_action(request, object_id, RESOLVE)
        return self.action_page(
            request,
            money,
            ActionPage(
                title=f"Explain {self.total(money)}",
                button="Explain",
                form=ReasonForm(request.POST or None, help_text="Why nothing is to be done about this money."),
                facts=self._facts(money),
                warning="The money stays with AMT, and no invoice changes.",
                act=lambda typed: _explain(money, typed["reason"], request),
            ),
        )

    def look_view(self, request: HttpRequest) -> HttpResponse:
        """Show everything about money that waits for somebody."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        may = request.user.has_perm
        tables = [_unapplied()]
        if may("payments.view_dispute"):
            tables.append(_disputes())
        if may("payments.view_refund"):
            tables.append(_refunds())
        if may("payments.view_settlement"):
            tables.append(_settlements())
        context = {
            **self.admin_site.each_context(request),
            "title": "Money to look at",
            "opts": self.opts,
            "tables": tables,
        }
        return TemplateResponse(request, "admin/payments/look.html", context)


def _page_of(record: UnappliedMoney | Dispute | Refund | Settlement) -> str:
    meta = record._meta
    return reverse(f"admin:{meta.app_label}_{meta.model_name}_change", args=[record.pk])


def _paid_for(record: Dispute | Refund) -> str:
    return record.payment.invoice.number if record.payment else "unapplied money"


def _unapplied() -> Waiting:
    found = UnappliedMoney.objects.unresolved().select_related("checkout__invoice")
    rows = [
        (
            f"{in_words(money.amount, money.currency)} on {format_moment(money.received_at)}",
            f"{money.get_cause_display()}{f', {money.checkout.invoice.number}' if money.checkout else ''}.",
            _page_of(money),
        )
        for money in found
    ]
    return Waiting("Unapplied money", "No money waits for an invoice.", rows)


def _disputes() -> Waiting:
    found = Dispute.objects.open().select_related("payment__invoice")
    rows = [
        (
            f"{in_words(dispute.amount, dispute.currency)} for {_paid_for(dispute)}",
            f"{dispute.reason.replace('_', ' ').capitalize()}: {dispute.status.replace('_', ' ')} "
            f"since {format_moment(dispute.opened_at)}. Answer it at the provider.",
            _page_of(dispute),
        )
        for dispute in found
    ]
    return Waiting("Open disputes", "No bank asks money back.", rows)


def _refunds() -> Waiting:
    found = [*refunds.without_money().select_related("payment__invoice"), *refunds.unanswered()]
    rows = [
        (
            f"{in_words(refund.amount, refund.currency)} for {_paid_for(refund)}",
            f"Failed: {refund.failure.replace('_', ' ')}. AMT has the money."
            if refund.status == Refund.Status.FAILED
            else f"Asked for on {format_moment(refund.requested_at)}; the provider has not answered yet.",
            _page_of(refund),
        )
        for refund in found
    ]
    return Waiting("Refunds that did not arrive", "Every refund has arrived or is on its way.", rows)


def _settlements() -> Waiting:
    found = Settlement.objects.exclude(differences="")
    rows = [(str(settlement), settlement.differences, _page_of(settlement)) for settlement in found]
    return Waiting("Days that differ", "The provider’s book and the portal’s records agree.", rows)


def _apply(money: UnappliedMoney, typed: dict[str, Any], request: HttpRequest) -> str:
    invoice: RenewalInvoice = typed["invoice"]
    try:
        resolving.apply_to_invoice(
            money=money,
            invoice=invoice,
            by=account_of(request),
            at=timezone.now(),
            although_held=typed["although_held"],
        )
    except Refused:
        if UnappliedMoney.objects.filter(pk=money.pk, applied_to=invoice).exists():
            raise AlreadyDone(f"The money is applied to {invoice.number}, once.") from None
        raise
    return f"Applied {in_words(money.amount, money.currency)}: {invoice.number} is paid."


def _explain(money: UnappliedMoney, explanation: str, request: HttpRequest) -> str:
    try:
        resolving.explain(money=money, explanation=explanation, by=account_of(request), at=timezone.now())
    except Refused:
        if UnappliedMoney.objects.filter(pk=money.pk, explanation=explanation).exists():
            raise AlreadyDone("The money is explained, once.") from None
        raise
    return f"Explained {in_words(money.amount, money.currency)}: {explanation}"
