"""The engine without a screen: runs until it is told to stop, its time is over, or nothing is left to do."""

from __future__ import annotations

import asyncio
import signal
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from backend.config import Settings
from backend.domain.errors import StoreUnavailableError
from backend.domain.hall import HallStatus
from backend.domain.health import Condition
from backend.engine.engine import Engine
from backend.engine.feed_runner import check_receiver
from backend.events import Event, FileQuarantined, PlotJudged, StatusChanged
from backend.services.life_signs import LifeSigns

_POLL_S = 0.1
_IDLE_S = 1.5


@dataclass(frozen=True, slots=True)
class ServeOptions:
    """When to end by itself: after `seconds`, or once the folder is worked off (`until_idle`); else never.

    `pulse` is a file that is renewed every few seconds while all is well.
    """

    seconds: float | None = None
    until_idle: bool = False
    pulse: Path | None = None


@dataclass(slots=True)
class ServeSummary:
    """What was done. `refused` says why the database must not be used; "" where all was well."""

    recorded: int = 0
    quarantined: int = 0
    verdicts: Counter[str] = field(default_factory=Counter)
    refused: str = ""


def serve_until(settings: Settings, options: ServeOptions, tell: Callable[[Event], None]) -> ServeSummary:
    """Run the engine in the calling (main) thread; SIGINT and SIGTERM end it cleanly. `tell` hears every event.

    FeedSetupError where the network is to be listened to and the keys for that cannot be used.
    """
    check_receiver(settings)
    return asyncio.run(_Service(settings, options, tell).run())


class _Service:
    def __init__(self, settings: Settings, options: ServeOptions, tell: Callable[[Event], None]) -> None:
        alone = settings.model_copy(update={"inference": settings.inference.without_window})
        self._settings, self._options, self._tell = alone, options, tell
        self._summary = ServeSummary()
        self._status = HallStatus()
        self._signs = LifeSigns(options.pulse)

    async def run(self) -> ServeSummary:
        engine, told_to_end = Engine(self._settings), asyncio.Event()
        engine.subscribe(self._hear)
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, told_to_end.set)
        engine.start()
        self._signs.ready("starting")
        try:
            await self._until_end(engine, told_to_end)
        finally:
            self._signs.stopping()
            await engine.stop()
            for number in (signal.SIGINT, signal.SIGTERM):
                loop.remove_signal_handler(number)
        return self._summary

    async def _until_end(self, engine: Engine, told_to_end: asyncio.Event) -> None:
        started, idle_since = time.monotonic(), None
        while not told_to_end.is_set() and not self._summary.refused:
            await asyncio.sleep(_POLL_S)
            self._signs.alive(in_words(self._status), well=not is_stuck(self._status))
            now = time.monotonic()
            if self._options.seconds is not None and now - started >= self._options.seconds:
                return
            if self._options.until_idle:
                idle_since = (idle_since or now) if await self._idle(engine) else None
                if idle_since is not None and now - idle_since >= _IDLE_S:
                    return

    async def _idle(self, engine: Engine) -> bool:
        """Nothing found that is not taken in, nothing taken in that is not judged."""
        feed = self._status.health.feed.condition
        if feed is Condition.STARTING or self._status.backlog:
            return False
        try:
            return await asyncio.to_thread(engine.store.work.pending_count) == 0
        except StoreUnavailableError:
            return False

    def _hear(self, event: Event) -> None:
        match event:
            case PlotJudged(tile, elsewhere=False):
                self._summary.recorded += 1
                self._summary.verdicts[tile.verdict.classification if tile.verdict else "no model"] += 1
            case FileQuarantined(elsewhere=False):
                self._summary.quarantined += 1
            case StatusChanged(status):
                self._status = status
                self._notice_refusal(status)
            case _:
                pass
        self._tell(event)

    def _notice_refusal(self, status: HallStatus) -> None:
        database = status.health.database
        if database.condition is Condition.FAILED and database.word == "refused":
            self._summary.refused = database.advice


def in_words(status: HallStatus) -> str:
    """What is not well, in one line for whoever asks the service manager. Figures have their place elsewhere."""
    health = status.health
    parts = (("feed", health.feed), ("database", health.database), ("inference", health.inference))
    troubled = [(name, part) for name, part in parts if part.condition is not Condition.OK]
    return ", ".join(f"{name} {part.word or part.condition}" for name, part in troubled) or "all well"


def is_stuck(status: HallStatus) -> bool:
    """Whether plots wait and none is judged though the database answers: only a new start can mend that."""
    return status.health.inference.condition is Condition.FAILED and status.presence.role.judges
