"""The refresher: takes over what others changed in the store: models in force, thresholds, classes, descriptions."""

from __future__ import annotations

import asyncio
import time

from backend.domain.plots import PlotState
from backend.engine.monitor import Counts
from backend.engine.parts import Parts
from backend.events import ModelActivated, PlotArrived
from backend.pipeline.executors import run_in
from backend.pipeline.hall_state import HallState
from backend.pipeline.intake import POSTPONE_S

_EVERY_S = 1.0


class Refresher:
    """Asks the store every second. `loading` is True until the models in force have been loaded once."""

    def __init__(self, parts: Parts, counts: Counts) -> None:
        self._parts, self._context, self._counts = parts, parts.context, counts
        self._store, self._link = parts.context.store, parts.context.link
        self.loading = True

    async def refresh(self) -> bool:
        """Take over what changed; True where other models are in force."""
        context, store = self._context, self._store
        changed = await self._link.insist(self._parts.models.refresh)
        for classification in await self._link.insist(store.classifications.all):
            context.classifications[classification.name] = classification
        for tile in context.hall.describe(await self._link.insist(store.plot_types.all)):
            context.publish(PlotArrived(tile))
        self._counts.quarantined = await self._link.insist(store.intake.quarantined_count)
        await self._link.insist(store.stations.heartbeat, context.settings.station.name)
        for plot_type, model in changed.items():
            context.publish(ModelActivated(plot_type, model.model_id))
            await self._judge_now(context.hall, plot_type)
        return bool(changed)

    async def refresh_forever(self) -> None:
        """Again and again; models that could not be loaded are tried anew from time to time."""
        tried_at = time.monotonic()
        while True:
            await asyncio.sleep(_EVERY_S)
            again = self._parts.models.broken and time.monotonic() - tried_at > POSTPONE_S / 2
            if await self.refresh() or again:
                tried_at = time.monotonic()
                await self.warm_up()

    async def warm_up(self) -> None:
        """Load all models in force, so that no plot waits for one, while the threads that judge go on judging."""
        await run_in(self._context.executors.load, self._parts.models.warm_up)
        self.loading = False

    async def _judge_now(self, hall: HallState, plot_type: str) -> None:
        """The plot on screen had no model until now: judge it without waiting for the next."""
        if plot_type in hall and (plot := hall.tile(plot_type).plot) and plot.state is PlotState.NO_MODEL:
            await self._link.insist(self._store.work.requeue, plot_type)
