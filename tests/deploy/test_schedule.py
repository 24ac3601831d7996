"""What runs on a schedule.

Units of systemd and lines for cron name the same commands at the same times.
"""

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from django.core.management import get_commands

DEPLOY = Path(__file__).resolve().parents[2] / "deploy"
UNITS = sorted((DEPLOY / "systemd").iterdir())
TIMERS = [unit for unit in UNITS if unit.suffix == ".timer"]
CRON = [line for line in (DEPLOY / "amtportal.cron").read_text().splitlines() if re.match(r"[0-9*]", line)]
# What has to be done again and again, and how often. Nothing else needs a schedule.
DAILY = {
    "apply_held_money",
    "close_cycles",
    "pass_audit_deadlines",
    "match_credits",
    "seal_history",
    "backup",
    "count_reports",
    "clean_evidence",
    "reconcile_payments",
    "send_notices",
}
WEEKLY = {"verify_records", "clearsessions"}
OFTEN = {"send_mail_queue", "read_bounces", "settle_payments", "send_webhooks"}


def named(unit: Path) -> str:
    """Return the command that a timer runs, from the unit with the same name."""
    return re.split("[@-]", unit.stem, maxsplit=1)[1]


def when(unit: Path) -> str:
    found = re.search("^OnCalendar=(.*)$", unit.read_text(), re.MULTILINE)
    assert found
    return found[1]


def test_every_command_that_needs_a_clock_has_a_timer_and_a_line_of_cron() -> None:
    assert {named(timer) for timer in TIMERS} == DAILY | WEEKLY | OFTEN
    in_cron = {found for line in CRON for found in re.findall(r"manage\.py (\w+)|deploy/(backup)\.sh", line)}
    assert {one or other for one, other in in_cron} == DAILY | WEEKLY | OFTEN


def test_every_command_exists() -> None:
    assert get_commands().keys() >= (DAILY | WEEKLY | OFTEN) - {"backup"}
    assert (DEPLOY / "backup.sh").is_file()


@pytest.mark.parametrize("timer", TIMERS, ids=named)
def test_a_timer_runs_as_often_as_it_should_and_makes_up_for_what_it_missed(timer: Path) -> None:
    name, calendar = named(timer), when(timer)
    assert calendar.startswith({name in WEEKLY: "Sun *-*-* ", name in DAILY: "*-*-* "}.get(True, "*:0/"))
    assert "Persistent=true" in timer.read_text()
    assert (timer.with_suffix(".service") if "@" not in timer.name else timer.with_name("amtportal@.service")).is_file()


def test_history_is_sealed_before_the_backup_and_cycles_are_closed_before_both_and_files_are_deleted_after() -> None:
    at = {named(timer): when(timer)[6:11] for timer in TIMERS if named(timer) in DAILY}
    assert at["apply_held_money"] < at["close_cycles"] < at["pass_audit_deadlines"] < at["seal_history"]
    assert at["close_cycles"] < at["send_notices"] == "08:00"
    assert at["close_cycles"] < at["match_credits"] < at["seal_history"] < at["backup"] < at["clean_evidence"]


def test_old_backups_are_removed_by_the_script_that_has_tried_the_new_one() -> None:
    """If backups fail for weeks, the last ones stay."""
    (line,) = [line for line in CRON if "backup.sh" in line]
    assert line.endswith("deploy/backup.sh --keep 35 /srv/backups")
    unit = (DEPLOY / "systemd" / "amtportal-backup.service").read_text()
    assert re.findall("^ExecStart=(.*)$", unit, re.MULTILINE) == [
        "/srv/amtportal/deploy/env deploy/backup.sh --keep 35 /srv/backups"
    ]


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd is not here")
@pytest.mark.parametrize("timer", TIMERS, ids=named)
def test_systemd_understands_when(timer: Path) -> None:
    subprocess.run(["systemd-analyze", "calendar", when(timer)], check=True, capture_output=True)
