"""``make bench-reading``: how well certificates are read that a generator made.

    make bench-reading BENCH_ARGS="--each 7 --photos 4 --layouts b --show"

Each layout in ``layouts/`` (what its head says: ``making.py``) is filled with people, titles, days
and decoys by a seed, printed to a PDF, and drawn as a photo. Both are read as the portal reads
them. Each field is

- *right*: filled in with what is true
- *choice*: several candidates, the truth among them
- *offered*: one candidate that is doubtful, which fills in nothing by itself
- *empty*: nothing is filled in or offered
- *wrong*: filled in with something else, or a choice without the truth

The layouts ``a…`` were written before the parser, ``b…`` after it, ``c…`` after it was tuned on
those, ``d…`` to ``g…`` after it was tuned on all before. Seconds of processor are those of the
process that reads, and of tesseract. Hours and CEU of the same points are both right.
"""

import os
import resource
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from decimal import Decimal
from difflib import SequenceMatcher
from io import BytesIO
from statistics import median

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "amtportal.settings")
django.setup()

from amtportal.uploads.kept import FileKind  # noqa: E402
from ccp.reading.found import FIELDS, Candidate, Found  # noqa: E402
from ccp.reading.reading import Unreadable, read  # noqa: E402
from tests.benchmarks.reading.making import LAYOUTS, Certificate, make  # noqa: E402
from tests.benchmarks.reading.values import TODAY  # noqa: E402

MEDIA = {"pdf": FileKind.PDF, "photo": FileKind.JPEG}
POINTS_OF = {"hour": Decimal(1), "ceu": Decimal(10)}
ALIKE = 0.9  # of a title or a provider from a photo, which the member reads over


@dataclass(frozen=True)
class Judged:
    layout: str
    seed: int
    medium: str
    verdicts: dict[str, str]
    seconds: float
    notes: tuple[str, ...]


def judge(certificate: Certificate, medium: str) -> Judged:
    content = certificate.pdf if medium == "pdf" else certificate.photo()
    begun = _processor()
    try:
        found = read(BytesIO(content), MEDIA[medium], on=TODAY)
    except Unreadable:
        found = Found()
    seconds = _processor() - begun
    verdicts, notes = {}, []
    for name in FIELDS:
        true = truth_of(certificate, name)
        if name == "quantity" and found.unit != certificate.unit and found[name]:
            verdicts[name] = "right" if _is_as_much(found, certificate) else "wrong"
        elif true is not None:
            verdicts[name] = verdict(name, found[name], true, medium)
        if verdicts.get(name) not in ("right", None):
            notes.append(f"{name} {verdicts[name]}: {found.values(name)} {found.unit}, true {true}")
    return Judged(certificate.layout, certificate.seed, medium, verdicts, seconds, tuple(notes))


def _is_as_much(found: Found, certificate: Certificate) -> bool:
    """Return whether the one quantity makes the same points as what is true, in another unit."""
    values, true = found.values("quantity"), certificate.truth.get("quantity", ())
    if not {found.unit, certificate.unit} <= POINTS_OF.keys() or len(values) != 1 or len(true) != 1:
        return False
    return Decimal(values[0]) * POINTS_OF[found.unit] == Decimal(true[0]) * POINTS_OF[certificate.unit]


def _processor() -> float:
    """Return the seconds of processor that ended child processes have used."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def truth_of(certificate: Certificate, name: str) -> tuple[str, ...] | None:
    """Return what is true, empty if nothing is, or None if the field is not judged."""
    truth = certificate.truth
    if name == "points" and certificate.unit in POINTS_OF and "points" not in truth:
        made = (Decimal(number) * POINTS_OF[certificate.unit] for number in truth["quantity"])
        return tuple(f"{(points * 4 // 1 / 4).normalize():f}" for points in made)
    if name == "points" and "points" not in truth:
        return ()
    if name in ("ends_on", "quantity"):
        return truth.get(name, ())
    return truth.get(name, () if name == "starts_on" else None)


def verdict(name: str, found: Sequence[Candidate], true: Sequence[str], medium: str) -> str:
    values = [candidate.value for candidate in found]
    if not values:
        return "empty" if true else "right"
    if name == "ends_on" and not true:
        return "wrong"  # a day too much, even the same one
    hits = [any(same(name, value, one, medium) for value in values) for one in true]
    if len(values) > 1:
        return "choice" if any(hits) else "wrong"
    if not found[0].is_sure:
        return "offered"
    return "right" if hits == [True] else "wrong"


def same(name: str, value: str, true: str, medium: str) -> bool:
    if name in ("quantity", "points"):
        return Decimal(value) == Decimal(true)
    if name in ("title", "provider"):
        plain = [
            " ".join("".join(c if c.isalnum() else " " for c in text.casefold()).split()) for text in (value, true)
        ]
        return plain[0] == plain[1] or (
            medium == "photo" and SequenceMatcher(None, *plain, autojunk=False).ratio() >= ALIKE
        )
    return value == true


def tell(judged: Sequence[Judged], group: str) -> None:
    for medium in MEDIA:
        some = [one for one in judged if one.medium == medium]
        if not some:
            continue
        seconds = median(one.seconds for one in some)
        print(
            f"\n{group}: {len(some)} of {len({one.layout for one in some})} layouts as {medium}, "
            f"p50 {seconds:.1f} s of processor"
        )
        print(f"  {'':14} {'right':>7} {'choice':>7} {'offered':>8} {'empty':>7} {'wrong':>7}")
        for name in FIELDS:
            tally = Counter(one.verdicts[name] for one in some if name in one.verdicts)
            if total := tally.total():
                shares = "".join(
                    f" {tally[kind] / total:{width}.1%}"
                    for kind, width in (("right", 7), ("choice", 7), ("offered", 8), ("empty", 7), ("wrong", 7))
                )
                print(f"  {name:14}{shares}  of {total}")
        filled = [value for one in some for value in one.verdicts.values()]
        print(f"  wrong in all: {filled.count('wrong')} of {len(filled)} = {filled.count('wrong') / len(filled):.2%}")


def main() -> None:
    parser = ArgumentParser(description=__doc__, formatter_class=RawDescriptionHelpFormatter, prog="make bench-reading")
    parser.add_argument("--each", type=int, default=7, help="Certificates of each layout (7).")
    parser.add_argument("--photos", type=int, default=4, help="How many of them are drawn as photos, too (4).")
    parser.add_argument("--layouts", default="", help="Only layouts whose names begin so.")
    parser.add_argument("--seed", type=int, default=1, help="The first seed (1).")
    parser.add_argument("--show", action="store_true", help="Show each field that is not right.")
    parser.add_argument("--at-once", type=int, default=os.cpu_count(), help="Files that are read at once.")
    options = parser.parse_args()
    chosen = [name for name in LAYOUTS if name.startswith(options.layouts)]
    seeds = range(options.seed, options.seed + options.each)
    work = [(make(name, seed), "pdf") for name in chosen for seed in seeds]
    work += [(make(name, seed), "photo") for name in chosen for seed in seeds[: options.photos]]
    with ProcessPoolExecutor(options.at_once) as pool:
        judged = list(pool.map(judge, *zip(*work, strict=True), chunksize=4))
    if options.show:
        for one in judged:
            for note in one.notes:
                print(f"{one.layout} {one.seed} {one.medium}: {note}")
    for first, group in (*((first, f"Layouts {first}") for first in "abcdefg"), ("", "All")):
        tell([one for one in judged if one.layout.startswith(first)], group)


if __name__ == "__main__":
    main()
