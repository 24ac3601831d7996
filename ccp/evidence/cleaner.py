"""Rewrite one attached file in a separate process.

The command is ``python -m ccp.evidence.cleaner KIND <sent >clean``. If the file harms the libraries
that open it, only this process is harmed, and its memory and time are limited. The written file
contains what a reader sees and nothing else:

- Pictures are turned upright, reduced to at most ``KEPT_PIXELS`` pixels, and stripped of metadata
  such as the location. HEIC becomes JPEG.
- Of several pictures in a file (one that moves, a series) one is kept. A JPEG without its end is
  kept if most of the picture is there.
- PDF files are read as viewers read them: with bytes before and after, and with a broken table of
  objects. They lose everything that runs or is fetched by itself (scripts, launched programs, forms
  that send data, parts of other files), attached files, media and digital signatures. Links to web
  pages and e-mail addresses stay. A lock that needs no password to open the file is taken off.
- Metadata is removed: who wrote the PDF and with which program, and where the pictures in it were
  taken.

What a reader would miss without noticing is refused: forms and portfolios whose content is not on
the pages, and damaged files of which a part is lost.

The exit status gives the outcome: an ``Outcome``, or ``TAKEN`` plus what was left out.
"""

import re
import resource
import sys
import zlib
from collections.abc import Iterable, Iterator
from enum import IntEnum, IntFlag
from io import BytesIO
from itertools import takewhile
from math import ceil, sqrt
from typing import Any, BinaryIO

MOST_PIXELS = 50_000_000
KEPT_PIXELS = 16_000_000
MOST_PAGES = 200
MOST_MEMORY = 640 * 2**20
MOST_SECONDS = 20
MOST_WRITTEN = 50 * 2**20
# The streams of a PDF may unpack to this many bytes together, and to this many times its size more.
# Scans and printed pages stay far below. A few kilobytes that unpack to much more are made to
# stop whoever opens the file.
MOST_UNPACKED = 200 * 2**20
MOST_UNPACKED_TIMES = 100
# Nothing at all, packed, takes so many bytes.
LEAST_PACKED = 20
CHUNK = 64 * 2**10
JPEG_QUALITY = 88
FORMATS = {"jpeg": ["JPEG", "MPO"], "png": ["PNG"], "heic": ["HEIF"]}

# Harmless actions of a PDF: when clicked, they lead to another page or to one of these addresses.
LINK = re.compile(r"(https?://|mailto:)", re.IGNORECASE)
ACTIONS = ("/A", "/PA", "/Next", "/OpenAction")
ACTIVE_KEYS = ("/AA", "/JS", "/JavaScript", "/Renditions")
# Keys that say nothing by themselves: lists of attached files, the second copy of a form, and what
# belongs to a signature.
OTHER_KEYS = ("/EmbeddedFiles", "/RF", "/AF", "/XFA", "/Collection", "/Perms", "/DSS", "/SigFlags")
# Keys of a stream: the file that holds its content, or the page of another file that replaces it.
FOREIGN_KEYS = ("/F", "/Ref", "/OPI")
METADATA_KEYS = ("/Metadata", "/PieceInfo")
ACTIVE_ANNOTATIONS = ("/FileAttachment", "/RichMedia", "/Movie", "/Sound", "/Screen", "/3D")
DYNAMIC_FORM = re.compile(rb"dynamicRender\s*>\s*required")

PDF_END, PDF_OBJECT = b"%%EOF", re.compile(rb"\b[0-9]+ [0-9]+ obj\b")
FLATE, JPEG, JPEG_2000 = "/FlateDecode", "/DCTDecode", "/JPXDecode"
SHORT_FILTERS = {
    "/Fl": FLATE,
    "/DCT": JPEG,
    "/LZW": "/LZWDecode",
    "/RL": "/RunLengthDecode",
    "/A85": "/ASCII85Decode",
    "/AHx": "/ASCIIHexDecode",
}
OTHER_PACKERS = ("/LZWDecode", "/RunLengthDecode", "/ASCII85Decode", "/ASCIIHexDecode")

# A marker in a JPEG: not a zero, which stands for the byte 255 itself, nor a restart within a scan.
JPEG_MARKER = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]", re.DOTALL)
JPEG_START, JPEG_END, JPEG_SCAN = b"\xff\xd8", b"\xff\xd9", b"\xff\xda"
# Application data and comments are metadata, except for what defines the size and colors.
JPEG_METADATA = re.compile(rb"\xff(?!\xe0..JFIF\0|\xe2..ICC_PROFILE\0|\xee..Adobe)[\xe0-\xef\xfe]", re.DOTALL)
JPEG_2000_METADATA = (b"xml ", b"uuid", b"uinf")
# What the library of HEIC says of a file without a picture that it can open.
OTHER_HEIF = re.compile("unsupported|not been built in|invalid image index|no 'meta' box", re.IGNORECASE)
# The chunks of a PNG that make the picture, and how it is turned. Others may unpack to a lot.
PNG_KEPT = (b"IHDR", b"PLTE", b"tRNS", b"eXIf", b"IDAT")


class Outcome(IntEnum):
    """Exit statuses of a file that is refused, and of one that is taken with all that it shows.

    Any other status means that the process failed: Python itself uses 1.
    """

    CLEAN = 0
    BROKEN = 20
    LOCKED = 21
    TOO_MANY_PAGES = 22
    TOO_MANY_PIXELS = 23
    TOO_MUCH = 24
    DYNAMIC_FORM = 25
    PORTFOLIO = 26
    OTHER_KIND = 27


class LeftOut(IntFlag):
    """What a file has lost that a reader might miss. It is added to ``TAKEN``."""

    NOTHING = 0
    ACTIVE = 1
    FILES = 2
    SIGNATURE = 4
    PICTURES = 8
    END = 16


TAKEN = 64


class TooMuch(Exception):
    """The file unpacks to more than anybody should have to open."""


class Damaged(Exception):
    """A part of the file is lost."""


# The libraries are loaded where they are used: the portal imports this module only for its names.


def picture(kind: str, source: BinaryIO, target: BinaryIO) -> int:
    """Rewrite the picture as JPEG or PNG."""
    from PIL import Image, ImageOps

    Image.MAX_IMAGE_PIXELS = MOST_PIXELS // 2  # Pillow refuses more than twice this number
    try:
        content, left_out = READERS[kind](source.read())
        with Image.open(BytesIO(content), formats=FORMATS[kind]) as opened:
            if kind == "heic" and getattr(opened, "n_frames", 1) > 1:
                left_out |= LeftOut.PICTURES
            width, height = opened.size
            if width * height > 2 * KEPT_PIXELS:
                opened.draft(None, (width // 2, height // 2))  # halves the size of a JPEG only
            if opened.format == "PNG":
                plain: Any = _png_mode(opened)
            else:
                plain = opened
            if width * height > KEPT_PIXELS:
                scale = sqrt(KEPT_PIXELS / (width * height))
                plain.thumbnail((ceil(width * scale), ceil(height * scale)), reducing_gap=2)
            if LeftOut.END in left_out and not _most_is_there(plain):
                return Outcome.BROKEN
            plain = ImageOps.exif_transpose(plain)
            plain = plain if opened.format == "PNG" else plain.convert("RGB")
            plain.info = {}
            if opened.format == "PNG":
                plain.save(target, "PNG", optimize=False)
            else:
                plain.save(target, "JPEG", quality=JPEG_QUALITY)
    except Image.DecompressionBombError:
        return Outcome.TOO_MANY_PIXELS
    except MemoryError:
        return Outcome.TOO_MUCH
    except (OSError, ValueError, SyntaxError, EOFError, RuntimeError, LookupError) as problem:
        return Outcome.OTHER_KIND if OTHER_HEIF.search(repr(problem)) else Outcome.BROKEN
    return status(left_out)


def status(left_out: LeftOut) -> int:
    """Return the exit status for a file that is taken."""
    return TAKEN + left_out if left_out else Outcome.CLEAN


def _read_jpeg(content: bytes) -> tuple[bytes, LeftOut]:
    """Return the picture with an end. Pillow needs one, and makes the missing part gray."""
    without_metadata, is_whole = jpeg_without_metadata(content)
    if is_whole or JPEG_SCAN not in without_metadata:
        return content, LeftOut.NOTHING
    return content + JPEG_END, LeftOut.END


def _read_png(content: bytes) -> tuple[bytes, LeftOut]:
    """Return the picture without its text and without the other pictures of one that moves."""
    parts, at, pictures = [content[:8]], 8, 1
    while at < len(content) and (kind := content[at + 4 : at + 8]) != b"IEND"[: len(kind)]:
        end = at + 12 + int.from_bytes(content[at : at + 4])
        if kind in PNG_KEPT:
            parts.append(content[at:end])
        elif kind == b"acTL":
            pictures = int.from_bytes(content[at + 8 : at + 12])
        at = end
    if at <= len(content):  # else a part of the picture itself is missing
        parts.append(PNG_END)
    return b"".join(parts), LeftOut.PICTURES if pictures > 1 else LeftOut.NOTHING


PNG_END = b"\0\0\0\0IEND" + zlib.crc32(b"IEND").to_bytes(4)


def _read_heic(content: bytes) -> tuple[bytes, LeftOut]:
    """Return the picture with brands that the library knows. Whether it opens shows what it is."""
    import pillow_heif

    pillow_heif.register_heif_opener()
    brands, end = b"mif1" + bytes(4) + b"mif1heic", int.from_bytes(content[:4])
    if 20 <= end <= len(content):
        content = content[:8] + brands[: end - 8].ljust(end - 8, b"\0") + content[end:]
    pillow_heif.open_heif(content)[0]  # its errors say more than Pillow's
    return content, LeftOut.NOTHING


READERS = {"jpeg": _read_jpeg, "png": _read_png, "heic": _read_heic}


def _most_is_there(image: Any) -> bool:
    """Return whether the lower half of a picture without its end shows anything."""
    from PIL import ImageChops

    width, height = image.size
    last_row = image.crop((0, height - 1, width, height)).resize((width, height))
    seen = ImageChops.difference(image, last_row).convert("RGB").getbbox()
    return bool(seen and seen[3] > height / 2)


def _png_mode(opened: Any) -> Any:
    """Return the picture in a mode that can be scaled: no palette, 8 bits, transparency kept."""
    if opened.mode in ("L", "RGB", "RGBA") and "transparency" not in opened.info:
        return opened
    if opened.mode.startswith("I"):
        return opened.point(lambda value: value * (1 / 256)).convert("L")
    if opened.has_transparency_data:
        return opened.convert("RGBA")
    return opened.convert("L" if opened.mode in ("1", "L") else "RGB")


def pdf(source: BinaryIO, target: BinaryIO) -> int:
    """Rewrite the PDF without its active parts."""
    import pikepdf

    bound, limit_errors = MOST_MEMORY // 4, pikepdf.settings.qpdf_limit_errors()
    pikepdf.settings.set_qpdf_limits(
        flate_max_memory=bound, run_length_max_memory=bound, png_max_memory=bound, tiff_max_memory=bound
    )
    try:
        content = source.read()
        most = MOST_UNPACKED + MOST_UNPACKED_TIMES * len(content)
        with pikepdf.open(BytesIO(_trimmed(content))) as opened:
            was_repaired = _was_repaired(opened)
            if refused := _refused(opened, was_repaired=was_repaired):
                return refused
            is_portfolio = "/Collection" in opened.Root
            if "/Info" in opened.trailer:
                del opened.trailer["/Info"]
            opened.trailer["/Size"] = 0  # the right size is written, but only if there was one
            rewrite_streams(opened, most=most, must_be_whole=was_repaired)
            left_out = disarm(opened)
            if is_portfolio and LeftOut.FILES in left_out:
                return Outcome.PORTFOLIO
            opened.save(target)
    except pikepdf.PasswordError:
        return Outcome.LOCKED
    except (TooMuch, MemoryError):
        return Outcome.TOO_MUCH
    except (pikepdf.PdfError, RuntimeError, ValueError, TypeError, AttributeError, LookupError, Damaged) as problem:
        if pikepdf.settings.qpdf_limit_errors() > limit_errors:
            return Outcome.TOO_MUCH
        is_locked = isinstance(problem, pikepdf.PdfError) and "encrypt" in str(problem)
        return Outcome.LOCKED if is_locked else Outcome.BROKEN
    return status(left_out)


def _trimmed(content: bytes) -> bytes:
    """Return the PDF without what stands before and behind it, so that its table of objects fits.

    The end is put back where it is missing: the last object would be skipped without it.
    """
    whole, end, behind = content[max(0, content.find(b"%PDF-")) :].rpartition(PDF_END)
    return whole + end if end and not PDF_OBJECT.search(behind) else whole + end + behind + b"\n" + PDF_END


def _was_repaired(opened: Any) -> bool:
    """Return whether the table of objects was built again. The library does so as it reads them."""
    list(opened.objects)
    return any(re.search("reconstruct|stream as empty", str(said)) for said in opened.get_warnings())


def _refused(opened: Any, *, was_repaired: bool) -> Outcome | None:
    """Return why the PDF is refused before anything in it is unpacked."""
    pages = opened.Root.get("/Pages", {}).get("/Count")
    if not opened.pages or (was_repaired and (pages != len(opened.pages) or _lacks_a_part(opened))):
        return Outcome.BROKEN
    if len(opened.pages) > MOST_PAGES:
        return Outcome.TOO_MANY_PAGES
    return Outcome.DYNAMIC_FORM if _is_dynamic_form(opened) else None


def _lacks_a_part(opened: Any) -> bool:
    """Return whether a repaired file refers to an object that was lost, or has half an object.

    A file that is cut off may also have lost the key to what it says.
    """
    import pikepdf

    for item in opened.objects:
        if item is None:
            return True
        if isinstance(item, pikepdf.Dictionary):
            if {"/O", "/U", "/P", "/R"} <= item.keys():
                if not opened.is_encrypted:
                    return True
            elif "/Length" in item:  # a stream without its content
                return True
    return False


def _is_dynamic_form(opened: Any) -> bool:
    """Return whether the PDF is a form whose pages are made by the program that opens it.

    Its own page only asks to wait. Other forms in XML have the same fields on their pages too.
    """
    import pikepdf

    form = opened.Root.get("/AcroForm")
    if not isinstance(form, pikepdf.Dictionary) or "/XFA" not in form:
        return False
    if bool(opened.Root.get("/NeedsRendering", False)):
        return True
    xml: Any = form.XFA
    parts = list(xml) if isinstance(xml, pikepdf.Array) else [xml]
    if any(isinstance(part, pikepdf.Stream) and DYNAMIC_FORM.search(part.read_bytes()) for part in parts):
        return True
    fields = (note for page in opened.pages for note in page.obj.get("/Annots", []))
    return not any(isinstance(note, pikepdf.Dictionary) and note.get("/Subtype") == "/Widget" for note in fields)


def disarm(opened: Any) -> LeftOut:
    """Remove active parts and metadata from every object of the PDF.

    Return what was left out.
    """
    import pikepdf

    left_out = LeftOut.NOTHING
    waiting = list(opened.objects)
    # These lose their content before or after the notes on the pages that hold them.
    files = {item.objgen for item in waiting if isinstance(item, pikepdf.Dictionary) and "/EF" in item}
    waiting.append(opened.trailer)
    while waiting:
        item = waiting.pop()
        if isinstance(item, pikepdf.Array):
            remaining = list(item)
            for number in reversed(range(len(item))):
                if _is_active_annotation(item[number]):
                    file: Any = item[number].get("/FS")
                    has_file = isinstance(file, pikepdf.Dictionary) and ("/EF" in file or file.objgen in files)
                    left_out |= LeftOut.FILES if has_file else LeftOut.ACTIVE
                    del item[number]
        elif isinstance(item, (pikepdf.Dictionary, pikepdf.Stream)):
            remaining = [value for _, value in item.items()]
            for key, value in list(item.items()):
                lost = _lost(item, key, value)
                if lost is not None:
                    del item[key]
                    left_out |= lost
        else:
            continue
        # Indirect objects are already in the list.
        waiting.extend(value for value in remaining if isinstance(value, pikepdf.Object) and not value.is_indirect)
    return left_out


def rewrite_streams(opened: Any, *, most: int, must_be_whole: bool) -> None:
    """Remove the metadata from the pictures in the PDF, and unpack every stream once.

    Raises ``TooMuch`` if they unpack to more than ``most`` bytes together, or one shows too many
    pixels. Raises ``Damaged`` if a stream that must be whole cannot be unpacked, or nothing can be
    unpacked of what a page shows.
    """
    import pikepdf

    sizes: dict[tuple[int, int], int] = {}
    for stream in opened.objects:
        if not isinstance(stream, pikepdf.Stream):
            continue
        width: Any = stream.get("/Width")
        height: Any = stream.get("/Height")
        if isinstance(width, int) and isinstance(height, int) and width * height > 2 * MOST_PIXELS:
            raise TooMuch
        filters = _filters(stream)
        packers = list(takewhile(lambda name: name not in (JPEG, JPEG_2000), filters))
        sizes[stream.objgen] = _size(stream, packers, most=most, must_be_whole=must_be_whole)
        most -= sizes[stream.objgen]
        if len(packers) < len(filters):
            _rewrite_picture(stream, packers, filters[len(packers) :])
    for page in opened.pages:  # pages may repeat the same stream
        contents = page.obj.get("/Contents")
        parts = list(contents) if isinstance(contents, pikepdf.Array) else [contents]
        for part in parts:
            if isinstance(part, pikepdf.Stream):
                most -= sizes[part.objgen]
                if not sizes[part.objgen] and len(part.read_raw_bytes()) > LEAST_PACKED:
                    raise Damaged
    if most < 0:
        raise TooMuch


def _size(stream: Any, packers: list[str], *, most: int, must_be_whole: bool) -> int:
    """Return to how many bytes the stream unpacks. Raises ``TooMuch`` above ``most``.

    Viewers show what can be unpacked of a damaged stream.
    """
    size = 0
    try:
        for chunk in _unpacked(stream, packers):
            size += len(chunk)
            if size > most:
                raise TooMuch
    except zlib.error:
        if must_be_whole:
            raise Damaged from None
    return size


def _filters(stream: Any) -> list[str]:
    import pikepdf

    filters = stream.get("/Filter", [])
    names = map(str, filters if isinstance(filters, (pikepdf.Array, list)) else [filters])
    return [SHORT_FILTERS.get(name, name) for name in names]


def _parameters(stream: Any, number: int) -> list[Any]:
    """Return what ``/DecodeParms`` says of so many filters. The place of one without any is null."""
    import pikepdf

    parameters = stream.get("/DecodeParms")
    listed = list(parameters) if isinstance(parameters, pikepdf.Array) else [parameters]
    return [*listed, *[None] * number][:number]


def _unpacked(stream: Any, packers: list[str]) -> Iterator[bytes]:
    """Unpack the stream piece by piece, so that memory does not depend on what comes out."""
    chunks: Iterator[bytes] = iter([stream.read_raw_bytes()])
    for name, parameters in zip(packers, _parameters(stream, len(packers)), strict=True):
        if name == FLATE:
            chunks = _inflated(chunks)
        elif name in OTHER_PACKERS:
            chunks = iter([_unpacked_by_qpdf(_joined(chunks), [name], [parameters])])
        elif name != "/Crypt":
            break  # a picture of another kind
    return chunks


def _inflated(chunks: Iterable[bytes]) -> Iterator[bytes]:
    inflater = zlib.decompressobj()
    for chunk in chunks:
        while chunk and not inflater.eof:
            yield inflater.decompress(chunk, CHUNK)
            chunk = inflater.unconsumed_tail


def _joined(chunks: Iterable[bytes]) -> bytes:
    joined = bytearray()
    for chunk in chunks:
        joined += chunk
        if len(joined) > MOST_MEMORY // 8:
            raise TooMuch
    return bytes(joined)


def _unpacked_by_qpdf(packed: bytes, packers: list[str], parameters: list[Any]) -> bytes:
    import pikepdf

    with pikepdf.new() as scratch:
        stream = scratch.make_stream(packed)
        stream.Filter = pikepdf.Array([pikepdf.Name(name) for name in packers])
        stream.DecodeParms = pikepdf.Array([_copied(item) for item in parameters])
        return bytes(stream.read_bytes(pikepdf.StreamDecodeLevel.specialized))


def _copied(parameters: Any) -> Any:
    """Return the numbers in the parameters of a filter, without what belongs to the other PDF."""
    import pikepdf

    if not isinstance(parameters, pikepdf.Dictionary):
        return None
    values: list[tuple[str, Any]] = list(parameters.items())
    return pikepdf.Dictionary({key: value for key, value in values if isinstance(value, int)})


def _rewrite_picture(stream: Any, packers: list[str], remaining: list[str]) -> None:
    """Replace the JPEG or JPEG 2000 picture in the stream by the same one without metadata."""
    import pikepdf
    from PIL import Image

    picture, parameters = stream.read_raw_bytes(), _parameters(stream, len(packers) + len(remaining))
    used = [number for number, name in enumerate(packers) if name != "/Crypt"]
    if used:
        picture = _unpacked_by_qpdf(
            picture, [packers[number] for number in used], [parameters[number] for number in used]
        )
    picture = jpeg_without_metadata(picture)[0] if remaining[0] == JPEG else jpeg_2000_without_metadata(picture)
    try:
        with Image.open(BytesIO(picture)) as shown:
            if shown.width * shown.height > 2 * MOST_PIXELS:
                raise TooMuch
    except Image.DecompressionBombError:
        raise TooMuch from None
    except (OSError, ValueError, SyntaxError):
        pass  # nothing is shown for it, or only viewers know how
    left = parameters[len(packers) :]
    stream.write(
        picture,
        filter=pikepdf.Array([pikepdf.Name(name) for name in remaining]),
        decode_parms=pikepdf.Array(left) if any(item is not None for item in left) else None,
    )


def _lost(holder: Any, key: str, value: Any) -> LeftOut | None:
    """Return what the file loses if the key is removed. None if the key stays."""
    import pikepdf

    if key in OTHER_KEYS or key in METADATA_KEYS:
        return LeftOut.NOTHING
    if key == "/EF":
        return LeftOut.FILES
    if key == "/V" and isinstance(value, pikepdf.Dictionary) and _is_signature(value):
        return LeftOut.SIGNATURE
    return LeftOut.ACTIVE if _is_active(holder, key, value) else None


def _is_signature(value: Any) -> bool:
    return "/ByteRange" in value or value.get("/Type") in ("/Sig", "/DocTimeStamp")


def _is_active(holder: Any, key: str, value: Any) -> bool:
    import pikepdf

    if key in ACTIVE_KEYS:
        return True
    if isinstance(holder, pikepdf.Stream) and key in FOREIGN_KEYS:
        return True
    if key == "/Next" and "/S" in holder:
        return True  # the next action in a chain; an outline entry has /Next, too, but no /S
    if key not in ACTIONS:
        return False
    actions = list(value) if isinstance(value, pikepdf.Array) else [value]
    return any(isinstance(action, pikepdf.Dictionary) and not _is_harmless(action, key) for action in actions)


def _is_harmless(action: Any, key: str) -> bool:
    """Return whether an action is harmless.

    When it is opened, a PDF may show one of its own pages, but may contact nobody.
    """
    import pikepdf

    kind, address = action.get("/S", "/GoTo"), action.get("/URI")
    if kind == "/URI" and key != "/OpenAction":
        return isinstance(address, pikepdf.String) and bool(LINK.match(str(address)))
    return bool(kind == "/GoTo")


def _is_active_annotation(value: Any) -> bool:
    import pikepdf

    return isinstance(value, pikepdf.Dictionary) and value.get("/Subtype") in ACTIVE_ANNOTATIONS


def jpeg_without_metadata(jpeg: bytes) -> tuple[bytes, bool]:
    """Return the same picture without metadata and what follows it, and whether it has its end.

    The parts that define its size and colors stay. Bytes that viewers skip are left out.
    """
    start = jpeg.find(JPEG_START)
    if start < 0:
        return jpeg, False
    parts, at = [JPEG_START], start + 2
    while found := JPEG_MARKER.search(jpeg, at):
        if found[0] == JPEG_END:
            return b"".join([*parts, JPEG_END]), True
        end = found.end() + max(2, int.from_bytes(jpeg[found.end() : found.end() + 2]))
        if found[0] == JPEG_SCAN:
            following = JPEG_MARKER.search(jpeg, end)
            end = following.start() if following else len(jpeg)
        if not JPEG_METADATA.match(jpeg, found.start()):
            parts.append(jpeg[found.start() : end])
        at = end
    return b"".join(parts), False


def jpeg_2000_without_metadata(content: bytes) -> bytes:
    """Return the same JPEG 2000 picture without its boxes of XML and of other programs."""
    if content[4:8] != b"jP  ":
        return content  # only the picture, without boxes
    parts, at = [], 0
    while at < len(content):
        size = int.from_bytes(content[at : at + 4])
        if size == 1:
            size = int.from_bytes(content[at + 8 : at + 16])
        end = at + max(size, 8) if size else len(content)
        if content[at + 4 : at + 8] not in JPEG_2000_METADATA:
            parts.append(content[at:end])
        at = end
    return b"".join(parts)


def main(kind: str) -> int:
    for what, most in (
        (resource.RLIMIT_AS, MOST_MEMORY),
        (resource.RLIMIT_CPU, MOST_SECONDS),
        (resource.RLIMIT_FSIZE, MOST_WRITTEN),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(what, (most, most))
    with open(0, "rb") as source, open(1, "wb") as target:
        return pdf(source, target) if kind == "pdf" else picture(kind, source, target)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
