"""Worker threads that compose the images of tiles: newest request first, overtaken requests given up.

Composing releases the interpreter's lock for the greater part, so the window stays free meanwhile.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PySide6.QtGui import QImage

from backend.api import EngineApi, Rgb
from backend.domain.errors import HydraError
from backend.domain.plots import Plot
from backend.domain.predictions import HeatMap
from backend.domain.priorities import give_way
from ui.grid.composer import BodySpec, bare_body, with_heat

_log = logging.getLogger(__name__)

STALE_S = 0.75
"""A request that waited longer is given up: its tile has most likely been scrolled away."""

_LONGEST_QUEUE = 512


@dataclass(frozen=True, slots=True)
class Look:
    """How bodies of one pane look. `opacity` (0 to 1) of the heat map, 0 for none; `pane` tells panes apart.

    With `both` the variant without, or with, heat map is made in passing, so that switching takes no time.
    """

    pane: str
    spec: BodySpec
    opacity: float
    both_at: float = 0.0


@dataclass(frozen=True, slots=True)
class BodyKey:
    """What identifies a composed body."""

    plot_id: int
    spec: BodySpec
    opacity: float


Place = tuple[str, str | int]
"""Pane and what a tile stands for there, a plot type or the number of a plot: where a body is shown."""


@dataclass(frozen=True, slots=True, eq=False)
class Composed:
    """Outcome of one request. `image` None with a `problem`: there is none to be had; without: it was given up."""

    key: BodyKey
    place: Place
    image: QImage | None
    problem: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Request:
    """A body wanted for a place. `asked_at` is the monotonic time of asking."""

    key: BodyKey
    place: Place
    plot: Plot
    heat_map: HeatMap | None
    look: Look
    asked_at: float


class ComposePool:
    """Starts its threads at once; `close` ends them. `deliver` is called on the worker threads."""

    def __init__(self, engine: EngineApi, deliver: Callable[[Sequence[Composed]], None], threads: int) -> None:
        self._engine = engine
        self._deliver = deliver
        self._requests: OrderedDict[Place, Request] = OrderedDict()
        self._changed = threading.Condition()
        self._open = True
        self._threads = [threading.Thread(target=self._run, name=f"compose-{n}") for n in range(threads)]
        for thread in self._threads:
            thread.start()

    def ask(
        self, key: BodyKey, place: str | int, plot: Plot, look: Look, heat_map: HeatMap | None = None
    ) -> BodyKey | None:
        """Put a request in front of all others; returns the one of the same place that it makes superfluous.

        `place` tells the tiles of the look's pane apart.
        """
        where = look.pane, place
        with self._changed:
            overtaken = self._requests.pop(where, None)
            self._requests[where] = Request(key, where, plot, heat_map, look, time.monotonic())
            overflow = self._requests.popitem(last=False)[1] if len(self._requests) > _LONGEST_QUEUE else None
            self._changed.notify()
        if overflow is not None:
            self._give_up(overflow)
        return overtaken.key if overtaken is not None else None

    def close(self) -> None:
        """Finish what is being composed, forget the rest, end the threads."""
        with self._changed:
            self._open = False
            self._requests.clear()
            self._changed.notify_all()
        for thread in self._threads:
            thread.join()

    def _run(self) -> None:
        give_way()
        while (request := self._next()) is not None:
            if time.monotonic() - request.asked_at > STALE_S:
                self._give_up(request)
            else:
                self._serve(request)

    def _next(self) -> Request | None:
        with self._changed:
            while self._open and not self._requests:
                self._changed.wait()
            return self._requests.popitem(last=True)[1] if self._open else None

    def _give_up(self, request: Request) -> None:
        self._deliver([Composed(request.key, request.place, None)])

    def _serve(self, request: Request) -> None:
        place = request.place
        try:
            self._deliver([Composed(key, place, image) for key, image in self._compose(request)])
        except HydraError as error:
            self._deliver([Composed(request.key, place, None, str(error))])
        except Exception as error:  # a defect in one image must neither end the thread nor go unseen
            _log.exception("The image of %s cannot be composed", place[1])
            self._deliver([Composed(request.key, place, None, f"The image cannot be shown: {error}")])

    def _compose(self, request: Request) -> list[tuple[BodyKey, QImage]]:
        plot, look = request.plot, request.look
        bare = bare_body(self._pixels(plot), look.spec)
        heat = request.heat_map.values if request.heat_map is not None else None
        opacities = [request.key.opacity]
        if heat is not None and look.both_at:
            opacities.append(0.0 if look.opacity else look.both_at)
        return [
            (BodyKey(plot.plot_id, look.spec, opacity), with_heat(bare, heat, look.spec, opacity))
            for opacity in opacities
        ]

    def _pixels(self, plot: Plot) -> Rgb:
        preview = self._engine.preview(plot.plot_id)
        return self._engine.load_preview(plot) if preview is None else preview
