"""Members with the certifications they hold, and the page on which two of them are merged.

When staff add a member or give one another AMT ID, credits from AMT that were held for the member
are recorded.
"""

from datetime import datetime
from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone

from amtportal.after_commit import after_commit
from amtportal.fields import IdentifierField
from amtportal.members.access import account_of
from amtportal.members.admin import BaseMemberAdmin
from amtportal.members.models import FormerAmtId, Member, User
from amtportal.staff.actions import ActionPage, AlreadyDone
from amtportal.staff.forms import ReadBy, ReasonForm
from amtportal.staff.pages import ShownInline
from ccp import merging
from ccp.admin.deaths import DeathMixin, DeathReportInline
from ccp.admin.member_page import MemberDesk
from ccp.admin.privacy import PrivacyMixin
from ccp.admin.sharing import HidingMixin
from ccp.amt_credits import holding as held_credits
from certifications.admin.certifications import CertificationInline


def match_once_saved(request: HttpRequest, member: Member) -> None:
    """Record the credits that are held for the member once the page's own changes are committed.

    The page's changes stand even if that fails.
    """
    by, at = account_of(request), timezone.now()
    after_commit(held_credits.match, member=member, by=by, at=at)


class MergeForm(ReasonForm):
    """Asks who is the same person. ``shown``: whose record was shown before the confirmation."""

    amt_id = IdentifierField(
        label="AMT ID of the other record",
        max_length=20,
        widget=forms.TextInput(attrs={"class": "vTextField"}),
        error_messages={"required": "Write the AMT ID of the record that is the same person."},
    )
    shown = forms.CharField(required=False, widget=forms.HiddenInput)
    field_order = ["amt_id", "reason", "shown"]

    def clean_amt_id(self) -> Member:
        amt_id = str(self.cleaned_data["amt_id"])
        member = Member.objects.select_related("user", "merged_into").filter(amt_id=amt_id).first()
        if member is None:
            raise forms.ValidationError(f"No member has the AMT ID {amt_id}.")
        return member


class FormerAmtIdInline(ShownInline):
    """The AMT IDs that a member had before."""

    model = FormerAmtId
    readonly_fields = ["amt_id", "changed_at", "changed_by", "reason"]
    select_related = ["changed_by"]


@admin.register(Member)
class MemberAdmin(PrivacyMixin, DeathMixin, MemberDesk, HidingMixin, BaseMemberAdmin):
    inlines = [CertificationInline, FormerAmtIdInline, DeathReportInline]

    def save_model(self, request: HttpRequest, obj: Member, form: forms.ModelForm, change: bool) -> None:
        super().save_model(request, obj, form, change)
        if not change:
            match_once_saved(request, obj)

    def amt_id_changed(self, request: HttpRequest, member: Member) -> None:
        match_once_saved(request, member)

    def get_urls(self) -> list[URLPattern]:
        merge = self.admin_site.admin_view(self.merge_view)
        return [path("<path:object_id>/merge/", merge, name="members_member_merge"), *super().get_urls()]

    def links(self, request: HttpRequest, obj: Member) -> list[tuple[str, str]]:
        links = super().links(request, obj)
        if obj.merged_into_id is None and request.user.has_perm("members.merge_members"):
            links.append(("Merge", reverse("admin:members_member_merge", args=[obj.pk])))
        return links

    def merge_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask for the other record, show both, and ask to confirm."""
        kept = self.record_for_action(request, object_id, "members.merge_members")
        form = MergeForm(
            request.POST or None,
            read_by=ReadBy.MEMBER_ON_REQUEST,
            help_text="For example: the membership system gave a second AMT ID.",
        )
        facts, button = _facts(kept, "Kept"), "Show both records"
        if request.method == "POST" and form.is_valid():
            emptied = form.cleaned_data["amt_id"]
            if problem := merging.problem_with_people(kept, emptied):
                done_already = emptied.merged_into_id == kept.pk
                if not done_already:
                    form.add_error(problem.field, problem.sentence)
            if form.is_valid():
                facts += _facts(emptied, "Emptied")
                button = "Merge"
                if form.cleaned_data["shown"] != emptied.amt_id and emptied.merged_into_id != kept.pk:
                    typed = {"amt_id": emptied.amt_id, "reason": form.cleaned_data["reason"], "shown": emptied.amt_id}
                    form = MergeForm(
                        initial=typed,
                        read_by=ReadBy.MEMBER_ON_REQUEST,
                        help_text="It stays on record with everything that moves.",
                    )
        return self.action_page(
            request,
            kept,
            ActionPage(
                title=f"Merge another record into {kept}",
                button=button,
                form=form,
                facts=facts,
                warning="Everything that the other record holds moves to this one. The other stays as a record without "
                "a sign-in, and its AMT ID leads here. This cannot be undone.",
                act=lambda typed: self._merge(request, kept, typed, by=account_of(request), at=timezone.now()),
            ),
        )

    def _merge(self, request: HttpRequest, kept: Member, typed: dict[str, Any], *, by: User, at: datetime) -> str:
        emptied = typed["amt_id"]
        merged = merging.merge(kept=kept, emptied=emptied, reason=typed["reason"], by=by, at=at)
        if merged is None:
            raise AlreadyDone(f"{emptied.amt_id} is merged into this member already.")
        match_once_saved(request, kept)
        return (
            f"Merged {emptied.amt_id} into {kept.amt_id}: certifications {merged.certifications}, "
            f"entries {merged.entries}. {typed['reason']}"
        )


def _facts(member: Member, role: str) -> list[tuple[str, object]]:
    return [(f"{role}: {name}", fact) for name, fact in merging.holding(member).facts()]
