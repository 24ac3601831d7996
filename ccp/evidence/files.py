"""What may be attached as evidence.

A file is a PDF, a JPEG or PNG picture, or a HEIC picture from a phone, of at most 10 MB. Its kind
is recognized by its content, whatever its name says. It is scanned for malware if a scanner is
configured. Then ``ccp.evidence.cleaner`` rewrites it in a separate process, and only what that
process wrote is stored.
"""

import hashlib
import logging
import re
import subprocess
import sys
import tempfile
import threading
import unicodedata
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import filetype
from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext as _

from amtportal.refusals import Refused
from amtportal.uploads import malware
from amtportal.uploads.kept import FileKind
from amtportal.uploads.limits import MOST_BYTES
from ccp.evidence.cleaner import MOST_PAGES, MOST_PIXELS, TAKEN, LeftOut, Outcome
from ccp.models.evidence import Evidence

HEAD = 8 * 2**10
CHUNK = 64 * 2**10
MOST_NAME = 200
WAIT_SECONDS = 60
TURN_SECONDS = 5
# Each cleaner takes a core and memory for itself. Most of the server's threads stay free for other
# requests.
_turns = threading.BoundedSemaphore(2)
_places = threading.BoundedSemaphore(4)
logger = logging.getLogger(__name__)

KINDS = {
    "application/pdf": ("pdf", Evidence.Kind.PDF),
    "image/jpeg": ("jpeg", Evidence.Kind.JPEG),
    "image/png": ("png", Evidence.Kind.PNG),
    "image/apng": ("png", Evidence.Kind.PNG),
    "image/heic": ("heic", Evidence.Kind.JPEG),
}
PDF_BEGINS = 2**10
# The brands of HEIC pictures, or that the file holds a picture, whatever its brand.
HEIF = re.compile(rb"^....ftyp(?:....){0,30}?(?:hei[cxms]|hev[cxms]|mif1|msf1)|hdlr.{8}pict", re.DOTALL)
ENDINGS = {Evidence.Kind.PDF: ".pdf", Evidence.Kind.JPEG: ".jpg", Evidence.Kind.PNG: ".png"}
# Possessive and atomic groups prevent backtracking: otherwise a few hundred bytes of comments would
# keep the expression busy for minutes.
MARKUP = re.compile(
    rb"(?:<\?xml[^>]*+>|<!--(?>.*?-->)|<!doctype[^>]*+>|\s)*+<(svg|html|head|body|script)\b", re.I | re.S
)


@dataclass(frozen=True)
class CleanFile:
    """A file as it will be stored.

    ``sha256`` is the hash of the file as it was sent, so that the same file is recognized again.
    """

    content: IO[bytes]
    name: str
    kind: FileKind
    size: int
    sha256: str
    left_out: LeftOut


def clean_name(sent: str, kind: FileKind) -> str:
    """Return the last part of the name, without invisible characters, ending as its kind does."""
    last = re.split(r"[/\\]", unicodedata.normalize("NFC", sent))[-1]
    seen = "".join(" " if unicodedata.category(letter)[0] in "CZ" else letter for letter in last)
    stem = re.sub(r"\.(pdf|jpe?g|png|hei[cf])$", "", " ".join(seen.split()), flags=re.I).strip(". ")
    ending = ENDINGS[kind]
    return (stem[: MOST_NAME - len(ending)].strip() or _("document")) + ending


def kind_of(head: bytes) -> tuple[str, FileKind]:
    """Return the kind that the first bytes show: as the file is read, and as it is stored.

    A PDF begins within the first ``PDF_BEGINS`` bytes, as viewers read it: servers and programs put
    blank lines, messages or the header of an e-mail before it. Whether a HEIC picture opens does
    not depend on the brand of the program that wrote it.

    Raises ``Refused`` for any other kind of file.
    """
    guess = filetype.guess(head)
    if guess and guess.mime in KINDS:
        return KINDS[guess.mime]
    if not guess and b"%PDF-" in head[: PDF_BEGINS + 5]:
        return KINDS["application/pdf"]
    if head[4:8] == b"ftyp" and not (guess and guess.mime == "image/avif") and HEIF.search(head):
        return KINDS["image/heic"]
    raise Refused(_other_kind(head))


def _other_kind(head: bytes) -> str:
    """Return the sentence about a file of a kind that is not taken."""
    guess = filetype.guess(head)
    if markup := MARKUP.match(head):
        return _other_kinds()["svg" if markup[1].lower() == b"svg" else "html"]
    return _other_kinds().get(guess.extension if guess else "", _other_kinds()[""])


def _other_kinds() -> dict[str, str]:
    archive = _("This is a ZIP file or another archive. Unpack it and attach the files in it one by one.")
    office = _("This is an office document. Save it as a PDF and attach that.")
    image = _("Pictures of this kind are not accepted. Save it as JPEG or PNG and attach that.")
    return {
        "": _("This is not a PDF, JPEG, PNG or HEIC file, whatever its name says. Save it as a PDF and attach that."),
        "svg": _("This is an SVG drawing. Save it as a PDF or PNG and attach that."),
        "html": _("This is a page from a browser. Print it to a PDF and attach that."),
        **dict.fromkeys(("zip", "rar", "7z", "gz", "bz2", "tar", "xz", "zst"), archive),
        **dict.fromkeys(("doc", "docx", "xls", "xlsx", "ppt", "pptx", "odt", "ods", "odp", "rtf"), office),
        **dict.fromkeys(("gif", "webp", "tif", "bmp", "avif", "heif", "jxr", "psd", "ico", "jpx", "cr2"), image),
        **dict.fromkeys(
            ("mp4", "mov", "m4v", "avi", "webm", "mkv", "3gp", "wmv", "mpg"),
            _("This is a video. Take a photo of the document and attach that."),
        ),
    }


@contextmanager
def opened(sent: UploadedFile) -> Iterator[CleanFile]:
    """Provide the file as it will be stored, for as long as the context lasts.

    Raises ``Refused`` with the reason if the file cannot be attached.
    """
    with _in_a_file(sent) as source, tempfile.TemporaryFile() as target:
        head = source.read(HEAD)
        kind, kept_as = kind_of(head)
        with _turn():
            _refuse_two_in_one(source, kind)
            _refuse_malware(source)
            outcome = _cleaned(kind, source, target)
        if outcome != Outcome.CLEAN and outcome - TAKEN not in range(1, 2 * max(LeftOut)):
            raise Refused(_sentence(outcome, kind, head))
        size = target.seek(0, 2)
        target.seek(0)
        yield CleanFile(
            content=target,
            name=clean_name(sent.name or "", kept_as),
            kind=kept_as,
            size=size,
            sha256=_digest(source),
            left_out=LeftOut(outcome - TAKEN if outcome else 0),
        )


@contextmanager
def _turn() -> Iterator[None]:
    """Wait for a turn: two files are opened at a time, and two more wait for a while.

    Raises ``Refused`` for anyone else, with the advice to try again.
    """
    busy = Refused(_("Many files are being checked right now. This one is not attached. Try again in a minute."))
    if not _places.acquire(blocking=False):
        raise busy
    try:
        if not _turns.acquire(timeout=TURN_SECONDS):
            raise busy
        try:
            yield
        finally:
            _turns.release()
    finally:
        _places.release()


@contextmanager
def _in_a_file(sent: UploadedFile) -> Iterator[IO[bytes]]:
    """Provide the upload as a file that another process can read.

    Its bytes are written in chunks. Raises ``Refused`` if the upload is empty or too large.
    """
    if not sent.size:
        raise Refused(_("The file is empty. Choose another one."))
    if sent.size > MOST_BYTES:
        raise Refused(
            _("The file is larger than 10 MB. Scan with fewer dots per inch (150 is enough), or take a photo.")
        )
    with tempfile.TemporaryFile() as source:
        for chunk in sent.chunks(CHUNK):
            source.write(chunk)
        source.seek(0)
        yield source


def _refuse_two_in_one(source: IO[bytes], kind: str) -> None:
    """Refuse a picture or PDF with an archive appended to it.

    A viewer shows one file, but other programs read a different one. An archive inside a PDF is an
    attached file.
    """
    try:
        with zipfile.ZipFile(source) as archive:
            holds = bool(archive.namelist())
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError):
        return
    if kind == "pdf":
        source.seek(0)
        content = source.read()
        holds = holds and content.rfind(b"PK\5\6") > content.rfind(b"%%EOF")
    if holds:
        raise Refused(_("Another file is hidden in this one. Open it, print it to a new PDF and attach that."))


def _refuse_malware(source: IO[bytes]) -> None:
    source.seek(0)
    try:
        malware.scan(iter(lambda: source.read(CHUNK), b""))
    except malware.Found as found:
        logger.warning("Malware in a file that a member wanted to attach: %s", found)
        raise Refused(
            _("This file holds malware (%(name)s). Do not open it, and have your phone or computer checked.")
            % {"name": found}
        ) from found
    except malware.Unavailable as problem:
        logger.exception("No file can be attached: the malware scanner does not answer.")
        raise Refused(
            _("Files cannot be checked for malware right now, so none is accepted. Try again in a few minutes.")
        ) from problem


def _digest(source: IO[bytes]) -> str:
    source.seek(0)
    digest = hashlib.sha256()
    for chunk in iter(lambda: source.read(CHUNK), b""):
        digest.update(chunk)
    return digest.hexdigest()


def _cleaned(kind: str, source: IO[bytes], target: IO[bytes]) -> int:
    """Return the exit status of the cleaner's process.

    This is an ``Outcome``, or another status if the process failed.
    """
    source.seek(0)
    try:
        return subprocess.run(  # noqa: S603  (our own module, and a kind of our own)
            [sys.executable, "-m", "ccp.evidence.cleaner", kind],
            stdin=source,
            stdout=target,
            stderr=subprocess.DEVNULL,
            cwd=Path(settings.BASE_DIR),
            env={"MALLOC_ARENA_MAX": "1"},  # or threads reserve addresses that they do not use
            timeout=WAIT_SECONDS,
            check=False,
        ).returncode
    except subprocess.TimeoutExpired:
        return -1


def _sentence(outcome: int, kind: str, head: bytes) -> str:
    """Return why the file was not accepted, and how to fix it."""
    if outcome == Outcome.LOCKED:
        return _(
            "This PDF is protected: it opens only with a password or in a certain program. Open it there, print it "
            "to a new PDF or take a photo of it, and attach that."
        )
    if outcome == Outcome.TOO_MANY_PAGES:
        return _("This PDF has more than %(most)s pages. Attach only those that prove the activity.") % {
            "most": MOST_PAGES
        }
    if outcome == Outcome.DYNAMIC_FORM:
        return _(
            "This PDF is a form that only Adobe Acrobat or Reader can show. Open it there, print it to a new PDF and "
            "attach that."
        )
    if outcome == Outcome.PORTFOLIO:
        return _(
            "This PDF is a portfolio: the documents are files inside it. Open it in Adobe Acrobat or Reader, save the "
            "files inside and attach them one by one."
        )
    if outcome == Outcome.TOO_MANY_PIXELS:
        return _("This picture has more than %(most)s megapixels. Make it smaller and attach it again.") % {
            "most": MOST_PIXELS // 1_000_000
        }
    if outcome == Outcome.OTHER_KIND:
        return _other_kinds()["heif"]
    if outcome == Outcome.BROKEN and kind == "pdf":
        if MARKUP.match(head):
            return _other_kind(head)
        return _(
            "This PDF is damaged, or a part of it is missing. Get it again from where you have it, or open it and "
            "print it to a new PDF, and attach that."
        )
    if outcome == Outcome.BROKEN:
        return _(
            "This picture is damaged, or of a kind that cannot be opened here. Take it again, or save it as JPEG or "
            "PNG, and attach that."
        )
    return _("This file is too complex to open. Print it to a new PDF, or take a photo, and attach that.")


def told_about(left_out: LeftOut) -> list[str]:
    """Return the sentences about what an attached file has lost."""
    sentences = {
        LeftOut.ACTIVE: _("Scripts, media or unsafe links in it were left out."),
        LeftOut.FILES: _("The files attached to it were left out. Attach each of them here too if it proves anything."),
        LeftOut.SIGNATURE: _("Its digital signature was left out. Keep the signed file for an audit."),
        LeftOut.PICTURES: _("It holds several pictures and only one of them was kept. Check that it is the right one."),
        LeftOut.END: _("The end of the file is missing. Check that you can read everything in the picture."),
    }
    return [sentence for lost, sentence in sentences.items() if lost in left_out]


def told_added(added: Evidence, *, is_new: bool, left_out: LeftOut) -> str:
    """Return the sentences about a file that was just attached."""
    if not is_new:
        return _("%(name)s is already attached. Only one copy is kept.") % {"name": added.original_name}
    return " ".join([_("%(name)s is attached.") % {"name": added.original_name}, *told_about(left_out)])
