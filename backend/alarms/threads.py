"""Threads for what may hang on somebody else's server: one an attempt, so that none waits for another."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from functools import partial
from typing import TypeVar

R = TypeVar("R")


class Threads:
    """Lives on one loop. `close` waits a moment for what is under way; the rest ends at its own time limit.

    They are daemons: a server that hangs must not keep the program from ending.
    """

    def __init__(self) -> None:
        self._running: set[threading.Thread] = set()

    async def run(self, function: Callable[[], R], limit_s: float) -> R:
        """Call on a thread; TimeoutError when it takes too long, what it then returns is dropped."""
        loop = asyncio.get_running_loop()
        done: asyncio.Future[R] = loop.create_future()
        thread = threading.Thread(target=self._call, args=(function, loop, done), name="alarms", daemon=True)
        self._running.add(thread)
        thread.start()
        return await asyncio.wait_for(done, limit_s)

    def _call(self, function: Callable[[], R], loop: asyncio.AbstractEventLoop, done: asyncio.Future[R]) -> None:
        try:
            result = function()
        except BaseException as error:
            _tell(loop, partial(_fail, done, error))
        else:
            _tell(loop, partial(_finish, done, result))
        finally:
            self._running.discard(threading.current_thread())

    def close(self, wait_s: float) -> None:
        """Blocking."""
        end = time.monotonic() + wait_s
        for thread in list(self._running):
            thread.join(max(0.0, end - time.monotonic()))


def _finish(done: asyncio.Future[R], result: R) -> None:
    if not done.done():
        done.set_result(result)


def _fail(done: asyncio.Future[R], error: BaseException) -> None:
    if not done.done():
        done.set_exception(error)


def _tell(loop: asyncio.AbstractEventLoop, call: Callable[[], None]) -> None:
    try:
        loop.call_soon_threadsafe(call)
    except RuntimeError:  # the loop is closed: nobody waits any more
        return
