"""The audits: the queue by whose move and by day, the page of a case, and what the coordinator does."""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone

from amtportal.dates import day_of, today
from amtportal.fields import DayField, LinesField
from amtportal.formatting import format_day, format_points
from amtportal.members.access import account_of
from amtportal.members.models import User
from amtportal.staff.actions import ActionPage, AlreadyDone
from amtportal.staff.changelists import ConditionFilter
from amtportal.staff.forms import ReadBy
from amtportal.staff.pages import HistoryAdmin, WrittenByVerbs
from ccp.audits import cases, deadlines, staff, states, steps
from ccp.audits.models import AuditCase, CaseState, CaseStep, Verb, Who

PEOPLE = ("first_reviewer", "second_reviewer", "first_of_board", "second_of_board")


class TextForm(forms.Form):
    """Asks for one text, and says who will read it. The verb says what is missing."""

    def __init__(self, *args: Any, name: str, label: str, read_by: ReadBy, help_text: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields[name] = LinesField(
            label=label,
            required=False,
            max_length=cases.LONGEST_TEXT,
            widget=forms.Textarea(attrs={"rows": 4, "class": "vLargeTextField"}),
            help_text=read_by.says(help_text),
        )


class GrantForm(forms.Form):
    until = DayField(
        label="New last day", widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}), help_text="As asked."
    )


def sent(request: HttpRequest) -> Any:
    """Return what was sent, also if it is nothing; None if the page is only opened."""
    return request.POST if request.method == "POST" else None


class MoveFilter(ConditionFilter):
    title = "whose move"
    parameter_name = "move"

    def conditions(self, on: Any) -> dict[str, tuple[str, Q]]:
        return {
            "late": ("AMT is late", Q(state__in=staff.OF_AMT, due_on__lt=on)),
            **{
                str(who): (
                    str(who.label),
                    Q(state__in=[state for state, mover in states.MOVES.items() if mover == who]),
                )
                for who in (Who.COORDINATOR, Who.REVIEWER, Who.BOARD, Who.MEMBER)
            },
        }


def _with(state: str, **parts: Any) -> Q:
    return Q(state=state, **parts)


class HolderFilter(admin.SimpleListFilter):
    """Cases that I have taken, or that nobody has."""

    title = "taken"
    parameter_name = "taken"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("mine", "By me"), ("nobody", "By nobody")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() == "mine":
            me = request.user.pk
            board = Q(first_of_board=me) | Q(second_of_board=me)
            mine = _with(CaseState.SUBMITTED, first_reviewer=me) | _with(CaseState.SECOND_REVIEW, second_reviewer=me)
            return queryset.filter(mine | (_with(CaseState.APPEALED) & board))
        if self.value() == "nobody":
            board = Q(first_of_board=None) | Q(second_of_board=None)
            free = _with(CaseState.SUBMITTED, first_reviewer=None) | _with(
                CaseState.SECOND_REVIEW, second_reviewer=None
            )
            return queryset.filter(free | (_with(CaseState.APPEALED) & board))
        return queryset


class StateFilter(admin.SimpleListFilter):
    """The queue holds the cases that are open; closed ones are there when they are asked for."""

    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [*[(state.value, str(state.label)) for state in CaseState if state != CaseState.DECIDED], ("all", "All")]

    def choices(self, changelist: Any) -> Any:
        first, *others = super().choices(changelist)
        return [{**first, "display": "Open"}, *others]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() == "all":
            return queryset
        return queryset.filter(state=self.value()) if self.value() else queryset.exclude(state=CaseState.CLOSED)


class BaseCaseAdmin(WrittenByVerbs, HistoryAdmin):
    """The queue and the page of a case."""

    change_form_template = "admin/audits/case.html"
    list_display = ["reference", "member", "credential", "whose_move", "due_on", "taken_by"]
    list_select_related = ["cycle__certification__credential", "cycle__certification__member", *PEOPLE]
    list_reads = [
        "state",
        "due_on",
        "cycle__certification__credential__code",
        "cycle__certification__member__first_name",
        "cycle__certification__member__last_name",
        "cycle__certification__member__amt_id",
        *[f"{part}__email" for part in PEOPLE],
    ]
    list_filter = [MoveFilter, HolderFilter, StateFilter, "cycle__certification__credential"]
    ordering = ["due_on", "pk"]
    search_help_text = "Name, e-mail address, AMT ID or the number of the audit"
    search_fields = ["cycle__certification__member"]
    number_prefix = "A"
    fields = ["cycle"]
    page_select_related = ["cycle__certification__member__user", "draw_line__draw", "opened_by", "extension", "appeal"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Return the cases of others: nobody acts for AMT in the own record."""
        return super().get_queryset(request).exclude(cycle__certification__member__user=request.user.pk)

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        """Return the case as it is now: if its last day is over, the portal passes it first."""
        case = super().get_object(request, object_id, from_field)
        if case is not None and deadlines.look(case, at=timezone.now()) is not case:
            case = super().get_object(request, object_id, from_field)
        return case

    @admin.display(description="audit")
    def reference(self, case: AuditCase) -> str:
        return case.reference

    @admin.display(description="member")
    def member(self, case: AuditCase) -> str:
        return str(case.member)

    @admin.display(description="credential")
    def credential(self, case: AuditCase) -> str:
        return case.cycle.certification.credential.code

    @admin.display(description="whose move")
    def whose_move(self, case: AuditCase) -> str:
        who = states.MOVES.get(case.state)
        late = " (late)" if case.state in staff.OF_AMT and states.has_passed(case.due_on, today()) else ""
        return f"{who.label}: {case.get_state_display().lower()}{late}" if who else "Closed"

    @admin.display(description="taken by")
    def taken_by(self, case: AuditCase) -> str:
        return staff.holder(case)

    # The page of a case

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        case = kwargs.get("obj")
        if case is not None:
            context |= self.shown(request, case)
        return super().render_change_form(request, context, *args, **kwargs)

    def shown(self, request: HttpRequest, case: AuditCase) -> dict[str, Any]:
        """Return what the page of a case shows to this person."""
        by = account_of(request)
        possible = staff.possible(case, by)
        sees_items = staff.sees_items(case, by)
        reads_words = sees_items or by.has_perm(staff.RIGHTS[Who.COORDINATOR])
        asked = staff.asked(case, by) if sees_items else []
        steps = case.steps.select_related("by").order_by("number")
        return {
            "title": f"{case}: {case.member}",
            "case": case,
            "move": staff.move(case, today()),
            "facts": self.facts(case),
            "can_take": Verb.TAKE in possible,
            "can_answer": Verb.DECLARE_CONFLICT in possible,
            "is_mine": staff.is_mine(case, by),
            "sees_items": sees_items,
            "asked": asked,
            "next_open": next((each for each in asked if each.is_open), None),
            "reads_words": reads_words,
            "extension": getattr(case, "extension", None) if reads_words else None,
            "appeal": getattr(case, "appeal", None) if reads_words else None,
            "texts": case.messages.filter(activity=None).select_related("written_by").order_by("pk")
            if reads_words
            else [],
            "letters": case.letters.order_by("pk") if reads_words else [],
            "steps": [(step, self.why(case, step, request)) for step in steps],
            "is_announced": case.state in states.OPEN_VERDICT and case.points is not None,
            "proposal": getattr(case, "proposal", None) if by.has_perm("audits.view_statusproposal") else None,
        }

    def why(self, case: AuditCase, step: CaseStep, request: HttpRequest) -> str:
        """Return the reason of a step for those who may read it. The reason of a conflict is its owner's."""
        by = account_of(request)
        is_theirs = step.by_id == by.pk
        if step.verb in (Verb.OPEN, Verb.CALL_OFF) or is_theirs:
            return step.reason
        if by.has_perm(staff.RIGHTS[Who.COORDINATOR]) and step.who in (Who.COORDINATOR, Who.REVIEWER, Who.BOARD):
            return staff.reason_shown(case, step, by)
        return staff.reason_shown(case, step, by) if staff.sees_items(case, by) else ""

    def facts(self, case: AuditCase) -> list[tuple[str, object]]:
        cycle = case.cycle
        closed = "not closed"
        if cycle.closed_on and cycle.points_at_close is not None:
            points = f"{format_points(cycle.points_at_close)} points of {format_points(cycle.points_required)}"
            closed = f"{format_day(cycle.closed_on)}: {points}, {cycle.get_outcome_display().lower()}"
        return [
            ("Member", case.member),
            ("Certification", cycle.certification),
            ("Cycle", f"{cycle.number}, {format_day(cycle.starts_on)} to {format_day(cycle.ends_on)}"),
            ("As closed", closed),
            ("Why it is audited", case.cause or case.draw_line.draw),  # type: ignore[union-attr]
        ]

    # What is done in a case

    BUTTONS: tuple[tuple[Verb, str, str], ...] = (
        (Verb.NOTIFY, "Ask for proof", "notify"),
        (Verb.GRANT_EXTENSION, "Grant more time", "grant"),
        (Verb.REFUSE_EXTENSION, "Refuse more time", "refuse"),
        (Verb.WANT_MORE, "Ask for more proof", "more"),
        (Verb.DECIDE, "Decide", "decide"),
        (Verb.DECIDE_AGAIN, "Decide", "decide"),
        (Verb.DECIDE_APPEAL, "Decide the appeal", "decide"),
        (Verb.RELEASE, "Give back", "release"),
        (Verb.CALL_OFF, "Call off", "call_off"),
    )

    def links(self, request: HttpRequest, obj: AuditCase) -> list[tuple[str, str]]:
        possible = staff.possible(obj, account_of(request))
        links = [(words, self.address(obj, name)) for verb, words, name in self.BUTTONS if verb in possible]
        if obj.is_open and self.may_write(request, obj):
            links.append(("Write to the member", self.address(obj, "message")))
        return [*super().links(request, obj), *links]

    def address(self, case: AuditCase, name: str, *more: object) -> str:
        return reverse(f"admin:audits_auditcase_{name}", args=[case.pk, *more])

    def may_write(self, request: HttpRequest, case: AuditCase) -> bool:
        by = account_of(request)
        return by.has_perm(staff.RIGHTS[Who.COORDINATOR]) or staff.is_mine(case, by)

    def case_for(self, request: HttpRequest, object_id: str, verbs: Iterable[str]) -> AuditCase:
        """Return the case for those who do this in its state.

        Raises 403 for everybody else, also for a reviewer who has no part in it, and 404 if there is
        no such case, or if it is one's own.
        """
        by = account_of(request)
        if not (self.has_view_permission(request) and any(map(by.has_perm, staff.rights_for("", verbs)))):
            raise PermissionDenied
        case: AuditCase | None = self.get_object(request, unquote(object_id))
        if case is None:
            raise Http404
        if not any(map(by.has_perm, staff.rights_for(case.state, verbs))):
            raise PermissionDenied
        return case

    def moved_on(self, request: HttpRequest, case: AuditCase, verbs: Iterable[str]) -> HttpResponse | None:
        """Lead back to the case if it is in a state in which this is not done. A form that is sent says so itself."""
        if request.method == "POST" or any(states.rows(case.state, verb) for verb in verbs):
            return None
        self.message_user(request, f"This cannot be done now: {staff.move(case, today())}.", messages.WARNING)
        return redirect(self.page_of(case))

    def deed(
        self,
        request: HttpRequest,
        object_id: str,
        verb: Verb,
        *,
        title: str,
        button: str,
        done: str,
        form: forms.Form,
        act: Callable[..., object],
        warning: str = "",
        facts: Iterable[tuple[str, object]] = (),
        case: AuditCase | None = None,
    ) -> HttpResponse:
        """Show the page of one verb, or call it. What was done before is said, and not done again."""
        case = case or self.case_for(request, object_id, [verb])
        if answer := self.moved_on(request, case, [verb]):
            return answer
        by, now = account_of(request), timezone.now()

        def acted(typed: dict[str, Any]) -> str:
            before = case.steps.count()
            act(case=case, by=by, at=now, **typed)
            if case.steps.count() == before:
                raise AlreadyDone("This is done already.")
            return done

        return self.action_page(
            request,
            case,
            ActionPage(
                title=f"{title} ({case.reference})",
                button=button,
                form=form,
                act=acted,
                facts=[*self.facts(case), ("Now", staff.move(case, day_of(now))), *facts],
                warning=warning,
            ),
        )


class CoordinatorMixin(BaseCaseAdmin):
    """What the coordinator does in a case."""

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [
            path("<path:object_id>/notify/", view(self.notify_view), name="audits_auditcase_notify"),
            path("<path:object_id>/call-off/", view(self.call_off_view), name="audits_auditcase_call_off"),
            path("<path:object_id>/grant/", view(self.grant_view), name="audits_auditcase_grant"),
            path("<path:object_id>/refuse/", view(self.refuse_view), name="audits_auditcase_refuse"),
            path("<path:object_id>/message/", view(self.message_view), name="audits_auditcase_message"),
            *super().get_urls(),
        ]

    def notify_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self.deed(
            request,
            object_id,
            Verb.NOTIFY,
            title="Ask for proof",
            button="Ask for proof",
            done="The member is asked for proof.",
            form=forms.Form(sent(request)),
            act=_notify,
            warning="The member is told by mail and by letter, and the days begin to run.",
        )

    def call_off_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self.deed(
            request,
            object_id,
            Verb.CALL_OFF,
            title="Call off the audit",
            button="Call off",
            done="The audit is called off.",
            form=TextForm(
                sent(request),
                name="reason",
                label="Why",
                read_by=ReadBy.MEMBER,
                help_text="Such as: it was opened in error.",
            ),
            act=cases.call_off,
            warning="It ends without a decision, and cannot be opened again; another one can.",
        )

    def grant_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        case = self.case_for(request, object_id, [Verb.GRANT_EXTENSION])
        extension = getattr(case, "extension", None)
        return self.deed(
            request,
            object_id,
            Verb.GRANT_EXTENSION,
            title="Grant more time",
            button="Grant",
            done="More time is granted.",
            form=GrantForm(sent(request), initial={"until": extension.wanted_on if extension else None}),
            act=cases.grant_extension,
            facts=_asked_by(extension),
            case=case,
        )

    def refuse_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        case = self.case_for(request, object_id, [Verb.REFUSE_EXTENSION])
        return self.deed(
            request,
            object_id,
            Verb.REFUSE_EXTENSION,
            title="Refuse more time",
            button="Refuse",
            done="More time is refused.",
            form=TextForm(sent(request), name="reason", label="Why", read_by=ReadBy.MEMBER),
            act=cases.refuse_extension,
            facts=_asked_by(getattr(case, "extension", None)),
            warning=f"The member still has {deadlines.REMAIN_AFTER_REQUEST} days at least.",
            case=case,
        )

    def message_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Write to the member, as the coordinator or as who has the case."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        by = account_of(request)
        if not any(map(by.has_perm, staff.RIGHTS.values())):
            raise PermissionDenied
        case: AuditCase | None = self.get_object(request, unquote(object_id))
        if case is None:
            raise Http404
        if not self.may_write(request, case):
            raise PermissionDenied

        def act(typed: dict[str, Any]) -> str:
            before = case.messages.count()
            cases.write_message(case=case, text=typed["text"], by=by, at=timezone.now())
            if case.messages.count() == before:
                raise AlreadyDone("This message is sent already.")
            return "The message is sent."

        form = TextForm(sent(request), name="text", label="Message", read_by=ReadBy.MEMBER)
        action = ActionPage(
            title=f"Write to the member ({case.reference})",
            button="Send",
            form=form,
            act=act,
            facts=self.facts(case),
        )
        return self.action_page(request, case, action)


def _notify(*, case: AuditCase, by: User, at: datetime) -> None:
    if cases.notify(cases=[case.pk], by=by, at=at):
        return
    [now] = steps.read([case.pk])
    if now.state != CaseState.NOTIFIED:
        steps.row_or_refuse(now, Verb.NOTIFY)


def _asked_by(extension: Any) -> list[tuple[str, object]]:
    if extension is None:
        return []
    return [
        ("Asked for", f"until {format_day(extension.wanted_on)} instead of {format_day(extension.was_due_on)}"),
        ("Because", extension.reason),
    ]
