"""The portal's way of writing days, points and money (``amtportal.words``) as template filters."""

from datetime import date

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from amtportal import dates, words

register = template.Library()
register.filter("dollars", words.dollars)
register.filter("points", words.plain)
register.filter("day_text", words.us)
register.filter("day_of", dates.day_of)
register.filter("moment", words.moment)
register.filter("as_count", words.as_count)
register.filter("translated", words.translated)


@register.filter
def day(value: date) -> SafeString:
    """``3/14/2026`` as a ``<time>`` that machines can read."""
    return format_html('<time datetime="{}">{}</time>', value.isoformat(), words.us(value))
