"""Links for employers, the public look-up, and badges, for staff to read; and who is not shown in the look-up.

The address of a link stays secret.
"""

from datetime import date
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone

from amtportal.members.access import account_of
from amtportal.members.models import Member
from amtportal.staff.actions import ActionPage, ActionPagesMixin, AlreadyDone
from amtportal.staff.changelists import ConditionFilter
from amtportal.staff.forms import ReadBy, ReasonForm
from amtportal.staff.pages import HistoryAdmin, ShownInline, StaffAdmin, WrittenByVerbs
from ccp.badges.models import Badge
from ccp.sharing import look_up
from ccp.sharing.models import Listing, ShareDay, ShareLink

MAY_HIDE = "sharing.hide_member"
OF_MEMBER = ["member__first_name", "member__last_name", "member__amt_id"]


class ShareDayInline(ShownInline):
    """How often a link was opened, by day."""

    model = ShareDay
    readonly_fields = ["on", "times", "last_at"]


@admin.register(ShareLink)
class ShareLinkAdmin(WrittenByVerbs, HistoryAdmin):
    list_display = ["member", "scope", "until", "created_at", "revoked_at"]
    list_select_related = ["member"]
    list_reads = ["scope", "until", "created_at", "revoked_at", *OF_MEMBER]
    page_select_related = ["certification__credential"]
    search_help_text = "Name, e-mail address or AMT ID"
    search_fields = ["member"]
    fields = ["member", "scope", "certification", "label", "until", "created_at", "revoked_at"]
    inlines = [ShareDayInline]


class HiddenFilter(ConditionFilter):
    """Few are hidden: they have an index."""

    title = "shown or hidden"
    parameter_name = "hidden"

    def conditions(self, on: date) -> dict[str, tuple[str, Q]]:
        hidden = Q(hidden_by_member=True) | Q(hidden_by_staff=True)
        return {"yes": ("Hidden", hidden), "no": ("Shown", ~hidden)}


@admin.register(Listing)
class ListingAdmin(WrittenByVerbs, HistoryAdmin):
    """Who was ever hidden. Members without a row are shown."""

    list_display = ["member", "hidden_by_member", "hidden_by_staff"]
    list_select_related = ["member"]
    list_reads = ["hidden_by_member", "hidden_by_staff", *OF_MEMBER]
    list_filter = [HiddenFilter]
    search_help_text = "Name, e-mail address or AMT ID"
    search_fields = ["member"]
    fields = ["member", "hidden_by_member", "hidden_by_staff"]


@admin.register(Badge)
class BadgeAdmin(WrittenByVerbs, StaffAdmin):
    list_display = ["certification", "list_number", "list_index", "issued_at"]
    list_select_related = ["certification__credential"]
    list_reads = [
        "list_number",
        "list_index",
        "issued_at",
        "certification__certificate_number",
        "certification__credential__code",
    ]
    page_select_related = ["issued_by"]
    search_help_text = "Name, e-mail address or AMT ID"
    search_fields = ["certification__member"]
    fields = [
        "certification",
        "subject",
        "list_number",
        "list_index",
        "issued_at",
        "issued_by",
        "address",
        "request_id",
    ]


class HideForm(ReasonForm):
    """Hides or shows, as the page said: sent twice, or by two of the staff, it is no change back."""

    hidden = forms.ChoiceField(choices=[("True", "Hide"), ("False", "Show")], widget=forms.HiddenInput)


class HidingMixin(ActionPagesMixin):
    """The page on which staff hide a member from the public look-up, or show the member again."""

    def get_urls(self) -> list[URLPattern]:
        hide = self.admin_site.admin_view(self.hide_view)
        return [path("<path:object_id>/look-up/", hide, name="members_member_hide"), *super().get_urls()]

    def links(self, request: HttpRequest, obj: Member) -> list[tuple[str, str]]:
        links = super().links(request, obj)
        if obj.merged_into_id is None and request.user.has_perm(MAY_HIDE):
            hidden = look_up.listing_of(obj).hidden_by_staff
            words = "Show in the public look-up" if hidden else "Hide from the public look-up"
            links.append((words, reverse("admin:members_member_hide", args=[obj.pk])))
        return links

    def hide_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        member = self.record_for_action(request, object_id, MAY_HIDE)
        listing = look_up.listing_of(member)
        form = HideForm(
            request.POST or None,
            initial={"hidden": not listing.hidden_by_staff},
            read_by=ReadBy.MEMBER_ON_REQUEST,
            help_text="For example: the member told us of a threat.",
        )
        hides = form.data.get("hidden") == "True" if form.is_bound else not listing.hidden_by_staff
        words = "Hide from the public look-up" if hides else "Show in the public look-up"
        return self.action_page(
            request,
            member,
            ActionPage(
                title=f"{words}: {member}",
                button=words,
                form=form,
                facts=[
                    ("Hidden by AMT", "yes" if listing.hidden_by_staff else "no"),
                    ("Hidden by the member", "yes" if listing.hidden_by_member else "no"),
                ],
                warning="Who asks for a hidden member gets the same answer as for somebody whom AMT does not know. The "
                "member cannot change what AMT hides.",
                act=lambda typed: self._hide(request, member, **typed),
            ),
        )

    def _hide(self, request: HttpRequest, member: Member, *, hidden: str, reason: str) -> str:
        done: dict[str, Any] = {"by": account_of(request), "at": timezone.now(), "as_staff": True}
        if not look_up.hide(member=member, hidden=hidden == "True", reason=reason, **done):
            raise AlreadyDone("Nothing has changed.")
        return f"{'Hidden from' if hidden == 'True' else 'Shown again in'} the public look-up: {reason}"
