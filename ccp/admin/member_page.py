"""The page of a member: what staff need on the phone, and every action on what is the member's.

The address of the record is the overview. Heavier parts are tabs, each with an address, queries and
a permission of its own: entries, money, mail, audits, history, notes. The buttons are those of the
admin classes of the records (``links``), so a new action appears here by itself.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import Prefetch
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from amtportal.dates import day_of
from amtportal.fields import LinesField
from amtportal.members.access import account_of
from amtportal.members.models import MailDelivery, Member
from amtportal.refusals import Refused
from amtportal.staff.actions import ActionPage, ActionPagesMixin
from amtportal.staff.forms import ReadBy, ReasonForm
from ccp.audits.models import AuditCase
from ccp.counting import requirement
from ccp.desk import changes, notes, overview, viewing
from ccp.models import Activity, Credit, Evidence
from ccp.notices.models import NoticeMail
from ccp.recording import entries
from certifications.invoice_standing import invoice_standing
from certifications.models import Certification, Cycle, Payment, RenewalInvoice
from certifications.payments.checkout import with_processing

PAGE_SIZE = 25
_WHAT_IS_VIEWED = (
    "You see home, certifications, activities, invoices, transcripts and notices, and can change nothing. Who viewed "
    "whom, when and why stays on record. It ends after %(minutes)s minutes."
)


@dataclass(frozen=True)
class Tab:
    """A tab of the page: its words, the name of its address, and the permission that it needs besides."""

    words: str
    name: str
    permission: str


TABS = (
    Tab("Overview", "change", "members.view_member"),
    Tab("Entries", "entries", "ccp.view_activity"),
    Tab("Invoices and payments", "money", "certifications.view_renewalinvoice"),
    Tab("Mail", "mail", "notices.view_noticemail"),
    Tab("Audits", "audits", "audits.view_auditcase"),
    Tab("History", "changes", "members.view_member"),
    Tab("Notes", "notes", "desk.view_note"),
)
TABS_BY_NAME = {tab.name: tab for tab in TABS}


class NoteForm(forms.Form):
    text = LinesField(
        label="New note",
        max_length=notes.MOST,
        widget=forms.Textarea(attrs={"rows": 3, "class": "vLargeTextField"}),
        error_messages={"required": "Write the note."},
        help_text=ReadBy.STAFF.says("It stays as it is, with your name and the time."),
    )


def links_of(request: HttpRequest, record: Any) -> list[tuple[str, str]]:
    """Return the buttons of a record that this person may see and use now."""
    shown: Any = admin.site.get_model_admin(type(record))
    return shown.links(request, record) if shown.has_view_permission(request) else []


class MemberDesk(ActionPagesMixin):
    """The overview and the tabs of a member, for the admin class of members."""

    change_form_template = "admin/desk/member.html"

    def get_urls(self) -> list[URLPattern]:
        views = {tab: getattr(self, f"{tab}_view") for tab in TABS_BY_NAME if tab != "change"}
        viewing_page = self.admin_site.admin_view(self.viewing_view)
        return [
            *(
                path(f"<path:object_id>/{tab}/", self.admin_site.admin_view(view), name=f"members_member_{tab}")
                for tab, view in views.items()
            ),
            path("<path:object_id>/view-as/", viewing_page, name="members_member_viewing"),
            *super().get_urls(),
        ]

    def links(self, request: HttpRequest, obj: Member) -> list[tuple[str, str]]:
        links = super().links(request, obj)
        if request.user.has_perm(viewing.MAY) and viewing.problem_with(obj, account_of(request)) is None:
            links.insert(0, ("View as the member sees it", reverse("admin:members_member_viewing", args=[obj.pk])))
        return links

    # The overview

    def get_inlines(self, request: HttpRequest, obj: Any) -> Any:
        # The certifications stand above the form, with their figures.
        return [inline for inline in super().get_inlines(request, obj) if inline.model is not Certification]

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        member = kwargs.get("obj")
        if member is not None:
            seen = overview.of(member, by=account_of(request), at=timezone.now())
            context.update(
                self._head(request, member, "change"),
                seen=seen,
                cards=[(card, self._actions(request, card)) for card in seen.cards],
                newest=overview.NEWEST,
                has_errors=bool(context.get("errors")),
            )
        return super().render_change_form(request, context, *args, **kwargs)

    def _actions(self, request: HttpRequest, card: overview.Card) -> list[tuple[str, str]]:
        """Return the buttons of a certification, of its cycle, and of its invoices that can be paid."""
        of_card = card.standing
        owed = [each.invoice for each in [*of_card.reopened, *of_card.invoices] if each.is_payable]
        records: list[Any] = [*owed, of_card.cycle, of_card.certification]
        found = [link for record in records for link in links_of(request, record)]
        if of_card.past and of_card.past[0] != of_card.cycle:
            last = of_card.past[0]
            found += [(f"{words} (last cycle)", address) for words, address in links_of(request, last)]
        return found

    # The tabs

    def _head(self, request: HttpRequest, member: Member, name: str) -> dict[str, Any]:
        """Return what stands above every tab."""
        return {
            "member": member,
            "tabs": [
                (tab.words, reverse(f"admin:members_member_{tab.name}", args=[member.pk]), tab.name == name)
                for tab in TABS
                if request.user.has_perm(tab.permission)
            ],
            "tab": TABS_BY_NAME[name].words,
            "on": day_of(timezone.now()),
        }

    def _member(self, request: HttpRequest, object_id: str, name: str) -> Member:
        """Return the member of a tab. Raises 403 without the permissions, and 404 if there is none."""
        if not (self.has_view_permission(request) and request.user.has_perm(TABS_BY_NAME[name].permission)):
            raise PermissionDenied
        member = self.get_object(request, unquote(object_id))
        if member is None:
            raise Http404
        return member

    def _tab(self, request: HttpRequest, member: Member, name: str, **context: Any) -> HttpResponse:
        whole = {
            **self.admin_site.each_context(request),
            **self._head(request, member, name),
            "title": str(member),
            "subtitle": TABS_BY_NAME[name].words,
            "opts": self.opts,
            "original": member,
            "links": self.links(request, member),
            **context,
        }
        return TemplateResponse(request, f"admin/desk/{name}.html", whole)

    def _page(self, request: HttpRequest, rows: Any) -> dict[str, Any]:
        paginator = Paginator(rows, PAGE_SIZE)
        page = paginator.get_page(request.GET.get("page"))
        return {"page": page, "pages": paginator.get_elided_page_range(page.number, on_each_side=1, on_ends=1)}

    def entries_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Show the entries with what they count for and why, their files, and what can be done to each."""
        member = self._member(request, object_id, "entries")
        credits = Credit.objects.select_related("cycle__certification__credential").order_by("cycle_id")
        files = Evidence.objects.attached().order_by("pk")
        rows = Activity.objects.filter(member=member).select_related("activity_type__category", "points_set_by")
        rows = rows.prefetch_related(Prefetch("credits", credits), Prefetch("evidence", files, "files"))
        page = self._page(request, rows.order_by("-starts_on", "-pk"))
        shown = [(entry, entries.credit_lines(entry), links_of(request, entry)) for entry in page["page"]]
        may_open = request.user.has_perm("ccp.view_evidence")
        return self._tab(request, member, "entries", **page, shown=shown, may_open=may_open)

    def money_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Show every invoice with its state and its reason, and every payment."""
        member = self._member(request, object_id, "money")
        invoices = with_processing(RenewalInvoice.objects.filter(cycle__certification__member=member))
        invoices = invoices.select_related("cycle__certification__credential", "cycle__certification__member")
        page = self._page(request, invoices.order_by("-due_on", "pk"))
        counted = requirement.counted_by_cycle({invoice.cycle_id for invoice in page["page"]})
        on = day_of(timezone.now())
        shown = [
            (each, self._links_of_invoice(request, each.invoice))
            for each in (invoice_standing(row, on, counted=counted[row.cycle_id]) for row in page["page"])
        ]
        may = request.user.has_perm
        payments: Iterable[Payment] = []
        if may("certifications.view_payment"):
            of_member = Payment.objects.filter(invoice__cycle__certification__member=member)
            payments = of_member.select_related("invoice", "recorded_by").order_by("-recorded_at", "-pk")[:PAGE_SIZE]
        return self._tab(
            request,
            member,
            "money",
            **page,
            shown=shown,
            payments=payments,
            may_see_payments=may("certifications.view_payment"),
            may_reverse=may("certifications.reverse_payment"),
            may_refund=may("payments.give_refund"),
        )

    def _links_of_invoice(self, request: HttpRequest, invoice: RenewalInvoice) -> list[tuple[str, str]]:
        # What can be done about a payment stands with the payment; to look it up would be a query for each invoice.
        if invoice.status == RenewalInvoice.Status.PAID and not invoice.before_portal:
            return []
        return links_of(request, invoice)

    def mail_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Show what the member was mailed, and what became of it."""
        member = self._member(request, object_id, "mail")
        page = self._page(request, NoticeMail.objects.filter(member=member).order_by("-on", "-pk").defer("text"))
        deliveries: Iterable[MailDelivery] = []
        may_see = request.user.has_perm("members.view_maildelivery")
        if may_see and member.user_id:
            deliveries = MailDelivery.objects.filter(account=member.user_id).order_by("-pk")[:PAGE_SIZE]
        return self._tab(request, member, "mail", **page, deliveries=deliveries, may_see_deliveries=may_see)

    def audits_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Show the audits of the member, but to nobody their own."""
        member = self._member(request, object_id, "audits")
        if member.user_id == request.user.pk:
            raise PermissionDenied
        cases = AuditCase.objects.filter(cycle__certification__member=member).order_by("-pk")
        cases = cases.select_related("cycle__certification__credential")
        shown: Any = admin.site.get_model_admin(AuditCase)
        cycles = Cycle.objects.filter(certification__member=member, closed_on__isnull=False)
        cycles = cycles.select_related("certification__credential").order_by("-closed_on", "-pk")[:PAGE_SIZE]
        return self._tab(
            request,
            member,
            "audits",
            cases=[(case, shown.whose_move(case)) for case in cases[:PAGE_SIZE]],
            closed=[(cycle, links_of(request, cycle)) for cycle in cycles],
        )

    def changes_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        member = self._member(request, object_id, "changes")
        before = _instant(request.GET.get("before", ""))
        found = changes.of(member, by=account_of(request), before=before)
        following = found[-1].at.isoformat() if len(found) == changes.PAGE else ""
        return self._tab(request, member, "changes", changes=found, before=before, following=following)

    def notes_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Show the notes; take another one from whoever may write one."""
        member = self._member(request, object_id, "notes")
        may_write = request.user.has_perm("desk.write_note")
        if request.method == "POST" and not may_write:
            raise PermissionDenied
        form = NoteForm(request.POST if request.method == "POST" else None)
        if request.method == "POST" and form.is_valid():
            try:
                notes.write(member=member, text=form.cleaned_data["text"], by=account_of(request), at=timezone.now())
            except Refused as refusal:
                form.add_error("text", refusal.sentence)
            else:
                self.message_user(request, "The note is written.", messages.SUCCESS)
                return redirect("admin:members_member_notes", member.pk)
        page = self._page(request, notes.of(member))
        return self._tab(request, member, "notes", **page, form=form, may_write=may_write)

    # The portal as the member sees it

    def viewing_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask why, put it on record, and show the home page of the member."""
        member = self.record_for_action(request, object_id, viewing.MAY)
        by = account_of(request)
        problem = viewing.problem_with(member, by)
        form = ReasonForm(
            request.POST if request.method == "POST" else None,
            read_by=ReadBy.STAFF,
            help_text="For example: the member asks on the phone where the invoice is.",
        )
        if request.method == "POST" and form.is_valid():
            try:
                viewing.begin(request, member=member, reason=form.cleaned_data["reason"], by=by, at=timezone.now())
            except Refused as refusal:
                form.add_error(refusal.field or None, refusal.sentence)
            else:
                return redirect("home")
        minutes = int(viewing.LASTS.total_seconds() // 60)
        action = ActionPage(
            title=f"View the portal as {member} sees it",
            button="View as the member",
            form=form,
            act=str,
            facts=[("Member", member), ("Signs in as", member.user or "nothing")],
            warning=problem.sentence if problem else _WHAT_IS_VIEWED % {"minutes": minutes},
        )
        return self.render_action_page(request, action, original=member, back=self.page_of(member))


def _instant(typed: str) -> datetime | None:
    """Return the instant in an address; None if there is none, or if it is no instant."""
    try:
        found = parse_datetime(typed.replace(" ", "+"))
    except ValueError:
        return None
    return found if found and found.tzinfo else None
