"""Uploads of which only the SHA-256 is needed: it is computed as they arrive, nothing is stored."""

import hashlib
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler

MOST_BYTES = 10 * 2**20


class Digest(UploadedFile):
    """A file that was read and discarded. ``sha256`` is empty if it exceeded ``MOST_BYTES``."""

    def __init__(self, *, name: str | None, size: int, sha256: str = "") -> None:
        super().__init__(name=name, size=size)
        self.sha256 = sha256

    def close(self) -> None:
        """Do nothing, because no file is open."""


class DigestHandler(FileUploadHandler):
    """Reads every file to its end and stores nothing.

    A browser shows the response only after it has sent the whole file.
    """

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        super().new_file(*args, **kwargs)
        self._hash = hashlib.sha256()
        self._size = 0

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        self._size += len(raw_data)
        if self._size <= MOST_BYTES:
            self._hash.update(raw_data)

    def file_complete(self, file_size: int) -> Digest:
        whole = self._hash.hexdigest() if self._size <= MOST_BYTES else ""
        return Digest(name=self.file_name, size=self._size, sha256=whole)
