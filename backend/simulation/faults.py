"""Faults: what can be wrong with a detector, and how strongly."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from backend.simulation.arrays import BoolArray, FloatArray


class FaultKind(StrEnum):
    """Closed set of faults; every plot type has a selection of them."""

    DEAD_BOARD = "dead_board"
    DEAD_CHANNEL = "dead_channel"
    DEAD_SECTOR = "dead_sector"
    HOT_CHANNEL = "hot_channel"
    HV_TRIP = "hv_trip"
    NOISE = "noise"
    TIME_SHIFT = "time_shift"
    SHIFT = "shift"
    WRONG_GAIN = "wrong_gain"
    SWAPPED_CABLE = "swapped_cable"
    MISSING_AXIS = "missing_axis"
    NO_DATA = "no_data"
    LED = "led"
    COSMICS = "cosmics"


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault as it was drawn. `strength` is over 0 to 1: 1 obvious, 0.1 barely visible in a full run."""

    kind: FaultKind
    strength: float


@dataclass(frozen=True, slots=True, eq=False)
class Damage:
    """What a fault makes of a plot: the rates that are left and the cells that are touched."""

    rates: FloatArray
    affected: BoolArray


Effect = Callable[[FloatArray, float, np.random.Generator], Damage]
"""(expected entries, strength, random numbers) → damage. The place follows from the random numbers alone, so the
same place is hit harder as the strength rises."""


@dataclass(frozen=True, slots=True)
class Failure:
    """How one plot type fails: the classification such a plot deserves and what happens to its rates."""

    label: str
    effect: Effect


LABELS: dict[FaultKind, str] = dict.fromkeys(FaultKind, "Bad") | {
    FaultKind.HOT_CHANNEL: "HotChannel",
    FaultKind.NO_DATA: "NoData",
    FaultKind.LED: "LED",
    FaultKind.COSMICS: "Cosmic",
}
"""The classification a fault usually deserves."""
