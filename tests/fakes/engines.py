"""A real engine in a temporary place, and what tests wait for."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

from backend.config import Settings, load
from backend.engine.engine import Engine
from backend.events import Event

Matches = Callable[[Event], bool]


def settings_for(place: Path, **sections: dict[str, Any]) -> Settings:
    """Configuration of an engine that keeps everything below `place`; its inbox is `place / "inbox"`."""
    inbox = place / "inbox"
    inbox.mkdir(parents=True, exist_ok=True)
    (place / "none.toml").touch()
    given = {
        "input": {"directory": inbox, "settle_s": 0.05, "poll_s": 0.5},
        "store": {"data_dir": place / "data"},
        "inference": {"cache_dir": place / "cache"},
        "station": {"name": "test", "lease_s": 3.0},
    }
    for name, values in sections.items():
        given[name] = given.get(name, {}) | values
    return load(place / "none.toml", given)


class Heard:
    """Every event an engine published, and a way to wait for one."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self._news = asyncio.Event()

    def __call__(self, event: Event) -> None:
        self.events.append(event)
        self._news.set()

    async def until(self, enough: Callable[[list[Event]], bool], deadline_s: float = 90.0) -> None:
        """Wait until `enough` of the events heard so far."""
        end = time.monotonic() + deadline_s
        while not enough(self.events):
            self._news.clear()
            async with asyncio.timeout(max(0.01, end - time.monotonic())):
                await self._news.wait()


@contextlib.asynccontextmanager
async def running_engine(settings: Settings, *, window: bool = False) -> AsyncIterator[tuple[Engine, Heard]]:
    """An engine that is open, and everything it says; stopped at the end. `window`: it is one of a window."""
    engine, heard = Engine(settings, window=window), Heard()
    engine.subscribe(heard)
    engine.start()
    try:
        async with asyncio.timeout(90):
            await engine.wait_open()
        yield engine, heard
    finally:
        await engine.stop()


async def eventually(condition: Callable[[], Any], deadline_s: float = 90.0, what: str = "") -> None:
    """Wait for a blocking condition, asked in a thread; AssertionError after the deadline."""
    end = time.monotonic() + deadline_s
    while not await asyncio.to_thread(condition):
        assert time.monotonic() < end, f"not within {deadline_s} s: {what or condition}"
        await asyncio.sleep(0.02)
