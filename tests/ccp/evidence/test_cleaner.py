"""What the cleaner makes of files as they really come.

Viewers open them, so they are taken. What a reader would miss is told, or the file is refused.
"""

import struct
import zlib
from collections.abc import Callable
from functools import cache
from io import BytesIO
from typing import Any

import pikepdf
import pillow_heif
import pytest
from pikepdf import Array, Dictionary, Name, String
from PIL import Image, ImageChops, ImageDraw, ImageFile, ImageStat

from ccp.evidence import cleaner
from ccp.evidence.cleaner import TAKEN, LeftOut, Outcome
from ccp.evidence.files import HEAD, kind_of
from ccp.models import Evidence
from tests.support.evidence import SECRET, pdf, picture, written

pytestmark = pytest.mark.any_database

TEXT = b"BT /F1 12 Tf 72 700 Td (Certificate of attendance) Tj ET "


def rewritten(content: bytes) -> tuple[int, bytes]:
    """Return the exit status for a PDF and what is written, without a process of its own."""
    target = BytesIO()
    return cleaner.pdf(BytesIO(content), target), target.getvalue()


def texts_of(content: bytes) -> list[bytes]:
    with pikepdf.open(BytesIO(content), attempt_recovery=False) as opened:
        return [page.obj.Contents.read_bytes() for page in opened.pages]


def certificate(pages: int = 1, **how: Any) -> bytes:
    with pikepdf.open(BytesIO(pdf(pages))) as made:
        for number, page in enumerate(made.pages):
            page.Contents = made.make_stream(TEXT + b"%% page %d\n" % number)
        return written(made, **how)


def moved_table(content: bytes) -> bytes:
    """Return the PDF with its table of objects where it does not say it is."""
    before, at, after = content.rpartition(b"startxref\n")
    return before.replace(b"\n%", b"\n\n\n%", 1) + at + after


# PDF files as viewers read them

HTTP = b"--boundary\r\nContent-Type: application/pdf\r\n\r\n"
AS_VIEWERS_READ: dict[str, Callable[[bytes], bytes]] = {
    "blank line before": lambda whole: b"\r\n" + whole,
    "mark of UTF-8 before": lambda whole: b"\xef\xbb\xbf" + whole,
    "header of HTTP before": lambda whole: HTTP.ljust(200) + whole,
    "1,024 bytes before": lambda whole: bytes(1024) + whole,
    "web page behind": lambda whole: whole + b"\n<!-- proxy -->\n<html><body>Scanned.</body></html>" * 80,
    "zeros behind": lambda whole: whole + bytes(5_000),
    "before and behind": lambda whole: HTTP + whole + b"\r\n--boundary--\r\n" * 200,
    "table of objects elsewhere": moved_table,
    "no end": lambda whole: whole[: whole.rindex(b"startxref")],
    "no table of objects": lambda whole: whole[: whole.rindex(b"xref\n0")],
    "table of objects overwritten": lambda whole: whole.replace(b"0000000", b"9999999"),
    "wrong lengths": lambda whole: whole.replace(b"/Length", b"/Length 1 /Was"),
    "line ends of Windows": lambda whole: whole.replace(b"\n", b"\r\n"),
}


@pytest.mark.parametrize("change", AS_VIEWERS_READ.values(), ids=AS_VIEWERS_READ.keys())
def test_a_pdf_is_read_as_viewers_read_it(change: Callable[[bytes], bytes]) -> None:
    content = change(certificate(2, compress_streams=False))
    status, kept = rewritten(content)
    assert status == Outcome.CLEAN
    assert [text[: len(TEXT)] for text in texts_of(kept)] == [TEXT, TEXT]
    assert kept.startswith(b"%PDF-")
    assert kept.rstrip().endswith(b"%%EOF")


@pytest.mark.parametrize("linearized", [False, True])
def test_bytes_before_and_behind_do_not_hide_how_a_locked_pdf_is_packed(linearized: bool) -> None:
    """Its objects are packed too, so that its table cannot be built again without the key."""
    lock = pikepdf.Encryption(owner="o", user="")
    packed_objects = pikepdf.ObjectStreamMode.generate
    whole = certificate(2, linearize=linearized, object_stream_mode=packed_objects, encryption=lock)
    for change in ("1,024 bytes before", "web page behind", "zeros behind", "before and behind"):
        status, kept = rewritten(AS_VIEWERS_READ[change](whole))
        assert status == Outcome.CLEAN
        assert [text[: len(TEXT)] for text in texts_of(kept)] == [TEXT, TEXT]


def test_a_pdf_that_is_cut_off_is_taken_if_its_pages_are_there() -> None:
    """Each of its bytes may be the last one. Taken means that every page shows what it showed."""
    whole = certificate(3, compress_streams=False)
    pages = texts_of(whole)
    taken = 0
    for last in range(20, len(whole), 7):
        status, kept = rewritten(whole[:last])
        if status == Outcome.CLEAN:
            assert texts_of(kept) == pages, last
            taken += 1
        else:
            assert status == Outcome.BROKEN
    assert 10 < taken < 100


def test_a_pdf_that_was_cut_off_with_the_key_to_what_it_says_is_refused() -> None:
    with pikepdf.open(BytesIO(certificate())) as made:
        locked = written(made, encryption=pikepdf.Encryption(owner="o", user=""))
    assert rewritten(locked)[0] == Outcome.CLEAN
    assert rewritten(locked[: locked.rindex(b"trailer")])[0] == Outcome.BROKEN


def test_a_page_of_which_nothing_can_be_unpacked_is_damaged() -> None:
    """Viewers show a blank page. An empty page is no damage."""
    whole = certificate()
    assert rewritten(whole.replace(b"\x78\x9c", b"\x71\x90"))[0] == Outcome.BROKEN
    with pikepdf.open(BytesIO(pdf())) as made:
        made.pages[0].Contents = made.make_stream(b"")
        assert rewritten(written(made))[0] == Outcome.CLEAN


def test_a_damaged_pdf_is_called_damaged_wherever_it_is_damaged() -> None:
    """Each of its bytes is another one. The cleaner knows the outcome, and never just fails."""
    whole = certificate(compress_streams=False)
    for at in range(len(whole)):
        status, _ = rewritten(whole[:at] + b"/" + whole[at + 1 :])
        assert status in (Outcome.CLEAN, Outcome.BROKEN), at


# Locks


@pytest.mark.parametrize("revision", [2, 3, 4, 6])
def test_a_lock_that_needs_no_password_to_open_the_file_is_taken_off(revision: int) -> None:
    permitted = pikepdf.Permissions(print_highres=False, print_lowres=False, modify_other=False, extract=False)
    lock = {"allow": permitted, "aes": revision >= 4, "metadata": revision >= 4}
    if revision == 2:
        del lock["allow"]
    with pikepdf.open(BytesIO(certificate())) as made:
        locked = written(made, encryption=pikepdf.Encryption(owner="o", user="", R=revision, **lock))  # type: ignore[arg-type]
    status, kept = rewritten(locked)
    assert status == Outcome.CLEAN
    assert b"/Encrypt" in locked
    assert b"/Encrypt" not in kept
    assert texts_of(kept)[0].startswith(TEXT)


def test_what_opens_only_with_a_password_or_in_another_program_is_protected() -> None:
    with pikepdf.open(BytesIO(certificate())) as made:
        with_password = written(made, encryption=pikepdf.Encryption(owner="o", user="u"))
        lock = written(made, encryption=pikepdf.Encryption(owner="o", user=""))
    assert rewritten(with_password)[0] == Outcome.LOCKED
    assert rewritten(lock.replace(b"/Filter /Standard", b"/Filter /Adobe.PubSec"))[0] == Outcome.LOCKED
    assert rewritten(lock.replace(b"/R 6", b"/R 9"))[0] == Outcome.LOCKED


# What cannot be kept whole


def form(*, on_page: bool, xml: bytes = b"<xdp/>", **root: Any) -> bytes:
    """Return a form in XML whose fields are on its page too, or only in the XML."""
    with pikepdf.open(BytesIO(certificate())) as made:
        field = made.make_indirect(
            Dictionary(Type=Name.Annot, Subtype=Name.Widget, FT=Name.Tx, T=String("name"), Rect=Array([0, 0, 9, 9]))
        )
        made.Root.AcroForm = Dictionary(
            Fields=Array([field] if on_page else []), XFA=Array([String("template"), made.make_stream(xml)])
        )
        if on_page:
            made.pages[0].Annots = Array([field])
        for key, value in root.items():
            made.Root[f"/{key}"] = value
        return written(made)


REQUIRED = b"<config><acrobat><acrobat7><dynamicRender>required</dynamicRender></acrobat7></acrobat></config>"


@pytest.mark.parametrize(
    ("content", "status"),
    [
        pytest.param(form(on_page=False), Outcome.DYNAMIC_FORM, id="no field on its page"),
        pytest.param(form(on_page=True, NeedsRendering=True), Outcome.DYNAMIC_FORM, id="says so"),
        pytest.param(form(on_page=True, xml=REQUIRED), Outcome.DYNAMIC_FORM, id="says so in the XML"),
        pytest.param(form(on_page=True), Outcome.CLEAN, id="fields on its page"),
    ],
)
def test_a_form_is_taken_if_its_pages_are_in_the_file(content: bytes, status: int) -> None:
    told, kept = rewritten(content)
    assert told == status
    if status == Outcome.CLEAN:
        with pikepdf.open(BytesIO(kept)) as opened:
            assert "/XFA" not in opened.Root.AcroForm
            assert len(opened.Root.AcroForm.Fields) == len(opened.pages[0].Annots) == 1


def with_files(number: int = 1, *, compressed: bool = True, **root: Any) -> bytes:
    with pikepdf.open(BytesIO(certificate())) as made:
        for count in range(number):
            made.attachments[f"certificate {count}.docx"] = b"PK\3\4" + SECRET.encode()
        for key, value in root.items():
            made.Root[f"/{key}"] = value
        return written(made, compress_streams=compressed)


def test_a_portfolio_is_refused_because_its_documents_are_inside() -> None:
    assert rewritten(with_files(2, Collection=Dictionary(View=Name.T)))[0] == Outcome.PORTFOLIO
    assert rewritten(with_files(0, Collection=Dictionary(View=Name.T)))[0] == Outcome.CLEAN


def test_a_pdf_is_kept_without_the_files_attached_to_it_and_that_is_told() -> None:
    status, kept = rewritten(with_files(2))
    assert status == TAKEN + LeftOut.FILES
    with pikepdf.open(BytesIO(kept)) as opened:
        assert not opened.attachments
    assert rewritten(with_files(0, AF=Array([])))[0] == Outcome.CLEAN, "nothing is lost with an empty list"


def test_a_file_attached_to_a_page_is_a_file() -> None:
    with pikepdf.open(BytesIO(certificate())) as made:
        file = Dictionary(Type=Name.Filespec, F=String("a.docx"), EF=Dictionary(F=made.make_stream(b"PK")))
        note = Dictionary(Type=Name.Annot, Subtype=Name.FileAttachment, Rect=Array([0, 0, 9, 9]), FS=file)
        made.pages[0].Annots = Array([note])
        content = written(made)
    assert rewritten(content)[0] == TAKEN + LeftOut.FILES
    with pikepdf.open(BytesIO(content)) as made:
        note = made.make_indirect(made.pages[0].Annots[0])
        note.FS = made.make_indirect(note.FS)
        made.pages[0].Annots = Array([note])
        assert rewritten(written(made))[0] == TAKEN + LeftOut.FILES, "as most programs write it"
    with pikepdf.open(BytesIO(content)) as made:
        made.pages[0].Annots[0].FS = String("a.docx")
        assert rewritten(written(made))[0] == TAKEN + LeftOut.ACTIVE, "it names a file that is elsewhere"


def signed() -> bytes:
    """Return a PDF with a signature, as it is after it was signed a second time."""
    with pikepdf.open(BytesIO(certificate())) as made:
        signature = made.make_indirect(
            Dictionary(
                Type=Name.Sig,
                Filter=Name("/Adobe.PPKLite"),
                ByteRange=Array([0, 10, 20, 30]),
                Contents=String("\x30" * 40),
                Name=String(SECRET),
            )
        )
        field = made.make_indirect(
            Dictionary(
                Type=Name.Annot,
                Subtype=Name.Widget,
                FT=Name.Sig,
                T=String("s"),
                V=signature,
                Rect=Array([0, 0, 90, 40]),
                AP=Dictionary(N=made.make_stream(b"% signed by", Type=Name.XObject, Subtype=Name.Form)),
            )
        )
        made.pages[0].Annots = Array([field])
        made.Root.AcroForm = Dictionary(Fields=Array([field]), SigFlags=3)
        made.Root.Perms = Dictionary(DocMDP=signature)
        made.Root.DSS = Dictionary(Certs=Array([made.make_stream(SECRET.encode())]))
        return written(made)


def test_a_signature_is_taken_out_because_the_file_is_written_anew() -> None:
    """What the page shows of it stays. Nothing claims to be signed any more."""
    assert SECRET.encode() in signed()
    status, kept = rewritten(signed())
    assert status == TAKEN + LeftOut.SIGNATURE
    with pikepdf.open(BytesIO(kept)) as opened:
        assert opened.pages[0].Annots[0].AP.N.read_bytes() == b"% signed by"
        plain = written(opened, qdf=True, object_stream_mode=pikepdf.ObjectStreamMode.disable)
    assert [sign for sign in (b"/ByteRange", b"/SigFlags", b"/Perms", b"/DSS", SECRET.encode()) if sign in plain] == []


def test_a_signature_that_does_not_say_which_bytes_it_signs_is_a_signature() -> None:
    with pikepdf.open(BytesIO(signed())) as made:
        del made.Root.AcroForm.Fields[0].V.ByteRange
        status, kept = rewritten(written(made))
    assert status == TAKEN + LeftOut.SIGNATURE
    assert SECRET.encode() not in kept


# What opens to a lot


def packed(content: bytes, times: int = 1) -> bytes:
    for _ in range(times):
        content = zlib.compress(content, 9)
    return content


@cache
def zeros(megabytes: int, times: int) -> bytes:
    packer = zlib.compressobj(9)
    once = b"".join(packer.compress(bytes(2**20)) for _ in range(megabytes)) + packer.flush()
    return packed(once, times - 1)


def with_stream(content: bytes, filters: list[str], number: int = 1, **entries: Any) -> bytes:
    """Return a PDF whose page shows a stream that is already packed, so many times."""
    with pikepdf.open(BytesIO(certificate())) as made:
        shown = {}
        for count in range(number):
            stream = made.make_stream(content, **entries)
            stream.Filter = Array([Name(name) for name in filters])
            shown[f"/X{count}"] = stream
        made.pages[0].Resources = Dictionary(XObject=Dictionary(shown))
        return written(made, compress_streams=False, stream_decode_level=pikepdf.StreamDecodeLevel.none)


@pytest.mark.slow
@pytest.mark.parametrize("cut", [False, True], ids=["whole", "without its last bytes"])
def test_a_few_bytes_that_unpack_to_600_mb_are_refused(cut: bool) -> None:
    """They are 600 MB of zeros, packed twice. Viewers unpack them even if their end is missing."""
    bomb = zeros(600, 2)
    content = with_stream(bomb[:-20] if cut else bomb, ["/FlateDecode", "/FlateDecode"])
    assert len(content) < 8_000
    assert rewritten(content)[0] == Outcome.TOO_MUCH


@pytest.mark.slow
def test_many_streams_that_unpack_to_600_mb_together_are_refused() -> None:
    content = with_stream(zeros(10, 2), ["/FlateDecode", "/Fl"], number=60)
    assert len(content) < 20_000
    assert rewritten(content)[0] == Outcome.TOO_MUCH


def test_a_page_that_repeats_a_stream_until_it_is_600_mb_is_refused() -> None:
    with pikepdf.open(BytesIO(certificate())) as made:
        made.pages[0].Contents = Array([made.make_stream(bytes(2**20))] * 600)
        content = written(made)
    assert len(content) < 8_000
    assert rewritten(content)[0] == Outcome.TOO_MUCH


@pytest.mark.slow
def test_packed_pages_of_ordinary_size_are_taken() -> None:
    """A page of white, 300 dots per inch in color, unpacks to 26 MB."""
    with_scan = with_stream(
        zeros(26, 1),
        ["/FlateDecode"],
        number=5,
        Type=Name.XObject,
        Subtype=Name.Image,
        Width=2_550,
        Height=3_300,
        BitsPerComponent=8,
        ColorSpace=Name.DeviceRGB,
    )
    assert rewritten(with_scan)[0] == Outcome.CLEAN


@pytest.mark.parametrize("filters", [["/CCITTFaxDecode"], ["/JBIG2Decode"], ["/FlateDecode"]], ids="".join)
def test_a_picture_of_too_many_pixels_in_a_pdf_is_refused(filters: list[str]) -> None:
    shown: dict[str, Any] = {"Subtype": Name.Image, "BitsPerComponent": 1, "ColorSpace": Name.DeviceGray}
    content = packed(b"")
    assert rewritten(with_stream(content, filters, Width=60_000, Height=60_000, **shown))[0] == Outcome.TOO_MUCH
    assert rewritten(with_stream(content, filters, Width=7_000, Height=9_900, **shown))[0] == Outcome.CLEAN


# Pictures in a PDF


def photo_in_pdf(content: bytes, filters: list[str], parameters: Any = None) -> bytes:
    shown: dict[str, Any] = {
        "Type": Name.XObject,
        "Subtype": Name.Image,
        "Width": 60,
        "Height": 40,
        "BitsPerComponent": 8,
    }
    if parameters is not None:
        shown["DecodeParms"] = parameters
    return with_stream(content, filters, ColorSpace=Name.DeviceRGB, **shown)


def ascii_85(content: bytes) -> bytes:
    padded = content + bytes(-len(content) % 4)
    groups = []
    for (number,) in struct.iter_unpack(">I", padded):
        digits = []
        for _ in range(5):
            number, digit = divmod(number, 85)
            digits.append(digit + 33)
        groups.append(bytes(reversed(digits)))
    return b"".join(groups) + b"~>"


PACKED_PHOTOS: dict[str, tuple[Callable[[bytes], bytes], list[str]]] = {
    "plain": (lambda photo: photo, ["/DCTDecode"]),
    "short name": (lambda photo: photo, ["/DCT"]),
    "Flate": (packed, ["/FlateDecode", "/DCTDecode"]),
    "short names": (packed, ["/Fl", "/DCT"]),
    "Flate twice": (lambda photo: packed(photo, 2), ["/FlateDecode", "/FlateDecode", "/DCTDecode"]),
    "hexadecimal": (lambda photo: photo.hex().encode() + b">", ["/ASCIIHexDecode", "/DCTDecode"]),
    "letters": (ascii_85, ["/ASCII85Decode", "/DCTDecode"]),
    "letters of Flate": (lambda photo: ascii_85(packed(photo)), ["/ASCII85Decode", "/FlateDecode", "/DCTDecode"]),
    "runs": (
        lambda photo: b"".join(bytes([len(run) - 1]) + run for run in chunks(photo, 128)) + b"\x80",
        ["/RunLengthDecode", "/DCTDecode"],
    ),
    "fill bytes": (lambda photo: photo.replace(b"\xff\xe1", b"\xff\xff\xff\xe1", 1), ["/DCTDecode"]),
    "behind the picture": (lambda photo: photo + photo, ["/DCTDecode"]),
    "bytes before the picture": (lambda photo: b"\n" + photo, ["/DCTDecode"]),
    "other program's part": (
        lambda photo: photo[:2] + b"\xff\xec" + (2 + len(SECRET)).to_bytes(2) + SECRET.encode() + photo[2:],
        ["/DCTDecode"],
    ),
}


def chunks(content: bytes, size: int) -> list[bytes]:
    return [content[at : at + size] for at in range(0, len(content), size)]


@pytest.mark.parametrize(("pack", "filters"), PACKED_PHOTOS.values(), ids=PACKED_PHOTOS.keys())
def test_a_photo_in_a_pdf_loses_its_metadata_however_it_is_packed(
    pack: Callable[[bytes], bytes], filters: list[str]
) -> None:
    photo = picture()
    status, kept = rewritten(photo_in_pdf(pack(photo), filters))
    assert status == Outcome.CLEAN
    with pikepdf.open(BytesIO(kept)) as opened:
        stream = opened.pages[0].Resources.XObject.X0
        assert stream.Filter == Name.DCTDecode
        jpeg = stream.read_raw_bytes()
    assert SECRET.encode() not in jpeg
    assert b"Exif" not in jpeg
    with Image.open(BytesIO(jpeg)) as left, Image.open(BytesIO(photo)) as right:
        assert left.tobytes() == right.tobytes()


def test_the_parameters_of_a_photo_stay_with_it() -> None:
    """Those of the other filter go with it."""
    parameters = Array([Dictionary(Predictor=1), Dictionary(ColorTransform=1)])
    _, kept = rewritten(photo_in_pdf(packed(picture()), ["/FlateDecode", "/DCTDecode"], parameters))
    with pikepdf.open(BytesIO(kept)) as opened:
        assert dict(opened.pages[0].Resources.XObject.X0.DecodeParms.items()) == {"/ColorTransform": 1}


@pytest.mark.parametrize(("pack", "filters"), [(bytes, ["/JPXDecode"]), (packed, ["/FlateDecode", "/JPXDecode"])])
def test_a_jpeg_2000_in_a_pdf_loses_its_metadata(pack: Callable[[bytes], bytes], filters: list[str]) -> None:
    file = BytesIO()
    Image.new("RGB", (60, 40), "red").save(file, "JPEG2000")
    box = b"xml " + SECRET.encode()
    whole = file.getvalue()
    at = whole.index(b"jp2c") - 4
    status, kept = rewritten(photo_in_pdf(pack(whole[:at] + (len(box) + 4).to_bytes(4) + box + whole[at:]), filters))
    assert status == Outcome.CLEAN
    with pikepdf.open(BytesIO(kept)) as opened:
        assert opened.pages[0].Resources.XObject.X0.read_raw_bytes() == whole


def test_a_photo_of_too_many_pixels_in_a_pdf_is_refused_whatever_the_pdf_says() -> None:
    """The PDF says 60 × 40 pixels, the JPEG itself 60,000 × 60,000."""
    photo = picture()
    at = photo.index(b"\xff\xc0") + 5
    assert photo[at : at + 4] == struct.pack(">HH", 40, 60)
    huge = photo[:at] + struct.pack(">HH", 60_000, 60_000) + photo[at + 4 :]
    assert rewritten(photo_in_pdf(huge, ["/DCTDecode"]))[0] == Outcome.TOO_MUCH


# Pictures


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> Callable[[str, bytes], tuple[int, bytes]]:
    """Return what rewrites a picture without a process of its own."""
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", Image.MAX_IMAGE_PIXELS)  # the cleaner lowers it
    monkeypatch.setattr(ImageFile, "LOAD_TRUNCATED_IMAGES", False)  # the library of PDF sets it

    def rewrite(kind: str, content: bytes) -> tuple[int, bytes]:
        target = BytesIO()
        return cleaner.picture(kind, BytesIO(content), target), target.getvalue()

    return rewrite


Drawn = Callable[[str, bytes], tuple[int, bytes]]


def chunk(kind: bytes, data: bytes) -> bytes:
    return len(data).to_bytes(4) + kind + data + zlib.crc32(kind + data).to_bytes(4)


def png_with(extra: bytes) -> bytes:
    """Return a PNG with these chunks before its picture."""
    whole = picture("PNG")
    at = whole.index(b"IDAT") - 4
    return whole[:at] + extra + whole[at:]


LONG = b"Comment\0"
TWO_MB = bytes(2 * 2**20)
PNG_EXTRAS = {
    "packed text": chunk(b"zTXt", LONG + b"\0" + packed(TWO_MB)),
    "text": chunk(b"tEXt", LONG + TWO_MB),
    "international text": chunk(b"iTXt", LONG + b"\1\0\0\0" + packed(TWO_MB)),
    "color profile": chunk(b"iCCP", b"p\0\0" + packed(TWO_MB)),
    "many texts": chunk(b"zTXt", LONG + b"\0" + packed(TWO_MB)) * 40,
    "text with a wrong sum": chunk(b"tEXt", LONG)[:-4] + bytes(4),
}


@pytest.mark.parametrize("extra", PNG_EXTRAS.values(), ids=PNG_EXTRAS.keys())
def test_a_png_is_taken_whatever_is_said_beside_the_picture(drawn: Drawn, extra: bytes) -> None:
    status, kept = drawn("png", png_with(extra))
    assert status == Outcome.CLEAN
    with Image.open(BytesIO(kept)) as image, Image.open(BytesIO(picture("PNG"))) as sent:
        assert image.tobytes() == sent.tobytes()
        assert not image.info


@pytest.mark.parametrize("lost", [1, 4, 12])
def test_a_png_without_the_mark_of_its_end_is_whole(drawn: Drawn, lost: int) -> None:
    status, kept = drawn("png", picture("PNG")[:-lost])
    assert status == Outcome.CLEAN
    with Image.open(BytesIO(kept)) as image, Image.open(BytesIO(picture("PNG"))) as sent:
        assert image.tobytes() == sent.tobytes()


def test_a_png_without_a_part_of_its_picture_is_damaged(drawn: Drawn) -> None:
    file = BytesIO()
    Image.effect_noise((60, 40), 90).save(file, "PNG")
    whole = file.getvalue()
    assert drawn("png", whole)[0] == Outcome.CLEAN
    assert {drawn("png", whole[:last])[0] for last in range(60, len(whole) - 40, 90)} == {Outcome.BROKEN}


def test_of_a_png_that_moves_its_first_picture_is_kept_and_that_is_told(drawn: Drawn) -> None:
    red, blue = (Image.new("RGB", (60, 40), color) for color in ("red", "blue"))
    moving, still = BytesIO(), BytesIO()
    red.save(moving, "PNG", save_all=True, append_images=[blue])
    status, kept = drawn("png", moving.getvalue())
    assert status == TAKEN + LeftOut.PICTURES
    assert kind_of(moving.getvalue()[:HEAD]) == ("png", Evidence.Kind.PNG)
    with Image.open(BytesIO(kept)) as image:
        assert image.getpixel((30, 20)) == (255, 0, 0)
        assert getattr(image, "n_frames", 1) == 1
    red.save(still, "PNG", save_all=True)
    assert drawn("png", still.getvalue())[0] == Outcome.CLEAN


def photo(**how: Any) -> bytes:
    """Return a photo that shows something from its top to its bottom."""
    image = Image.new("RGB", (400, 300), "white")
    draw = ImageDraw.Draw(image)
    for number in range(0, 300, 10):
        draw.line((0, number, 400, 300 - number), fill=(number % 256, 90, 255 - number % 256), width=3)
    file = BytesIO()
    image.save(file, "JPEG", **how)
    return file.getvalue()


@pytest.mark.parametrize("progressive", [False, True], ids=["row by row", "finer and finer"])
@pytest.mark.parametrize(
    ("share", "status"),
    [
        pytest.param(1, Outcome.CLEAN, id="whole"),
        pytest.param(0.9999, TAKEN + LeftOut.END, id="last byte"),
        pytest.param(0.9, TAKEN + LeftOut.END, id="a tenth"),
        pytest.param(0.02, Outcome.BROKEN, id="nearly all"),
    ],
)
def test_a_jpeg_without_its_end_is_kept_if_most_of_it_is_there(
    drawn: Drawn, share: float, status: int, progressive: bool
) -> None:
    whole = photo(progressive=progressive)
    told, kept = drawn("jpeg", whole[: int(len(whole) * share)])
    assert told == status
    if status != Outcome.BROKEN:
        with Image.open(BytesIO(kept)) as left, Image.open(BytesIO(whole)) as right:
            assert left.size == right.size
            top = (0, 0, 400, 150)
            assert max(ImageStat.Stat(ImageChops.difference(left.crop(top), right.crop(top))).rms) < 20


def test_less_than_half_of_a_jpeg_is_damaged(drawn: Drawn) -> None:
    whole = photo()
    assert drawn("jpeg", whole[: len(whole) * 2 // 5])[0] == Outcome.BROKEN


def test_the_second_picture_of_a_phone_behind_the_first_is_no_loss(drawn: Drawn) -> None:
    """Phones put what they need to brighten the photo behind it."""
    assert drawn("jpeg", photo() + photo()[:-100])[0] == Outcome.CLEAN


BRANDS = [b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"hevm", b"hevs", b"mif1", b"msf1", b"XYZ9"]


@pytest.mark.parametrize("brand", BRANDS)
def test_a_heic_picture_is_taken_whatever_its_brand(drawn: Drawn, brand: bytes) -> None:
    """The brands of the list that follows the first one are gone too."""
    whole = picture("HEIC")
    size = int.from_bytes(whole[:4])
    content = whole[:8] + brand + bytes(4) + brand * ((size - 16) // 4) + whole[size:]
    assert kind_of(content[:HEAD]) == ("heic", Evidence.Kind.JPEG)
    status, kept = drawn("heic", content)
    assert status == Outcome.CLEAN
    with Image.open(BytesIO(kept)) as image:
        assert (image.format, image.size) == ("JPEG", (60, 40))


def test_of_several_heic_pictures_in_a_file_the_main_one_is_kept_and_that_is_told(drawn: Drawn) -> None:
    file = BytesIO()
    pictures = pillow_heif.from_pillow(Image.new("RGB", (60, 40), "red"))
    pictures.add_from_pillow(Image.new("RGB", (60, 40), "blue"))
    pictures.save(file)
    assert drawn("heic", file.getvalue())[0] == TAKEN + LeftOut.PICTURES


def test_a_heic_file_that_holds_another_kind_of_picture_is_not_called_damaged(drawn: Drawn) -> None:
    whole = picture("HEIC")
    assert drawn("heic", whole.replace(b"hvc1", b"av01"))[0] == Outcome.OTHER_KIND
    without_picture = whole[: whole.index(b"meta") - 4] + (400).to_bytes(4) + b"moov" + bytes(392)
    assert drawn("heic", without_picture)[0] == Outcome.OTHER_KIND
    assert drawn("heic", whole[:-200])[0] == Outcome.BROKEN
