"""Images of plots for tiles, composed on demand and kept within a budget of bytes."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Sequence

from PySide6.QtCore import QObject, Qt, Signal, Slot

from backend.api import EngineApi
from backend.domain.plots import Plot
from backend.domain.predictions import HeatMap
from hydra_gui.composing.byte_lru import ByteLru
from hydra_gui.composing.compose_pool import BodyKey, Composed, ComposePool, Look, Place
from ui.grid.roles import Body

BUDGET = 192 * 2**20
_LATE_S = 0.25
_RETRY_S = 30.0
_LATEST_KEPT = 20_000


def _threads() -> int:
    """One on a small machine, where window and engine need the cores, else two."""
    return 1 if (os.cpu_count() or 1) <= 2 else 2


class Bodies(QObject):
    """Serves bodies to item models on the GUI thread; `close` ends its threads."""

    bodies_ready = Signal(object)
    """frozenset of places (see `body`) whose body can now be asked for again."""

    _delivered = Signal()

    def __init__(
        self, engine: EngineApi, budget: int = BUDGET, threads: int | None = None, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._cache: ByteLru[BodyKey] = ByteLru(budget)
        self._asked: set[BodyKey] = set()
        self._problems: dict[int, tuple[float, str]] = {}
        self._latest: dict[Place, BodyKey] = {}
        self._outdated_since: dict[Place, float] = {}
        self._lock = threading.Lock()
        self._done: list[Composed] = []
        self._delivered.connect(self._collect, Qt.ConnectionType.QueuedConnection)
        self._pool = ComposePool(engine, self._deliver, threads or _threads())

    def close(self) -> None:
        """End the worker threads; what they still deliver is dropped."""
        self._pool.close()
        with self._lock:
            self._done.clear()

    @property
    def size(self) -> int:
        """Bytes of pixels held."""
        return self._cache.size

    def body(self, plot: Plot, place: str | int, look: Look, heat_map: HeatMap | None = None) -> Body | str | None:
        """The image of `plot`; the one it replaces in this place while it is being composed.

        A str says why there is none.
        """
        opacity = look.opacity if heat_map is not None else 0.0
        key, where = BodyKey(plot.plot_id, look.spec, opacity), (look.pane, place)
        image = self._cache.get(key)
        if image is not None:
            self._remember(where, key)
            return Body(image, key.plot_id)
        problem = self._problem(key.plot_id)
        if problem:
            return problem
        if key not in self._asked:
            overtaken = self._pool.ask(key, place, plot, look, heat_map)
            self._asked.add(key)
            if overtaken is not None and overtaken != key:
                self._asked.discard(overtaken)
        return self._previous(where, key)

    def _remember(self, place: Place, key: BodyKey) -> None:
        if len(self._latest) >= _LATEST_KEPT:
            self._latest.clear()
            self._outdated_since.clear()
        self._latest[place] = key
        self._outdated_since.pop(place, None)

    def _previous(self, place: Place, key: BodyKey) -> Body | None:
        """What was shown in this place before, marked when it is of another plot and has been for long."""
        before = self._latest.get(place)
        image = self._cache.get(before) if before is not None else None
        if before is None or image is None:
            return None
        if before.plot_id == key.plot_id:
            return Body(image, before.plot_id)
        now = time.monotonic()
        return Body(image, before.plot_id, late=now - self._outdated_since.setdefault(place, now) > _LATE_S)

    def _problem(self, plot_id: int) -> str:
        at, problem = self._problems.get(plot_id, (0.0, ""))
        if problem and time.monotonic() - at > _RETRY_S:
            del self._problems[plot_id]
            return ""
        return problem

    def _deliver(self, composed: Sequence[Composed]) -> None:
        """On a worker thread."""
        with self._lock:
            first = not self._done
            self._done += composed
        if first:
            self._delivered.emit()

    @Slot()
    def _collect(self) -> None:
        with self._lock:
            done, self._done = self._done, []
        for composed in done:
            self._asked.discard(composed.key)
            if composed.image is not None:
                self._cache.put(composed.key, composed.image)
            elif composed.problem:
                self._note_problem(composed)
        if done:
            self.bodies_ready.emit(frozenset(composed.place[1] for composed in done))

    def _note_problem(self, composed: Composed) -> None:
        if len(self._problems) >= _LATEST_KEPT:
            self._problems.clear()
        self._problems[composed.key.plot_id] = (time.monotonic(), composed.problem)
