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
from amtportal.uploads.limits import MOST_BYTES
from ccp.evidence.cleaner import MOST_PAGES, MOST_PIXELS, Outcome
from ccp.models.evidence import Evidence, EvidenceKind

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
    "image/heic": ("heic", Evidence.Kind.JPEG),
}
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
    kind: EvidenceKind
    size: int
    sha256: str
    was_disarmed: bool


def clean_name(sent: str, kind: EvidenceKind) -> str:
    """Return the last part of the name, without invisible characters, ending as its kind does."""
    last = re.split(r"[/\\]", unicodedata.normalize("NFC", sent))[-1]
    seen = "".join(" " if unicodedata.category(letter)[0] in "CZ" else letter for letter in last)
    stem = re.sub(r"\.(pdf|jpe?g|png|hei[cf])$", "", " ".join(seen.split()), flags=re.I).strip(". ")
    ending = ENDINGS[kind]
    return (stem[: MOST_NAME - len(ending)].strip() or _("document")) + ending


def kind_of(head: bytes) -> tuple[str, EvidenceKind]:
    """Return the kind that the first bytes show: as the file is read, and as it is stored.

    Raises ``Refused`` for any other kind of file.
    """
    guess = filetype.guess(head)
    if guess and guess.mime in KINDS:
        return KINDS[guess.mime]
    if markup := MARKUP.match(head):
        what = "svg" if markup[1].lower() == b"svg" else "html"
        raise Refused(_other_kinds()[what])
    raise Refused(_other_kinds().get(guess.extension if guess else "", _other_kinds()[""]))


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
        **dict.fromkeys(("gif", "webp", "tif", "bmp", "avif", "jxr", "psd", "ico", "jpx", "cr2"), image),
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
        kind, kept_as = kind_of(source.read(HEAD))
        with _turn():
            _refuse_two_in_one(source)
            _refuse_malware(source)
            outcome = _cleaned(kind, source, target)
        if outcome not in (Outcome.CLEAN, Outcome.DISARMED):
            raise Refused(_sentence(outcome, kind))
        size = target.seek(0, 2)
        target.seek(0)
        yield CleanFile(
            content=target,
            name=clean_name(sent.name or "", kept_as),
            kind=kept_as,
            size=size,
            sha256=_digest(source),
            was_disarmed=outcome == Outcome.DISARMED,
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


def _refuse_two_in_one(source: IO[bytes]) -> None:
    """Refuse a picture or PDF with an archive appended to it.

    A viewer shows one file, but other programs read a different one.
    """
    try:
        with zipfile.ZipFile(source) as archive:
            holds = bool(archive.namelist())
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError):
        return
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


def _sentence(outcome: int, kind: str) -> str:
    """Return why the file was not accepted, and how to fix it."""
    if outcome == Outcome.ENCRYPTED:
        return _("This PDF is protected. Open it, print it to a new PDF and attach that.")
    if outcome == Outcome.TOO_MANY_PAGES:
        return _("This PDF has more than %(most)s pages. Attach only those that prove the activity.") % {
            "most": MOST_PAGES
        }
    if outcome == Outcome.TOO_MANY_PIXELS:
        return _("This picture has more than %(most)s megapixels. Make it smaller and attach it again.") % {
            "most": MOST_PIXELS // 1_000_000
        }
    if outcome == Outcome.BROKEN and kind == "pdf":
        return _("This PDF is damaged. Open it, print it to a new PDF and attach that.")
    if outcome == Outcome.BROKEN:
        return _("This picture is damaged. Take or save it again and attach that.")
    return _("This file is too complex to open. Print it to a new PDF, or take a photo, and attach that.")
