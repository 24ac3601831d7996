"""The pages of evidence: attach a file to an entry, download it, remove it."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from amtportal.dates import day_of
from amtportal.members.access import account_of, for_member
from amtportal.members.limits import over_limit, respond_429
from amtportal.members.models import Member
from amtportal.refusals import Refused
from amtportal.uploads import kept
from ccp.evidence import attaching as evidence
from ccp.evidence import files as evidence_files
from ccp.models import Activity, Evidence
from ccp.recording import entries
from certifications.models import Cycle


class EvidenceForm(forms.Form):
    """The form for one file. It accepts pictures, so phones also offer their camera."""

    file = forms.FileField(
        label=gettext_lazy("File"),
        help_text=gettext_lazy("A photo or a PDF, at most 10 MB."),
        widget=forms.FileInput(attrs={"accept": "image/*,application/pdf"}),
        error_messages={
            "required": gettext_lazy("Choose the file that you want to attach."),
            "empty": gettext_lazy("The file is empty. Choose another one."),
        },
    )


def part_of_page(activity: Activity, files: Iterable[Evidence], cycles: Iterable[Cycle], on: date) -> dict[str, Any]:
    """Return what the page of an entry shows about its evidence."""
    attached = [file for file in files if file.is_attached]
    return {
        "files": attached,
        "keep_until": evidence.keep_all_until(cycles, on),
        "problem": evidence.problem_with_adding(activity, len(attached)),
        "can_be_removed": bool(attached) and evidence.problem_with_removing(activity) is None,
        "form": EvidenceForm(),
    }


@require_http_methods(["GET", "HEAD", "POST"])
@for_member
def evidence_add(request: HttpRequest, member: Member, pk: int) -> HttpResponse:
    """Attach a file to one of the member's entries. The entry's page also shows this form."""
    if request.method == "POST" and over_limit(request, "evidence"):
        return respond_429(request)
    now = timezone.now()
    activity = entries.found(entries.read().for_member(member), pk, at=now)
    attached = Evidence.objects.attached().filter(activity=activity).count()
    form = EvidenceForm(request.POST, request.FILES) if request.method == "POST" else EvidenceForm()
    if problem := evidence.problem_with_adding(activity, attached):
        if not form.is_bound:
            return redirect("activity-detail", activity.pk)
        form.add_error("file", problem.sentence)
    if form.is_bound and form.is_valid():
        try:
            with evidence_files.opened(form.cleaned_data["file"]) as file:
                added, is_new = evidence.add(activity=activity, file=file, by=account_of(request), at=now)
        except Refused as refused:
            form.add_error("file", refused.sentence)
        else:
            messages.success(request, evidence_files.told_added(added, is_new=is_new, left_out=file.left_out))
            return redirect("activity-detail", activity.pk)
    lines = entries.credit_lines(activity)
    until = evidence.keep_all_until([line.cycle for line in lines], day_of(now))
    return render(request, "ccp/evidence/evidence_add.html", {"activity": activity, "form": form, "keep_until": until})


@require_safe
def evidence_download(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Send the file as a download, to its owner and to staff who may view evidence."""
    file = get_object_or_404(Evidence.objects.visible_to(request.user), pk=pk)
    return kept.as_download(file.stored_name, name=file.original_name, kind=file.kind, about=f"evidence {file.pk}")


@require_http_methods(["GET", "HEAD", "POST"])
@for_member
def evidence_remove(request: HttpRequest, member: Member, pk: int) -> HttpResponse:
    """Remove a file from one of the member's entries. A page says first what will happen."""
    own = Evidence.objects.filter(activity__member=member).select_related("activity__activity_type")
    file = get_object_or_404(own, pk=pk)
    name = {"name": file.original_name}
    if request.method == "POST":
        try:
            evidence.remove(evidence=file, by=account_of(request), at=timezone.now())
        except Refused as refused:
            messages.error(request, refused.sentence)
        else:
            messages.success(request, _("%(name)s is removed.") % name)
        return redirect("activity-detail", file.activity_id)
    if not file.is_attached:
        return redirect("activity-detail", file.activity_id)
    if problem := evidence.problem_with_removing(file.activity):
        if file.activity.is_standing:  # else the page of the entry says so
            messages.error(request, problem.sentence)
        return redirect("activity-detail", file.activity_id)
    return render(request, "ccp/evidence/evidence_remove.html", {"file": file, "activity": file.activity})
