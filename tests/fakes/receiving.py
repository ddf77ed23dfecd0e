"""A receiver on a real socket whose store is a dictionary, and a feeder in the same loop."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

from backend.feed.shipping.courier import Patience
from backend.feed.shipping.feeder import Feeder, FeederSettings
from backend.feed.shipping.link import Target
from backend.feed.zeromq.addresses import Address
from backend.feed.zeromq.keys import ClientKeys, ServerKeys
from backend.feed.zeromq.protocol import PlotMessage, Refusal
from backend.feed.zeromq.receiver import Receiver, ReceiverSettings
from backend.feed.zeromq.windows import Bounds
from tests.fakes.network import free_port

QUICK = Patience(beat_s=0.1, silence_s=1.5, answer_s=2.0, slowest_rate=5_000.0, busy_s=0.05, longest_s=0.3)


class TakesIn:
    """Takes in what comes. `stored` maps content to how often it was committed; `order` has the paths as they came."""

    def __init__(self, port: int = 0, keys: ServerKeys | None = None, **settings: Any) -> None:
        self.port = port or free_port()
        bounds = settings.pop("bounds", Bounds())
        self.trouble = ""
        self.receiver = Receiver(
            ReceiverSettings((Address("127.0.0.1", self.port),), "hall-d", keys, bounds=bounds, **settings),
            lambda: self.trouble,
        )
        self.stored: dict[bytes, int] = {}
        self.order: list[str] = []
        self.unsendable: list[str] = []
        self.offers = 0
        self.refuse: Callable[[PlotMessage], Refusal | None] = lambda message: None
        self.open = asyncio.Event()
        self.open.set()

    async def __aenter__(self) -> TakesIn:
        self._tasks = [asyncio.create_task(self.receiver.run_forever()), asyncio.create_task(self._commit_forever())]
        return self

    async def __aexit__(self, *_: object) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _commit_forever(self) -> None:
        async for offers in self.receiver:
            for offer in offers:
                self.offers += 1
                await self.open.wait()
                message = offer.message
                if not isinstance(message, PlotMessage):
                    self.unsendable.append(message.path)
                    self.receiver.acknowledge([(offer, True)])
                    continue
                refusal = self.refuse(message)
                if refusal is not None:
                    self.receiver.refuse(offer, refusal, "as told")
                    continue
                new = message.data not in self.stored
                self.stored[message.data] = 1
                self.order.append(message.path)
                self.receiver.acknowledge([(offer, new)])


@contextlib.asynccontextmanager
async def shipping(root: Path, port: int, keys: ClientKeys | None = None, **settings: Any) -> AsyncIterator[Feeder]:
    """A feeder at work on `root`; ended as by SIGTERM."""
    given = {"spool": root.parent / "spool", "poll_s": 0.2, "settle_s": 0.0, "patience": QUICK} | settings
    feeder = Feeder(FeederSettings(root=root, target=Target(Address("127.0.0.1", port), "daq1", keys), **given))
    task = asyncio.create_task(feeder.run())
    try:
        yield feeder
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def until(condition: Callable[[], Any], what: str = "", deadline_s: float = 60.0) -> None:
    """Wait for a condition; AssertionError after the deadline."""
    end = time.monotonic() + deadline_s
    while not condition():
        assert time.monotonic() < end, f"not within {deadline_s} s: {what or condition}"
        await asyncio.sleep(0.01)
