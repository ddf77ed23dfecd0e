"""The way of labels to the store: one after the other, at once, again and again while the database is away.

What is not confirmed is never forgotten: it stays in the queue, and once saving has failed also in a file.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import deque
from concurrent.futures import ThreadPoolExecutor

from PySide6.QtCore import QObject, Signal

from backend.api import LabellingApi
from backend.domain.errors import HydraError, StoreRefusedError, StoreUnavailableError
from backend.domain.labels import Gesture, Recorded
from hydra_gui.labelling.outbox import Outbox, Work
from ui.labelling.values import Waiting

log = logging.getLogger(__name__)

_FIRST_WAIT_S, _LONGEST_WAIT_S = 0.25, 10.0
_CLOSE_S = 10.0
_LATE_S = 2.0
"""A gesture that is not confirmed by then is put into the file as well: the database may be gone for long."""


class Saver(QObject):
    """On the Qt loop. `start` sends what an earlier life left behind; `close` waits for what can be saved."""

    saved = Signal(object, object)
    """The `Gesture` or `Reversal`, and the `Recorded` of it."""
    failed = Signal(object, str)
    """Work that can never be saved, and why; it is given up."""
    discarded = Signal(object)
    """list of work that a person gave up."""
    waiting_changed = Signal(object)
    """`Waiting`: what could not be saved yet."""

    def __init__(self, api: LabellingApi, outbox: Outbox, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._api, self._outbox = api, outbox
        self._queue: deque[Work] = deque()
        self._filled, self._again = asyncio.Event(), asyncio.Event()
        self._settled = asyncio.Event()  # nothing is left to save, or saving has failed
        self._reason = ""
        self._kept = False
        self._disk = ThreadPoolExecutor(1, thread_name_prefix="labels-waiting")
        self._task: asyncio.Task[None] | None = None

    @property
    def pending(self) -> int:
        """Labels that the store has not confirmed."""
        return sum(_size(work) for work in self._queue)

    @property
    def waiting(self) -> Waiting:
        """What waits because saving failed; nothing as long as all goes well."""
        return Waiting(self.pending, self._reason) if self._reason else Waiting()

    def start(self) -> None:
        """Begin to save."""
        self._task = asyncio.get_running_loop().create_task(self._run(), name="save labels")

    def submit(self, work: Work) -> None:
        """Save this after all that was given before."""
        self._queue.append(work)
        self._filled.set()
        if not self._reason:
            self._settled.clear()
        if self._reason:
            self._keep_soon()
            self.waiting_changed.emit(self.waiting)

    def retry(self) -> None:
        """Try now what is to be tried again later."""
        self._again.set()

    def discard(self) -> None:
        """Give up all that waits."""
        given_up = list(self._queue)
        self._queue.clear()
        self._reason = ""
        self._again.set()
        self._keep_soon()
        self.waiting_changed.emit(self.waiting)
        self.discarded.emit(given_up)

    async def close(self) -> None:
        """Save what is left if the store takes it within some seconds; else it waits in the file."""
        if self._task is not None:
            if self._queue:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(_CLOSE_S):
                        await self._settled.wait()
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        if self._queue or self._kept:
            await self._keep()
        self._disk.shutdown(wait=True)

    async def _run(self) -> None:
        left = await asyncio.get_running_loop().run_in_executor(self._disk, self._outbox.load)
        self._queue.extendleft(reversed(left))
        self._kept = bool(left)
        wait = _FIRST_WAIT_S
        while True:
            if not self._queue:
                await self._rest()
            elif await self._save(self._queue[0]):
                wait = _FIRST_WAIT_S
            else:
                await self._pause(wait)
                wait = min(2 * wait, _LONGEST_WAIT_S)

    async def _rest(self) -> None:
        """Everything is saved: the file is not needed any more."""
        if self._kept:
            await self._keep()
        self._filled.clear()
        if not self._queue:
            self._settled.set()
            await self._filled.wait()

    async def _save(self, work: Work) -> bool:
        """Try once; False where it is to be tried again."""
        try:
            recorded = await self._send(work)
        except (StoreUnavailableError, StoreRefusedError) as error:
            await self._hold(error)
            return False
        except HydraError as error:
            self._done(work)
            self.failed.emit(work, str(error))
            return True
        self._done(work)
        self.saved.emit(work, recorded)
        return True

    async def _send(self, work: Work) -> Recorded:
        sending = asyncio.ensure_future(self._api.record(work) if isinstance(work, Gesture) else self._api.revert(work))
        try:
            done, _ = await asyncio.wait({sending}, timeout=_LATE_S)
            if not done:
                self._say("The database has not answered yet.")
                await self._keep()
            return await sending
        finally:
            sending.cancel()

    def _done(self, work: Work) -> None:
        if self._queue and self._queue[0] is work:
            self._queue.popleft()
        if self._reason:
            self._reason = ""
            self.waiting_changed.emit(self.waiting)

    async def _hold(self, error: HydraError) -> None:
        log.warning("labels wait: %s", error)
        missing = await self._keep()
        self._say(f"{error} {missing}".strip())

    def _say(self, reason: str) -> None:
        if self._queue and reason != self._reason:
            self._reason = reason
            self._settled.set()
            self.waiting_changed.emit(self.waiting)

    async def _pause(self, wait: float) -> None:
        self._again.clear()
        with contextlib.suppress(TimeoutError):  # not `wait_for`, which can swallow a cancellation
            async with asyncio.timeout(wait):
                await self._again.wait()

    async def _keep(self) -> str:
        """Put the queue into the file; returns why that could not be done."""
        works = list(self._queue)
        self._kept = self._kept or bool(works)  # a cancellation may come before the file is what it should be
        missing = await asyncio.get_running_loop().run_in_executor(self._disk, self._outbox.keep, works)
        self._kept = bool(works)
        return missing

    def _keep_soon(self) -> None:
        self._kept = bool(self._queue)
        self._disk.submit(self._outbox.keep, list(self._queue))


def _size(work: Work) -> int:
    return len(work.events) if isinstance(work, Gesture) else 1
