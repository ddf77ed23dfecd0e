"""The one interface of blob storage."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Protocol


class BlobStore(Protocol):
    """Bytes named by their SHA-256 (64 hex digits). A blob is written before the row that names it.

    All methods may be called from any thread. What `put` has returned for survives a power cut.
    """

    def put(self, data: bytes) -> str:
        """Keep `data`; returns its name. The same bytes twice are one blob."""

    def put_many(self, blobs: Mapping[str, bytes]) -> None:
        """Keep many, by name. The names must be right: they are checked when read."""

    def get(self, sha256: str) -> bytes:
        """The bytes; BlobError when they are missing or damaged."""

    def contains(self, sha256: str) -> bool:
        """Whether there is such a blob."""

    def sizes(self, names: Iterable[str]) -> dict[str, int]:
        """Bytes of those that are there."""

    def usage(self) -> tuple[int, int]:
        """How many blobs there are, and their bytes together."""

    def untouched_since(self, moment: datetime) -> Iterator[list[str]]:
        """Names of blobs last put before `moment`, in portions."""

    def remove(self, sha256: str, untouched_since: datetime) -> bool:
        """Remove a blob unless it was put again meanwhile; returns whether it is gone."""

    def close(self) -> None:
        """Stop what runs for this store."""


def digest(data: bytes) -> str:
    """The name of a blob."""
    return hashlib.sha256(data).hexdigest()
