"""Digests of rows, packed: for each row its id in 8 bytes and its SHA-256 in 32."""

import struct
from collections.abc import Iterable

ENTRY = struct.Struct(">q32s")


def pack(digests: Iterable[tuple[int, bytes]]) -> bytes:
    return b"".join(ENTRY.pack(*row) for row in digests)


def unpack(entries: "bytes | memoryview[int]") -> dict[int, bytes]:
    return dict(ENTRY.iter_unpack(bytes(entries)))
