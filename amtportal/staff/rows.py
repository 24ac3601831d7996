"""The rows of a list, as Django's admin writes them, at a quarter of its time.

Django finds out for each cell what its column is, and for each row where the row's page is. Here
both are found out once for a list; equal values of a column are put into words once. The result is
the same, which ``tests/amtportal/staff/test_rows.py`` checks for every list.
"""

import datetime
import html
from collections.abc import Callable, Iterator
from typing import Any

from django.contrib.admin import utils
from django.contrib.admin.templatetags.admin_list import results
from django.contrib.admin.templatetags.admin_urls import add_preserved_filters
from django.core.exceptions import FieldDoesNotExist, ObjectDoesNotExist
from django.db import models
from django.urls import reverse
from django.utils.html import conditional_escape
from django.utils.safestring import SafeString, mark_safe

NARROW_FIELDS = (models.DateField, models.TimeField, models.ForeignKey)
NARROW_VALUES = (datetime.date, datetime.time)


class Column:
    """One column: the value of a row in it, and how it is shown."""

    def __init__(self, name: str, changelist: Any) -> None:
        admin = changelist.model_admin
        attribute: Any = None
        self.field: Any = None
        try:
            self.field = utils._get_non_gfk_field(changelist.lookup_opts, name)  # type: ignore[attr-defined]
        except (FieldDoesNotExist, utils.FieldIsAForeignKeyColumnName):
            attribute = getattr(admin, name, None) or getattr(changelist.model, name)
        self.name = name
        self.of_admin: Callable[[Any], Any] | None = getattr(admin, name, None) if self.field is None else None
        self.is_relation = isinstance(getattr(self.field, "remote_field", None), models.ManyToOneRel)
        self.is_shown_as_field = self.field is not None and not self.field.auto_created
        self.is_boolean = getattr(getattr(attribute, "fget", attribute), "boolean", False)
        self.empty = getattr(attribute, "empty_value_display", admin.get_empty_value_display())
        self.css = "action-checkbox" if name == "action_checkbox" else f"field-{name}"
        self.is_narrow = self.is_shown_as_field and isinstance(self.field, NARROW_FIELDS)
        self.words: dict[Any, str] = {}

    def value(self, row: Any) -> Any:
        if self.of_admin is not None:
            return self.of_admin(row)
        value = getattr(row, self.name)
        return value() if self.field is None and callable(value) else value

    def shown(self, value: Any) -> str:
        """Return the HTML of a value. Unlike other values, text and records are mostly different."""
        if isinstance(value, SafeString):
            return value
        if self.is_relation:
            return self.empty if value is None else html.escape(str(value))
        if isinstance(value, str) and not (self.field is not None and self.field.choices):
            return html.escape(value) if value.strip() else self.empty
        try:
            return self.words[value]
        except KeyError:
            return self.words.setdefault(value, self._in_words(value))
        except TypeError:  # a value without a hash, such as a list
            return self._in_words(value)

    def _in_words(self, value: Any) -> str:
        if self.is_shown_as_field:
            return conditional_escape(utils.display_for_field(value, self.field, self.empty))
        return conditional_escape(utils.display_for_value(value, self.empty, self.is_boolean))

    def cell(self, row: Any) -> tuple[str, str]:
        """Return the CSS classes and the HTML of a row's cell."""
        try:
            value = self.value(row)
        except ObjectDoesNotExist:
            return self.css, self.empty
        is_narrow = self.is_narrow or (not self.is_shown_as_field and isinstance(value, NARROW_VALUES))
        return f"{self.css} nowrap" if is_narrow else self.css, self.shown(value)


def rows_of(changelist: Any) -> SafeString:
    """Return the rows of the list's page, as HTML."""
    if changelist.is_popup or changelist.to_field:
        rows: Iterator[str] = ("".join(row) for row in results(changelist))
    else:
        rows = _rows(changelist)
    return mark_safe("".join(f"<tr>{row}</tr>\n" for row in rows))  # noqa: S308  Every cell is escaped.


def _rows(changelist: Any) -> Iterator[str]:
    columns = [Column(name, changelist) for name in changelist.list_display]
    linked = changelist.list_display_links or []
    meta = changelist.opts
    folder = reverse(f"admin:{meta.app_label}_{meta.model_name}_changelist")
    kept = add_preserved_filters(
        {"preserved_filters": changelist.preserved_filters, "opts": meta}, f"{folder}0/change/"
    ).removeprefix(f"{folder}0/change/")
    ending = conditional_escape(f"/change/{kept}")
    for row in changelist.result_list:
        address = f"{folder}{utils.quote(row.pk)}{ending}"
        tag, cells = "th", []
        for column in columns:
            css, shown = column.cell(row)
            if column.name in linked:
                cells.append(f'<{tag} class="{css}"><a href="{address}">{shown}</a></{tag}>')
                tag = "td"
            else:
                cells.append(f'<td class="{css}">{shown}</td>')
        yield "".join(cells)
