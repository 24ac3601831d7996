"""The portal's admin site: with a start page that says what waits, and one search on every page."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, URLResolver, path

from amtportal.staff.site import StaffSite
from ccp.desk import views


class DeskSite(StaffSite):
    index_title = "Start"
    index_template = "admin/desk/start.html"

    def get_urls(self) -> list[URLPattern | URLResolver]:
        return [
            path("search/", self.admin_view(self.find), name="search"),
            path("viewing/end/", self.admin_view(views.end_viewing), name="viewing_end"),
            *super().get_urls(),
        ]

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> TemplateResponse:
        return super().index(request, {**views.start(request), **(extra_context or {})})

    def find(self, request: HttpRequest) -> HttpResponse:
        return views.find(request, self.each_context(request))
