"""Parts of templates that depend on nothing but the language are rendered once for each of them."""

from collections.abc import Callable
from unittest.mock import patch

import pytest
from django.template import Context, Template, TemplateSyntaxError
from django.utils import translation

from amtportal.members.templatetags import portal


@pytest.mark.parametrize(
    ("source", "english", "spanish"),
    [
        ('{% fixed %}<b>{% translate "Home" %}</b>{% endfixed %}', "<b>Home</b>", "<b>Inicio</b>"),
        ('{% translate "Home" %}', "Home", "Inicio"),
        ('{% translate "Opens" context "invoice" %}', "Opens", "Se abre"),
        ("{% url 'certification-list' %}", "/certifications/", "/certifications/"),
    ],
)
def test_a_part_is_rendered_once_for_each_language(source: str, english: str, spanish: str) -> None:
    page = Template(source)
    for _ in range(2):
        for language, wanted in (("en", english), ("es", spanish)):
            with translation.override(language):
                assert page.render(Context()) == wanted
    with translation.override("es"), patch.object(portal._Nothing, "__init__", side_effect=AssertionError):
        assert page.render(Context({"user": "somebody"})) == spanish


@pytest.mark.parametrize(
    "source",
    [
        "{% fixed %}{{ user }}{% endfixed %}",
        "{% fixed %}{% if user.is_staff %}staff{% endif %}{% endfixed %}",
        "{% fixed %}{% csrf_token %}{% endfixed %}",
        "{% fixed %}{% url 'invoice-detail' pk %}{% endfixed %}",
    ],
)
def test_a_part_that_reads_the_page_is_an_error(source: str) -> None:
    with pytest.raises(TemplateSyntaxError, match="A fixed part of a template reads"):
        Template(source).render(Context({"user": "somebody", "csrf_token": "x", "pk": 1}))


@pytest.mark.parametrize(
    ("source", "wanted"),
    [
        ("{% translate word %}", str),
        ("{% translate word|upper %}", str.upper),
        ('{% translate "Home" as home %}{{ home }}{{ word }}', lambda word: f"Home{word}"),
        ("{% url name %}{{ word }}", lambda word: f"/guide/{word}"),
        ("{% url 'invoice-detail' 7 as address %}{{ address }}{{ word }}", lambda word: f"/invoices/7/{word}"),
    ],
)
def test_what_comes_from_the_page_is_rendered_each_time(source: str, wanted: Callable[[str], str]) -> None:
    page = Template(source)
    with translation.override("en"):
        for word in ("one", "two"):
            assert page.render(Context({"word": word, "name": "guide"})) == wanted(word)
