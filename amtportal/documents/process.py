"""The process that lays out documents, and how it is asked.

WeasyPrint with its fonts takes as much memory as a web worker needs besides, and while it lays out a
document, no other thread of its process gets on. So it runs in a process of its own
(``amtportal.documents.engine``): without Django, without settings and keys, and with nothing open but
two pipes to the process that started it.

- It is started when a document has to be laid out, and lays out one after the other.
- It ends when nothing was laid out for ``IDLE_SECONDS``, and when the process that started it ends,
  however it ends: then its pipe is closed.
- If it has died, the next document starts another. A document that takes longer than
  ``MOST_SECONDS`` is given up, and the process with it.

A question and an answer are messages: eight bytes of length, then the bytes.
"""

import atexit
import json
import os
import subprocess
import sys
import threading
from collections.abc import Sequence
from io import RawIOBase
from pathlib import Path
from struct import Struct
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
FONTCONFIG = Path(__file__).resolve().parent / "document_assets" / "fonts.conf"
MODULE = "amtportal.documents.engine"
MOST_SECONDS = 45
"""The longest document takes ten seconds of processor time (``layout.MOST_WEIGHT``)."""
IDLE_SECONDS = 600
_LENGTH = Struct("!Q")


class EngineAway(Exception):
    """The process could not be started, has died, or has not answered in time. A later try may succeed."""


class EngineLate(EngineAway):
    """The process took too long."""


class NotLaidOut(Exception):
    """The engine refuses the document, such as one that asks for a file."""


def send(pipe: RawIOBase, message: bytes) -> None:
    rest = memoryview(_LENGTH.pack(len(message)) + message)
    while rest:
        rest = rest[pipe.write(rest) :]


def receive(pipe: RawIOBase) -> bytes:
    """Return the next message. Raises ``EOFError`` if the other side is gone."""
    (length,) = _LENGTH.unpack(_read(pipe, _LENGTH.size))
    return _read(pipe, length)


def _read(pipe: RawIOBase, length: int) -> bytes:
    parts = []
    while length:
        part = pipe.read(length)
        if not part:
            raise EOFError
        parts.append(part)
        length -= len(part)
    return b"".join(parts)


class Engine:
    """The process that lays out the documents of this one. Threads take turns."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._process: subprocess.Popen[bytes] | None = None
        self._idle: threading.Timer | None = None

    def lay_out(self, html: str, fonts: Sequence[Any]) -> tuple[bytes, set[str]]:
        """Return the HTML as PDF/UA-1, set in these fonts, and the characters that came out as boxes.

        Raises ``EngineAway`` and ``NotLaidOut``.
        """
        files = [[str(font.file), font.bold and str(font.bold)] for font in fonts]
        answer, content = self._ask(json.dumps({"html": html, "fonts": files}).encode())
        if "refused" in answer:
            raise NotLaidOut(answer["refused"])
        return content, set(answer["boxes"])

    def end(self) -> None:
        """End the process, if there is one. The next document starts another."""
        with self._lock:
            if self._idle:
                self._idle.cancel()
            process, self._process, self._idle = self._process, None, None
            if process:
                process.kill()  # between two documents, nothing is lost
                process.communicate()

    def _ask(self, question: bytes) -> tuple[dict[str, Any], bytes]:
        with self._lock:
            if self._idle:
                self._idle.cancel()
            try:
                if self._process:
                    try:
                        return self._exchange(self._process, question)
                    except EngineLate:
                        raise
                    except EngineAway:  # it has died since the last document
                        pass
                return self._exchange(self._start(), question)
            finally:
                self._idle = _timer(IDLE_SECONDS, self._end_if_idle)

    def _exchange(self, process: "subprocess.Popen[bytes]", question: bytes) -> tuple[dict[str, Any], bytes]:
        pipes: Any = (process.stdin, process.stdout)
        limit = _timer(MOST_SECONDS, process.kill)
        try:
            send(pipes[0], question)
            return json.loads(receive(pipes[1])), receive(pipes[1])
        except (OSError, EOFError) as error:
            is_late = limit.finished.is_set()
            self.end()
            if is_late:
                raise EngineLate(f"No answer in {MOST_SECONDS} seconds.") from error
            raise EngineAway(f"No answer; its exit status is {process.returncode}.") from error
        except BaseException:  # or the next question would get the answer to this one
            self.end()
            raise
        finally:
            limit.cancel()

    def _start(self) -> "subprocess.Popen[bytes]":
        try:
            self._process = subprocess.Popen(  # noqa: S603  (our own module)
                # WeasyPrint does not know that our style sheet brings its own fonts.
                [sys.executable, "-W", "ignore:No fonts configured", "-m", MODULE],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                bufsize=0,
                cwd=ROOT,
                # No secrets, no fonts and font rules of the machine, and as little memory as possible.
                env={"FONTCONFIG_FILE": str(FONTCONFIG), "MALLOC_ARENA_MAX": "1"},
                start_new_session=True,  # what is being laid out is finished after Ctrl-C
            )
        except OSError as error:
            raise EngineAway("It cannot be started.") from error
        return self._process

    def _end_if_idle(self) -> None:
        with self._lock:
            if threading.current_thread() is self._idle:
                self.end()

    def forget(self) -> None:
        """Leave the process to the one that started it, of which this one is a copy."""
        if self._process:
            for pipe in (self._process.stdin, self._process.stdout):
                if pipe:
                    pipe.close()
            self._process.returncode = 0
        self._lock, self._process, self._idle = threading.RLock(), None, None


def _timer(seconds: float, act: Any) -> threading.Timer:
    timer = threading.Timer(seconds, act)
    timer.daemon = True
    timer.start()
    return timer


engine = Engine()
atexit.register(engine.end)
os.register_at_fork(after_in_child=engine.forget)
