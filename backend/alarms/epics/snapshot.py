"""What is served, as plain values."""

from __future__ import annotations

import re
from dataclasses import dataclass

from backend.domain.classifications import Severity

_NOT_IN_NAMES = re.compile(r"[^A-Za-z0-9_:-]")


@dataclass(frozen=True, slots=True)
class PlotValue:
    """One plot type. `value` is its goodness, -1 to 1, None where no model has judged it yet.

    `severity` is that of its alert, NORMAL where none is active; `waits`: nobody has acknowledged it. `fresh` is False
    where the newest plot is too old, so that nothing is known.
    """

    plot_type: str
    value: float | None
    severity: Severity
    waits: bool
    fresh: bool


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The hall. `blind` says why the application cannot see, "" where it can."""

    plots: tuple[PlotValue, ...] = ()
    waiting: int = 0
    blind: str = "starting"


def pv_name(prefix: str, plot_type: str) -> str:
    """The variable of a plot type; a dot would name a field, and other characters are not allowed."""
    return prefix + _NOT_IN_NAMES.sub("_", plot_type)
