"""The admin site of the portal."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from django.contrib.admin import AdminSite
from django.http import HttpRequest
from django.urls import URLPattern, URLResolver
from django.utils.functional import SimpleLazyObject

Pages = Callable[[AdminSite], Sequence[URLPattern]]


class StaffSite(AdminSite):
    site_header = "AMT Portal – staff"
    site_title = "AMT Portal"
    index_title = "Members, certifications and continuing education"
    enable_nav_sidebar = False  # lists need the width, and every page links to the index

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._pages: list[Pages] = []

    def add_pages(self, pages: Pages) -> None:
        """Let the site have pages that belong to no model: wrapped in ``admin_view``, and asking who may see them."""
        self._pages.append(pages)

    def get_urls(self) -> list[URLPattern | URLResolver]:
        return [*(page for pages in self._pages for page in pages(self)), *super().get_urls()]

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> Any:
        """Return what a person may open, found out when the index shows it: every page is handed the list."""
        return SimpleLazyObject(partial(super().get_app_list, request, app_label))
