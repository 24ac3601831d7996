"""Certifications: staff change the status on a page that shows the consequences.

When staff add a certification, credits from AMT that were held for it are recorded.
"""

from datetime import datetime
from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone

from amtportal.dates import day_of
from amtportal.members.access import account_of
from amtportal.members.models import User
from amtportal.staff.actions import ActionPage, AlreadyDone
from amtportal.staff.forms import ReadBy, ReasonForm
from ccp.admin.awards import AwardMixin
from ccp.admin.catching_up import CatchUpFirstMixin
from ccp.admin.members import match_once_saved
from ccp.admin.probations import ProbationInline, ProbationMixin
from ccp.admin.revocations import RevocationMixin
from certifications import life
from certifications.admin.certifications import BaseCertificationAdmin
from certifications.admin.status_changes import AwardCorrectionInline
from certifications.models import Certification
from certifications.payments import checkout

NOT_HERE = "Select a valid choice: one of the list. A certification is revoked on a page of its own, under Revoke."
MAY_CHANGE_STATUS = "certifications.change_status"


class StatusForm(ReasonForm):
    """The new status, chosen from those that are possible next, and the reason."""

    to = forms.ChoiceField(label="New status")
    field_order = ["to", "reason"]

    def __init__(self, *args: Any, status: str, **kwargs: Any) -> None:
        super().__init__(*args, read_by=ReadBy.MEMBER, help_text="It stays on record.", **kwargs)
        choices = [(after, Certification.Status(after).label) for after in _offered(status)]
        field = self.fields["to"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [("", "Choose…"), *choices]
        field.error_messages["invalid_choice"] = NOT_HERE


def _offered(status: str) -> list[str]:
    return [after for after in life.possible_next(status) if after in life.ON_THE_STATUS_PAGE]


@admin.register(Certification)
class CertificationAdmin(AwardMixin, RevocationMixin, ProbationMixin, CatchUpFirstMixin, BaseCertificationAdmin):
    inlines = [*BaseCertificationAdmin.inlines, AwardCorrectionInline, ProbationInline]

    def get_urls(self) -> list[URLPattern]:
        status = self.admin_site.admin_view(self.status_view)
        return [
            path("<path:object_id>/status/", status, name="certifications_certification_status"),
            *super().get_urls(),
        ]

    def links(self, request: HttpRequest, obj: Certification) -> list[tuple[str, str]]:
        links = super().links(request, obj)
        if _offered(obj.status) and request.user.has_perm(MAY_CHANGE_STATUS):
            links.append(("Change status", reverse("admin:certifications_certification_status", args=[obj.pk])))
        return links

    def save_model(self, request: HttpRequest, obj: Certification, form: forms.ModelForm, change: bool) -> None:
        super().save_model(request, obj, form, change)
        if not change:
            match_once_saved(request, obj.member)

    def status_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        now = timezone.now()
        certification = self.record_for_action(request, object_id, MAY_CHANGE_STATUS)
        status = certification.get_status_display()
        following = _offered(certification.status)
        if not following:
            self.message_user(request, f"{certification} is {status.lower()}, which is final.")
            return redirect(self.page_of(certification))
        unclosed = certification.cycles.unclosed().first()
        consequences = [
            (
                f"If {Certification.Status(to).label.lower()}",
                life.consequence(certification, to, day_of(now), unclosed=unclosed),
            )
            for to in following
        ]
        return self.action_page(
            request,
            certification,
            ActionPage(
                title=f"Change the status of {certification}",
                button="Change status",
                form=StatusForm(request.POST or None, status=certification.status),
                facts=[("Member", certification.member), ("Status today", status), *consequences],
                act=lambda typed: _change(certification, typed["to"], typed["reason"], by=account_of(request), at=now),
            ),
        )


def _change(certification: Certification, to: str, reason: str, *, by: User, at: datetime) -> str:
    before = certification.get_status_display().lower()
    if not life.in_force(to):
        checkout.close_of_certification(certification, at=at)
    changed = life.change_status(certification=certification, to=to, reason=reason, by=by, at=at)
    if not changed.status_changes.filter(changed_at=at, changed_by=by, after=to).exists():
        raise AlreadyDone(f"{changed} is {changed.get_status_display().lower()} already.")
    return f"{changed} was {before} and is {changed.get_status_display().lower()}: {reason}"
