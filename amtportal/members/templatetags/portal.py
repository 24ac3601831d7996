"""The portal's way of writing days, points and money (``amtportal.formatting``) as template filters, and its icons."""

import json
from datetime import date

from django import template
from django.core.serializers.json import DjangoJSONEncoder
from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString

from amtportal import dates, guide_pictures, nav
from amtportal import formatting as words
from amtportal.members.context_processors import ASSOCIATION
from amtportal.members.sessions.sessions import browser_name
from amtportal.members.sign_in import kept_forms

register = template.Library()
register.filter("dollars", words.dollars)
register.filter("points", words.format_points)
register.filter("day_text", words.format_day)
register.filter("browser_name", browser_name)
register.filter("day_of", dates.day_of)
register.filter("moment", words.format_moment)
register.filter("as_count", words.as_count)
register.filter("translated", words.translated)


@register.filter
def day(value: date) -> SafeString:
    """``3/14/2026`` as a ``<time>`` that machines can read."""
    return format_html('<time datetime="{}">{}</time>', value.isoformat(), words.format_day(value))


@register.filter
def bdi(typed: object) -> SafeString:
    """What somebody typed, kept apart: in whichever direction it is written, the words around it stay in order."""
    return format_html("<bdi>{}</bdi>", typed)


@register.simple_tag(takes_context=True)
def typed_by(context: template.Context, form: str) -> SafeString:
    """The field by which a form comes back after a sign-in (``amtportal.members.sign_in.kept_forms``).

    It stands beside the form and names it by its id, so that the form itself holds what the page asks for.
    """
    signature = kept_forms.signature(context["user"])
    return format_html('<input type="hidden" name="{}" value="{}" form="{}">', kept_forms.OWNER_FIELD, signature, form)


@register.filter
def as_json(value: object) -> str:
    """For an attribute that a script reads; the template escapes it like any other text."""
    return json.dumps(value, cls=DjangoJSONEncoder)


@register.simple_tag
def icon(name: str) -> SafeString:
    """A picture from ``static/icons.svg``. It says nothing by itself: words stand beside it."""
    return format_html(
        '<svg class="icon" width="20" height="20" aria-hidden="true" focusable="false"><use href="{}#{}"></use></svg>',
        static("icons.svg"),
        name,
    )


@register.simple_tag
def association() -> dict[str, object]:
    """AMT's name, address and telephone for a page that has no context, such as the one for errors."""
    return ASSOCIATION


@register.simple_tag(takes_context=True)
def menu(context: template.Context) -> list[nav.Shown]:
    """The menu at the top of the page (``amtportal.nav``)."""
    return nav.menu(context["request"])


@register.inclusion_tag("guide/_picture.html")
def guide_picture(name: str, alt: str) -> dict[str, object]:
    """A picture of the guide, in light and in dark. ``alt`` says what it shows."""
    return {"picture": guide_pictures.pictures()[name], "alt": alt}
