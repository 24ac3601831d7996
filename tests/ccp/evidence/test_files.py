"""What may be attached.

Files are recognized by their content and written again. A refusal says why, and how to fix the
file.
"""

import hashlib
import os
import subprocess
import sys
import zipfile
import zlib
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from pathlib import Path
from threading import BoundedSemaphore, Event, Semaphore
from typing import Any

import pikepdf
import pytest
from pikepdf import Array, Dictionary, Name, String
from PIL import Image, ImageStat

from amtportal.refusals import Refused
from amtportal.uploads.limits import MOST_BYTES
from ccp.evidence import files as evidence_files
from ccp.evidence.cleaner import KEPT_PIXELS, MOST_PAGES, LeftOut, Outcome
from ccp.evidence.files import HEAD, MARKUP, clean_name
from ccp.models import Evidence
from tests.support.evidence import SECRET, pdf, picture, sent, written
from tests.support.waiting import PATIENCE, seconds_of_a_processor, wait_until

pytestmark = pytest.mark.any_database


def cleaned(content: bytes, name: str = "certificate.pdf") -> tuple[bytes, evidence_files.CleanFile]:
    with evidence_files.opened(sent(content, name)) as file:
        return file.content.read(), file


def refusal(content: bytes, name: str = "certificate.pdf") -> str:
    with pytest.raises(Refused) as refused, evidence_files.opened(sent(content, name)):
        pass
    return str(refused.value)


# Pictures


@pytest.mark.parametrize(
    ("kind", "kept_as"),
    [
        pytest.param("JPEG", "JPEG", id="jpeg"),
        pytest.param("PNG", "PNG", id="png"),
        pytest.param("HEIC", "JPEG", id="heic"),
    ],
)
def test_a_picture_is_kept_without_its_metadata(kind: str, kept_as: str) -> None:
    content, _ = cleaned(picture(kind))
    with Image.open(BytesIO(content)) as image:
        assert image.format == kept_as
        assert not image.getexif()
        assert not {"exif", "comment", "xmp", "icc_profile", "photoshop"} & image.info.keys()
        assert image.size == (60, 40)
    assert SECRET.encode() in picture(kind)
    assert SECRET.encode() not in content


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_a_picture_stands_the_right_way_up(kind: str) -> None:
    """The picture has red on the left and is turned clockwise, so red is on top.

    The sheet is as wide as it was high.
    """
    content, _ = cleaned(picture(kind, turned=True))
    with Image.open(BytesIO(content)) as image:
        assert image.size == (40, 60)
        top, bottom = (image.convert("RGB").getpixel((20, y)) for y in (5, 55))
    assert top[0] > 200 > 50 > top[2]
    assert bottom[2] > 200 > 50 > bottom[0]


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGBA", "LA", "I;16"])
def test_a_png_of_any_mode_is_taken(mode: str) -> None:
    content, file = cleaned(picture("PNG", mode=mode) if mode != "I;16" else _sixteen_bits())
    assert file.kind == Evidence.Kind.PNG
    with Image.open(BytesIO(content)) as image:
        assert image.mode in ("L", "RGB", "RGBA")
        grey = image.convert("L")
        left, right = (ImageStat.Stat(grey.crop((x, 0, x + 30, 40))).mean for x in (0, 30))
    assert left > right, "red is lighter than blue"


def _sixteen_bits() -> bytes:
    image = Image.new("I;16", (60, 40), 60_000)
    image.paste(20_000, (30, 0, 60, 40))
    file = BytesIO()
    image.save(file, "PNG")
    return file.getvalue()


def test_a_jpeg_in_printers_colours_is_taken() -> None:
    assert cleaned(picture("JPEG", mode="CMYK"))[1].kind == Evidence.Kind.JPEG


def test_a_large_picture_is_kept_smaller() -> None:
    """At most 16 of the 40 megapixels of 8,000 × 5,000 are kept.

    A JPEG of this size is read at half its size.
    """
    content, _ = cleaned(picture("JPEG", size=(8_000, 5_000)))
    with Image.open(BytesIO(content)) as image:
        width, height = image.size
    assert (width, height) == (4_000, 2_500)
    assert width * height <= KEPT_PIXELS


@pytest.mark.any_database
@pytest.mark.slow
def test_the_cleaner_opens_a_large_picture_of_a_phone_in_the_memory_it_has() -> None:
    """The picture has 12 megapixels, as most phones take them."""
    assert cleaned(picture("HEIC", size=(4_032, 3_024)))[1].kind == Evidence.Kind.JPEG


def test_a_picture_of_too_many_pixels_is_refused_before_it_is_unpacked() -> None:
    """20,000 × 20,000 pixels of one color are a small file and 1.2 GB of memory."""
    bomb = _bomb(20_000, 20_000)
    assert len(bomb) < 2**20
    assert refusal(bomb) == "This picture has more than 50 megapixels. Make it smaller and attach it again."


def _bomb(width: int, height: int) -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return len(data).to_bytes(4) + kind + data + zlib.crc32(kind + data).to_bytes(4)

    header = width.to_bytes(4) + height.to_bytes(4) + bytes([8, 2, 0, 0, 0])
    rows = zlib.compress(bytes(width * 3 + 1) * 200, 9)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


# PDF


def test_a_pdf_is_kept_with_its_pages() -> None:
    content, file = cleaned(pdf(pages=3))
    with pikepdf.open(BytesIO(content)) as kept:
        assert len(kept.pages) == 3
    assert (file.kind, file.left_out) == (Evidence.Kind.PDF, LeftOut.NOTHING)


def action(kind: str, **more: Any) -> Dictionary:
    return Dictionary(S=Name(f"/{kind}"), **more)


SCRIPT = {"JS": String("app.alert('hello')")}
ACTIVE = {
    "script on opening": lambda: pdf(OpenAction=action("JavaScript", **SCRIPT)),
    "script by name": lambda: pdf(
        Names=Dictionary(JavaScript=Dictionary(Names=Array([String("a"), action("JavaScript", **SCRIPT)])))
    ),
    "launch on opening": lambda: pdf(OpenAction=action("Launch", F=String("/bin/sh"))),
    "launch after a jump": lambda: pdf(
        OpenAction=action("GoTo", D=Array([0]), Next=Array([action("Launch", F=String("/bin/sh"))]))
    ),
    "additional actions": lambda: pdf(AA=Dictionary(WC=action("JavaScript", **SCRIPT))),
    "form that sends": lambda: pdf(
        AcroForm=Dictionary(Fields=Array([Dictionary(A=action("SubmitForm", F=String("http://127.0.0.1:9/")))]))
    ),
    "attachment on the page": lambda: _with_annotation(Subtype=Name.FileAttachment, FS=Dictionary(F=String("a.exe"))),
    "media": lambda: _with_annotation(Subtype=Name.RichMedia),
    "link that launches": lambda: _with_annotation(Subtype=Name.Link, A=action("Launch", F=String("calc.exe"))),
    "content of another file": lambda: _with_foreign_content(),
    "address on opening": lambda: pdf(OpenAction=action("URI", URI=String("https://evil.example/seen"))),
    "address after a jump": lambda: pdf(
        OpenAction=action("GoTo", D=Array([0]), Next=action("URI", URI=String("https://evil.example/seen")))
    ),
    "address after a link": lambda: _with_annotation(
        Subtype=Name.Link,
        A=action("GoTo", D=Array([0]), Next=Array([action("URI", URI=String("http://evil.example/"))])),
    ),
    "page of another file": lambda: _with_form(Ref=Dictionary(F=String("//evil.example/share/x.pdf"), Page=0)),
    "picture of another file": lambda: _with_form(OPI=Dictionary({"/2.0": Dictionary(F=String("//evil.example/x"))})),
    **{
        f"link to {address}": lambda address=address: _with_annotation(
            Subtype=Name.Link, A=action("URI", URI=String(address))
        )
        for address in ("javascript:alert(1)", " JavaScript:alert(1)", "file:///etc/passwd", "evil.example")
    },
}
SIGNS = [
    b"/JS",
    b"/JavaScript",
    b"/Launch",
    b"/SubmitForm",
    b"/XFA",
    b"/EmbeddedFile",
    b"/EF",
    b"/AA",
    b"/FileAttachment",
]
SIGNS += [b"/RichMedia", b"/etc/passwd", b"evil.example", b"alert(1)", b"/Next"]


def with_file(content: bytes = b"PK", **root: Any) -> bytes:
    """Return a PDF with an attached file, which is not packed."""
    with pikepdf.open(BytesIO(pdf(**root))) as made:
        made.attachments["certificate.docx"] = content
        return written(made, compress_streams=False)


def _with_annotation(**annotation: Any) -> bytes:
    with pikepdf.open(BytesIO(pdf())) as made:
        rect = Array([0, 0, 99, 99])
        made.pages[0].Annots = Array([made.make_indirect(Dictionary(Type=Name.Annot, Rect=rect, **annotation))])
        return written(made)


def _with_foreign_content() -> bytes:
    with pikepdf.open(BytesIO(pdf())) as made:
        made.pages[0].Contents = made.make_stream(b"", F=String("/etc/passwd"))
        return written(made)


def _with_form(**entries: Any) -> bytes:
    with pikepdf.open(BytesIO(pdf())) as made:
        box = Array([0, 0, 9, 9])
        form = made.make_stream(b"", Type=Name.XObject, Subtype=Name.Form, BBox=box, **entries)
        made.pages[0].Resources = Dictionary(XObject=Dictionary(X=form))
        return written(made)


@pytest.mark.parametrize("make", ACTIVE.values(), ids=ACTIVE.keys())
def test_what_is_active_in_a_pdf_is_left_out(make: Any) -> None:
    content, file = cleaned(make())
    assert file.left_out == LeftOut.ACTIVE
    with pikepdf.open(BytesIO(content)) as kept:
        assert len(kept.pages) == 1
        assert not kept.attachments
        plain = written(kept, qdf=True, object_stream_mode=pikepdf.ObjectStreamMode.disable)
    assert [sign for sign in SIGNS if sign in plain] == []


def test_a_link_and_a_first_page_to_show_stay() -> None:
    link = _with_annotation(Subtype=Name.Link, A=action("URI", URI=String("https://amt.example/")))
    content, file = cleaned(link)
    assert not file.left_out
    with pikepdf.open(BytesIO(content)) as kept:
        assert kept.pages[0].Annots[0].A.URI == "https://amt.example/"
    assert not cleaned(pdf(OpenAction=action("GoTo", D=Array([0, Name.Fit]))))[1].left_out
    assert not cleaned(pdf(OpenAction=Array([0, Name.Fit])))[1].left_out
    assert not cleaned(_with_annotation(Subtype=Name.Link, A=action("URI", URI=String("mailto:a@b.example"))))[
        1
    ].left_out


def test_a_table_of_contents_stays_whole() -> None:
    """Its lines are linked by the same key that links one action after another."""
    with pikepdf.open(BytesIO(pdf(pages=2))) as made:
        with made.open_outline() as outline:
            outline.root.extend([pikepdf.OutlineItem("First", 0), pikepdf.OutlineItem("Second", 1)])
        content, file = cleaned(written(made))
    assert not file.left_out
    with pikepdf.open(BytesIO(content)) as kept, kept.open_outline() as outline:
        assert [line.title for line in outline.root] == ["First", "Second"]


XMP = f'<x:xmpmeta xmlns:x="adobe:ns:meta/"><!-- {SECRET} --></x:xmpmeta>'.encode()


@pytest.mark.parametrize("filters", [Name.DCTDecode, Array([Name.DCTDecode])], ids=["filter", "list of filters"])
def test_a_pdf_is_kept_without_its_metadata(filters: pikepdf.Object) -> None:
    """The document, a page, and a photo in it say who wrote it, with what and where.

    The photo looks the same afterwards.
    """
    photo = picture()
    with pikepdf.open(BytesIO(pdf())) as made:
        made.docinfo["/Author"] = SECRET
        made.Root.Metadata = made.make_stream(XMP, Type=Name.Metadata, Subtype=Name.XML)
        made.pages[0].PieceInfo = Dictionary(Program=Dictionary(Private=String(SECRET)))
        shown = made.make_stream(
            photo,
            Type=Name.XObject,
            Subtype=Name.Image,
            Width=60,
            Height=40,
            BitsPerComponent=8,
            ColorSpace=Name.DeviceRGB,
            Filter=filters,
        )
        made.pages[0].Resources = Dictionary(XObject=Dictionary(X=shown))
        sent_pdf = written(made)
    assert SECRET.encode() in sent_pdf
    content, file = cleaned(sent_pdf)
    assert not file.left_out, "nobody misses it"
    with pikepdf.open(BytesIO(content)) as kept:
        assert SECRET.encode() not in written(kept, qdf=True, object_stream_mode=pikepdf.ObjectStreamMode.disable)
        assert "/Info" not in kept.trailer
        jpeg = kept.pages[0].Resources.XObject.X.read_raw_bytes()
    with Image.open(BytesIO(jpeg)) as left, Image.open(BytesIO(photo)) as right:
        assert left.tobytes() == right.tobytes()
        assert not left.getexif()


def test_a_pdf_that_opens_without_its_password_is_taken_and_any_other_is_refused() -> None:
    with pikepdf.open(BytesIO(pdf())) as made:
        locked = written(made, encryption=pikepdf.Encryption(owner="o", user=""))
        protected = written(made, encryption=pikepdf.Encryption(owner="o", user="u"))
    content, file = cleaned(locked)
    assert not file.left_out
    with pikepdf.open(BytesIO(content)) as kept:
        assert not kept.is_encrypted
    assert refusal(protected) == (
        "This PDF is protected: it opens only with a password or in a certain program. Open it there, print it to a "
        "new PDF or take a photo of it, and attach that."
    )


@pytest.mark.parametrize(
    ("pages", "taken"),
    [pytest.param(MOST_PAGES, True, id="200 pages"), pytest.param(MOST_PAGES + 1, False, id="201 pages")],
)
def test_a_pdf_has_at_most_200_pages(pages: int, taken: bool) -> None:
    if taken:
        assert cleaned(pdf(pages))[1].kind == Evidence.Kind.PDF
    else:
        told = "This PDF has more than 200 pages. Attach only those that prove the activity."
        assert refusal(pdf(pages)) == told


@pytest.mark.any_database
@pytest.mark.slow
def test_a_pdf_that_unpacks_to_more_than_the_memory_is_refused() -> None:
    """300 MB of zeros in the table of the PDF's objects are 300 KB of file.

    The portal goes on.
    """
    packer = zlib.compressobj(9)
    zeros = b"".join(packer.compress(bytes(2**20)) for _ in range(300)) + packer.flush()
    head = b"%PDF-1.5\n1 0 obj\n<</Type/Catalog/Pages 2 0 R>>\nendobj\n"
    start = len(head)
    table = b"3 0 obj\n<</Type/XRef/Size 4/W[1 4 2]/Root 1 0 R/Filter/FlateDecode/Length %d>>\nstream\n" % len(zeros)
    bomb = head + table + zeros + b"\nendstream\nendobj\nstartxref\n%d\n%%%%EOF" % start
    assert len(bomb) < MOST_BYTES
    assert refusal(bomb).startswith(("This file is too complex", "This PDF is damaged"))


# What is refused by its kind


def archive(name: str = "a.txt", content: bytes = b"hello") -> bytes:
    file = BytesIO()
    with zipfile.ZipFile(file, "w") as made:
        made.writestr(name, content)
    return file.getvalue()


DAMAGED = (
    "This PDF is damaged, or a part of it is missing. Get it again from where you have it, or open it and print it to "
    "a new PDF, and attach that."
)
DAMAGED_PICTURE = (
    "This picture is damaged, or of a kind that cannot be opened here. Take it again, or save it as JPEG or PNG, and "
    "attach that."
)


OTHERS = {
    "empty": (b"", "The file is empty. Choose another one."),
    "10 MB and 1 byte": (
        bytes(MOST_BYTES + 1),
        "The file is larger than 10 MB. Scan with fewer dots per inch (150 is enough), or take a photo.",
    ),
    "svg": (
        b'<?xml version="1.0"?><!-- drawn --><svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
        "This is an SVG drawing. Save it as a PDF or PNG and attach that.",
    ),
    "html": (b"\n<!DOCTYPE html><html><script>x", "This is a page from a browser. Print it to a PDF and attach that."),
    "zip": (archive(), "This is a ZIP file or another archive. Unpack it and attach the files in it one by one."),
    "docx": (archive("word/document.xml"), None),
    "gif": (b"GIF89a" + bytes(20), "Pictures of this kind are not accepted. Save it as JPEG or PNG and attach that."),
    "program": (b"MZ" + bytes(200), None),
    "text": (
        b"I was there, I swear.",
        "This is not a PDF, JPEG, PNG or HEIC file, whatever its name says. Save it as a PDF and attach that.",
    ),
    "web page that mentions a PDF": (
        b"<html><script>x = '%PDF-1.7'</script>",
        "This is a page from a browser. Print it to a PDF and attach that.",
    ),
    "archive with a PDF in it": (
        archive("certificate.pdf", pdf()),
        "This is a ZIP file or another archive. Unpack it and attach the files in it one by one.",
    ),
    "damaged PDF": (pdf()[:-300], DAMAGED),
    "PDF in name only": (b"%PDF-1.7\nnothing", DAMAGED),
    "PDF without pages": (pdf(0), DAMAGED),
    "PDF after more than 1,024 bytes": (bytes(1_030) + pdf(), None),
    "form without its pages": (
        pdf(AcroForm=Dictionary(XFA=String("<xdp/>"))),
        "This PDF is a form that only Adobe Acrobat or Reader can show. Open it there, print it to a new PDF and "
        "attach that.",
    ),
    "portfolio": (
        with_file(Collection=Dictionary(View=Name.T)),
        "This PDF is a portfolio: the documents are files inside it. Open it in Adobe Acrobat or Reader, save the "
        "files inside and attach them one by one.",
    ),
    "HEIC of another kind": (
        picture("HEIC").replace(b"hvc1", b"av01"),
        "Pictures of this kind are not accepted. Save it as JPEG or PNG and attach that.",
    ),
    "damaged JPEG": (picture()[:400], DAMAGED_PICTURE),
    "damaged PNG": (picture("PNG")[:90], DAMAGED_PICTURE),
    "damaged HEIC": (picture("HEIC")[:-200], DAMAGED_PICTURE),
    "PDF and archive": (
        pdf() + archive(),
        "Another file is hidden in this one. Open it, print it to a new PDF and attach that.",
    ),
    "picture and archive": (
        picture() + archive(),
        "Another file is hidden in this one. Open it, print it to a new PDF and attach that.",
    ),
}


@pytest.mark.parametrize(("content", "sentence"), OTHERS.values(), ids=OTHERS.keys())
def test_what_is_not_evidence_is_refused_with_a_sentence_that_says_how_to_mend_it(
    content: bytes, sentence: str | None
) -> None:
    told = refusal(content)
    assert told.endswith(".")
    assert sentence in (None, told)


@pytest.mark.parametrize(
    "head",
    [
        pytest.param(b"<!---->" * 24 + b"x", id="comments"),
        pytest.param(b"<!-- -->" * 1000 + b"x", id="many comments"),
        pytest.param(b" " * HEAD, id="spaces"),
        pytest.param(b"<!--" * (HEAD // 4), id="comments without an end"),
        pytest.param(b"<?xml " * (HEAD // 6), id="declarations without an end"),
    ],
)
def test_no_file_takes_long_to_be_told_from_a_web_page(head: bytes) -> None:
    """Every thread of the portal waits for the search."""
    assert MARKUP.match(head) is None
    assert seconds_of_a_processor(lambda: MARKUP.match(head), most=0.1) <= 0.1


def test_an_archive_inside_a_pdf_is_an_attached_file() -> None:
    """Office documents are archives, and PDF may hold them as they are."""
    content = with_file(archive("word/document.xml"))
    assert b"PK\5\6" in content
    assert cleaned(content)[1].left_out == LeftOut.FILES
    assert refusal(content + archive()).startswith("Another file is hidden in this one.")


def test_a_pdf_with_a_web_page_before_it_is_taken_without_it() -> None:
    """Viewers skip up to 1,024 bytes. What is kept is the PDF alone."""
    for before in (b"<html><script>x</script>", b"junk\n", b"<br />\n<b>Warning</b>: on line 7<br />\n"):
        assert cleaned(before + pdf())[0].startswith(b"%PDF-")


def test_10_mb_are_taken() -> None:
    """A scan fills the file to the last byte."""
    whole = _filled(MOST_BYTES - len(_filled(10**7)) + 10**7)
    assert len(whole) == MOST_BYTES
    content, file = cleaned(whole)
    assert file.size == len(content) > MOST_BYTES * 0.9


def _filled(size: int) -> bytes:
    with pikepdf.open(BytesIO(pdf())) as made:
        made.pages[0].Scan = made.make_stream(os.urandom(size))
        return written(made, compress_streams=False, static_id=True)


def test_what_stands_behind_or_between_is_not_kept() -> None:
    """The picture has a script in a comment, and a web page after its end."""
    smuggled = b"<script>alert(1)</script>"
    sent_picture = picture()
    sent_picture = sent_picture[:2] + b"\xff\xfe" + (len(smuggled) + 2).to_bytes(2) + smuggled + sent_picture[2:]
    content, _ = cleaned(sent_picture + b"<html>" + smuggled)
    assert smuggled not in content
    content, _ = cleaned(pdf() + smuggled)
    assert smuggled not in content


def test_the_name_does_not_tell_the_kind() -> None:
    assert cleaned(picture("PNG"), "certificate.pdf")[1].name == "certificate.png"
    assert refusal(b"<svg/>", "certificate.pdf").startswith("This is an SVG drawing")


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        pytest.param("certificate.pdf", "certificate.pdf", id="as it is"),
        pytest.param("../../etc/passwd", "passwd.pdf", id="path"),
        pytest.param("C:\\Users\\Ada\\my scan.PDF", "my scan.pdf", id="path of Windows"),
        pytest.param("a\x00b\r\nc\u202egnp.exe", "a b c gnp.exe.pdf", id="what cannot be seen"),
        pytest.param("  .pdf", "document.pdf", id="no name"),
        pytest.param("...", "document.pdf", id="dots"),
        pytest.param("", "document.pdf", id="nothing"),
        pytest.param("Año 2026 – certificación.pdf", "Año 2026 – certificación.pdf", id="accents"),
        pytest.param("x" * 300 + ".pdf", "x" * 196 + ".pdf", id="long"),
    ],
)
def test_the_name_is_kept_as_far_as_it_is_one(given: str, kept: str) -> None:
    assert clean_name(given, Evidence.Kind.PDF) == kept


def test_a_heic_picture_is_called_by_what_it_became() -> None:
    assert clean_name("IMG_0042.HEIC", Evidence.Kind.JPEG) == "IMG_0042.jpg"


def test_the_digest_is_that_of_what_was_sent() -> None:
    content = picture()
    assert cleaned(content)[1].sha256 == hashlib.sha256(content).hexdigest()


# The cleaner's process


def test_two_files_are_opened_and_two_wait_and_whoever_comes_then_is_told_to_come_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Of the eight threads that answer, four are left for everybody else."""
    go_on, at_work = Event(), Semaphore(0)

    def place_is_free() -> bool:
        if free := evidence_files._places.acquire(blocking=False):
            evidence_files._places.release()
        return free

    def slow(*_: Any) -> int:
        at_work.release()
        go_on.wait(PATIENCE)
        return 1

    monkeypatch.setattr(evidence_files, "_cleaned", slow)
    monkeypatch.setattr(evidence_files, "TURN_SECONDS", PATIENCE)
    content = pdf()
    with ThreadPoolExecutor(4) as threads:
        first = [threads.submit(refusal, content) for _ in range(2)]
        assert all(at_work.acquire(timeout=PATIENCE) for _ in first)
        waiting = [threads.submit(refusal, content) for _ in range(2)]
        wait_until(lambda: not place_is_free(), "line of two")
        busy = "Many files are being checked right now. This one is not attached. Try again in a minute."
        assert refusal(content) == busy
        go_on.set()
        assert all(task.result().startswith("This file is too complex") for task in first + waiting)


def test_nobody_waits_long_for_the_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    assert evidence_files.TURN_SECONDS == 5
    monkeypatch.setattr(evidence_files, "TURN_SECONDS", 0.01)
    monkeypatch.setattr(evidence_files, "_turns", BoundedSemaphore(1))
    with evidence_files._turns:
        assert refusal(pdf()).startswith("Many files are being checked right now.")
    assert cleaned(pdf())[1].kind == Evidence.Kind.PDF, "the turn was given back"


def test_a_cleaner_that_dies_refuses_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(evidence_files.sys, "executable", "/bin/false")
    assert (
        refusal(pdf()) == "This file is too complex to open. Print it to a new PDF, or take a photo, and attach that."
    )


def test_a_cleaner_that_takes_too_long_is_ended(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    slow = tmp_path / "slow"
    slow.write_text("#!/bin/sh\nexec sleep 30\n")
    slow.chmod(0o700)
    monkeypatch.setattr(evidence_files.sys, "executable", str(slow))
    monkeypatch.setattr(evidence_files, "WAIT_SECONDS", 0.2)
    assert refusal(pdf()).startswith("This file is too complex to open.")


def test_the_cleaner_has_none_of_the_secrets_in_the_portals_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    started: dict[str, Any] = {}

    def run(*command: Any, **how: Any) -> subprocess.CompletedProcess[bytes]:
        started.update(how)
        return subprocess.CompletedProcess(command, Outcome.CLEAN)

    monkeypatch.setattr(evidence_files.subprocess, "run", run)
    cleaned(pdf())
    assert started["env"] == {"MALLOC_ARENA_MAX": "1"}


def test_the_cleaner_may_take_little_memory_and_time() -> None:
    script = """
import os, resource
from ccp.evidence import cleaner as evidence_cleaner
limits = (resource.RLIMIT_AS, resource.RLIMIT_CPU, resource.RLIMIT_FSIZE)
evidence_cleaner.pdf = lambda *_: os.write(2, repr([resource.getrlimit(limit)[0] for limit in limits]).encode())
evidence_cleaner.main("pdf")
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stderr == f"[{640 * 2**20}, 20, {50 * 2**20}]"


def test_any_other_exit_status_is_a_failure() -> None:
    assert min(outcome for outcome in Outcome if outcome) > 2, "1 and 2 are Python's own"
