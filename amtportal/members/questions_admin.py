"""Questions to AMT, as staff read and answer them: those that wait come first, the oldest first."""

from datetime import date
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import F, Q
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone

from amtportal import clean
from amtportal.fields import LinesField
from amtportal.members import questions
from amtportal.members.access import account_of
from amtportal.members.details_admin import days_waited
from amtportal.members.models import Question
from amtportal.staff.actions import ActionPage
from amtportal.staff.changelists import ConditionFilter
from amtportal.staff.pages import HistoryAdmin, WrittenByVerbs


class AnsweredFilter(ConditionFilter):
    title = "answer"
    parameter_name = "answer"

    def conditions(self, on: date) -> dict[str, tuple[str, Q]]:
        return {
            "waits": ("Waits for an answer", Q(answered_at=None)),
            "answered": ("Answered", Q(answered_at__isnull=False)),
        }


class AnswerForm(forms.Form):
    answer = LinesField(
        max_length=questions.MOST,
        required=False,
        widget=forms.Textarea(attrs={"rows": 10, "class": "vLargeTextField"}),
        help_text="It is mailed, with the question. Leave it empty if you answered by phone or by your own mail, or "
        "if it needs no answer: then nothing is mailed.",
    )


@admin.register(Question)
class QuestionAdmin(WrittenByVerbs, HistoryAdmin):
    list_display = ["number", "email", "amt_id", "page", "asked_at", "waits"]
    list_reads = ["email", "amt_id", "page", "asked_at", "answered_at"]
    page_select_related = ["user", "answered_by"]
    list_filter = [AnsweredFilter]
    ordering = [F("answered_at").desc(nulls_first=True), "pk"]  # type: ignore[list-item]  # stubs accept names only
    search_help_text = "E-mail address or AMT ID, in full"
    search_fields = ["pk"]
    fieldsets = [
        (None, {"fields": ["text", "page", "asked_at", "language"]}),
        ("Who asked", {"fields": ["user", "email", "amt_id"]}),
        ("Answer", {"fields": ["answer", "answered_at", "answered_by"]}),
    ]

    def found_by(self, words: str) -> Q:
        return Q(email=words.lower()) | Q(amt_id=clean.identifier(words))

    @admin.display(description="question")
    def number(self, question: Question) -> str:
        return str(question)

    @admin.display(description="waits")
    def waits(self, question: Question) -> str:
        return "" if question.answered_at else days_waited(question.asked_at)

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.answer_view)
        return [path("<path:object_id>/answer/", view, name="members_question_answer"), *super().get_urls()]

    def links(self, request: HttpRequest, obj: Question) -> list[tuple[str, str]]:
        if obj.answered_at or not request.user.has_perm(questions.MAY_ANSWER):
            return []
        return [("Answer", reverse("admin:members_question_answer", args=[obj.pk]))]

    def answer_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        question: Question = self.record_for_action(request, object_id, questions.MAY_ANSWER)

        def act(typed: dict[str, Any]) -> str:
            answer = typed["answer"]
            questions.answer(question=question, answer=answer, by=account_of(request), at=timezone.now())
            return f"Mailed the answer to {question.email}." if answer else "Noted that it is answered."

        facts = [("Question", question.text), ("From", question.email)]
        facts += [(name, value) for name, value in (("AMT ID", question.amt_id), ("Page", question.page)) if value]
        warning = "" if question.user_id else "Nobody proved this address: tell it nothing about a member."
        action = ActionPage(
            title=f"Answer question {question.pk}",
            button="Mark as answered",
            form=AnswerForm(request.POST if request.method == "POST" else None),
            act=act,
            facts=facts,
            warning=warning,
        )
        return self.action_page(request, question, action)
