"""The addresses of lists and reports, under ``/admin/reports/``."""

from collections.abc import Sequence
from functools import partial, update_wrapper
from typing import Any

from django.contrib.admin import AdminSite
from django.urls import URLPattern, path

from ccp.reports.figures.registry import REPORTS
from ccp.reports.lists.registry import LISTS, url_name
from ccp.reports.views import lists, mail, reports


def pages(site: AdminSite) -> Sequence[URLPattern]:
    def view(function: Any, **about: Any) -> Any:
        return site.admin_view(update_wrapper(partial(function, **about), function))

    found = [
        path("reports/", view(lists.index), name="reports_index"),
        path("reports/count/", view(reports.count), name="reports_count"),
    ]
    for name in LISTS:
        found += [
            path(f"reports/{name.value}/", view(lists.list_page, name=name), name=url_name(name)),
            path(f"reports/{name.value}/export/", view(lists.export, name=name), name=f"{url_name(name)}_export"),
            path(f"reports/{name.value}/filters/", view(lists.filters, name=name), name=f"{url_name(name)}_filters"),
            path(f"reports/{name.value}/mail/", view(mail.mail, name=name), name=f"{url_name(name)}_mail"),
        ]
    for report in REPORTS:
        found += [
            path(f"reports/{report}/", view(reports.report_page, name=report), name=f"reports_{report}"),
            path(f"reports/{report}.csv", view(reports.report_csv, name=report), name=f"reports_{report}_csv"),
        ]
    return found
