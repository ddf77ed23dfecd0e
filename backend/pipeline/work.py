"""Leases kept alive, and work that failed."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from backend.domain.errors import PlotKillsWorkerError, WorkerUnavailableError
from backend.domain.plots import Plot
from backend.events import Event, FileQuarantined
from backend.pipeline.classify import LATER_S, LaterError
from backend.pipeline.intake import POSTPONE_S, Lease
from backend.pipeline.store_link import StoreLink
from backend.store import Store

log = logging.getLogger(__name__)

MAX_ATTEMPTS = 3
_LATER_S: dict[type[Exception], float] = {WorkerUnavailableError: POSTPONE_S, LaterError: LATER_S}


@dataclass(frozen=True, slots=True)
class Beat:
    """How a station says that it lives: over a link with a thread of its own, so that it waits for no transaction.

    `rejoin` enters it again, under another name, where its own was taken while it was thought dead.
    """

    link: StoreLink
    name: Callable[[], str]
    rejoin: Callable[[], Awaitable[object]]
    judges: bool = True


class WorkKeeper:
    """Says that this station lives and extends its leases; gives failed work back until it has failed three times.

    A plot that cannot be judged just now is given back without a word, one that is known to break what looks at it is
    not tried again.
    """

    def __init__(
        self, store: Store, link: StoreLink, beat: Beat, lease: Lease, publish: Callable[[Event], None]
    ) -> None:
        self._store, self._link, self._beat, self._lease, self._publish = store, link, beat, lease, publish
        self._tasks: set[asyncio.Task[None]] = set()

    async def extend_forever(self) -> None:
        """A lease lives three beats; a killed station's work is free after that."""
        heartbeat, beat = self._store.stations.heartbeat, self._beat
        owner = self._lease.owner if beat.judges else ""
        while True:
            await asyncio.sleep(self._lease.seconds / 3)
            if not await beat.link.insist(heartbeat, beat.name(), owner, self._lease.seconds):
                log.warning("another program has the name %s now; this one was thought dead", beat.name())
                await beat.rejoin()

    def failed(self, plot: Plot, error: Exception) -> None:
        """Inference or reading failed on this plot."""
        later = _LATER_S.get(type(error))
        back = self._give_back(plot, error) if later is None else self._postpone(plot, later)
        task = asyncio.get_running_loop().create_task(back)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def close(self) -> None:
        """End what is under way: while the database is away it would not end by itself, and the leases run out."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _postpone(self, plot: Plot, seconds: float) -> None:
        await self._link.insist(self._store.work.postpone, [plot.plot_id], self._lease.owner, seconds)

    async def _give_back(self, plot: Plot, error: Exception) -> None:
        message = f"{type(error).__name__}: {error}"
        attempts = await self._link.insist(self._store.work.fail, plot.plot_id, self._lease.owner, message)
        if attempts >= MAX_ATTEMPTS or (attempts and isinstance(error, PlotKillsWorkerError)):
            file = await self._link.insist(self._store.work.give_up, plot.plot_id, message)
            if file is not None:
                self._publish(FileQuarantined(file))
