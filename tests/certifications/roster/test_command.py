"""The command ``import_roster``: what it prints, and how it ends."""

import io
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError

from amtportal.imports import command
from amtportal.members.models import Member
from certifications.management.commands import import_roster
from certifications.models import Cycle

pytestmark = pytest.mark.django_db

HEADER = "amt_id,email,first_name,last_name,credential,certificate_number,awarded_on\n"
ADA = "1001,ada@example.org,Ada,Lane,RMA,A-1,2023-05-01\n"
ADAS_RPT = "1001,ada@example.org,Ada,Lane,RPT,A-1,2023-05-01\n"
BOB = "1002,bob@example.org,Bob,Øst,RMA,A-2,2023-05-01\n"


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def roster(tmp_path: Path) -> Path:
    return tmp_path / "roster.csv"


def run(roster: Path, *rows: str, stderr: io.StringIO | None = None, **options: Any) -> str:
    """Return what the command prints for a file of these rows."""
    roster.write_text(HEADER + "".join(rows), encoding="utf-8")
    stdout = io.StringIO()
    call_command("import_roster", str(roster), stdout=stdout, stderr=stderr or io.StringIO(), **options)
    return stdout.getvalue()


def test_the_last_line_is_a_tally(roster: Path) -> None:
    assert run(roster, ADA, ADAS_RPT) == "2 rows: 2 new certifications (1 new member), 0 updated, 0 unchanged.\n"
    assert run(roster, ADA, ADAS_RPT.replace("A-1", "A-9"), BOB) == (
        "3 rows: 1 new certification (1 new member), 1 updated, 1 unchanged.\n"
    )


def test_a_dry_run_says_what_would_happen(roster: Path) -> None:
    assert run(roster, ADA, dry_run=True) == (
        "Nothing written; would be 1 row: 1 new certification (1 new member), 0 updated, 0 unchanged.\n"
    )
    assert not Member.objects.exists()


def test_what_is_left_to_staff_is_printed_and_the_others_come_in(roster: Path) -> None:
    run(roster, ADA)
    rekeyed, no_address = ADA.replace("1001", "9001"), BOB.replace("bob@example.org", "")
    for options, before in (({"dry_run": True}, "Nothing written; would be "), ({}, "")):
        note, tally = run(roster, rekeyed, no_address, **options).splitlines()
        assert note.startswith("Line 2, amt_id: RMA A-1 is on record for AMT ID 1001, Ada Lane, who has the same name ")
        assert tally == (
            f"{before}2 rows: 1 new certification (1 new member), 0 updated, 0 unchanged. 1 row waits for staff. "
            "1 member has no way to sign in."
        )
    assert set(Member.objects.values_list("amt_id", "user__email")) == {("1001", "ada@example.org"), ("1002", None)}


def test_any_day_can_be_replayed(roster: Path) -> None:
    """On 1/1/2020 the first cycle of an award on 5/1/2018 is running.

    Today a later cycle is running.
    """
    roster.write_text(HEADER + ADA.replace("2023", "2018"))
    call_command("import_roster", str(roster), "--on", "2020-01-01", stdout=io.StringIO())
    assert Cycle.objects.get().number == 1
    with pytest.raises(CommandError, match="is not a day; write it as 2026-03-14"):
        call_command("import_roster", str(roster), "--on", "2026-02-30")
    with pytest.raises(CommandError, match=r"Jan 1, 0020 is in the year 20\. Enter the year with four digits"):
        call_command("import_roster", str(roster), "--on", "0020-01-01")
    with pytest.raises(CommandError, match=r"Enter a day from Jan 1, 1990 to"):
        call_command("import_roster", str(roster), "--on", "9999-12-31")


def test_bad_rows_are_named_and_the_command_fails(roster: Path) -> None:
    stderr = io.StringIO()
    with pytest.raises(CommandError, match=r"^2 bad lines in roster\.csv\. Nothing was written\."):
        run(roster, ADA, BOB.replace("@", " at "), BOB.replace("RMA", "XYZ"), stderr=stderr)
    assert [line.split(":")[0] for line in stderr.getvalue().splitlines()] == [
        "Line 3, email",
        "Line 4, credential",
    ]
    assert not Member.objects.exists()


@pytest.mark.parametrize(
    ("stderr", "printed"),
    [
        pytest.param(
            Terminal(),
            ["Line 2", "Line 3", "… and 2 more problems. Send the output to a file to see all."],
            id="terminal",
        ),
        pytest.param(io.StringIO(), ["Line 2", "Line 3", "Line 4", "Line 5"], id="file"),
    ],
)
def test_a_terminal_shows_the_first_problems_and_a_count_of_the_rest(
    roster: Path, stderr: io.StringIO, printed: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(command, "PRINTED_ON_A_TERMINAL", 2)
    with pytest.raises(CommandError, match=r"^4 bad lines"):
        run(roster, *[BOB.replace("@", " at ")] * 4, stderr=stderr)
    assert [line.split(",")[0] for line in stderr.getvalue().splitlines()] == printed


def test_a_file_of_another_encoding_is_named_with_line_and_byte(roster: Path) -> None:
    roster.write_bytes((HEADER + ADA + BOB).encode("latin-1"))
    stderr = io.StringIO()
    with pytest.raises(CommandError):
        call_command("import_roster", str(roster), stderr=stderr)
    assert stderr.getvalue() == (
        "Line 3, last_name: The byte 0xD8 is not UTF-8. Save the file as “CSV UTF-8” and import it again.\n"
    )


def test_a_file_that_is_not_there_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="cannot be read: No such file or directory"):
        call_command("import_roster", str(tmp_path / "missing.csv"))


def test_a_busy_database_is_a_sentence(roster: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On SQLite the lock may be held for longer than the import waits.

    Another import, or a night of many members, may hold it.
    """

    def import_data(*args: Any, **kwargs: Any) -> None:
        raise OperationalError("database is locked")

    monkeypatch.setattr(import_roster.RosterResource, "import_data", import_data)
    with pytest.raises(
        CommandError, match=r"^The database is busy or gone \(database is locked\)\. Nothing was written"
    ):
        run(roster, ADA)
