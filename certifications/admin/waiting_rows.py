"""Rows of the roster that wait: what staff must decide about one person, while the others came in."""

from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest

from amtportal.members.models import Member
from amtportal.staff.changelists import keys_in
from amtportal.staff.pages import HistoryAdmin, WrittenByVerbs
from amtportal.staff.searching import MOST_PEOPLE
from certifications.models import WaitingRow


class StateFilter(admin.SimpleListFilter):
    """Rows that wait, unless staff ask for the others."""

    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("settled", "Settled"), ("all", "All")]

    def choices(self, changelist: Any) -> Any:
        first, *others = super().choices(changelist)
        return [{**first, "display": "Waiting"}, *others]

    def queryset(self, request: HttpRequest, queryset: QuerySet[WaitingRow]) -> QuerySet[WaitingRow]:
        if self.value() == "all":
            return queryset
        return queryset.filter(settled_at__isnull=self.value() != "settled")


@admin.register(WaitingRow)
class WaitingRowAdmin(WrittenByVerbs, HistoryAdmin):
    list_display = ["person", "credential", "certificate_number", "what", "remedy", "place", "since", "settled_at"]
    list_filter = [StateFilter, "cause"]
    search_help_text = "AMT ID, name, e-mail address or certificate number of the row"
    search_fields = ["pk"]
    fields = [
        "amt_id",
        "name",
        "email",
        "credential",
        "certificate_number",
        "what",
        "remedy",
        "cause",
        "file_name",
        "line",
        "column_name",
        "since",
        "imported_by",
        "settled_at",
    ]

    @admin.display(description="person")
    def person(self, row: WaitingRow) -> str:
        return f"{row.name} ({row.amt_id})"

    @admin.display(description="file and line")
    def place(self, row: WaitingRow) -> str:
        return f"{row.file_name or 'file'}, line {row.line}"

    def found_by(self, words: str) -> Q:
        found = keys_in(Member.objects.keys_found_by(words), most=MOST_PEOPLE)
        known = Member.objects.filter(pk__among=found).order_by().values_list("amt_id", flat=True)
        by_row = Q(amt_id__istartswith=words) | Q(name__icontains=words) | Q(email__istartswith=words)
        return by_row | Q(certificate_number__iexact=words) | Q(amt_id__in=list(known))
