"""The admin pages of unapplied money, and the page *Money to look at*, where all that waits is together."""

from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone

from amtportal import clean
from amtportal.dates import today
from amtportal.fields import IdentifierField
from amtportal.formatting import format_day, format_moment
from amtportal.members.access import account_of
from amtportal.refusals import Refused
from amtportal.staff.actions import ActionPage, AlreadyDone
from amtportal.staff.changelists import ConditionFilter
from amtportal.staff.forms import ReadBy, ReasonForm
from amtportal.staff.pages import HistoryAdmin, WrittenByVerbs, numbered
from certifications.models import RenewalInvoice
from certifications.payments import holding, refunds, resolving
from certifications.payments.admin.explaining import RESOLVE, explain_page
from certifications.payments.admin.refunding import refund_page
from certifications.payments.amounts import money as in_words
from certifications.payments.models import Dispute, Refund, Settlement, UnappliedMoney

REFUND = "payments.give_refund"
MOST_HELD = 100


class InvoiceForm(forms.Form):
    invoice = IdentifierField(
        label="Invoice number",
        max_length=30,
        widget=forms.TextInput(attrs={"class": "vTextField"}),
        help_text="Such as INV-0000012: an invoice of exactly this amount.",
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


class WaitsFilter(ConditionFilter):
    title = "waits for"
    parameter_name = "waits"

    def conditions(self, on: date) -> dict[str, tuple[str, Q]]:
        found = UnappliedMoney.objects.all()
        return {
            "invoice": ("Its invoice to open", Q(pk__in=found.waiting(on).values("pk"))),
            "staff": ("Staff", Q(pk__in=found.to_look_at(on).values("pk"))),
        }


@dataclass(frozen=True)
class Waiting:
    """A table of *Money to look at*. Each row is what it is, what is known of it, and its page."""

    title: str
    nothing: str
    rows: list[tuple[str, str, str]]
    more: str = ""
    """The address of the whole list, if the table does not show all."""


@admin.register(UnappliedMoney)
class UnappliedMoneyAdmin(WrittenByVerbs, HistoryAdmin):
    change_list_template = "admin/payments/unapplied.html"
    list_display = [
        "pk",
        "total",
        "known",
        "paid_for",
        "cause",
        "received_at",
        "resolution",
        "resolved_at",
        "resolved_by",
    ]
    list_select_related = ["checkout__invoice", "invoice", "applied_to", "resolved_by"]
    list_filter = [WaitsFilter, "resolution", "cause"]
    fields = [
        "total",
        "known",
        "paid_for",
        "cause",
        "now",
        "received_at",
        "received_on",
        "recorded_by",
        "file_name",
        "resolution",
        "resolved_at",
        "resolved_by",
        "applied_to",
        "explanation",
    ]
    readonly_fields = ["total", "known", "paid_for", "now"]

    @admin.display(description="amount")
    def total(self, money: UnappliedMoney) -> str:
        return in_words(money.amount, money.currency)

    @admin.display(description="charge, or check")
    def known(self, money: UnappliedMoney) -> str:
        return money.charge_id or money.method_in_words

    @admin.display(description="paid for")
    def paid_for(self, money: UnappliedMoney) -> str:
        return money.paid_for.number if money.paid_for else ""

    @admin.display(description="today")
    def now(self, money: UnappliedMoney) -> str:
        return "" if money.resolution else f"{holding.why_now(money, today())}."

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
        if obj.charge_id is None and not obj.resolution and may(REFUND):
            links.append(("Send back", "refund"))
        elif not refunds.why_not_refundable(obj) and may(REFUND):
            links.append(("Refund", "refund"))
        if not obj.resolution and may(RESOLVE):
            links += [("Apply to an invoice", "apply"), ("Explain", "explain")]
        return [(words, reverse(f"admin:payments_unappliedmoney_{name}", args=[obj.pk])) for words, name in links]

    def _facts(self, money: UnappliedMoney) -> list[tuple[str, object]]:
        return [
            ("Amount", self.total(money)),
            ("Received", format_day(money.received_on) if money.received_on else format_moment(money.received_at)),
            ("Paid for", self.paid_for(money) or "Not known"),
            ("Why no invoice took it", holding.why_now(money, today())),
            ("Charge" if money.charge_id else "Paid by", self.known(money)),
        ]

    def refund_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        money = self.record_for_action(request, object_id, REFUND)
        if money.charge_id:
            return self.action_page(request, money, refund_page(request, money, self._facts(money)))
        return self.action_page(
            request,
            money,
            ActionPage(
                title=f"Send {self.total(money)} back",
                button="Send back",
                form=ReasonForm(request.POST or None, read_by=ReadBy.STAFF),
                facts=self._facts(money),
                warning=f"{refunds.NOT_AS_A_RULE} Send the money back the way it came: the portal only notes that you "
                "do. No invoice changes.",
                act=lambda typed: _send_back(money, typed["reason"], request),
            ),
        )

    def apply_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        money = self.record_for_action(request, object_id, RESOLVE)
        initial = {"invoice": self.paid_for(money)}
        return self.action_page(
            request,
            money,
            ActionPage(
                title=f"Apply {self.total(money)} to an invoice",
                button="Apply money",
                form=InvoiceForm(request.POST or None, initial=initial),
                facts=self._facts(money),
                warning="The invoice is then paid."
                if money.charge_id
                else "The invoice is then paid. If it is not open yet, AMT holds the money until it opens.",
                act=lambda typed: _apply(money, typed, request),
            ),
        )

    def explain_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        money = self.record_for_action(request, object_id, RESOLVE)
        return self.action_page(
            request,
            money,
            explain_page(
                request,
                money,
                noun="money",
                what=self.total(money),
                facts=self._facts(money),
                warning="The money stays with AMT, and no invoice changes.",
                verb=partial(resolving.explain, money=money),
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
        tables.append(_held())
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
    found = UnappliedMoney.objects.to_look_at(today())
    rows = [
        (
            f"{in_words(money.amount, money.currency)} {_came(money)}",
            f"{holding.why_now(money, today())}{f', {money.paid_for.number}' if money.paid_for else ''}.",
            _page_of(money),
        )
        for money in found.select_related("checkout__invoice", "invoice__cycle__certification")
    ]
    return Waiting("Unapplied money", "No money waits for an invoice.", rows)


def _held() -> Waiting:
    found = UnappliedMoney.objects.waiting(today()).select_related("invoice__cycle__certification__member")
    rows = [
        (
            f"{in_words(money.amount, money.currency)} {_came(money)}",
            f"{money.paid_for} of {money.paid_for.cycle.certification.member}. {holding.why_now(money, today())}.",
            _page_of(money),
        )
        for money in found.order_by("invoice__opens_on", "pk")[:MOST_HELD]
        if money.paid_for
    ]
    return Waiting(
        "Held until the invoice opens",
        "No check came too early.",
        rows,
        more=f"{reverse('admin:payments_unappliedmoney_changelist')}?waits=invoice",
    )


def _came(money: UnappliedMoney) -> str:
    if money.received_on is None:
        return f"on {format_moment(money.received_at)}"
    return f"by {money.method_in_words} on {format_day(money.received_on)}"


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
    return Waiting("Refunds that did not arrive", "Every refund has arrived, is on its way, or is explained.", rows)


def _settlements() -> Waiting:
    found = Settlement.objects.differing()
    rows = [(str(settlement), settlement.differences, _page_of(settlement)) for settlement in found]
    return Waiting(
        "Days that differ", "The provider’s book and the portal’s records agree, or it is explained why not.", rows
    )


def _send_back(money: UnappliedMoney, reason: str, request: HttpRequest) -> str:
    by, at = account_of(request), timezone.now()
    try:
        holding.send_back(money=money, reason=reason, by=by, at=at)
    except Refused:
        same = {"resolution": UnappliedMoney.Resolution.REFUNDED, "resolved_by": by, "explanation": reason}
        if UnappliedMoney.objects.filter(pk=money.pk, **same).exists():
            raise AlreadyDone("The money is sent back, once.") from None
        raise
    return f"Sent {in_words(money.amount, money.currency)} back: {reason}"


def _apply(money: UnappliedMoney, typed: dict[str, Any], request: HttpRequest) -> str:
    invoice: RenewalInvoice = typed["invoice"]
    amount = in_words(money.amount, money.currency)
    give = resolving.apply_to_invoice if money.charge_id else holding.move
    try:
        given = give(
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
    if isinstance(given, UnappliedMoney):
        return f"AMT holds {amount} for {invoice.number} now. {holding.meaning(invoice)}"
    return f"Applied {amount}: {invoice.number} is paid."
