"""Draws of those who are audited: freezing, the seed, the files to publish, and who takes whose place."""

from typing import Any

from defusedcsv import csv
from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from amtportal import clean
from amtportal.dates import day_of
from amtportal.fields import LineField, LinesField
from amtportal.formatting import format_moment
from amtportal.members.access import account_of
from amtportal.refusals import Refused, refuse_if
from amtportal.staff.actions import ActionPage, AlreadyDone
from amtportal.staff.changelists import ConditionFilter
from amtportal.staff.forms import ReadBy, ReasonForm
from amtportal.staff.pages import HistoryAdmin, StaffAdmin, WrittenByVerbs
from ccp.admin.audit_letters import MAY_PRINT, printed
from ccp.audits import draws, exclusions, figures, tickets
from ccp.audits.letters import printing
from ccp.audits.models import CaseState, Draw, DrawLine, DrawTicket, LetterKind, SeedKind

MAY_FREEZE, MAY_SEED, MAY_ABANDON, MAY_REPLACE = (
    "audits.freeze_draw",
    "audits.seed_draw",
    "audits.abandon_draw",
    "audits.replace_drawn",
)
MAY_NOTIFY = "audits.coordinate_audits"
WIDE = {"class": "vTextField"}


class FreezeForm(forms.Form):
    """What is settled at the freeze. ``shown`` is what the page has already counted."""

    year = forms.IntegerField(min_value=1, max_value=9999, help_text="The calendar year in which the cycles closed.")
    share = forms.IntegerField(help_text="How many of 1,000 are drawn in each credential: 10 is 1 percent.")
    at_least = forms.IntegerField(help_text="How many are drawn in each credential, at least.")
    spared_cycles = forms.IntegerField(
        label="Cycles spared", help_text="For how many cycles after an audit a certification is not drawn again."
    )
    seed_kind = forms.ChoiceField(label="Seed from", choices=SeedKind)
    seed_named = LineField(
        label="Seed, as named",
        max_length=300,
        widget=forms.TextInput(attrs=WIDE),
        help_text="Where and when it will be thrown or published. It is published with the file.",
    )
    excluded = LinesField(
        label="Left out",
        required=False,
        widget=forms.Textarea(attrs={"rows": 6, "class": "vLargeTextField"}),
        help_text=(
            "One on each line: the AMT ID, a comma, and deceased, under review, or audited (where the portal does not "
            "know of the audit)."
        ),
    )
    shown = forms.CharField(required=False, widget=forms.HiddenInput)


class SeedForm(forms.Form):
    seed = LineField(max_length=200, widget=forms.TextInput(attrs=WIDE), help_text="As it was thrown or published.")
    seed_source = LineField(
        label="Source", max_length=300, widget=forms.TextInput(attrs=WIDE), help_text="Where and when."
    )
    first_witness = LineField(required=False, max_length=120, widget=forms.TextInput(attrs=WIDE))
    second_witness = LineField(required=False, max_length=120, widget=forms.TextInput(attrs=WIDE))

    def __init__(self, *args: Any, kind: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if kind != SeedKind.DICE:
            del self.fields["first_witness"], self.fields["second_witness"]


class PrintForm(forms.Form):
    """Which letters of a draw are printed."""

    kind = forms.ChoiceField(required=False, choices=[("", "All"), *LetterKind.choices])
    printed = forms.BooleanField(
        required=False, label="Also those printed before", help_text="Such as when paper was lost."
    )


class AbandonedFilter(ConditionFilter):
    title = "state"
    parameter_name = "state"

    def conditions(self, on: Any) -> dict[str, tuple[str, Q]]:
        return {
            "frozen": ("Waits for its seed", Q(drawn_at=None, abandoned_reason="")),
            "drawn": ("Drawn", Q(drawn_at__isnull=False)),
            "abandoned": ("Abandoned", ~Q(abandoned_reason="")),
        }


def _strata(strata: list[draws.Stratum]) -> list[tuple[str, object]]:
    """Return what is drawn in each credential, and what the whole buys, as facts of a page."""
    facts: list[tuple[str, object]] = [
        (each.code, f"{each.drawn:,} of {each.population:,}, ± {each.margin} percentage points") for each in strata
    ]
    return [*facts, ("What it buys", draws.worth(draws.whole(strata)))]


@admin.register(Draw)
class DrawAdmin(WrittenByVerbs, HistoryAdmin):
    change_list_template = "admin/audits/draws.html"
    list_display = ["year", "population", "state", "frozen_at", "drawn_at"]
    list_filter = [AbandonedFilter]
    page_select_related = ["frozen_by", "drawn_by"]
    fieldsets = [
        ("Frozen", {"fields": ["year", "population", "sha256", "strata", "left_out", "frozen_at", "frozen_by"]}),
        ("Seed", {"fields": ["seed_kind", "seed_named", "seed", "seed_source", "first_witness", "second_witness"]}),
        ("Drawn", {"fields": ["drawn_at", "drawn_by", "abandoned_reason"]}),
    ]
    readonly_fields = ["strata", "left_out"]

    @admin.display(description="state")
    def state(self, draw: Draw) -> str:
        if draw.is_abandoned:
            return "Abandoned"
        return "Drawn" if draw.is_drawn else "Waits for its seed"

    @admin.display(description="drawn by credential")
    def strata(self, draw: Draw) -> SafeString:
        return format_html_join("", "<div>{}: {}</div>", _strata(draws.strata_of(draw)))

    @admin.display(description="left out")
    def left_out(self, draw: Draw) -> str | SafeString:
        counted = draws.left_out(draw)
        return format_html_join("", "<div>{}: {:,}</div>", sorted(counted.items())) or "nobody"

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [
            path("freeze/", view(self.freeze_view), name="audits_draw_freeze"),
            path("figures/", view(self.figures_view), name="audits_draw_figures"),
            path("figures.csv", view(self.figures_csv_view), name="audits_draw_figures_csv"),
            path("<path:object_id>/seed/", view(self.seed_view), name="audits_draw_seed"),
            path("<path:object_id>/letters/", view(self.letters_view), name="audits_draw_letters"),
            path("<path:object_id>/abandon/", view(self.abandon_view), name="audits_draw_abandon"),
            path("<path:object_id>/notify/", view(self.notify_view), name="audits_draw_notify"),
            *super().get_urls(),
        ]

    def links(self, request: HttpRequest, obj: Draw) -> list[tuple[str, str]]:
        may, links = request.user.has_perm, super().links(request, obj)
        if not (obj.is_drawn or obj.is_abandoned):
            if may(MAY_SEED):
                links.append(("Enter the seed", reverse("admin:audits_draw_seed", args=[obj.pk])))
            if may(MAY_ABANDON):
                links.append(("Abandon", reverse("admin:audits_draw_abandon", args=[obj.pk])))
        if obj.is_drawn and may(MAY_NOTIFY) and draws.to_notify(obj).exists():
            links.append(("Ask all who were drawn for proof", reverse("admin:audits_draw_notify", args=[obj.pk])))
        if obj.is_drawn and may("audits.view_drawticket"):
            drawn = reverse("admin:audits_drawticket_changelist")
            links.append(("Who is audited", f"{drawn}?audited=yes&line__draw__id__exact={obj.pk}"))
        if obj.is_drawn and may(MAY_PRINT):
            links.append(("Print letters", reverse("admin:audits_draw_letters", args=[obj.pk])))
        if not obj.is_abandoned:
            links.append(("Public page", reverse("draw-detail", args=[obj.year])))
        return links

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        may_freeze = {"may_freeze": request.user.has_perm(MAY_FREEZE)}
        return super().changelist_view(request, {**(extra_context or {}), **may_freeze})

    def freeze_view(self, request: HttpRequest) -> HttpResponse:
        """Ask for the terms, count the population on them, and freeze it once that was shown."""
        if not (request.user.has_perm(MAY_FREEZE) and self.has_view_permission(request)):
            raise PermissionDenied
        now = timezone.now()
        initial = {
            "year": day_of(now).year - 1,
            "share": settings.AUDIT_SHARE,
            "at_least": settings.AUDIT_AT_LEAST,
            "spared_cycles": settings.AUDIT_SPARED_CYCLES,
        }
        form = FreezeForm(request.POST or None, initial=initial)
        facts: list[tuple[str, object]] = []
        button = "Count who can be drawn"
        if request.method == "POST" and form.is_valid():
            typed = form.cleaned_data
            terms = draws.Terms(**{name: typed[name] for name in draws.Terms.__dataclass_fields__})
            try:
                reasons = exclusions.read(typed["excluded"])
                refuse_if(draws.problem_with_terms(terms, day_of(now)))
                counted = draws.count(terms, reasons)
                told = tickets.digest(repr((terms, reasons, counted)))
                if typed["shown"] == told:
                    draw = draws.freeze(terms=terms, reasons=reasons, by=account_of(request), at=now)
                    done = f"Frozen: {draw.population:,} lines. SHA-256: {draw.sha256}"
                    self.log_addition(request, draw, done)
                    self.message_user(request, done, messages.SUCCESS)
                    return redirect(self.page_of(draw))
            except Refused as refused:
                form.add_error(refused.field if refused.field in form.fields else None, refused.sentence)
            else:
                facts = [("Left out, " + reason, f"{number:,}") for reason, number in sorted(counted.left_out.items())]
                facts = [*_strata(counted.strata), *facts]
                button = f"Freeze {draws.whole(counted.strata).population:,} lines"
                form = FreezeForm(initial={**typed, "shown": told})
        return self.render_action_page(
            request,
            ActionPage(
                title="Freeze the population of a draw",
                button=button,
                form=form,
                facts=facts,
                act=str,
                warning="The lines never change afterwards. Whatever is typed here is published, except the AMT IDs.",
            ),
            original=None,
            back=reverse("admin:audits_draw_changelist"),
        )

    def figures_view(self, request: HttpRequest) -> HttpResponse:
        """Show what came of a draw, the latest unless another is asked for, or of the audits for cause."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        drawn = list(figures.drawn())
        asked = request.GET.get("year", "")
        draw = next((each for each in drawn if str(each.year) == asked), None)
        if not draw and not asked and drawn:
            draw = drawn[0]
        shown = figures.of(draw)
        context = {
            **self.admin_site.each_context(request),
            "title": f"Figures of the {str(draw).lower()}" if draw else "Figures of audits for cause",
            "opts": self.opts,
            "years": [each.year for each in drawn],
            "heads": figures.HEADS,
            "outcomes": [(each.credential or "All", each.columns()) for each in shown.outcomes],
            "agreement": shown.agreement,
            "results": shown.results,
            "stays": [(CaseState(stay.state).label, stay) for stay in shown.stays],
        }
        return TemplateResponse(request, "admin/audits/figures.html", context)

    def figures_csv_view(self, request: HttpRequest) -> HttpResponse:
        """Answer with the figures of every draw as CSV, in which no cell can be a formula."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        response = HttpResponse("\ufeff", content_type="text/csv; charset=utf-8")
        response.headers["Content-Disposition"] = 'attachment; filename="audit-figures.csv"'
        csv.writer(response).writerows(figures.csv_rows())
        return response

    def seed_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        draw: Draw = self.record_for_action(request, object_id, MAY_SEED)
        if draw.is_drawn or draw.is_abandoned:
            self.message_user(request, f"{draw} takes no seed: it is {self.state(draw).lower()}.")
            return redirect(self.page_of(draw))

        def act(typed: dict[str, Any]) -> str:
            drawn = draws.enter_seed(
                draw=draw,
                seed=typed["seed"],
                source=typed["seed_source"],
                witnesses=(typed.get("first_witness", ""), typed.get("second_witness", "")),
                by=account_of(request),
                at=timezone.now(),
            )
            total = draws.whole(draws.strata_of(drawn))
            return f"Drawn: {total.drawn:,} of {total.population:,}, by the seed {drawn.seed}"

        return self.action_page(
            request,
            draw,
            ActionPage(
                title=f"Enter the seed of the draw of {draw.year}",
                button="Draw",
                form=SeedForm(request.POST or None, kind=draw.seed_kind),
                facts=[
                    ("Frozen", f"{draw.population:,} lines, {format_moment(draw.frozen_at)}"),
                    ("SHA-256", draw.sha256),
                    ("Seed, as named", f"{draw.get_seed_kind_display()}: {draw.seed_named}"),
                    *_strata(draws.strata_of(draw)),
                ],
                act=act,
                warning="A seed is accepted once. Whoever is drawn stays drawn.",
            ),
        )

    def letters_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Have letters of the draw printed in one file, by their kind."""
        draw: Draw = self.record_for_action(request, object_id, MAY_PRINT)
        of_draw = printing.of_draw(draw)

        def act(typed: dict[str, Any]) -> str:
            chosen = of_draw.filter(kind=typed["kind"]) if typed["kind"] else of_draw
            if not typed["printed"]:
                chosen = printing.not_printed(chosen)
            keys = list(chosen.order_by("pk").values_list("pk", flat=True))
            return printed(printing.ask(letters=keys, by=account_of(request), at=timezone.now()))

        waiting = dict(printing.not_printed(of_draw).order_by().values_list("kind").annotate(Count("pk")))
        return self.action_page(
            request,
            draw,
            ActionPage(
                title=f"Print letters of the draw of {draw.year}",
                button="Print",
                form=PrintForm(request.POST or None),
                facts=[(f"{kind.label}, not printed", f"{waiting.get(kind, 0):,}") for kind in LetterKind],
                act=act,
            ),
        )

    def abandon_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        draw: Draw = self.record_for_action(request, object_id, MAY_ABANDON)

        def act(typed: dict[str, Any]) -> str:
            if draw.is_abandoned:
                raise AlreadyDone("This draw is abandoned already.")
            draws.abandon(draw=draw, reason=typed["reason"], by=account_of(request), at=timezone.now())
            return f"Abandoned: {clean.line(typed['reason'])}"

        return self.action_page(
            request,
            draw,
            ActionPage(
                title=f"Abandon the draw of {draw.year}",
                button="Abandon",
                form=ReasonForm(request.POST or None, read_by=ReadBy.EVERYBODY, help_text="Name nobody."),
                facts=[("Frozen", f"{draw.population:,} lines, {format_moment(draw.frozen_at)}")],
                act=act,
                warning="The year can then be frozen again. The abandoned draw stays on the public page.",
            ),
        )

    def notify_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        draw: Draw = self.record_for_action(request, object_id, MAY_NOTIFY)
        if not draw.is_drawn:
            self.message_user(request, f"{draw} has no seed yet, so nobody is drawn.")
            return redirect(self.page_of(draw))

        def act(typed: dict[str, Any]) -> str:
            asked = draws.notify(draw=draw, by=account_of(request), at=timezone.now())
            if not asked:
                raise AlreadyDone("Everybody who was drawn has been asked for proof already.")
            return f"{asked:,} member{'s' * (asked != 1)} asked for proof."

        return self.action_page(
            request,
            draw,
            ActionPage(
                title=f"Ask all who were drawn in {draw.year} for proof",
                button="Ask for proof",
                form=forms.Form(request.POST if request.method == "POST" else None),
                facts=[("Not asked yet", f"{draws.to_notify(draw).count():,} audits")],
                act=act,
                warning="They are told by mail and by letter, and the days begin to run.",
            ),
        )


class LeftOutFilter(ConditionFilter):
    title = "left out"
    parameter_name = "left-out"

    def conditions(self, on: Any) -> dict[str, tuple[str, Q]]:
        return {
            "no": ("Can be drawn", Q(excluded="")),
            **{
                reason.replace(" ", "-").lower(): (f"Left out, {reason}", Q(excluded=reason))
                for reason in exclusions.SENTENCES
            },
        }


@admin.register(DrawLine)
class DrawLineAdmin(WrittenByVerbs, StaffAdmin):
    list_display = ["amt_id", "stratum", "member", "excluded", "draw"]
    list_select_related = ["draw", "cycle__certification__member"]
    list_reads = [
        "amt_id",
        "stratum",
        "excluded",
        "draw__year",
        "draw__abandoned_reason",
        "cycle__certification__member__first_name",
        "cycle__certification__member__last_name",
        "cycle__certification__member__amt_id",
    ]
    list_filter = [LeftOutFilter, "draw"]
    search_help_text = "Name, e-mail address or AMT ID"
    search_fields = ["cycle__certification__member"]
    fields = ["draw", "stratum", "amt_id", "member", "cycle", "line", "excluded"]
    readonly_fields = ["member"]
    page_select_related = ["cycle__certification__credential"]

    @admin.display(description="member")
    def member(self, line: DrawLine) -> str:
        return str(line.member)


class AuditedFilter(ConditionFilter):
    title = "audited"
    parameter_name = "audited"

    def conditions(self, on: Any) -> dict[str, tuple[str, Q]]:
        return {
            "yes": ("Audited", (Q(is_drawn=True) | Q(called_for__isnull=False)) & Q(replacement=None)),
            "replaced": ("Replaced", Q(replacement__isnull=False)),
            "waiting": ("Substitutes", Q(is_drawn=False, called_for=None)),
        }


@admin.register(DrawTicket)
class DrawTicketAdmin(WrittenByVerbs, StaffAdmin):
    list_display = ["member", "stratum", "place", "standing", "ticket"]
    list_select_related = ["line__cycle__certification__member", "replacement", "called_for"]
    list_reads = [
        "place",
        "is_drawn",
        "ticket",
        "line__stratum",
        "line__cycle__certification__member__first_name",
        "line__cycle__certification__member__last_name",
        "line__cycle__certification__member__amt_id",
        "replacement__reason",
        "called_for__reason",
    ]
    list_filter = [AuditedFilter, "line__draw"]
    ordering = ["pk"]  # they are stored by credential and place
    search_help_text = "Name, e-mail address or AMT ID"
    search_fields = ["line__cycle__certification__member"]
    fields = ["member", "line_of_file", "ticket", "place", "standing", "cycle"]
    readonly_fields = ["member", "line_of_file", "standing", "cycle"]
    page_select_related = ["line__cycle__certification__credential", "line__draw"]

    @admin.display(description="member")
    def member(self, ticket: DrawTicket) -> str:
        return str(ticket.line.member)

    @admin.display(description="credential")
    def stratum(self, ticket: DrawTicket) -> str:
        return ticket.line.stratum

    @admin.display(description="line")
    def line_of_file(self, ticket: DrawTicket) -> str:
        return ticket.line.line

    @admin.display(description="cycle")
    def cycle(self, ticket: DrawTicket) -> str:
        return str(ticket.line.cycle)

    @admin.display(description="standing")
    def standing(self, ticket: DrawTicket) -> str:
        if hasattr(ticket, "replacement"):
            return f"Replaced: {ticket.replacement.reason}"
        if hasattr(ticket, "called_for"):
            return "Audited, as a substitute"
        return "Audited" if ticket.is_drawn else "Substitute"

    def get_urls(self) -> list[URLPattern]:
        replace = self.admin_site.admin_view(self.replace_view)
        return [path("<path:object_id>/replace/", replace, name="audits_drawticket_replace"), *super().get_urls()]

    def links(self, request: HttpRequest, obj: DrawTicket) -> list[tuple[str, str]]:
        links = super().links(request, obj)
        if request.user.has_perm(MAY_REPLACE) and self.standing(obj).startswith("Audited"):
            links.append(("Replace by the next substitute", reverse("admin:audits_drawticket_replace", args=[obj.pk])))
        return links

    def replace_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        ticket: DrawTicket = self.record_for_action(request, object_id, MAY_REPLACE)

        def act(typed: dict[str, Any]) -> str:
            if hasattr(ticket, "replacement"):
                raise AlreadyDone("Somebody was called for this line already.")
            done = draws.replace(ticket=ticket, reason=typed["reason"], by=account_of(request), at=timezone.now())
            if done.substitute is None:
                return f"{ticket.line.member} is not audited. No substitute of {ticket.line.stratum} is left."
            return f"{ticket.line.member} is not audited. In their place: {done.substitute.line.member}."

        return self.action_page(
            request,
            ticket,
            ActionPage(
                title=f"Replace {ticket.line.member}",
                button="Replace",
                form=ReasonForm(
                    request.POST or None,
                    read_by=ReadBy.MEMBER,
                    help_text="Such as: died after the draw. It stands in the audit that is called off.",
                ),
                facts=[
                    ("Line", ticket.line.line),
                    ("Place", f"{ticket.place:,} of {ticket.line.stratum}"),
                    ("Standing", self.standing(ticket)),
                ],
                act=act,
                warning="The substitute with the next place is audited instead. Nobody else moves.",
            ),
        )
