"""The input directory as an endless series of batches of files that are ready to be read.

Three ways lead into a batch, none of which is needed for another: the operating system tells of a change, a walk
through the directory comes upon a file, or a file that was not complete is looked at again. What is new comes first;
the backlog follows, oldest first, with a share of every batch. Nothing is read ahead of the consumer, so a slow one
holds the feed back and memory stays bounded: a walk lists at most `WINDOW` files, and the next one finds the others.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from backend.domain.health import PartHealth
from backend.domain.intake import FileStamp
from backend.feed.directory_health import Sight
from backend.feed.scanning import Kind, Look, Scanner, age_order
from backend.feed.sweeping import WINDOW, Sweeper
from backend.feed.waiting_room import Known, Lane, Seen, WaitingRoom
from backend.feed.workers import Workers, WorkersClosedError

BATCH = 64
"""Stamps in a batch at most."""

BACKLOG_SHARE = 16
"""Places in every batch that new files leave to the backlog."""

RETRY_S = 0.25
"""Seconds after which a folder that has just appeared is looked at again, and the least wait before a retry."""

_LOOKS = 256


@dataclass(frozen=True, slots=True)
class DirectorySettings:
    """What to watch, and how.

    `watch`: ask the operating system to tell of changes. `poll_s`: seconds between walks through the directory, which
    happen in any case. `settle_s`: seconds without change after which a file is complete. `exclude`: folders inside
    that are none of the feed's, such as the one files are moved to.
    """

    root: Path
    watch: bool = True
    poll_s: float = 5.0
    settle_s: float = 1.0
    exclude: tuple[Path, ...] = ()


class InputDirectory:
    """Async iterator of batches: lists of 1 to `BATCH` stamps, oldest first, each stamp offered once.

    One consumer at a time; it may be cancelled and may iterate again without loss. Errors of `known` pass through to
    it. `known` is asked once for every stamp found: a file that it knows and that ought to have been moved or deleted
    was left over by a kill, and may be disposed of then. `aclose` ends everything; nothing is left running.
    """

    def __init__(self, settings: DirectorySettings, known: Known) -> None:
        self._settings, self._known = settings, known
        exclude = frozenset(str(path.absolute()) for path in settings.exclude)
        self._scanner = Scanner(str(settings.root.absolute()), exclude, settings.settle_s)
        self._seen, self._waiting = Seen(), WaitingRoom(settings.settle_s)
        self._fresh, self._backlog = Lane(), Lane()
        self._noticed: dict[str, None] = {}
        self._workers = Workers(2)
        self._wake = asyncio.Event()
        self._sight = Sight(self._scanner.root, settings.poll_s)
        self._sweeper = Sweeper(self._scanner, self._seen, self._workers, self._sight, self, watch=settings.watch)
        self._task: asyncio.Task[None] | None = None
        self._closed = False

    def __aiter__(self) -> InputDirectory:
        return self

    async def __anext__(self) -> list[FileStamp]:
        try:
            while not self._closed:
                self._start()
                await self._look_at_due()
                if batch := await self._next_batch():
                    return batch
                await self._pause()
        except WorkersClosedError:
            pass
        raise StopAsyncIteration

    @property
    def health(self) -> PartHealth:
        """Whether new files are noticed, and how."""
        return self._sight.health

    @property
    def backlog(self) -> int:
        """Files found and not offered yet; a walk that was cut short knows of more."""
        return len(self._fresh) + len(self._backlog) + len(self._waiting) + len(self._noticed)

    def retry(self, stamp: FileStamp, after_s: float | None = None) -> None:
        """Offer this file again if it is still there, after `after_s` seconds; by default when it may have settled."""
        self._seen.drop(stamp)
        pause = max(RETRY_S, self._settings.settle_s) if after_s is None else after_s
        self._waiting.put(stamp.path, time.monotonic(), pause)
        self._wake.set()

    async def aclose(self) -> None:
        """End the iteration and everything that runs for it. Idempotent."""
        self._closed = True
        self._wake.set()
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        await self._sweeper.aclose()
        await self._workers.aclose()
        self._sight.closed()

    def notice(self, paths: Iterable[str]) -> None:
        """Look at these paths: they have changed."""
        self._noticed.update(dict.fromkeys(paths))
        if len(self._noticed) > WINDOW:
            self._noticed.clear()  # a walk finds them all
            self._sweeper.hurry()
        self._wake.set()

    def found(self, stamps: list[FileStamp], unfinished: list[FileStamp], *, new: bool) -> None:
        """A walk came upon these files. `new`: they were not there at the last walk."""
        now = time.monotonic()
        settled = [stamp for stamp in unfinished if self._waiting.has_settled(stamp, now)]
        self._offer(stamps + settled, self._fresh if new else self._backlog)
        self._wake.set()

    @property
    def has_room(self) -> bool:
        """Whether a walk may list more; where the last one was cut short, only once half of that is offered."""
        return len(self._fresh) + len(self._backlog) < (WINDOW // 2 if self._sight.more else WINDOW)

    def _start(self) -> None:
        if self._task is None:
            self._task = asyncio.create_task(self._sweeper.run(), name="feed-sweeper")
            self._task.add_done_callback(lambda _: self._wake.set())
        elif self._task.done():
            task, self._task = self._task, None
            task.result()

    async def _look_at_due(self) -> None:
        self._wake.clear()
        noticed = [path for path, _ in zip(self._noticed, range(_LOOKS), strict=False)]
        paths = dict.fromkeys((*noticed, *self._waiting.due(time.monotonic())[:_LOOKS]))
        if not paths:
            return
        for path in noticed:
            del self._noticed[path]
        try:
            looks = await self._workers.run(_look_at, self._scanner.look, list(paths))
        except BaseException:
            self._noticed.update(dict.fromkeys(noticed))
            raise
        self._sort_in(list(paths), looks, set(noticed))

    def _sort_in(self, paths: list[str], looks: list[Look], noticed: set[str]) -> None:
        now = time.monotonic()
        complete = []
        for path, look in zip(paths, looks, strict=True):
            if look.stamp is None:
                self._waiting.drop(path)
            elif look.kind is Kind.COMPLETE or self._waiting.has_settled(look.stamp, now):
                complete.append(look.stamp)
            if look.kind is Kind.FOLDER:
                self._sweeper.add(path)
                if path in noticed:  # files may have come before the operating system watched the new folder
                    self._waiting.put(path, now, RETRY_S)
        self._offer(sorted(complete, key=age_order), self._fresh)

    def _offer(self, stamps: list[FileStamp], lane: Lane) -> None:
        for stamp in stamps:
            self._waiting.drop(stamp.path)
        lane.add([stamp for stamp in stamps if self._seen.add(stamp)])

    async def _next_batch(self) -> list[FileStamp]:
        if self._fresh.ready < BATCH:
            await self._fresh.sift(self._known)
        if self._backlog.ready < BATCH:
            await self._backlog.sift(self._known)
        share = min(BACKLOG_SHARE, self._backlog.ready)
        batch = self._fresh.take(BATCH - share)
        batch += self._backlog.take(BATCH - len(batch))
        if self._sight.more and self.has_room:
            self._sweeper.hurry()
        return sorted(batch, key=age_order)

    async def _pause(self) -> None:
        """Until something happened or a file is to be looked at again."""
        if self._noticed or len(self._fresh) or len(self._backlog):
            return
        due = self._waiting.next_due()
        with suppress(TimeoutError):
            async with asyncio.timeout(None if due is None else max(0.0, due - time.monotonic())):
                await self._wake.wait()


def _look_at(look: Callable[[str], Look], paths: list[str]) -> list[Look]:
    return [look(path) for path in paths]
