"""Walks through the input directory, regularly and on demand, with a watcher kept alive beside them."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Protocol

from backend.domain.intake import FileStamp
from backend.feed.directory_health import Sight
from backend.feed.disposal import put_back
from backend.feed.mounts import network_filesystem
from backend.feed.scanning import Scanner, Sweep
from backend.feed.waiting_room import Seen
from backend.feed.watch_keeper import Identity, WatchKeeper
from backend.feed.workers import Workers

WINDOW = 20_000
"""Files that one walk lists at most; also changed paths that are remembered before they are looked at."""

MISSING_S = 1.0
"""Seconds between looks for a directory that is not there."""

_LEAST_PAUSE_S = 0.2
_SPARING = 10


class Finder(Protocol):
    """Whom a sweeper works for."""

    @property
    def has_room(self) -> bool:
        """Whether a walk may list more files now."""

    def notice(self, paths: Iterable[str]) -> None:
        """Look at these paths."""

    def found(self, stamps: list[FileStamp], unfinished: list[FileStamp], *, new: bool) -> None:
        """A walk came upon these files."""


class Sweeper:
    """Walks every `sight.poll_s` seconds; less often where it takes long, and never for over a tenth of the time."""

    def __init__(
        self, scanner: Scanner, seen: Seen, workers: Workers, sight: Sight, finder: Finder, *, watch: bool
    ) -> None:
        self._scanner, self._seen, self._workers, self._sight, self._finder = scanner, seen, workers, sight, finder
        self._keeper = WatchKeeper(sight, workers, finder.notice, self.hurry) if watch else None
        self._folders: dict[str, None] = {}
        self._wanted = asyncio.Event()
        self._whole = True

    async def run(self) -> None:
        """Walk for ever."""
        due = 0.0
        while True:
            began = time.monotonic()
            if self._whole or began >= due:
                self._whole = False
                await self._sweep_root()
                due = time.monotonic() + self._pause_s(time.monotonic() - began)
            for folder in tuple(self._folders):
                await self._sweep_folder(folder)
                del self._folders[folder]
            await self._wait(due, began)

    def hurry(self) -> None:
        """Walk through everything as soon as possible."""
        self._whole = True
        self._wanted.set()

    def add(self, folder: str) -> None:
        """Walk through a folder that has just appeared."""
        self._folders[folder] = None
        self._wanted.set()

    async def aclose(self) -> None:
        """End the watcher; `run` has been cancelled before."""
        if self._keeper is not None:
            with suppress(RuntimeError):
                await self._keeper.stop()

    async def _wait(self, due: float, began: float) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout_at(asyncio.get_running_loop().time() + max(0.0, due - time.monotonic())):
                await self._wanted.wait()
        self._wanted.clear()
        if self._whole:  # asked for over and over, a walk still leaves time for other things
            await asyncio.sleep(max(0.0, began + _LEAST_PAUSE_S - time.monotonic()))

    def _pause_s(self, took_s: float) -> float:
        if self._sight.error is not None:
            return min(MISSING_S, self._sight.poll_s)
        return max(self._sight.poll_s, _SPARING * took_s)

    async def _sweep_root(self) -> None:
        self._sight.busy_since = time.monotonic()
        try:
            identity, self._sight.remote = await self._workers.run(_survey, self._scanner.root)
            if self._keeper is not None:
                await self._keeper.watch(identity)
            if self._finder.has_room:
                await self._walk_root()
        except OSError as error:
            await self._lost(error)
        finally:
            self._sight.busy_since = None

    async def _walk_root(self) -> None:
        self._seen.begin()
        sweep = await self._walk(self._scanner.root)
        if sweep.error is not None:
            raise sweep.error
        if not sweep.unreadable:  # what could not be listed may still be there
            self._seen.keep(sweep.present)
        new = self._sight.swept and not self._sight.more
        self._sight.more, self._sight.unreadable = sweep.more, sweep.unreadable
        self._sight.error, self._sight.swept = None, True
        self._finder.found(sweep.complete, sweep.unfinished, new=new)

    async def _sweep_folder(self, folder: str) -> None:
        sweep = await self._walk(folder)
        self._whole = self._whole or sweep.more
        self._finder.found(sweep.complete, sweep.unfinished, new=True)

    async def _walk(self, top: str) -> Sweep:
        sweep = await self._workers.run(
            self._scanner.sweep, top, self._seen.__contains__, WINDOW, lambda: self._workers.closed
        )
        if sweep.taken:
            self._finder.notice(await self._workers.run(_put_back, sweep.taken))
        return sweep

    async def _lost(self, error: OSError) -> None:
        self._sight.error, self._sight.swept, self._sight.more = error, False, False
        if self._keeper is not None:
            await self._keeper.stop()


def _survey(root: str) -> tuple[Identity, str]:
    status = Path(root).stat()
    return (status.st_dev, status.st_ino), network_filesystem(root)


def _put_back(taken: list[str]) -> list[str]:
    return [path for path in map(put_back, taken) if path is not None]
