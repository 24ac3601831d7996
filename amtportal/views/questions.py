"""The page on which members and visitors ask AMT a question, and the one that says what follows."""

from typing import Any

from django import forms
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone, translation
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from amtportal.fields import EmailField, LinesField
from amtportal.members import questions
from amtportal.members.limits import address_over_limit, over_limit, respond_429
from amtportal.members.models import User
from amtportal.members.sign_in import kept_forms
from amtportal.middleware.language import or_english

_EMAIL = _("Enter your e-mail address, for example name@example.org. The answer goes to it.")


class QuestionForm(forms.Form):
    email = EmailField(
        label=_("Your e-mail address"),
        max_length=254,
        error_messages={"required": _EMAIL, "invalid": _EMAIL, "max_length": _EMAIL},
    )
    question = LinesField(
        label=_("Your question"),
        max_length=questions.MOST,
        widget=forms.Textarea(attrs={"rows": 7}),
        error_messages={
            "required": _("Write your question."),
            "max_length": _("Write at most %(limit_value)d characters. You have %(show_value)d."),
        },
    )
    page = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, user: User | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if user is not None:
            del self.fields["email"]

    def clean_page(self) -> str:
        return questions.page_of(self.cleaned_data["page"])


@kept_forms.keeps("email", "question", "page")
@login_not_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def question_ask(request: HttpRequest) -> HttpResponse:
    user = request.user if isinstance(request.user, User) else None
    if request.method == "POST":
        form = QuestionForm(request.POST, user=user)
        if form.is_valid():
            if over_limit(request, "question") or address_over_limit(request, "questions"):
                return respond_429(request)
            typed = form.cleaned_data
            questions.ask(
                user=user,
                email=typed.get("email", ""),
                text=typed["question"],
                page=typed["page"],
                language=or_english(translation.get_language()),
                at=timezone.now(),
            )
            return redirect("question-sent")
        page = questions.page_of(request.POST.get("page", ""))
    else:
        kept = kept_forms.take(request)
        came_from = kept.get("page", "") if kept else request.headers.get("Referer", "")
        page = questions.page_of(came_from)
        page = "" if page == request.path else page
        form = QuestionForm(initial={**(kept.dict() if kept else {}), "page": page}, user=user)
    member = getattr(user, "member", None)
    return render(request, "help/question_ask.html", {"form": form, "page": page, "member": member})


@login_not_required
@never_cache
@require_safe
def question_sent(request: HttpRequest) -> HttpResponse:
    return render(request, "help/question_sent.html")
