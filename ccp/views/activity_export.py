"""The recorded activities as CSV for a spreadsheet: one line for each entry, read while it is sent.

The file begins with a byte order mark; without it, Excel misreads accented letters. If a
spreadsheet would take a text for a formula, an apostrophe is put in front of the text and a
backslash before each ``|`` in it, so that text typed by a member is never calculated on anyone's
computer. defusedcsv does this, except for texts that begin with a tab or a line break, which are
handled here.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date

from defusedcsv import csv
from django.conf import settings
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from amtportal.formatting import format_points, translated
from amtportal.members.models import Member
from ccp.models import Activity
from ccp.recording.entries import credit_lines

BYTE_ORDER_MARK = "\ufeff"
# Some spreadsheets drop these before they look for a formula, and defusedcsv lets them pass.
DROPPED = ("\t", "\r", "\n")


class _Echo:
    """A file that returns what is written to it."""

    def write(self, line: str) -> str:
        return line


def _visible(cell: str) -> str:
    """Return the cell so that no spreadsheet drops its first character."""
    return f"'{cell}" if cell.startswith(DROPPED) else cell


def filename(member: Member, on: date) -> str:
    return f"ce-activities-{member.amt_id}-{on.isoformat()}.csv"


def heads(codes: Iterable[str]) -> list[str]:
    """Return the names of the columns, two for each certification."""
    names = [
        _("Reference"),
        _("Activity type"),
        _("Category"),
        _("Title"),
        _("Provider"),
        _("Start date"),
        _("End date"),
        _("Points claimed"),
    ]
    for code in codes:
        names += [_("%(code)s points counted") % {"code": code}, _("%(code)s why not all counts") % {"code": code}]
    return [*names, _("Recorded at (Central Time)"), _("Source"), _("State")]


def row(activity: Activity, codes: Sequence[str]) -> list[str]:
    """Return one entry as a row; it must be loaded as by ``ccp.recording.entries.read``.

    The cells of a certification for which the entry is not claimed are empty.
    """
    lines = {line.certification_code: line for line in credit_lines(activity)}
    cells = [
        activity.reference,
        translated(activity.activity_type.name),
        translated(activity.activity_type.category.name),
        activity.title,
        activity.provider,
        activity.starts_on.isoformat(),
        activity.ends_on.isoformat(),
        activity.claim_in_words,
    ]
    for code in codes:
        line = lines.get(code)
        cells += [format_points(line.counted), str(line.sentence)] if line else ["", ""]
    recorded_at = timezone.localtime(activity.recorded_at).strftime("%Y-%m-%d %H:%M")
    return [_visible(cell) for cell in (*cells, recorded_at, source(activity), state(activity))]


def source(activity: Activity) -> str:
    return str(activity.get_source_display())


def state(activity: Activity) -> str:
    if activity.is_standing:
        return _("On record")
    return pgettext("entry", "Void") if activity.is_void else pgettext("entry", "Withdrawn")


def lines(activities: Iterable[Activity], codes: Sequence[str]) -> Iterator[str]:
    """Yield the file line by line.

    The file is sent after the request is over, but keeps the language of the request.
    """
    return _lines(activities, codes, translation.get_language() or settings.LANGUAGE_CODE)


def _lines(activities: Iterable[Activity], codes: Sequence[str], language: str) -> Iterator[str]:
    writer = csv.writer(_Echo(), quoting=csv.QUOTE_ALL)
    with translation.override(language):
        names = heads(codes)
    yield BYTE_ORDER_MARK + writer.writerow(names)
    for activity in activities:
        with translation.override(language):
            cells = row(activity, codes)
        yield writer.writerow(cells)
