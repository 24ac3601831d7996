"""What each page asks of the database and sends, held exactly: a small run that is part of ``.ci/run``.

The queries of each page and the bytes of its HTML, uncompressed, stand in ``held.json``, and any
other number fails. They are the same on every machine and day: the association is fixed, the clock
stands still, and what is random in a page always has the same length. Ratios to the floor are only
printed, because machines are noisy.
"""

import json
import sys
from collections.abc import Mapping
from pathlib import Path

from tests.benchmarks import association, clock, pages
from tests.support.builders import noon

HELD = Path(__file__).with_suffix(".json")
MEMBERS = 1000
REQUESTS = 10

Figures = Mapping[str, Mapping[str, int]]
"""By the name of the page: its ``queries``, and its ``bytes`` if it is HTML."""


def differences(held: Figures, found: Figures) -> list[str]:
    """Return a sentence for each page that asks or sends another number than is held."""
    sentences = []
    for name in dict.fromkeys([*held, *found]):
        before, now = held.get(name), found.get(name)
        if now is None:
            sentences.append(f"{name} is held and was not measured.")
        elif before is None:
            sentences.append(f"{name} is not held: {_in_words(now)}.")
        elif before != now:
            sentences.append(f"{name} took {_in_words(now)}; held are {_in_words(before)}.")
    return sentences


def _in_words(figures: Mapping[str, int]) -> str:
    return " and ".join(f"{number:,} {what}" for what, number in figures.items())


def run(*, write: bool) -> None:
    """Measure each page, and compare it with what is held, or hold it from now on."""
    with clock.stopped(noon(association.ON)):
        found = {
            work.name: {"queries": own.answers[-1].queries} | ({"bytes": own.answers[-1].bytes} if work.is_html else {})
            for work, own, _ in pages.measured(MEMBERS, REQUESTS)
        }
    if write:
        HELD.write_text(json.dumps(found, indent=2) + "\n")
        print(f"{HELD.name} is written.")
        return
    sentences = differences(json.loads(HELD.read_text()), found)
    if not sentences:
        print("Every page asks and sends what is held.")
        return
    print(*sentences, sep="\n")
    sys.exit(
        "Pages ask or send other numbers than tests/benchmarks/held.json holds. Find what asks or sends more. If the "
        "change is meant, write the file again with `make bench-hold`, and say why in the commit."
    )
