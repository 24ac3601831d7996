"""Recording that a member has died, and taking that back: the consequences are shown first."""

from datetime import datetime
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone

from amtportal.dates import day_of
from amtportal.fields import DayField, LineField
from amtportal.formatting import format_day
from amtportal.members.access import account_of
from amtportal.members.mail import withdrawing
from amtportal.members.models import DeathReport, Member, User
from amtportal.staff.actions import ActionPage, AlreadyDone
from amtportal.staff.forms import ReadBy, ReasonForm
from amtportal.staff.pages import ShownInline, StaffAdmin
from ccp.audits.models import AuditCase, CaseState
from certifications import deaths
from certifications.models import Certification, RenewalInvoice
from certifications.payments import checkout

MAY = "members.record_death"


class DeathForm(forms.Form):
    died_on = DayField(
        label="Died on", widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}), help_text="As reported."
    )
    reported_by = LineField(
        label="Reported by",
        max_length=300,
        widget=forms.TextInput(attrs={"class": "vTextField"}),
        error_messages={"required": "Say who reported it, and how: it stays on record."},
        help_text=ReadBy.STAFF.says("Who, and how: for example, the sister, by phone, with the obituary."),
    )


class DeathReportInline(ShownInline):
    """The reports that the member has died, also those that were a mistake."""

    model = DeathReport
    readonly_fields = ["died_on", "reported_by", "recorded_at", "recorded_by", "taken_back_at", "taken_back_reason"]
    select_related = ["member", "recorded_by"]


class DeathMixin(StaffAdmin):
    """The pages on which it is recorded that a member has died, and on which a mistake is taken back."""

    def get_urls(self) -> list[URLPattern]:
        record, take_back = self.admin_site.admin_view(self.death_view), self.admin_site.admin_view(self.take_back_view)
        return [
            path("<path:object_id>/death/", record, name="members_member_death"),
            path("<path:object_id>/death/take-back/", take_back, name="members_member_death_take_back"),
            *super().get_urls(),
        ]

    def links(self, request: HttpRequest, obj: Member) -> list[tuple[str, str]]:
        links = super().links(request, obj)
        if obj.merged_into_id or not request.user.has_perm(MAY):
            return links
        if obj.died_on is None:
            return [*links, ("Record a death", reverse("admin:members_member_death", args=[obj.pk]))]
        return [
            *links,
            ("Correct the report of the death", reverse("admin:members_member_death", args=[obj.pk])),
            ("Take the death back", reverse("admin:members_member_death_take_back", args=[obj.pk])),
        ]

    def death_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        now = timezone.now()
        member = self.record_for_action(request, object_id, MAY)
        report = deaths.standing_report(member)
        initial = {"died_on": report.died_on, "reported_by": report.reported_by} if report else None
        action = ActionPage(
            title=f"Record that {member} has died" if report is None else f"Correct the report that {member} has died",
            button="Record the death" if report is None else "Correct the report",
            form=DeathForm(request.POST or None, initial=initial),
            facts=[("Member", member), *(consequences(member) if report is None else ())],
            warning="Nobody is written to. If it was a mistake, it can be taken back, and everything is as it was."
            if report is None
            else "Only the day and the source change. Everything that followed stays.",
            act=lambda typed: _record(member, typed, by=account_of(request), at=now),
        )
        return self.action_page(request, member, action)

    def take_back_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        now = timezone.now()
        member = self.record_for_action(request, object_id, MAY)
        report = deaths.standing_report(member)
        if report is None:
            self.message_user(request, f"It is not on record that {member} has died.", messages.INFO)
            return redirect(self.page_of(member))
        returning = Certification.objects.filter(member=member, status=Certification.Status.ENDED)
        codes = ", ".join(str(each) for each in returning.select_related("credential").order_by("pk"))
        action = ActionPage(
            title=f"Take back that {member} has died",
            button="Take the death back",
            form=ReasonForm(
                request.POST or None,
                read_by=ReadBy.STAFF,
                help_text="How the mistake came about.",
            ),
            facts=[
                ("Member", member),
                ("Died on", format_day(report.died_on)),
                ("Reported by", report.reported_by),
                ("Recorded", f"{format_day(day_of(report.recorded_at))}, by {report.recorded_by}"),
                ("In force again", codes or "nothing: no certification was in force"),
                ("Sign-in", "opens again" if report.closed_account else "stays as it is"),
            ],
            warning="Unpaid invoices are asked for again as they are due. A cycle that ended in the meantime has its "
            "grace period from today. Notices that still hold go out with the next mail; other mail is not sent later.",
            act=lambda typed: _take_back(member, typed["reason"], by=account_of(request), at=now),
        )
        return self.action_page(request, member, action)


def consequences(member: Member) -> list[tuple[str, object]]:
    """Return what follows if it is recorded that the member has died, for staff to read beforehand."""
    held = Certification.objects.filter(member=member).select_related("credential").order_by("pk")
    ending = ", ".join(str(each) for each in held if each.status in Certification.IN_FORCE)
    unpaid = RenewalInvoice.objects.filter(cycle__certification__member=member, status=RenewalInvoice.Status.ISSUED)
    numbers = ", ".join(invoice.number for invoice in unpaid.order_by("due_on", "pk"))
    waiting = withdrawing.waiting_for(member.user).count() if member.user else 0
    cases = AuditCase.objects.filter(cycle__certification__member=member).exclude(state=CaseState.CLOSED)
    references = ", ".join(case.reference for case in cases.order_by("pk"))
    is_open = member.user is not None and member.user.is_active
    return [
        ("End", ending or "no certification is in force"),
        ("Unpaid invoices", f"{numbers}: held, AMT asks nobody to pay them" if numbers else "none"),
        ("Sign-in", "closes, with every session and every link that the member shared" if is_open else "none is open"),
        ("Mail that waits", f"{waiting}: not sent" if waiting else "none"),
        ("Audits", f"{references}: no last day passes; call them off" if references else "none"),
        ("Look-up", "finds the member no longer"),
    ]


def _record(member: Member, typed: dict[str, Any], *, by: User, at: datetime) -> str:
    for certification in Certification.objects.filter(member=member).order_by("pk"):
        checkout.close_of_certification(certification, at=at)
    known = deaths.standing_report(member)
    done = deaths.record(member=member, by=by, at=at, **typed)
    if known and (known.died_on, known.reported_by) == (done.report.died_on, done.report.reported_by):
        raise AlreadyDone(f"It is on record already that {member} died on {format_day(done.report.died_on)}.")
    said = f"Recorded that {member} died on {format_day(done.report.died_on)}, reported by {done.report.reported_by}."
    return f"{said} Mails not sent: {done.withdrawn}." if done.withdrawn else said


def _take_back(member: Member, reason: str, *, by: User, at: datetime) -> str:
    if deaths.standing_report(member) is None:
        raise AlreadyDone(f"It is not on record any more that {member} has died.")
    returning = deaths.take_back(member=member, reason=reason, by=by, at=at)
    codes = ", ".join(str(each) for each in returning) or "none"
    return f"Took back that {member} has died. In force again: {codes}. {reason}"
