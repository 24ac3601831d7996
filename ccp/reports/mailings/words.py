"""What staff write: a subject and plain text, with the name and the AMT ID of the reader where they want them.

``{name}`` and ``{amt_id}`` stand for the reader's. Nothing else can be filled in: a figure would be
that of the moment at which the mail was written, and no longer true when it is read.
"""

import re
from dataclasses import dataclass

from amtportal.members.mail.layout import Content, Part
from amtportal.members.models import Member

PLACES = ("name", "amt_id")
LONGEST = 4000
_PLACE = re.compile(r"\{([^{}\n]*)\}")


@dataclass(frozen=True)
class Words:
    """A mail in one language."""

    subject: str
    text: str

    @property
    def is_empty(self) -> bool:
        return not (self.subject or self.text)


def problem_with(text: str) -> str:
    """Return what is wrong with a subject or a text, as a sentence; empty if nothing is."""
    for found in _PLACE.finditer(text):
        if found[1] not in PLACES:
            return f"{found[0]} cannot be filled in. Write {{name}} or {{amt_id}}, or leave the braces out."
    if re.search(r"[{}]", _PLACE.sub("", text)):
        return "There is a brace without its other half. Write {name} or {amt_id}, or leave the braces out."
    return ""


def filled(text: str, member: Member) -> str:
    """Return the text with the member's own name and AMT ID. What a name holds is not filled in again."""
    values = {"name": member.name, "amt_id": member.amt_id}
    return _PLACE.sub(lambda found: values[found[1]], text)


def content(words: Words, member: Member, *, why: str, stop_address: str = "") -> Content:
    """Return the mail to one member. Each line of the text is a paragraph."""
    lines = [line.strip() for line in filled(words.text, member).splitlines()]
    return Content(
        subject=filled(words.subject, member),
        parts=[Part([line for line in lines if line])],
        why=why,
        name=member.name,
        stop_address=stop_address,
    )
