"""Long lists, taken in chunks: no more at a time than the databases take as parameters of a query."""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TypeVar

CHUNK = 500

Item = TypeVar("Item")


def chunks(items: Iterable[Item]) -> Iterator[list[Item]]:
    """The items in lists of ``CHUNK``, the last one with what is left."""
    iterator = iter(items)
    while chunk := list(islice(iterator, CHUNK)):
        yield chunk
