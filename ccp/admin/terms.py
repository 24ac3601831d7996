"""Dated terms: what the admin pages of categories and of activity types share.

Terms are never edited on their own page. Staff enter new terms with the day from which they apply,
and see how these affect members before they save them.
"""

from datetime import date
from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone

from amtportal.dates import today
from amtportal.members.access import account_of
from amtportal.staff.actions import ActionPage
from amtportal.staff.forms import WholeForm
from amtportal.staff.pages import READ_CLEAN, NeverDeleted, WholeHistoryAdmin
from ccp.admin import terms_changes
from ccp.catalogue import term_changes as impact
from ccp.counting.terms import in_force


class _PlausibleDays(WholeForm):
    """Asks which days terms can have (``amtportal.plausible``)."""

    def clean(self) -> dict[str, Any]:
        typed: dict[str, Any] = super().clean() or self.cleaned_data
        for problem in impact.problems_with_days(typed, today()):
            self.add_error(problem.field, problem.sentence)
        return typed


class TermsForm(_PlausibleDays):
    """New terms; the form starts with those in force.

    ``seen`` is a digest of what staff were shown.
    """

    seen = forms.CharField(required=False, widget=forms.HiddenInput)
    described: ClassVar[str]

    def __init__(self, *args: Any, hidden: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["effective_from"].label = "Effective from"
        self.fields["effective_from"].help_text = (
            "The terms hold for entries recorded from this day on. A past day is a correction: entries recorded since "
            "then in open cycles are counted again. Terms that begin on the same day are replaced."
        )
        if hidden:
            for field in self.fields.values():
                field.widget = forms.HiddenInput()

    def versions(self) -> list[Any]:
        """Return the terms on record, the earliest first."""
        described = getattr(self.instance, self.described)
        return list(described.terms.order_by("effective_from")) if described.pk else []

    def clean(self) -> dict[str, Any]:
        typed = super().clean()
        versions = self.versions()
        if self.errors or not versions:
            return typed
        day = typed["effective_from"]
        names = [name for name in self._meta.fields or [] if name != "effective_from"]
        present = in_force(versions, day)
        if all(typed[name] == getattr(present, name) for name in names):
            raise forms.ValidationError("Nothing differs from the terms in force on that day. Change a figure first.")
        if present.effective_from == day:
            # The same row, so that its history shows what it said before.
            self.instance.pk, self.instance._state.adding = present.pk, False
        return typed


class FirstTermsForm(_PlausibleDays):
    """The terms of a new type or category. They are saved even if nobody changed a field."""

    def has_changed(self) -> bool:
        return True


class FirstTermsInline(admin.StackedInline):
    """The first terms of a type or a category, each of which always has terms."""

    form = FirstTermsForm
    min_num = max_num = 1
    formfield_overrides = READ_CLEAN
    extra = 0
    can_delete = False
    verbose_name_plural = "terms"

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return True  # staff who may add the type add its terms with it

    def get_formset(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:
        formset = super().get_formset(request, obj, **kwargs)
        formset.form.base_fields["effective_from"].initial = today
        return formset


class TermsAdmin(NeverDeleted, WholeHistoryAdmin):
    """The base of the admin class of a model that has dated terms."""

    form = WholeForm
    may_set_terms: ClassVar[str]  # a permission
    terms_form: ClassVar[type[TermsForm]]
    first_inline: ClassVar[type[FirstTermsInline]]
    fixed: ClassVar[list[str]] = []
    """Fields that nobody may change on an existing record: recorded entries are grouped by them."""

    def get_inlines(self, request: HttpRequest, obj: Any) -> Any:
        return self.inlines if obj else [self.first_inline]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return self.fixed if obj else []

    def get_prepopulated_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return {} if obj else {"code": ["name"]}

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.terms_view)
        name = f"{self.opts.app_label}_{self.opts.model_name}_terms"
        return [path("<path:object_id>/terms/", view, name=name), *super().get_urls()]

    def links(self, request: HttpRequest, obj: Any) -> list[tuple[str, str]]:
        if not request.user.has_perm(self.may_set_terms):
            return []
        name = f"admin:{self.opts.app_label}_{self.opts.model_name}_terms"
        return [("Change the terms", reverse(name, args=[obj.pk]))]

    def terms_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask for the new terms and show what they change; save them when staff confirm."""
        obj = self.record_for_action(request, object_id, self.may_set_terms)
        form = self.bound(obj, request.POST if request.method == "POST" else None, today())
        ask = ActionPage(title=f"Change the terms: {obj}", button="Show what changes", form=form, act=str)
        if request.method != "POST" or not form.is_valid():
            return self.render_action_page(request, ask, original=obj, back=self.page_of(obj))
        terms, at = form.instance, timezone.now()
        impact.catch_up(terms, at=at)
        effect = impact.impact_of(terms)
        if request.POST.get("seen") == terms_changes.seen(terms, effect):
            by = account_of(request)
            confirmed = ActionPage(
                title=ask.title, button="Save the terms", form=form, act=lambda typed: self._save(terms, by=by, at=at)
            )
            return self.action_page(request, obj, confirmed)
        typed = request.POST.copy()
        typed["seen"] = terms_changes.seen(terms, effect)
        confirm = ActionPage(
            title=f"Save these terms? {obj}",
            button="Save the terms",
            form=self.bound(obj, typed, today(), hidden=True),
            facts=[*terms_changes.changes(terms, self.present(obj, terms), form), *terms_changes.facts(terms, effect)],
            warning=terms_changes.warning(effect, seen=bool(request.POST.get("seen"))),
            act=str,
        )
        return self.render_action_page(request, confirm, original=obj, back=self.page_of(obj))

    def bound(self, obj: Any, data: Any, on: date, *, hidden: bool = False) -> TermsForm:
        """Return the form with what was typed; it starts with the terms in force on that day."""
        terms = in_force(obj.terms.all(), on)
        terms.pk, terms._state.adding, terms.effective_from = None, True, on
        terms.provenance = "staff"
        return self.terms_form(data, instance=terms, hidden=hidden)

    def present(self, obj: Any, terms: Any) -> Any:
        return in_force(obj.terms.all(), terms.effective_from)

    def _save(self, terms: Any, *, by: Any, at: Any) -> str:
        impact.put_in_force(terms=terms, by=by, at=at)
        return terms_changes.done(terms)
