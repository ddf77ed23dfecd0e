"""Where an intake takes plots from: the input directory, and messages from the network."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Protocol, TypeVar

from backend.domain.errors import PlotRejectedError
from backend.domain.intake import FileStamp, NewPlot
from backend.pipeline.items import ReadItem
from backend.pipeline.reader import Reader

A = TypeVar("A")
"""An arrival: what a source offers, before it is read."""


class Source(Protocol[A]):
    """An endless series of batches, and what becomes of what was in them."""

    def __aiter__(self) -> Source[A]:
        """Itself."""

    async def __anext__(self) -> Sequence[A]:
        """The next batch, at least one."""

    def stamp(self, arrival: A) -> FileStamp:
        """What stands for it in the ledger and in quarantine."""

    def read(self, reader: Reader, arrival: A) -> ReadItem | NewPlot:
        """Read, check and decode. Blocking, on a worker thread. Raises PlotRejectedError or NotCompleteError.

        A mere `NewPlot` is made safe and left to whichever station has time to look at it.
        """

    def retry(self, arrival: A) -> None:
        """It could not be read yet."""

    def acknowledge(self, committed: Sequence[tuple[A, bool]]) -> None:
        """These are in the store from now on; the second says whether the plot is new there. Does not wait."""

    async def dispose(self, committed: Sequence[tuple[A, NewPlot]]) -> None:
        """These went on to be classified; whatever takes time is done now."""

    async def set_aside(self, arrival: A, error: PlotRejectedError) -> None:
        """This one is in quarantine."""


def printable(path: str) -> str:
    """A path as it can be shown and stored, whatever bytes its name was made of."""
    return os.fsencode(path).decode("utf-8", "backslashreplace")
