"""Timings: how long plots spend in each stage, over the last few hundred of them."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from statistics import quantiles

_WINDOW = 512


class Timings:
    """Milliseconds per stage of the last 512 plots."""

    def __init__(self) -> None:
        self._stages: dict[str, deque[float]] = {}

    def add(self, milliseconds: Mapping[str, float]) -> None:
        """One plot's times."""
        for stage, value in milliseconds.items():
            self._stages.setdefault(stage, deque(maxlen=_WINDOW)).append(value)

    def median(self, stage: str) -> float | None:
        """Median of a stage in ms; None before the first plot."""
        return self.percentiles(stage)[0] if self._stages.get(stage) else None

    def percentiles(self, stage: str) -> tuple[float, float]:
        """Median and 95th percentile of a stage in ms; KeyError before the first plot."""
        values = self._stages[stage]
        if len(values) == 1:
            return values[0], values[0]
        cuts = quantiles(values, n=20, method="inclusive")
        return cuts[9], cuts[18]
