"""Course systems: their keys, which staff issue and revoke, what they sent, and what they are told."""

import uuid
from datetime import date
from functools import partial
from typing import Any

from allauth.idp.oidc import admin as oidc_admin  # registers its tables, which are taken out again below
from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone

from amtportal import links
from amtportal.dates import day_of
from amtportal.fields import DayField, LineField
from amtportal.formatting import format_day
from amtportal.members.access import account_of
from amtportal.middleware.compression import sent_plain
from amtportal.refusals import Refused
from amtportal.staff.actions import ActionPage, AlreadyDone
from amtportal.staff.changelists import ConditionFilter
from amtportal.staff.forms import ReadBy, ReasonForm
from amtportal.staff.pages import HistoryAdmin, ShownInline, StaffAdmin, WrittenByVerbs
from ccp.api import keys, webhooks
from ccp.api.models import Consent, CourseSystem, Delivery, Event, EventRepeat, Key, KeyDay, StandingRead

MAY_ISSUE, MAY_REVOKE, MAY_SEND = "api.issue_key", "api.revoke_key", "api.send_event"
OF_MEMBER = ["member__first_name", "member__last_name", "member__amt_id"]

# Staff issue keys on pages of ours, which keep who, when and why.
admin.site.unregister([oidc_admin.Client, oidc_admin.Token])


def shown_once(
    admin_class: StaffAdmin, request: HttpRequest, title: str, secrets: list[tuple[str, str]], back: str
) -> Any:
    """Return the page with a secret that nobody can read again. It is in no message, and kept nowhere."""
    context = {
        **admin_class.admin_site.each_context(request),
        "title": title,
        "opts": admin_class.opts,
        "secrets": secrets,
        "back": back,
    }
    answer = TemplateResponse(request, "admin/api/secret.html", context)
    answer.headers["Cache-Control"] = "private, no-store"
    return answer


class IssueForm(forms.Form):
    """Which course system, what its key may do, and until when. ``number`` becomes the client ID."""

    number = forms.UUIDField(widget=forms.HiddenInput, initial=uuid.uuid4)
    system = forms.ModelChoiceField(
        CourseSystem.objects.all(),
        required=False,
        label="Course system",
        empty_label="A new one",
        help_text="Choose one that is on record, or enter a new one below.",
    )
    name = LineField(
        required=False,
        max_length=100,
        label="Name of a new one",
        help_text="Members read it.",
        widget=forms.TextInput(attrs={"class": "vTextField"}),
    )
    code = forms.CharField(
        required=False,
        max_length=12,
        label="Its code",
        help_text="2 to 12 small letters and digits, such as medlearn. It stands before each of its references.",
        widget=forms.TextInput(attrs={"class": "vTextField"}),
    )
    contact = forms.EmailField(
        required=False,
        label="Technical contact",
        help_text="An e-mail address, for a new one.",
        widget=forms.EmailInput(attrs={"class": "vTextField"}),
    )
    scopes = forms.MultipleChoiceField(
        label="It may",
        choices=[(scope, f"{words} ({scope})") for scope, words in keys.SCOPES.items()],
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Choose what the key may do."},
    )
    starts_on = DayField(label="First day", widget=forms.TextInput(attrs={"class": "vTextField"}))
    ends_on = DayField(
        label="Last day",
        help_text=f"At most {keys.LONGEST_YEARS} years ahead.",
        widget=forms.TextInput(attrs={"class": "vTextField"}),
    )

    def __init__(self, *args: Any, on: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["starts_on"].initial = f"{on:%m/%d/%Y}"
        self.fields["ends_on"].initial = f"{on + keys.USUAL:%m/%d/%Y}"

    def clean(self) -> dict[str, Any]:
        typed = super().clean() or {}
        if typed.get("system") and (typed.get("name") or typed.get("code")):
            self.add_error("system", "Choose one that is on record, or enter a new one: not both.")
        elif not typed.get("system") and not typed.get("name"):
            self.add_error("name", "Choose a course system above, or enter the name of a new one.")
        return typed


class WorkingFilter(ConditionFilter):
    title = "works"
    parameter_name = "works"

    def conditions(self, on: date) -> dict[str, tuple[str, Q]]:
        works = Q(revoked_at=None, starts_on__lte=on, ends_on__gte=on)
        return {"yes": ("Works today", works), "no": ("Does not", ~works)}


class KeyDayInline(ShownInline):
    """How often the key was used, by day."""

    model = KeyDay
    readonly_fields = ["on", "calls", "last_at"]


@admin.register(Key)
class KeyAdmin(WrittenByVerbs, HistoryAdmin):
    change_list_template = "admin/api/list.html"
    list_display = ["system", "may", "starts_on", "ends_on", "revoked_at", "client_id"]
    list_select_related = ["system"]
    list_reads = [
        "system__name",
        "writes_credits",
        "matches_members",
        "reads_standing",
        "starts_on",
        "ends_on",
        "revoked_at",
        "client_id",
    ]
    page_select_related = ["issued_by", "revoked_by"]
    list_filter = [WorkingFilter]
    search_help_text = "Course system or client ID"
    search_fields = ["system__name"]
    fields = [
        "system",
        "client_id",
        "may",
        "starts_on",
        "ends_on",
        "last_used",
        "issued_at",
        "issued_by",
        "revoked_at",
        "revoked_by",
        "revoke_reason",
    ]
    readonly_fields = ["client_id", "may", "last_used"]
    inlines = [KeyDayInline]

    def found_by(self, words: str) -> Q:
        return Q(system__name__icontains=words) | Q(client_id=words)

    @admin.display(description="may")
    def may(self, key: Key) -> str:
        return ", ".join(key.scopes)

    @admin.display(description="client ID")
    def client_id(self, key: Key) -> str:
        return key.client_id

    @admin.display(description="last used")
    def last_used(self, key: Key) -> str:
        day = key.days.order_by("-on").first()
        return f"{format_day(day.on)}, {day.calls:,} times that day" if day else "never"

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [
            path("issue/", sent_plain(view(self.issue_view)), name="api_key_issue"),
            path("<path:object_id>/revoke/", view(self.revoke_view), name="api_key_revoke"),
            *super().get_urls(),
        ]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        may = request.user.has_perm(MAY_ISSUE)
        links = [("Issue a key", reverse("admin:api_key_issue"))] if may else []
        return super().changelist_view(request, {**(extra_context or {}), "list_links": links})

    def links(self, request: HttpRequest, obj: Key) -> list[tuple[str, str]]:
        if obj.revoked_at or not request.user.has_perm(MAY_REVOKE):
            return []
        return [("Revoke", reverse("admin:api_key_revoke", args=[obj.pk]))]

    def issue_view(self, request: HttpRequest) -> HttpResponse:
        """Ask for the terms of a key, issue it, and show its secret once."""
        if not (request.user.has_perm(MAY_ISSUE) and self.has_view_permission(request)):
            raise PermissionDenied
        now, back = timezone.now(), reverse("admin:api_key_changelist")
        form = IssueForm(request.POST if request.method == "POST" else None, on=day_of(now))
        if form.is_bound and form.is_valid():
            try:
                key, secret = self._issue(request, form.cleaned_data)
            except Refused as refusal:
                form.add_error(refusal.field if refusal.field in form.fields else None, refusal.sentence)
            else:
                if not secret:
                    message = "This key is issued already, and its secret was shown. If nobody has it, revoke the key."
                    self.message_user(request, message, messages.INFO)
                    return redirect(self.page_of(key))
                shown = [
                    ("Token address", links.absolute(reverse("api-token"))),
                    ("Client ID", key.client_id),
                    ("Client secret", secret),
                ]
                return shown_once(self, request, f"Key of {key.system}", shown, self.page_of(key))
        action = ActionPage(
            title="Issue a key for a course system",
            button="Issue the key",
            form=form,
            act=str,
            warning="The secret is shown once, on the next page. What the key may do cannot be changed later: issue "
            "another key, and revoke this one.",
        )
        return self.render_action_page(request, action, original=None, back=back)

    def _issue(self, request: HttpRequest, typed: dict[str, Any]) -> tuple[Key, str]:
        by, at = account_of(request), timezone.now()
        issued = Key.objects.select_related("system").filter(client=typed["number"].hex).first()
        if issued:
            return issued, ""
        return keys.issue_for(
            system=typed["system"],
            name=typed["name"],
            code=typed["code"],
            contact=typed["contact"],
            scopes=typed["scopes"],
            starts_on=typed["starts_on"],
            ends_on=typed["ends_on"],
            number=typed["number"].hex,
            by=by,
            at=at,
        )

    def revoke_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        key: Key = self.record_for_action(request, object_id, MAY_REVOKE)
        form = ReasonForm(
            request.POST or None, read_by=ReadBy.STAFF, help_text="For example: the secret was in a mail."
        )
        return self.action_page(
            request,
            key,
            ActionPage(
                title=f"Revoke {key}",
                button="Revoke",
                form=form,
                facts=[("Client ID", key.client_id), ("May", self.may(key)), ("Last used", self.last_used(key))],
                warning="The key and every token that it was given stop working at once, and cannot be used again.",
                act=partial(self._revoke, request, key),
            ),
        )

    def _revoke(self, request: HttpRequest, key: Key, typed: dict[str, Any]) -> str:
        if not keys.revoke(key=key, reason=typed["reason"], by=account_of(request), at=timezone.now()):
            raise AlreadyDone("This key is revoked already.")
        return f"Revoked: {typed['reason']}"


class AddressForm(forms.Form):
    url = forms.CharField(
        required=False,
        max_length=300,
        label="Address",
        help_text="With https. Empty: nothing is sent, and what waits is given up.",
        widget=forms.TextInput(attrs={"class": "vTextField"}),
    )


@admin.register(CourseSystem)
class CourseSystemAdmin(WrittenByVerbs, HistoryAdmin):
    list_display = ["name", "code", "contact", "webhook_url", "created_at"]
    list_reads = ["name", "code", "contact", "webhook_url", "created_at"]
    search_help_text = "Name or code"
    search_fields = ["name"]
    fields = ["name", "code", "contact", "webhook_url", "earlier_secret_until", "created_at"]

    def found_by(self, words: str) -> Q:
        return Q(name__icontains=words) | Q(code=words)

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [
            path("<path:object_id>/address/", sent_plain(view(self.address_view)), name="api_coursesystem_address"),
            path("<path:object_id>/secret/", sent_plain(view(self.secret_view)), name="api_coursesystem_secret"),
            *super().get_urls(),
        ]

    def links(self, request: HttpRequest, obj: CourseSystem) -> list[tuple[str, str]]:
        if not request.user.has_perm(MAY_ISSUE):
            return []
        shown = [("Address for messages", reverse("admin:api_coursesystem_address", args=[obj.pk]))]
        if obj.webhook_secret:
            shown.append(("New secret for messages", reverse("admin:api_coursesystem_secret", args=[obj.pk])))
        return shown

    def address_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Set where messages go. With the first address, the secret that signs them is shown once."""
        system: CourseSystem = self.record_for_action(request, object_id, MAY_ISSUE)
        form = AddressForm(request.POST if request.method == "POST" else None, initial={"url": system.webhook_url})
        if form.is_bound and form.is_valid():
            try:
                url = form.cleaned_data["url"]
                secret = webhooks.set_address(system=system, url=url, by=account_of(request), at=timezone.now())
            except Refused as refusal:
                form.add_error(refusal.field, refusal.sentence)
            else:
                if secret:
                    shown = [("Secret for messages", secret)]
                    return shown_once(self, request, f"Messages to {system}", shown, self.page_of(system))
                self.message_user(request, "The address is set." if url else "Nothing is sent.", messages.SUCCESS)
                return redirect(self.page_of(system))
        action = ActionPage(
            title=f"Address for messages to {system}",
            button="Set the address",
            form=form,
            act=str,
            warning="The portal tells this address what happens to the credits that the course system sent.",
        )
        return self.render_action_page(request, action, original=system, back=self.page_of(system))

    def secret_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Make a new secret that signs messages, and show it once."""
        system: CourseSystem = self.record_for_action(request, object_id, MAY_ISSUE)
        if not system.webhook_url:
            self.message_user(request, "Set the address for messages first.", messages.INFO)
            return redirect(self.page_of(system))
        if request.method == "POST":
            secret = webhooks.rotate(system=system, by=account_of(request), at=timezone.now())
            shown = [("Secret for messages", secret)]
            return shown_once(self, request, f"Messages to {system}", shown, self.page_of(system))
        action = ActionPage(
            title=f"New secret for messages to {system}",
            button="Make a new secret",
            form=forms.Form(),
            act=str,
            warning=f"For {webhooks.OVERLAP.days} days, messages are signed with the secret of today too, so that the "
            "course system can change over.",
        )
        return self.render_action_page(request, action, original=system, back=self.page_of(system))


@admin.register(Delivery)
class DeliveryAdmin(WrittenByVerbs, StaffAdmin):
    list_display = ["provider_reference", "system", "received_at"]
    list_select_related = ["system"]
    list_reads = ["provider_reference", "received_at", "system__name"]
    page_select_related = ["key__system"]
    search_help_text = "Reference on record, such as medlearn:A-20931"
    search_fields = ["provider_reference"]
    fields = ["system", "key", "reference", "provider_reference", "received_at", "address", "request_id"]

    def found_by(self, words: str) -> Q:
        return Q(provider_reference=words)


class EndedFilter(ConditionFilter):
    title = "sent"
    parameter_name = "sent"

    def conditions(self, on: date) -> dict[str, tuple[str, Q]]:
        return {
            "waits": ("Waits", Q(due_at__isnull=False)),
            "given-up": ("Given up", Q(given_up_at__isnull=False)),
        }


class EventRepeatInline(ShownInline):
    """Each time that staff had it sent again."""

    model = EventRepeat
    readonly_fields = ["asked_at", "asked_by"]
    select_related = ["asked_by"]


@admin.register(Event)
class EventAdmin(WrittenByVerbs, StaffAdmin):
    list_display = ["reference", "kind", "system", "created_at", "state", "tries", "problem"]
    list_select_related = ["system"]
    list_reads = [
        "reference",
        "kind",
        "created_at",
        "sent_at",
        "given_up_at",
        "tries",
        "problem",
        "system__name",
    ]
    list_filter = [EndedFilter]
    search_help_text = "Reference of the course system"
    search_fields = ["reference"]
    fields = [
        "system",
        "event_id",
        "kind",
        "reference",
        "body",
        "created_at",
        "due_at",
        "tries",
        "sent_at",
        "given_up_at",
        "problem",
    ]
    readonly_fields = ["event_id"]
    inlines = [EventRepeatInline]

    def found_by(self, words: str) -> Q:
        return Q(reference=words)

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.again_view)
        return [path("<path:object_id>/again/", view, name="api_event_again"), *super().get_urls()]

    def links(self, request: HttpRequest, obj: Event) -> list[tuple[str, str]]:
        if obj.due_at or not request.user.has_perm(MAY_SEND):
            return []
        return [("Send again", reverse("admin:api_event_again", args=[obj.pk]))]

    def again_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        event: Event = self.record_for_action(request, object_id, MAY_SEND)

        def act(typed: dict[str, Any]) -> str:
            if not webhooks.send_again(event=event, by=account_of(request), at=timezone.now()):
                raise AlreadyDone("This message waits already.")
            return "The message is sent again."

        action = ActionPage(
            title=f"Send again: {event}",
            button="Send again",
            form=forms.Form(request.POST if request.method == "POST" else None),
            facts=[("To", event.system.webhook_url or "no address"), ("So far", event.state)],
            act=act,
        )
        return self.action_page(request, event, action)


class StandingReadInline(ShownInline):
    """Each time that the course system read the standing."""

    model = StandingRead
    readonly_fields = ["read_at"]


@admin.register(Consent)
class ConsentAdmin(WrittenByVerbs, HistoryAdmin):
    list_display = ["member", "system", "asked_at", "given_at", "ended_at"]
    list_select_related = ["member", "system"]
    list_reads = ["asked_at", "given_at", "ended_at", "system__name", *OF_MEMBER]
    search_help_text = "Name, e-mail address or AMT ID"
    search_fields = ["member"]
    fields = ["member", "system", "asked_at", "given_at", "ended_at"]
    inlines = [StandingReadInline]
