"""Writes one attached file anew, in a process of its own: ``python -m ccp.evidence.cleaner KIND <sent >clean``.

Whatever the file does to the libraries that open it, it does to this process, which may take little memory and time.
What is written holds what a reader sees and nothing else:

- Pictures: turned the right way up, at most ``KEPT_PIXELS`` large, without metadata such as the place; HEIC as JPEG.
- PDF: without what runs or is fetched by itself (scripts, launched programs, forms that send, parts of other files),
  attached files and media. Links to web pages and mail addresses stay.
- Without metadata: who wrote the PDF and with what; of JPEG pictures in it, where they were taken.

The exit status tells what came of it.
"""

import re
import resource
import sys
from enum import IntEnum
from math import ceil, sqrt
from typing import Any, BinaryIO

MOST_PIXELS = 50_000_000
KEPT_PIXELS = 16_000_000
MOST_PAGES = 200
MOST_MEMORY = 640 * 2**20
MOST_SECONDS = 20
MOST_WRITTEN = 50 * 2**20
JPEG_QUALITY = 88
FORMATS = {"jpeg": ["JPEG", "MPO"], "png": ["PNG"], "heic": ["HEIF"]}

# The actions of a PDF that only lead somewhere when they are clicked: on another page, or to one of these addresses.
LINK = re.compile(r"(https?://|mailto:)", re.IGNORECASE)
ACTIONS = ("/A", "/PA", "/Next", "/OpenAction")
ACTIVE_KEYS = ("/AA", "/JS", "/JavaScript", "/EmbeddedFiles", "/EF", "/RF", "/AF", "/XFA", "/Collection", "/Renditions")
# Of a stream: the file in which its content stands, or the page of another file that is shown in its place.
FOREIGN_KEYS = ("/F", "/Ref", "/OPI")
METADATA_KEYS = ("/Metadata", "/PieceInfo")
ACTIVE_ANNOTATIONS = ("/FileAttachment", "/RichMedia", "/Movie", "/Sound", "/Screen", "/3D")
# Markers in a JPEG: Exif and XMP, IPTC, a comment; and where the picture itself begins.
JPEG_METADATA = (b"\xe1", b"\xed", b"\xfe")
JPEG_BEGINS = (b"\xda", b"")


class Outcome(IntEnum):
    """Exit statuses. Any other one is a failure of the process: 1 is Python's own."""

    CLEAN = 0
    DISARMED = 10
    BROKEN = 20
    ENCRYPTED = 21
    TOO_MANY_PAGES = 22
    TOO_MANY_PIXELS = 23


# The libraries are loaded where they are used: the portal reads this module for its names only.


def picture(kind: str, source: BinaryIO, target: BinaryIO) -> Outcome:
    """Write the picture anew as JPEG or PNG."""
    from PIL import Image, ImageOps

    if kind == "heic":
        import pillow_heif

        pillow_heif.register_heif_opener()
    Image.MAX_IMAGE_PIXELS = MOST_PIXELS // 2  # Pillow refuses what has more than twice as many
    try:
        with Image.open(source, formats=FORMATS[kind]) as opened:
            width, height = opened.size
            if width * height > 2 * KEPT_PIXELS:
                opened.draft(None, (width // 2, height // 2))  # a JPEG is read at half its size; others stay
            if opened.format == "PNG":
                plain: Any = _png_mode(opened)
            else:
                plain = opened
            if width * height > KEPT_PIXELS:
                scale = sqrt(KEPT_PIXELS / (width * height))
                plain.thumbnail((ceil(width * scale), ceil(height * scale)), reducing_gap=2)
            plain = ImageOps.exif_transpose(plain)
            plain = plain if opened.format == "PNG" else plain.convert("RGB")
            plain.info = {}
            if opened.format == "PNG":
                plain.save(target, "PNG", optimize=False)
            else:
                plain.save(target, "JPEG", quality=JPEG_QUALITY)
    except Image.DecompressionBombError:
        return Outcome.TOO_MANY_PIXELS
    except (OSError, ValueError, SyntaxError, EOFError):  # what Pillow raises for files that are not whole
        return Outcome.BROKEN
    return Outcome.CLEAN


def _png_mode(opened: Any) -> Any:
    """The picture in a mode that can be made smaller: no palette, 8 bits, transparency kept."""
    if opened.mode in ("L", "RGB", "RGBA") and "transparency" not in opened.info:
        return opened
    if opened.mode.startswith("I"):
        return opened.point(lambda value: value * (1 / 256)).convert("L")
    if opened.has_transparency_data:
        return opened.convert("RGBA")
    return opened.convert("L" if opened.mode in ("1", "L") else "RGB")


def pdf(source: BinaryIO, target: BinaryIO) -> Outcome:
    """Write the PDF anew without its active parts."""
    import pikepdf

    bound = MOST_MEMORY // 4
    pikepdf.settings.set_qpdf_limits(
        flate_max_memory=bound, run_length_max_memory=bound, png_max_memory=bound, tiff_max_memory=bound
    )
    try:
        with pikepdf.open(source, attempt_recovery=False) as opened:
            if opened.is_encrypted:
                return Outcome.ENCRYPTED
            if not opened.pages:
                return Outcome.BROKEN
            if len(opened.pages) > MOST_PAGES:
                return Outcome.TOO_MANY_PAGES
            if "/Info" in opened.trailer:
                del opened.trailer["/Info"]
            disarmed = disarm(opened)
            opened.save(target)
    except pikepdf.PasswordError:
        return Outcome.ENCRYPTED
    except (pikepdf.PdfError, ValueError, TypeError):  # a page tree or a dictionary that is none
        return Outcome.BROKEN
    return Outcome.DISARMED if disarmed else Outcome.CLEAN


def disarm(opened: Any) -> bool:
    """Remove what is active, and metadata, from every object of the PDF. Whether anything was active."""
    import pikepdf

    found = False
    waiting = list(opened.objects)
    waiting.append(opened.trailer)
    while waiting:
        item = waiting.pop()
        if isinstance(item, pikepdf.Array):
            for number in reversed(range(len(item))):
                if _is_active_annotation(item[number]):
                    del item[number]
                    found = True
            kept = list(item)
        elif isinstance(item, (pikepdf.Dictionary, pikepdf.Stream)):
            remove_metadata(item)
            for key in [key for key, value in item.items() if _is_active(item, key, value)]:
                del item[key]
                found = True
            kept = [value for _, value in item.items()]
        else:
            continue
        # An indirect object comes by itself.
        waiting.extend(value for value in kept if isinstance(value, pikepdf.Object) and not value.is_indirect)
    return found


def remove_metadata(item: Any) -> None:
    """From one object of a PDF; from the picture in it where it is a JPEG."""
    import pikepdf

    for key in METADATA_KEYS:
        if key in item:
            del item[key]
    filters: Any = item.get("/Filter") if isinstance(item, pikepdf.Stream) else None
    if "/DCTDecode" in (list(filters) if isinstance(filters, pikepdf.Array) and len(filters) == 1 else [filters]):
        without = jpeg_without_metadata(item.read_raw_bytes())
        item.write(without, filter=filters, decode_parms=item.get("/DecodeParms"))


def _is_active(holder: Any, key: str, value: Any) -> bool:
    import pikepdf

    if key in ACTIVE_KEYS:
        return True
    if isinstance(holder, pikepdf.Stream) and key in FOREIGN_KEYS:
        return True
    if key == "/Next" and "/S" in holder:
        return True  # one action after another; a line of a table of contents has no /S
    if key not in ACTIONS:
        return False
    actions = list(value) if isinstance(value, pikepdf.Array) else [value]
    return any(isinstance(action, pikepdf.Dictionary) and not _is_harmless(action, key) for action in actions)


def _is_harmless(action: Any, key: str) -> bool:
    """On opening, a PDF may show one of its pages, and call nobody."""
    import pikepdf

    kind, address = action.get("/S", "/GoTo"), action.get("/URI")
    if kind == "/URI" and key != "/OpenAction":
        return isinstance(address, pikepdf.String) and bool(LINK.match(str(address)))
    return bool(kind == "/GoTo")


def _is_active_annotation(value: Any) -> bool:
    import pikepdf

    return isinstance(value, pikepdf.Dictionary) and value.get("/Subtype") in ACTIVE_ANNOTATIONS


def jpeg_without_metadata(jpeg: bytes) -> bytes:
    """The same picture without the parts in which cameras and programs write; what tells its colours stays."""
    kept, at = [jpeg[:2]], 2
    while jpeg[at : at + 1] == b"\xff" and jpeg[at + 1 : at + 2] not in JPEG_BEGINS:
        end = at + 2 + int.from_bytes(jpeg[at + 2 : at + 4])
        if jpeg[at + 1 : at + 2] not in JPEG_METADATA:
            kept.append(jpeg[at:end])
        at = end
    return b"".join(kept) + jpeg[at:]


def main(kind: str) -> Outcome:
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
