"""Hints between stations over ZeroMQ: what was committed here is told at once, what others tell is looked up at once.

Everybody publishes the keys of what it committed, numbered, and listens to everybody who is entered in the store. A
hint that is lost, late or false does no harm: the journal in the store is read all the same, only later. Messages have
two frames, `FORMAT` and JSON: `{"life": …, "seq": n, "changes": [[kind, [key, …]], …]}`; one without changes says that
the sender lives.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import time
import uuid
from collections.abc import Callable, Collection, Sequence
from typing import TYPE_CHECKING

from backend.config import EventsSection
from backend.domain.changes import Change, ChangeKind
from backend.domain.stations import Station, StationRole
from backend.engine.hint_messages import FORMAT, read_hint
from backend.engine.presence import Stations
from backend.store.database import Database

if TYPE_CHECKING:
    from backend.engine.hint_sockets import HintSockets

log = logging.getLogger(__name__)

BEAT_S = 1.0
HEARD_S = 3.5
_MOST_KEYS = 500
_REMEMBERED = 10_000
"""Lives of stations, of all that were ever heard."""

_FEW = frozenset({ChangeKind.ARRIVED, ChangeKind.CATALOGUE})
_WANTED = {StationRole.ENGINE: _FEW, StationRole.FEEDER: frozenset({ChangeKind.CATALOGUE})}


class Hints:
    """Lives on the engine's loop. Silent where the store is embedded, no address is configured or ZeroMQ is missing."""

    def __init__(self, section: EventsSection, database: Database) -> None:
        self._section, self._database = section, database
        self._life, self._seq = uuid.uuid4().hex, 0
        self._loop = asyncio.get_running_loop()
        self._sockets: HintSockets | None = None
        self._stations: Stations | None = None
        self._hint: Callable[[], None] = lambda: None
        self._heard: dict[str, float] = {}
        self._last: dict[str, int] = {}
        self.missed = 0

    def open(self) -> tuple[str, str]:
        """Begin to publish; returns the address for others and the public key, "" where there is none.

        ConfigurationError where the address cannot be had, or would be open to everybody.
        """
        if self._database.embedded or not self._section.listen:
            return "", ""
        try:
            from backend.engine.hint_sockets import HintSockets
        except ImportError:
            log.warning("ZeroMQ is not installed: what others do is seen after half a second instead of at once")
            return "", ""
        self._sockets = HintSockets(self._section)
        self._database.told.append(self._tell)
        return self._sockets.address, self._sockets.public_key

    def listen(self, stations: Stations, hint: Callable[[], None]) -> None:
        """Call `hint` when others of `stations` do something that concerns this one."""
        self._stations, self._hint = stations, hint

    def hears_all(self) -> bool:
        """Whether every other station was heard a moment ago, so that nothing happens unheard."""
        if self._stations is None:
            return False
        limit = time.monotonic() - HEARD_S
        return all(self._heard.get(station.events, 0.0) > limit for station in self._stations.others)

    async def run_forever(self) -> None:
        """Listen, and say once a second that this station lives."""
        if self._sockets is None or self._stations is None:
            return
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._beat_forever(self._sockets, self._stations))
            tasks.create_task(self._hear_forever(self._sockets))

    async def close(self) -> None:
        """End; nothing that was said waits to be sent."""
        if self._sockets is not None:
            self._database.told.remove(self._tell)
            sockets, self._sockets = self._sockets, None
            await sockets.close()

    # -- saying -------------------------------------------------------------

    def _tell(self, changes: Sequence[Change]) -> None:
        """On the thread that wrote."""
        self._loop.call_soon_threadsafe(self._say, changes)

    def _say(self, changes: Collection[Change]) -> None:
        if self._sockets is None:
            return
        self._seq += 1
        said = [[int(change.kind), list(change.keys[:_MOST_KEYS])] for change in changes]
        sender = {"life": self._life, "address": self._sockets.address, "seq": self._seq}
        self._sockets.send([FORMAT, json.dumps({**sender, "changes": said}, separators=(",", ":")).encode()])

    async def _beat_forever(self, sockets: HintSockets, stations: Stations) -> None:
        while True:
            sockets.connect({station.events: station.events_key for station in stations.others if _reachable(station)})
            self._say(())
            await asyncio.sleep(BEAT_S)

    # -- hearing ------------------------------------------------------------

    async def _hear_forever(self, sockets: HintSockets) -> None:
        while True:
            frames = await sockets.receive()
            try:
                self._hear(frames)
            except ValueError as error:
                log.warning("a hint that cannot be read is left out: %s", error)

    def _hear(self, frames: Sequence[bytes]) -> None:
        hint = read_hint(frames)
        self._heard.pop(hint.address, None)
        self._heard[hint.address] = time.monotonic()
        gap = hint.seq - self._last.pop(hint.life, hint.seq - 1) - 1
        self._last[hint.life] = hint.seq
        for remembered in (self._heard, self._last):
            if len(remembered) > _REMEMBERED:
                del remembered[next(iter(remembered))]  # the one not heard of for longest
        if gap > 0:
            self.missed += gap
        if gap > 0 or self._concerns(hint.kinds):
            self._hint()

    def _concerns(self, kinds: Collection[int]) -> bool:
        if self._stations is None:
            return False
        wanted: Collection[int] | None = _WANTED.get(self._stations.role)
        return bool(kinds) if wanted is None else any(kind in wanted for kind in kinds)


def _reachable(station: Station) -> bool:
    """Whether its address can be one for this machine: a loopback address is only on the station's own."""
    local = station.events.startswith(("tcp://127.", "tcp://localhost", "tcp://[::1]"))
    return bool(station.events) and (not local or station.host == os.uname().nodename)
