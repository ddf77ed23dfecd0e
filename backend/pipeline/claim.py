"""Claim: work that is in the store and in nobody's hands, after a kill, from another station, or newly judgeable."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable

from backend.domain.errors import HydraError, StoreUnavailableError
from backend.domain.plots import Plot
from backend.pipeline.classify import LATER_S
from backend.pipeline.executors import Executors, run_in
from backend.pipeline.intake import POSTPONE_S, Lease
from backend.pipeline.items import ClassifyItem
from backend.pipeline.reader import Reader
from backend.pipeline.sharing import Share
from backend.pipeline.store_link import StoreLink
from backend.store import Store

log = logging.getLogger(__name__)

_SOON_S = 2.0


class Claimer:
    """Asks the store for unleased work while the classifier has room, and reads it from its blobs.

    `has_room` says of a plot type whether its plots can be judged soon; others are given back unread. `pulse` asks
    whether there is any work, which costs one question; claiming costs a transaction.
    """

    def __init__(
        self,
        store: Store,
        link: StoreLink,
        pulse: StoreLink,
        reader: Reader,
        executors: Executors,
        lease: Lease,
        share: Share,
        classify: asyncio.Queue[ClassifyItem],
        failed: Callable[[Plot, Exception], None],
        has_room: Callable[[str], bool] = lambda _: True,
    ) -> None:
        self._has_room = has_room
        self._store, self._link, self._pulse, self._reader = store, link, pulse, reader
        self._executors, self._lease, self._share = executors, lease, share
        self._classify, self._failed = classify, failed
        self._hinted = asyncio.Event()

    def hint(self) -> None:
        """There may be work: look at once."""
        self._hinted.set()

    async def run_forever(self, every_s: float) -> None:
        """Claim until there is nothing left, then look again after `every_s` seconds or a hint."""
        while True:
            if await self._pulse.insist(self._store.news.is_free_work):
                while self._share.wants_more and await self._claim():
                    pass
            self._hinted.clear()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._hinted.wait(), every_s if self._share.wants_more else _LOOK_AGAIN_S)

    async def _claim(self) -> int:
        claim, lease = self._store.work.claim, self._lease
        plots = await self._link.insist(claim, lease.owner, self._share.portion, lease.seconds)
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
            numbers = [plot.plot_id for plot in plots]
            await self._link.insist(self._store.work.postpone, numbers, self._lease.owner, seconds)

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


_LOOK_AGAIN_S = 0.1
"""While the classifier has enough to do, until it has not."""
