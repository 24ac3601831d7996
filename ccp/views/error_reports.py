"""The page on which a member reports an error in a credit from AMT."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from amtportal import clean
from amtportal.members.access import account_of, for_member
from amtportal.members.models import Member
from amtportal.members.sign_in import kept_forms
from amtportal.refusals import Refused
from ccp.amt_credits import error_reports
from ccp.models import Activity


class ReportForm(forms.Form):
    text = forms.CharField(
        label=gettext_lazy("What is wrong?"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 6}),
        help_text=gettext_lazy("For example: I took this course on 3/1/2026, not on 3/2/2026."),
    )

    def clean_text(self) -> str:
        text = clean.lines(self.cleaned_data["text"])
        if problem := error_reports.problem_with_text(text):
            raise forms.ValidationError(problem.sentence)
        return text


@kept_forms.keeps("text")
@require_http_methods(["GET", "HEAD", "POST"])
@for_member
def activity_report(request: HttpRequest, member: Member, pk: int) -> HttpResponse:
    """Report an error in a credit from AMT.

    Entries that the member recorded have no such page, because the member can amend them.
    """
    own: Any = Activity.objects.for_member(member).select_related("activity_type")
    activity = get_object_or_404(own, pk=pk)
    kept = kept_forms.take(request)
    form = ReportForm(request.POST if request.method == "POST" else None, initial=kept and kept.dict())
    if request.method == "GET" and not error_reports.can_be_reported(activity):
        return redirect("activity-detail", activity.pk)
    if form.is_bound and form.is_valid():
        try:
            error_reports.report(
                activity=activity, text=form.cleaned_data["text"], by=account_of(request), at=timezone.now()
            )
        except Refused as refused:
            form.add_error(None, refused.sentence)
        else:
            messages.success(request, _("Your report is sent. AMT answers it on this page."))
            return redirect("activity-detail", activity.pk)
    return render(
        request, "ccp/activities/activity_report.html", {"activity": activity, "form": form, "came_back": bool(kept)}
    )
