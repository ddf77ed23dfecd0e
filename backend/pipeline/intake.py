"""Intake: files become stored plots, in the order they came, and only then are moved or deleted."""

from __future__ import annotations

import asyncio
import logging
import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from backend.domain.errors import PlotRejectedError
from backend.domain.intake import FileStamp, StoredPlot
from backend.domain.plots import PlotState
from backend.domain.quarantine import QuarantinedFile, QuarantineReason
from backend.events import Event, FileQuarantined, PlotArrived
from backend.feed.directory import InputDirectory
from backend.feed.disposal import Disposal
from backend.feed.reading import NotCompleteError
from backend.pipeline.executors import Executors, run_in
from backend.pipeline.hall_state import HallState
from backend.pipeline.items import ClassifyItem, ReadItem
from backend.pipeline.queues import WORTH_A_COMMIT
from backend.pipeline.reader import Reader
from backend.pipeline.sharing import Share
from backend.pipeline.store_link import StoreLink
from backend.store import Store

log = logging.getLogger(__name__)

COMMIT_BATCH = 64
_READS_AHEAD = 8
_GATHER_S = 0.15
"""How long a commit waits for reads under way, so that in a burst there are `WORTH_A_COMMIT` plots in it."""

POSTPONE_S = 60.0
"""Seconds until plots whose model cannot be loaded are looked at again, by whichever station."""


def printable(path: str) -> str:
    """A path as it can be shown and stored, whatever bytes its name was made of."""
    return os.fsencode(path).decode("utf-8", "backslashreplace")


@dataclass(frozen=True, slots=True)
class Lease:
    """In whose name this station takes work, and for how long (seconds). `owner` is one life of a station."""

    owner: str
    seconds: float


@dataclass(slots=True, eq=False)
class Rejected:
    """A file that cannot become a plot."""

    stamp: FileStamp
    error: PlotRejectedError


class Intake:
    """Reads what the feed finds, commits it in batches, hands it to the classifier, then disposes of the files."""

    def __init__(
        self,
        feed: InputDirectory,
        root: Path,
        reader: Reader,
        store: Store,
        link: StoreLink,
        disposal: Disposal,
        hall: HallState,
        executors: Executors,
        lease: Lease,
        share: Share,
        classify: asyncio.Queue[ClassifyItem],
        publish: Callable[[Event], None],
    ) -> None:
        self._feed, self._root, self._reader = feed, root, reader
        self._store, self._link, self._disposal = store, link, disposal
        self._hall, self._executors, self._lease, self._share = hall, executors, lease, share
        self._classify, self._publish = classify, publish
        self._reads: asyncio.Queue[asyncio.Task[ReadItem | Rejected | None]] = asyncio.Queue(_READS_AHEAD)
        self._head: asyncio.Task[ReadItem | Rejected | None] | None = None

    async def read_forever(self) -> None:
        """Start reading every file the feed offers; the bounded queue holds the feed back."""
        async for stamps in self._feed:
            for stamp in stamps:
                await self._reads.put(asyncio.create_task(self._read(stamp)))

    async def commit_forever(self) -> None:
        """Commit what has been read, in the order it was offered."""
        while True:
            outcomes = await self._next_outcomes()
            for rejected in [item for item in outcomes if isinstance(item, Rejected)]:
                await self._quarantine(rejected)
            await self._commit([item for item in outcomes if isinstance(item, ReadItem)])

    def cancel_reads(self) -> None:
        """Forget the reads under way; their files stay where they are."""
        while not self._reads.empty():
            self._reads.get_nowait().cancel()
        if self._head is not None:
            self._head.cancel()

    async def known(self, stamps: Sequence[FileStamp]) -> set[str]:
        """Paths that need not be offered. A file that outlived a kill after its commit is disposed of now."""
        known = await self._link.insist(self._store.intake.known, stamps)
        leftover = [stamp for stamp in stamps if stamp.path in known]
        if leftover and self._disposal.disposes:
            quarantined = await self._link.insist(self._store.intake.quarantined_paths, leftover)
            await run_in(self._executors.read, self._dispose, leftover, quarantined)
        return known

    async def _read(self, stamp: FileStamp) -> ReadItem | Rejected | None:
        try:
            return await run_in(self._executors.cpu, self._reader.read_file, stamp, self._root)
        except PlotRejectedError as error:
            return Rejected(stamp, error)
        except NotCompleteError:
            self._feed.retry(stamp)
            return None
        except Exception as error:
            log.exception("unexpected error while reading %s", printable(stamp.path))
            reason = QuarantineReason.UNREADABLE
            return Rejected(stamp, PlotRejectedError(reason, f"{type(error).__name__}: {error}"))

    async def _next_outcomes(self) -> list[ReadItem | Rejected]:
        """At least one outcome, those behind it that are ready, and a few that will be within a moment.

        A commit costs as much for one plot as for ten; a plot that comes alone is committed at once.
        """
        outcomes = [await self._take()]
        until = time.monotonic() + _GATHER_S
        while len(outcomes) < COMMIT_BATCH:
            patience_s = until - time.monotonic() if len(outcomes) < WORTH_A_COMMIT else 0.0
            if not await self._next_is_ready(patience_s):
                break
            outcomes.append(await self._take())
        return [item for item in outcomes if item is not None]

    async def _next_is_ready(self, within_s: float) -> bool:
        if self._head is None and not self._reads.empty():
            self._head = self._reads.get_nowait()
        if self._head is not None and not self._head.done() and within_s > 0:
            await asyncio.wait([self._head], timeout=within_s)
        return self._head is not None and self._head.done()

    async def _take(self) -> ReadItem | Rejected | None:
        if self._head is None:
            self._head = await self._reads.get()
        outcome = await self._head
        self._head = None
        return outcome

    async def _quarantine(self, rejected: Rejected) -> None:
        stamp, error = rejected.stamp, rejected.error
        file = QuarantinedFile(printable(stamp.path), error.reason, str(error), stamp.size, datetime.now(UTC))
        await self._link.insist(self._store.intake.quarantine, file, stamp)
        log.warning("set aside %s: %s", file.path, file.message)
        await run_in(self._executors.read, self._dispose, [stamp], {stamp.path})
        self._publish(FileQuarantined(file))

    async def _commit(self, items: list[ReadItem]) -> None:
        if not items:
            return
        start = time.perf_counter()
        plots = [item.new for item in items]
        commit, lease = self._store.intake.commit, self._lease
        stored = await self._link.insist(commit, plots, lease.owner, lease.seconds, self._share.line(plots))
        share = (time.perf_counter() - start) * 1e3 / len(items)
        for item, result in zip(items, stored, strict=True):
            item.times.milliseconds["commit"] = share
            await self._pass_on(item, result)
        if self._disposal.disposes:
            await run_in(self._executors.read, self._dispose, [item.new.source or item.stamp for item in items], set())

    async def _pass_on(self, item: ReadItem, stored: StoredPlot) -> None:
        plot = stored.plot
        if plot.state is not PlotState.PENDING:
            return
        self._reader.previews.put(plot.plot_id, item.preview)
        tile = self._hall.arrived(plot)
        if tile is not None:
            self._publish(PlotArrived(tile))
        if not stored.claimed:  # another station has it, or whoever is free takes it
            return
        if item.model_input is None and self._reader.is_broken(plot.identity.plot_type):
            await self._link.insist(self._store.work.postpone, [plot.plot_id], self._lease.owner, POSTPONE_S)
            return
        await self._classify.put(ClassifyItem(plot, item.model_input, item.times, time.monotonic()))

    def _dispose(self, stamps: Sequence[FileStamp], quarantined: set[str]) -> None:
        for stamp in stamps:
            try:
                (self._disposal.set_aside if stamp.path in quarantined else self._disposal.done)(stamp)
            except OSError as error:
                log.error("%s is entered in the store but stays where it is: %s", printable(stamp.path), error)
