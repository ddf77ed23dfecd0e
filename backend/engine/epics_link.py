"""The link to EPICS: what the hall looks like for the server of process variables, and acknowledgements back."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from backend.alarms.epics.snapshot import PlotValue, Snapshot
from backend.config_alarms import EpicsSection
from backend.domain.alert_actions import AlertKey
from backend.domain.alerts import Alert, AlertState
from backend.domain.classifications import Severity
from backend.domain.errors import HydraError, StoreUnavailableError
from backend.domain.goodness import goodness
from backend.domain.hall import HallStatus, Tile
from backend.engine.parts import Parts
from backend.events import AlertsChanged, Event, PlotJudged
from backend.pipeline.store_link import StoreLink

if TYPE_CHECKING:
    from backend.alarms.epics.server import EpicsServer

log = logging.getLogger(__name__)

_EVERY_S = 1.0
_AT_ONCE = 100
"""Plot types whose values are read between two words to the server, which must not take the engine for dead."""

_TELLS = (AlertState.RAISED, AlertState.CLEARED, AlertState.ACKNOWLEDGED)
MISSING = "process variables are not served: the package caproto is not installed. Install hydra-gui[epics]."


class EpicsLink:
    """Lives on the engine's loop. Made where a prefix is configured; `close` ends the server."""

    def __init__(
        self, section: EpicsSection, parts: Parts, read_link: StoreLink, status: Callable[[], HallStatus]
    ) -> None:
        self._section, self._parts, self._read_link, self._status = section, parts, read_link, status
        self._values: dict[str, float] = {}
        self._changed: set[str] = set()
        self._alerts: dict[int, Alert] = {}
        self._acknowledging: set[asyncio.Task[None]] = set()
        self._server: EpicsServer | None = None

    def take_note(self, event: Event) -> None:
        """Hear what happened."""
        if isinstance(event, PlotJudged):
            self._changed.add(event.tile.plot_type.name)
        elif isinstance(event, AlertsChanged):
            self._take(event.alerts)

    def _take(self, alerts: tuple[Alert, ...]) -> None:
        for alert in alerts:
            known = self._alerts.get(alert.alert_id)
            if known is None or alert.change >= known.change:
                self._alerts[alert.alert_id] = alert
        self._alerts = {number: alert for number, alert in self._alerts.items() if alert.open}

    async def run_forever(self) -> None:
        """Serve; returns where that cannot be."""
        if self._server is None and not self._start_server():
            return
        view = await self._read_link.insist(self._parts.context.store.alerts.view)
        self._take(view.alerts)
        self._changed |= {tile.plot_type.name for tile in self._parts.context.hall.tiles if tile.verdict is not None}
        while True:
            await self._read_values()
            if self._server is not None:
                self._server.publish(self._snapshot())
            await asyncio.sleep(_EVERY_S)

    def _start_server(self) -> bool:
        try:
            from backend.alarms.epics.server import EpicsServer
        except ModuleNotFoundError as error:
            if error.name != "caproto":
                raise
            log.error(MISSING)
            return False
        loop = asyncio.get_running_loop()
        self._server = EpicsServer(
            self._section, lambda plot_type, who: _post(loop, lambda: self._acknowledge_soon(plot_type, who))
        )
        return True

    async def close(self) -> None:
        """End the server's thread."""
        for task in list(self._acknowledging):
            task.cancel()
        if self._server is not None:
            await asyncio.to_thread(self._server.close)

    # Out.

    async def _read_values(self) -> None:
        """The outputs of the models on what was judged meanwhile."""
        for name in sorted(self._changed)[:_AT_ONCE]:
            try:
                detail = await self._read_link.ask(self._parts.context.store.live.detail, name)
            except StoreUnavailableError:
                return  # all of it stays for later
            self._changed.discard(name)
            known = self._parts.context.classifications
            outputs = [
                (one.probability, known[one.classification].severity)
                for one in detail.scores
                if one.classification in known
            ]
            if outputs:
                self._values[name] = goodness(outputs)

    def _snapshot(self) -> Snapshot:
        oldest = datetime.now(UTC) - timedelta(seconds=self._section.stale_after_s)
        plots = tuple(self._value(tile, oldest) for tile in self._parts.context.hall.tiles)
        waiting = sum(alert.waits for alert in self._alerts.values())
        return Snapshot(plots, waiting, self._status().health.blind)

    def _value(self, tile: Tile, oldest: datetime) -> PlotValue:
        name = tile.plot_type.name
        mine = [one for one in self._alerts.values() if one.plot_type == name and one.state in _TELLS]
        severity = max((one.evidence.severity for one in mine if one.active), default=Severity.NORMAL)
        fresh = tile.plot is not None and tile.plot.received_at >= oldest
        return PlotValue(name, self._values.get(name), severity, any(one.waits for one in mine), fresh)

    # Back.

    def _acknowledge_soon(self, plot_type: str, who: str) -> None:
        task = asyncio.get_running_loop().create_task(self._acknowledge(plot_type, who))
        self._acknowledging.add(task)
        task.add_done_callback(self._acknowledging.discard)

    async def _acknowledge(self, plot_type: str, who: str) -> None:
        waiting = [one for one in self._alerts.values() if one.plot_type == plot_type and one.waits]
        keys = [AlertKey(alert.alert_id, alert.version) for alert in waiting]
        try:
            if keys:
                outcome = await self._parts.alerts.acknowledge(keys, who, "by Channel Access")
                for refusal in outcome.refused:
                    log.warning("%s could not acknowledge by Channel Access: %s", who, refusal.why)
        except HydraError as error:
            log.error("%s could not acknowledge %s by Channel Access: %s", who, plot_type, error)


def _post(loop: asyncio.AbstractEventLoop, call: Callable[[], None]) -> None:
    try:
        loop.call_soon_threadsafe(call)
    except RuntimeError:  # the engine has ended
        return
