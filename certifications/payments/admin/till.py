"""The till list in the admin: a day's checks, money orders and payments by phone, as a page and as CSV."""

from datetime import date

from defusedcsv import csv
from django import forms
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path

from amtportal.dates import today
from amtportal.fields import DayField
from amtportal.formatting import dollars, format_day
from amtportal.staff.pages import HistoryAdmin
from certifications.payments import till
from certifications.payments.admin.settlements import BYTE_ORDER_MARK

MAY_SEE_TILL = "payments.view_unappliedmoney"
HEAD = ("amount", "method", "reference", "invoice", "member", "recorded_by", "became")


class DayForm(forms.Form):
    day = DayField(widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}))


class TillMixin(HistoryAdmin):
    """The till list, for the admin class of payments. Whoever may view payments and unapplied money sees it."""

    def get_urls(self) -> list[URLPattern]:
        return [
            path("till/", self.admin_site.admin_view(self.till_view), name="certifications_payment_till"),
            *super().get_urls(),
        ]

    def till_view(self, request: HttpRequest) -> HttpResponse:
        """Show what arrived on a day, today unless another is asked for; ``?format=csv`` sends it as a file."""
        if not (self.has_view_permission(request) and request.user.has_perm(MAY_SEE_TILL)):
            raise PermissionDenied
        form = DayForm(request.GET if "day" in request.GET else {"day": today().isoformat()})
        day: date | None = form.cleaned_data["day"] if form.is_valid() else None
        lines = till.of(day) if day else []
        if day and request.GET.get("format") == "csv":
            return _as_file(day, lines)
        of_day = till.totals(lines)
        context = {
            **self.admin_site.each_context(request),
            "title": f"Till list of {format_day(day)}" if day else "Till list",
            "opts": self.opts,
            "form": form,
            "day": day,
            "lines": lines,
            "totals": of_day,
            "number": sum(total.number for total in of_day),
            "amount": sum(total.amount for total in of_day),
        }
        return TemplateResponse(request, "admin/payments/till.html", context)


def _as_file(day: date, lines: list[till.TillLine]) -> HttpResponse:
    response = HttpResponse(BYTE_ORDER_MARK, content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="till-{day.isoformat()}.csv"'
    writer = csv.writer(response)
    writer.writerow(HEAD)
    for line in lines:
        writer.writerow([dollars(line.amount), *(getattr(line, name) for name in HEAD[1:])])
    return response
