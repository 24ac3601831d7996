"""Rewrite one attached file in a separate process.

The command is ``python -m ccp.evidence.cleaner KIND <sent >clean``. If the file harms the libraries
that open it, only this process is harmed, and its memory and time are limited. The written file
contains what a reader sees and nothing else:

- Pictures are turned upright, reduced to at most ``KEPT_PIXELS`` pixels, and stripped of metadata
  such as the location. HEIC becomes JPEG.
- PDF files lose everything that runs or is fetched by itself (scripts, launched programs, forms
  that send data, parts of other files), attached files and media. Links to web pages and e-mail
  addresses stay.
- Metadata is removed: who wrote the PDF and with which program, and where JPEG pictures in it were
  taken.

The exit status gives the outcome.
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

# Harmless actions of a PDF: when clicked, they lead to another page or to one of these addresses.
LINK = re.compile(r"(https?://|mailto:)", re.IGNORECASE)
ACTIONS = ("/A", "/PA", "/Next", "/OpenAction")
ACTIVE_KEYS = ("/AA", "/JS", "/JavaScript", "/EmbeddedFiles", "/EF", "/RF", "/AF", "/XFA", "/Collection", "/Renditions")
# Keys of a stream: the file that holds its content, or the page of another file that replaces it.
FOREIGN_KEYS = ("/F", "/Ref", "/OPI")
METADATA_KEYS = ("/Metadata", "/PieceInfo")
ACTIVE_ANNOTATIONS = ("/FileAttachment", "/RichMedia", "/Movie", "/Sound", "/Screen", "/3D")
# Markers in a JPEG: Exif and XMP, IPTC, a comment; and the start of the picture itself.
JPEG_METADATA = (b"\xe1", b"\xed", b"\xfe")
JPEG_BEGINS = (b"\xda", b"")


class Outcome(IntEnum):
    """Exit statuses. Any other status means that the process failed: Python itself uses 1."""

    CLEAN = 0
    DISARMED = 10
    BROKEN = 20
    ENCRYPTED = 21
    TOO_MANY_PAGES = 22
    TOO_MANY_PIXELS = 23


# The libraries are loaded where they are used: the portal imports this module only for its names.


def picture(kind: str, source: BinaryIO, target: BinaryIO) -> Outcome:
    """Rewrite the picture as JPEG or PNG."""
    from PIL import Image, ImageOps

    if kind == "heic":
        import pillow_heif

        pillow_heif.register_heif_opener()
    Image.MAX_IMAGE_PIXELS = MOST_PIXELS // 2  # Pillow refuses more than twice this number
    try:
        with Image.open(source, formats=FORMATS[kind]) as opened:
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
            plain = ImageOps.exif_transpose(plain)
            plain = plain if opened.format == "PNG" else plain.convert("RGB")
            plain.info = {}
            if opened.format == "PNG":
                plain.save(target, "PNG", optimize=False)
            else:
                plain.save(target, "JPEG", quality=JPEG_QUALITY)
    except Image.DecompressionBombError:
        return Outcome.TOO_MANY_PIXELS
    except (OSError, ValueError, SyntaxError, EOFError):  # what Pillow raises for damaged files
        return Outcome.BROKEN
    return Outcome.CLEAN


def _png_mode(opened: Any) -> Any:
    """Return the picture in a mode that can be scaled: no palette, 8 bits, transparency kept."""
    if opened.mode in ("L", "RGB", "RGBA") and "transparency" not in opened.info:
        return opened
    if opened.mode.startswith("I"):
        return opened.point(lambda value: value * (1 / 256)).convert("L")
    if opened.has_transparency_data:
        return opened.convert("RGBA")
    return opened.convert("L" if opened.mode in ("1", "L") else "RGB")


def pdf(source: BinaryIO, target: BinaryIO) -> Outcome:
    """Rewrite the PDF without its active parts."""
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
    except (pikepdf.PdfError, ValueError, TypeError):  # a broken page tree or dictionary
        return Outcome.BROKEN
    return Outcome.DISARMED if disarmed else Outcome.CLEAN


def disarm(opened: Any) -> bool:
    """Remove active parts and metadata from every object of the PDF.

    Return whether anything was active.
    """
    import pikepdf

    was_active = False
    waiting = list(opened.objects)
    waiting.append(opened.trailer)
    while waiting:
        item = waiting.pop()
        if isinstance(item, pikepdf.Array):
            for number in reversed(range(len(item))):
                if _is_active_annotation(item[number]):
                    del item[number]
                    was_active = True
            remaining = list(item)
        elif isinstance(item, (pikepdf.Dictionary, pikepdf.Stream)):
            remove_metadata(item)
            for key in [key for key, value in item.items() if _is_active(item, key, value)]:
                del item[key]
                was_active = True
            remaining = [value for _, value in item.items()]
        else:
            continue
        # Indirect objects are already in the list.
        waiting.extend(value for value in remaining if isinstance(value, pikepdf.Object) and not value.is_indirect)
    return was_active


def remove_metadata(item: Any) -> None:
    """Remove metadata from one object of a PDF, and from the picture in it if that is a JPEG."""
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


def jpeg_without_metadata(jpeg: bytes) -> bytes:
    """Return the same picture without the parts in which cameras and programs write metadata.

    The parts that define its colors stay.
    """
    parts, at = [jpeg[:2]], 2
    while jpeg[at : at + 1] == b"\xff" and jpeg[at + 1 : at + 2] not in JPEG_BEGINS:
        end = at + 2 + int.from_bytes(jpeg[at + 2 : at + 4])
        if jpeg[at + 1 : at + 2] not in JPEG_METADATA:
            parts.append(jpeg[at:end])
        at = end
    return b"".join(parts) + jpeg[at:]


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
