"""The admin pages of renewal invoices. Staff read them, record payments, void and reissue them."""

from datetime import date, timedelta
from typing import Any, cast

from django import forms
from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html_join

from amtportal.dates import today
from amtportal.formatting import dollars, format_day, format_moment
from amtportal.members.access import account_of
from amtportal.staff.actions import ActionPage, AlreadyDone
from amtportal.staff.changelists import ConditionFilter, KeptRelationFilter, OrderedFilter
from amtportal.staff.forms import ReadBy, ReasonForm
from amtportal.staff.pages import HistoryAdmin, ShownInline, WrittenByVerbs
from certifications import invoices
from certifications.admin.payments import MAY_REVERSE, PaymentForm, PaymentInline, record_payment
from certifications.models import RenewalInvoice
from certifications.payments import checkout, holding, story

STATES = {"locked": "Locked", "upcoming": "Upcoming", "open": "Open", "paid": "Paid", "void": "Void"}
MAY_RECORD, MAY_VOID = "certifications.record_payment", "certifications.void_invoice"
MAY_ISSUE, MAY_ASK = "certifications.issue_invoice_again", "certifications.ask_for_payment"


def reason(invoice: RenewalInvoice, on: date) -> str:
    """Return why the invoice is in its state on that day, as a sentence for staff."""
    opening = invoices.opening_of(invoice)
    state = invoices.state_of(invoice, on)
    if state == "void":
        return invoice.void_reason
    if state == "paid" and invoice.before_portal:
        return f"The roster says that fees up to {format_day(invoice.before_portal)} are paid. No payment is on record."
    if state == "paid":
        return "A payment is on record."
    if opening.opens_on is None:
        noticed_on = format_day(opening.due_on - invoices.NOTICE)
        return f"The CCP requirement is not met. The invoice opens the day after it is, but not before {noticed_on}."
    when = f"{'Since' if state == 'open' else 'From'} {format_day(opening.opens_on)}"
    if opening.waits_for_requirement and opening.met_on:
        return f"{when}, the day after the CCP requirement was met ({format_day(opening.met_on)})."
    return f"{when}, {invoices.NOTICE.days} days before it is due."


class InvoiceStateFilter(OrderedFilter):
    title = "state today"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return list(STATES.items())

    def queryset(self, request: HttpRequest, queryset: Any) -> QuerySet[Any]:
        state = self.value()
        return invoices.in_state(queryset, cast("invoices.State", state), today()) if state in STATES else queryset

    def order(self) -> list[str]:
        """Return the order by the day on which the invoices open: of the open ones the last first."""
        return {"open": ["-opens_on", "-pk"], "upcoming": ["opens_on", "pk"]}.get(self.value() or "", [])


def state_in_words(invoice: RenewalInvoice) -> str:
    """Return the state of the invoice today, for staff."""
    state = invoices.state_of(invoice, today())
    if invoice.before_portal:
        return "Paid before the portal" if state == "paid" else "Not asked for"
    return STATES[state]


class BeforePortalFilter(ConditionFilter):
    title = "before the portal"
    parameter_name = "before-portal"

    def conditions(self, on: date) -> dict[str, tuple[str, Q]]:
        settled = Q(before_portal__isnull=False)
        return {
            "paid": ("Paid before the portal", settled & Q(status=RenewalInvoice.Status.PAID)),
            "not-asked-for": ("Not asked for", settled & Q(status=RenewalInvoice.Status.VOID)),
        }


class DueFilter(ConditionFilter):
    title = "due date"
    parameter_name = "due"
    by_day = ["due_on", "-pk"]

    def conditions(self, on: date) -> dict[str, tuple[str, Q]]:
        def due(first: date, last: date) -> Q:
            return Q(due_on__gte=first, due_on__lte=last)

        return {
            "30-days": ("In the next 30 days", due(on, on + timedelta(days=30))),
            "60-days": ("In the next 60 days", due(on, on + timedelta(days=60))),
            "past": ("Past, unpaid", Q(due_on__lt=on, status=RenewalInvoice.Status.ISSUED)),
            "this-year": (f"In {on.year}", due(date(on.year, 1, 1), date(on.year, 12, 31))),
        }


class InvoiceInline(ShownInline):
    """The invoices of a cycle, with their state today."""

    model = RenewalInvoice
    verbose_name_plural = "renewal invoices"
    readonly_fields = ["year", "due_on", "amount_in_dollars", "state"]
    select_related = ["cycle__certification"]
    ordering = ["year", "pk"]

    @admin.display(description="amount")
    def amount_in_dollars(self, invoice: RenewalInvoice) -> str:
        return dollars(invoice.amount)

    @admin.display(description="state")
    def state(self, invoice: RenewalInvoice) -> str:
        return state_in_words(invoice)


class BaseRenewalInvoiceAdmin(WrittenByVerbs, HistoryAdmin):
    list_display = ["number", "member", "credential", "year", "due_on", "amount_in_dollars", "state", "opens_on"]
    list_select_related = ["cycle__certification__credential", "cycle__certification__member"]
    list_reads = [
        "year",
        "due_on",
        "amount",
        "status",
        "before_portal",
        "opens_on",
        "cycle__requirement_met_on",
        "cycle__mandatory_at_close",
        "cycle__certification__ccp_mandatory",
        "cycle__certification__credential__code",
        "cycle__certification__member__first_name",
        "cycle__certification__member__last_name",
        "cycle__certification__member__amt_id",
    ]
    list_filter = [
        InvoiceStateFilter,
        DueFilter,
        BeforePortalFilter,
        ("cycle__certification__credential", KeptRelationFilter),
    ]
    sortable_by = ["due_on"]
    search_help_text = "Name, e-mail address, AMT ID or invoice number"
    search_fields = ["cycle__certification__member"]
    number_prefix = "INV"
    inlines = [PaymentInline]
    fieldsets = [
        (None, {"fields": ["number", "member", "cycle", "year", "due_on", "amount_in_dollars", "issued_on"]}),
        ("Today", {"fields": ["state", "opens_on", "why"]}),
        ("What happened", {"fields": ["story"]}),
    ]
    readonly_fields = ["number", "member", "amount_in_dollars", "state", "opens_on", "why", "story"]

    @admin.display(description="member")
    def member(self, invoice: RenewalInvoice) -> str:
        return str(invoice.cycle.certification.member)

    @admin.display(description="credential")
    def credential(self, invoice: RenewalInvoice) -> str:
        return invoice.cycle.certification.credential.code

    @admin.display(description="amount")
    def amount_in_dollars(self, invoice: RenewalInvoice) -> str:
        return dollars(invoice.amount)

    @admin.display(description="state")
    def state(self, invoice: RenewalInvoice) -> str:
        return state_in_words(invoice)

    @admin.display(description="its money")
    def story(self, invoice: RenewalInvoice) -> str:
        lines = ((format_moment(at), sentence) for at, sentence in story.of(invoice))
        return format_html_join("", "<p>{}: {}</p>", lines) or "Nobody has paid or tried to pay."

    @admin.display(description="why")
    def why(self, invoice: RenewalInvoice) -> str:
        return reason(invoice, today())

    def get_urls(self) -> list[URLPattern]:
        pay = self.admin_site.admin_view(self.pay_view)
        void = self.admin_site.admin_view(self.void_view)
        reissue = self.admin_site.admin_view(self.reissue_view)
        ask = self.admin_site.admin_view(self.ask_view)
        return [
            path("<path:object_id>/pay/", pay, name="certifications_renewalinvoice_pay"),
            path("<path:object_id>/void/", void, name="certifications_renewalinvoice_void"),
            path("<path:object_id>/ask/", ask, name="certifications_renewalinvoice_ask"),
            path("<path:object_id>/anew/", reissue, name="certifications_renewalinvoice_anew"),
            *super().get_urls(),
        ]

    def links(self, request: HttpRequest, obj: RenewalInvoice) -> list[tuple[str, str]]:
        state = invoices.state_of(obj, today())
        may = request.user.has_perm
        links = []
        is_early = invoices.is_early(obj, today())
        if (state == "open" or is_early) and may(MAY_RECORD):
            words = "Hold a payment" if is_early else "Record a payment"
            links.append((words, reverse("admin:certifications_renewalinvoice_pay", args=[obj.pk])))
        if state in ("locked", "upcoming", "open") and may(MAY_VOID):
            links.append(("Void", reverse("admin:certifications_renewalinvoice_void", args=[obj.pk])))
        if state == "void" and may(MAY_ISSUE):
            links.append(("Issue again", reverse("admin:certifications_renewalinvoice_anew", args=[obj.pk])))
        if state == "paid" and obj.before_portal:
            if may(MAY_ASK):
                links.append(("Ask for payment", reverse("admin:certifications_renewalinvoice_ask", args=[obj.pk])))
        elif state == "paid":
            payment = obj.payments.filter(reversed_at=None).first()
            if payment and may(MAY_REVERSE) and may("certifications.view_payment"):
                links.append(("Reverse payment", reverse("admin:certifications_payment_reverse", args=[payment.pk])))
            links.append(("Printable receipt", reverse("invoice-pdf", args=[obj.pk])))
        return links

    def pay_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        invoice = self.record_for_action(request, object_id, MAY_RECORD)
        held = invoices.held_by(invoice, invoices.state_of(invoice, today()))
        warnings = [invoices.what_holds(invoice, held)] if held else []
        if is_early := invoices.is_early(invoice, today()):
            warnings.append(holding.meaning(invoice))
        return self.action_page(
            request,
            invoice,
            ActionPage(
                title=f"{'Hold' if is_early else 'Record'} a payment for {invoice.number}",
                button="Hold payment" if is_early else "Record payment",
                form=PaymentForm(
                    request.POST or None,
                    initial={"amount": invoice.amount, "received_on": today().isoformat()},
                    held=bool(held),
                ),
                facts=[
                    ("Member", self.member(invoice)),
                    ("Certification", invoice.cycle.certification),
                    ("Amount due", dollars(invoice.amount)),
                    ("Due on", format_day(invoice.due_on)),
                    ("State today", f"{self.state(invoice)}. {self.why(invoice)}"),
                ],
                warning=" ".join(warnings),
                act=lambda typed: record_payment(invoice, typed, request),
            ),
        )

    def void_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        invoice = self.record_for_action(request, object_id, MAY_VOID)
        return self.action_page(
            request,
            invoice,
            ActionPage(
                title=f"Void {invoice.number}",
                button="Void invoice",
                form=ReasonForm(
                    request.POST or None,
                    read_by=ReadBy.MEMBER_ON_REQUEST,
                    help_text="It stays on record with the invoice.",
                ),
                facts=[
                    ("Member", self.member(invoice)),
                    ("Certification", invoice.cycle.certification),
                    ("Amount", dollars(invoice.amount)),
                    ("State today", f"{self.state(invoice)}. {self.why(invoice)}"),
                ],
                warning="A void invoice cannot be paid. Issue it again if the year still has to be paid.",
                act=lambda typed: _void(invoice, typed["reason"]),
            ),
        )

    def ask_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        invoice = self.record_for_action(request, object_id, MAY_ASK)
        return self.action_page(
            request,
            invoice,
            ActionPage(
                title=f"Ask for the payment of {invoice.number}",
                button="Ask for payment",
                form=ReasonForm(
                    request.POST or None,
                    read_by=ReadBy.MEMBER_ON_REQUEST,
                    help_text="It stays on record with the invoice.",
                ),
                facts=[
                    ("Member", self.member(invoice)),
                    ("Certification", invoice.cycle.certification),
                    ("Amount", dollars(invoice.amount)),
                    ("Due on", format_day(invoice.due_on)),
                    ("State today", f"{self.state(invoice)}. {self.why(invoice)}"),
                ],
                warning="The member is then asked to pay it. Choose this only if the roster was wrong.",
                act=lambda typed: _ask_for(invoice, typed["reason"], request),
            ),
        )

    def reissue_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        invoice = self.record_for_action(request, object_id, MAY_ISSUE)
        credential = invoice.cycle.certification.credential
        return self.action_page(
            request,
            invoice,
            ActionPage(
                title=f"Issue {invoice.number} again",
                button="Issue invoice",
                form=forms.Form(request.POST or None),
                facts=[
                    ("Member", self.member(invoice)),
                    ("Certification", invoice.cycle.certification),
                    ("Voided because", invoice.void_reason),
                    ("Amount of the new invoice", dollars(credential.annual_fee)),
                    ("Due on", format_day(invoice.due_on)),
                ],
                act=lambda typed: _reissue(invoice),
            ),
        )


def _ask_for(invoice: RenewalInvoice, reason: str, request: HttpRequest) -> str:
    was_issued = invoice.status == RenewalInvoice.Status.ISSUED
    invoice = invoices.ask_for(invoice=invoice, reason=reason, by=account_of(request), at=timezone.now())
    if was_issued:
        raise AlreadyDone(f"{invoice.number} is already to be paid.")
    return f"{invoice.number} is to be paid: {reason}"


def _reissue(invoice: RenewalInvoice) -> str:
    checkout.close(invoice=invoice, at=timezone.now())
    reissued = invoices.reissue(invoice=invoice, at=timezone.now())
    return f"{reissued.number} replaces {invoice.number}."


def _void(invoice: RenewalInvoice, reason: str) -> str:
    was_void = invoice.status == RenewalInvoice.Status.VOID
    checkout.close(invoice=invoice, at=timezone.now())
    invoice = invoices.void(invoice=invoice, reason=reason)
    if was_void or invoice.void_reason != reason:
        raise AlreadyDone(f"{invoice.number} is already void: {invoice.void_reason}")
    return f"Voided {invoice.number}: {reason}"
