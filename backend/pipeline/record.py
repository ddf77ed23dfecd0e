"""Record: prediction, verdict and alerts in one transaction, then everybody hears of it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from backend.domain.intake import JudgedPlot
from backend.events import Event, PlotJudged
from backend.pipeline.hall_state import HallState
from backend.pipeline.queues import WORTH_A_COMMIT, gather_queued
from backend.pipeline.store_link import StoreLink
from backend.store import Store

RECORD_BATCH = 64
_GATHER_S = 0.1


class Recorder:
    """Writes outcomes in batches. What another station recorded first is not told again."""

    def __init__(
        self,
        store: Store,
        link: StoreLink,
        hall: HallState,
        owner: str,
        queue: asyncio.Queue[JudgedPlot],
        more_to_come: Callable[[], bool],
        publish: Callable[[Event], None],
        recorded: Callable[[], None] = lambda: None,
    ) -> None:
        self._store, self._link, self._hall = store, link, hall
        self._owner, self._queue, self._more_to_come, self._publish = owner, queue, more_to_come, publish
        self._noted = recorded
        self.recorded = 0

    async def run_forever(self) -> None:
        """Record what has gathered, again and again."""
        while True:
            judged = await gather_queued(self._queue, RECORD_BATCH, _GATHER_S, self._more_to_come, WORTH_A_COMMIT)
            recorded = await self._link.insist(self._store.verdicts.record, judged, self._owner)
            self.recorded += len(recorded)
            self._noted()
            for item in judged:
                if item.plot.plot_id in recorded:
                    self._tell(item)

    def _tell(self, item: JudgedPlot) -> None:
        tile = self._hall.judged(item)
        self._publish(PlotJudged(tile, newest=tile is self._hall.tile(tile.plot_type.name)))
