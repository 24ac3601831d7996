"""Find the values of Record CE in the words of a certificate."""

import re
from collections.abc import Sequence

from ccp.reading.found import Candidate, Found
from ccp.reading.pages import Page, segments

HOURS = re.compile(r"\b([0-9]{1,2}(?:\.[0-9]{1,2})?) (?:contact|CE|continuing education) (?:hours?|credits?)\b", re.I)


def parse(pages: Sequence[Page]) -> Found:
    """Return the candidates for each field."""
    said = {
        hours[1]: Candidate(f"{float(hours[1]):g}", hours[0], spot=segment.spot(*hours.span()))
        for segment in segments(pages)
        for hours in HOURS.finditer(segment.text)
    }
    found = tuple(said.values())
    return Found({"quantity": found, "points": found}, "hour") if found else Found()
