"""How the fields of forms are written as HTML.

Django renders a template for each field, each widget, each option of a list and each set of
attributes. A page with a form took a third of its time for that. The widgets of the portal's own
forms, and the group of a label, help, errors and a widget, are written here instead, as Django's
templates write them; every other widget has its template, as always.
"""

from collections.abc import Callable, Mapping
from typing import Any

from django.forms import BoundField
from django.forms.renderers import TemplatesSetting
from django.http import HttpRequest
from django.utils.formats import localize
from django.utils.html import conditional_escape, format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _


def _attributes(attributes: Mapping[str, Any]) -> SafeString:
    return mark_safe(  # noqa: S308  (each value is escaped)
        "".join(
            f" {conditional_escape(name)}" if value is True else f' {conditional_escape(name)}="{_text(value)}"'
            for name, value in attributes.items()
            if value is not False
        )
    )


def _text(value: Any) -> str:
    return conditional_escape(value if isinstance(value, str) else str(value))


def _input(widget: Mapping[str, Any]) -> SafeString:
    value = widget["value"]
    return format_html(
        '<input type="{}" name="{}"{}{}>',
        widget["type"],
        widget["name"],
        "" if value is None else format_html(' value="{}"', _text(value)),
        _attributes(widget["attrs"]),
    )


def _select(widget: Mapping[str, Any]) -> SafeString:
    parts = []
    for name, options, _index in widget["optgroups"]:
        group = "\n".join(
            f'<option value="{_text(option["value"])}"{_attributes(option["attrs"])}>'
            f"{conditional_escape(localize(option['label']))}</option>"
            for option in options
        )
        parts.append(
            f'<optgroup label="{conditional_escape(localize(name))}">\n{group}\n</optgroup>' if name else group
        )
    return format_html(
        '<select name="{}"{}>\n{}\n</select>',
        widget["name"],
        _attributes(widget["attrs"]),
        mark_safe("\n".join(parts)),  # noqa: S308  (each value is escaped)
    )


def _field(field: BoundField) -> SafeString:
    """Return the group of a field: its label, help and errors, and the widget.

    A field that ``is_asked_for`` although it may be empty is not called optional.
    """
    widget = SafeString(field)
    if field.is_hidden:
        return widget
    is_wrong = " field-wrong" if field.errors else ""
    noted = getattr(field.field, "noted", "")  # about the value, such as that it was read from a file
    told = format_html("{}{}{}", _help(field), _errors(field), noted)
    if field.use_fieldset:
        described = format_html(' aria-describedby="{}"', field.aria_describedby) if field.aria_describedby else ""
        inside = format_html(
            '<fieldset{}>\n<legend>{}</legend>\n{}<div class="ticks">{}</div>\n</fieldset>',
            described,
            field.label,
            told,
            widget,
        )
    elif getattr(field.field.widget, "input_type", "") == "checkbox":
        inside = format_html(
            '{}<label class="tick" for="{}">{} <span>{}</span></label>', told, field.id_for_label, widget, field.label
        )
    else:
        is_asked_for = field.field.required or getattr(field.field, "is_asked_for", False)
        optional = "" if is_asked_for else format_html(' <span class="optional">{}</span>', _("(optional)"))
        inside = format_html(
            '<label for="{}">{}{}</label>\n{}{}', field.id_for_label, field.label, optional, told, widget
        )
    return format_html('<div class="field{}">\n{}\n</div>\n', is_wrong, inside)


def _help(field: BoundField) -> SafeString:
    if not field.help_text:
        return SafeString("")
    words = SafeString(field.help_text)  # the portal's own
    return format_html('<div class="hint" id="{}_helptext">{}</div>\n', field.auto_id, words)


def _errors(field: BoundField) -> SafeString:
    if not field.errors:
        return SafeString("")
    sentences = format_html_join(
        "\n", '<p><span class="visually-hidden">{}</span> {}</p>', ((_("Error:"), error) for error in field.errors)
    )
    return format_html('<div class="field-error" id="{}_error">\n{}\n</div>\n', field.auto_id, sentences)


WRITERS: dict[str, Callable[[Any], SafeString]] = {
    **dict.fromkeys(
        [f"django/forms/widgets/{kind}.html" for kind in ("text", "number", "email", "password", "hidden", "checkbox")],
        _input,
    ),
    "django/forms/widgets/select.html": _select,
}


class Renderer(TemplatesSetting):
    """Writes the widgets in ``WRITERS`` and the groups of fields, and renders the templates of the others."""

    def render(self, template_name: str, context: dict[str, Any], request: HttpRequest | None = None) -> str:
        if template_name == self.field_template_name:
            return _field(context["field"])
        if writer := WRITERS.get(template_name):
            return writer(context["widget"])
        return super().render(template_name, context, request)
