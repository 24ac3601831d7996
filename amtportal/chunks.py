"""Long lists in chunks, because databases limit how many parameters a query can have."""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TypeVar

CHUNK = 500

Item = TypeVar("Item")


def chunks(items: Iterable[Item]) -> Iterator[list[Item]]:
    """Yield the items in lists of ``CHUNK``; the last list has the rest."""
    iterator = iter(items)
    while chunk := list(islice(iterator, CHUNK)):
        yield chunk
