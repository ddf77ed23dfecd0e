"""Leases kept alive, and work that failed."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from backend.domain.plots import Plot
from backend.events import Event, FileQuarantined
from backend.pipeline.intake import Lease
from backend.pipeline.store_link import StoreLink
from backend.store import Store

log = logging.getLogger(__name__)

MAX_ATTEMPTS = 3


class WorkKeeper:
    """Says that this station lives and extends its leases; gives failed work back until it has failed three times.

    `beat` has a thread of its own, so that neither waits for a long transaction.
    """

    def __init__(
        self, store: Store, link: StoreLink, beat: StoreLink, lease: Lease, publish: Callable[[Event], None]
    ) -> None:
        self._store, self._link, self._beat, self._lease, self._publish = store, link, beat, lease, publish
        self._tasks: set[asyncio.Task[None]] = set()

    async def extend_forever(self) -> None:
        """A lease lives three beats; a killed station's work is free after that."""
        beat, lease = self._store.stations.heartbeat, self._lease
        while True:
            await asyncio.sleep(lease.seconds / 3)
            if not await self._beat.insist(beat, lease.station, lease.owner, lease.seconds):
                log.error("another program has taken the name %s; this one was thought dead", lease.station)

    def failed(self, plot: Plot, error: Exception) -> None:
        """Inference or reading failed on this plot."""
        task = asyncio.get_running_loop().create_task(self._give_back(plot, error))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def close(self) -> None:
        """End what is under way: while the database is away it would not end by itself, and the leases run out."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _give_back(self, plot: Plot, error: Exception) -> None:
        message = f"{type(error).__name__}: {error}"
        attempts = await self._link.insist(self._store.work.fail, plot.plot_id, self._lease.owner, message)
        if attempts >= MAX_ATTEMPTS:
            file = await self._link.insist(self._store.work.give_up, plot.plot_id, message)
            if file is not None:
                self._publish(FileQuarantined(file))
