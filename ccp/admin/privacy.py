"""Access and erasure by law: who asks, what goes and what stays, the second person, and the minutes."""

from datetime import date, datetime
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone

from amtportal.dates import day_of
from amtportal.documents import layout as documents
from amtportal.fields import DayField, IdentifierField, LineField
from amtportal.formatting import format_day, format_moment
from amtportal.members.access import account_of
from amtportal.members.models import Member, User
from amtportal.refusals import Refused
from amtportal.staff.actions import ActionPage, AlreadyDone
from amtportal.staff.changelists import ConditionFilter
from amtportal.staff.forms import ReadBy, ReasonForm
from amtportal.staff.pages import HistoryAdmin, StaffAdmin, WrittenByVerbs
from amtportal.uploads import kept
from ccp.erasure import erasing
from ccp.exports import archives, by_law
from ccp.privacy import deadlines, holds
from ccp.privacy.models import AccessRequest, Asker, ErasureRequest, Law, LegalHold, Proof

MAY_HOLD = "privacy.set_legal_hold"
SELECT = forms.Select(attrs={"class": "vTextField"})
DAY = forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
LINE = forms.TextInput(attrs={"class": "vTextField"})


class ByLawForm(forms.Form):
    """Who asks, since when, under which law, and how it was proven who that is."""

    law = forms.ChoiceField(choices=Law.choices, widget=SELECT, error_messages={"required": "Choose the law."})
    received_on = DayField(
        label="Received on",
        widget=DAY,
        help_text="The day on which it reached AMT. The time for the answer counts from it.",
    )
    asked_by = forms.ChoiceField(
        label="Who asks", choices=Asker.choices, widget=SELECT, error_messages={"required": "Choose who asks."}
    )
    proof = forms.ChoiceField(
        label="Proof of identity", choices=Proof.choices, widget=SELECT,
        error_messages={"required": "Choose how it was proven who asks. Without proof, nothing is given or erased."},
    )  # fmt: skip
    note = LineField(
        label="Note", required=False, max_length=300, widget=LINE,
        help_text=ReadBy.STAFF.says("For example: by mail, the lawyer's file number. An erasure blanks it."),
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        longest = "; ".join(f"{label}: {deadlines.in_words(law)}" for law, label in Law.choices)
        self.fields["law"].help_text = f"Time for the answer. {longest}."


class ConfirmForm(forms.Form):
    """Asks for the AMT ID once more, so that nobody erases the wrong person by a click."""

    amt_id = IdentifierField(
        label="AMT ID of the member", max_length=20, widget=LINE,
        error_messages={"required": "Type the AMT ID of the member, to confirm whom you erase."},
        help_text="As it stands above. It cannot be undone.",
    )  # fmt: skip

    def __init__(self, *args: Any, whose: Member, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.whose = whose

    def clean_amt_id(self) -> str:
        typed = str(self.cleaned_data["amt_id"])
        if typed != self.whose.amt_id:
            raise forms.ValidationError(f"{typed} is not the AMT ID of this member. Look who it is, and type it again.")
        return typed


class AnswerForm(forms.Form):
    outcome = forms.ChoiceField(
        choices=AccessRequest.Outcome.choices, widget=SELECT, error_messages={"required": "Choose what came of it."}
    )
    answered_on = DayField(label="Answered on", widget=DAY)
    answer = LineField(
        label="How", max_length=300, widget=LINE,
        error_messages={"required": "Say how it was answered: it stays on record."},
        help_text=ReadBy.MEMBER_ON_REQUEST.says("For example: on a stick by registered mail, number RR 123."),
    )  # fmt: skip


class LanguageForm(forms.Form):
    language = forms.ChoiceField(
        choices=settings.LANGUAGES,
        widget=SELECT,
        help_text="Of the documents, and of the text that says what is where.",
    )


class EmptyForm(forms.Form):
    pass


def _choices(request: ErasureRequest | AccessRequest, on: date) -> list[tuple[str, object]]:
    days = (request.due_on - on).days
    left = f"{days} days left" if days >= 0 else f"{-days} days late"
    return [
        ("Member", request.member),
        ("Law", f"{request.get_law_display()}: {deadlines.in_words(request.law)}"),
        ("Received on", format_day(request.received_on)),
        ("To be answered by", f"{format_day(request.due_on)}, {left}"),
        ("Who asked", request.get_asked_by_display()),
        ("Proof of identity", request.get_proof_display()),
        ("Recorded", f"{format_moment(request.recorded_at)}, by {request.recorded_by}"),
        ("Note", request.note or "none"),
    ]


def _preview(member: Member, by: User, at: datetime) -> list[tuple[str, object]]:
    """Return what stands in the way of an erasure, and what becomes of each table."""
    in_the_way = [("In the way", problem.sentence) for problem in erasing.problems(member, by=by, on=day_of(at))]
    lines = [(line.words[:1].upper() + line.words[1:], line.fate) for line in erasing.preview(member, at=at)]
    return [*in_the_way, *lines]


class PrivacyMixin(StaffAdmin):
    """The pages of a member on which requests by law and legal holds begin."""

    def get_urls(self) -> list[URLPattern]:
        pages = {"erasure": self.erasure_view, "access": self.access_view, "legal-hold": self.hold_view}
        return [
            *(
                path(
                    f"<path:object_id>/{place}/",
                    self.admin_site.admin_view(view),
                    name=f"members_member_{place.replace('-', '_')}",
                )
                for place, view in pages.items()
            ),
            *super().get_urls(),
        ]

    def links(self, request: HttpRequest, obj: Member) -> list[tuple[str, str]]:
        links = super().links(request, obj)
        if obj.merged_into_id:
            return links
        words = {by_law.MAY: ("Access by law", "access")}
        if obj.erased_on is None:
            words |= {erasing.MAY_ASK: ("Erasure by law", "erasure"), MAY_HOLD: ("Legal hold", "legal_hold")}
        return links + [
            (text, reverse(f"admin:members_member_{place}", args=[obj.pk]))
            for permission, (text, place) in words.items()
            if request.user.has_perm(permission)
        ]

    def erasure_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Show what goes and what stays, and take the request."""
        now, by = timezone.now(), account_of(request)
        member = self.record_for_action(request, object_id, erasing.MAY_ASK)
        if waiting := erasing.standing(member):
            return redirect("admin:privacy_erasurerequest_change", waiting.pk)
        action = ActionPage(
            title=f"Somebody asks that {member} is erased",
            button="Ask for the erasure",
            form=ByLawForm(request.POST or None),
            facts=[("Member", member), *_preview(member, by, now)],
            warning="Nothing is erased yet: a second person sees the same, and confirms it or declines.",
            act=lambda typed: _asked(member, typed, by=by, at=now),
        )
        return self.action_page(request, member, action)

    def access_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        now, by = timezone.now(), account_of(request)
        member = self.record_for_action(request, object_id, by_law.MAY)
        if waiting := by_law.waiting(member):
            return redirect("admin:privacy_accessrequest_change", waiting.pk)
        problem = by_law.problem_with(member, by=by)
        action = ActionPage(
            title=f"Somebody asks for everything about {member}",
            button="Record the request",
            form=ByLawForm(request.POST or None),
            facts=[("Member", member), *([("In the way", problem.sentence)] if problem else [])],
            warning="The next page has the archive made. Who can sign in gets the same under “Everything about me”.",
            act=lambda typed: _recorded(member, typed, by=by, at=now),
        )
        return self.action_page(request, member, action)

    def hold_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        now, by = timezone.now(), account_of(request)
        member = self.record_for_action(request, object_id, MAY_HOLD)
        hold = holds.standing(member)
        facts: list[tuple[str, object]] = [("Member", member)]
        if hold:
            since = f"{format_day(day_of(hold.set_at))}, by {hold.set_by}"
            facts += [("Stands since", since), ("Reason", hold.reason)]
        if problem := holds.problem_with(member, by=by):
            facts.append(("In the way", problem.sentence))
        help_text = "Why it may end." if hold else "For example: the lawsuit, with its file number."
        action = ActionPage(
            title=f"Lift the legal hold on {member}" if hold else f"Set a legal hold on {member}",
            button="Lift the hold" if hold else "Set the hold",
            form=ReasonForm(request.POST or None, read_by=ReadBy.STAFF, help_text=help_text),
            facts=facts,
            warning="From then on the member can be erased by law."
            if hold
            else "While it stands, nobody can erase the member. Nothing else changes, and the member is not told.",
            act=lambda typed: _held(member, typed["reason"], lifts=hold is not None, by=by, at=now),
        )
        return self.action_page(request, member, action)


def _asked(member: Member, typed: dict[str, Any], *, by: User, at: datetime) -> str:
    known = erasing.standing(member)
    asked = erasing.ask(member=member, by=by, at=at, **typed)
    if known:
        raise AlreadyDone("Somebody has asked for it already. A second person confirms it.")
    due = format_day(asked.due_on)
    return f"Asked for the erasure as {asked.number}. A second person confirms it by {due}, under Requests for erasure."


def _recorded(member: Member, typed: dict[str, Any], *, by: User, at: datetime) -> str:
    known = by_law.waiting(member)
    asked = by_law.record(member=member, by=by, at=at, **typed)
    if known:
        raise AlreadyDone("There is a request that waits for its answer already.")
    return f"Recorded as {asked}. Answer it by {format_day(asked.due_on)}: choose Access by law again."


def _held(member: Member, reason: str, *, lifts: bool, by: User, at: datetime) -> str:
    done = (holds.lift if lifts else holds.place)(member=member, reason=reason, by=by, at=at)
    if done is None:
        raise AlreadyDone("No hold stands any more." if lifts else "A hold stands already.")
    return f"The legal hold is lifted. {reason}" if lifts else f"A legal hold stands from now on. {reason}"


class ErasureStateFilter(ConditionFilter):
    title = "state"
    parameter_name = "state"

    def conditions(self, on: date) -> dict[str, tuple[str, Q]]:
        return {value: (label, Q(state=value)) for value, label in ErasureRequest.State.choices}


@admin.register(ErasureRequest)
class ErasureRequestAdmin(WrittenByVerbs, HistoryAdmin):
    list_display = ["number", "member", "received_on", "due_on", "state"]
    list_select_related = ["member"]
    list_reads = [
        "received_on", "due_on", "state", "member__first_name", "member__last_name", "member__amt_id",
    ]  # fmt: skip
    list_filter = [ErasureStateFilter]
    search_help_text = "Name, e-mail address, AMT ID or number"
    search_fields = ["member"]
    number_prefix = "ERA"
    page_select_related = ["member__user", "recorded_by", "settled_by"]
    fields = [
        "number", "member", "law", "received_on", "due_on", "asked_by", "proof", "note", "recorded_at", "recorded_by",
        "state", "settled_at", "settled_by", "answer", "amt_ids", "rows", "lines_of_history", "files", "repeats",
    ]  # fmt: skip
    readonly_fields = ["number", "rows", "lines_of_history"]

    @admin.display(description="Tables")
    def rows(self, obj: ErasureRequest) -> str:
        return "; ".join(f"{each['table']}: {each['rows']:,} {each['deed']}" for each in obj.went) or "nothing yet"

    @admin.display(description="Lines of history that were blanked")
    def lines_of_history(self, obj: ErasureRequest) -> str:
        return "; ".join(f"{table}: {count:,}" for table, count in obj.lines.items()) or "none"

    def get_urls(self) -> list[URLPattern]:
        confirm, decline = (self.admin_site.admin_view(view) for view in (self.confirm_view, self.decline_view))
        return [
            path("<path:object_id>/confirm/", confirm, name="privacy_erasurerequest_confirm"),
            path("<path:object_id>/decline/", decline, name="privacy_erasurerequest_decline"),
            *super().get_urls(),
        ]

    def links(self, request: HttpRequest, obj: ErasureRequest) -> list[tuple[str, str]]:
        links = super().links(request, obj)
        if obj.state == ErasureRequest.State.WAITING and request.user.has_perm(erasing.MAY_CONFIRM):
            links += [
                ("Confirm the erasure", reverse("admin:privacy_erasurerequest_confirm", args=[obj.pk])),
                ("Decline", reverse("admin:privacy_erasurerequest_decline", args=[obj.pk])),
            ]
        return links

    def confirm_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Show the second person the same as the first, and erase."""
        now, by = timezone.now(), account_of(request)
        asked = self.record_for_action(request, object_id, erasing.MAY_CONFIRM)
        if settled := self._settled(request, asked):
            return settled
        own = erasing.problem_with_confirming(asked, by=by)
        action = ActionPage(
            title=f"Erase {asked.member}",
            button="Erase for good",
            form=ConfirmForm(request.POST or None, whose=asked.member),
            facts=[
                *_choices(asked, day_of(now)),
                *([("In the way", own.sentence)] if own else []),
                *_preview(asked.member, by, now),
            ],
            warning="It cannot be undone. Whoever restores a backup erases again what is in it.",
            act=lambda typed: _erased(asked, by=by, at=now),
        )
        return self.action_page(request, asked, action)

    def decline_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        now, by = timezone.now(), account_of(request)
        asked = self.record_for_action(request, object_id, erasing.MAY_CONFIRM)
        if settled := self._settled(request, asked):
            return settled
        action = ActionPage(
            title=f"Decline to erase {asked.member}",
            button="Decline",
            form=ReasonForm(
                request.POST or None, read_by=ReadBy.MEMBER_ON_REQUEST,
                help_text="For example: it was not the person who asked. Write to whoever asked yourself.",
            ),
            facts=_choices(asked, day_of(now)),
            warning="Nothing is erased. It can be asked for again.",
            act=lambda typed: _declined(asked, typed["reason"], by=by, at=now),
        )  # fmt: skip
        return self.action_page(request, asked, action)

    def _settled(self, request: HttpRequest, asked: ErasureRequest) -> HttpResponse | None:
        if asked.state == ErasureRequest.State.WAITING:
            return None
        self.message_user(request, _said_before(asked), messages.INFO)
        return redirect(self.page_of(asked))


def _said_before(asked: ErasureRequest) -> str:
    return f"{asked.number} is settled already: {asked.get_state_display().lower()}."


def _erased(asked: ErasureRequest, *, by: User, at: datetime) -> str:
    done = erasing.confirm(request=asked, by=by, at=at)
    if done is None:
        asked.refresh_from_db()
        raise AlreadyDone(_said_before(asked))
    return (
        f"Erased as {done.number}. {sum(done.lines.values()):,} lines of history were blanked. The minutes are below."
    )


def _declined(asked: ErasureRequest, reason: str, *, by: User, at: datetime) -> str:
    if erasing.decline(request=asked, reason=reason, by=by, at=at) is None:
        asked.refresh_from_db()
        raise AlreadyDone(_said_before(asked))
    return f"Declined {asked.number}. {reason}"


class AnsweredFilter(ConditionFilter):
    title = "answer"
    parameter_name = "answer"

    def conditions(self, on: date) -> dict[str, tuple[str, Q]]:
        return {"waits": ("Waits", Q(answered_on=None)), "given": ("Given", Q(answered_on__isnull=False))}


@admin.register(AccessRequest)
class AccessRequestAdmin(WrittenByVerbs, HistoryAdmin):
    list_display = ["request", "member", "received_on", "due_on", "answered_on", "outcome"]
    list_select_related = ["member"]
    list_reads = [
        "received_on", "due_on", "answered_on", "outcome", "member__first_name", "member__last_name", "member__amt_id",
    ]  # fmt: skip
    list_filter = [AnsweredFilter]
    search_help_text = "Name, e-mail address or AMT ID"
    search_fields = ["member"]
    page_select_related = ["member__user", "recorded_by", "archive"]
    fields = [
        "member", "law", "received_on", "due_on", "asked_by", "proof", "note", "recorded_at", "recorded_by", "progress",
        "downloads", "outcome", "answered_on", "answered_by", "answer",
    ]  # fmt: skip
    readonly_fields = ["progress", "downloads"]

    @admin.display(description="request")
    def request(self, obj: AccessRequest) -> str:
        return str(obj)

    @admin.display(description="Archive")
    def progress(self, obj: AccessRequest) -> str:
        archive = obj.archive
        state = by_law.state(obj, at=timezone.now())
        made = f"{archive.done:,} of {archive.total:,} parts" if archive else ""
        until = archives.until(archive) if archive else None
        return {
            archives.State.NONE: "not made yet",
            archives.State.WAITING: "waits for the worker",
            archives.State.MAKING: f"is being made: {made}. Load the page again to see how far it is",
            archives.State.READY: f"can be downloaded until {format_moment(until) if until else ''}",
            archives.State.FAILED: "could not be made. Have it made again; the log says why it failed",
            archives.State.EXPIRED: "was removed. Have it made again if it is still needed",
        }[state]

    @admin.display(description="Downloaded")
    def downloads(self, obj: AccessRequest) -> str:
        each = obj.downloads.select_related("downloaded_by").order_by("pk")
        return "; ".join(f"{format_moment(one.downloaded_at)}, by {one.downloaded_by}" for one in each) or "not yet"

    def get_urls(self) -> list[URLPattern]:
        views = {"archive": self.archive_view, "download": self.download_view, "answer": self.answer_view}
        return [
            *(
                path(
                    f"<path:object_id>/{name}/", self.admin_site.admin_view(view), name=f"privacy_accessrequest_{name}"
                )
                for name, view in views.items()
            ),
            *super().get_urls(),
        ]

    def links(self, request: HttpRequest, obj: AccessRequest) -> list[tuple[str, str]]:
        links = super().links(request, obj)
        if obj.answered_on or not request.user.has_perm(by_law.MAY):
            return links
        state = by_law.state(obj, at=timezone.now())
        words = [("Answer", "answer")]
        if state == archives.State.READY:
            words.insert(0, ("Download the archive", "download"))
        if state not in (archives.State.WAITING, archives.State.MAKING):
            words.insert(0, ("Make the archive", "archive"))
        return links + [(text, reverse(f"admin:privacy_accessrequest_{name}", args=[obj.pk])) for text, name in words]

    def archive_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        now, by = timezone.now(), account_of(request)
        asked = self.record_for_action(request, object_id, by_law.MAY)
        action = ActionPage(
            title=f"Make the archive of everything about {asked.member}",
            button="Make the archive",
            form=LanguageForm(request.POST or None),
            facts=_choices(asked, day_of(now)),
            warning="It holds what the member's own archive holds, and the notes of staff. Read it before it goes out: "
            "what is about somebody else is taken out by hand. It can be downloaded for 24 hours.",
            act=lambda typed: _begun(asked, typed["language"], by=by, at=now),
        )
        return self.action_page(request, asked, action)

    def download_view(self, request: HttpRequest, object_id: str) -> HttpResponseBase:
        """Ask, put the download on record, and send the file."""
        now, by = timezone.now(), account_of(request)
        asked = self.record_for_action(request, object_id, by_law.MAY)
        form = EmptyForm(request.POST or None)
        if request.method == "POST":
            try:
                noted = by_law.note_download(request=asked, by=by, at=now)
            except Refused as refusal:
                self.message_user(request, refusal.sentence, messages.ERROR)
                return redirect(self.page_of(asked))
            name = documents.filename("AMT-data", asked.member.amt_id, day_of(now).isoformat())
            return kept.sent(
                archives.storage(), noted.archive.stored_name, name=name.replace(".pdf", ".zip"),
                content_type="application/zip", about=str(noted.archive),
            )  # fmt: skip
        action = ActionPage(
            title=f"Download everything about {asked.member}",
            button="Download",
            form=form,
            facts=_choices(asked, day_of(now)),
            warning="Who downloaded it, and when, stays on record. Keep it only as long as it takes to hand it over.",
            act=str,
        )
        return self.render_action_page(request, action, original=asked, back=self.page_of(asked))

    def answer_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        now, by = timezone.now(), account_of(request)
        asked = self.record_for_action(request, object_id, by_law.MAY)
        action = ActionPage(
            title=f"Answer the request for access of {asked.member}",
            button="Record the answer",
            form=AnswerForm(request.POST or None, initial={"answered_on": day_of(now)}),
            facts=_choices(asked, day_of(now)),
            warning="Nobody is written to: hand the archive over first, then record how.",
            act=lambda typed: _answered(asked, typed, by=by, at=now),
        )
        return self.action_page(request, asked, action)


def _begun(asked: AccessRequest, language: str, *, by: User, at: datetime) -> str:
    by_law.make(request=asked, language=language, by=by, at=at)
    return "The archive is being made. Load this page again in a minute; then it can be downloaded for 24 hours."


def _answered(asked: AccessRequest, typed: dict[str, Any], *, by: User, at: datetime) -> str:
    done = by_law.answer(request=asked, by=by, at=at, **typed)
    if done is None:
        raise AlreadyDone("This request is answered already.")
    return f"{done} is answered: {done.get_outcome_display().lower()}. {done.answer}"


@admin.register(LegalHold)
class LegalHoldAdmin(WrittenByVerbs, HistoryAdmin):
    list_display = ["hold", "member", "reason", "set_at", "lifted_at"]
    list_select_related = ["member"]
    list_reads = ["reason", "set_at", "lifted_at", "member__first_name", "member__last_name", "member__amt_id"]
    search_help_text = "Name, e-mail address or AMT ID"
    search_fields = ["member"]
    page_select_related = ["member", "set_by", "lifted_by"]
    fields = ["member", "reason", "set_at", "set_by", "lifted_at", "lifted_by", "lift_reason"]

    @admin.display(description="hold")
    def hold(self, obj: LegalHold) -> str:
        return str(obj)
