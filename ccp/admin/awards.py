"""Correcting the day of an award: the page asks, shows everything that moves, and asks to confirm."""

from datetime import date, datetime
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone

from amtportal.fields import DayField
from amtportal.formatting import format_day
from amtportal.members.access import account_of
from amtportal.members.models import User
from amtportal.refusals import Refused
from amtportal.staff.actions import ActionPage, ActionPagesMixin, AlreadyDone
from amtportal.staff.forms import ReadBy, ReasonForm
from amtportal.staff.pages import StaffAdmin
from ccp import awards
from ccp.admin.members import match_once_saved
from certifications import awards as award_rules
from certifications.models import Certification
from certifications.payments import checkout

MAY_CORRECT = "certifications.correct_award_date"


class AwardForm(ReasonForm):
    """The day of the award and the reason. ``seen`` is a digest of what the page showed to move."""

    awarded_on = DayField(
        label="Awarded on",
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
        help_text="The day of the first award, as the certificate has it.",
    )
    seen = forms.CharField(required=False, widget=forms.HiddenInput)
    field_order = ["awarded_on", "reason"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(
            *args, read_by=ReadBy.MEMBER, help_text="Why the day on record was wrong. It stays on record.", **kwargs
        )


class AwardMixin(StaffAdmin):
    """The page on which the day of a certification's award is corrected."""

    def get_urls(self) -> list[URLPattern]:
        award = self.admin_site.admin_view(self.award_view)
        return [
            path("<path:object_id>/award/", award, name="certifications_certification_award"),
            *super().get_urls(),
        ]

    def links(self, request: HttpRequest, obj: Certification) -> list[tuple[str, str]]:
        links = super().links(request, obj)
        if request.user.has_perm(MAY_CORRECT):
            links.append(("Correct the award date", reverse("admin:certifications_certification_award", args=[obj.pk])))
        return links

    def award_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        now = timezone.now()
        # Nothing is closed first, as the other pages do: by the wrong day, a cycle may seem to be due.
        certification = ActionPagesMixin.record_for_action(self, request, object_id, MAY_CORRECT)
        form = AwardForm(request.POST or None, initial={"awarded_on": certification.awarded_on})
        facts: list[tuple[str, object]] = [
            ("Member", certification.member),
            ("Certification", certification),
            ("Awarded on", format_day(certification.awarded_on)),
        ]
        button, warning = "Show what moves", ""
        if request.method == "POST" and form.is_valid() and not _is_done(certification, form.cleaned_data):
            try:
                shown = awards.preview(
                    certification=certification,
                    awarded_on=form.cleaned_data["awarded_on"],
                    by=account_of(request),
                    at=now,
                )
            except Refused as refusal:
                form.add_error(refusal.field if refusal.field in form.fields else None, refusal.sentence)
            else:
                facts = [*facts[:2], *((line.what, line) for line in shown.lines)]
                button = "Correct the award date"
                warning = (
                    "Paid fees stay paid, and transcripts, cards and receipts that were issued keep what they say. "
                    "The member is told in the next mail. If this was wrong, correct it again."
                )
                if form.cleaned_data["seen"] != shown.digest:
                    form = AwardForm(initial={**form.cleaned_data, "seen": shown.digest})
        return self.action_page(
            request,
            certification,
            ActionPage(
                title=f"Correct the award date of {certification}",
                button=button,
                form=form,
                facts=facts,
                warning=warning,
                act=lambda typed: self._correct(request, certification, typed, at=now),
            ),
        )

    def _correct(
        self, request: HttpRequest, certification: Certification, typed: dict[str, Any], *, at: datetime
    ) -> str:
        done = correct(certification, typed["awarded_on"], typed["reason"], by=account_of(request), at=at)
        match_once_saved(request, certification.member)
        return done


def correct(certification: Certification, awarded_on: date, reason: str, *, by: User, at: datetime) -> str:
    """Correct the day, and return a sentence that says so. Raises ``AlreadyDone`` for a repeat.

    The provider's pages are closed first, because an invoice may be locked again.
    """
    checkout.close_of_certification(certification, at=at)
    last = award_rules.last_correction(certification)
    correction = awards.correct(certification=certification, awarded_on=awarded_on, reason=reason, by=by, at=at)
    if correction.corrected_at != at or correction == last:
        raise AlreadyDone(f"The award is on record as {format_day(awarded_on)} already.")
    before, after = format_day(correction.before), format_day(correction.after)
    return f"Corrected the award of {certification} from {before} to {after}: {reason}"


def _is_done(certification: Certification, typed: dict[str, Any]) -> bool:
    """Return whether the form was sent before, and did its work: there is nothing to show, only to repeat."""
    return bool(certification.awarded_on == typed["awarded_on"] and typed["seen"])
