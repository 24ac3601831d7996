"""The widgets that the portal writes itself are the ones that Django's templates write."""

import re
from typing import Any

import pytest
from django import forms
from django.forms.renderers import TemplatesSetting
from django.utils import translation
from django.utils.safestring import mark_safe

from amtportal.form_rendering import WRITERS, Renderer

NASTY = "<b>\"1\" & '2'</b>"
CHOICES = [
    ("", "Choose"),
    (1234567, 1234567),
    (NASTY, NASTY),
    ("safe", mark_safe("<i>safe</i>")),
    (NASTY, [("a", "A"), ("b", NASTY)]),
]
WIDGETS: dict[str, tuple[forms.Widget, Any]] = {
    "text": (forms.TextInput({"class": NASTY, "required": True, "disabled": False, "maxlength": 1200}), NASTY),
    "without a value": (forms.TextInput(), None),
    "number": (forms.NumberInput(), 1234.5),
    "e-mail": (forms.EmailInput(), "a@demo.example"),
    "password": (forms.PasswordInput(), "secret"),
    "hidden": (forms.HiddenInput(), 12345),
    "checkbox": (forms.CheckboxInput(), True),
    "checkbox with a value": (forms.CheckboxInput(), "all"),
    "list": (forms.Select({"data-x": "y"}, choices=CHOICES), NASTY),
    "list without a choice": (forms.Select(choices=CHOICES[1:]), None),
    "boxes": (forms.CheckboxSelectMultiple(choices=CHOICES), ["a", NASTY]),
    "long text": (forms.Textarea(), NASTY),
}


@pytest.mark.parametrize("name", WIDGETS)
@pytest.mark.parametrize("language", ["en", "es"])
def test_a_widget_is_written_as_django_writes_it(name: str, language: str) -> None:
    widget, value = WIDGETS[name]
    with translation.override(language):
        written, wanted = (
            re.sub(r"\s*\n\s*", "", widget.render("name", value, {"id": "id_name"}, renderer))
            for renderer in (Renderer(), TemplatesSetting())
        )
    assert written == wanted


def test_each_writer_is_compared() -> None:
    assert WRITERS.keys() <= {widget.template_name for widget, _ in WIDGETS.values()}


class Form(forms.Form):
    title = forms.CharField(label=NASTY, help_text="<em>How</em> it is called.")
    place = forms.CharField(required=False)
    agreed = forms.BooleanField(label="I agree")
    kinds = forms.MultipleChoiceField(choices=[("a", "A")], widget=forms.CheckboxSelectMultiple, help_text="All.")
    number = forms.CharField(widget=forms.HiddenInput)


def test_a_field_has_its_label_help_errors_and_widget() -> None:
    form = Form({})
    form.add_error("title", NASTY)
    groups = {field.name: re.sub(r"\s*\n\s*", "", field.as_field_group()) for field in form}
    error = '<p><span class="visually-hidden">Error:</span> {}</p>'
    escaped = "&lt;b&gt;&quot;1&quot; &amp; &#x27;2&#x27;&lt;/b&gt;"
    assert groups == {
        "title": f'<div class="field field-wrong"><label for="id_title">{escaped}</label>'
        '<div class="hint" id="id_title_helptext"><em>How</em> it is called.</div>'
        f'<div class="field-error" id="id_title_error">{error.format("This field is required.")}'
        f"{error.format(escaped)}</div>"
        '<input type="text" name="title" required aria-invalid="true" '
        'aria-describedby="id_title_helptext id_title_error" id="id_title"></div>',
        "place": '<div class="field"><label for="id_place">Place <span class="optional">(optional)</span></label>'
        '<input type="text" name="place" id="id_place"></div>',
        "agreed": '<div class="field field-wrong"><div class="field-error" id="id_agreed_error">'
        f'{error.format("This field is required.")}</div><label class="tick" for="id_agreed">'
        '<input type="checkbox" name="agreed" required aria-invalid="true" aria-describedby="id_agreed_error" '
        'id="id_agreed"> <span>I agree</span></label></div>',
        "kinds": '<div class="field field-wrong"><fieldset aria-describedby="id_kinds_helptext id_kinds_error">'
        '<legend>Kinds</legend><div class="hint" id="id_kinds_helptext">All.</div>'
        f'<div class="field-error" id="id_kinds_error">{error.format("This field is required.")}</div>'
        '<div class="ticks"><div id="id_kinds"><div><label for="id_kinds_0">'
        '<input type="checkbox" name="kinds" value="a" aria-invalid="true" id="id_kinds_0">A</label></div></div></div>'
        "</fieldset></div>",
        "number": '<input type="hidden" name="number" id="id_number">',
    }
    with translation.override("es"):
        assert "(opcional)" in form["place"].as_field_group()
