"""The one bridge from the engine's thread to the window's: events in, Qt signals out.

What comes faster than the window can show is thinned to the latest state of each plot type; alarms go first; the
window's thread is never held for more than a slice at a time.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator

from PySide6.QtCore import QObject, Qt, QTimer, Signal, Slot

from backend.api import EngineApi
from backend.domain.alert_policy import GateCount
from backend.domain.alerts import Alert
from backend.domain.hall import HallStatus, Tile
from backend.domain.plots import PlotState
from backend.domain.quarantine import QuarantinedFile
from backend.events import (
    AboutAlerts,
    AlertsChanged,
    AlertsEscalated,
    Event,
    FileQuarantined,
    ModelActivated,
    OpinionHeard,
    OwnAlertsChanged,
    PlotArrived,
    PlotJudged,
    StatusChanged,
    Told,
)

SLICE_S = 0.008
"""Longest time the window's thread hands out events before it looks after the window again."""

_BATCH = 32
_FILES_KEPT = 500


class Mailbox:
    """What happened and was not handed out yet. Thread-safe, bounded by the number of plot types.

    A plot that waits for its verdict never displaces a verdict that was not shown yet.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._urgent: dict[str, Tile] = {}
        self._tiles: dict[str, Tile] = {}
        self._pending: dict[str, Tile] = {}
        self._activated: dict[str, ModelActivated] = {}
        self._opinions: dict[str, OpinionHeard] = {}
        self._files: deque[QuarantinedFile] = deque(maxlen=_FILES_KEPT)
        self._status: HallStatus | None = None
        self._alerts: dict[int, Alert] = {}
        self._own: dict[int, Alert] = {}
        self._gates: tuple[GateCount, ...] | None = None
        self._escalated: AlertsEscalated | None = None
        self._awake = False

    def put(self, event: Event) -> bool:
        """Keep `event`; True where the window has to be woken."""
        if isinstance(event, PlotJudged) and not event.newest:
            return False
        with self._lock:
            if isinstance(event, AlertsChanged | OwnAlertsChanged | AlertsEscalated):
                self._keep_alerts(event)
            else:
                self._keep_told(event)
            wake, self._awake = not self._awake, True
            return wake

    def _keep_told(self, event: Told) -> None:
        match event:
            case PlotArrived(tile) | PlotJudged(tile):
                self._keep_tile(tile)
            case StatusChanged(status):
                self._status = status
            case FileQuarantined(file):
                self._files.append(file)
            case ModelActivated():
                self._activated[event.plot_type] = event
            case OpinionHeard():
                self._opinions[event.plot_type] = event

    def _keep_alerts(self, event: AboutAlerts) -> None:
        match event:
            case AlertsChanged(alerts, gates):
                self._alerts.update((alert.alert_id, alert) for alert in alerts)
                self._gates = gates
            case OwnAlertsChanged(alerts):
                self._own.update((alert.alert_id, alert) for alert in alerts)
            case AlertsEscalated():
                self._escalated = event

    def _keep_tile(self, tile: Tile) -> None:
        name = tile.plot_type.name
        if tile.plot is not None and tile.plot.state is PlotState.PENDING:
            self._pending[name] = tile
            return
        urgent = tile.verdict is not None and tile.verdict.alarms
        (self._tiles if urgent else self._urgent).pop(name, None)
        (self._urgent if urgent else self._tiles)[name] = tile

    def take_tiles(self, limit: int) -> list[Tile]:
        """At most `limit` tiles: alarms, then other verdicts, then plots that wait."""
        with self._lock:
            taken: list[Tile] = []
            for kept in (self._urgent, self._tiles, self._pending):
                while kept and len(taken) < limit:
                    taken.append(kept.pop(next(iter(kept))))
            return taken

    def take_alerts(self) -> AlertsChanged | None:
        """The newest state of each alert that changed since the last time; None where nothing did."""
        with self._lock:
            if self._gates is None:
                return None
            taken = AlertsChanged(tuple(self._alerts.values()), self._gates)
            self._alerts.clear()
            self._gates = None
            return taken

    def take_own(self) -> list[Alert]:
        """The newest state of each alert that this station tells alone."""
        with self._lock:
            taken = list(self._own.values())
            self._own.clear()
            return taken

    def take_escalated(self) -> AlertsEscalated | None:
        """What this station is to be loud for, where that changed."""
        with self._lock:
            taken, self._escalated = self._escalated, None
            return taken

    def take_rest(self) -> tuple[HallStatus | None, list[QuarantinedFile], list[ModelActivated]]:
        """Status, files and activations since the last time."""
        with self._lock:
            rest = self._status, list(self._files), list(self._activated.values())
            self._status = None
            self._files.clear()
            self._activated.clear()
            return rest

    def take_opinions(self) -> list[OpinionHeard]:
        """Of which plot types others said something since the last time."""
        with self._lock:
            taken = list(self._opinions.values())
            self._opinions.clear()
            return taken

    def sleep(self) -> bool:
        """Go to sleep where nothing is left; False where something came meanwhile."""
        with self._lock:
            single = any(one is not None for one in (self._status, self._gates, self._escalated))
            single = single or bool(self._opinions) or bool(self._own)
            self._awake = single or any((self._urgent, self._tiles, self._pending, self._files, self._activated))
            return not self._awake


class Bridge(QObject):
    """Subscribes to the engine while open; all signals are emitted on the thread it was made on."""

    tiles_changed = Signal(object)
    """list[Tile], each of another plot and newest last for any plot type."""

    status_changed = Signal(object)
    """HallStatus."""

    file_quarantined = Signal(object)
    """QuarantinedFile."""

    model_activated = Signal(object)
    """ModelActivated."""

    opinion_heard = Signal(object)
    """OpinionHeard."""

    alerts_changed = Signal(object)
    """AlertsChanged, told before anything else."""

    own_alerts_changed = Signal(object)
    """list[Alert] that this station tells alone."""
    alerts_escalated = Signal(object)
    """AlertsEscalated."""

    _woken = Signal()

    def __init__(self, engine: EngineApi, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._engine = engine
        self._mailbox = Mailbox()
        self._unsubscribe: Callable[[], None] | None = None
        self._again = QTimer(self)
        self._again.setSingleShot(True)
        self._again.timeout.connect(self._drain)
        self._woken.connect(self._drain, Qt.ConnectionType.QueuedConnection)

    def open(self) -> None:
        """Begin to listen; before the first view is asked for, so that nothing falls between the two."""
        if self._unsubscribe is None:
            self._unsubscribe = self._engine.subscribe(self._hear)

    def close(self) -> None:
        """Stop listening; no signal is emitted afterwards."""
        if self._unsubscribe is not None:
            self._unsubscribe()
            self._unsubscribe = None
        self._again.stop()

    def _hear(self, event: Event) -> None:
        """On the engine's thread."""
        if self._mailbox.put(event):
            self._woken.emit()

    @Slot()
    def _drain(self) -> None:
        if self._unsubscribe is None:
            return
        alerts = self._mailbox.take_alerts()
        if alerts is not None:
            self.alerts_changed.emit(alerts)
        own = self._mailbox.take_own()
        if own:
            self.own_alerts_changed.emit(own)
        escalated = self._mailbox.take_escalated()
        if escalated is not None:
            self.alerts_escalated.emit(escalated)
        self._hand_out_rest()
        for tiles in self._slices():
            self.tiles_changed.emit(tiles)
        if not self._mailbox.sleep():
            # A timer, not a queued signal: painting and input get their turn before it fires.
            self._again.start(1)

    def _hand_out_rest(self) -> None:
        status, files, activated = self._mailbox.take_rest()
        if status is not None:
            self.status_changed.emit(status)
        for file in files:
            self.file_quarantined.emit(file)
        for event in activated:
            self.model_activated.emit(event)
        for opinion in self._mailbox.take_opinions():
            self.opinion_heard.emit(opinion)

    def _slices(self) -> Iterator[list[Tile]]:
        until = time.perf_counter() + SLICE_S
        while time.perf_counter() < until and self._unsubscribe is not None:
            tiles = self._mailbox.take_tiles(_BATCH)
            if not tiles:
                return
            yield tiles
