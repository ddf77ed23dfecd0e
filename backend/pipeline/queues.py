"""Taking what has gathered in a queue: the busier a stage, the larger its batches."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

WORTH_A_COMMIT = 12
"""In a burst a commit waits a moment for so many plots: it costs nearly as much for one."""


async def gather_queued(
    queue: asyncio.Queue[T],
    limit: int,
    within_s: float = 0.0,
    more_to_come: Callable[[], bool] = lambda: False,
    enough: int = 1,
) -> list[T]:
    """Wait for one item, then take what else is there, at most `limit` in all.

    While there are fewer than `enough` and `more_to_come` says so, wait for more, but no longer than `within_s`
    seconds after the first.
    """
    items = [await queue.get()]
    until = time.monotonic() + within_s
    while len(items) < limit:
        if queue.empty():
            waits = len(items) < enough and more_to_come()
            if not (waits and await _filled(queue, until - time.monotonic())):
                break
        items.append(queue.get_nowait())
    return items


async def _filled(queue: asyncio.Queue[T], within_s: float) -> bool:
    """Whether something came in time; the caller is the queue's only reader."""
    step = 0.005
    while queue.empty() and within_s > 0:
        await asyncio.sleep(min(step, within_s))
        within_s -= step
    return not queue.empty()
