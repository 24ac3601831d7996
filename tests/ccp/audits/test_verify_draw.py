"""The published files of a draw, and the program that verifies them without the portal."""

import json
import subprocess
import sys
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command

from ccp.audits import draws, published, tickets, verify_draw
from ccp.audits.models import Draw, DrawTicket
from tests.support.builders import TODAY, noon
from tests.support.draws import SEED, enter_seed, freeze, make_closed, make_many

pytestmark = pytest.mark.django_db


@pytest.fixture
def draw() -> Draw:
    """Return a draw of two credentials in which one was replaced and one could not be drawn."""
    make_many(12)
    make_many(3, credential="RPT")
    make_closed(status="retired")
    draw = enter_seed(freeze())
    first = DrawTicket.objects.filter(line__stratum="RMA", place=1).get()
    draws.replace(ticket=first, reason="Has died", by=draw.frozen_by, at=noon(TODAY))
    return draw


def test_the_program_alone_verifies_the_folder(draw: Draw, tmp_path: Path) -> None:
    published.write(draw, tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == set(published.NAMES)
    run = subprocess.run(
        [sys.executable, "-I", "-S", "verify_draw.py", "."], cwd=tmp_path, capture_output=True, check=True, text=True
    )
    assert run.stdout == (
        f"RIGHT: all files are as published, and exactly those are drawn whom the seed draws. SHA-256: {draw.sha256}\n"
    )
    sums = subprocess.run(["sha256sum", "-c", "SHA256SUMS"], cwd=tmp_path, capture_output=True, check=True, text=True)
    assert sums.stdout.count(": OK") == 5


def test_the_draw_is_repeated_in_the_shell(draw: Draw, tmp_path: Path) -> None:
    """Hash each line that can be drawn, sort each credential, and take the first: no Python, no portal."""
    published.write(draw, tmp_path)
    script = """
    for code in RMA RPT; do
        grep -v "$(printf '\\t')" frozen.txt | grep "^$code/" | while read -r LINE; do
            printf '%s\\t%s\\n' "$(printf '%s:%s' "$SEED" "$LINE" | sha256sum | cut -c 1-64)" "$LINE"
        done | LC_ALL=C sort | head -n 5
    done
    """
    shell = subprocess.run(
        ["/bin/sh", "-c", script],
        cwd=tmp_path,
        env={"SEED": SEED, "PATH": "/usr/bin:/bin"},
        capture_output=True,
        check=True,
        text=True,
    )
    said = (tmp_path / "drawn.txt").read_text().splitlines()
    assert shell.stdout.splitlines() == [row.removesuffix("\tdrawn") for row in said if row.endswith("\tdrawn")]
    assert len(shell.stdout.splitlines()) == 5 + 3


def test_one_flipped_byte_in_any_file_is_found(draw: Draw) -> None:
    """Every byte of the short files is flipped, and every hundredth of the program."""
    files = published.files(draw)
    assert verify_draw.problem_with(dict(files)) == ""
    for name, content in files.items():
        for place in range(0, len(content), 100 if name == "verify_draw.py" else 7):
            flipped = bytearray(content)
            flipped[place] ^= 1
            problem = verify_draw.problem_with({**files, name: bytes(flipped)})
            assert problem.startswith("These files are not as they were published: "), (name, place)
            assert name == "SHA256SUMS" or name in problem


def test_every_bit_of_the_list_of_sums_counts(draw: Draw) -> None:
    files = published.files(draw)
    content = files["SHA256SUMS"]
    for place in range(len(content)):
        for bit in range(8):
            flipped = bytearray(content)
            flipped[place] ^= 1 << bit
            assert verify_draw.problem_with({**files, "SHA256SUMS": bytes(flipped)}), (place, bit)


@pytest.mark.parametrize("name", published.NAMES)
def test_a_file_that_is_missing_is_named(draw: Draw, name: str) -> None:
    files = published.files(draw)
    del files[name]
    assert (name if name != "SHA256SUMS" else "frozen.txt") in verify_draw.problem_with(files)


def summed(files: dict[str, bytes]) -> dict[str, bytes]:
    """Return the files of somebody who also writes the list of sums again."""
    rows = [f"{tickets.digest(each)}  {name}\n" for name, each in sorted(files.items()) if name != "SHA256SUMS"]
    return {**files, "SHA256SUMS": "".join(rows).encode()}


def test_who_writes_the_sums_again_still_cannot_choose_who_is_drawn(draw: Draw) -> None:
    files = published.files(draw)
    rows = files["drawn.txt"].decode().splitlines(keepends=True)
    rows[0], rows[5] = rows[5].replace("substitute", "drawn"), rows[0].replace("drawn", "substitute")
    assert verify_draw.problem_with(summed({**files, "drawn.txt": "".join(rows).encode()})) == (
        "drawn.txt is not what the seed draws."
    )
    seed = {**json.loads(files["draw.json"]), "seed": "1 1 1"}
    assert verify_draw.problem_with(summed({**files, "draw.json": json.dumps(seed).encode()})) == (
        "drawn.txt is not what the seed draws."
    )
    shorter = files["frozen.txt"].partition(b"\n")[2]
    assert verify_draw.problem_with(summed({**files, "frozen.txt": shorter})) == (
        "frozen.txt is not the file whose SHA-256 was published when it was frozen."
    )
    once = files["replaced.txt"].decode()
    gone, called = once.strip().split("\t")
    other = next(line for line in files["drawn.txt"].decode().split() if line.startswith("RMA/") and line not in once)
    for forged in (f"{gone}\t{other}", f"{called}\t{gone}", f"{gone}\tnobody", once + once.strip(), "nobody\tnobody"):
        assert verify_draw.problem_with(summed({**files, "replaced.txt": f"{forged}\n".encode()})) == (
            "replaced.txt does not call the next substitute for somebody who was drawn."
        )
    without = {name: content for name, content in files.items() if name != "drawn.txt"}
    assert "drawn.txt" in verify_draw.problem_with(summed(without))


def test_who_is_replaced_again_and_again_is_verified_until_nobody_waits() -> None:
    make_many(7)
    draw = enter_seed(freeze())
    for _ in range(3):
        first = DrawTicket.objects.drawn().filter(line__draw=draw).order_by("place")[0]
        draws.replace(ticket=first, reason="Has died", by=draw.frozen_by, at=noon(TODAY))
    files = published.files(draw)
    assert files["replaced.txt"].endswith(b"\tnobody\n")
    assert verify_draw.problem_with(dict(files)) == ""
    without_seed = {**json.loads(files["draw.json"]), "seed": ""}
    forged = {**files, "draw.json": json.dumps(without_seed).encode(), "drawn.txt": b""}
    assert "replaced.txt" in verify_draw.problem_with(summed(forged))


def test_a_frozen_draw_is_published_before_its_seed(tmp_path: Path) -> None:
    make_many(3)
    draw = freeze()
    published.write(draw, tmp_path)
    is_right, sentence = verify_draw.verdict(tmp_path)
    assert (is_right, "nobody is drawn yet" in sentence, draw.sha256 in sentence) == (True, True, True)


@pytest.mark.parametrize("content", [None, b"", b"{}", b"[]", b"\xff"])
def test_a_folder_without_a_draw_is_wrong_in_one_sentence(tmp_path: Path, content: bytes | None) -> None:
    folder = tmp_path / "draw"
    if content is not None:
        folder.mkdir()
        for name, each in summed({"frozen.txt": b"", "draw.json": content}).items():
            (folder / name).write_bytes(each)
    is_right, sentence = verify_draw.verdict(folder)
    assert (is_right, sentence.startswith("WRONG: "), "\n" in sentence) == (False, True, False)


def test_the_command_says_the_same_and_fails_where_something_is_wrong(draw: Draw, tmp_path: Path) -> None:
    published.write(draw, tmp_path)
    out, err = StringIO(), StringIO()
    call_command("verify_draw", str(tmp_path), stdout=out, stderr=err)
    assert out.getvalue().startswith("RIGHT: ")
    (tmp_path / "drawn.txt").write_bytes(b"")
    with pytest.raises(SystemExit) as end:
        call_command("verify_draw", str(tmp_path), stdout=out, stderr=err)
    assert (end.value.code, err.getvalue().splitlines()) == (
        1,
        ["WRONG: These files are not as they were published: drawn.txt."],
    )


def test_the_program_has_twenty_lines_and_needs_nothing_but_python() -> None:
    source = published.PROGRAM.read_text()
    body = source.partition("def problem_with")[2].partition("\n\n\n")[0].splitlines()
    assert len(body) <= 20
    assert not [word for word in ("django", "amtportal", "ccp") if word in source]
