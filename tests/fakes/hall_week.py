"""A week of a hall as verdicts: 73 plot types, five minutes a cycle, flicker, trips, run changes, 40 true problems."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import numpy as np

from backend.domain.alert_watch import Sighting
from backend.domain.beam import Beam, beam_from_reading
from backend.domain.classifications import default_classification
from backend.domain.predictions import ModelInForce
from backend.domain.verdicts import Verdict, judge

PLOT_TYPES = 73
CYCLE = timedelta(minutes=5)
CYCLES = 7 * 24 * 12
SHIFTS = 21
PROBLEMS = 40
START = datetime(2026, 11, 16, 0, 0, tzinfo=UTC)

_FLICKER = 0.004
"""Chance that a sound plot is confirmed Bad in a cycle, all by itself."""
_UNSURE = 0.02
"""Chance that a sound plot is Bad below its threshold."""
_MISS = 0.08
"""Chance that a plot with a problem is called Good in a cycle."""
_AFTER_TRIP = 0.5
"""Chance that a plot taken while the beam comes back is Bad: half of its time there was none."""
_YOUNG_RUN = 0.25
"""Chance that the first plot of a run, with few events in it, is Bad."""
_RUN_CYCLES, _TRIP_RATE = 18, 0.02


@dataclass(frozen=True, slots=True)
class Problem:
    """A true problem of a plot type from cycle `first` to cycle `last`, both included."""

    plot_type: int
    first: int
    last: int


@dataclass(slots=True)
class Week:
    """The same seed gives the same week."""

    seed: int = 7
    problems: tuple[Problem, ...] = ()
    off: set[int] = field(default_factory=set)
    """Cycles without beam."""
    _wrong: set[tuple[int, int]] = field(default_factory=set)

    def __post_init__(self) -> None:
        rng = np.random.default_rng(self.seed)
        self._trips(rng)
        self.problems = tuple(self._problem(rng, number) for number in range(PROBLEMS))
        self._wrong = {(one.plot_type, cycle) for one in self.problems for cycle in range(one.first, one.last + 1)}

    def _trips(self, rng: np.random.Generator) -> None:
        at = 0
        while at < CYCLES:
            if rng.random() < _TRIP_RATE:
                length = int(rng.integers(1, 8))
                self.off |= set(range(at, at + length))
                at += length
            at += 1

    def _problem(self, rng: np.random.Generator, number: int) -> Problem:
        """Of a plot type of its own, beginning with beam, and lasting long enough to be worth an expert's time."""
        while True:
            first = int(rng.integers(10, CYCLES - 60))
            if not self.off & set(range(first - 1, first + 4)):
                return Problem((number * 29) % PLOT_TYPES, first, first + int(rng.integers(8, 40)))

    def is_wrong(self, plot_type: int, cycle: int) -> bool:
        """Whether something is truly wrong."""
        return (plot_type, cycle) in self._wrong

    def beam(self, cycle: int) -> Beam:
        """The reading while the plots of a cycle are judged."""
        return beam_from_reading(2.0 if cycle in self.off else 150.0, 20.0, "nA")

    def sightings(self, cycles: int = CYCLES) -> Iterator[tuple[int, int, Sighting]]:
        """Cycle, plot type and what is seen of it in so many cycles, in order."""
        rng = np.random.default_rng((self.seed, 1))
        for cycle in range(cycles):
            run = cycle // _RUN_CYCLES
            beam = self.beam(cycle)
            began = START + run * _RUN_CYCLES * CYCLE
            for plot_type in range(PLOT_TYPES):
                at = START + cycle * CYCLE + timedelta(seconds=plot_type)
                verdict = self._verdict(rng, plot_type, cycle)
                number = cycle * PLOT_TYPES + plot_type
                yield cycle, plot_type, Sighting(number, f"{number}", 1000 + run, at, verdict, beam, began)

    def _verdict(self, rng: np.random.Generator, plot_type: int, cycle: int) -> Verdict:
        """What the judge of the product makes of what a model says."""
        return judge(self._probabilities(rng.random(), plot_type, cycle), _MODEL, _CLASSES, self.beam(cycle))

    def _probabilities(self, chance: float, plot_type: int, cycle: int) -> tuple[float, float]:
        if cycle in self.off:
            return _SURE if chance < 0.6 else _GOOD
        if self.is_wrong(plot_type, cycle):
            return _GOOD if chance < _MISS else _SURE
        if cycle - 1 in self.off and chance < _AFTER_TRIP:
            return _SURE
        if cycle % _RUN_CYCLES == 0 and chance < _YOUNG_RUN:
            return _SURE
        if chance < _FLICKER:
            return _SURE
        return _UNSURE_BAD if chance < _FLICKER + _UNSURE else _GOOD


_MODEL = ModelInForce(1, "0" * 64, ("Good", "Bad"), (0.5, 0.8))
_CLASSES = {name: default_classification(name) for name in ("Good", "Bad")}
_GOOD, _SURE, _UNSURE_BAD = (0.99, 0.01), (0.03, 0.97), (0.4, 0.6)
"""Probabilities of Good and Bad; Bad is confirmed from 0.8 on."""
