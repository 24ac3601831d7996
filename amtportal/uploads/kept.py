"""Files that people sent, as they are kept: in the storage of evidence, each under a name that nobody can guess.

Only a view that has asked who may read a file answers with it.
"""

import hashlib
import logging
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO, Protocol

from django.core.files import File
from django.core.files.storage import Storage, storages
from django.db import models
from django.http import FileResponse, Http404

logger = logging.getLogger(__name__)


class FileKind(models.TextChoices):
    """The kinds of files that are kept."""

    PDF = "pdf", "PDF"
    JPEG = "jpeg", "JPEG"
    PNG = "png", "PNG"


CONTENT_TYPES = {FileKind.PDF: "application/pdf", FileKind.JPEG: "image/jpeg", FileKind.PNG: "image/png"}
# Even if a browser shows the file, it can run nothing and load nothing, and is not cached.
DOWNLOADED = {
    "Content-Security-Policy": "sandbox; default-src 'none'; frame-ancestors 'none'",
    "Cache-Control": "private, no-store",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}
# In a frame of the portal's own pages, the browser's viewer may show it. It can run and load nothing.
FRAMED = {
    **DOWNLOADED,
    "Content-Security-Policy": "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'",
    "X-Frame-Options": "SAMEORIGIN",
}


class Sent(Protocol):
    """A file that was checked and written again (``ccp.evidence.files``).

    ``sha256`` is that of the file as it was sent, so that the same file is recognized again.
    """

    @property
    def content(self) -> IO[bytes]: ...

    @property
    def name(self) -> str: ...

    @property
    def kind(self) -> FileKind: ...

    @property
    def size(self) -> int: ...

    @property
    def sha256(self) -> str: ...


@dataclass
class Kept:
    """Where a file is kept, the SHA-256 of what is kept, and whether a row names it."""

    name: str
    sha256: str
    is_needed: bool = True


def storage() -> Storage:
    return storages["evidence"]


def digest(content: File) -> str:
    """Return the SHA-256 of a file, read from its beginning."""
    made = hashlib.sha256()
    for chunk in content.chunks():
        made.update(chunk)
    return made.hexdigest()


@contextmanager
def keep(file: Sent) -> Iterator[Kept]:
    """Write the file before its row, so that no row lacks its file.

    It is deleted again if the block raises an error, or says that no row needs it.
    """
    content = File(file.content)
    sha256 = digest(content)
    content.seek(0)
    name = secrets.token_hex(32)
    kept = Kept(storage().save(f"{name[:2]}/{name}", content), sha256)
    try:
        yield kept
    except BaseException:
        delete(kept.name)
        raise
    if not kept.is_needed:
        delete(kept.name)


def delete(name: str) -> bool:
    """Delete a file that no row needs, and return whether that succeeded.

    ``manage.py clean_evidence`` finds a file that could not be deleted now.
    """
    try:
        storage().delete(name)
    except Exception:
        logger.exception("The file %s could not be deleted.", name)
        return False
    return True


def as_download(stored_name: str, *, name: str, kind: str, about: str) -> FileResponse:
    """Return the file as a download. ``about``: what the log calls it if it is missing. Raises ``Http404`` then."""
    return sent(storage(), stored_name, name=name, content_type=CONTENT_TYPES[FileKind(kind)], about=about)


def sent(stored: Storage, stored_name: str, *, name: str, content_type: str, about: str) -> FileResponse:
    """Return a file of any private storage as a download. Raises ``Http404`` if it is missing."""
    content = _opened(stored, stored_name, about=about)
    return FileResponse(content, as_attachment=True, filename=name, content_type=content_type, headers=DOWNLOADED)


def in_a_frame(stored_name: str, *, name: str, kind: str, about: str) -> FileResponse:
    """Return the file to be shown in one of the portal's own pages. Raises ``Http404`` if it is missing."""
    content = _opened(storage(), stored_name, about=about)
    return FileResponse(content, filename=name, content_type=CONTENT_TYPES[FileKind(kind)], headers=FRAMED)


def _opened(stored: Storage, stored_name: str, *, about: str) -> File:
    try:
        return stored.open(stored_name)
    except FileNotFoundError:
        logger.exception("The file of %s is missing.", about)
        raise Http404 from None
