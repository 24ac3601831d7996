"""Credits from AMT: the import, the held credits, and the error reports that members send."""

import hashlib
from datetime import date
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import F, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from import_export.results import Result

from amtportal.fields import IdentifierField, LineField, LinesField
from amtportal.formatting import format_day, format_points
from amtportal.imports.admin import ImportPages, UploadForm
from amtportal.members.access import account_of
from amtportal.members.models import Member
from amtportal.refusals import Refused
from amtportal.staff.actions import ActionPage, AlreadyDone
from amtportal.staff.changelists import ConditionFilter
from amtportal.staff.forms import ReadBy, ReasonForm
from amtportal.staff.pages import HistoryAdmin, WrittenByVerbs, numbered
from ccp.admin import voiding
from ccp.admin.activities import MAY_VOID
from ccp.amt_credits import error_reports
from ccp.amt_credits import holding as held_credits
from ccp.amt_credits.resource import CreditsResource
from ccp.models import ErrorReport, HeldCredit

MAY_IMPORT = "ccp.import_credits"
MAY_MATCH = "ccp.match_held_credits"
MAY_CORRECT = "ccp.correct_held_credit"
MAY_CONFIRM = "ccp.record_despite_name"
MAY_ANSWER = "ccp.answer_error_report"
EDITOR = forms.Textarea(attrs={"rows": 5, "class": "vLargeTextField"})


class MatchedFilter(ConditionFilter):
    title = "matched"
    parameter_name = "matched"

    def conditions(self, on: date) -> dict[str, tuple[str, Q]]:
        return {"no": ("Held", Q(activity=None)), "yes": ("Recorded", Q(activity__isnull=False))}


class AmtIdForm(ReasonForm):
    amt_id = IdentifierField(
        label="AMT ID",
        max_length=20,
        widget=forms.TextInput(attrs={"class": "vTextField"}),
        help_text="Whose credit it is.",
    )
    seen = forms.CharField(required=False, widget=forms.HiddenInput)
    field_order = ["amt_id", "reason"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, read_by=ReadBy.MEMBER_ON_REQUEST, help_text="How you know whose it is.", **kwargs)


class CreditsForm(UploadForm):
    command = "import_credits"


class CreditsImportMixin(ImportPages):
    resource_classes = [CreditsResource]
    import_form_class = CreditsForm
    import_label = "Import credits"
    may_import = MAY_IMPORT

    def import_links(self, request: HttpRequest) -> list[tuple[str, str]]:
        links = super().import_links(request)
        if request.user.has_perm(MAY_MATCH):
            links.append(("Match held credits", reverse("admin:ccp_heldcredit_match")))
        return links

    def add_success_message(self, result: Result, request: HttpRequest) -> None:
        tally = held_credits.match(by=account_of(request), at=timezone.now())
        self.message_user(
            request,
            f"{result.totals['new']:,} new, {result.totals['skip']:,} unchanged. "
            f"{tally.held:,} credits are held; {tally.recorded:,} held before are now recorded.",
            messages.SUCCESS,
        )


@admin.register(HeldCredit)
class HeldCreditAdmin(CreditsImportMixin, WrittenByVerbs, HistoryAdmin):
    list_display = ["provider_reference", "amt_id", "activity_type", "starts_on", "points", "reason", "activity"]
    list_select_related = ["activity_type", "activity__activity_type"]
    list_reads = [
        "provider_reference",
        "amt_id",
        "starts_on",
        "points",
        "reason",
        "activity_type__name",
        "activity__title",
        "activity__activity_type__name",
    ]
    list_filter = [MatchedFilter]
    search_help_text = "AMT ID or provider reference"
    search_fields = ["amt_id"]

    def found_by(self, words: str) -> Q:
        return Q(amt_id__istartswith=words) | Q(provider_reference__istartswith=words)

    def links(self, request: HttpRequest, obj: HeldCredit) -> list[tuple[str, str]]:
        links = []
        if obj.activity_id is None and request.user.has_perm(MAY_CORRECT):
            links.append(("Correct the AMT ID", reverse("admin:ccp_heldcredit_amt_id", args=[obj.pk])))
        if obj.activity_id is None and request.user.has_perm(MAY_CONFIRM) and held_credits.is_of_other(obj):
            links.append(("Record despite the name", reverse("admin:ccp_heldcredit_despite_name", args=[obj.pk])))
        return links

    def _facts(self, held: HeldCredit, amt_id: str) -> list[tuple[str, object]]:
        member = Member.objects.known_as([amt_id]).get(amt_id)
        return [
            ("Credit", f"{held.provider_reference}: {held.title or held.activity_type.name}"),
            ("Points", format_points(held.points)),
            ("AMT ID", f"{amt_id}, {member.name if member else 'which no member has'}"),
            ("Last name that came", held.last_name or "none"),
        ]

    def amt_id_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Show whom the corrected AMT ID would match, and then correct it."""
        held: HeldCredit = self.record_for_action(request, object_id, MAY_CORRECT)
        form = AmtIdForm(request.POST or None, initial={"amt_id": held.amt_id})
        facts = [*self._facts(held, held.amt_id), ("Why it is held", held.reason)]
        button = "Show who it is"
        if request.method == "POST" and form.is_valid() and form.cleaned_data["amt_id"] != held.amt_id:
            amt_id = form.cleaned_data["amt_id"]
            facts = self._facts(held, amt_id)
            why = held_credits.why_not(held, amt_id, at=timezone.now())
            facts.append(("What follows", f"It stays held. {why}" if why else "It is recorded for this member."))
            seen = hashlib.sha256("".join(str(fact) for fact in facts).encode()).hexdigest()
            button = "Correct the AMT ID"
            if not Member.objects.known_as([amt_id]):
                form.add_error("amt_id", f"No member has the AMT ID {amt_id}. Correct it.")
            elif form.cleaned_data["seen"] != seen:
                form = AmtIdForm(initial={**form.cleaned_data, "seen": seen})
        return self.action_page(
            request,
            held,
            ActionPage(
                title=f"Correct the AMT ID of {held.provider_reference}",
                button=button,
                form=form,
                facts=facts,
                act=lambda typed: _correct(held, typed, request),
            ),
        )

    def despite_name_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        held: HeldCredit = self.record_for_action(request, object_id, MAY_CONFIRM)
        return self.action_page(
            request,
            held,
            ActionPage(
                title=f"Record {held.provider_reference} despite its name",
                button="Record credit",
                form=ReasonForm(
                    request.POST or None,
                    read_by=ReadBy.MEMBER_ON_REQUEST,
                    help_text="How you know that the credit is the member's.",
                ),
                facts=[*self._facts(held, held.amt_id), ("Why it is held", held.reason)],
                warning="If it is somebody else's, correct the AMT ID instead.",
                act=lambda typed: _confirm(held, typed["reason"], request),
            ),
        )

    def has_delete_permission(self, request: HttpRequest, obj: HeldCredit | None = None) -> bool:
        """Return whether the user may delete the credit, which is possible only while it is held.

        A credit may be held by mistake. Nothing was recorded for it, and a correct row can be sent.
        """
        return request.user.has_perm("ccp.delete_heldcredit") and (obj is None or obj.activity_id is None)

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [
            path("match/", view(self.match_view), name="ccp_heldcredit_match"),
            path("<path:object_id>/amt-id/", view(self.amt_id_view), name="ccp_heldcredit_amt_id"),
            path("<path:object_id>/despite-name/", view(self.despite_name_view), name="ccp_heldcredit_despite_name"),
            *super().get_urls(),
        ]

    def match_view(self, request: HttpRequest) -> HttpResponse:
        """Show how many credits are held, then record those that can now be recorded."""
        if not (request.user.has_perm(MAY_MATCH) and self.has_view_permission(request)):
            raise PermissionDenied
        back = reverse("admin:ccp_heldcredit_changelist")
        if request.method == "POST":
            tally = held_credits.match(by=account_of(request), at=timezone.now())
            self.message_user(request, f"{tally.recorded:,} recorded, {tally.held:,} still held.", messages.SUCCESS)
            return redirect(back)
        held = HeldCredit.objects.filter(activity=None).count()
        action = ActionPage(
            title="Match held credits",
            button="Match",
            form=forms.Form(),
            act=str,
            facts=[("Held credits", f"{held:,}")],
            warning="Those whose member is on the roster and whose days an open cycle covers are recorded.",
        )
        return self.render_action_page(request, action, original=None, back=back)


def _correct(held: HeldCredit, typed: dict[str, Any], request: HttpRequest) -> str:
    amt_id, reason = typed["amt_id"], typed["reason"]
    found = HeldCredit.objects.get(pk=held.pk)
    if found.sent_amt_id and found.amt_id == amt_id:
        raise AlreadyDone(f"The AMT ID is corrected to {amt_id} already.")
    held = held_credits.correct_amt_id(
        held=held, amt_id=amt_id, reason=reason, by=account_of(request), at=timezone.now()
    )
    return f"Corrected the AMT ID of {held.provider_reference} to {amt_id}. {_outcome(held)}"


def _confirm(held: HeldCredit, reason: str, request: HttpRequest) -> str:
    if HeldCredit.objects.get(pk=held.pk).name_confirmed:
        raise AlreadyDone(f"{held.provider_reference} is confirmed as the member’s already.")
    held = held_credits.record_despite_name(held=held, reason=reason, by=account_of(request), at=timezone.now())
    return f"Confirmed that {held.provider_reference} is of {held.amt_id}. {_outcome(held)}"


def _outcome(held: HeldCredit) -> str:
    return f"Recorded as {held.activity.reference}." if held.activity else f"It is still held: {held.reason}"


class AnsweredFilter(ConditionFilter):
    title = "answered"
    parameter_name = "answered"

    def conditions(self, on: date) -> dict[str, tuple[str, Q]]:
        return {"no": ("Waits for an answer", Q(answered_at=None)), "yes": ("Answered", Q(answered_at__isnull=False))}


class AnswerForm(forms.Form):
    answer = LinesField(max_length=error_reports.MOST, widget=EDITOR, help_text=ReadBy.MEMBER)
    void_reason = LineField(
        required=False,
        max_length=300,
        widget=forms.TextInput(attrs={"class": "vTextField"}),
        label="Void the entry, because",
        help_text=ReadBy.MEMBER.says(
            "Leave it empty if the entry is right. A corrected one comes with the next import, under a new reference."
        ),
    )

    def __init__(self, *args: Any, may_void: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not may_void:
            del self.fields["void_reason"]


@admin.register(ErrorReport)
class ErrorReportAdmin(WrittenByVerbs, HistoryAdmin):
    list_display = ["activity", "member", "reported_at", "answered_at"]
    list_select_related = ["activity__member", "activity__activity_type"]
    list_reads = [
        "reported_at",
        "answered_at",
        "activity__title",
        "activity__activity_type__name",
        "activity__member__first_name",
        "activity__member__last_name",
        "activity__member__amt_id",
    ]
    page_select_related = ["reported_by", "answered_by"]
    list_filter = [AnsweredFilter]
    ordering = [F("answered_at").asc(nulls_first=True), "-pk"]  # type: ignore[list-item]  # stubs accept names only
    search_help_text = "Name, e-mail address, AMT ID or the activity's reference"
    search_fields = ["activity__member"]
    number_prefix = "CE"

    @admin.display(description="member")
    def member(self, report: ErrorReport) -> str:
        return str(report.activity.member)

    def found_by(self, words: str) -> Q:
        number = numbered(self.number_prefix, words)
        return super().found_by(words) if number is None else Q(activity=number)

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.answer_view)
        return [path("<path:object_id>/answer/", view, name="ccp_errorreport_answer"), *super().get_urls()]

    def links(self, request: HttpRequest, obj: ErrorReport) -> list[tuple[str, str]]:
        if obj.answered_at or not request.user.has_perm(MAY_ANSWER):
            return []
        return [("Answer", reverse("admin:ccp_errorreport_answer", args=[obj.pk]))]

    def answer_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        report: ErrorReport = self.record_for_action(request, object_id, MAY_ANSWER)
        if report.answered_at:
            self.message_user(request, "This report is already answered.", messages.INFO)
            return redirect(self.page_of(report))
        activity = report.activity
        may_void = request.user.has_perm(MAY_VOID) and activity.is_standing
        by, at = account_of(request), timezone.now()

        def act(typed: dict[str, Any]) -> str:
            voided = ""
            with transaction.atomic():
                if typed.get("void_reason"):
                    try:
                        voided = voiding.void(activity, typed["void_reason"], by=by, at=at)
                    except Refused as refusal:
                        raise Refused(refusal.sentence, "void_reason") from refusal
                answered = error_reports.answer(report=report, text=typed["answer"], by=by, at=at)
                if answered.answered_at != at:
                    raise AlreadyDone("This report is already answered.")
            return f"Answered {activity.reference}. {voided}".strip()

        action = ActionPage(
            title=f"Answer the report on {activity.reference}",
            button="Send answer",
            form=AnswerForm(request.POST if request.method == "POST" else None, may_void=may_void),
            facts=[
                ("Member", activity.member),
                ("Report", report.text),
                ("Credit", f"{activity.heading}, {format_day(activity.starts_on)} to {format_day(activity.ends_on)}"),
                ("Points", activity.claim_in_words),
                ("Provider reference", activity.provider_reference),
            ],
            act=act,
        )
        return self.action_page(request, report, action)
