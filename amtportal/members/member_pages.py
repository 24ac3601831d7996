"""What staff do to a member: another AMT ID, and a way to sign in. And who has none."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone

from amtportal.fields import EmailField, RecordNumberField
from amtportal.formatting import format_day
from amtportal.members import amt_ids
from amtportal.members.access import account_of
from amtportal.members.models import NO_SIGN_IN, Member, User
from amtportal.members.sign_in import giving
from amtportal.staff.actions import ActionPage, ActionPagesMixin, AlreadyDone
from amtportal.staff.forms import ReadBy, ReasonForm


def sign_in_of(member: Member) -> str:
    """Return with which address a member signs in, or why there is no way to sign in."""
    if member.merged_into:
        return f"closed: merged into {member.merged_into.amt_id}"
    if member.died_on:
        return f"closed: died on {format_day(member.died_on)}"
    if member.erased_on:
        return f"closed: erased by law on {format_day(member.erased_on)}"
    if member.user:
        return str(member.user.email)
    if member.roster_email:
        return f"none: {member.roster_email} is another account's"
    return "none: no address on record"


class SignInFilter(admin.SimpleListFilter):
    """Members without a way to sign in, by the reason, and members who were merged into others."""

    title = "way to sign in"
    parameter_name = "sign_in"
    CONDITIONS = {
        "none": ("None", NO_SIGN_IN & Q(erased_on=None)),
        "no-address": ("None: no address on record", NO_SIGN_IN & Q(roster_email="", erased_on=None)),
        "shared": ("None: another account has the address", NO_SIGN_IN & ~Q(roster_email="")),
        "died": ("Closed: the member has died", Q(died_on__isnull=False)),
        "erased": ("Closed: erased by law", Q(erased_on__isnull=False)),
        "merged": ("Closed: merged into another member", Q(merged_into__isnull=False)),
    }

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(name, words) for name, (words, _) in self.CONDITIONS.items()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Member]) -> QuerySet[Member]:
        chosen = self.CONDITIONS.get(self.value() or "")
        return queryset.filter(chosen[1]) if chosen else queryset


class AmtIdForm(ReasonForm):
    amt_id = RecordNumberField(
        label="New AMT ID",
        max_length=20,
        widget=forms.TextInput(attrs={"class": "vTextField"}),
        error_messages={"required": "Write the new AMT ID."},
    )
    field_order = ["amt_id", "reason"]


class SignInForm(ReasonForm):
    email = EmailField(
        label="E-mail address",
        max_length=254,
        widget=forms.EmailInput(attrs={"class": "vTextField"}),
        error_messages={
            "required": "Write the member's own address, like name@example.org.",
            "invalid": "Write the member's own address, like name@example.org.",
        },
    )
    field_order = ["email", "reason"]


class MemberPages(ActionPagesMixin):
    """The action pages of a member, for an admin class."""

    def get_urls(self) -> list[URLPattern]:
        change, give = self.admin_site.admin_view(self.amt_id_view), self.admin_site.admin_view(self.sign_in_view)
        return [
            path("<path:object_id>/amt-id/", change, name="members_member_rekey"),
            path("<path:object_id>/sign-in/", give, name="members_member_sign_in"),
            *super().get_urls(),
        ]

    def links(self, request: HttpRequest, obj: Member) -> list[tuple[str, str]]:
        links = super().links(request, obj)
        if obj.merged_into_id:
            return [*links, ("Merged into", reverse("admin:members_member_change", args=[obj.merged_into_id]))]
        if request.user.has_perm("members.change_amt_id"):
            links.append(("Change AMT ID", reverse("admin:members_member_rekey", args=[obj.pk])))
        is_open = obj.user_id is None and obj.died_on is None and obj.erased_on is None
        if is_open and request.user.has_perm("members.give_sign_in"):
            links.append(("Give a way to sign in", reverse("admin:members_member_sign_in", args=[obj.pk])))
        return links

    def amt_id_changed(self, request: HttpRequest, member: Member) -> None:
        """Do what follows when a member has another AMT ID."""

    def amt_id_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        member = self.record_for_action(request, object_id, "members.change_amt_id")
        return self.action_page(
            request,
            member,
            ActionPage(
                title=f"Change the AMT ID of {member}",
                button="Change AMT ID",
                form=AmtIdForm(
                    request.POST or None,
                    read_by=ReadBy.MEMBER_ON_REQUEST,
                    help_text="For example: the membership system joined two records.",
                ),
                facts=[
                    ("Member", member.name),
                    ("AMT ID", member.amt_id),
                    ("Former AMT IDs", ", ".join(row.amt_id for row in member.former_amt_ids.all()) or "none"),
                    ("Signs in", sign_in_of(member)),
                ],
                warning="The record stays with the member. The present AMT ID stays known: credits that name it reach "
                "the member, and transcripts that were issued under it can still be checked.",
                act=lambda typed: self._change_amt_id(request, member, **typed),
            ),
        )

    def _change_amt_id(self, request: HttpRequest, member: Member, *, amt_id: str, reason: str) -> str:
        before = member.amt_id
        if not amt_ids.change(member=member, amt_id=amt_id, reason=reason, by=account_of(request), at=timezone.now()):
            raise AlreadyDone(f"{amt_id} is the member's AMT ID already.")
        self.amt_id_changed(request, member)
        return f"Changed the AMT ID from {before} to {member.amt_id}: {reason}"

    def sign_in_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        member = self.record_for_action(request, object_id, "members.give_sign_in")
        return self.action_page(
            request,
            member,
            ActionPage(
                title=f"Give {member} a way to sign in",
                button="Give a way to sign in",
                form=SignInForm(
                    request.POST or None,
                    read_by=ReadBy.MEMBER_ON_REQUEST,
                    help_text="For example: the member gave the address on the phone.",
                ),
                facts=[("Member", member.name), ("AMT ID", member.amt_id), ("Signs in", sign_in_with_owner(member))],
                warning="The member opens the account under Activate account, by a link sent to this address. Nothing "
                "is sent now.",
                act=lambda typed: _give(member, typed["email"], typed["reason"], by=account_of(request)),
            ),
        )


def sign_in_with_owner(member: Member) -> str:
    """Return what ``sign_in_of`` says, and whose the address is if another member has it."""
    words = sign_in_of(member)
    if member.user_id or member.merged_into_id or not member.roster_email:
        return words
    owner = Member.objects.filter(user__email=member.roster_email).first()
    return f"{words}: {owner}" if owner else words


def _give(member: Member, email: str, reason: str, *, by: User) -> str:
    user = giving.give(member=member, email=email, reason=reason, by=by, at=timezone.now())
    return f"Gave {user.email} as the way to sign in: {reason}"
