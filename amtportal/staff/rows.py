"""The rows of a list, as Django's admin writes them, at a tenth of its time.

Django finds out for each cell what its column is, and for each row where the row's page is. Here
both are found out once for a list, which is written column by column; equal values of a column are
put into words once. The result is the same, which ``tests/amtportal/staff/test_rows.py`` checks for
every list.
"""

import datetime
import html
import re
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from itertools import repeat
from operator import attrgetter
from typing import Any
from urllib.parse import parse_qsl, urlencode

from django.contrib.admin import utils
from django.contrib.admin.templatetags.admin_list import results
from django.core.exceptions import FieldDoesNotExist, ObjectDoesNotExist
from django.db import models
from django.urls import reverse
from django.utils.formats import localize
from django.utils.html import conditional_escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language

NARROW_FIELDS = (models.DateField, models.TimeField, models.ForeignKey)
NARROW_VALUES = (datetime.date, datetime.time)
_needs_escape = re.compile("[&<>\"']").search


def escaped(text: str) -> str:
    """Return the text with its special characters escaped; most texts have none."""
    return html.escape(text) if _needs_escape(text) else text


@lru_cache(maxsize=4096)
def _day_in_words(day: datetime.date, language: str | None) -> str:
    """Return a day as Django's admin writes it in this language. Lists show the same days again and again."""
    return escaped(localize(day))


class Column:
    """One column: the values of the rows in it, and how they are shown."""

    def __init__(self, name: str, changelist: Any) -> None:
        admin = changelist.model_admin
        attribute: Any = None
        self.field: Any = None
        try:
            self.field = utils._get_non_gfk_field(changelist.lookup_opts, name)  # type: ignore[attr-defined]
        except (FieldDoesNotExist, utils.FieldIsAForeignKeyColumnName):
            attribute = getattr(admin, name, None) or getattr(changelist.model, name)
        self.name = name
        self.value: Callable[[Any], Any] = attrgetter(name)
        if self.field is None and callable(getattr(admin, name, None)):
            self.value = getattr(admin, name)
        elif callable(attribute):
            self.value = lambda row: getattr(row, name)()
        self.is_relation = isinstance(getattr(self.field, "remote_field", None), models.ManyToOneRel)
        self.is_shown_as_field = self.field is not None and not self.field.auto_created
        self.is_boolean = getattr(getattr(attribute, "fget", attribute), "boolean", False)
        self.is_day = isinstance(self.field, models.DateField) and not isinstance(self.field, models.DateTimeField)
        # A choice has words of its own, and an address is a link.
        self.is_put_in_words = isinstance(self.field, models.URLField) or bool(getattr(self.field, "choices", None))
        self.empty = getattr(attribute, "empty_value_display", admin.get_empty_value_display())
        css = "action-checkbox" if name == "action_checkbox" else f"field-{name}"
        self.wide, self.narrow = f'class="{css}"', f'class="{css} nowrap"'
        self.language = get_language()
        self.words: dict[Any, str] = {}

    def cells(self, rows: Sequence[Any]) -> Iterable[tuple[str, str]]:
        """Return the CSS classes and the HTML of the cell of each row."""
        if self.is_relation:
            return [(self.narrow, self._related(row)) for row in rows]
        try:
            values = list(map(self.value, rows))
        except ObjectDoesNotExist:
            values = [self._value_if_any(row) for row in rows]
        shown = map(self.shown, values)
        if self.is_shown_as_field:
            return zip(repeat(self.narrow if isinstance(self.field, NARROW_FIELDS) else self.wide), shown, strict=False)
        css = [self.narrow if isinstance(value, NARROW_VALUES) else self.wide for value in values]
        return zip(css, shown, strict=True)

    def _value_if_any(self, row: Any) -> Any:
        try:
            return self.value(row)
        except ObjectDoesNotExist:
            return SafeString(self.empty)

    def _related(self, row: Any) -> str:
        """Return the words for the record that a row refers to, which several rows may do."""
        key = getattr(row, self.field.attname)
        if key is None:
            return self.empty
        try:
            return self.words[key]
        except KeyError:
            return self.words.setdefault(key, escaped(str(getattr(row, self.name))))

    def shown(self, value: Any) -> str:
        """Return the HTML of a value. Texts are mostly different, other values are not."""
        if isinstance(value, SafeString):
            return value
        if isinstance(value, str) and not self.is_put_in_words:
            return self.empty if not value or value.isspace() else escaped(value)
        if self.is_day and value is not None:
            return _day_in_words(value, self.language)
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


def rows_of(changelist: Any) -> SafeString:
    """Return the rows of the list's page, as HTML."""
    if changelist.is_popup or changelist.to_field:
        rows: Iterable[str] = ("".join(row) for row in results(changelist))
    else:
        rows = _rows(changelist)
    return mark_safe("".join(f"<tr>{row}</tr>\n" for row in rows))  # noqa: S308  Every cell is escaped.


def _rows(changelist: Any) -> Iterable[str]:
    rows = list(changelist.result_list)
    linked = changelist.list_display_links or []
    addresses = _addresses(changelist, rows) if linked else []
    tag, columns = "th", []
    for name in changelist.list_display:
        cells = Column(name, changelist).cells(rows)
        if name in linked:
            columns.append(
                [
                    f'<{tag} {css}><a href="{address}">{shown}</a></{tag}>'
                    for address, (css, shown) in zip(addresses, cells, strict=True)
                ]
            )
            tag = "td"
        else:
            columns.append([f"<td {css}>{shown}</td>" for css, shown in cells])
    return map("".join, zip(*columns, strict=True))


def _addresses(changelist: Any, rows: Sequence[Any]) -> list[str]:
    """Return the address of each row's page, escaped. It holds the list's filters, so that staff come back to them."""
    meta = changelist.opts
    folder = reverse(f"admin:{meta.app_label}_{meta.model_name}_changelist")
    kept = urlencode(dict(parse_qsl(changelist.preserved_filters)))
    ending = conditional_escape(f"/change/?{kept}" if kept else "/change/")
    return [f"{folder}{utils.quote(row.pk)}{ending}" for row in rows]
