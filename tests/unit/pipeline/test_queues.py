"""How plots are gathered: at once where one comes alone, by the dozen in a burst."""

import asyncio
import time

from backend.pipeline.queues import gather_queued


def filled(count: int) -> asyncio.Queue[int]:
    queue: asyncio.Queue[int] = asyncio.Queue()
    for number in range(count):
        queue.put_nowait(number)
    return queue


async def test_that_what_comes_alone_is_taken_at_once():
    began = time.monotonic()
    assert await gather_queued(filled(1), 64, 30.0, lambda: False, 12) == [0]
    assert time.monotonic() - began < 10


async def test_that_what_is_there_is_taken_up_to_the_limit():
    queue = filled(20)
    assert await gather_queued(queue, 16, 30.0, lambda: True, 4) == list(range(16))
    assert queue.qsize() == 4


async def test_that_it_waits_for_enough_while_more_is_to_come_and_no_longer():
    queue = filled(1)

    async def send():
        for number in range(1, 9):
            await asyncio.sleep(0.01)
            queue.put_nowait(number)

    sender = asyncio.create_task(send())
    gathered = await gather_queued(queue, 64, 30.0, lambda: True, 4)
    await sender
    assert 4 <= len(gathered) < 9


async def test_that_it_gives_up_waiting_in_time():
    assert await gather_queued(filled(2), 64, 0.05, lambda: True, 12) == [0, 1]
