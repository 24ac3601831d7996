"""``bulk_transcripts``: the transcripts of all cycles of a credential that a year closed."""

import hashlib
import io
import os
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from amtportal.members.models import Member, User
from ccp.models import Transcript, TranscriptFile
from certifications.models import Cycle
from tests.support.builders import make_activity, make_cycle, make_member, make_user
from tests.support.scripts import GARAY
from tests.support.server import ROOT, address_of


@pytest.fixture
def clerk() -> User:
    user: User = make_user(email="clerk@amt.example", is_staff=True, is_superuser=True)
    return user


def closed(closed_on: date, **of: Any) -> Cycle:
    cycle = make_cycle(make_member(), **of)
    make_activity(cycle, points="30")
    Cycle.objects.filter(pk=cycle.pk).update(
        closed_on=closed_on, outcome="compliant", points_at_close=30, mandatory_at_close=True
    )
    return cycle


def run(to: Path, **options: Any) -> tuple[int, list[str]]:
    """Return the exit status, and the lines that the command prints."""
    lines = io.StringIO()
    asked = {"credential": "RMA", "closed_in": 2026, "by": "clerk@amt.example", "verbosity": 0, **options}
    try:
        call_command("bulk_transcripts", to=to, stdout=lines, stderr=lines, **asked)
    except SystemExit as end:
        return int(str(end.code)), lines.getvalue().splitlines()
    return 0, lines.getvalue().splitlines()


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_each_is_issued_once_by_all_cores_however_often_the_run_is_started(clerk: User, tmp_path: Path) -> None:
    """Two of three are written; one belongs to another year. One cannot be printed, and stops nothing.

    The command has a process of its own: that of the tests has threads.
    """
    cycles = [closed(date(2026, 5, 1)), closed(date(2026, 12, 31))]
    closed(date(2027, 1, 1))
    unprintable = closed(date(2026, 6, 1))
    Member.objects.filter(certifications__cycles=unprintable).update(last_name=GARAY)
    to = tmp_path / "all" / "2026"
    options = ["--credential=RMA", "--closed-in=2026", f"--by={clerk.email}", f"--to={to}", "--processes=2", "-v0"]
    for _ in range(2):
        done = subprocess.run(
            [sys.executable, "manage.py", "bulk_transcripts", *options],
            cwd=ROOT,
            env={
                **os.environ,
                "AMTPORTAL_VAR": str(tmp_path),
                "DATABASE_URL": address_of(str(connection.settings_dict["NAME"])),
            },
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.stdout.splitlines() + done.stderr.splitlines() == [
            f"2 transcripts written to {to}, 1 failed.",
            f"Cycle {unprintable.pk} has no transcript: no font has U+{ord(GARAY):04X}.",
        ]
        assert done.returncode == 1
        assert {issue.cycle_id for issue in Transcript.objects.all()} == {cycle.pk for cycle in cycles}
        assert set(Transcript.objects.values_list("issued_by", flat=True)) == {clerk.pk}
        digests = {hashlib.sha256(file.read_bytes()).hexdigest() for file in to.iterdir()}
        assert digests == set(TranscriptFile.objects.values_list("sha256", flat=True))
    assert len(list(to.iterdir())) == 2
    assert to.stat().st_mode & 0o777 == 0o700


@pytest.mark.django_db
def test_where_nothing_was_closed_nothing_is_written(clerk: User, tmp_path: Path) -> None:
    assert run(tmp_path) == (0, [f"0 transcripts written to {tmp_path}, 0 failed."])


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"credential": "XYZ"}, "There is no credential XYZ. Write one of "),
        ({"closed_in": 26}, "26 is not a year. Write it with four digits."),
        ({"processes": 0}, "--processes must be 1 or more."),
        ({"by": "ada@example.org"}, "ada@example.org is not an active staff account that may view cycles."),
    ],
)
def test_what_cannot_be_is_refused(clerk: User, tmp_path: Path, options: dict[str, Any], sentence: str) -> None:
    make_user(email="ada@example.org")
    with pytest.raises(CommandError, match=sentence.replace(".", r"\.")):
        run(tmp_path, **options)


@pytest.mark.django_db
def test_a_folder_that_cannot_be_made_is_refused(clerk: User, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(CommandError, match="cannot be made: "):
        run(tmp_path / "file" / "folder")
