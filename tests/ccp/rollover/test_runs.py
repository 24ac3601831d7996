"""Runs of ``close_cycles``: bad rows, killed runs, repeated runs, and what the command prints."""

import io
import os
import signal
import subprocess
import sys
from datetime import date, timedelta
from typing import Any

import pytest
from django.conf import settings
from django.core import mail
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from time_machine import TimeMachineFixture

from amtportal.members.mail import sending
from amtportal.members.mail.layout import unwrapped
from ccp.rollover import closing as rollover
from certifications.models import Certification, Cycle, RenewalInvoice, StatusChange
from tests.support.builders import invoice_of, make_activity, make_cycle, make_member, make_payment, make_user, noon
from tests.support.waiting import PATIENCE

DAY = timedelta(days=1)
LAST = date(2026, 4, 30)
OVER = LAST + timedelta(days=91)  # the first day after the grace period


def due(number: int) -> list[Cycle]:
    """Return this many cycles that are met and paid, each of another member."""
    cycles = [make_cycle(make_member()) for _ in range(number)]
    for cycle in cycles:
        make_activity(cycle, points="30")
    RenewalInvoice.objects.filter(cycle__in=cycles).update(status="paid")
    return cycles


def unmet(number: int) -> list[Cycle]:
    return [make_cycle(make_member()) for _ in range(number)]


def spoil(cycle: Cycle) -> None:
    """Put another row in the place of the cycle that would follow."""
    cycle.pk, cycle.number = None, 2
    cycle.starts_on, cycle.ends_on = date(2020, 1, 1), date(2022, 12, 31)
    cycle.closed_on, cycle.outcome, cycle.points_at_close = date(2023, 1, 1), "compliant", 0  # type: ignore[assignment]
    cycle.save_base(raw=True)


@pytest.fixture(autouse=True)
def _small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rollover, "BATCH", 3)


def snapshot() -> Any:
    """Return everything that a run writes, with its history.

    Keys that differ from run to run are left out.
    """
    cycles = Cycle.objects.order_by("certification", "number")
    return (
        list(cycles.values_list("certification", "number", "closed_on", "outcome")),
        Cycle.history.count(),
        RenewalInvoice.history.count(),
        StatusChange.objects.count(),
    )


@pytest.mark.django_db
def test_a_second_run_changes_nothing() -> None:
    due(4), unmet(4)
    first = rollover.close_due(at=noon(OVER))
    assert first.found == {"compliant": 4, "non-compliant": 4}
    before = snapshot()
    assert rollover.close_due(at=noon(OVER)).found == {}
    assert snapshot() == before


@pytest.mark.django_db
@pytest.mark.parametrize("place", [0, 1, 2, 4], ids=["first", "middle of a batch", "end of a batch", "last"])
def test_a_bad_row_stops_only_itself(place: int, caplog: pytest.LogCaptureFixture) -> None:
    cycles = due(5)
    bad = cycles[place]
    key = bad.pk
    spoil(bad)
    tally = rollover.close_due(at=noon(LAST + DAY))
    assert (tally.found, tally.failed) == ({"compliant": 4}, [key])
    assert f"Cycle {key} could not be closed." in caplog.text
    assert Cycle.objects.get(pk=key).closed_on is None
    assert Cycle.objects.unclosed().filter(number=2).count() == 4


@pytest.mark.django_db
def test_a_row_that_the_database_refuses_stops_only_itself() -> None:
    """A trigger of the database refuses to close one cycle, as a damaged row might."""
    cycles = due(4)
    bad = cycles[1].pk
    trigger = {
        "sqlite": [
            f"CREATE TRIGGER refuse BEFORE UPDATE ON certifications_cycle WHEN OLD.id = {bad} "
            "BEGIN SELECT RAISE(ABORT, 'refused'); END"
        ],
        "postgresql": [
            "CREATE FUNCTION refuse() RETURNS trigger AS $$ BEGIN RAISE EXCEPTION 'refused'; END $$ LANGUAGE plpgsql",
            f"CREATE TRIGGER refuse BEFORE UPDATE ON certifications_cycle FOR EACH ROW WHEN (OLD.id = {bad}) "
            "EXECUTE FUNCTION refuse()",
        ],
    }
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE" if connection.vendor == "postgresql" else "SELECT 1")
        for statement in trigger[connection.vendor]:
            cursor.execute(statement)
    tally = rollover.close_due(at=noon(LAST + DAY))
    assert (tally.found, tally.failed) == ({"compliant": 3}, [bad])


@pytest.mark.django_db
def test_a_batch_is_written_in_as_many_queries_whatever_it_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rollover, "BATCH", 100)

    def queries(number: int) -> int:
        due(number), unmet(number)
        with CaptureQueriesContext(connection) as captured:
            assert rollover.close_due(at=noon(OVER)).closed == 2 * number
        return len(captured)

    assert queries(1) == queries(8)


@pytest.mark.django_db
def test_each_cycle_keeps_its_own_points_and_its_own_line_of_history() -> None:
    """30 and 31.25 points close as compliant, and 0 and 12.5 points as non-compliant.

    They are in one batch and the next.
    """
    met, more, none, some = due(2) + unmet(2)
    make_activity(more, points="1.25"), make_activity(some, points="12.5")
    rollover.close_due(at=noon(OVER))
    expected = {met: ("compliant", 30), more: ("compliant", 31.25)}
    expected |= {none: ("non-compliant", 0), some: ("non-compliant", 12.5)}
    for cycle, (outcome, points) in expected.items():
        cycle.refresh_from_db()
        assert (cycle.closed_on, cycle.outcome, cycle.points_at_close) == (OVER, outcome, points)
        line = cycle.history.latest("history_id")
        assert (line.closed_on, line.outcome, line.points_at_close) == (OVER, outcome, points)
        assert (line.history_type, line.history_user, line.history_date) == ("~", None, noon(OVER))
        assert line.history_change_reason == f"The cycle was closed: {outcome}."


# The command


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def run(*arguments: str, **options: Any) -> str:
    stdout = io.StringIO()
    call_command("close_cycles", *arguments, stdout=stdout, stderr=io.StringIO(), **options)
    return stdout.getvalue()


@pytest.mark.django_db
def test_the_last_line_is_a_tally(time_machine: TimeMachineFixture) -> None:
    due(2), unmet(1)
    make_activity(make_cycle(make_member()), points="30")
    time_machine.move_to(noon(LAST + DAY))
    assert run("--dry-run") == (
        "Nothing written; would be: 2 cycles closed (2 compliant, 0 non-compliant), 1 awaiting payment, 1 in grace, "
        "0 failed.\n"
    )
    assert not Cycle.objects.exclude(closed_on=None).exists()
    assert run() == "2 cycles closed (2 compliant, 0 non-compliant), 1 awaiting payment, 1 in grace, 0 failed.\n"
    assert run() == "0 cycles closed (0 compliant, 0 non-compliant), 1 awaiting payment, 1 in grace, 0 failed.\n"


@pytest.mark.django_db
def test_any_day_can_be_replayed_but_none_to_come(time_machine: TimeMachineFixture) -> None:
    due(1)
    time_machine.move_to(noon(OVER))
    assert run("--on", "2026-04-30").startswith("0 cycles closed")
    assert run("--on", "2026-05-01").startswith("1 cycle closed")
    assert Cycle.objects.get(number=1).closed_on == date(2026, 5, 1)
    with pytest.raises(
        CommandError, match=r"Jul 31, 2026 is in the future\. Give a day up to today, Jul 30, 2026, or add"
    ):
        run("--on", "2026-07-31")
    with pytest.raises(CommandError, match="is not a day; write it as 2026-03-14"):
        run("--on", "2026-02-30")
    with pytest.raises(CommandError, match=r"May 1, 0026 is in the year 26\. Enter the year with four digits"):
        run("--on", "0026-05-01")
    with pytest.raises(
        CommandError, match=r"Dec 31, 9999 cannot be right\. Enter a day from Jan 1, 1990 to Jul 30, 2031"
    ):
        run("--on", "9999-12-31", "--dry-run")


@pytest.mark.django_db
def test_what_is_due_on_a_day_to_come_can_be_seen(time_machine: TimeMachineFixture) -> None:
    due(1), unmet(2)
    time_machine.move_to(noon(LAST))
    before = snapshot()
    said = run("--on", f"{OVER}", "--dry-run")
    assert said.startswith("Nothing written; would be: 3 cycles closed (1 compliant, 2 non-compliant)")
    assert snapshot() == before


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("met", "paid", "found"),
    [
        pytest.param(date(2026, 5, 5), date(2026, 5, 5), "compliant", id="met and paid by that day"),
        pytest.param(date(2026, 5, 6), date(2026, 5, 7), "grace", id="met on the next day"),
        pytest.param(date(2026, 5, 4), date(2026, 5, 6), "awaiting-payment", id="paid on the next day"),
    ],
)
def test_a_past_day_is_judged_by_what_was_on_record_then(met: date, paid: date, found: str) -> None:
    cycle = make_cycle(make_member())
    make_activity(cycle, points="30", at=noon(met))
    by = make_user(is_staff=True)
    for year in (1, 2, 3):
        on = paid if year == 3 else LAST
        opened = invoice_of(cycle, year)
        if year == 3 and met == paid:
            RenewalInvoice.objects.filter(pk=opened.pk).update(status="paid")  # it opens on the day after
        else:
            make_payment(opened, by=by, received_on=on, at=noon(on))
    assert rollover.close_due(at=noon(date(2026, 5, 5))).found == {found: 1}
    assert rollover.close_due(at=noon(date(2026, 6, 1))).closed == (0 if found == "compliant" else 1)


@pytest.mark.django_db
def test_a_failure_is_named_and_is_the_exit_status(time_machine: TimeMachineFixture) -> None:
    cycles = due(2)
    key = cycles[0].pk
    spoil(cycles[0])
    time_machine.move_to(noon(LAST + DAY))
    stdout, stderr = io.StringIO(), io.StringIO()
    with pytest.raises(SystemExit) as ending:
        call_command("close_cycles", stdout=stdout, stderr=stderr)
    assert ending.value.code == 1
    assert stderr.getvalue() == f"Cycle {key} could not be closed; the log says why.\n"
    assert stdout.getvalue().endswith("0 in grace, 1 failed.\n")


@pytest.mark.django_db
@pytest.mark.parametrize(("terminal", "is_shown"), [(True, True), (False, False)])
def test_progress_is_shown_on_a_terminal(
    terminal: bool, is_shown: bool, time_machine: TimeMachineFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    due(4)
    time_machine.move_to(noon(LAST + DAY))
    screen = Terminal() if terminal else io.StringIO()
    monkeypatch.setattr(sys, "stderr", screen)
    run()
    assert ("4/4" in screen.getvalue()) is is_shown


# A run that is killed

KILLED = """
import sys, time
import django
django.setup()
from datetime import datetime
from ccp.rollover import closing as rollover
from certifications import life, cycles

rollover.BATCH = 3
rows, stop = 0, int(sys.argv[1])

def counted(verb):
    def wrapped(*args, **kwargs):
        global rows
        rows += 1
        if rows == stop:
            print("here", flush=True)
            time.sleep(600)
        return verb(*args, **kwargs)
    return wrapped

cycles.following, life.may_follow = counted(cycles.following), counted(life.may_follow)
rollover.close_due(at=datetime.fromisoformat(sys.argv[2]))
"""


def address_of_the_test_database() -> str:
    name = str(connection.settings_dict["NAME"])
    if connection.vendor == "sqlite":
        return f"sqlite:///{name}"
    return os.environ["DATABASE_URL"].rsplit("/", 1)[0] + f"/{name}"


def killed_at(row: int, on: date) -> None:
    """Run in a separate process, and kill it while it writes that row."""
    process = subprocess.Popen(
        [sys.executable, "-c", KILLED, str(row), noon(on).isoformat()],
        cwd=settings.BASE_DIR,
        env=os.environ
        | {"DATABASE_URL": address_of_the_test_database(), "DJANGO_SETTINGS_MODULE": "amtportal.settings"},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    with process, process.stdout as stdout:
        assert stdout.readline() == "here\n"
        process.send_signal(signal.SIGKILL)
        process.wait(timeout=PATIENCE)


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("row", [1, 2, 4, 6, 9, 10])
def test_a_run_that_is_killed_at_any_row_is_finished_by_the_next(row: int) -> None:
    """There are batches of 3 over 5 compliant and 5 non-compliant cycles.

    Whole batches are written, and the broken one is not.
    """
    for pair in zip(due(5), unmet(5), strict=True):
        assert pair
    killed_at(row, OVER)
    connection.close()
    assert Cycle.objects.exclude(closed_on=None).count() == (row - 1) // 3 * 3
    tally = rollover.close_due(at=noon(OVER))
    assert tally.closed == 10 - (row - 1) // 3 * 3
    assert not tally.failed
    assert Cycle.objects.filter(number=1, outcome="compliant").count() == 5
    assert Cycle.objects.filter(number=1, outcome="non-compliant").count() == 5
    assert Cycle.objects.unclosed().filter(number=2).count() == 5
    assert RenewalInvoice.objects.filter(cycle__number=2).count() == 15
    assert Certification.objects.filter(status="lapsed").count() == StatusChange.objects.count() == 5


# Points that AMT owes


def owed(**claim: Any) -> Any:
    """Return an entry of an RMA cycle that ends on 4/30/2026 with 27 of 30 points; AMT is to set its points."""
    cycle = make_cycle(make_member())
    make_activity(cycle, points="27")
    return make_activity(cycle, **{"kind": "journal-article", "points": None, **claim})


def told_by_run(*options: str) -> str:
    stdout = io.StringIO()
    call_command("close_cycles", *options, stdout=stdout)
    sending.send_due()
    return stdout.getvalue()


@pytest.mark.django_db
@pytest.mark.parametrize(("before", "is_told"), [(61, False), (60, True), (0, True), (-1, True), (-91, True)])
def test_staff_are_told_of_points_that_amt_owes_before_a_certification_lapses(
    before: int, time_machine: TimeMachineFixture, settings: Any, *, is_told: bool
) -> None:
    settings.OFFICE_EMAIL = "office@amt.example"
    entry = owed()
    time_machine.move_to(noon(LAST - before * DAY), tick=False)
    printed = told_by_run()
    assert (entry.reference in printed) is is_told
    told = [sent for sent in mail.outbox if sent.to == ["office@amt.example"]]
    assert len(told) == is_told
    if is_told:
        assert entry.reference in told[0].body
        assert "RMA, 3 to go, cycle ends Apr 30, 2026" in unwrapped(told[0].body)
        assert "/admin/ccp/activity/?points=to-be-set" in told[0].body
        assert entry.member.last_name not in told[0].body


@pytest.mark.django_db
def test_the_office_is_told_once_a_day_and_never_by_a_run_that_writes_nothing(time_machine: TimeMachineFixture) -> None:
    owed()
    time_machine.move_to(noon(LAST), tick=False)
    assert "AMT owes the points of 1 entry" in told_by_run("--dry-run")
    told_by_run("--on", "2026-04-29")
    assert mail.outbox == []
    told_by_run(), told_by_run()
    assert [sent.subject for sent in mail.outbox] == ["Points to set: the first cycle ends Apr 30, 2026"]
    time_machine.move_to(noon(LAST + DAY), tick=False)
    told_by_run()
    assert [sent.subject for sent in mail.outbox][1:] == ["Points to set: the first cycle ended Apr 30, 2026"]


@pytest.mark.django_db
def test_a_run_names_what_stays_open_for_points_only(time_machine: TimeMachineFixture) -> None:
    owed()
    time_machine.move_to(noon(OVER), tick=False)
    printed = told_by_run()
    assert "0 cycles closed (0 compliant, 0 non-compliant)" in printed
    assert "0 in grace, 1 awaiting points from AMT, 0 failed." in printed
    assert "its grace period ended Jul 29, 2026, and it stays open only for these points" in printed


@pytest.mark.django_db
def test_points_that_nothing_waits_for_are_not_urgent(time_machine: TimeMachineFixture) -> None:
    """Where the requirement is met, or CCP is voluntary, no certification hangs on them."""
    enough = owed()
    make_activity(enough.credits.get().cycle, points="3")
    voluntary = make_cycle(make_member(), ccp_mandatory=False)
    make_activity(voluntary, kind="journal-article", points=None)
    time_machine.move_to(noon(LAST), tick=False)
    assert "AMT owes" not in told_by_run()
