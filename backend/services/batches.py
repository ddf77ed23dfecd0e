"""Taking an iterable in pieces."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TypeVar

T = TypeVar("T")


def in_batches(items: Iterable[T], size: int) -> Iterator[list[T]]:
    """Lists of `size` items in order, the last one shorter; reads no further ahead than one batch."""
    iterator = iter(items)
    while batch := list(islice(iterator, size)):
        yield batch
