"""The qualifying activities: categories and activity types, which staff edit, with dated terms."""

from datetime import date
from typing import Any, ClassVar

from django import forms
from django.contrib import admin

from amtportal import plausible
from amtportal.dates import today
from amtportal.fields import DayField, NumberField
from amtportal.staff.forms import WholeForm
from amtportal.staff.pages import HistoryAdmin, ShownInline, WrittenByVerbs
from ccp.admin.terms import FirstTermsInline, TermsAdmin, TermsForm
from ccp.models import ActivityType, Category, CategoryTerms, TypeTerms

POINTS = dict.fromkeys(("points_per_unit", "least", "most", "cap"), NumberField)
DAYS = dict.fromkeys(("effective_from", "claimable_from", "claimable_until"), DayField)
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


class CategoryTermsForm(TermsForm):
    described = "category"

    class Meta:
        model = CategoryTerms
        fields = CATEGORY_TERMS
        field_classes: ClassVar[dict[str, Any]] = POINTS | DAYS
        widgets: ClassVar[dict[str, Any]] = {"effective_from": forms.DateInput(attrs=DAY, format="%Y-%m-%d")}


class TypeTermsForm(TermsForm):
    described = "activity_type"

    class Meta:
        model = TypeTerms
        fields = TYPE_TERMS
        field_classes: ClassVar[dict[str, Any]] = POINTS | DAYS
        widgets: ClassVar[dict[str, Any]] = {name: forms.DateInput(attrs=DAY, format="%Y-%m-%d") for name in DAYS}


class ActivityTypeForm(WholeForm):
    def clean_retired_on(self) -> date | None:
        retired_on: date | None = self.cleaned_data["retired_on"]
        if retired_on and (problem := plausible.problem_with_terms_day(retired_on, today())):
            raise forms.ValidationError(problem)
        return retired_on


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


@admin.register(Category)
class CategoryAdmin(TermsAdmin):
    list_display = ["name", "order"]
    ordering = ["order", "name"]
    inlines = [CategoryTermsInline]
    first_inline = FirstCategoryTermsInline
    may_set_terms = "ccp.set_category_terms"
    terms_form = CategoryTermsForm
    fixed = ["code"]


@admin.register(ActivityType)
class ActivityTypeAdmin(TermsAdmin):
    form = ActivityTypeForm
    list_display = ["name", "category", "retired_on"]
    list_select_related = ["category"]
    list_filter = ["category"]
    ordering = ["category__order", "order", "name"]
    inlines = [TypeTermsInline]
    first_inline = FirstTypeTermsInline
    may_set_terms = "ccp.set_type_terms"
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
