"""``make bench``: measures how long runs over a whole association take, on this machine.

    make bench BENCH_ARGS="close --cycles 100000"
    DATABASE_URL=postgres://… make bench BENCH_ARGS="verify --credits 1000000"

Everything happens in a temporary database of the kind that the settings name, which is removed
afterwards. Each figure stands beside a floor, which is the least that the same rows can cost on
this machine, because seconds of another machine say nothing:

- ``close``: ``close_cycles`` over cycles that have ended. The floor inserts as many lines of
  history, and nothing else.
- ``verify``: ``verify_records``. The floor reads the same rows, and compares nothing.
- ``seal``: ``seal_history`` over a history that was never sealed, and its verification. The floor
  reads the same lines.
- ``record``: recording one entry in a cycle that has 10, and in one that has 200.
- ``webhooks``: messages of the payment provider, beside a bare transaction.
- ``pages``: each page beside the least that Django needs (``tests/benchmarks/pages.py``).
- ``growth``: each page and list at several sizes (``tests/benchmarks/growth.py``).
"""

import io
import os
import resource
import tempfile
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter
from unittest import mock
from uuid import uuid4

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "amtportal.settings")
django.setup()

from django.conf import settings  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402
from django.utils import timezone  # noqa: E402

from amtportal.history import comparison, seals  # noqa: E402
from ccp.recording import verbs as recording  # noqa: E402
from certifications.models import Cycle  # noqa: E402
from tests.benchmarks import association, growth, pages, webhooks  # noqa: E402
from tests.support.builders import make_activity, make_cycle, make_member, noon  # noqa: E402

ROUNDS = 20


@contextmanager
def temporary_database() -> Iterator[None]:
    """Use an empty database like the one that the settings name.

    A SQLite database is in a folder of its own.
    """
    with tempfile.TemporaryDirectory() as folder:
        if connection.vendor == "sqlite":
            settings.DATABASES["default"]["TEST"]["NAME"] = str(Path(folder, "bench.sqlite3"))
            connection.settings_dict["TEST"]["NAME"] = str(Path(folder, "bench.sqlite3"))
        before = connection.settings_dict["NAME"]
        connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
        try:
            yield
        finally:
            connection.creation.destroy_test_db(before, verbosity=0)


def timed(do: Callable[[], object]) -> float:
    begun = perf_counter()
    do()
    return perf_counter() - begun


def command(name: str) -> str:
    stdout = io.StringIO()
    call_command(name, stdout=stdout, verbosity=0)
    return stdout.getvalue().strip()


def close(cycles: int) -> None:
    built = timed(lambda: association.build(cycles, entries=2))
    before = association.lines_of_history()
    said: list[str] = []
    with mock.patch.object(timezone, "now", return_value=noon(association.ON)):
        seconds = timed(lambda: said.append(command("close_cycles")))
    lines = association.lines_of_history() - before
    floor = timed(lambda: insert(lines))
    tell(f"close_cycles over {cycles:,} cycles (built in {built:.0f} s): {said[0]}", cycles, "cycles", seconds)
    print(f"  floor: {lines:,} lines of history inserted in {floor:.1f} s; ratio {seconds / floor:.1f}")


def insert(lines: int) -> None:
    """Insert this many lines of history in batches, and nothing else."""
    model = Cycle.history.model
    values = Cycle.history.values().first()
    del values["history_id"]
    for begin in range(0, lines, association.AT_ONCE):
        model.objects.bulk_create(model(**values) for _ in range(min(association.AT_ONCE, lines - begin)))


def verify(credits: int) -> None:
    built = timed(lambda: association.build(max(credits // 10, 1), entries=10))
    said: list[str] = []
    seconds = timed(lambda: said.append(command("verify_records")))
    floor = timed(read)
    tell(f"verify_records over {credits:,} credits (built in {built:.0f} s): {said[0]}", credits, "credits", seconds)
    print(f"  floor: the same rows read in {floor:.1f} s; ratio {seconds / floor:.1f}")


def seal(credits: int) -> None:
    built = timed(lambda: association.build(max(credits // 10, 1), entries=10))
    said: list[str] = []
    seconds = timed(lambda: said.append(command("seal_history")))
    tally = seals.SealTally()
    verified = timed(lambda: list(seals.verify(tally)))
    floor = timed(read_history)
    print(f"seal_history over {credits:,} credits (built in {built:.0f} s): {said[0]}")
    tell("  sealing", tally.rows, "lines", seconds)
    tell("  verifying the seals", tally.rows, "lines", verified)
    print(f"  floor: the same lines read in {floor:.1f} s; ratios {seconds / floor:.1f} and {verified / floor:.1f}")


def read_history() -> None:
    for model in seals.sealed_models():
        for _ in model._base_manager.order_by("pk").values_list().iterator():
            pass


def read() -> None:
    """Read every row with a history, and each of its lines, once, and nothing else."""
    for tracked in comparison.tracked_models():
        for model in (tracked, comparison.history_model(tracked)):
            for _ in model._base_manager.order_by("pk").values_list().iterator():
                pass


def record() -> None:
    taken = {}
    for entries in (10, 200):
        cycle = make_cycle(make_member())
        for _ in range(entries):
            make_activity(cycle, points="0.25")
        taken[entries] = timed(lambda cycle=cycle: again(cycle)) / ROUNDS
        tell(f"recording one entry in a cycle of {entries}", 1, "entries", taken[entries])
    print(f"  ratio of 200 to 10 entries: {taken[200] / taken[10]:.1f}")


def again(cycle: Cycle) -> None:
    """Record and withdraw, so that the cycle keeps its number of standing entries.

    Withdrawing costs the same as recording.
    """
    for _ in range(ROUNDS // 2):
        activity = make_activity(cycle, points="0.25", submission_id=uuid4())
        recording.withdraw(activity=activity, by=activity.attested_by, at=activity.recorded_at)


def tell(what: str, rows: int, noun: str, seconds: float) -> None:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(what)
    print(f"  {seconds:.3f} s, {rows / seconds:,.0f} {noun} a second, {peak:.0f} MiB at most", flush=True)


def main() -> None:
    parser = ArgumentParser(description=__doc__, formatter_class=RawDescriptionHelpFormatter, prog="make bench")
    names = ["close", "verify", "seal", "record", "webhooks", "pages", "growth"]
    parser.add_argument(
        "what", nargs="*", choices=[*names, []], help="All unless named, but growth only if it is named."
    )
    parser.add_argument("--cycles", type=int, default=3000, help="Ended cycles for close (3000).")
    parser.add_argument("--credits", type=int, default=20_000, help="Credits for verify and seal (20000).")
    parser.add_argument("--members", type=int, default=1000, help="Members for pages (1000).")
    parser.add_argument("--webhooks", type=int, default=200, help="Messages of the payment provider (200).")
    parser.add_argument("--requests", type=int, default=50, help="Requests for each page (50).")
    parser.add_argument("--sizes", type=int, nargs="+", default=[1000, 100_000], help="Members for growth.")
    options = parser.parse_args()
    runs = {
        "close": lambda: close(options.cycles),
        "verify": lambda: verify(options.credits),
        "seal": lambda: seal(options.credits),
        "record": record,
        "webhooks": lambda: webhooks.run(options.webhooks),
        "pages": lambda: pages.run(options.members, options.requests),
    }
    print(f"On {connection.vendor}:")
    for name in [name for name in options.what if name in runs] or ([] if options.what else runs):
        with temporary_database():
            runs[name]()
    if "growth" in options.what:
        taken = {}
        for members in options.sizes:
            with temporary_database():
                taken[members] = growth.take(members, options.requests)
        growth.tell(taken)


if __name__ == "__main__":
    main()
