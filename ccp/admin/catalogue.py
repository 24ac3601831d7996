"""The qualifying activities: categories and activity types, which staff edit, and their dated terms.

Terms are never edited on their own page. A change is a deed: new terms with the day from which they hold, shown with
what they do to members before they are saved.
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
from amtportal.staff.pages import HistoryAdmin, NeverDeleted, ShownInline, WrittenByVerbs
from ccp.admin import terms_changes
from ccp.catalogue import term_changes as impact
from ccp.counting.terms import in_force
from ccp.models import ActivityType, Category, CategoryTerms, TypeTerms

DAY = {"type": "date", "class": "vDateField"}
CATEGORY_TERMS = ["effective_from", "cap", "provenance"]
TYPE_TERMS = [
    "effective_from",
    "unit",
    "points_per_unit",
    "least",
    "most",
    "cap",
    "claimable_from",
    "claimable_until",
    "provenance",
]


class TermsForm(WholeForm):
    """New terms, filled in with those in force. ``seen`` is the effect that staff were shown."""

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
        """The terms on record, the earliest first."""
        described = getattr(self.instance, self.described)
        return list(described.terms.order_by("effective_from")) if described.pk else []

    def clean(self) -> dict[str, Any]:
        typed: dict[str, Any] = super().clean() or self.cleaned_data
        versions = self.versions()
        if self.errors or not versions:
            return typed
        day = typed["effective_from"]
        names = [name for name in self._meta.fields or [] if name != "effective_from"]
        present = in_force(versions, day)
        if all(typed[name] == getattr(present, name) for name in names):
            raise forms.ValidationError("Nothing differs from the terms in force on that day. Change a figure first.")
        if present.effective_from == day:
            # The same row, so that its history tells what it said before.
            self.instance.pk, self.instance._state.adding = present.pk, False
        return typed


class CategoryTermsForm(TermsForm):
    described = "category"

    class Meta:
        model = CategoryTerms
        fields = CATEGORY_TERMS
        widgets: ClassVar[dict[str, Any]] = {"effective_from": forms.DateInput(attrs=DAY, format="%Y-%m-%d")}


class TypeTermsForm(TermsForm):
    described = "activity_type"

    class Meta:
        model = TypeTerms
        fields = TYPE_TERMS
        widgets: ClassVar[dict[str, Any]] = {
            name: forms.DateInput(attrs=DAY, format="%Y-%m-%d")
            for name in ("effective_from", "claimable_from", "claimable_until")
        }


class FirstTermsForm(WholeForm):
    """The terms of a new type or category: they are saved even where nobody touched them."""

    def has_changed(self) -> bool:
        return True


class FirstTermsInline(admin.StackedInline):
    """Every type and every category has terms from its beginning."""

    form = FirstTermsForm
    min_num = max_num = 1
    extra = 0
    can_delete = False
    verbose_name_plural = "terms"

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return True  # whoever may add the type adds its terms with it

    def get_formset(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:
        formset = super().get_formset(request, obj, **kwargs)
        formset.form.base_fields["effective_from"].initial = today
        return formset


class FirstTypeTermsInline(FirstTermsInline):
    model = TypeTerms
    fields = tuple(TYPE_TERMS)


class FirstCategoryTermsInline(FirstTermsInline):
    model = CategoryTerms
    fields = tuple(CATEGORY_TERMS)


class TypeTermsInline(ShownInline):
    model = TypeTerms
    readonly_fields = TYPE_TERMS
    verbose_name_plural = "terms, by the day from which they hold"


class CategoryTermsInline(ShownInline):
    model = CategoryTerms
    readonly_fields = CATEGORY_TERMS
    verbose_name_plural = "terms, by the day from which they hold"


class TermsAdmin(NeverDeleted, HistoryAdmin):
    """An admin class of a noun that has dated terms."""

    form = WholeForm
    terms_form: ClassVar[type[TermsForm]]
    first_inline: ClassVar[type[FirstTermsInline]]
    fixed: ClassVar[list[str]] = []
    """What an existing record keeps: recorded entries are grouped by it."""

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
        if not self.has_change_permission(request, obj):
            return []
        name = f"admin:{self.opts.app_label}_{self.opts.model_name}_terms"
        return [("Change the terms", reverse(name, args=[obj.pk]))]

    def terms_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask for the new terms; show what they change for whom; save what was confirmed."""
        obj = self.record_for_action(request, object_id, f"{self.opts.app_label}.change_{self.opts.model_name}")
        form = self.bound(obj, request.POST if request.method == "POST" else None, today())
        ask = ActionPage(title=f"Change the terms: {obj}", button="Show what changes", form=form, act=str)
        if request.method != "POST" or not form.is_valid():
            return self.render_action_page(request, ask, original=obj, back=self.page_of(obj))
        terms, at = form.instance, timezone.now()
        impact.catch_up(terms, at=at)
        found = impact.impact_of(terms)
        if request.POST.get("seen") == terms_changes.seen(terms, found):
            by = account_of(request)
            confirmed = ActionPage(
                title=ask.title, button="Save the terms", form=form, act=lambda typed: self._save(terms, by=by, at=at)
            )
            return self.action_page(request, obj, confirmed)
        typed = request.POST.copy()
        typed["seen"] = terms_changes.seen(terms, found)
        confirm = ActionPage(
            title=f"Save these terms? {obj}",
            button="Save the terms",
            form=self.bound(obj, typed, today(), hidden=True),
            facts=[*terms_changes.changes(terms, self.present(obj, terms), form), *terms_changes.facts(terms, found)],
            warning=terms_changes.warning(found, seen=bool(request.POST.get("seen"))),
            act=str,
        )
        return self.render_action_page(request, confirm, original=obj, back=self.page_of(obj))

    def bound(self, obj: Any, data: Any, on: date, *, hidden: bool = False) -> TermsForm:
        """The form, with the terms in force as what nobody has touched yet."""
        terms = in_force(obj.terms.all(), on)
        terms.pk, terms._state.adding, terms.effective_from = None, True, on
        terms.provenance = "staff"
        return self.terms_form(data, instance=terms, hidden=hidden)

    def present(self, obj: Any, terms: Any) -> Any:
        return in_force(obj.terms.all(), terms.effective_from)

    def _save(self, terms: Any, *, by: Any, at: Any) -> str:
        impact.put_in_force(terms=terms, by=by, at=at)
        return terms_changes.done(terms)


@admin.register(Category)
class CategoryAdmin(TermsAdmin):
    list_display = ["name", "order"]
    ordering = ["order", "name"]
    inlines = [CategoryTermsInline]
    first_inline = FirstCategoryTermsInline
    terms_form = CategoryTermsForm
    fixed = ["code"]


@admin.register(ActivityType)
class ActivityTypeAdmin(TermsAdmin):
    list_display = ["name", "category", "retired_on"]
    list_select_related = ["category"]
    list_filter = ["category"]
    ordering = ["category__order", "order", "name"]
    inlines = [TypeTermsInline]
    first_inline = FirstTypeTermsInline
    terms_form = TypeTermsForm
    fixed = ["code", "category"]


@admin.register(CategoryTerms)
class CategoryTermsAdmin(WrittenByVerbs, HistoryAdmin):
    list_display = ["category", *CATEGORY_TERMS]
    list_select_related = ["category"]
    ordering = ["category__order", "-effective_from"]


@admin.register(TypeTerms)
class TypeTermsAdmin(WrittenByVerbs, HistoryAdmin):
    list_display = ["activity_type", *TYPE_TERMS]
    list_select_related = ["activity_type"]
    list_filter = ["provenance"]
    ordering = ["activity_type__category__order", "activity_type__order", "-effective_from"]
