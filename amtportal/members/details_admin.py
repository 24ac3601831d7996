"""What staff decide about a member's details: requests for another name, and differences from the roster.

The page of a request shows both names side by side, with the document in a frame of the portal's own
(decision 52). It is answered to whoever may view requests, until it is deleted.
"""

from datetime import date, datetime
from typing import Any

from csp.constants import SELF
from django import forms
from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db.models import F, Q
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import URLPattern, path, reverse
from django.utils import timezone

from amtportal.dates import day_of
from amtportal.fields import LineField
from amtportal.formatting import format_day
from amtportal.members import details, name_requests
from amtportal.members.access import account_of
from amtportal.members.models import Detail, NameRequest, RosterDifference
from amtportal.staff.actions import ActionPage
from amtportal.staff.changelists import ConditionFilter
from amtportal.staff.forms import ReadBy, ReasonForm
from amtportal.staff.pages import HistoryAdmin, WrittenByVerbs
from amtportal.uploads import kept

MAY_DECIDE = "members.decide_rosterdifference"


def days_waited(since: datetime) -> str:
    """Return for how long something waits, in whole days of Chicago."""
    days = (timezone.localdate() - day_of(since)).days
    return "today" if days <= 0 else f"{days} day{'' if days == 1 else 's'}"


class WaitingFilter(ConditionFilter):
    title = "answer"
    parameter_name = "answer"

    def conditions(self, on: date) -> dict[str, tuple[str, Q]]:
        return {
            "waits": ("Waits for an answer", Q(state=NameRequest.State.WAITING, member__merged_into=None)),
            "accepted": ("Accepted", Q(state=NameRequest.State.ACCEPTED)),
            "declined": ("Declined", Q(state=NameRequest.State.DECLINED)),
            "withdrawn": ("Withdrawn", Q(state=NameRequest.State.WITHDRAWN)),
        }


class AnswerForm(forms.Form):
    answer = LineField(max_length=500, widget=forms.TextInput(attrs={"class": "vTextField"}))

    def __init__(self, *args: Any, label: str, required: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["answer"]
        field.label, field.required, field.help_text = (
            label,
            required,
            "The member reads it in a mail and in the portal.",
        )
        field.error_messages["required"] = "Say why: the member reads it."


@admin.register(NameRequest)
class NameRequestAdmin(WrittenByVerbs, HistoryAdmin):
    list_display = ["before", "name", "member", "reason", "asked_at", "waits", "state"]
    list_select_related = ["member"]
    list_reads = [
        "before",
        "first_name",
        "last_name",
        "reason",
        "asked_at",
        "answered_at",
        "state",
        "member__first_name",
        "member__last_name",
        "member__amt_id",
    ]
    page_select_related = ["asked_by", "answered_by"]
    list_filter = [WaitingFilter]
    ordering = [F("answered_at").desc(nulls_first=True), "pk"]  # type: ignore[list-item]  # stubs accept names only
    search_help_text = "Name, e-mail address or AMT ID"
    search_fields = ["member"]
    change_form_template = "admin/members/name_request.html"
    fieldsets = [
        (None, {"fields": ["member", "reason", "note", "asked_at", "asked_by"]}),
        ("Answer", {"fields": ["state", "answer", "answered_at", "answered_by"]}),
        (
            "Document",
            {"fields": ["document_name", "document_kind", "document_size", "document_sha256", "stored_sha256"]},
        ),
    ]

    @admin.display(description="asked for")
    def name(self, asked: NameRequest) -> str:
        return asked.name

    @admin.display(description="waits")
    def waits(self, asked: NameRequest) -> str:
        return "" if asked.answered_at else days_waited(asked.asked_at)

    def get_urls(self) -> list[URLPattern]:
        pages = {"accept": self.accept_view, "decline": self.decline_view, "document": self.document_view}
        return [
            *(
                path(f"<path:object_id>/{name}/", self.admin_site.admin_view(view), name=f"members_namerequest_{name}")
                for name, view in pages.items()
            ),
            *super().get_urls(),
        ]

    def links(self, request: HttpRequest, obj: NameRequest) -> list[tuple[str, str]]:
        if obj.answered_at or not request.user.has_perm(name_requests.MAY_ANSWER):
            return []
        return [
            (verb.capitalize(), reverse(f"admin:members_namerequest_{verb}", args=[obj.pk]))
            for verb in ("accept", "decline")
        ]

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        asked: NameRequest = kwargs["obj"]
        context["asked"] = asked
        context["has_document"] = name_requests.has_document(asked, at=timezone.now())
        until = name_requests.document_until(asked)
        context["document_until"] = until and day_of(until)
        response = super().render_change_form(request, context, *args, **kwargs)
        response._csp_replace = {"frame-src": [SELF]}  # type: ignore[attr-defined]
        return response

    def document_view(self, request: HttpRequest, object_id: str) -> HttpResponseBase:
        if not self.has_view_permission(request):
            raise PermissionDenied
        asked: NameRequest | None = self.get_object(request, unquote(object_id))
        if asked is None or not name_requests.has_document(asked, at=timezone.now()):
            raise Http404
        about = f"request for a name {asked.pk}"
        return kept.in_a_frame(asked.stored_name, name=asked.document_name, kind=asked.document_kind, about=about)

    def accept_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        asked: NameRequest = self.record_for_action(request, object_id, name_requests.MAY_ANSWER)

        def act(typed: dict[str, Any]) -> str:
            by, at = account_of(request), timezone.now()
            name_requests.accept(request=asked, answer=typed["answer"], by=by, at=at)
            return f"Changed the name from {asked.before} to {asked.name}."

        form = AnswerForm(_posted(request), label="Sentence to the member", required=False)
        warning = (
            "The name changes at once, and the member is told by mail. Transcripts that were issued before stay as "
            "they are. The roster does not set the name back."
        )
        return self.action_page(request, asked, _page(asked, "Accept", form, act, warning))

    def decline_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        asked: NameRequest = self.record_for_action(request, object_id, name_requests.MAY_ANSWER)

        def act(typed: dict[str, Any]) -> str:
            by, at = account_of(request), timezone.now()
            name_requests.decline(request=asked, answer=typed["answer"], by=by, at=at)
            return f"Declined: the name stays {asked.member.name}. {typed['answer']}"

        form = AnswerForm(_posted(request), label="Why", required=True)
        return self.action_page(request, asked, _page(asked, "Decline", form, act, "The member is told by mail."))


def _posted(request: HttpRequest) -> Any:
    return request.POST if request.method == "POST" else None


def _page(asked: NameRequest, button: str, form: forms.Form, act: Any, warning: str) -> ActionPage:
    return ActionPage(
        title=f"{button} another name for {asked.member}",
        button=button,
        form=form,
        act=act,
        facts=[
            ("On record", asked.member.name),
            ("Asked for", asked.name),
            ("Reason", asked.get_reason_display()),
            ("Note", asked.note or "none"),
            ("Document", asked.document_name),
        ],
        warning=warning,
    )


class OpenFilter(ConditionFilter):
    title = "state"
    parameter_name = "state"

    def conditions(self, on: date) -> dict[str, tuple[str, Q]]:
        return {
            "waits": ("Waits for staff", Q(waits_since__isnull=False, member__merged_into=None)),
            "open": ("Differs", Q(settled_at=None, member__merged_into=None)),
            "settled": ("Settled", Q(settled_at__isnull=False)),
        }


@admin.register(RosterDifference)
class RosterDifferenceAdmin(WrittenByVerbs, HistoryAdmin):
    list_display = ["member", "detail", "on_record", "in_roster", "changed_at", "changed_by", "waits"]
    list_select_related = ["member", "changed_by"]
    list_reads = [
        "detail",
        "roster_says",
        "changed_at",
        "changed_by__email",
        "waits_since",
        "settled_at",
        "member__amt_id",
        *(f"member__{column}" for columns in details.COLUMNS.values() for column in columns),
    ]
    list_filter = [OpenFilter]
    ordering = [F("waits_since").asc(nulls_last=True), "-pk"]  # type: ignore[list-item]  # stubs accept names only
    search_help_text = "Name, e-mail address or AMT ID"
    search_fields = ["member"]
    fields = (
        *("member", "detail", "on_record", "in_roster", "changed_at", "changed_by"),
        *("waits_since", "file_name", "settled_at"),
    )
    readonly_fields = ["on_record", "in_roster"]

    @admin.display(description="on record")
    def on_record(self, difference: RosterDifference) -> str:
        values = details.values_of(difference.member, Detail(difference.detail))
        return details.in_one_line(values) or "nothing"

    @admin.display(description="in the roster")
    def in_roster(self, difference: RosterDifference) -> str:
        return details.in_one_line(difference.roster_says) or "nothing"

    @admin.display(description="waits")
    def waits(self, difference: RosterDifference) -> str:
        return days_waited(difference.waits_since) if difference.waits_since else ""

    def get_urls(self) -> list[URLPattern]:
        keep, follow = self.admin_site.admin_view(self.keep_view), self.admin_site.admin_view(self.follow_view)
        return [
            path("<path:object_id>/keep/", keep, name="members_rosterdifference_keep"),
            path("<path:object_id>/follow/", follow, name="members_rosterdifference_follow"),
            *super().get_urls(),
        ]

    def links(self, request: HttpRequest, obj: RosterDifference) -> list[tuple[str, str]]:
        if obj.settled_at or not request.user.has_perm(MAY_DECIDE):
            return []
        links = [("Follow the roster", reverse("admin:members_rosterdifference_follow", args=[obj.pk]))]
        if obj.waits_since:
            links.insert(0, ("Keep the record", reverse("admin:members_rosterdifference_keep", args=[obj.pk])))
        return links

    def keep_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        difference: RosterDifference = self.record_for_action(request, object_id, MAY_DECIDE)

        def act(typed: dict[str, Any]) -> str:
            by, at = account_of(request), timezone.now()
            details.keep_record(difference=difference, reason=typed["reason"], by=by, at=at)
            return f"Kept the record: {typed['reason']}"

        warning = "The record stays as it is, and the roster may say the same again. Correct the membership system."
        return self._decide(request, difference, "Keep the record", act, warning)

    def follow_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        difference: RosterDifference = self.record_for_action(request, object_id, MAY_DECIDE)

        def act(typed: dict[str, Any]) -> str:
            by, at = account_of(request), timezone.now()
            details.follow_roster(difference=difference, reason=typed["reason"], by=by, at=at)
            return f"Followed the roster: {typed['reason']}"

        warning = "The record then says what the roster says. The history keeps what it said before."
        return self._decide(request, difference, "Follow the roster", act, warning)

    def _decide(
        self, request: HttpRequest, difference: RosterDifference, button: str, act: Any, warning: str
    ) -> HttpResponse:
        changed = f"{format_day(day_of(difference.changed_at))}, by {difference.changed_by}"
        action = ActionPage(
            title=f"{button}: {difference}",
            button=button,
            form=ReasonForm(
                _posted(request),
                read_by=ReadBy.MEMBER_ON_REQUEST,
                help_text="For example: the member confirmed it on the phone.",
            ),
            act=act,
            facts=[
                ("On record", self.on_record(difference)),
                ("Changed", changed),
                ("In the roster", self.in_roster(difference)),
                ("File", difference.file_name or "as it was before the change"),
            ],
            warning=warning,
        )
        return self.action_page(request, difference, action)
