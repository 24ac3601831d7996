"""``make bench``: measures how long runs over a whole association take, on this machine.

    make bench BENCH_ARGS="close --cycles 100000"
    DATABASE_URL=postgres://… make bench BENCH_ARGS="verify --credits 1000000"

Everything happens in a temporary database of the kind that the settings name, which is removed
afterwards. Figures are seconds of processor, of the process and of the database together. Each
stands beside a floor, which is the least that the same rows can cost on this machine, because
seconds of another machine say nothing:

- ``roster``: ``import_roster`` of a new roster, and of the same one again. The floor reads the
  file, and puts as many rows into tables of the same kind by one statement each.
- ``close``: ``close_cycles`` over cycles that have ended. The floor inserts as many lines of
  history, and nothing else.
- ``notices``: ``send_notices`` on a day on which every member is reminded, and on the day after. The
  floor reads the same rows, and inserts as many notices, mails and waiting mails by one statement each.
- ``verify``: ``verify_records``. The floor reads the same rows, and compares nothing.
- ``seal``: ``seal_history`` over a history that was never sealed, and its verification. The floor
  reads the same lines.
- ``record``: recording one entry in a cycle that has 10, and in one that has 200. The floor locks
  the cycle, inserts a row, sums and updates.
- ``webhooks``: messages of the payment provider, beside a bare transaction.
- ``mail``: senders and a mail server on this machine, beside bare smtplib with the same bytes.
- ``pages``: each page beside the least that Django needs (``tests/benchmarks/pages.py``).
- ``held``, only if it is named: the queries and bytes of each page beside those in ``held.json``
  (``tests/benchmarks/held.py``). ``make bench-check`` and ``make bench-hold`` run it.
- ``growth``, only if it is named: each page and list at several sizes
  (``tests/benchmarks/growth.py``).
- ``desk``, only if it is named: what staff ask all day, and the nightly count of the reports, at one
  size (``tests/benchmarks/desk.py``).
"""

import os
import tempfile
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from uuid import uuid4

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "amtportal.settings")
django.setup()

from django.conf import settings  # noqa: E402
from django.db import connection  # noqa: E402

from amtportal.history import comparison, seals  # noqa: E402
from amtportal.members.models import Member, OutgoingMail, User  # noqa: E402
from ccp.models import Credit  # noqa: E402
from ccp.notices import sending, writing  # noqa: E402
from ccp.notices.models import Notice, NoticeMail  # noqa: E402
from ccp.recording import verbs as recording  # noqa: E402
from certifications.models import Certification, Cycle, RenewalInvoice  # noqa: E402
from tests.benchmarks import association, desk, growth, held, mail, pages, rosters, webhooks  # noqa: E402
from tests.benchmarks.floor.views import add_row  # noqa: E402
from tests.benchmarks.measuring import Usage, command, measured  # noqa: E402
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


def roster(rows: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "roster.csv")
        rosters.write(file, rows)
        runs = [command("import_roster", str(file)) for _ in range(2)]
        floor = measured(lambda: rosters.read_and_insert(file))
    for name, usage in zip(("a new roster", "the same roster again"), runs, strict=True):
        tell(f"import_roster, {name}: {usage.output}", rows, "rows", usage)
    tell_floor("the file read and the rows inserted", floor, *runs)


def ask_desk(members: int, entries: int | None, requests: int) -> None:
    growth.built(members, entries)
    desk.measure(requests)


def close(cycles: int) -> None:
    built = measured(lambda: association.build(cycles, entries=2))
    before = association.lines_of_history()
    usage = command("close_cycles", "--on", association.ON.isoformat())
    lines = association.lines_of_history() - before
    floor = measured(lambda: insert(lines))
    tell(
        f"close_cycles over {cycles:,} cycles (built in {built.seconds:.0f} s): {usage.output}", cycles, "cycles", usage
    )
    closed = Cycle.objects.exclude(closed_on=None).count()
    print(f"  {1000 * usage.cpu / closed:.2f} ms a closed cycle")
    tell_floor(f"{lines:,} lines of history inserted", floor, usage)


def insert(lines: int) -> None:
    """Insert this many lines of history in batches, and nothing else."""
    model = Cycle.history.model
    values = Cycle.history.values().first()
    del values["history_id"]
    for begin in range(0, lines, association.AT_ONCE):
        model.objects.bulk_create(model(**values) for _ in range(min(association.AT_ONCE, lines - begin)))


def notices(members: int) -> None:
    built = measured(lambda: association.build(members, entries=2, planned=association.plan_of_reminded))
    tallies: list[sending.Tally] = []

    def send(on: date) -> None:
        tallies.append(sending.send_due(on=on, now=noon(on)))

    day = association.ENDS_SOON
    runs = [measured(lambda on=on: send(on)) for on in (day, day + association.DAY)]
    floor = measured(read_and_tell)
    for tally, usage in zip(tallies, runs, strict=True):
        tell(
            f"send_notices to {members:,} members (built in {built.seconds:.0f} s): {tally}", members, "members", usage
        )
    tell_floor("the same rows read, and as many rows inserted", floor, *runs)
    keys = list(NoticeMail.objects.order_by("pk").values_list("pk", flat=True)[:1000])
    written = measured(lambda: [writing.write(some) for some in batched(keys, 100)])
    print(f"  {1000 * written.cpu / len(keys):.2f} ms to write a mail, 100 at a time")


def batched(keys: list[int], size: int) -> list[list[int]]:
    return [keys[begin : begin + size] for begin in range(0, len(keys), size)]


def read_and_tell() -> None:
    """Read members, cycles, invoices and credits once, and copy what was told."""
    for model in (User, Member, Certification, Cycle, RenewalInvoice, Credit):
        for _ in model._base_manager.order_by("pk").values_list().iterator():
            pass
    rosters.copy_rows(Notice, NoticeMail, OutgoingMail)


def verify(credits: int) -> None:
    built = measured(lambda: association.build(max(credits // 10, 1), entries=10))
    usage = command("verify_records")
    floor = measured(read)
    what = f"verify_records over {credits:,} credits (built in {built.seconds:.0f} s): {usage.output.splitlines()[-1]}"
    tell(what, credits, "credits", usage)
    tell_floor("the same rows read", floor, usage)


def seal(credits: int) -> None:
    built = measured(lambda: association.build(max(credits // 10, 1), entries=10))
    usage = command("seal_history")
    tally = seals.SealTally()
    verified = measured(lambda: list(seals.verify(tally)))
    floor = measured(read_history)
    print(f"seal_history over {credits:,} credits (built in {built.seconds:.0f} s): {usage.output}")
    tell("  sealing", tally.rows, "lines", usage)
    tell("  verifying the seals", tally.rows, "lines", verified)
    tell_floor("the same lines read", floor, usage, verified)


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
        taken[entries] = measured(lambda cycle=cycle: again(cycle))
        tell(f"recording and withdrawing {ROUNDS} times in a cycle of {entries}", ROUNDS, "entries", taken[entries])
    floor = measured(lambda: least(cycle))
    tell_floor("a row inserted under the lock, with its sum", floor, *taken.values())
    print(f"  ratio of 200 to 10 entries: {taken[200].cpu / taken[10].cpu:.1f}")


def again(cycle: Cycle) -> None:
    """Record and withdraw, so that the cycle keeps its number of standing entries.

    Withdrawing costs the same as recording.
    """
    for _ in range(ROUNDS // 2):
        activity = make_activity(cycle, points="0.25", submission_id=uuid4())
        recording.withdraw(activity=activity, by=activity.attested_by, at=activity.recorded_at)


def least(cycle: Cycle) -> None:
    for _ in range(ROUNDS):
        add_row(cycle.certification.member.user)


def tell(what: str, rows: int, noun: str, usage: Usage) -> None:
    memory = f", {usage.mib} MiB at most" if usage.mib else ""
    print(what)
    print(
        f"  {usage.cpu:.3f} s of processor ({usage.seconds:.1f} s), {rows / usage.cpu:,.0f} {noun} a second{memory}",
        flush=True,
    )


def tell_floor(what: str, floor: Usage, *usages: Usage) -> None:
    ratios = " and ".join(f"{usage.cpu / floor.cpu:.1f}" for usage in usages)
    print(f"  floor: {what} in {floor.cpu:.3f} s; ratio {ratios}", flush=True)


def main() -> None:
    parser = ArgumentParser(description=__doc__, formatter_class=RawDescriptionHelpFormatter, prog="make bench")
    names = ["roster", "close", "notices", "verify", "seal", "record", "webhooks", "mail", "pages"]
    only_if_named = ["held", "growth", "desk"]
    parser.add_argument(
        "what", nargs="*", choices=[*names, *only_if_named, []], help="All but the last three unless named."
    )
    parser.add_argument("--rows", type=int, default=3000, help="Rows of the roster (3000).")
    parser.add_argument("--cycles", type=int, default=3000, help="Ended cycles for close (3000).")
    parser.add_argument("--credits", type=int, default=20_000, help="Credits for verify and seal (20000).")
    parser.add_argument("--members", type=int, default=1000, help="Members for pages, notices and desk (1000).")
    parser.add_argument("--entries", type=int, help="Entries of each member for growth and desk (as the disk allows).")
    parser.add_argument("--webhooks", type=int, default=200, help="Messages of the payment provider (200).")
    parser.add_argument("--mails", type=int, default=2000, help="Mails for mail (2000).")
    parser.add_argument("--requests", type=int, default=50, help="Requests for each page (50).")
    parser.add_argument("--sizes", type=int, nargs="+", default=[1000, 100_000], help="Members for growth.")
    parser.add_argument("--write", action="store_true", help="Hold what held measures from now on.")
    options = parser.parse_args()
    runs = {
        "roster": lambda: roster(options.rows),
        "close": lambda: close(options.cycles),
        "notices": lambda: notices(options.members),
        "verify": lambda: verify(options.credits),
        "seal": lambda: seal(options.credits),
        "record": record,
        "webhooks": lambda: webhooks.run(options.webhooks),
        "mail": lambda: mail.run(options.mails),
        "pages": lambda: pages.run(options.members, options.requests),
        "held": lambda: held.run(write=options.write),
        "desk": lambda: ask_desk(options.members, options.entries, options.requests),
    }
    print(f"On {connection.vendor}:")
    for name in options.what or names:
        if name == "growth":  # it needs a database for each size
            continue
        with temporary_database():
            runs[name]()
    if "growth" in options.what:
        taken = {}
        for members in options.sizes:
            with temporary_database():
                taken[members] = growth.take(members, options.entries, options.requests)
        growth.tell(taken)


if __name__ == "__main__":
    main()
