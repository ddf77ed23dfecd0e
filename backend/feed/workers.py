"""The few threads in which a feed waits for the file system, and their orderly end."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")

STOP_S = 5.0
"""Seconds a call may go on once the end has come. A dead network file system may hold a thread for ever."""

log = logging.getLogger(__name__)


class WorkersClosedError(RuntimeError):
    """There are no threads any more."""


class Workers:
    """At most `count` threads; nothing runs in them before the first call."""

    def __init__(self, count: int) -> None:
        self._executor = ThreadPoolExecutor(count, thread_name_prefix="feed")
        self._running: set[Future[Any]] = set()
        self._closed = False

    @property
    def closed(self) -> bool:
        """Asked by long calls, which then give up."""
        return self._closed

    async def run(self, call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Await `call` in one of the threads. Cancelled, it runs on and its result is dropped."""
        if self._closed:
            raise WorkersClosedError
        future = self._executor.submit(call, *args, **kwargs)
        self._running.add(future)
        future.add_done_callback(self._running.discard)
        return await asyncio.wrap_future(future)

    async def aclose(self) -> None:
        """Wait for what runs, then end the threads. Idempotent."""
        self._closed = True
        pending = [asyncio.wrap_future(future) for future in tuple(self._running)]
        stuck: set[asyncio.Future[Any]] = set()
        if pending:
            _, stuck = await asyncio.wait(pending, timeout=STOP_S)
        if stuck:
            log.warning("%d calls to the file system do not return; they are left behind", len(stuck))
        self._executor.shutdown(wait=not stuck, cancel_futures=True)
