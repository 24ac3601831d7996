"""Template filters for days, points and money (``amtportal.formatting``), and tags like icons."""

import json
from datetime import date
from functools import lru_cache
from typing import Any

from django import template
from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.template import defaulttags
from django.template.base import FilterExpression, Parser, Token, Variable
from django.template.loader import render_to_string
from django.templatetags.i18n import do_translate
from django.templatetags.static import static
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from amtportal import dates, guide_pictures, nav, office_hours, tutorial
from amtportal import formatting as words
from amtportal.members.context_processors import ASSOCIATION
from amtportal.members.sessions.sessions import browser_name
from amtportal.members.sign_in import answers, kept_forms

register = template.Library()
register.filter("dollars", words.dollars)
register.filter("dollars_in_words", words.dollars_in_words)
register.filter("points", words.format_points)
register.filter("day_text", words.format_day)
register.filter("day_text_in_table", words.format_day_in_table)
register.filter("days_away", words.days_away)
register.filter("answer_address", answers.address)
register.filter("browser_name", browser_name)
register.filter("day_of", dates.day_of)
register.filter("moment", words.format_moment)
register.filter("time_of_day", words.format_time)
register.filter("as_count", words.as_count)
register.filter("translated", words.translated)
register.filter("direction", words.direction)


@register.filter
def day(value: date) -> SafeString:
    """Return a day such as ``Mar 14, 2026`` as a ``<time>`` element that machines can read."""
    return _time(value, words.format_day(value))


@register.filter
def day_in_table(value: date) -> SafeString:
    """Return a day in a column of a table, such as ``3/14/2026``, as a ``<time>`` element."""
    return _time(value, words.format_day_in_table(value))


@register.filter
def day_near(value: date, on: date) -> SafeString:
    """Return a day as it is read on the day ``on``, such as ``Mon Nov 30``, as a ``<time>`` element."""
    return _time(value, words.format_day_near(value, on))


@register.filter
def when(value: date, on: date) -> SafeString:
    """Return a day such as ``tomorrow, Mon Nov 30`` as a ``<time>`` element."""
    return _time(value, words.format_when(value, on))


def _time(value: date, written: str) -> SafeString:
    # A day has nothing to escape, and a page can have a hundred of them.
    return SafeString(f'<time datetime="{value.isoformat()}">{written}</time>')


@register.filter
def days_to(first: date, last: date) -> SafeString:
    """Return one day, or the first and the last of several, as ``<time>`` elements."""
    return _from_to(day(first), day(last))


@register.filter
def days_to_in_table(first: date, last: date) -> SafeString:
    """Return the days of ``days_to`` in a column of a table."""
    return _from_to(day_in_table(first), day_in_table(last))


def _from_to(first: SafeString, last: SafeString) -> SafeString:
    return first if first == last else SafeString(_("%(first)s to %(last)s") % {"first": first, "last": last})


@register.filter
def bdi(typed: object) -> SafeString:
    """Isolate typed text, so that its writing direction does not reorder the words around it."""
    return format_html("<bdi>{}</bdi>", typed)


@register.simple_tag(takes_context=True)
def typed_by(context: template.Context, form: str) -> SafeString:
    """Return the field by which a form comes back after a sign-in (``sign_in.kept_forms``).

    The field is outside the form and refers to it by id, so that the form itself has only the
    fields that the page asks for.
    """
    signature = kept_forms.signature(context["user"])
    return format_html('<input type="hidden" name="{}" value="{}" form="{}">', kept_forms.OWNER_FIELD, signature, form)


@register.filter
def as_json(value: object) -> str:
    """Return JSON for an attribute that a script reads. The template escapes it like other text."""
    return json.dumps(value, cls=DjangoJSONEncoder)


@register.simple_tag
@lru_cache
def icon(name: str) -> SafeString:
    """Return an icon from ``static/icons.svg``. It has no text for screen readers: add words."""
    return format_html(
        '<svg class="icon" width="20" height="20" aria-hidden="true" focusable="false"><use href="{}#{}"></use></svg>',
        static("icons.svg"),
        name,
    )


@register.simple_tag
def association() -> dict[str, object]:
    """Return AMT's name, address and phone for a page without context, such as an error page."""
    return ASSOCIATION


@register.simple_tag(name="office_hours")
def show_office_hours() -> str:
    """Return when the office answers the phone, as a sentence."""
    return office_hours.in_words(settings.OFFICE_HOURS)


@register.simple_tag(takes_context=True)
def menu(context: template.Context) -> SafeString:
    """Return the items of the menu at the top of the page (``amtportal.nav``)."""
    return _items(get_language(), tuple(nav.menu(context["request"])))


@lru_cache(maxsize=200)
def _items(language: str, items: tuple[nav.Shown, ...]) -> SafeString:
    """Return the items in that language. A menu is the same for everybody who sees the same items."""
    return format_html_join(
        "\n",
        "<li>{}</li>",
        ((_link(shown),) for shown in items),
    )


@register.simple_tag(takes_context=True)
def help_link(context: template.Context) -> SafeString:
    """Return the link to help at the top of the page (``amtportal.nav``)."""
    return _help(get_language(), nav.help_item(context["request"]))


@lru_cache(maxsize=10)
def _help(language: str, item: nav.Shown) -> SafeString:
    return _link(item, "help-link")


def _link(shown: nav.Shown, css: str = "") -> SafeString:
    return format_html(
        '<a{} href="{}"{}>{}</a>',
        format_html(' class="{}"', css) if css else "",
        reverse(shown.item.address),
        format_html(' aria-current="{}"', shown.current) if shown.current else "",
        shown.item.label,
    )


@register.tag
def fixed(parser: Parser, token: Token) -> "Fixed":
    """Mark a part of a template that depends on nothing but the language: ``{% fixed %}…{% endfixed %}``.

    It is rendered once for each language and process. The part sees no variable of the page: a name
    that it does not set itself is an error.
    """
    parts = parser.parse(("endfixed",))
    parser.delete_first_token()
    return Fixed(parts)


@register.tag
def translate(parser: Parser, token: Token) -> template.Node:
    """Django's tag; a sentence that is written in the template is looked up once for each language."""
    node = do_translate(parser, token)
    is_fixed = node.asvar is None and _is_written(node.filter_expression) and _is_written(node.message_context)
    return Fixed(template.NodeList([node])) if is_fixed else node


@register.tag
def url(parser: Parser, token: Token) -> template.Node:
    """Django's tag; an address without a key is looked up once."""
    node = defaulttags.url(parser, token)
    is_fixed = not (node.asvar or node.args or node.kwargs) and _is_written(node.view_name)
    return Fixed(template.NodeList([node])) if is_fixed else node


def _is_written(expression: FilterExpression | None) -> bool:
    """Return whether the value is written in the template, and does not come from the page."""
    if expression is None:
        return True
    written = expression.var.literal if isinstance(expression.var, Variable) else expression.var
    return isinstance(written, str) and not expression.filters


class Fixed(template.Node):
    child_nodelists = ("parts",)

    def __init__(self, parts: template.NodeList) -> None:
        self.parts = parts
        self.rendered: dict[str | None, SafeString] = {}

    def render(self, context: template.Context) -> SafeString:
        language = get_language()
        text = self.rendered.get(language)
        if text is None:
            nothing = _Nothing(autoescape=context.autoescape)
            assert context.template
            with nothing.bind_template(context.template):
                text = self.rendered[language] = self.parts.render(nothing)
        return text


class _Nothing(template.Context):
    """A context without variables: only those that the part itself sets can be read."""

    def __getitem__(self, key: Any) -> Any:
        try:
            return super().__getitem__(key)
        except KeyError:
            raise template.TemplateSyntaxError(f"A fixed part of a template reads {key!r}.") from None

    def get(self, key: Any, otherwise: Any = None) -> Any:
        return self[key]


@register.inclusion_tag("guide/_watch.html", takes_context=True)
def guide_clip(context: template.Context, name: str) -> dict[str, object]:
    """Lead to the clip of the tutorial that shows this part of the guide; a document has no clips."""
    return {"clip": tutorial.CLIPS[name], "in_document": context.get("in_document")}


@register.simple_tag(takes_context=True)
def guide_picture(context: template.Context, name: str, alt: str) -> SafeString:
    """Show a picture of the guide, in light and in dark; in a document in light. ``alt`` describes it."""
    shown = "guide/_picture_in_document.html" if context.get("in_document") else "guide/_picture.html"
    return render_to_string(shown, {"picture": guide_pictures.pictures()[name], "alt": alt})
