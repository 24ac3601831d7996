"""A mail server that takes everything at once, writes down what it is told, and answers as it is asked to.

    .venv/bin/python -m tests.support.smtp_sink [SECONDS]

runs it as a process of its own, which prints its port, takes that many seconds for each mail, and
prints how many mails it has got, and how many different ones, when its input ends.
"""

import asyncio
import re
import subprocess
import sys
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial

from tests.support.waiting import PATIENCE

HANG_UP = "hang up"
"""An answer that closes the connection without a word."""


@dataclass
class Sink:
    """``answer`` is asked for each command, and for ``.`` at the end of a mail; "" is the usual answer."""

    answer: Callable[[str], str] = lambda command: ""
    seconds: float = 0.0
    together: int = 1
    """No mail is taken before so many are under way at once. From then on each is taken by itself."""
    port: int = 0
    connections: int = 0
    commands: list[str] = field(default_factory=list)
    under_way: list[int] = field(default_factory=list)
    """How many mails were under way when each was taken, with itself."""
    mails: list[tuple[str, bytes]] = field(default_factory=list)
    """The recipient, and the mail."""

    _now: int = 0
    _met: asyncio.Event = field(default_factory=asyncio.Event)
    _writers: list[asyncio.StreamWriter] = field(default_factory=list)

    def recipients(self) -> list[str]:
        return [recipient for recipient, _ in self.mails]

    def message_ids(self) -> list[bytes]:
        return [re.findall(rb"(?im)^Message-ID:\s*(\S+)", content)[0] for _, content in self.mails]

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self._writers.append(writer)
        recipient = ""

        async def say(command: str, usual: str) -> str:
            said = self.answer(command) or usual
            if said != HANG_UP:
                writer.write(said.encode() + b"\r\n")
                await writer.drain()
            if said == HANG_UP or said.startswith("421"):
                writer.close()
            return said

        with suppress(ConnectionError, asyncio.IncompleteReadError):
            await say("connect", "220 sink")
            while not writer.is_closing() and (line := await reader.readline()):
                verb = line[:4].decode().upper()
                command = verb + line[4:].decode().rstrip()
                self.commands.append(command)
                if verb == "RCPT":
                    recipient = command.partition("<")[2].partition(">")[0]
                if verb == "DATA":
                    if (await say(command, "354 go on")).startswith("354"):
                        content = await reader.readuntil(b"\r\n.\r\n")
                        self._now += 1
                        self.under_way.append(self._now)
                        if self._now >= self.together:
                            self._met.set()
                        await asyncio.wait_for(self._met.wait(), PATIENCE)
                        await asyncio.sleep(self.seconds)
                        self._now -= 1
                        if (await say(f". {recipient}", "250 taken")).startswith("250"):
                            self.mails.append((recipient, content))
                    continue
                await say(command, "221 bye" if verb == "QUIT" else "250 ok")
                if verb == "QUIT":
                    writer.close()

    async def serve(self, is_ready: Callable[[], object], until: Awaitable[object]) -> None:
        """Take mail until the end, and close every connection."""
        server = await asyncio.start_server(self._talk, "127.0.0.1", 0, limit=2**24)
        self.port = server.sockets[0].getsockname()[1]
        is_ready()
        await until
        server.close()
        for each in self._writers:
            each.close()
        await asyncio.gather(*(_closed(each) for each in self._writers))


async def _closed(writer: asyncio.StreamWriter) -> None:
    with suppress(ConnectionError):
        await writer.wait_closed()


@contextmanager
def sink(answer: Callable[[str], str] = lambda command: "") -> Iterator[Sink]:
    """Run the server in a thread."""
    served, ready = Sink(answer), threading.Event()
    end: list[Callable[[], object]] = []

    async def serve() -> None:
        over = asyncio.Event()
        end.append(partial(asyncio.get_running_loop().call_soon_threadsafe, over.set))
        await served.serve(ready.set, over.wait())

    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    assert ready.wait(PATIENCE)
    try:
        yield served
    finally:
        end[0]()
        thread.join()


@dataclass
class SinkProcess:
    port: int
    process: "subprocess.Popen[str]"

    def end(self) -> tuple[int, int]:
        """Return how many mails came, and how many different ones."""
        told, _ = self.process.communicate()
        mails, different = map(int, told.split())
        assert self.process.wait() == 0
        return mails, different


def sink_process(seconds: float = 0.0) -> SinkProcess:
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.support.smtp_sink", str(seconds)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdout
    return SinkProcess(int(process.stdout.readline()), process)


def main() -> None:
    served = Sink(seconds=float(sys.argv[1]))
    served.commands = _Nothing()

    asyncio.run(served.serve(lambda: print(served.port, flush=True), _end_of_input()))
    print(len(served.mails), len(set(served.message_ids())))


async def _end_of_input() -> None:
    await asyncio.to_thread(sys.stdin.read)


class _Nothing(list[str]):
    """A list that keeps nothing: a hundred thousand mails are half a million commands."""

    def append(self, item: str) -> None:
        pass


if __name__ == "__main__":
    main()
