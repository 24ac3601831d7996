"""Admin pages for cycles: staff read them, extend the grace period and sign corrections.

Staff do not edit a cycle directly: the portal's own functions write it.
"""

from datetime import date, datetime, timedelta
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone

from amtportal.dates import day_of, today
from amtportal.fields import DayField, LinesField, NumberField
from amtportal.formatting import format_day, format_points
from amtportal.members.access import account_of
from amtportal.members.models import User
from amtportal.staff.actions import ActionPage, AlreadyDone
from amtportal.staff.changelists import ConditionFilter, KeptRelationFilter
from amtportal.staff.forms import ReadBy, ReasonForm
from amtportal.staff.pages import HistoryAdmin, ShownInline, WrittenByVerbs
from certifications import corrections, cycles
from certifications.admin.corrections import CorrectionInline
from certifications.admin.invoices import InvoiceInline
from certifications.models import Cycle

CLOSING = ("grace_ends_on", "grace_extension_reason", "closed_on", "outcome", "points_at_close", "mandatory_at_close")
MAY_EXTEND, MAY_CORRECT = "certifications.extend_cycle", "certifications.correct_closed_cycle"


def ends(first: date, last: date) -> Q:
    return Q(ends_on__gte=first, ends_on__lte=last)


class CycleEndFilter(ConditionFilter):
    title = "end of the cycle"
    parameter_name = "ends"
    by_day = ["ends_on", "-pk"]

    def conditions(self, on: date) -> dict[str, tuple[str, Q]]:
        unclosed = Q(closed_on=None)
        grace_began = on - timedelta(days=settings.CCP_GRACE_DAYS)
        runs = Q(grace_extended_to=None, ends_on__gte=grace_began) | Q(grace_extended_to__gte=on)
        over = Q(grace_extended_to=None, ends_on__lt=grace_began) | Q(grace_extended_to__lt=on, ends_on__lt=on)
        return {
            **{
                f"{days}-days": (f"In the next {days} days", unclosed & ends(on, on + timedelta(days=days)))
                for days in (30, 60, 90)
            },
            "grace": ("In the grace period", unclosed & Q(ends_on__lt=on) & runs),
            "over": ("Grace period over, not closed", unclosed & over),
            "this-year": (f"In {on.year}", ends(date(on.year, 1, 1), date(on.year, 12, 31))),
            "next-year": (f"In {on.year + 1}", ends(date(on.year + 1, 1, 1), date(on.year + 1, 12, 31))),
            "closed": ("Closed", Q(closed_on__isnull=False)),
        }

    def order(self) -> list[str]:
        return ["-closed_on", "-pk"] if self.value() == "closed" else super().order()


class RequirementFilter(ConditionFilter):
    title = "CCP requirement"
    parameter_name = "requirement"

    def conditions(self, on: date) -> dict[str, tuple[str, Q]]:
        return {
            "met": ("Met", Q(requirement_met_on__isnull=False)),
            "unmet": ("Not met", Q(requirement_met_on=None)),
        }


class ExtensionForm(ReasonForm):
    """The new last day of the grace period and the reason.

    ``shown`` is the day for which the page has already shown which dates move.
    """

    until = DayField(
        label="Last day of the grace period",
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
        help_text="To take an extension back, enter the last day of the usual grace period.",
    )
    shown = forms.DateField(required=False, widget=forms.HiddenInput)
    field_order = ["until", "reason"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(
            *args, read_by=ReadBy.MEMBER_ON_REQUEST, help_text="It stays on record with the cycle.", **kwargs
        )


class CorrectionForm(forms.Form):
    points = NumberField(max_digits=7, decimal_places=2, help_text="As they should have been.")
    outcome = forms.ChoiceField(choices=Cycle.Outcome)
    statement = LinesField(
        widget=forms.Textarea(attrs={"rows": 4, "class": "vLargeTextField"}),
        max_length=2000,
        help_text="What was wrong and what is right. The member reads it, and whoever reads the transcript.",
    )


class CycleInline(ShownInline):
    """The cycles of a certification."""

    model = Cycle
    readonly_fields = ["number", "starts_on", "ends_on", "points_required", "requirement_met_on", "outcome"]
    select_related = ["certification__credential"]


class BaseCycleAdmin(WrittenByVerbs, HistoryAdmin):
    list_display = ["member", "certification", "number", "ends_on", "points_required", "requirement_met_on", "outcome"]
    list_select_related = ["certification__credential", "certification__member"]
    list_reads = [
        "number",
        "starts_on",
        "ends_on",
        "points_required",
        "requirement_met_on",
        "outcome",
        "certification__certificate_number",
        "certification__credential__code",
        "certification__member__first_name",
        "certification__member__last_name",
        "certification__member__amt_id",
    ]
    list_filter = [CycleEndFilter, RequirementFilter, ("certification__credential", KeptRelationFilter)]
    sortable_by = ["ends_on"]
    search_help_text = "Name, e-mail address or AMT ID"
    search_fields = ["certification__member"]
    inlines = [InvoiceInline, CorrectionInline]
    fieldsets = [
        (None, {"fields": ["member", "certification", "number", "starts_on", "ends_on"]}),
        ("Requirement", {"fields": ["points_required", "requirement_met_on"]}),
        ("Closing", {"fields": CLOSING}),
    ]
    readonly_fields = ["member", "grace_ends_on"]

    @admin.display(description="member")
    def member(self, cycle: Cycle) -> str:
        return str(cycle.certification.member)

    @admin.display(description="last day of the grace period")
    def grace_ends_on(self, cycle: Cycle) -> date:
        return cycles.grace_ends_on(cycle)

    def get_urls(self) -> list[URLPattern]:
        extend = self.admin_site.admin_view(self.extend_view)
        correct = self.admin_site.admin_view(self.correct_view)
        return [
            path("<path:object_id>/extend/", extend, name="certifications_cycle_extend"),
            path("<path:object_id>/correct/", correct, name="certifications_cycle_correct"),
            *super().get_urls(),
        ]

    def links(self, request: HttpRequest, obj: Cycle) -> list[tuple[str, str]]:
        may = request.user.has_perm
        links = super().links(request, obj)
        can_be_extended = obj.closed_on is None and today() <= self.grace_ends_on(obj)
        if can_be_extended and may(MAY_EXTEND):
            links.append(("Extend grace period", reverse("admin:certifications_cycle_extend", args=[obj.pk])))
        if obj.closed_on and may(MAY_CORRECT):
            links.append(("Sign a correction", reverse("admin:certifications_cycle_correct", args=[obj.pk])))
        return links

    def facts(self, cycle: Cycle) -> list[tuple[str, object]]:
        return [
            ("Member", self.member(cycle)),
            ("Certification", cycle.certification),
            ("Cycle", f"{format_day(cycle.starts_on)} to {format_day(cycle.ends_on)}"),
        ]

    def extend_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask for the date and the reason, then show the dates that move and ask to confirm."""
        now = timezone.now()
        cycle = self.record_for_action(request, object_id, MAY_EXTEND)
        form = ExtensionForm(request.POST or None)
        facts = [*self.facts(cycle), ("Last day of the grace period", format_day(self.grace_ends_on(cycle)))]
        button, title = "Show what moves", f"Extend the grace period of {cycle}"
        if request.method == "POST" and form.is_valid():
            until = form.cleaned_data["until"]
            if problem := cycles.problem_with_extension(cycle, until, day_of(now)):
                form.add_error(problem.field, problem.sentence)
            else:
                moved = cycles.extension(cycle, until)
                facts[-1:] = [(line.what, f"{format_day(line.before)} → {format_day(line.after)}") for line in moved]
                button = "Extend grace period"
                if form.cleaned_data["shown"] != until:
                    form = ExtensionForm(initial={**form.cleaned_data, "shown": until})
        return self.action_page(
            request,
            cycle,
            ActionPage(
                title=title,
                button=button,
                form=form,
                facts=facts,
                act=lambda typed: _extend(cycle, typed["until"], typed["reason"], by=account_of(request), at=now),
            ),
        )

    def correct_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        cycle = self.record_for_action(request, object_id, MAY_CORRECT)
        if cycle.points_at_close is None:
            self.message_user(request, f"{cycle} is not closed. Only a closed cycle is corrected.")
            return redirect(self.page_of(cycle))
        return self.action_page(
            request,
            cycle,
            ActionPage(
                title=f"Sign a correction of {cycle}",
                button="Sign correction",
                form=CorrectionForm(
                    request.POST or None,
                    initial={"points": format_points(cycle.points_at_close), "outcome": cycle.outcome},
                ),
                facts=[
                    *self.facts(cycle),
                    (
                        f"Closed on {format_day(cycle.closed_on)}",
                        f"{format_points(cycle.points_at_close)} points, {cycle.get_outcome_display().lower()}",
                    ),
                ],
                warning="The closed cycle stays as it is, and so does the status of the certification. The correction "
                "stands beside it, on the member's pages and on the transcript, and cannot be taken back.",
                act=lambda typed: _sign(cycle, typed, by=account_of(request), at=timezone.now()),
            ),
        )


def _extend(cycle: Cycle, until: date, reason: str, *, by: User, at: datetime) -> str:
    cycles.extend_grace(cycle=cycle, until=until, reason=reason, by=by, at=at)
    return f"The grace period ends {format_day(until)}: {reason}"


def _sign(cycle: Cycle, typed: dict[str, Any], *, by: User, at: datetime) -> str:
    known = set(cycle.corrections.values_list("pk", flat=True))
    signed = corrections.sign(cycle=cycle, by=by, at=at, **typed)
    if signed.pk in known:
        raise AlreadyDone("This correction is signed already, once.")
    return f"Signed a correction: {format_points(signed.points)} points, {signed.get_outcome_display().lower()}."
