"""Intake: what a source offers becomes stored plots, in the order it came, and only then is the source told."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Generic

from backend.domain.errors import PlotRejectedError
from backend.domain.intake import Line, NewPlot, StoredPlot
from backend.domain.plots import PlotState
from backend.domain.quarantine import QuarantinedFile, QuarantineReason
from backend.events import Event, FileQuarantined, PlotArrived
from backend.feed.reading import NotCompleteError
from backend.pipeline.executors import Executors, run_in
from backend.pipeline.hall_state import HallState
from backend.pipeline.items import ClassifyItem, ReadItem
from backend.pipeline.queues import WORTH_A_COMMIT
from backend.pipeline.reader import Reader
from backend.pipeline.sharing import Share
from backend.pipeline.sources import A, Source, printable
from backend.pipeline.store_link import StoreLink
from backend.store import Store

log = logging.getLogger(__name__)

COMMIT_BATCH = 64
READS_AHEAD = 8
_GATHER_S = 0.15
"""How long a commit waits for reads under way, so that in a burst there are `WORTH_A_COMMIT` plots in it."""

POSTPONE_S = 60.0
"""Seconds until plots whose model cannot be loaded are looked at again, by whichever station."""


@dataclass(frozen=True, slots=True)
class Lease:
    """In whose name this station takes work, and for how long (seconds). `owner` is one life of a station."""

    owner: str
    seconds: float


@dataclass(slots=True, eq=False)
class Taken(Generic[A]):
    """An arrival that was read, on its way to the commit."""

    arrival: A
    item: ReadItem | NewPlot

    @property
    def plot(self) -> NewPlot:
        """What is to be committed."""
        return self.item.new if isinstance(self.item, ReadItem) else self.item


@dataclass(slots=True, eq=False)
class Rejected(Generic[A]):
    """An arrival that cannot become a plot."""

    arrival: A
    error: PlotRejectedError


class Intake(Generic[A]):
    """Reads what the source offers, commits it in batches, hands it to the classifier, then lets the source go on."""

    def __init__(
        self,
        source: Source[A],
        reader: Reader,
        store: Store,
        link: StoreLink,
        hall: HallState,
        executors: Executors,
        lease: Lease,
        share: Share,
        classify: asyncio.Queue[ClassifyItem],
        publish: Callable[[Event], None],
        reads_ahead: int = READS_AHEAD,
    ) -> None:
        self._source, self._reader = source, reader
        self._store, self._link = store, link
        self._hall, self._executors, self._lease, self._share = hall, executors, lease, share
        self._classify, self._publish = classify, publish
        self._reads: asyncio.Queue[asyncio.Task[Taken[A] | Rejected[A] | None]] = asyncio.Queue(reads_ahead)
        self._head: asyncio.Task[Taken[A] | Rejected[A] | None] | None = None
        self._turns = asyncio.Semaphore(executors.cpu_threads + 1)

    async def read_forever(self) -> None:
        """Start reading everything the source offers; the bounded queue holds the source back."""
        async for arrivals in self._source:
            for arrival in arrivals:
                await self._reads.put(asyncio.create_task(self._read(arrival)))

    async def commit_forever(self) -> None:
        """Commit what has been read, in the order it was offered."""
        while True:
            outcomes = await self._next_outcomes()
            try:
                for rejected in [item for item in outcomes if isinstance(item, Rejected)]:
                    await self._quarantine(rejected)
                taken = [item for item in outcomes if isinstance(item, Taken)]
                await self._commit([one for one in taken if isinstance(one.item, NewPlot)], mine=False)
                await self._commit([one for one in taken if isinstance(one.item, ReadItem)], mine=True)
            except BaseException:
                for item in outcomes:  # or the source would wait for ever for what became of them
                    self._source.retry(item.arrival)
                raise

    def cancel_reads(self) -> None:
        """Forget the reads under way; the source still has what they were made from."""
        while not self._reads.empty():
            self._reads.get_nowait().cancel()
        if self._head is not None:
            self._head.cancel()

    async def _read(self, arrival: A) -> Taken[A] | Rejected[A] | None:
        try:
            async with self._turns:  # plots that are read wait for their verdict behind few others
                return Taken(arrival, await run_in(self._executors.cpu, self._source.read, self._reader, arrival))
        except PlotRejectedError as error:
            return Rejected(arrival, error)
        except NotCompleteError:
            self._source.retry(arrival)
            return None
        except Exception as error:
            log.exception("unexpected error while reading %s", printable(self._source.stamp(arrival).path))
            reason = QuarantineReason.UNREADABLE
            return Rejected(arrival, PlotRejectedError(reason, f"{type(error).__name__}: {error}"))

    async def _next_outcomes(self) -> list[Taken[A] | Rejected[A]]:
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

    async def _take(self) -> Taken[A] | Rejected[A] | None:
        if self._head is None:
            self._head = await self._reads.get()
        outcome = await self._head
        self._head = None
        return outcome

    async def _quarantine(self, rejected: Rejected[A]) -> None:
        stamp, error = self._source.stamp(rejected.arrival), rejected.error
        file = QuarantinedFile(printable(stamp.path), error.reason, str(error), stamp.size, datetime.now(UTC))
        await self._link.insist(self._store.intake.quarantine, file, stamp)
        log.warning("set aside %s: %s", file.path, file.message)
        await self._source.set_aside(rejected.arrival, error)
        self._publish(FileQuarantined(file))

    async def _commit(self, taken: Sequence[Taken[A]], *, mine: bool) -> None:
        """Commit, and pass on what is leased; what is not `mine` is there for whoever is free."""
        if not taken:
            return
        start = time.perf_counter()
        plots = [one.plot for one in taken]
        stored = await self._link.insist(
            self._store.intake.commit, plots, self._lease.owner, self._lease.seconds, self._line(plots, mine=mine)
        )
        share = (time.perf_counter() - start) * 1e3 / len(taken)
        self._source.acknowledge([(one.arrival, result.new) for one, result in zip(taken, stored, strict=True)])
        for one, result in zip(taken, stored, strict=True):
            if isinstance(one.item, ReadItem):
                one.item.times.milliseconds["commit"] = share
            if result.plot.state is PlotState.PENDING:
                await self._pass_on(one.item, result)
        await self._source.dispose([(one.arrival, one.plot) for one in taken])

    def _line(self, plots: Sequence[NewPlot], *, mine: bool) -> Line:
        line = self._share.line(plots)
        return line if mine else replace(line, keep=0)

    async def _pass_on(self, item: ReadItem | NewPlot, stored: StoredPlot) -> None:
        plot = stored.plot
        if isinstance(item, ReadItem):
            self._reader.previews.put(plot.plot_id, item.preview)
        tile = self._hall.arrived(plot)
        if tile is not None:
            self._publish(PlotArrived(tile))
        if not stored.claimed or isinstance(item, NewPlot):  # another station has it, or whoever is free takes it
            return
        if item.model_input is None and self._reader.is_broken(plot.identity.plot_type):
            await self._link.insist(self._store.work.postpone, [plot.plot_id], self._lease.owner, POSTPONE_S)
            return
        await self._classify.put(ClassifyItem(plot, item.model_input, item.times, time.monotonic()))
