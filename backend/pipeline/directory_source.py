"""The input directory as a source: files are read where they lie, and moved or deleted once their plot is safe."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field

from backend.domain.errors import PlotRejectedError
from backend.domain.health import PartHealth
from backend.domain.intake import FileStamp, NewPlot
from backend.feed.directory import DirectorySettings, InputDirectory
from backend.feed.disposal import Disposal
from backend.pipeline.executors import Executors, run_in
from backend.pipeline.items import ReadItem
from backend.pipeline.reader import Reader
from backend.pipeline.sources import printable
from backend.pipeline.store_link import StoreLink
from backend.store import Store

log = logging.getLogger(__name__)


@dataclass(slots=True, eq=False)
class DirectorySource:
    """One watched folder. Its arrivals are stamps of files."""

    settings: DirectorySettings
    disposal: Disposal
    store: Store
    link: StoreLink
    executors: Executors
    directory: InputDirectory = field(init=False)

    def __post_init__(self) -> None:
        self.directory = InputDirectory(self.settings, self._known)

    def __aiter__(self) -> DirectorySource:
        return self

    async def __anext__(self) -> list[FileStamp]:
        return await self.directory.__anext__()

    @property
    def health(self) -> PartHealth:
        """Whether new files are noticed."""
        return self.directory.health

    @property
    def backlog(self) -> int:
        """Files found and not taken in."""
        return self.directory.backlog

    def stamp(self, arrival: FileStamp) -> FileStamp:
        """Itself."""
        return arrival

    def read(self, reader: Reader, arrival: FileStamp) -> ReadItem:
        """Read the file."""
        return reader.read_file(arrival, self.settings.root)

    def retry(self, arrival: FileStamp) -> None:
        """The file is not complete yet."""
        self.directory.retry(arrival)

    def acknowledge(self, committed: Sequence[tuple[FileStamp, bool]]) -> None:
        """Nobody waits for an answer; the files are disposed of when there is time."""

    async def dispose(self, committed: Sequence[tuple[FileStamp, NewPlot]]) -> None:
        """Move or delete the files as configured; they are stamped as they were read."""
        if self.disposal.disposes:
            stamps = [plot.source or arrival for arrival, plot in committed]
            await run_in(self.executors.read, self._dispose, stamps, set())

    async def set_aside(self, arrival: FileStamp, error: PlotRejectedError) -> None:
        """Keep the file where it is, or move it out of the way."""
        await run_in(self.executors.read, self._dispose, [arrival], {arrival.path})

    async def aclose(self) -> None:
        """Stop watching."""
        await self.directory.aclose()

    async def _known(self, stamps: Sequence[FileStamp]) -> set[str]:
        """Paths that need not be offered. A file that outlived a kill after its commit is disposed of now."""
        known = await self.link.insist(self.store.intake.known, stamps)
        leftover = [stamp for stamp in stamps if stamp.path in known]
        if leftover and self.disposal.disposes:
            quarantined = await self.link.insist(self.store.intake.quarantined_paths, leftover)
            await run_in(self.executors.read, self._dispose, leftover, quarantined)
        return known

    def _dispose(self, stamps: Sequence[FileStamp], quarantined: set[str]) -> None:
        for stamp in stamps:
            try:
                (self.disposal.set_aside if stamp.path in quarantined else self.disposal.done)(stamp)
            except OSError as error:
                log.error("%s is entered in the store but stays where it is: %s", printable(stamp.path), error)
