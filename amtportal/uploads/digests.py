"""Uploads of which only the SHA-256 is wanted: digested as they come in, and kept nowhere."""

import hashlib
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler

MOST_BYTES = 10 * 2**20


class Digest(UploadedFile):
    """A file that has been read and let go. ``sha256`` is empty where it was larger than ``MOST_BYTES``."""

    def __init__(self, *, name: str | None, size: int, sha256: str = "") -> None:
        super().__init__(name=name, size=size)
        self.sha256 = sha256

    def close(self) -> None:
        """Nothing is open."""


class DigestHandler(FileUploadHandler):
    """Reads every file to its end, so that the browser hears the answer, and stores nothing."""

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
