"""The refresher: takes over what others changed in the store: models in force, thresholds, classes, descriptions."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Mapping

from backend.domain.plots import PlotState
from backend.domain.predictions import ModelInForce
from backend.engine.monitor import Counts
from backend.engine.parts import Parts
from backend.events import ModelActivated, PlotArrived
from backend.pipeline.executors import run_in
from backend.pipeline.hall_state import HallState
from backend.pipeline.intake import POSTPONE_S

_EVERY_S = 20.0
_BUSY_EVERY_S = 2.0
"""While plots wait, so that their number is right."""

_TOGETHER_S = 0.2
"""What follows a change within this time is read with it."""

_SKIP_EVERY_S = 5.0


class Refresher:
    """Reads the catalogue when it has changed, and from time to time. `loading` until the models were loaded once."""

    def __init__(self, parts: Parts, counts: Counts) -> None:
        self._parts, self._context, self._counts = parts, parts.context, counts
        self._store, self._link = parts.context.store, parts.context.link
        self._hint = asyncio.Event()
        self.loading = parts.context.role.judges

    def hint(self) -> None:
        """The catalogue has changed: read it soon."""
        self._hint.set()

    async def refresh(self) -> bool:
        """Take over what changed; True where other models are in force."""
        context = self._context
        catalogue = await context.pulse.insist(self._store.news.catalogue)
        context.stations.take(catalogue)
        changed = self._parts.models.take(catalogue.in_force)
        for classification in catalogue.classifications:
            context.classifications[classification.name] = classification
        for tile in context.hall.describe(list(catalogue.plot_types)):
            context.publish(PlotArrived(tile))
        self._counts.quarantined = catalogue.counts.quarantined
        await self._tell(changed)
        return bool(changed)

    async def refresh_forever(self) -> None:
        """Again and again; models that could not be loaded are tried anew from time to time."""
        tried_at = time.monotonic()
        while True:
            await self._pause()
            again = self._parts.models.broken and time.monotonic() - tried_at > POSTPONE_S / 2
            if (await self.refresh() or again) and self._context.role.judges:
                tried_at = time.monotonic()
                await self.warm_up()

    async def warm_up(self) -> None:
        """Load all models in force, so that no plot waits for one, while the threads that judge go on judging."""
        await run_in(self._context.executors.load, self._parts.models.warm_up)
        self.loading = False

    async def skip_forever(self) -> None:
        """Give up what is too old to be judged, where the configuration says how old that is."""
        bound = self._context.settings.engine.max_age_s
        while bound:
            if await self._link.insist(self._store.work.skip_older, bound):
                self.hint()
            await asyncio.sleep(_SKIP_EVERY_S)

    async def _pause(self) -> None:
        waiting = self._context.stations.presence.waiting
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._hint.wait(), _BUSY_EVERY_S if waiting else _EVERY_S)
            await asyncio.sleep(_TOGETHER_S)
        self._hint.clear()

    async def _tell(self, changed: Mapping[str, ModelInForce]) -> None:
        for plot_type, model in changed.items():
            self._context.publish(ModelActivated(plot_type, model.model_id))
            if self._context.role.judges:
                await self._judge_now(self._context.hall, plot_type)

    async def _judge_now(self, hall: HallState, plot_type: str) -> None:
        """The plot on screen had no model until now: judge it without waiting for the next."""
        if plot_type in hall and (plot := hall.tile(plot_type).plot) and plot.state is PlotState.NO_MODEL:
            await self._link.insist(self._store.work.requeue, plot_type)
            self._parts.claimer.hint()
