"""The files of a draw that anybody may have, with the program that verifies them.

| file | what it is |
| --- | --- |
| ``frozen.txt`` | the frozen file: who can be drawn, and who cannot and why, by tags |
| ``draw.json`` | its SHA-256, how many are drawn, where the seed comes from, and the seed once there is one |
| ``drawn.txt`` | once there is a seed: ticket, line, and whether it is drawn or a substitute, in their order |
| ``replaced.txt`` | if somebody was replaced: the line, and the line that was called instead |
| ``verify_draw.py`` | the program |
| ``SHA256SUMS`` | the SHA-256 of each of the others, as ``sha256sum`` writes it |

``drawn.txt`` names as many substitutes as are drawn. The tickets of those behind them follow from
the frozen file.
"""

import json
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

from django.utils.translation import gettext_lazy as _

from amtportal.dates import CHICAGO
from ccp.audits import draws, tickets
from ccp.audits.models import Draw, DrawTicket, Replacement

PROGRAM = Path(__file__).with_name("verify_draw.py")
WHAT = {
    "frozen.txt": _("every line, sorted; behind a line that could not be drawn, the reason"),
    "draw.json": _("what was settled at the freeze, the SHA-256 of the file, and the seed"),
    "drawn.txt": _("the tickets and lines that were drawn, and the substitutes, in their order"),
    "replaced.txt": _("who was replaced after the draw, and by which substitute"),
    "verify_draw.py": _("the program that verifies all of it, with nothing but Python"),
    "SHA256SUMS": _("the SHA-256 of each of these files"),
}
"""What each file is, for the page on which they stand."""
NAMES = tuple(WHAT)


def files(draw: Draw) -> dict[str, bytes]:
    """Return the files by name. Raises ``Refused`` if the stored lines are not what was frozen."""
    content = {"frozen.txt": draws.frozen_file(draw), "draw.json": _terms(draw), "verify_draw.py": PROGRAM.read_bytes()}
    if draw.is_drawn:
        content["drawn.txt"] = _drawn(draw)
        replaced = Replacement.objects.filter(replaced__line__draw=draw).order_by("pk")
        if pairs := list(replaced.values_list("replaced__line__line", "substitute__line__line")):
            content["replaced.txt"] = _rows((line, called or "nobody") for line, called in pairs)
    sums = (f"{tickets.digest(each)}  {name}\n" for name, each in sorted(content.items()))
    return {**content, "SHA256SUMS": "".join(sums).encode()}


def described(draw: Draw) -> list[tuple[str, str]]:
    """Return the name of each file that there is now, and what it is."""
    absent = set() if draw.is_drawn else {"drawn.txt"}
    if not Replacement.objects.filter(replaced__line__draw=draw).exists():
        absent.add("replaced.txt")
    return [(name, str(what)) for name, what in WHAT.items() if name not in absent]


def write(draw: Draw, folder: Path) -> None:
    """Write the files into a folder, which is made if it is missing."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files(draw).items():
        (folder / name).write_bytes(content)


def _terms(draw: Draw) -> bytes:
    terms = {
        "year": draw.year,
        "share": draw.share,
        "at_least": draw.at_least,
        "spared_cycles": draw.spared_cycles,
        "population": draw.population,
        "sha256": draw.sha256,
        "frozen_at": _moment(draw.frozen_at),
        "seed_kind": draw.seed_kind,
        "seed_named": draw.seed_named,
        "seed": draw.seed,
        "seed_source": draw.seed_source,
        "witnesses": [name for name in (draw.first_witness, draw.second_witness) if name],
        "drawn_at": _moment(draw.drawn_at) if draw.drawn_at else "",
    }
    return (json.dumps(terms, indent=2, ensure_ascii=False) + "\n").encode()


def _moment(at: datetime) -> str:
    """Return the moment in Chicago, the same in every language."""
    return at.astimezone(CHICAGO).isoformat(timespec="minutes")


def _drawn(draw: Draw) -> bytes:
    named = {stratum.code: 2 * stratum.drawn for stratum in draws.strata_of(draw)}
    rows = DrawTicket.objects.filter(line__draw=draw, place__lte=max(named.values())).order_by("place")
    chosen = [
        (code, ticket, line, "drawn" if is_drawn else "substitute")
        for code, place, ticket, line, is_drawn in rows.values_list(
            "line__stratum", "place", "ticket", "line__line", "is_drawn"
        )
        if place <= named[code]
    ]
    chosen.sort(key=lambda row: row[0])  # a stable sort: the places stay in order
    return _rows(row[1:] for row in chosen)


def _rows(rows: Iterable[tuple[str, ...]]) -> bytes:
    return "".join("\t".join(row) + "\n" for row in rows).encode()
