"""``freeze_draw`` and ``draw`` on the command line."""

from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from amtportal.members.models import User
from ccp.audits.models import Draw
from tests.support.draws import SEED, YEAR, make_closed, make_many
from tests.support.staff import make_clerk

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("on_today")]


@pytest.fixture
def clerk() -> User:
    return make_clerk("freeze_draw", "seed_draw", email="clerk@amt.example")


def run(command: str, *arguments: object, **options: Any) -> str:
    out = StringIO()
    call_command(command, *map(str, arguments), stdout=out, **options)
    return out.getvalue()


def frozen(*arguments: object) -> str:
    return run("freeze_draw", "--by", "clerk@amt.example", "--seed-named", "Eight dice on March 20", *arguments)


def drawn(*arguments: object) -> str:
    witnesses = ("--witness", "Ana Torres", "--witness", "Bo Ek")
    return run("draw", "--by", "clerk@amt.example", "--seed", SEED, "--source", "Rosemont", *witnesses, *arguments)


def test_last_year_is_frozen_drawn_and_verified(clerk: User, tmp_path: Path) -> None:
    make_many(20)
    said = frozen("--folder", tmp_path)
    draw = Draw.objects.get()
    assert (draw.year, draw.frozen_by) == (YEAR, clerk)
    assert said.splitlines() == [
        "RMA: 5 of 20 will be drawn.",
        # 1.96 × √(0.09 / 5) × √(15 / 19) = 23.4 points
        "Of 20, 5 are drawn: if a tenth of all would fail, the share found is right to ± 23.4 percentage points, 19 "
        "times in 20.",
        f"Frozen: 20 lines. SHA-256: {draw.sha256}",
    ]
    assert run("verify_draw", tmp_path).startswith("RIGHT: all files are as published, and nobody is drawn yet.")
    assert drawn("--folder", tmp_path).splitlines()[-1] == f"Drawn: 5 of 20, by the seed {SEED}"
    assert drawn() == drawn()
    assert run("verify_draw", tmp_path).startswith("RIGHT: all files are as published, and exactly those are drawn")


def test_a_file_says_who_is_left_out(clerk: User, tmp_path: Path) -> None:
    make_closed()
    gone = make_closed().certification.member
    listed = tmp_path / "gone.csv"
    listed.write_text(f"\ufeffamt_id,reason\n{gone.amt_id},deceased\n", encoding="utf-8")
    frozen(YEAR, "--exclude", listed)
    assert Draw.objects.get().lines.get(excluded="deceased").member == gone


@pytest.mark.parametrize(
    ("content", "sentence"),
    [(None, "cannot be read as text"), (b"\xff\xfe1", "cannot be read as text"), (b"1;2", "Line 1 of the exclusions")],
)
def test_a_file_that_cannot_be_read_freezes_nothing(
    clerk: User, tmp_path: Path, content: bytes | None, sentence: str
) -> None:
    make_closed()
    listed = tmp_path / "gone.csv"
    if content is not None:
        listed.write_bytes(content)
    with pytest.raises(CommandError, match=sentence):
        frozen("--exclude", listed)
    assert not Draw.objects.exists()


def test_only_staff_who_may_freeze_freeze(clerk: User) -> None:
    make_closed()
    make_clerk("view_draw", email="other@amt.example")
    for email in ("other@amt.example", "nobody@amt.example"):
        with pytest.raises(CommandError, match=r"no active staff account with the permission audits\.freeze_draw"):
            run("freeze_draw", "--by", email, "--seed-named", "Dice")


def test_nobody_is_drawn_before_the_freeze(clerk: User) -> None:
    with pytest.raises(CommandError, match=rf"Run freeze_draw {YEAR} first"):
        drawn()


def test_a_refusal_is_told(clerk: User) -> None:
    make_closed()
    frozen()
    with pytest.raises(CommandError, match="before two witnesses"):
        run("draw", "--by", "clerk@amt.example", "--seed", SEED, "--source", "Rosemont")
