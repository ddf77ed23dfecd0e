"""Keeps a watcher alive: starts it, starts it again when it has ended, and says when the system refuses."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import TypeVar

from backend.feed.directory_health import Sight
from backend.feed.watching import Watcher
from backend.feed.workers import Workers

START_S = 20.0
"""Seconds the system may take to begin watching; meanwhile no file is taken."""

AGAIN_S = 60.0
"""Seconds after which a system that refused is asked again."""

STOP_S = 2.0

T = TypeVar("T")

Identity = tuple[int, int]
"""Device and inode of a folder: another one under the same path is another folder."""


class WatchKeeper:
    """Tells `noticed` of changed paths and calls `ended` when a walk is needed because a watcher broke down."""

    def __init__(
        self, sight: Sight, workers: Workers, noticed: Callable[[Iterable[str]], None], ended: Callable[[], None]
    ) -> None:
        self._sight, self._workers, self._noticed, self._ended = sight, workers, noticed, ended
        self._watcher: Watcher | None = None
        self._watched: Identity | None = None
        self._not_before = 0.0

    async def watch(self, identity: Identity) -> None:
        """See to it that the root is watched, which is now the folder of that identity."""
        if self._watched == identity or time.monotonic() < self._not_before:
            return
        await self.stop()
        loop = asyncio.get_running_loop()
        watcher = Watcher(
            self._sight.root,
            lambda paths: _tell(loop, self._noticed, paths),
            lambda: _tell(loop, self._broke_down, watcher),
        )
        self._watcher, self._watched = watcher, identity
        if not await self._workers.run(watcher.start, START_S):
            self._sight.watch_error = watcher.error or f"it was not ready within {START_S:g} s"
            self._not_before = time.monotonic() + AGAIN_S
            await self.stop()
        elif self._watcher is watcher:  # it has not broken down already
            self._sight.watching, self._sight.watch_error = True, ""

    async def stop(self) -> None:
        """End the watcher, if there is one."""
        watcher, self._watcher, self._watched = self._watcher, None, None
        self._sight.watching = False
        if watcher is not None:
            watcher.dismiss()  # at once: who is cancelled here would leave it running for ever
            await self._workers.run(watcher.stop, STOP_S)

    def _broke_down(self, watcher: Watcher) -> None:
        """It had been watching and ended: a name that is not UTF-8, too many folders. What it missed must be found."""
        if watcher is self._watcher and watcher.established:
            self._watcher, self._watched, self._sight.watching = None, None, False
            self._ended()


def _tell(loop: asyncio.AbstractEventLoop, call: Callable[[T], None], value: T) -> None:
    """From the watcher's thread to the loop, which may have been closed meanwhile: then nobody listens."""
    with suppress(RuntimeError):
        loop.call_soon_threadsafe(call, value)
