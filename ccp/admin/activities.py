"""Activities and their credits: members write them; staff read them.

Staff may void an entry, and set the points that a member left to AMT. They give a reason for both.
"""

import re
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.options import IncorrectLookupParameters
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone

from amtportal.dates import day_of, today
from amtportal.formatting import format_day
from amtportal.members.access import account_of
from amtportal.refusals import Refused
from amtportal.staff.actions import ActionPage, AlreadyDone
from amtportal.staff.changelists import BranchedFilter, ConditionFilter
from amtportal.staff.forms import ReadBy, ReasonForm
from amtportal.staff.pages import HistoryAdmin, ShownInline, WrittenByVerbs, numbered
from ccp.admin import set_points, voiding
from ccp.admin.amtrax import AmtraxImportMixin
from ccp.admin.effects import Effect, claimed
from ccp.models import Activity, ActivityType, Credit
from ccp.recording.changeable import refuse_unless_settable
from ccp.rollover import points_owed
from ccp.rollover.points_owed import days_in_words

MAY_VOID = "ccp.void_entry"
MAY_SET = "ccp.set_points"
MAY_TAKE_BACK = "ccp.take_back_void"
MOST_AT_ONCE = 100
TO_BE_SET = "to-be-set"
MISSED_FROM = "missed_from"
"""The last day of the first cycle that is short of points and may get them from the entry."""


class StandingFilter(ConditionFilter):
    title = "standing"
    parameter_name = "standing"

    def conditions(self, on: date) -> dict[str, tuple[str, Q]]:
        return {
            "yes": ("Stands", Q(withdrawn_at=None)),
            "withdrawn": ("Withdrawn by the member", Q(withdrawn_at__isnull=False, void_reason="")),
            "void": ("Void", Q(withdrawn_at__isnull=False) & ~Q(void_reason="")),
        }


class StartFilter(ConditionFilter):
    title = "first day"
    parameter_name = "starts"
    by_day = ["-starts_on", "-pk"]

    def conditions(self, on: date) -> dict[str, tuple[str, Q]]:
        return {
            "30-days": ("In the last 30 days", Q(starts_on__gt=on - timedelta(days=30), starts_on__lte=on)),
            "this-year": (f"In {on.year}", Q(starts_on__year=on.year)),
            "last-year": (f"In {on.year - 1}", Q(starts_on__year=on.year - 1)),
        }


class PointsFilter(ConditionFilter):
    title = "points"
    parameter_name = "points"

    def order(self) -> list[Any]:
        """Return the most urgent first; the list has its own order under the other choice."""
        return [F(MISSED_FROM).asc(nulls_last=True), "pk"] if self.value() == TO_BE_SET else []

    def conditions(self, on: date) -> dict[str, tuple[str, Q]]:
        claims = Credit.objects.filter(activity=OuterRef("pk")).exclude(cut__in=Credit.NOT_CLAIMED)
        can_count = Exists(claims.filter(cycle__closed_on=None))
        return {
            TO_BE_SET: ("To be set", Q(points=None, withdrawn_at=None) & Q(can_count)),
            "set": ("Set by AMT", Q(points_set_at__isnull=False)),
        }


class CategoryFilter(BranchedFilter, admin.RelatedFieldListFilter):
    """The categories, by their types: each type has an index in the order of the list."""

    def queryset(self, request: HttpRequest, queryset: QuerySet[Activity]) -> QuerySet[Activity]:
        if not self.lookup_val:
            return queryset
        try:
            found = ActivityType.objects.filter(category__in=self.lookup_val).order_by().values_list("pk", flat=True)
            kinds = list(found)
        except (ValueError, ValidationError) as error:
            raise IncorrectLookupParameters(error) from error
        self.together, self.branches = Q(activity_type__in=kinds), [Q(activity_type=kind) for kind in kinds]
        return queryset


class CreditInline(ShownInline):
    """What an entry counts for in each cycle, or what counts in a cycle."""

    model = Credit
    readonly_fields = ["activity", "cycle", "points", "cut"]
    select_related = ["activity__activity_type", "cycle__certification__credential"]


@admin.register(Activity)
class ActivityAdmin(AmtraxImportMixin, WrittenByVerbs, HistoryAdmin):
    list_display = ["reference", "member", "heading", "starts_on", "claim", "state"]
    list_select_related = ["member", "activity_type"]
    list_reads = [
        "title",
        "starts_on",
        "points",
        "withdrawn_at",
        "void_reason",
        "activity_type__name",
        "member__first_name",
        "member__last_name",
        "member__amt_id",
        "recorded_at",
    ]
    page_select_related = ["attested_by", "withdrawn_by", "points_set_by", "statement"]
    list_filter = [StandingFilter, PointsFilter, StartFilter, "source", ("activity_type__category", CategoryFilter)]
    search_help_text = "Name, e-mail address, AMT ID or reference"
    search_fields = ["member"]
    number_prefix = "CE"
    actions = ["set_points_of_selected", "void_selected"]
    inlines = [CreditInline]
    fieldsets = [
        (None, {"fields": ["reference", "state", "member", "activity_type", "title", "provider"]}),
        (
            "Claim",
            {
                "fields": [
                    "starts_on",
                    "ends_on",
                    "claim",
                    "quantity",
                    "unit",
                    "points_set_at",
                    "points_set_by",
                    "difference",
                ]
            },
        ),
        ("Attestation", {"fields": ["attestation", "attested_at", "attested_by"]}),
        (
            "Record",
            {
                "fields": [
                    "recorded_at",
                    "source",
                    "provider_reference",
                    "recorded_in_amtrax_on",
                    "revision",
                    "submission_id",
                ]
            },
        ),
        ("Withdrawn or void", {"fields": ["withdrawn_at", "withdrawn_by", "void_reason"]}),
    ]
    readonly_fields = ["reference", "state", "claim", "attestation"]

    def get_list_display(self, request: HttpRequest) -> list[Any]:
        """Show for how long the points are owed, and which cycle misses them, where staff look for that."""
        shown = list(super().get_list_display(request))
        return [*shown[:-1], "waits", "cycle_ends"] if self._shows_owed(request) else shown

    def get_queryset(self, request: HttpRequest) -> QuerySet[Activity]:
        entries: QuerySet[Activity] = super().get_queryset(request)
        if not self._shows_owed(request):
            return entries
        missing = points_owed.missing().filter(activity=OuterRef("pk")).order_by("cycle__ends_on")
        return entries.annotate(**{MISSED_FROM: Subquery(missing.values("cycle__ends_on")[:1])})

    def _shows_owed(self, request: HttpRequest) -> bool:
        return request.GET.get(PointsFilter.parameter_name) == TO_BE_SET

    @admin.display(description="waits")
    def waits(self, activity: Activity) -> str:
        return days_in_words((today() - day_of(activity.recorded_at)).days)

    @admin.display(description="cycle ends")
    def cycle_ends(self, activity: Activity) -> str:
        ends_on: date | None = getattr(activity, MISSED_FROM)
        if ends_on is None:
            return "misses no points"
        return f"{format_day(ends_on)}, {points_owed.how_near(ends_on, today())}"

    @admin.display(description="attestation")
    def attestation(self, activity: Activity) -> str:
        return activity.attestation

    @admin.display(description="points", ordering="points")
    def claim(self, activity: Activity) -> str:
        return activity.claim_in_words

    @admin.display(description="state")
    def state(self, activity: Activity) -> str:
        if activity.is_standing:
            return "Stands"
        return "Void" if activity.is_void else "Withdrawn"

    def get_urls(self) -> list[URLPattern]:
        several = self.admin_site.admin_view(self.void_several_view)
        one = self.admin_site.admin_view(self.void_view)
        return [
            path("void/", several, name="ccp_activity_void_several"),
            path("<path:object_id>/void/", one, name="ccp_activity_void"),
            path(
                "<path:object_id>/restore/",
                self.admin_site.admin_view(self.take_back_view),
                name="ccp_activity_restore",
            ),
            path("points/", self.admin_site.admin_view(self.set_several_view), name="ccp_activity_points_several"),
            path("<path:object_id>/points/", self.admin_site.admin_view(self.set_view), name="ccp_activity_points"),
            *super().get_urls(),
        ]

    def has_void_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm(MAY_VOID)

    def has_set_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm(MAY_SET)

    def links(self, request: HttpRequest, obj: Activity) -> list[tuple[str, str]]:
        found = []
        if set_points.can_be_set(obj) and self.has_set_permission(request):
            label = "Set the points" if obj.awaits_points else "Set the points again"
            found.append((label, reverse("admin:ccp_activity_points", args=[obj.pk])))
        if obj.is_standing and self.has_void_permission(request):
            found.append(("Void this entry", reverse("admin:ccp_activity_void", args=[obj.pk])))
        if obj.is_void and request.user.has_perm(MAY_TAKE_BACK):
            found.append(("Put back on record", reverse("admin:ccp_activity_restore", args=[obj.pk])))
        return found

    def set_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask for the points, show what they do to each cycle, then set them."""
        activity = self.record_for_action(request, object_id, MAY_SET)
        by, at = account_of(request), timezone.now()
        form = set_points.PointsOfOneForm(
            request.POST or None, initial={"revision": activity.revision, "points": activity.points}
        )
        title, warning = f"Set the points of {activity.reference}", ""
        following: list[Effect] = []
        if form.is_bound and form.is_valid():
            if set_points.is_done(activity, form.cleaned_data):
                self.message_user(request, set_points.already_set(activity), messages.INFO)
                return redirect(self.page_of(activity))
            try:
                following = set_points.effects(activity, form.cleaned_data, by=by, at=at)
            except Refused as refusal:
                form.add_error(refusal.field if refusal.field in form.fields else None, refusal.sentence)
        else:
            warning = _why_not_settable(activity) or _what_stays(activity)
        facts = [*_facts(activity), *((effect.heading, effect) for effect in following)]
        if not form.is_bound or form.errors:
            ask = ActionPage(title, "Show what changes", form, str, facts, warning)
            return self.render_action_page(request, ask, original=activity, back=self.page_of(activity))
        seen = set_points.digest(form.cleaned_data, following)
        confirm = ActionPage(
            title=title,
            button="Set the points",
            form=set_points.PointsOfOneForm.confirming(request.POST, seen),
            facts=facts,
            warning="The points count from today. The member is told in the mail of the day.",
            act=lambda typed: set_points.set_points(activity, typed, by=by, at=at),
        )
        if form.cleaned_data["seen"] != seen:
            return self.render_action_page(request, confirm, original=activity, back=self.page_of(activity))
        return self.action_page(request, activity, confirm)

    @admin.action(description="Set the points of the selected entries", permissions=["set"])
    def set_points_of_selected(self, request: HttpRequest, queryset: QuerySet[Activity]) -> HttpResponse | None:
        chosen = list(queryset.order_by("pk").values_list("pk", "revision")[: MOST_AT_ONCE + 1])
        if len(chosen) > MOST_AT_ONCE:
            self.message_user(request, f"Select at most {MOST_AT_ONCE} entries to set the points of.", messages.ERROR)
            return None
        entries = ",".join(f"{pk}-{revision}" for pk, revision in chosen)
        return redirect(f"{reverse('admin:ccp_activity_points_several')}?ids={entries}")

    def set_several_view(self, request: HttpRequest) -> HttpResponse:
        """Set the same points for each of the selected entries.

        Each is set separately, as it was when it was selected, so that one refusal does not stop the
        others.
        """
        if not (self.has_set_permission(request) and self.has_view_permission(request)):
            raise PermissionDenied
        chosen = re.findall(r"\b([0-9]{1,18})-([0-9]{1,9})\b", request.GET.get("ids", ""))[:MOST_AT_ONCE]
        revisions = {int(pk): int(revision) for pk, revision in chosen}
        selected = self.get_queryset(request).filter(pk__in=revisions).order_by("pk")
        settable = [activity for activity in selected if set_points.can_be_set(activity)]
        back = f"{reverse('admin:ccp_activity_changelist')}?points=to-be-set"
        if not settable:
            self.message_user(request, "The points of these entries are not AMT's to set.", messages.INFO)
            return redirect(back)
        form = set_points.PointsForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            for activity in settable:
                typed = {**form.cleaned_data, "revision": revisions[activity.pk]}
                self._set_one_of_several(request, activity, typed)
            return redirect(back)
        action = ActionPage(
            title=f"Set the points of {len(settable)} {'entry' if len(settable) == 1 else 'entries'}",
            button="Set the points",
            form=form,
            facts=[(activity.reference, _in_a_line(activity)) for activity in settable],
            warning="Each of them gets these points. They count from today, and the members are told.",
            act=str,
        )
        return self.render_action_page(request, action, original=None, back=back)

    def _set_one_of_several(self, request: HttpRequest, activity: Activity, typed: dict[str, Any]) -> None:
        self._tell_outcome(
            request, activity, lambda: set_points.set_points(activity, typed, by=account_of(request), at=timezone.now())
        )

    def _tell_outcome(self, request: HttpRequest, activity: Activity, act: Callable[[], str]) -> None:
        """Act on one of several entries, and say what came of it."""
        try:
            done = act()
        except Refused as refusal:
            self.message_user(request, f"{activity.reference}: {refusal.sentence}", messages.ERROR)
        except AlreadyDone as repeat:
            self.message_user(request, str(repeat), messages.INFO)
        else:
            self.log_change(request, activity, done)
            self.message_user(request, done, messages.SUCCESS)

    def void_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Show what voiding the entry does to each cycle, then void it."""
        activity = self.record_for_action(request, object_id, MAY_VOID)
        if not activity.is_standing:
            self.message_user(request, voiding.no_longer_stands(activity), messages.INFO)
            return redirect(self.page_of(activity))
        by, at = account_of(request), timezone.now()
        warning = "If the entry was right after all, the voiding can be taken back while its cycles are not closed."
        try:
            following = [(effect.heading, effect) for effect in voiding.effects(activity, by=by, at=at)]
        except Refused as refusal:
            following, warning = [], refusal.sentence
        action = ActionPage(
            title=f"Void {activity.reference}",
            button="Void entry",
            form=ReasonForm(request.POST or None, read_by=ReadBy.MEMBER, help_text="It stands with the entry."),
            facts=[*_facts(activity), *following],
            warning=warning,
            act=lambda typed: voiding.void(activity, typed["reason"], by=by, at=at),
        )
        return self.action_page(request, activity, action)

    def take_back_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Show what the voided entry counts for in each cycle, then put it back on record."""
        activity = self.record_for_action(request, object_id, MAY_TAKE_BACK)
        if activity.is_standing:
            self.message_user(request, f"{activity.reference} is on record already.", messages.INFO)
            return redirect(self.page_of(activity))
        by, at = account_of(request), timezone.now()
        warning = "The entry counts again, and a requirement that it meets is met. The member is told in the next mail."
        try:
            following = [(effect.heading, effect) for effect in voiding.effects_of_taking_back(activity, by=by, at=at)]
        except Refused as refusal:
            following, warning = [], refusal.sentence
        action = ActionPage(
            title=f"Put {activity.reference} back on record",
            button="Put back on record",
            form=voiding.TakeBackForm(
                request.POST or None, read_by=ReadBy.MEMBER, help_text="Why it counts after all."
            ),
            facts=[*_facts(activity), ("Voided because", activity.void_reason or "–"), *following],
            warning=warning,
            act=lambda typed: voiding.take_back(activity, typed["reason"], by=by, at=at),
        )
        return self.action_page(request, activity, action)

    @admin.action(description="Void the selected entries", permissions=["void"])
    def void_selected(self, request: HttpRequest, queryset: QuerySet[Activity]) -> HttpResponse | None:
        keys = list(queryset.order_by("pk").values_list("pk", flat=True)[: MOST_AT_ONCE + 1])
        if len(keys) > MOST_AT_ONCE:
            self.message_user(request, f"Select at most {MOST_AT_ONCE} entries to void.", messages.ERROR)
            return None
        return redirect(f"{reverse('admin:ccp_activity_void_several')}?ids={','.join(map(str, keys))}")

    def void_several_view(self, request: HttpRequest) -> HttpResponse:
        """Void the selected entries with one reason.

        Each entry is voided separately, so that one refusal does not stop the others.
        """
        if not (self.has_void_permission(request) and self.has_view_permission(request)):
            raise PermissionDenied
        keys = re.findall(r"\b[0-9]{1,18}\b", request.GET.get("ids", ""))[:MOST_AT_ONCE]
        standing = list(self.get_queryset(request).filter(pk__in=keys, withdrawn_at=None).order_by("pk"))
        back = reverse("admin:ccp_activity_changelist")
        if not standing:
            self.message_user(request, "None of these entries can be voided.", messages.INFO)
            return redirect(back)
        form = ReasonForm(request.POST or None, read_by=ReadBy.MEMBER, help_text="It stands with the entry.")
        if request.method == "POST" and form.is_valid():
            for activity in standing:
                self._void_one_of_several(request, activity, form.cleaned_data["reason"])
            return redirect(back)
        action = ActionPage(
            title=f"Void {len(standing)} {'entry' if len(standing) == 1 else 'entries'}",
            button="Void entries",
            form=form,
            facts=[(activity.reference, _in_a_line(activity)) for activity in standing],
            act=str,
        )
        return self.render_action_page(request, action, original=None, back=back)

    def _void_one_of_several(self, request: HttpRequest, activity: Activity, reason: str) -> None:
        self._tell_outcome(
            request, activity, lambda: voiding.void(activity, reason, by=account_of(request), at=timezone.now())
        )


def _facts(activity: Activity) -> list[tuple[str, object]]:
    return [
        ("Member", activity.member),
        ("Activity", activity.heading),
        ("Dates", f"{format_day(activity.starts_on)} to {format_day(activity.ends_on)}"),
        ("Points claimed", activity.claim_in_words),
    ]


def _in_a_line(activity: Activity) -> str:
    points = "points to be set" if activity.awaits_points else f"{activity.claim_in_words} points"
    return f"{activity.member}: {activity.heading}, {format_day(activity.starts_on)}, {points}"


def _why_not_settable(activity: Activity) -> str:
    """Return why the points of the entry cannot be set; empty if they can."""
    try:
        refuse_unless_settable(activity, [credit.cycle for credit in claimed(activity)])
    except Refused as refusal:
        return refusal.sentence
    return ""


def _what_stays(activity: Activity) -> str:
    """Return that a closed cycle keeps its points; empty if the entry is claimed for none."""
    if any(credit.cycle.closed_on for credit in claimed(activity)):
        return (
            "One of its cycles is closed and does not change: the points count in the others, and the member is told. "
            "If they must count in the closed cycle, sign a correction of it."
        )
    return ""


@admin.register(Credit)
class CreditAdmin(WrittenByVerbs, HistoryAdmin):
    list_display = ["activity", "member", "cycle", "points", "cut"]
    list_select_related = ["activity__member", "activity__activity_type", "cycle__certification__credential"]
    list_reads = [
        "points",
        "cut",
        "activity__title",
        "activity__activity_type__name",
        "activity__member__first_name",
        "activity__member__last_name",
        "activity__member__amt_id",
        "cycle__number",
        "cycle__starts_on",
        "cycle__ends_on",
        "cycle__certification__certificate_number",
        "cycle__certification__credential__code",
    ]
    list_filter = ["cut"]
    search_help_text = "Name, e-mail address, AMT ID or the activity's reference"
    search_fields = ["activity__member"]
    number_prefix = "CE"

    @admin.display(description="member")
    def member(self, credit: Credit) -> str:
        return str(credit.activity.member)

    def found_by(self, words: str) -> Q:
        number = numbered(self.number_prefix, words)
        return super().found_by(words) if number is None else Q(activity=number)
