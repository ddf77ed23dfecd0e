"""How much work a station takes: as much as it judges in a moment, so that the load follows the speed of each."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from backend.domain.intake import Line, NewPlot
from backend.pipeline.items import ClassifyItem
from backend.pipeline.timings import Timings

AT_MOST = 16
_AHEAD_MS = 2000.0


class Share:
    """What this station takes at once. `others` says whether other stations judge, `urgent` which plot types alarm.

    While others judge, what this one would not judge within two seconds is left to whoever is free; alone, it takes
    what its queue holds, and the rest comes back to it in the order of the line.
    """

    def __init__(
        self,
        queue: asyncio.Queue[ClassifyItem],
        timings: Timings,
        threads: int,
        others: Callable[[], bool],
        urgent: Callable[[], frozenset[str]],
        judges: bool = True,
    ) -> None:
        self._queue, self._timings, self._threads = queue, timings, threads
        self._others, self._urgent, self._judges = others, urgent, judges

    @property
    def portion(self) -> int:
        """Plots this station judges in a moment, 1 to 16."""
        each_ms = (self._timings.median("infer") or 1.0) / self._threads
        return max(1, min(AT_MOST, int(_AHEAD_MS / each_ms)))

    @property
    def wants_more(self) -> bool:
        """Whether there is less than that to do."""
        return self._queue.qsize() < self.portion

    def line(self, plots: Sequence[NewPlot]) -> Line:
        """Who is to judge these plots, which this station takes in."""
        if not self._judges:
            return Line(0, self._urgent())
        bound = self.portion if self._others() else self._queue.maxsize
        room = max(0, bound - self._queue.qsize())
        return Line(None if room >= len(plots) else room, self._urgent())
