"""A field of a form that is written without a template for each of its options."""

from typing import Any

from django import forms
from django.forms.utils import flatatt
from django.utils.html import escape
from django.utils.safestring import SafeString


class ShortSelect(forms.Select):
    """A choice among few options, none of which has attributes or belongs to a group.

    Django renders two templates for each option. On a page with six such fields this took longer
    than the list that they filter.
    """

    def render(self, name: str, value: Any, attrs: dict[str, Any] | None = None, renderer: Any = None) -> SafeString:
        chosen = self.format_value(value)
        options = "".join(
            f'<option value="{escape(key)}"{" selected" if str(key) in chosen else ""}>{escape(label)}</option>\n'
            for key, label in self.choices
        )
        return SafeString(
            f'<select name="{escape(name)}"{flatatt(self.build_attrs(self.attrs, attrs))}>\n{options}</select>'
        )
