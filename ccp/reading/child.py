"""Read one certificate in a separate process: ``python -m ccp.reading.child KIND <file >answer``.

``KIND`` is ``pdf``, ``jpeg`` or ``png``. If the file harms the libraries that open it, only this
process is harmed, and tesseract, which it starts. Both have these limits, each for itself: memory,
seconds of processor, bytes written to a file. The process that started this one ends both after a
while.

Neither reaches a network, not even this machine's own: the process moves itself into an empty
network of its own before it opens the file. Root may do that, and so may everybody where the
kernel gives people namespaces of their own (Debian does). Where it is not permitted, such as in a
container that forbids it, the file is read all the same, and ``reading`` logs it: then only the
limits and the lack of keys stand between a file that takes over this process and the network.

The answer is JSON: ``found`` (``Found.to_json``) and ``is_apart``. The exit status is an
``Outcome``. Neither Django nor the portal's settings are loaded, so it starts fast and has no keys.
"""

import ctypes
import json
import resource
import sys
from enum import IntEnum

MOST_MEMORY = 1024 * 2**20
MOST_SECONDS = 30
MOST_WRITTEN = 2 * 2**20
MOST_ANSWER = MOST_WRITTEN
CLONE_NEWUSER, CLONE_NEWNET = 0x10000000, 0x40000000


class Outcome(IntEnum):
    """Exit statuses. Any other means that the process failed: Python itself uses 1."""

    READ = 0
    NOTHING = 20
    NO_OCR = 21
    TOO_LONG = 22


def limit() -> None:
    """Limit what this process, and each that it starts, may use."""
    for what, most in (
        (resource.RLIMIT_AS, MOST_MEMORY),
        (resource.RLIMIT_CPU, MOST_SECONDS),
        (resource.RLIMIT_FSIZE, MOST_WRITTEN),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(what, (most, most))


def leave_the_network() -> bool:
    """Move into an empty network, without even the loopback; return whether it was permitted."""
    libc = ctypes.CDLL(None, use_errno=True)
    return any(libc.unshare(flags) == 0 for flags in (CLONE_NEWNET, CLONE_NEWUSER | CLONE_NEWNET))


def main(kind: str) -> int:
    limit()
    is_apart = leave_the_network()
    # What opens files is loaded only now, within the limits.
    from ccp.reading import certificate
    from ccp.reading.ocr import NoOcr

    with open(0, "rb") as source, open(1, "w", encoding="utf-8") as target:
        try:
            found = certificate.read(source.read(), kind)
        except NoOcr:
            return Outcome.NO_OCR
        except (MemoryError, TimeoutError):
            return Outcome.TOO_LONG
        if not found:
            return Outcome.NOTHING
        json.dump({"found": found.to_json(), "is_apart": is_apart}, target)
    return Outcome.READ


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
