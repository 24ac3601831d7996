"""Who is left out of a draw, and the reason that the frozen file gives.

What the portal knows, it finds itself: a certification that is no longer in force, a member who was
erased by law, CCP that was voluntary in the cycle, an audit that is not closed, and one in the last
cycles. For the rest, staff give a list at the freeze: an AMT ID and a reason on each line. The
frozen file is published, so that a reason is one of a few words and never a sentence about a person.
"""

import re
from collections.abc import Mapping

from django.utils.translation import gettext_lazy as _

from amtportal import clean
from amtportal.members.models import Member
from amtportal.refusals import Refused

AUDITED = "audited before"
DECEASED = "deceased"
UNDER_REVIEW = "under review"
VOLUNTARY = "CCP voluntary"
NOT_IN_FORCE = "not in force"
CLOSED = "record closed"
GIVEN = {"audited": AUDITED, "audited before": AUDITED, "deceased": DECEASED, "under review": UNDER_REVIEW}
"""What staff may write, in any case of the letters, and how the frozen file says it."""
SENTENCES = {
    AUDITED: _("It is in the file, but it could not be drawn, because this certification was audited lately."),
    DECEASED: _("It is in the file, but it could not be drawn, because AMT was told of a death."),
    UNDER_REVIEW: _("It is in the file, but it could not be drawn, because the record is under review."),
    VOLUNTARY: _("It is in the file, but it could not be drawn, because CCP was voluntary for this certification."),
    CLOSED: _("It is in the file, but it could not be drawn, because the record is closed."),
    NOT_IN_FORCE: _("It is in the file, but it could not be drawn, because the certification was no longer in force."),
}
"""What a member reads of the own line."""
_SEPARATOR = re.compile(r"[,;\t]")
_HOW = "Write the AMT ID, a comma and one of: audited, deceased, under review."


def read(text: str) -> dict[str, str]:
    """Return the reasons of a list by AMT ID. Raises ``Refused`` and names the line.

    Empty lines, and a first line with the names of the columns, are skipped.
    """
    reasons: dict[str, str] = {}
    for number, row in enumerate(text.lstrip("\ufeff").splitlines(), start=1):
        amt_id, reason = (clean.identifier(cell.strip("\"' ,;\t")) for cell in _SEPARATOR.split(f"{row},", maxsplit=1))
        if not (amt_id or reason) or (number == 1 and amt_id.lower() in ("amt_id", "amt id")):
            continue
        if not amt_id or reason.lower() not in GIVEN:
            raise Refused(f"Line {number} of the exclusions, “{row.strip()}”, cannot be read. {_HOW}", "excluded")
        if reasons.setdefault(amt_id, GIVEN[reason.lower()]) != GIVEN[reason.lower()]:
            raise Refused(f"Line {number} of the exclusions gives {amt_id} a second reason. Keep one.", "excluded")
    return reasons


def by_member(reasons: Mapping[str, str]) -> dict[int, str]:
    """Return the reasons by the key of the member. Raises ``Refused`` if nobody has one of the AMT IDs.

    A former AMT ID, and one of a record that was merged, stand for the member who has them now.
    """
    known = Member.objects.known_as(reasons)
    if unknown := sorted(reasons.keys() - known.keys()):
        raise Refused(
            f"Nobody has {', '.join(unknown[:10])}{' and others' if len(unknown) > 10 else ''} as AMT ID. "
            "Correct the list of exclusions; nothing was frozen.",
            "excluded",
        )
    return {known[amt_id].pk: reason for amt_id, reason in reasons.items()}
