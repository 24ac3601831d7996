"""What reviewers and the appeal board do in a case: the question of conflict, the entries, the decision.

The page of an entry shows the files beside the claim. A file is answered to whoever has the case
only, in a frame of our own pages only, and can load and run nothing.
"""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from csp.constants import SELF
from django import forms
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db.models import TextChoices
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils import timezone

from amtportal.dates import day_of
from amtportal.fields import LinesField, NumberField
from amtportal.formatting import format_points
from amtportal.members.access import account_of
from amtportal.refusals import Refused
from amtportal.staff.forms import ReadBy
from amtportal.uploads import kept
from ccp.admin.audit_cases import BaseCaseAdmin, CoordinatorMixin, TextForm, sent
from ccp.audits import cases, checklist, items, self_check, staff
from ccp.audits.checklist import Answer, Question
from ccp.audits.models import AuditCase, CaseState, ItemReview, ItemVerdict, Verb
from ccp.audits.reasons import Reason, in_words
from ccp.counting.terms import catalogue
from ccp.models import Evidence
from certifications.quarters import ZERO


class HasConflict(TextChoices):
    NO = "no", "No, I have no conflict of interest"
    YES = "yes", "Yes, somebody else has to look at it"


class ConflictForm(forms.Form):
    has_conflict = forms.ChoiceField(
        label="Do you have a conflict of interest?",
        choices=HasConflict,
        widget=forms.RadioSelect(attrs={"autofocus": True}),
        error_messages={"required": "Answer the question."},
        help_text="Such as: a relative, a friend, a colleague or a competitor, or you taught one of the courses.",
    )
    what = LinesField(
        label="What it is",
        required=False,
        max_length=cases.LONGEST_TEXT,
        widget=forms.Textarea(attrs={"rows": 2, "class": "vLargeTextField"}),
        help_text=ReadBy.STAFF.says("If you have one."),
    )


class Verdict(TextChoices):
    """What can be said of an entry, in the words of its page."""

    COUNT = ItemVerdict.COUNT.value, "Count"
    REDUCE = ItemVerdict.REDUCE.value, "Reduce"
    REJECT = ItemVerdict.REJECT.value, "Reject"


class ItemForm(forms.Form):
    """The checklist and the verdict on one entry."""

    checked = forms.MultipleChoiceField(
        label="Checklist", choices=Question, required=False, widget=forms.CheckboxSelectMultiple
    )
    verdict = forms.ChoiceField(
        choices=Verdict, widget=forms.RadioSelect, error_messages={"required": "Choose a verdict."}
    )
    points = NumberField(
        label="Points, if reduced",
        required=False,
        max_digits=7,
        decimal_places=2,
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
    )
    reason_code = forms.ChoiceField(
        label="Reason", required=False, choices=lambda: [("", "None of the list"), *Reason.choices]
    )
    reason = LinesField(
        label="In your own words",
        required=False,
        max_length=cases.LONGEST_TEXT,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=ReadBy.MEMBER_ONCE_ANNOUNCED,
    )

    def review(self, claimed: Decimal) -> dict[str, Any]:
        """Return what is said, in the words of ``cases.review_item``. Raises ``Refused``."""
        typed = self.cleaned_data
        points = typed["points"]
        if points is None:
            if typed["verdict"] == Verdict.REDUCE:
                raise Refused("Enter how many points count.", "points")
            points = claimed if typed["verdict"] == Verdict.COUNT else ZERO
        says_why = bool(typed["reason_code"] or typed["reason"].strip())
        unchecked = [str(question.label) for question in Question if question.value not in typed["checked"]]
        if sentence := staff.problem_with_checklist(typed["verdict"], unchecked, says_why=says_why):
            raise Refused(sentence, "checked")
        return {
            "verdict": typed["verdict"],
            "points": points,
            "reason_code": typed["reason_code"],
            "reason": typed["reason"],
            "checklist": {question.value: question.value in typed["checked"] for question in Question},
        }


def _initial(said: ItemReview | None, findings: list[checklist.Finding]) -> dict[str, Any]:
    """Return what the page of an entry begins with: what was said before, or what the portal knows."""
    if said is None:
        return {"checked": [finding.question.value for finding in findings if finding.answer == Answer.YES]}
    return {
        "checked": [name for name, is_so in said.checklist.items() if is_so],
        "verdict": said.verdict,
        "points": format_points(said.points) if said.verdict == ItemVerdict.REDUCE else "",
        "reason_code": said.reason_code,
        "reason": said.reason,
    }


class ReviewerMixin(BaseCaseAdmin):
    """What reviewers and the appeal board do in a case."""

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [
            path("<path:object_id>/conflict/", view(self.conflict_view), name="audits_auditcase_conflict"),
            path("<path:object_id>/take/", view(self.take_view), name="audits_auditcase_take"),
            path("<path:object_id>/release/", view(self.release_view), name="audits_auditcase_release"),
            path("<path:object_id>/more/", view(self.more_view), name="audits_auditcase_more"),
            path("<path:object_id>/decide/", view(self.decide_view), name="audits_auditcase_decide"),
            path("<path:object_id>/entries/<int:activity>/", view(self.item_view), name="audits_auditcase_item"),
            path("<path:object_id>/files/<int:file>/", view(self.file_view), name="audits_auditcase_file"),
            *super().get_urls(),
        ]

    def _untaken(self, request: HttpRequest, object_id: str, verb: Verb) -> AuditCase:
        """Return a case for somebody who may come to have it. Raises 403 for those who had another part in it."""
        case = self.case_for(request, object_id, [verb])
        by = account_of(request)
        if cases.parts_of(case) and staff.had_another_part(case, by):
            raise PermissionDenied
        return case

    def _taken(self, request: HttpRequest, object_id: str, *verbs: Verb) -> AuditCase:
        """Return a case for who has taken it. Raises 403 for everybody else while it is being reviewed."""
        case = self.case_for(request, object_id, verbs)
        if cases.parts_of(case) and not staff.is_mine(case, account_of(request)):
            raise PermissionDenied
        return case

    def conflict_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        def declare(has_conflict: str, what: str, **how: Any) -> None:
            cases.declare_conflict(has_conflict=has_conflict == HasConflict.YES, what=what, **how)

        case = self._untaken(request, object_id, Verb.DECLARE_CONFLICT)
        if request.method != "POST" and staff.answer_of(case, account_of(request)):
            self.message_user(request, "You have answered this question, and the answer stays on record.")
            return redirect(self.page_of(case))
        return self.deed(
            request,
            object_id,
            Verb.DECLARE_CONFLICT,
            title="Conflict of interest",
            button="Answer",
            done="Answered. It stays on record.",
            form=ConflictForm(sent(request)),
            act=declare,
            warning="You answer once, before you see any entry.",
            case=case,
        )

    def take_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        case = self._untaken(request, object_id, Verb.TAKE)
        if cases.parts_of(case):
            answer = staff.answer_of(case, account_of(request))
            if answer is None:
                self.message_user(request, "Answer this first.", messages.INFO)
                return redirect(self.address(case, "conflict"))
            if answer.has_conflict:
                raise PermissionDenied
        return self.deed(
            request,
            object_id,
            Verb.TAKE,
            title="Take the case",
            button="Take the case",
            done="You have the case.",
            form=forms.Form(sent(request)),
            act=cases.take,
            case=case,
        )

    def release_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self.deed(
            request,
            object_id,
            Verb.RELEASE,
            title="Give the case back",
            button="Give back",
            done="The case is back in the queue.",
            form=TextForm(sent(request), name="reason", label="Why", read_by=ReadBy.STAFF),
            act=cases.release,
            case=self._taken(request, object_id, Verb.RELEASE),
        )

    def more_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        case = self._taken(request, object_id, Verb.WANT_MORE)
        return self.deed(
            request,
            object_id,
            Verb.WANT_MORE,
            title="Ask for more proof",
            button="Ask for more proof",
            done="The member is asked for more proof.",
            form=TextForm(
                sent(request),
                name="reason",
                label="What is wanted",
                read_by=ReadBy.MEMBER,
                help_text="Name the entries.",
            ),
            act=cases.want_more,
            facts=[("Asked before", f"{case.asked_for_more} of 2 times")],
            warning="What you have said of the entries is kept. The case comes back to you.",
            case=case,
        )

    def decide_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Decide, in the state in which the case is: first or second review, or the appeal."""
        case = self._taken(request, object_id, *staff.DECIDING)
        if answer := self.moved_on(request, case, staff.DECIDING):
            return answer
        by = account_of(request)
        asked = staff.asked(case, by) if staff.is_mine(case, by) else []
        left = [each for each in asked if each.is_open]
        is_appeal = case.state == CaseState.APPEALED
        if request.method != "POST" and left and not (is_appeal or case.no_proof):
            self.message_user(request, "Give your verdict on this entry first.", messages.INFO)
            return redirect(self.address(case, "item", left[0].item.activity.pk))
        verb, name, words = {
            CaseState.SECOND_REVIEW: (Verb.DECIDE_AGAIN, "reason", "Decide in second review"),
            CaseState.APPEALED: (Verb.DECIDE_APPEAL, "answer", "Decide the appeal"),
        }.get(CaseState(case.state), (Verb.DECIDE, "reason", "Decide"))
        return self.deed(
            request,
            object_id,
            verb,
            title=words,
            button=words,
            done="Decided.",
            form=TextForm(
                sent(request),
                name=name,
                label="Reasons",
                read_by=ReadBy.MEMBER_ONCE_ANNOUNCED,
                help_text="" if is_appeal else "You can leave it empty.",
            ),
            act=_DECISIONS[verb],
            facts=[*_verdicts(asked), *_result(case, asked)],
            warning=_WARNINGS[verb],
            case=case,
        )

    # An entry

    def _seen(self, request: HttpRequest, object_id: str) -> AuditCase:
        """Return a case for those who see its entries. Raises 403 for everybody else."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        case: AuditCase | None = self.get_object(request, unquote(object_id))
        if case is None:
            raise Http404
        if not staff.sees_items(case, account_of(request)):
            raise PermissionDenied
        return case

    def item_view(self, request: HttpRequest, object_id: str, activity: int) -> HttpResponse:
        """Show one entry with its files, and take the verdict on it. Saving leads to the next entry without one."""
        now = timezone.now()
        case, by = self._seen(request, object_id), account_of(request)
        asked = [each for each in staff.asked(case, by) if not each.item.is_proven]
        place = next((place for place, each in enumerate(asked) if each.item.activity.pk == activity), None)
        if place is None:
            raise Http404
        shown = asked[place]
        can_review = staff.is_mine(case, by) and not cases.has_decided(case, by)
        if request.method == "POST" and not can_review:
            raise PermissionDenied
        claim = self_check.claim_of(shown.item.activity, case.cycle, files=len(shown.item.files), terms=catalogue())
        findings = checklist.check(claim)
        form = ItemForm(sent(request), initial=_initial(shown.mine, findings))
        if form.is_bound and form.is_valid():
            try:
                cases.review_item(
                    case=case,
                    activity=shown.item.activity,
                    by=by,
                    at=now,
                    **form.review(shown.item.activity.claimed),
                )
            except Refused as refused:
                form.add_error(refused.field if refused.field in form.fields else None, refused.sentence)
            else:
                self.log_change(request, case, f"Verdict on {shown.item.activity.reference}")
                return self._after(request, case, asked, place)
        questions = staff.questions(claim, findings, member=str(case.member), checked=form["checked"].value() or [])
        context = {
            **self.admin_site.each_context(request),
            "title": shown.item.activity.heading,
            "opts": self.opts,
            "case": case,
            "move": staff.move(case, day_of(now)),
            "shown": shown,
            "number": place + 1,
            "total": len(asked),
            "before": asked[place - 1] if place else None,
            "after": asked[place + 1] if place + 1 < len(asked) else None,
            "done": sum(not each.is_open for each in asked),
            "questions": questions,
            "form": form,
            "focus": next((each.name for each in questions if not each.is_checked), "verdict"),
            "files": [self._shown_file(case, file) for file in shown.item.files],
            "mine_why": in_words(shown.mine) if shown.mine else "",
            "earlier_why": in_words(shown.earlier) if shown.earlier else "",
            "can_review": can_review,
            "back": self.page_of(case),
        }
        response = TemplateResponse(request, "admin/audits/item.html", context)
        response._csp_replace = {"frame-src": [SELF]}  # type: ignore[attr-defined]
        return response

    def _shown_file(self, case: AuditCase, file: Evidence) -> dict[str, Any]:
        return {
            "address": self.address(case, "file", file.pk),
            "name": file.original_name,
            "kind": file.get_kind_display(),
            "size": file.size,
            "is_pdf": file.kind == Evidence.Kind.PDF,
        }

    def _after(self, request: HttpRequest, case: AuditCase, asked: list[staff.Asked], place: int) -> HttpResponse:
        """Lead to the next entry without a verdict, the first ones at last; to the decision if there is none."""
        following = [*asked[place + 1 :], *asked[:place]]
        left = next((each for each in following if each.is_open), None)
        if left is not None and case.state != CaseState.APPEALED:
            return redirect(self.address(case, "item", left.item.activity.pk))
        self.message_user(request, "Saved. Every entry has your verdict." if left is None else "Saved.")
        return redirect(self.address(case, "decide") if left is None else self.page_of(case))

    def file_view(self, request: HttpRequest, object_id: str, file: int) -> HttpResponseBase:
        """Answer with a file of the case, to be shown in a frame of the page of its entry."""
        case = self._seen(request, object_id)
        entries = {item.activity.pk for item in items.claimed([case.cycle_id])[case.cycle_id]}
        found = Evidence.objects.attached().filter(pk=file, activity__in=entries).first()
        if found is None:
            raise Http404
        return kept.in_a_frame(
            found.stored_name, name=found.original_name, kind=found.kind, about=f"evidence {found.pk}"
        )


_DECISIONS: dict[Verb, Callable[..., AuditCase]] = {
    Verb.DECIDE: cases.decide,
    Verb.DECIDE_AGAIN: cases.decide_again,
    Verb.DECIDE_APPEAL: cases.decide_appeal,
}
_WARNINGS = {
    Verb.DECIDE: "What is not passed, and one in ten of the others, is reviewed again before it is announced.",
    Verb.DECIDE_AGAIN: "The decision is announced to the member at once.",
    Verb.DECIDE_APPEAL: "Two decide. Of each entry, what is better for the member holds.",
}


def _verdicts(asked: list[staff.Asked]) -> list[tuple[str, object]]:
    lines: list[tuple[str, object]] = []
    for each in asked:
        activity = each.item.activity
        if each.item.is_proven:
            said = f"{activity.claim_in_words} points, credited by AMT"
        elif holds := each.mine or each.earlier:
            points = f"{format_points(holds.points)} of {activity.claim_in_words} points"
            said = f"{points}: {holds.get_verdict_display()}"
        else:
            said = "no verdict"
        lines.append((activity.reference, f"{activity.heading}: {said}"))
    return lines


def _result(case: AuditCase, asked: list[staff.Asked]) -> list[tuple[str, object]]:
    """Return what follows from the verdicts, as long as nobody else has a say in it."""
    if case.state == CaseState.APPEALED or any(each.is_open for each in asked) or not asked:
        return []
    points, outcome = items.result(case, [each.item for each in asked])
    needed = format_points(case.cycle.points_required)
    return [("Result", f"{outcome.label}: {format_points(points)} points, {needed} needed")]


@admin.register(AuditCase)
class AuditCaseAdmin(ReviewerMixin, CoordinatorMixin):
    """The audits."""
