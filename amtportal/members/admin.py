"""Accounts and members, as staff see them.

Nobody sets another person's password: an account is activated, and a password is reset, by a link
sent to its address. Whoever may give roles puts others into groups, never themselves, and never with
rights that they lack (``rights``). Only superusers change groups, give single permissions, and make
superusers. So no clerk can give themselves more.

The base of the admin class of members is here; ``ccp.admin.members`` registers it.
"""

from datetime import date
from functools import reduce
from operator import or_
from typing import Any

from allauth.account import admin as allauth_admin  # noqa: F401  Registers EmailAddress.
from allauth.account.models import EmailAddress
from allauth.mfa import admin as mfa_admin  # noqa: F401  Registers Authenticator.
from allauth.mfa.models import Authenticator
from allauth.usersessions import admin as usersessions_admin  # noqa: F401  Registers UserSession.
from allauth.usersessions.models import UserSession
from django import forms
from django.contrib import admin
from django.contrib.auth import admin as auth_admin  # noqa: F401  Registers Group.
from django.contrib.auth.models import Group, Permission
from django.db.models import Q, QuerySet, Value
from django.db.models.functions import Concat
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone

from amtportal.formatting import format_day
from amtportal.history import events
from amtportal.members import (
    details,
    details_admin,  # noqa: F401  Registers requests for another name, and differences from the roster.
    questions_admin,  # noqa: F401  Registers questions to AMT.
    rights,
    security_admin,  # noqa: F401  Registers security events and seals.
)
from amtportal.members.access import account_of
from amtportal.members.factors import second_factor
from amtportal.members.mail import account_mails, bounces
from amtportal.members.mail.sample_pages import SamplePages
from amtportal.members.member_pages import MemberPages, SignInFilter, sign_in_of, sign_in_with_owner
from amtportal.members.models import (
    LAST_OR_ONLY_NAME,
    BouncingAddress,
    MailDelivery,
    MailPause,
    Member,
    OutgoingMail,
    User,
)
from amtportal.staff import roles
from amtportal.staff.actions import ActionPage, AlreadyDone
from amtportal.staff.changelists import ConditionFilter, among, keys_in
from amtportal.staff.forms import WholeForm
from amtportal.staff.pages import HistoryAdmin, NeverDeleted, StaffAdmin, WholeHistoryAdmin, WrittenByVerbs
from amtportal.staff.searching import MOST_PEOPLE

# Django and allauth registered these. Three of them get admin classes of ours below. Sessions get
# none, because where somebody is signed in is nobody else's business.
admin.site.unregister([Group, EmailAddress, Authenticator, UserSession])

RIGHTS = ("is_staff", "is_superuser", "groups", "user_permissions")
MAY_GIVE_ROLES = "members.give_roles"
ROLES = ("is_staff", "groups")
"""What whoever may give roles changes of an account. The rest is for superusers."""


def accounts_found_by(words: str) -> list[int]:
    """Return the keys of accounts whose address begins with the words or whose member matches.

    Queries of their own, each with a bound: one OR across the tables uses no index.
    """
    with_address = User.objects.filter(email__begins=words.lower()).order_by()
    by_address = keys_in(with_address.values_list("pk", flat=True), most=MOST_PEOPLE)
    # Bounded before those without an account are left out: otherwise a part would pass for the whole.
    found = keys_in(Member.objects.keys_found_by(words), most=MOST_PEOPLE)
    of_members = Member.objects.filter(pk__among=found).exclude(user=None).order_by()
    return [*{*by_address, *of_members.values_list("user", flat=True)}]


def permissions_given() -> QuerySet[Permission]:
    """Return the permissions that staff can have: those that open something (``amtportal.staff.roles``).

    The content type comes with the query because Django's menu shows it for each permission.
    """
    codenames: dict[str, list[str]] = {}
    for permission in roles.ALLOWED:
        app, codename = permission.split(".")
        codenames.setdefault(app, []).append(codename)
    asked = (Q(content_type__app_label=app, codename__in=names) for app, names in codenames.items())
    return Permission.objects.filter(reduce(or_, asked)).select_related("content_type")


@admin.register(Group)
class GroupAdmin(WholeHistoryAdmin):
    """Permissions that several of the staff have.

    Only superusers change groups: who may edit the group that they are in may give themselves every
    right. The permission to view them can be given.
    """

    form = WholeForm
    list_display = ["name"]
    ordering = ["name"]
    filter_horizontal = ["permissions"]

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        kwargs["queryset"] = permissions_given()
        return super().formfield_for_manytomany(db_field, request, **kwargs)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.is_superuser)

    def has_change_permission(self, request: HttpRequest, obj: Group | None = None) -> bool:
        return bool(request.user.is_superuser)

    def has_delete_permission(self, request: HttpRequest, obj: Group | None = None) -> bool:
        return bool(request.user.is_superuser)


class AccountForm(WholeForm):
    """An account. ``by``: who changes it; the admin class sets it."""

    by: User

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        moves = "email" in self.changed_data and self.instance.pk
        if moves and (problem := rights.why_not(person=self.instance, by=self.by)):
            self.add_error("email", problem)
        given = {"is_staff", "groups", "is_active"} & set(self.changed_data)
        if given and (problem := rights.why_not_given(person=self.instance, groups=self._groups(), by=self.by)):
            self.add_error("groups" if "groups" in self.fields else None, problem)
        opens = "is_active" in self.changed_data and self.cleaned_data.get("is_active")
        if opens and Member.objects.filter(user=self.instance, died_on__isnull=False).exists():
            self.add_error(
                "is_active",
                "It is on record that this member has died. If that is a mistake, take it back on the member's page.",
            )
        if opens and Member.objects.filter(user=self.instance, erased_on__isnull=False).exists():
            self.add_error("is_active", "This member was erased by law. The account stays closed.")
        return cleaned

    def _groups(self) -> list[Group]:
        """Return the groups in which the account was, and those in which it will be."""
        before = list(self.instance.groups.all()) if self.instance.pk else []
        return [*before, *self.cleaned_data.get("groups", [])]


class PersonForm(WholeForm):
    """A member. ``by``: who changes the name; the admin class sets it."""

    by: User

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        named = {"first_name", "last_name"} & set(self.changed_data)
        if named and self.instance.pk and (problem := rights.why_not(person=self.instance.user, by=self.by)):
            for name in sorted(named):
                self.add_error(name, problem)
        return cleaned


@admin.register(User)
class UserAdmin(NeverDeleted, WholeHistoryAdmin):
    form = AccountForm
    list_display = ["email", "is_active", "is_staff", "last_login", "date_joined"]
    list_reads = ["email", "is_active", "is_staff", "last_login", "date_joined"]
    list_filter = ["is_staff", "is_active"]
    search_help_text = "E-mail address, name or AMT ID"
    search_fields = ["member"]
    filter_horizontal = ["groups", "user_permissions"]
    readonly_fields = ["last_login", "date_joined"]
    fieldsets = [
        (None, {"fields": ["email", "is_active"]}),
        ("What the account may do", {"fields": RIGHTS}),
        ("Dates", {"fields": ["last_login", "date_joined"]}),
    ]
    add_fieldsets = [
        (
            None,
            {
                "fields": ["email", "is_staff"],
                "description": "No password is set here. The person opens the account by a link sent to this address, "
                "from Activate on the sign-in page.",
            },
        )
    ]

    def found_by(self, words: str) -> Q:
        return among("pk", accounts_found_by(words))

    def get_form(self, request: HttpRequest, obj: User | None = None, change: bool = False, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, change=change, **kwargs)
        form.by = account_of(request)  # type: ignore[attr-defined]  # it is ours
        return form

    def get_fieldsets(self, request: HttpRequest, obj: User | None = None) -> Any:
        return self.fieldsets if obj else self.add_fieldsets

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> Any:
        may_give = request.user.has_perm(MAY_GIVE_ROLES)
        fixed = [name for name in RIGHTS if not (request.user.is_superuser or (may_give and name in ROLES))]
        return (*self.readonly_fields, *fixed)

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        allowed = super().has_change_permission(request, obj)
        if obj is None or request.user.is_superuser:
            return allowed
        if request.user.has_perm(MAY_GIVE_ROLES):
            return allowed and not rights.why_not_given(person=obj, groups=obj.groups.all(), by=account_of(request))
        return allowed and not (obj.is_staff or obj.is_superuser)

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:  # type: ignore[override]
        return not lookup.startswith("password") and super().lookup_allowed(lookup, value, request)

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "user_permissions":
            kwargs["queryset"] = permissions_given()
        return super().formfield_for_manytomany(db_field, request, **kwargs)

    def links(self, request: HttpRequest, obj: User) -> list[tuple[str, str]]:
        member = Member.objects.filter(user=obj).first()
        if member is None or not request.user.has_perm("members.view_member"):
            return []
        return [(f"Member {member.amt_id}", reverse("admin:members_member_change", args=[member.pk]))]

    def save_model(self, request: HttpRequest, obj: User, form: forms.ModelForm, change: bool) -> None:
        if not change:
            obj.set_unusable_password()
        super().save_model(request, obj, form, change)
        if change and "email" in form.changed_data:
            account_mails.address_changed([(obj, form.initial["email"])])
            events.note(events.Kind.ADDRESS_CHANGED, obj, detail="by staff")
        # An earlier address no longer opens the account, even if it was proved.
        EmailAddress.objects.filter(user=obj).exclude(email=obj.email).delete()


class BaseMemberAdmin(MemberPages, NeverDeleted, HistoryAdmin):
    """A member, before ``ccp`` adds the certifications and what waits for the member."""

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return whether the record may be changed: what is left of a member who was erased by law stays as it is."""
        is_erased = obj is not None and obj.erased_on is not None
        return super().has_change_permission(request, obj) and not is_erased

    form = PersonForm
    list_display = ["name", "amt_id", "signs_in", "city", "state"]
    list_select_related = ["user", "merged_into"]
    list_reads = [
        "amt_id",
        "first_name",
        "last_name",
        "city",
        "state",
        "roster_email",
        "died_on",
        "erased_on",
        "user__email",
        "merged_into__amt_id",
    ]
    list_filter = [SignInFilter]
    search_help_text = "Name, e-mail address or AMT ID"
    search_fields = ["pk"]
    ordering = [LAST_OR_ONLY_NAME, "first_name", "pk"]  # type: ignore[list-item]  # stubs accept names only
    autocomplete_fields = ["user"]
    fieldsets = [
        (None, {"fields": ["user", "amt_id", "first_name", "last_name"]}),
        (
            "Contact",
            {"fields": ["phone", "address_line1", "address_line2", "city", "state", "postal_code", "country"]},
        ),
    ]

    def get_form(self, request: HttpRequest, obj: Member | None = None, change: bool = False, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, change=change, **kwargs)
        form.by = account_of(request)  # type: ignore[attr-defined]  # it is ours
        return form

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> tuple[Any, bool]:
        found, has_duplicates = super().get_search_results(request, queryset, search_term)
        if search_term.strip():
            # By the name as such, the database would go through all members in the order of their
            # index, to meet the found ones on the way.
            found = found.order_by(Concat(LAST_OR_ONLY_NAME, Value("")), "first_name", "pk")
        return found, has_duplicates

    def save_model(self, request: HttpRequest, obj: Member, form: forms.ModelForm, change: bool) -> None:
        super().save_model(request, obj, form, change)
        if change:
            before = {column: form.initial[column] for column in form.changed_data if column in form.initial}
            details.note(obj, before, by=account_of(request), at=timezone.now())

    @admin.display(description="signs in as")
    def signs_in(self, member: Member) -> str:
        return sign_in_of(member)

    @admin.display(description="signs in as")
    def signs_in_as(self, member: Member) -> str:
        return sign_in_with_owner(member)

    @admin.display(description="former AMT IDs, and those of merged records")
    def known_before_as(self, member: Member) -> str:
        others = dict.fromkeys(amt_id for amt_id in member.all_amt_ids() if amt_id != member.amt_id)
        return ", ".join(others) or "none"

    def get_fieldsets(self, request: HttpRequest, obj: Member | None = None) -> Any:
        if obj is None:
            return self.fieldsets
        of_person = ["user", "signs_in_as", "amt_id", "known_before_as", "first_name", "last_name"]
        return [(None, {"fields": of_person}), *self.fieldsets[1:]]

    def get_readonly_fields(self, request: HttpRequest, obj: Member | None = None) -> Any:
        # The roster knows a person by the AMT ID. Both have pages of their own.
        return ("user", "signs_in_as", "amt_id", "known_before_as") if obj else ()


@admin.register(EmailAddress)
class EmailAddressAdmin(WrittenByVerbs, HistoryAdmin):
    """Which address was proved by a link. allauth writes it."""

    list_display = ["email", "user", "verified"]
    list_select_related = ["user"]
    list_reads = ["email", "verified", "user__email"]
    list_filter = ["verified"]
    search_help_text = "E-mail address, name or AMT ID"
    search_fields = ["user__member"]

    def found_by(self, words: str) -> Q:
        return among("user", accounts_found_by(words))


@admin.register(Authenticator)
class AuthenticatorAdmin(WrittenByVerbs, HistoryAdmin):
    """Second factors, never their secrets.

    A superuser removes the factor of a person who has lost it and has proved who they are. The
    portal tells the person by mail.
    """

    list_display = ["user", "type", "created_at", "last_used_at"]
    list_select_related = ["user"]
    list_reads = ["type", "created_at", "last_used_at", "user__email"]
    list_filter = ["type"]
    search_help_text = "E-mail address, name or AMT ID"
    search_fields = ["user__member"]
    fields = ("user", "type", "created_at", "last_used_at")

    def found_by(self, words: str) -> Q:
        return among("user", accounts_found_by(words))

    def has_delete_permission(self, request: HttpRequest, obj: Authenticator | None = None) -> bool:
        return bool(request.user.is_superuser)

    def delete_model(self, request: HttpRequest, obj: Authenticator) -> None:
        second_factor.remove(obj)


@admin.register(OutgoingMail)
class OutgoingMailAdmin(SamplePages, WrittenByVerbs, StaffAdmin):
    """Mail that the mail server has not taken yet. Its text is never shown."""

    list_display = ["recipients", "priority", "made_at", "tries", "next_try_at"]
    list_reads = ["recipients", "priority", "made_at", "tries", "next_try_at"]
    fields = ("message_id", "sender", "recipients", "priority", "made_at", "tries", "next_try_at", "claimed_by")


@admin.register(MailPause)
class MailPauseAdmin(WrittenByVerbs, StaffAdmin):
    """Domains whose mail server asked the portal to come later."""

    list_display = ["domain", "until", "times", "reason"]
    list_reads = ["domain", "until", "times", "reason"]
    fields = ("domain", "until", "times", "reason")


class OutcomeFilter(ConditionFilter):
    title = "what became of it"
    parameter_name = "outcome"

    def conditions(self, on: date) -> dict[str, tuple[str, Q]]:
        return {
            "given-up": ("given up", Q(refused_at__isnull=False)),
            "returned": ("came back", Q(returned_at__isnull=False)),
        }


@admin.register(MailDelivery)
class MailDeliveryAdmin(WrittenByVerbs, StaffAdmin):
    """What became of each mail of the last 90 days: taken by the mail server and perhaps returned, or given up."""

    list_display = ["recipient", "priority", "queued_at", "sent_at", "refused_at", "reason", "returned_at"]
    list_reads = ["recipient", "priority", "queued_at", "sent_at", "refused_at", "reason", "returned_at"]
    list_filter = [OutcomeFilter]
    search_help_text = "E-mail address, name or AMT ID"
    search_fields = ["account__member"]
    fieldsets = [
        (None, {"fields": ["message_id", "recipient", "account", "priority", "queued_at", "sent_at"]}),
        ("Not delivered", {"fields": ["refused_at", "reason", "returned_at", "returned_for_good", "returned_reason"]}),
    ]

    def found_by(self, words: str) -> Q:
        return Q(recipient__begins=words.lower()) | among("account", accounts_found_by(words))


class MarkedFilter(ConditionFilter):
    title = "mark"
    parameter_name = "marked"

    def conditions(self, on: date) -> dict[str, tuple[str, Q]]:
        return {"yes": ("mail comes back", Q(cleared_at=None))}


CLEAR = "members.clear_bouncingaddress"


@admin.register(BouncingAddress)
class BouncingAddressAdmin(WrittenByVerbs, HistoryAdmin):
    """Addresses whose mail comes back. Notices are not sent there until the mark is cleared."""

    list_display = ["email", "marked_at", "reason", "cleared_at"]
    list_reads = ["email", "marked_at", "reason", "cleared_at"]
    list_filter = [MarkedFilter]
    search_help_text = "E-mail address, name or AMT ID"
    search_fields = ["email"]
    fields = ("email", "marked_at", "reason", "cleared_at", "cleared_by")

    def found_by(self, words: str) -> Q:
        accounts = User.objects.filter(pk__in=accounts_found_by(words)).values("email")
        return Q(email__begins=words.lower()) | Q(email__in=accounts)

    def get_urls(self) -> list[URLPattern]:
        clear = self.admin_site.admin_view(self.clear_view)
        return [path("<path:object_id>/clear/", clear, name="members_bouncingaddress_clear"), *super().get_urls()]

    def links(self, request: HttpRequest, obj: BouncingAddress) -> list[tuple[str, str]]:
        if obj.cleared_at or not request.user.has_perm(CLEAR):
            return []
        return [("Send mail there again", reverse("admin:members_bouncingaddress_clear", args=[obj.pk]))]

    def clear_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        row = self.record_for_action(request, object_id, CLEAR)

        def act(typed: dict[str, Any]) -> str:
            if not bounces.clear(row, by=account_of(request), at=timezone.now()):
                raise AlreadyDone(f"Mail goes to {row.email} already.")
            return f"Mail goes to {row.email} again."

        action = ActionPage(
            title=f"Send mail to {row.email} again",
            button="Send mail there again",
            form=forms.Form(request.POST if request.method == "POST" else None),
            act=act,
            facts=[("Comes back since", format_day(timezone.localdate(row.marked_at))), ("Reason", row.reason)],
            warning="Notices that were not sent meanwhile stay unsent. The next mail that comes back marks it again.",
        )
        return self.action_page(request, row, action)
