"""Upkeep: images that expired are let go, a little at a time, by one engine of the hall."""

from __future__ import annotations

import asyncio
import logging
from concurrent.futures import Executor

from backend.config import RetentionSection
from backend.domain.errors import StoreRefusedError, StoreUnavailableError
from backend.pipeline.executors import run_in
from backend.store import Store

log = logging.getLogger(__name__)

LOOK_EVERY_S = 60.0
PAUSE_S = 0.5
"""Between two steps: a round over ten million plots takes an hour and a half, and nobody waits for it."""


class Upkeep:
    """Lives on the engine's loop; its calls run on `executor`, where nothing waits that a person waits for."""

    def __init__(self, section: RetentionSection, store: Store, executor: Executor, owner: str) -> None:
        self._policy, self._every_s = section.policy, section.every_hours * 3600
        self._retention, self._executor, self._owner = store.retention, executor, owner

    async def run_forever(self) -> None:
        """Ask for the job from time to time, and do it while it is ours. Ends where this is not wanted or allowed."""
        while self._policy.is_on:
            try:
                if await run_in(self._executor, self._retention.begin, self._owner, self._every_s):
                    await self._round()
            except StoreUnavailableError:
                log.debug("no image expires while the database is away")
            except StoreRefusedError as error:
                log.error(
                    "No image expires by this station: %s The administrator runs: hydra-gui db grant engine+keeper "
                    "ACCOUNT@HOST; or set images_days = 0 in [retention].",
                    error,
                )
                return
            await asyncio.sleep(LOOK_EVERY_S)

    async def _round(self) -> None:
        images = freed = 0
        while step := await run_in(self._executor, self._retention.step, self._owner, self._policy):
            images, freed = images + step.images, freed + step.bytes
            if step.done:
                break
            await asyncio.sleep(PAUSE_S)
        else:
            return
        sweep = self._retention.sweep()
        while (orphans := await run_in(self._executor, next, sweep, None)) is not None:
            images += orphans
            await asyncio.sleep(0)
        await run_in(self._executor, self._retention.finish, self._owner)
        log.info("%d images expired or had no owner, %.1f MiB", images, freed / 2**20)
