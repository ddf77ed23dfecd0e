"""The ways out as a window uses them: what is configured, a test of a destination, an entry in logbooks."""

from __future__ import annotations

import asyncio
import uuid
from typing import TYPE_CHECKING

from backend.alarms.composing import trial_message
from backend.alarms.message import Message, Picture
from backend.alarms.pictures import pictures_of
from backend.alarms.registry import Destinations
from backend.alarms.sending import Sent, send
from backend.alarms.threads import Threads
from backend.alarms.view import view_of
from backend.config import Settings
from backend.domain.classifications import Severity
from backend.domain.dispatches import Outcome
from backend.domain.errors import HydraError
from backend.domain.outward import Delivered, LogbookEntry, OutwardView
from backend.pipeline.store_link import StoreLink

if TYPE_CHECKING:
    from backend.engine.engine import Engine

_BEYOND_S = 5.0
_CLOSE_S = 3.0


class OutwardDesk:
    """On the engine's loop. What is sent here is what a person wants now: it is tried once, and the person told."""

    def __init__(self, engine: Engine, settings: Settings, links: tuple[StoreLink, StoreLink]) -> None:
        self._engine, self._section, self._experiment = engine, settings.alarms, settings.experiment.name
        self._link, self._read_link = links
        self._judges = settings.engine.judges
        self._destinations = Destinations(settings.alarms)
        self._threads = Threads()

    async def close(self) -> None:
        """Wait a moment for what is under way."""
        await asyncio.to_thread(self._threads.close, _CLOSE_S)

    async def view(self) -> OutwardView:
        """What is configured."""
        return view_of(self._section, self._judges)

    async def try_destination(self, name: str, who: str) -> Delivered:
        """Send a message that says that nothing is wrong."""
        message = trial_message(f"hydra-test-{uuid.uuid4().hex}", self._experiment, name, who)
        sent = await self._send(name, message)
        return Delivered(name, sent.ok, sent.words)

    async def write_entry(self, entry: LogbookEntry) -> tuple[Delivered, ...]:
        """Make an entry; what came of it is kept, with who and when."""
        await self._engine.wait_open()
        message = await self._message(entry)
        return tuple(await asyncio.gather(*(self._enter(name, entry, message) for name in entry.to)))

    async def _enter(self, name: str, entry: LogbookEntry, message: Message) -> Delivered:
        sent = await self._send(name, message)
        outcome, words = (Outcome.LOGGED if sent.ok else Outcome.FAILED), sent.words
        about = (entry.alert_id, entry.plot.plot_id if entry.plot else 0)
        record = self._engine.store.dispatches.record
        try:
            await self._link.ask(record, entry.author, name, sent.kind, outcome, words, *about)
        except HydraError as error:  # the entry is made all the same: nobody must be led to make it again
            words += f"; the database could not keep who made it: {error}"
        return Delivered(name, sent.ok, words)

    async def _message(self, entry: LogbookEntry) -> Message:
        severity, fields = Severity.INFORMATION, dict(entry.fields)
        pictures = await self._pictures(entry)
        return Message(entry.key, entry.subject, entry.text, severity, pictures, entry.author, fields)

    async def _pictures(self, entry: LogbookEntry) -> tuple[Picture, ...]:
        plot = entry.plot
        if plot is None:
            return ()
        rgb, identity = await self._engine.image(plot), plot.identity
        name, caption = f"{identity.plot_type}-{plot.plot_id}", f"{identity.plot_type}, run {identity.run}"
        return await asyncio.to_thread(pictures_of, name, caption, rgb, entry.heat_map)

    async def _send(self, name: str, message: Message) -> Sent:
        section = self._section.destinations.get(name)
        kind = section.kind if section else ""
        limit = max(section.timeout_s if section else 0.0, self._section.mail.timeout_s) + _BEYOND_S
        try:
            return await self._threads.run(lambda: send(self._destinations, name, message), limit)
        except TimeoutError:
            return Sent(kind, False, f"it took longer than {limit:g} s")
