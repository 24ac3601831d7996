"""Members as staff add them: credits from AMT may wait for a person who appears."""

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils import timezone

from amtportal.after_commit import after_commit
from amtportal.members.access import account_of
from amtportal.members.models import Member
from ccp.amt_credits import holding as held_credits
from certifications.admin.certifications import HolderAdmin

admin.site.unregister(Member)


def match_once_saved(request: HttpRequest, member: Member) -> None:
    """Match what is held for the member after the page's own changes, which stand whatever comes of it."""
    by, at = account_of(request), timezone.now()
    after_commit(held_credits.match, member=member, by=by, at=at)


@admin.register(Member)
class AwaitedMemberAdmin(HolderAdmin):
    def save_model(self, request: HttpRequest, obj: Member, form: forms.ModelForm, change: bool) -> None:
        super().save_model(request, obj, form, change)
        if not change:
            match_once_saved(request, obj)
