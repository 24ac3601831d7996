"""The admin site of the portal."""

from functools import partial
from typing import Any

from django.contrib.admin import AdminSite
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject


class StaffSite(AdminSite):
    site_header = "AMT Portal – staff"
    site_title = "AMT Portal"
    index_title = "Members, certifications and continuing education"
    enable_nav_sidebar = False  # lists need the width, and every page links to the index

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> Any:
        """Return what a person may open, found out when the index shows it: every page is handed the list."""
        return SimpleLazyObject(partial(super().get_app_list, request, app_label))
