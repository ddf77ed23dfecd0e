"""Awaiting the engine from slots: named tasks of which the newest counts, kept until they end."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from backend.domain.errors import HydraError


class Tasks:
    """Tasks of one owner. A task ends one of the same name that is still running.

    A `HydraError` goes to `complain` as its sentence; any other error to the loop's exception handler.
    """

    def __init__(self, complain: Callable[[str], None]) -> None:
        self._complain = complain
        self._running: dict[str, asyncio.Task[None]] = {}
        self._closed = False

    def __len__(self) -> int:
        return len(self._running)

    def start(self, name: str, work: Coroutine[Any, Any, None]) -> None:
        """Run `work` on the running loop. Once closed, or once the loop has ended, nothing is started: views go on
        telling of themselves for a moment while the window ends."""
        loop = None if self._closed else asyncio._get_running_loop()
        if loop is None:
            work.close()
            return
        self.cancel(name)
        task = loop.create_task(work, name=name)
        self._running[name] = task
        task.add_done_callback(self._ended)

    def cancel(self, name: str) -> None:
        """End the task of that name, if there is one."""
        task = self._running.pop(name, None)
        if task is not None:
            task.cancel()

    async def close(self) -> None:
        """End all tasks and wait until they are gone."""
        self._closed = True
        tasks = list(self._running.values())
        self._running.clear()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _ended(self, task: asyncio.Task[None]) -> None:
        if self._running.get(task.get_name()) is task:
            del self._running[task.get_name()]
        error = None if task.cancelled() else task.exception()
        if isinstance(error, HydraError):
            self._complain(str(error))
        elif error is not None:
            context = {"message": f"{task.get_name()} failed", "exception": error, "task": task}
            task.get_loop().call_exception_handler(context)
