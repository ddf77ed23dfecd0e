"""Incidents: which plot type has which fault in which cycle, by a script and at random."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from backend.simulation.catalogue import SimulatedPlotType, plot_type
from backend.simulation.conditions import name_seed
from backend.simulation.faults import FaultKind


class ScriptError(ValueError):
    """A fault script cannot be used; the message names the file, the entry and what is accepted."""


@dataclass(frozen=True, slots=True)
class Incident:
    """A fault that lasts from cycle `first` to cycle `last`, both included; cycles count from 1.

    `place` fixes where it strikes, so that it does not wander from plot to plot.
    """

    plot_type: str
    fault: FaultKind
    strength: float
    first: int
    last: int
    place: int


@dataclass(frozen=True, slots=True)
class Script:
    """What happens in the hall.

    `trips` are (first, last) cycles without beam; after `repeat` cycles everything begins again (0: never);
    `rate` is the chance (0 to 1) that a plot type that is well falls ill in a cycle, `length` how many cycles that
    lasts, both ends included.
    """

    incidents: tuple[Incident, ...] = ()
    trips: tuple[tuple[int, int], ...] = ()
    repeat: int = 0
    rate: float = 0.0
    length: tuple[int, int] = (2, 6)

    def position(self, cycle: int) -> int:
        """The cycle of the script that this cycle of the hall plays."""
        return (cycle - 1) % self.repeat + 1 if self.repeat else cycle

    def without_beam(self, cycle: int) -> bool:
        """Whether the beam is off during this cycle by the script."""
        at = self.position(cycle)
        return any(first <= at <= last for first, last in self.trips)


@dataclass(frozen=True, slots=True)
class Schedule:
    """The incidents of a hall: a script and a seed give the same ones every time."""

    script: Script
    seed: int

    def incident(self, kind: SimulatedPlotType, cycle: int) -> Incident | None:
        """The incident of a plot type in a cycle; a scripted one comes before one at random."""
        at = self.script.position(cycle)
        for incident in self.script.incidents:
            if incident.plot_type == kind.name and incident.first <= at <= incident.last:
                return incident
        starts = range(max(1, cycle - self.script.length[1] + 1), cycle + 1)
        return next((found for start in starts if (found := self._begun(kind, start)) and found.last >= cycle), None)

    def _begun(self, kind: SimulatedPlotType, cycle: int) -> Incident | None:
        """The incident that begins by chance in this cycle."""
        rng = np.random.default_rng((self.seed, cycle, name_seed(kind.name)))
        if rng.random() >= self.script.rate:
            return None
        fault = FaultKind(rng.choice(kind.faults))
        last = cycle + int(rng.integers(self.script.length[0], self.script.length[1] + 1)) - 1
        return Incident(kind.name, fault, float(rng.uniform(0.1, 1.0)), cycle, last, int(rng.integers(2**31)))


def _demo(name: str, fault: FaultKind, strength: float, first: int, last: int, place: int = 1) -> Incident:
    return Incident(name, fault, strength, first, last, place)


DEMO = Script(
    incidents=(
        _demo("CDC_occupancy", FaultKind.DEAD_BOARD, 1.0, 2, 5, place=39),
        _demo("FCAL_occupancy", FaultKind.HOT_CHANNEL, 0.9, 2, 4),
        _demo("RICH_tiles", FaultKind.NO_DATA, 1.0, 3, 4),
        _demo("BCAL_stripes", FaultKind.LED, 0.9, 3, 5),
        _demo("RF_selftiming", FaultKind.TIME_SHIFT, 0.5, 5, 8),
        _demo("ST_counters", FaultKind.WRONG_GAIN, 0.5, 6, 9),
        _demo("DC_superlayers", FaultKind.HV_TRIP, 0.9, 7, 9),
        _demo("TAGM_occupancy", FaultKind.DEAD_CHANNEL, 0.2, 8, 12),
        _demo("LTCC_nphe", FaultKind.NOISE, 0.3, 11, 13),
        _demo("L1_trigger_bits", FaultKind.HOT_CHANNEL, 0.6, 12, 14),
        _demo("FDC_cathodes", FaultKind.HV_TRIP, 0.4, 13, 16),
    ),
    trips=((10, 10),),
    repeat=18,
    rate=0.004,
)
"""The script of the demonstration: something to see from the second cycle on, most plots sound."""


def read_script(path: Path) -> Script:
    """Read a script from TOML; ScriptError, OSError when there is no such file. See docs/simulated-hall.md."""
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ScriptError(f"{path} is not TOML: {error}. Mend the file or leave out --script.") from error
    try:
        return _script(data)
    except (ScriptError, TypeError, KeyError, ValueError) as error:
        raise ScriptError(f"{path} cannot be used: {_sentence(error)}") from error


def _script(data: dict[str, Any]) -> Script:
    unknown = set(data) - {"fault", "beam_trip", "random", "repeat"}
    if unknown:
        raise ScriptError(f"unknown entry {sorted(unknown)[0]!r}; accepted are fault, beam_trip, random, repeat")
    chance = data.get("random", {})
    return Script(
        tuple(_incident(entry, number) for number, entry in enumerate(data.get("fault", []))),
        tuple(_cycles(entry) for entry in data.get("beam_trip", [])),
        int(data.get("repeat", 0)),
        float(chance.get("rate", 0.0)),
        _pair(chance.get("cycles", [2, 6])),
    )


def _incident(entry: dict[str, Any], number: int) -> Incident:
    first, last = _cycles(entry)
    kind, fault, strength = plot_type(entry["plot_type"]), entry["fault"], float(entry.get("strength", 1.0))
    if fault not in kind.faults:
        raise ScriptError(f"{kind.name} cannot have the fault {fault!r}; it knows {', '.join(kind.faults)}")
    if not 0 < strength <= 1:
        raise ScriptError(f"strength {strength} of {kind.name} is not over 0 and at most 1")
    return Incident(kind.name, FaultKind(fault), strength, first, last, int(entry.get("place", number)))


def _cycles(entry: dict[str, Any]) -> tuple[int, int]:
    return _pair(entry["cycles"])


def _pair(value: list[int]) -> tuple[int, int]:
    first, last = (int(number) for number in value)
    if not 1 <= first <= last:
        raise ScriptError(f"cycles {value} must be two numbers from 1 on, the first not after the last")
    return first, last


def _sentence(error: Exception) -> str:
    return f"{error} is missing" if isinstance(error, KeyError) else str(error)
