"""The server of process variables: a thread with a loop of its own, so that clients never hold the engine up."""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import logging
import os
import threading
import time

from caproto.asyncio.server import Context

from backend.alarms.epics.snapshot import Snapshot
from backend.alarms.epics.variables import Acknowledge, Variables
from backend.config_alarms import EpicsSection

log = logging.getLogger(__name__)

ALIVE_S = 10.0
"""Without a word from the engine for so long, nothing that is served is true any more."""

_EVERY_S = 0.5
_BEATS = 2
_AGAIN_S = 10.0
_STOP_S = 10.0


class EpicsServer:
    """Starts at once; `close` ends the thread. `acknowledge` is called on it."""

    def __init__(self, section: EpicsSection, acknowledge: Acknowledge) -> None:
        self._section = section
        self._variables = Variables(section.prefix, acknowledge if section.acknowledge else None)
        self._lock = threading.Lock()
        self._newest, self._heard_at = Snapshot(), time.monotonic()
        self._loop = asyncio.new_event_loop()
        self._task: asyncio.Task[None] | None = None
        self.trouble = ""
        _stay_on_loopback(section.interface)
        self._thread = threading.Thread(target=self._main, name="epics", daemon=True)
        self._thread.start()

    def publish(self, snapshot: Snapshot) -> None:
        """Serve this from now on. From any thread."""
        with self._lock:
            self._newest, self._heard_at = snapshot, time.monotonic()

    def close(self) -> None:
        """End the thread; blocking."""
        self._loop.call_soon_threadsafe(self._cancel)
        self._thread.join(_STOP_S)
        if self._thread.is_alive():
            log.error("the server of process variables did not stop in time")

    def _cancel(self) -> None:
        if self._task is not None:
            self._task.cancel()

    def _main(self) -> None:
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner, contextlib.suppress(asyncio.CancelledError):
            runner.run(self._live())

    async def _live(self) -> None:
        self._task = asyncio.current_task()
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._serve())
            tasks.create_task(self._write())

    async def _serve(self) -> None:
        """Again and again where the port is taken: another program may give it back."""
        while True:
            context = Context(self._variables.pvdb, [self._section.interface])
            if self._section.port:
                context.ca_server_port = self._section.port
            try:
                await context.run()
                return
            except Exception as error:  # the library raises its own and the system's
                if str(error) != self.trouble:
                    log.error("process variables cannot be served: %s; tried again every %.0f s", error, _AGAIN_S)
                self.trouble = str(error) or type(error).__name__
            await asyncio.sleep(_AGAIN_S)

    async def _write(self) -> None:
        turn = 0
        while True:
            with self._lock:
                snapshot, alive = self._newest, time.monotonic() - self._heard_at <= ALIVE_S
            if not alive:
                snapshot = Snapshot(snapshot.plots, snapshot.waiting, "the engine does not answer")
            await self._variables.show(snapshot)
            if turn % _BEATS == 0:
                await self._variables.beat(alive)
            turn += 1
            await asyncio.sleep(_EVERY_S)


def _stay_on_loopback(interface: str) -> None:
    """The library calls out to every network by beacons unless it is told not to, which it reads from there."""
    with contextlib.suppress(ValueError):
        if ipaddress.ip_address(interface).is_loopback:
            os.environ.setdefault("EPICS_CAS_AUTO_BEACON_ADDR_LIST", "NO")
