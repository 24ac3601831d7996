"""Revoking a certification, and undoing that on the same day: the consequences are shown first."""

from datetime import datetime
from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone

from amtportal.dates import day_of, today
from amtportal.fields import DayField, LineField
from amtportal.formatting import format_day
from amtportal.members.access import account_of
from amtportal.members.models import User
from amtportal.staff.actions import ActionPage, AlreadyDone
from amtportal.staff.forms import ReadBy, ReasonForm
from amtportal.staff.pages import StaffAdmin
from ccp.badges.models import Badge
from ccp.sharing import links as share_links
from certifications import life, revocations
from certifications.models import Certification, RenewalInvoice
from certifications.payments import checkout

MAY_REVOKE = "certifications.revoke_certification"
MAY_UNDO = "certifications.undo_revocation"
FINAL = (
    "The member is told tomorrow morning. Somebody else with the right to do so can undo it today; from tomorrow on it "
    "is final."
)


class RevocationForm(ReasonForm):
    """Since when, why, and the certificate number, typed once more so that no other one is revoked."""

    effective_on = DayField(
        label="Revoked as of",
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
        help_text="Today or an earlier day.",
    )
    confirmation = LineField(
        label="Certificate number",
        max_length=40,
        widget=forms.TextInput(attrs={"class": "vTextField"}),
        error_messages={"required": "Write the number of the certificate that is revoked."},
        help_text="To confirm, write the number of this certificate.",
    )
    field_order = ["effective_on", "reason", "confirmation"]

    def __init__(self, *args: Any, number: str, **kwargs: Any) -> None:
        super().__init__(*args, read_by=ReadBy.MEMBER, help_text="It stays on record.", **kwargs)
        self.number = number

    def clean_confirmation(self) -> str:
        typed = str(self.cleaned_data["confirmation"])
        if typed.upper() != self.number.upper():
            raise forms.ValidationError(f"This is the page of {self.number}. Write that number to revoke it.")
        return typed


class RevocationMixin(StaffAdmin):
    """The pages on which a certification is revoked, and a revocation of the same day is undone."""

    def get_urls(self) -> list[URLPattern]:
        revoke, undo = self.admin_site.admin_view(self.revoke_view), self.admin_site.admin_view(self.undo_view)
        return [
            path("<path:object_id>/revoke/", revoke, name="certifications_certification_revoke"),
            path("<path:object_id>/undo-revocation/", undo, name="certifications_certification_undo_revocation"),
            *super().get_urls(),
        ]

    def links(self, request: HttpRequest, obj: Certification) -> list[tuple[str, str]]:
        links = super().links(request, obj)
        may = request.user.has_perm
        if life.may_follow(obj.status, Certification.Status.REVOKED) and may(MAY_REVOKE):
            links.append(("Revoke", reverse("admin:certifications_certification_revoke", args=[obj.pk])))
        change = revocations.revocation_of(obj)
        if change and day_of(change.changed_at) == today() and may(MAY_UNDO):
            address = reverse("admin:certifications_certification_undo_revocation", args=[obj.pk])
            links.append(("Undo the revocation", address))
        return links

    def revoke_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        now = timezone.now()
        certification = self.record_for_action(request, object_id, MAY_REVOKE)
        done = revocations.revocation_of(certification)
        if done is None and not life.may_follow(certification.status, Certification.Status.REVOKED):
            status = certification.get_status_display().lower()
            self.message_user(request, f"{certification} is {status}, so it cannot be revoked.", messages.INFO)
            return redirect(self.page_of(certification))
        initial = {"effective_on": day_of(now)}
        return self.action_page(
            request,
            certification,
            ActionPage(
                title=f"Revoke {certification}",
                button="Revoke",
                form=RevocationForm(request.POST or None, number=certification.certificate_number, initial=initial),
                facts=[
                    ("Member", certification.member),
                    ("Certification", f"{certification.credential.name}, {certification}"),
                    ("Status today", certification.get_status_display()),
                    *consequences(certification, now),
                ],
                warning=FINAL,
                act=lambda typed: _revoke(certification, typed, by=account_of(request), at=now),
            ),
        )

    def undo_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        now = timezone.now()
        certification = self.record_for_action(request, object_id, MAY_UNDO)
        change = revocations.revocation_of(certification)
        if change is None:
            self.message_user(request, f"{certification} is not revoked.", messages.INFO)
            return redirect(self.page_of(certification))
        problem = revocations.problem_with_undoing(change, by=account_of(request), on=day_of(now))
        before = Certification.Status(change.before).label
        return self.action_page(
            request,
            certification,
            ActionPage(
                title=f"Undo the revocation of {certification}",
                button="Undo the revocation",
                form=ReasonForm(request.POST or None, read_by=ReadBy.MEMBER, help_text="It stays on record."),
                facts=[
                    ("Member", certification.member),
                    ("Revoked as of", format_day(change.changed_on)),
                    ("Recorded by", change.changed_by or "nobody"),
                    ("Reason", change.reason),
                    ("Status again", before),
                ],
                warning=problem.sentence
                if problem
                else "It continues as before, and both changes stay on record. A badge that was downloaded before "
                "stays revoked: the member downloads another one.",
                act=lambda typed: _undo(certification, typed["reason"], by=account_of(request), at=now),
            ),
        )


def consequences(certification: Certification, now: datetime) -> list[tuple[str, object]]:
    """Return what a revocation does, for staff to read beforehand."""
    unclosed = certification.cycles.unclosed().first()
    unpaid = RenewalInvoice.objects.filter(cycle__certification=certification, status=RenewalInvoice.Status.ISSUED)
    links = share_links.working(certification.member, day_of(now)).filter(
        Q(certification=certification) | Q(certification=None)
    )
    badges = Badge.objects.filter(certification=certification).count()
    numbers = ", ".join(invoice.number for invoice in unpaid.order_by("due_on", "pk"))
    return [
        ("CE and cycle", life.consequence(certification, Certification.Status.REVOKED, day_of(now), unclosed=unclosed)),
        ("Unpaid invoices", f"{numbers}: held, AMT asks nobody to pay them" if numbers else "none"),
        ("Badge", "revoked in the status list at once" if badges else "none was issued"),
        (
            "Links that the member shared",
            f"{links.count()}: they say that it is revoked" if links.exists() else "none that work",
        ),
        ("Look-up and verification", "say that it is revoked, and since when"),
    ]


def _revoke(certification: Certification, typed: dict[str, Any], *, by: User, at: datetime) -> str:
    checkout.close_of_certification(certification, at=at)
    known = revocations.revocation_of(certification)
    change = revocations.revoke(
        certification=certification, effective_on=typed["effective_on"], reason=typed["reason"], by=by, at=at
    )
    if change.changed_at != at or change == known:
        raise AlreadyDone(f"{certification} is revoked already.")
    return f"Revoked {certification} as of {format_day(change.changed_on)}: {change.reason}"


def _undo(certification: Certification, reason: str, *, by: User, at: datetime) -> str:
    was_revoked = revocations.revocation_of(certification) is not None
    changed = revocations.undo(certification=certification, reason=reason, by=by, at=at)
    if not was_revoked or not changed.status_changes.filter(changed_at=at, changed_by=by).exists():
        raise AlreadyDone(f"{changed} is {changed.get_status_display().lower()} already.")
    return f"Undid the revocation of {changed}, which is {changed.get_status_display().lower()} again: {reason}"
