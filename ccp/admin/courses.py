"""The links to AMT's own CE, which staff edit. A link that is no longer wanted is hidden, not deleted."""

from django.contrib import admin

from amtportal.staff.pages import HistoryAdmin, NeverDeleted
from ccp.models import CourseLink


@admin.register(CourseLink)
class CourseLinkAdmin(NeverDeleted, HistoryAdmin):
    list_display = ["title", "url", "order", "is_shown"]
    ordering = ["order", "pk"]
    fields = ["title", "title_in_spanish", "url", "order", "is_shown"]
