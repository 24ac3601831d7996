"""The filters beside a list, as Django's admin writes them, without a template for each.

``tests/amtportal/staff/test_rows.py`` compares both for every list.
"""

from collections.abc import Mapping
from typing import Any

from django.contrib.admin import ListFilter
from django.contrib.admin.templatetags.admin_list import admin_list_filter
from django.utils.encoding import iri_to_uri
from django.utils.html import conditional_escape
from django.utils.safestring import SafeString, mark_safe

SELECTED = ' class="selected"'


def filters_of(changelist: Any) -> SafeString:
    """Return the filters of the list's page, as HTML."""
    return mark_safe("".join(_filter(changelist, one) for one in changelist.filter_specs))  # noqa: S308  (escaped)


def _filter(changelist: Any, one: Any) -> str:
    if one.template != ListFilter.template:
        return str(admin_list_filter(changelist, one))
    title = conditional_escape(one.title)
    choices = "\n".join(map(_choice, one.choices(changelist)))
    return (
        f'<details data-filter-title="{title}" open>\n<summary>By {title}</summary>\n'
        f"<ul>\n{choices}\n</ul>\n</details>\n"
    )


def _choice(choice: Mapping[str, Any]) -> str:
    address = conditional_escape(iri_to_uri(choice["query_string"]))
    selected = SELECTED if choice["selected"] else ""
    return f'<li{selected}><a href="{address}">{conditional_escape(choice["display"])}</a></li>'
