"""The tutorial: three clips recorded from the running portal, each with captions and its words.

``make tutorial`` records them. It writes the clips, their posters and their captions to
``static/tutorial/``, and what is to be known of them to ``tutorial.json``.
``tests/browser/test_tutorial.py`` goes the same way and fails when the portal reads otherwise.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

RECORD = Path(__file__).with_suffix(".json")
FOLDER = Path(settings.BASE_DIR) / "static" / "tutorial"


@dataclass(frozen=True)
class Clip:
    """One clip. ``part``: the section of the guide that says the same with more detail.

    Each caption is one step. On the page, the captions are the transcript.
    """

    name: str
    part: str
    title: Promise
    captions: tuple[Promise, ...]

    @property
    def seconds(self) -> int:
        return round(self._record["seconds"])

    @property
    def width(self) -> int:
        return int(self._record["width"])

    @property
    def height(self) -> int:
        return int(self._record["height"])

    def bytes_in(self, language: str) -> int:
        """Return the size of the clip that is recorded in that language."""
        return int(self._record["bytes"][language])

    def film(self, language: str) -> str:
        """Return the path of the static file with the clip; ``poster`` and ``track`` do the same."""
        return f"tutorial/{self.name}-{language}.webm"

    def poster(self, language: str) -> str:
        return f"tutorial/{self.name}-{language}.webp"

    def track(self, language: str) -> str:
        return f"tutorial/{self.name}-{language}.vtt"

    def tracks(self) -> Iterator[tuple[str, str, str]]:
        """Yield each language of the captions: its code, its own name and the static file."""
        for code, name in settings.LANGUAGES:
            yield code, str(name), self.track(code)

    @property
    def _record(self) -> dict[str, Any]:
        return _records()[self.name]


@cache
def _records() -> dict[str, dict[str, Any]]:
    rows: dict[str, dict[str, Any]] = json.loads(RECORD.read_text(encoding="utf-8"))
    return rows


CLIPS = {
    clip.name: clip
    for clip in (
        Clip(
            "enter-ce",
            "enter",
            _("How to enter CE credits into AMTrax"),
            (
                _("Sign in. In the menu, choose My Certifications."),
                _("Find your certification. Below AMTRAX, choose Record CE."),
                _("Say what you did: type a word, and choose what fits."),
                _("Enter the title, so that you find the activity again."),
                _("Enter how many contact hours. The points appear beside the field."),
                _("Enter the day on which you did it."),
                _("The preview shows what counts and how many points are still to go."),
                _("Check the box to attest that all of it is correct, and press Submit."),
                _("Your points are on record at once."),
            ),
        ),
        Clip(
            "track-progress",
            "track",
            _("How to track overall CE progress in AMTrax"),
            (
                _("Home shows how many points count, how many are to go and how many days are left."),
                _("Below that, it lists what comes next, with its day."),
                _("In the menu, choose My Certifications."),
                _("The timeline lists your dates in order, with the reasons."),
                _("Further down, a table shows the points of each category."),
                _("In the menu, choose Activities."),
                _("Here is each entry with the points that count. You can filter and sort the list."),
            ),
        ),
        Clip(
            "transcript",
            "transcript",
            _("How to print or save a CE transcript"),
            (
                _("Sign in. In the menu, choose My Certifications."),
                _("Next to CE transcript, choose View or print."),
                _("The transcript lists each activity of the cycle by category, with the points."),
                _("To print it, choose Print in the menu of your browser."),
                _("To keep a file, press Save as PDF."),
                _("The PDF has page numbers and a code. With the code anyone can check the transcript."),
            ),
        ),
    )
}
