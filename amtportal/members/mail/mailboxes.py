"""Mailboxes in which delivery reports arrive: a Maildir folder of this machine, or IMAP.

What was read is moved to a folder beside it, ``Read`` or ``Unclear``, and never deleted.
"""

import imaplib
import mailbox
import re
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import SplitResult, unquote, urlsplit

READ, UNCLEAR = "Read", "Unclear"
SECONDS = 30


class Mailbox(Protocol):
    def messages(self) -> Iterator[tuple[str, bytes]]:
        """Yield each message that was not put away, with its key."""

    def put_away(self, key: str, folder: str) -> None:
        """Move a message to ``Read`` or ``Unclear``."""


class Maildir:
    def __init__(self, path: str) -> None:
        if not Path(path, "new").is_dir():
            raise OSError(f"{path} is no Maildir folder: it has no folder “new”.")
        self._box = mailbox.Maildir(path, factory=None, create=False)

    def messages(self) -> Iterator[tuple[str, bytes]]:
        for key in sorted(self._box.keys()):
            try:
                content = self._box.get_bytes(key)
            except (KeyError, FileNotFoundError):  # another run has put it away
                continue
            yield key, content

    def put_away(self, key: str, folder: str) -> None:
        try:
            self._box.add_folder(folder).add(self._box.get_bytes(key))
        except (KeyError, FileNotFoundError):
            return
        self._box.discard(key)


class Imap:
    def __init__(self, client: imaplib.IMAP4) -> None:
        self._client = client

    def messages(self) -> Iterator[tuple[str, bytes]]:
        _, (found,) = self._ask("search", "ALL")
        for key in (found or b"").decode().split():
            _, answer = self._ask("fetch", key, "(BODY.PEEK[])")
            for part in answer:
                if isinstance(part, tuple):
                    yield key, part[1]

    def put_away(self, key: str, folder: str) -> None:
        if self._client.uid("copy", key, folder)[0] != "OK":
            self._client.create(folder)
            self._ask("copy", key, folder)
        self._ask("store", key, "+FLAGS", r"(\Deleted)")
        self._client.expunge()

    def _ask(self, *command: str) -> tuple[str, list[Any]]:
        status, answer = self._client.uid(*command)
        if status != "OK":
            raise OSError(f"The mail server refuses {command[0].upper()}: {answer!r}")
        return status, answer


@contextmanager
def opened(address: str) -> Iterator[Mailbox]:
    """Open the mailbox that ``BOUNCE_MAILBOX`` names. Raises ``OSError`` if that is not possible."""
    parts = urlsplit(address)
    if parts.scheme == "maildir":
        yield Maildir(unquote(parts.path))
        return
    try:
        with _connected(parts) as client:
            client.login(unquote(parts.username or ""), unquote(parts.password or ""))
            name = unquote(parts.path.strip("/")) or "INBOX"
            if client.select(name)[0] != "OK":
                raise OSError(f"The mail server has no mailbox {name}.")
            yield Imap(client)
    except imaplib.IMAP4.error as error:
        raise OSError(re.sub(r"\s+", " ", str(error))) from error


def _connected(parts: SplitResult) -> imaplib.IMAP4:
    host = parts.hostname or ""
    if parts.scheme == "imap":
        return imaplib.IMAP4(host, parts.port or 143, timeout=SECONDS)
    context = ssl.create_default_context()  # imaplib's own believes every certificate
    return imaplib.IMAP4_SSL(host, parts.port or 993, ssl_context=context, timeout=SECONDS)
