"""Mailing a list: writing, a preview as one of the members with a count, and sending it once."""

from uuid import UUID, uuid4

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.html import format_html
from django.views.decorators.http import require_http_methods

from amtportal.dates import day_of
from amtportal.fields import LineField, LinesField
from amtportal.members.access import account_of
from amtportal.members.mail.layout import compose, unwrapped
from amtportal.members.models import MailPriority, Member
from amtportal.refusals import Refused
from ccp.reports.lists import base
from ccp.reports.lists.registry import LISTS, address
from ccp.reports.mailings import audience, verbs, words, writing
from ccp.reports.mailings.audience import Audience
from ccp.reports.mailings.words import Words
from ccp.reports.models import ListName, Mailing, MailingSort
from ccp.reports.views.access import MAY_MAIL, MAY_VIEW_LISTS, need, page

LANGUAGES = (("en", "English"), ("es", "Spanish"))
WIDE = {"class": "vTextField"}
TALL = {"class": "vLargeTextField", "rows": 10}


class MailForm(forms.Form):
    """The words, and whether members can switch such mail off. ``shown`` is the count that the page showed."""

    sort = forms.ChoiceField(label="What it is", choices=MailingSort, widget=forms.RadioSelect)
    subject_en = LineField(label="Subject", max_length=120, widget=forms.TextInput(attrs=WIDE))
    text_en = LinesField(
        label="Text",
        max_length=words.LONGEST,
        widget=forms.Textarea(attrs=TALL),
        help_text="Plain text; each line is a paragraph. {name} and {amt_id} become those of the reader. The greeting "
        "with the name, and AMT’s signature, are added.",
    )
    subject_es = LineField(
        label="Subject in Spanish", max_length=120, required=False, widget=forms.TextInput(attrs={**WIDE, "lang": "es"})
    )
    text_es = LinesField(
        label="Text in Spanish",
        max_length=words.LONGEST,
        required=False,
        widget=forms.Textarea(attrs={**TALL, "lang": "es"}),
        help_text="For members who read mail in Spanish. Leave both empty to send everybody the English text.",
    )
    submission_id = forms.UUIDField(widget=forms.HiddenInput)
    shown = forms.IntegerField(required=False, min_value=0, widget=forms.HiddenInput)

    def clean(self) -> None:
        try:
            verbs.check(self.english, self.spanish)
        except Refused as refused:
            if refused.field not in self.errors:
                self.add_error(refused.field, refused.sentence)

    @property
    def english(self) -> Words:
        return Words(self.cleaned_data.get("subject_en", ""), self.cleaned_data.get("text_en", ""))

    @property
    def spanish(self) -> Words:
        return Words(self.cleaned_data.get("subject_es", ""), self.cleaned_data.get("text_es", ""))


@require_http_methods(["GET", "HEAD", "POST"])
def mail(request: HttpRequest, name: ListName) -> HttpResponse:
    """Show the form; then the mail as one of the members gets it, and how many get it; then send it."""
    need(request, MAY_VIEW_LISTS, MAY_MAIL)
    work_list, on = LISTS[name], day_of(timezone.now())
    chosen = work_list.filtered(request.GET, on)
    query = base.query_of(chosen)
    if not chosen.is_valid():
        return redirect(f"{address(name)}?{query}")
    initial = {"sort": MailingSort.DUTY, "submission_id": uuid4()}
    form = MailForm(request.POST if request.method == "POST" else None, initial=initial)
    step, found = "write", None
    if form.is_bound and form.is_valid() and "change" not in request.POST:
        if "send" in request.POST and form.cleaned_data["shown"] is not None:
            try:
                sent = _confirm(request, form, name, query)
            except Refused as refused:
                form.add_error(None, refused.sentence)
            else:
                messages.success(request, _being_sent(request, sent))
                return redirect(f"{address(name)}?{query}")
        found = audience.of(name, query, form.cleaned_data["sort"], on)
        step = "confirm" if found.members else "write"
        if not found.members:
            form.add_error(None, "Nobody on this list can be reached by mail.")
    if found is None:
        found = audience.of(name, query, form["sort"].value() or MailingSort.DUTY, on)
    context = {
        "work_list": work_list,
        "back": f"{address(name)}?{query}",
        "filtered": base.in_words(chosen),
        "form": form,
        "step": step,
        "audience": found,
        "without": sorted(found.without.items()),
        "previews": _previews(form, found) if step == "confirm" else [],
    }
    status = 400 if form.is_bound and form.errors else 200
    return page(request, "mail.html", f"Mail this list: {work_list.title}", context, status=status)


def _confirm(request: HttpRequest, form: MailForm, name: ListName, query: str) -> Mailing:
    submission_id: UUID = form.cleaned_data["submission_id"]
    return verbs.confirm(
        name=name,
        query=query,
        sort=form.cleaned_data["sort"],
        english=form.english,
        spanish=form.spanish,
        submission_id=submission_id,
        shown=form.cleaned_data["shown"],
        by=account_of(request),
        at=timezone.now(),
    )


def _previews(form: MailForm, found: Audience) -> list[dict[str, str]]:
    """Return the mail to the first of the members, in each language in which it is written."""
    member = Member.objects.select_related("user").get(pk=found.members[0])
    kind, previews = writing.KIND[form.cleaned_data["sort"]], []
    for (language, title), text in zip(LANGUAGES, (form.english, form.spanish), strict=True):
        if text.is_empty:
            continue
        with translation.override(language):
            content = writing.content_of(text, member, kind)
        message = compose(content, to="", language=language, priority=MailPriority.SUMMARY)
        body = unwrapped(str(message.body)).replace(content.stop_address, "(an address of the member’s own)") \
            if content.stop_address else unwrapped(str(message.body))  # fmt: skip
        previews.append(
            {"language": language, "title": title, "member": str(member), "subject": content.subject, "text": body}
        )
    return previews


def _being_sent(request: HttpRequest, mailing: Mailing) -> str:
    if not request.user.has_perm("reports.view_mailing"):
        return f"“{mailing}” is being sent to {mailing.total:,} members."
    where = reverse("admin:reports_mailing_change", args=[mailing.pk])
    return format_html('“{}” is being sent to {} members. <a href="{}">See how far it is, or stop it.</a>', mailing,
                       f"{mailing.total:,}", where)  # fmt: skip
