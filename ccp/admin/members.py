"""Members with the certifications they hold.

When staff add a member, credits from AMT that were held for the member are recorded.
"""

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils import timezone

from amtportal.after_commit import after_commit
from amtportal.members.access import account_of
from amtportal.members.admin import BaseMemberAdmin
from amtportal.members.models import Member
from ccp.amt_credits import holding as held_credits
from certifications.admin.certifications import CertificationInline


def match_once_saved(request: HttpRequest, member: Member) -> None:
    """Record the credits that are held for the member once the page's own changes are committed.

    The page's changes stand even if that fails.
    """
    by, at = account_of(request), timezone.now()
    after_commit(held_credits.match, member=member, by=by, at=at)


@admin.register(Member)
class MemberAdmin(BaseMemberAdmin):
    inlines = [CertificationInline]

    def save_model(self, request: HttpRequest, obj: Member, form: forms.ModelForm, change: bool) -> None:
        super().save_model(request, obj, form, change)
        if not change:
            match_once_saved(request, obj)
