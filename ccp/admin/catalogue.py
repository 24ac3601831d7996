"""The qualifying activities: categories and activity types, which staff edit."""

from django.contrib import admin

from amtportal.staff.forms import WholeForm
from amtportal.staff.pages import DeletedUnused, HistoryAdmin
from ccp.models import ActivityType, Category


@admin.register(Category)
class CategoryAdmin(DeletedUnused, HistoryAdmin):
    form = WholeForm
    list_display = ["name", "order", "cap"]
    ordering = ["order", "name"]
    used_in = "activity_types"
    prepopulated_fields = {"code": ["name"]}


@admin.register(ActivityType)
class ActivityTypeAdmin(DeletedUnused, HistoryAdmin):
    form = WholeForm
    list_display = ["name", "category", "unit", "points_per_unit", "cap", "claimable_from", "claimable_until"]
    list_select_related = ["category"]
    list_filter = ["category"]
    ordering = ["category__order", "order", "name"]
    used_in = "activities"
    prepopulated_fields = {"code": ["name"]}
