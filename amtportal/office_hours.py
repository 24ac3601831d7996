"""The hours in which the office answers the phone, on weekdays in Central Time (``OFFICE_HOURS``)."""

from datetime import time

from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext as _


def read(text: str) -> tuple[time, time] | None:
    """Return from when to when, as ``08:00-17:00`` says it; None if the text is empty.

    Raises ``ImproperlyConfigured`` for anything else.
    """
    if not text:
        return None
    try:
        begins, ends = (time.fromisoformat(part.strip()) for part in text.split("-"))
    except ValueError:
        begins = ends = time()
    if begins >= ends:
        raise ImproperlyConfigured(f"OFFICE_HOURS is {text!r}; write it as 08:00-17:00, or leave it empty.")
    return begins, ends


def in_words(hours: tuple[time, time] | None) -> str:
    """Return the hours as a sentence in the active language; empty if they are not known."""
    if hours is None:
        return ""
    begins, ends = map(_hour, hours)
    return _("Weekdays, %(begins)s to %(ends)s Central Time.") % {"begins": begins, "ends": ends}


def _hour(at: time) -> str:
    """Return the time as Americans write it, such as "8 AM" and "4:30 PM"."""
    minutes = f":{at.minute:02}" if at.minute else ""
    return f"{at.hour % 12 or 12}{minutes} {'AM' if at.hour < 12 else 'PM'}"
