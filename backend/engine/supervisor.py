"""The supervisor: owns the engine's tasks, restarts a stage that failed, stops them in reverse order."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

log = logging.getLogger(__name__)

_RESTART_AFTER_S = 1.0


class Supervisor:
    """No stage may die unseen: an unexpected error is logged and told, `recover` runs, the stage starts again."""

    def __init__(self, recover: Callable[[], Awaitable[None]]) -> None:
        self._recover = recover
        self._tasks: list[asyncio.Task[None]] = []

    def start(self, name: str, stage: Callable[[], Awaitable[None]]) -> asyncio.Task[None]:
        """Run a stage until it is stopped."""
        task = asyncio.create_task(self._keep_running(name, stage), name=name)
        self._tasks.append(task)
        return task

    async def stop(self, task: asyncio.Task[None]) -> None:
        """Stop one stage and wait for its end."""
        self._tasks.remove(task)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    async def stop_all(self) -> None:
        """Stop everything that still runs, last started first."""
        while self._tasks:
            await self.stop(self._tasks[-1])

    async def _keep_running(self, name: str, stage: Callable[[], Awaitable[None]]) -> None:
        while True:
            try:
                await stage()
                return
            except Exception:
                log.exception("stage %s failed; it starts again in %.0f s", name, _RESTART_AFTER_S)
            await asyncio.sleep(_RESTART_AFTER_S)
            await self._recover()
