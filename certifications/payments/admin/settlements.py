"""The admin pages of settlements: what each day came to, which payout carries it, and what differs."""

from collections.abc import Iterator
from functools import partial
from typing import Any

from defusedcsv import csv
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html_join

from amtportal.formatting import dollars, format_day, format_day_in_table
from amtportal.staff.changelists import ConditionFilter
from amtportal.staff.pages import HistoryAdmin, ShownInline, WrittenByVerbs
from certifications.payments import explaining, settlements
from certifications.payments.admin.explaining import RESOLVE, explain_page
from certifications.payments.amounts import money
from certifications.payments.models import Settlement, SettlementLine

BYTE_ORDER_MARK = "\ufeff"
COLUMNS = ["Day", "Gross", "Returned", "Fees", "Net", "Payout", "Deposited on"]


class DifferencesFilter(ConditionFilter):
    title = "differences"
    parameter_name = "differences"

    def conditions(self, on: object) -> dict[str, tuple[str, Q]]:
        return {
            "yes": ("Differs", ~Q(differences="") & Q(explanation="")),
            "explained": ("Differs, explained", ~Q(explanation="")),
            "no": ("Agrees", Q(differences="")),
        }


class _Amounts(admin.options.BaseModelAdmin):
    """The amounts of a line of the provider's book, in its currency."""

    @admin.display(description="amount")
    def gross(self, line: SettlementLine) -> str:
        return money(line.amount, line.currency)

    @admin.display(description="fee")
    def kept(self, line: SettlementLine) -> str:
        return money(line.fee, line.currency)

    @admin.display(description="net")
    def rest(self, line: SettlementLine) -> str:
        return money(line.net, line.currency)


class SettlementLineInline(_Amounts, ShownInline):
    model = SettlementLine
    verbose_name_plural = "lines of the provider's book"
    readonly_fields = ["transaction_id", "kind", "source_id", "gross", "kept", "rest", "payout_id", "deposited_on"]


@admin.register(SettlementLine)
class SettlementLineAdmin(_Amounts, WrittenByVerbs, HistoryAdmin):
    list_display = [*SettlementLineInline.readonly_fields]
    list_select_related = ["settlement"]
    list_filter = ["kind"]
    search_help_text = "The provider's name of the line, of what it is about, or of the payout"
    search_fields = ["pk"]
    fields = ["settlement", *SettlementLineInline.readonly_fields, "created_at", "available_on"]
    readonly_fields = ["gross", "kept", "rest"]

    def found_by(self, words: str) -> Q:
        return Q(transaction_id=words) | Q(source_id=words) | Q(payout_id=words)


def rows_of_file(days: QuerySet[Settlement]) -> Iterator[list[str]]:
    """Yield a row for each day and payout; amounts in US dollars. What is not paid out yet has no payout."""
    yield COLUMNS
    for row in settlements.payouts_of(days).values():
        amounts = [f"{row[name] / 100:.2f}" for name in ("gross", "returned", "fees", "net")]
        deposited_on = row["deposited_on"].isoformat() if row["deposited_on"] else ""
        yield [row["settlement__day"].isoformat(), *amounts, row["payout_id"], deposited_on]


@admin.register(Settlement)
class SettlementAdmin(WrittenByVerbs, HistoryAdmin):
    change_list_template = "admin/payments/settlements.html"
    list_display = ["day", "gross", "returned", "fees", "net", "payouts", "deposited_on", "agrees", "reconciled_at"]
    list_filter = [DifferencesFilter]
    date_hierarchy = "day"
    ordering = ["-day"]
    fields = [
        "day",
        "gross",
        "returned",
        "fees",
        "net",
        "payouts",
        "differences_by_line",
        "reconciled_at",
        "explanation",
        "explained_at",
        "explained_by",
    ]
    readonly_fields = ["gross", "returned", "fees", "net", "payouts", "differences_by_line"]
    inlines = [SettlementLineInline]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Settlement]:
        return settlements.with_totals(super().get_queryset(request))

    @admin.display(description="gross")
    def gross(self, settlement: Any) -> str:
        return dollars(settlement.gross)

    @admin.display(description="returned")
    def returned(self, settlement: Any) -> str:
        return money(settlement.returned, "usd")

    @admin.display(description="fees")
    def fees(self, settlement: Any) -> str:
        return money(settlement.fees, "usd")

    @admin.display(description="net")
    def net(self, settlement: Any) -> str:
        return money(settlement.net, "usd")

    @admin.display(description="deposited on")
    def deposited_on(self, settlement: Any) -> str:
        return format_day_in_table(settlement.deposited_on) if settlement.deposited_on else ""

    @admin.display(description="payouts")
    def payouts(self, settlement: Any) -> str:
        names = [settlement.first_payout, settlement.last_payout]
        return ", … ".join(dict.fromkeys(name for name in names if name))

    @admin.display(description="agrees", boolean=True)
    def agrees(self, settlement: Settlement) -> bool:
        return not settlement.differences

    @admin.display(description="differences")
    def differences_by_line(self, settlement: Settlement) -> str:
        lines = settlement.differences.splitlines()
        return format_html_join("", "<p>{}</p>", ([line] for line in lines)) or "None: the book and the records agree."

    def get_urls(self) -> list[URLPattern]:
        return [
            path("csv/", self.admin_site.admin_view(self.csv_view), name="payments_settlement_csv"),
            path(
                "<path:object_id>/explain/",
                self.admin_site.admin_view(self.explain_view),
                name="payments_settlement_explain",
            ),
            *super().get_urls(),
        ]

    def links(self, request: HttpRequest, obj: Settlement) -> list[tuple[str, str]]:
        if not request.user.has_perm(RESOLVE) or explaining.why_not_explainable(obj):
            return []
        return [("Explain", reverse("admin:payments_settlement_explain", args=[obj.pk]))]

    def explain_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        settlement = self.record_for_action(request, object_id, RESOLVE)
        return self.action_page(
            request,
            settlement,
            explain_page(
                request,
                settlement,
                noun="settlement",
                what=f"the settlement of {format_day(settlement.day)}",
                facts=[("Differences", self.differences_by_line(settlement))],
                warning="It leaves Money to look at until the day differs in another way. No record changes.",
                verb=partial(explaining.explain, record=settlement),
            ),
        )

    def csv_view(self, request: HttpRequest) -> HttpResponse:
        """Answer with all days as CSV, the newest first."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        response = HttpResponse(BYTE_ORDER_MARK, content_type="text/csv; charset=utf-8")
        response.headers["Content-Disposition"] = 'attachment; filename="settlements.csv"'
        csv.writer(response).writerows(rows_of_file(Settlement.objects.all()))
        return response
