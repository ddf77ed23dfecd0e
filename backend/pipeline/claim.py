"""Claim: work that is in the store and in nobody's hands, after a kill, from another station, or newly judgeable."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from backend.domain.errors import HydraError, StoreUnavailableError
from backend.domain.plots import Plot
from backend.pipeline.classify import LATER_S
from backend.pipeline.executors import Executors, run_in
from backend.pipeline.intake import POSTPONE_S, Lease
from backend.pipeline.items import ClassifyItem
from backend.pipeline.reader import Reader
from backend.pipeline.store_link import StoreLink
from backend.store import Store

log = logging.getLogger(__name__)

_AT_ONCE = 16
_SOON_S = 2.0


class Claimer:
    """Asks the store for unleased work while the classifier has room, and reads it from its blobs.

    `has_room` says of a plot type whether its plots can be judged soon; others are given back unread.
    """

    def __init__(
        self,
        store: Store,
        link: StoreLink,
        reader: Reader,
        executors: Executors,
        lease: Lease,
        classify: asyncio.Queue[ClassifyItem],
        failed: Callable[[Plot, Exception], None],
        has_room: Callable[[str], bool] = lambda _: True,
    ) -> None:
        self._has_room = has_room
        self._store, self._link, self._reader = store, link, reader
        self._executors, self._lease, self._classify, self._failed = executors, lease, classify, failed

    async def run_forever(self, every_s: float) -> None:
        """Claim until there is nothing left, then look again after `every_s` seconds."""
        while True:
            while self._classify.qsize() < _AT_ONCE and await self._claim():
                pass
            await asyncio.sleep(every_s)

    async def _claim(self) -> int:
        plots = await self._link.insist(self._store.work.claim, self._lease.owner, _AT_ONCE, self._lease.seconds)
        waiting = [plot for plot in plots if self._reader.is_broken(plot.identity.plot_type)]
        later = [plot for plot in plots if plot not in waiting and not self._has_room(plot.identity.plot_type)]
        await self._postpone(waiting)
        await self._postpone(later, LATER_S)
        for plot in plots:
            if plot not in waiting and plot not in later:
                await self._read(plot)
        return len(plots)

    async def _postpone(self, plots: list[Plot], seconds: float = POSTPONE_S) -> None:
        if plots:
            await self._link.insist(self._store.work.postpone, [plot.plot_id for plot in plots], seconds)

    async def _read(self, plot: Plot) -> None:
        try:
            item = await run_in(self._executors.cpu, self._reader.read_stored, plot)
        except StoreUnavailableError:
            await self._postpone([plot], _SOON_S)
            return
        except HydraError as error:
            log.error("stored plot %d cannot be read: %s", plot.plot_id, error)
            self._failed(plot, error)
            return
        if item.model_input is None and self._reader.is_broken(plot.identity.plot_type):
            await self._postpone([plot])
            return
        await self._classify.put(item)
