"""Putting a certification on probation under an order, extending that, and ending it."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone

from amtportal.dates import day_of, today
from amtportal.fields import DayField, LinesField, NumberField
from amtportal.formatting import format_day, format_points
from amtportal.members.access import account_of
from amtportal.staff.actions import ActionPage, AlreadyDone
from amtportal.staff.forms import ReadBy, ReasonForm
from amtportal.staff.pages import ShownInline, StaffAdmin
from certifications import life, probations
from certifications.models import Certification, Probation

MAY = "certifications.put_on_probation"


def _day(label: str, **kwargs: Any) -> DayField:
    return DayField(label=label, widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}), **kwargs)


class ProbationForm(forms.Form):
    ends_on = _day("Last day of the probation")
    order = LinesField(
        label="Compliance order",
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 4, "class": "vLargeTextField"}),
        error_messages={"required": "Say what the member has to do: the member reads it."},
        help_text=ReadBy.MEMBER.says("What the member has to do. Others read only that there is a probation."),
    )
    points = NumberField(
        label="Points that the order asks for",
        required=False,
        max_digits=7,
        decimal_places=2,
        help_text="Besides the CCP requirement. Empty if the order asks for something else.",
    )
    due_on = _day("To be met by", required=False, help_text="Give a day, points, or both.")


class ExtendForm(ReasonForm):
    ends_on = _day("Last day of the probation")
    field_order = ["ends_on", "reason"]


class ProbationInline(ShownInline):
    """The probations of a certification."""

    model = Probation
    readonly_fields = ["starts_on", "ends_on", "order", "points", "due_on", "imposed_by", "ended"]
    select_related = ["imposed_by", "certification__credential"]
    ordering = ["-pk"]

    def ended(self, probation: Probation) -> str:
        if probation.ended_at:
            return f"{format_day(day_of(probation.ended_at))}: {probation.end_reason}"
        return "by itself" if probation.ends_on < today() else "runs"


class ProbationMixin(StaffAdmin):
    """The pages on which a certification is put on probation, and on which that is extended and ended."""

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        name = "certifications_certification_probation"
        return [
            path("<path:object_id>/probation/", view(self.probation_view), name=name),
            path("<path:object_id>/probation/extend/", view(self.extend_view), name=f"{name}_extend"),
            path("<path:object_id>/probation/end/", view(self.end_view), name=f"{name}_end"),
            *super().get_urls(),
        ]

    def links(self, request: HttpRequest, obj: Certification) -> list[tuple[str, str]]:
        links = super().links(request, obj)
        if not request.user.has_perm(MAY):
            return links
        name = "admin:certifications_certification_probation"
        if probations.running(obj, today()):
            links.append(("Extend the probation", reverse(f"{name}_extend", args=[obj.pk])))
            links.append(("End the probation", reverse(f"{name}_end", args=[obj.pk])))
        elif life.in_force(obj.status):
            links.append(("Put on probation", reverse(name, args=[obj.pk])))
        return links

    def probation_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        now = timezone.now()
        certification = self.record_for_action(request, object_id, MAY)

        def act(typed: dict[str, Any]) -> str:
            known = probations.running(certification, day_of(now))
            imposed = probations.impose(certification=certification, by=account_of(request), at=now, **typed)
            if imposed.imposed_at != now or imposed == known:
                raise AlreadyDone(f"{certification} is on probation until {format_day(imposed.ends_on)} already.")
            return f"Put {certification} on probation until {format_day(imposed.ends_on)}: {imposed.order}"

        action = ActionPage(
            title=f"Put {certification} on probation",
            button="Put on probation",
            form=ProbationForm(request.POST or None),
            facts=_facts(certification),
            warning="The certification stays in force. The look-up, cards and links that the member shared say that it "
            "is on probation, and until when, without the order. There is no letter of good standing meanwhile. It "
            "ends by itself after its last day; if the order is not met, nothing follows by itself.",
            act=act,
        )
        return self.action_page(request, certification, action)

    def extend_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        now = timezone.now()
        certification = self.record_for_action(request, object_id, MAY)
        present = probations.running(certification, day_of(now))
        if present is None:
            return self._none_runs(request, certification)
        before = present.ends_on

        def act(typed: dict[str, Any]) -> str:
            extended = probations.extend(certification=certification, by=account_of(request), at=now, **typed)
            if extended.ends_on == before:
                raise AlreadyDone(f"The probation runs until {format_day(before)} already.")
            return f"Extended the probation of {certification} to {format_day(extended.ends_on)}: {typed['reason']}"

        action = ActionPage(
            title=f"Extend the probation of {certification}",
            button="Extend the probation",
            form=ExtendForm(request.POST or None, read_by=ReadBy.MEMBER, initial={"ends_on": present.ends_on}),
            facts=[*_facts(certification), *_of(present)],
            act=act,
        )
        return self.action_page(request, certification, action)

    def end_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        now = timezone.now()
        certification = self.record_for_action(request, object_id, MAY)
        present = probations.running(certification, day_of(now))
        if present is None:
            return self._none_runs(request, certification)

        def act(typed: dict[str, Any]) -> str:
            ended = probations.end(certification=certification, reason=typed["reason"], by=account_of(request), at=now)
            if ended is None:
                raise AlreadyDone("No probation runs any more.")
            return f"Ended the probation of {certification}: {typed['reason']}"

        action = ActionPage(
            title=f"End the probation of {certification}",
            button="End the probation",
            form=ReasonForm(request.POST or None, read_by=ReadBy.MEMBER),
            facts=[*_facts(certification), *_of(present)],
            act=act,
        )
        return self.action_page(request, certification, action)

    def _none_runs(self, request: HttpRequest, certification: Certification) -> HttpResponse:
        self.message_user(request, f"{certification} is not on probation.", messages.INFO)
        return redirect(self.page_of(certification))


def _facts(certification: Certification) -> list[tuple[str, object]]:
    return [
        ("Member", certification.member),
        ("Certification", f"{certification.credential.name}, {certification}"),
        ("Status today", certification.get_status_display()),
    ]


def _of(probation: Probation) -> list[tuple[str, object]]:
    return [
        ("On probation", f"{format_day(probation.starts_on)} to {format_day(probation.ends_on)}"),
        ("Order", probation.order),
        ("Points", format_points(probation.points) if probation.points is not None else "–"),
        ("To be met by", format_day(probation.due_on) if probation.due_on else "–"),
    ]
