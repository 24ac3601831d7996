"""A file is read by a process of its own, within limits, and what it answers is checked."""

import os
import socket
import subprocess
import sys
import zlib
from datetime import date
from io import BytesIO
from pathlib import Path
from random import Random
from shutil import which

import pytest
from PIL import Image
from pypdfium2 import PdfDocument

from amtportal import checks
from amtportal.uploads.kept import FileKind
from ccp.reading.certificate import png
from ccp.reading.found import MOST_CROP, PNG, Candidate, Found
from ccp.reading.reading import Unreadable, Why, plausible, read
from tests.benchmarks.reading.making import make
from tests.support.evidence import picture

pytestmark = pytest.mark.any_database

ROOT = Path(__file__).resolve().parents[3]
ON = date(2026, 11, 30)
# The test machine has it: deploy/setup.sh installs tesseract-ocr and its Spanish.
needs_ocr = pytest.mark.skipif(which("tesseract") is None, reason="tesseract-ocr is not installed")


def found(unit: str = "", **values: list[str]) -> Found:
    return Found({name: tuple(Candidate(value) for value in some) for name, some in values.items()}, unit)


@pytest.mark.parametrize(
    ("name", "value", "is_kept"),
    [
        ("starts_on", "2026-11-30", True),
        ("starts_on", "2026-12-01", False),  # tomorrow
        ("starts_on", "1989-12-31", False),  # no entry is older
        ("starts_on", "soon", False),
        ("points", "99", True),
        ("points", "99.25", False),
        ("points", "1.3", False),  # no quarter steps
        ("points", "0", False),
        ("points", "NaN", False),
        ("title", "Order of Draw", True),
        ("title", " ", False),
    ],
)
def test_what_no_form_takes_is_no_candidate(name: str, value: str, is_kept: bool) -> None:
    assert plausible(found(**{name: [value]}), ON).values(name) == [value] * is_kept


@pytest.mark.parametrize(
    ("unit", "quantity", "is_kept"),
    [
        ("hour", "99", True),
        ("hour", "100", False),
        ("ceu", "9.9", True),
        ("ceu", "10", False),
        ("hour", "0.125", False),
    ],
)
def test_more_of_a_unit_than_an_activity_can_have_is_no_candidate(unit: str, quantity: str, is_kept: bool) -> None:
    kept = plausible(found(unit, quantity=[quantity]), ON)
    assert kept.values("quantity") == [quantity] * is_kept
    assert kept.unit == unit * is_kept


def test_a_noisy_piece_of_a_page_is_small_enough() -> None:
    """A crop of more bytes than ``MOST_CROP`` made the whole file unreadable."""
    crop = png(Image.frombytes("L", (640, 320), Random(1).randbytes(640 * 320)).convert("RGB"))
    assert crop.startswith(PNG)
    assert len(crop) <= MOST_CROP


def test_an_unknown_unit_is_no_unit() -> None:
    assert plausible(found("furlong", quantity=["2"]), ON) == Found()


def test_what_is_left_of_a_choice_of_points_is_only_offered() -> None:
    [kept] = plausible(found(points=["80", "800"]), ON)["points"]
    assert (kept.value, kept.is_sure) == ("80", False)


def test_an_end_before_the_start_is_no_candidate() -> None:
    kept = plausible(found(starts_on=["2026-03-14"], ends_on=["2026-03-10", "2026-03-16"]), ON)
    assert kept.values("ends_on") == ["2026-03-16"]


@pytest.mark.slow
def test_a_pdf_with_text_is_read() -> None:
    certificate = make("a02_signature_below", 1)
    answer = read(BytesIO(certificate.pdf), FileKind.PDF, on=ON)
    for name in ("title", "quantity", "starts_on"):
        assert answer.values(name) == list(certificate.truth[name])
    crop = Image.open(BytesIO(answer["starts_on"][0].crop))
    assert answer["starts_on"][0].crop.startswith(PNG)
    assert crop.width > 2 * crop.height


@needs_ocr
@pytest.mark.slow
def test_a_photo_is_read_and_turned_upright() -> None:
    certificate = make("a01_classic", 2)
    file = BytesIO()
    page = PdfDocument(certificate.pdf)[0].render(scale=2).to_pil().convert("RGB")
    page.rotate(91, expand=True, fillcolor="gray").save(file, "JPEG")
    answer = read(file, FileKind.JPEG, on=ON)
    for name in ("title", "quantity", "starts_on"):
        assert answer.values(name) == list(certificate.truth[name])


@pytest.fixture
def without_ocr(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "defpath", "/nonexistent")


@pytest.mark.slow
@pytest.mark.usefixtures("without_ocr")
def test_without_tesseract_pictures_are_not_read_and_text_is() -> None:
    with pytest.raises(Unreadable) as refused:
        read(BytesIO(picture(size=(800, 600))), FileKind.JPEG)
    assert refused.value.why is Why.NO_OCR
    assert read(BytesIO(make("a02_signature_below", 1).pdf), FileKind.PDF, on=ON)


@pytest.mark.parametrize("kind", FileKind)
def test_what_is_no_file_of_its_kind_fails(kind: FileKind) -> None:
    with pytest.raises(Unreadable) as refused:
        read(BytesIO(b"%PDF-1.7 or not"), kind)
    assert refused.value.why is Why.FAILED


def test_a_picture_that_unpacks_to_too_much_harms_nobody() -> None:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return len(data).to_bytes(4) + kind + data + zlib.crc32(kind + data).to_bytes(4)

    side = 60_000
    head = side.to_bytes(4) + side.to_bytes(4) + bytes([8, 2, 0, 0, 0])
    bomb = PNG + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(bytes(10_000_000))) + chunk(b"IEND", b"")
    with pytest.raises(Unreadable) as refused:
        read(BytesIO(bomb), FileKind.PNG)
    assert refused.value.why in (Why.FAILED, Why.TOO_LONG)


def run(code: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code, *arguments], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )


def test_the_process_and_what_it_starts_have_limits() -> None:
    code = (
        "import subprocess; from ccp.reading import child; child.limit();"
        "print(subprocess.run(['sh', '-c', 'ulimit -v; ulimit -t; ulimit -f'], capture_output=True, text=True).stdout);"
        "bytearray(child.MOST_MEMORY)"
    )
    done = run(code)
    assert done.stdout.split()[:2] == [str(2**20), "30"]
    assert "MemoryError" in done.stderr


def test_the_process_has_no_network() -> None:
    """It does not even reach a server on this machine, which this process does."""
    code = (
        "import socket, sys; from ccp.reading import child\n"
        "if not child.leave_the_network(): sys.exit(77)\n"
        "socket.create_connection(('127.0.0.1', int(sys.argv[1])), 5)"
    )
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        socket.create_connection(("127.0.0.1", port), 5).close()
        done = run(code, str(port))
    if done.returncode == 77:
        pytest.skip("this machine does not permit a network of its own")
    assert "Network is unreachable" in done.stderr


def test_the_process_loads_neither_django_nor_settings() -> None:
    code = "import sys; from ccp.reading import child, certificate; print('django' in sys.modules)"
    assert run(code).stdout.split() == ["False"]


def test_the_portal_warns_where_photos_cannot_be_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")
    [warning] = checks.check_ocr()
    assert "tesseract-ocr-spa" in warning.msg
