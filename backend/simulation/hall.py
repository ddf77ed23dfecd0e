"""The hall: cycle after cycle it draws every plot, changes runs, loses the beam, and has its faults."""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path

import numpy as np

from backend.simulation.catalogue import SimulatedPlotType, plot_types
from backend.simulation.conditions import RunConditions, name_seed
from backend.simulation.drawing import EARLIEST, Drawing, draw
from backend.simulation.faults import FaultKind
from backend.simulation.incidents import DEMO, Incident, Schedule, Script
from backend.simulation.sampling import LEAST_VISIBILITY
from backend.simulation.writing import TruthFile, plot_path, run_folder, write_image, write_number

_CURRENT = 152.0
_BEAM_REFRESH_S = 2.0
_NAP_S = 0.05
_BETWEEN_PLOTS = timedelta(minutes=9)
_FIRST_CYCLE = 0.12
"""The part of its first cycle that a run has data for: it began in the middle."""


@dataclass(frozen=True, slots=True)
class HallSettings:
    """How a hall is run. Times in seconds; `cycles` None runs until stopped; `cycles_per_run` ≥ 1.

    Every plot type has `copies` - 1 look-alikes. `beam_file` holds the beam current in nA, `truth_file` what is
    really wrong.
    """

    into: Path
    seed: int = 1
    cycle_s: float = 30.0
    cycles: int | None = None
    copies: int = 1
    start_run: int = 12345
    cycles_per_run: int = 8
    beam_file: Path | None = None
    truth_file: Path | None = None
    script: Script = DEMO


@dataclass(slots=True)
class HallSummary:
    """What a hall has done: plots written, cycles completed, runs begun, plots that were not Good."""

    plots: int = 0
    cycles: int = 0
    faulty: int = 0
    runs: list[int] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Moment:
    """One cycle: its number from 1 on, the run, its position in the run from 0 on, and the beam in nA.

    `live` is the part (0 to 1) of this cycle that has data, `so_far` the part of a full run that the run has.
    """

    cycle: int
    run: int
    position: int
    beam: float
    live: float
    so_far: float


class Hall:
    """Writes plots into a directory until it is stopped. Not thread-safe; `stop` may be called from anywhere."""

    def __init__(self, settings: HallSettings) -> None:
        self._settings = settings
        self._schedule = Schedule(settings.script, settings.seed)
        self._kinds = plot_types(settings.copies)
        self._stopping = False  # a plain flag: a lock taken in a signal handler may never be released
        self._so_far = 0.0
        self.summary = HallSummary()

    def stop(self) -> None:
        """Finish the plot being written and return from `run`."""
        self._stopping = True

    def run(self) -> HallSummary:
        """Run until stopped or for the number of cycles asked for; OSError when files cannot be written."""
        truth = TruthFile(self._settings.truth_file) if self._settings.truth_file else None
        try:
            self._cycles(truth)
        finally:
            if truth:
                truth.close()
        return self.summary

    def _cycles(self, truth: TruthFile | None) -> None:
        due = time.monotonic()
        while not self._stopping and self.summary.cycles != self._settings.cycles:
            moment = self._moment(self.summary.cycles + 1)
            self._write_beam(moment.beam)
            for kind in self._kinds:
                if self._stopping:
                    return
                self._write(kind, moment, truth)
            self.summary.cycles += 1
            due = max(due + self._settings.cycle_s, time.monotonic())
            if self.summary.cycles != self._settings.cycles:
                self._wait_until(due, moment.beam)

    def _moment(self, cycle: int) -> _Moment:
        position = (cycle - 1) % self._settings.cycles_per_run
        if position == 0:
            self.summary.runs.append(self._next_run())
            self._so_far = 0.0
        beam, live = self._beam(cycle)
        live *= _FIRST_CYCLE if position == 0 else 1.0
        self._so_far += live / self._settings.cycles_per_run
        return _Moment(cycle, self.summary.runs[-1], position, beam, live, self._so_far)

    def _next_run(self) -> int:
        """The next run number without a folder, so that nothing is ever overwritten."""
        run = self.summary.runs[-1] + 1 if self.summary.runs else self._settings.start_run
        while (self._settings.into / run_folder(run)).exists():
            run += 1
        return run

    def _beam(self, cycle: int) -> tuple[float, float]:
        """Beam current in nA and the part of the cycle it was there; now and then it trips for a part of a cycle."""
        rng = np.random.default_rng((self._settings.seed, cycle, name_seed("beam")))
        if self._settings.script.without_beam(cycle):
            return 0.0, 0.0
        short = rng.random() < 0.1
        return float(rng.normal(_CURRENT, 1.5)), float(rng.uniform(0.3, 0.7) if short else rng.uniform(0.9, 1.0))

    def _write(self, kind: SimulatedPlotType, moment: _Moment, truth: TruthFile | None) -> None:
        path = plot_path(kind, moment.run, moment.position + 1)
        drawing = self._draw(kind, moment)
        if truth:
            truth.append(path, kind, drawing)
        write_image(drawing.image, self._settings.into / path)
        self.summary.plots += 1
        self.summary.faulty += drawing.fault is not None

    def _draw(self, kind: SimulatedPlotType, moment: _Moment) -> Drawing:
        seed = self._settings.seed
        statistics = moment.live if kind.chunked else moment.so_far
        incident = self._incident(kind, moment, statistics)
        return draw(
            kind.name,
            np.random.default_rng((seed, moment.cycle, name_seed(kind.name))),
            fault=incident.fault if incident else None,
            strength=incident.strength if incident else None,
            place=incident.place if incident else None,
            run=self._conditions(kind, moment),
            statistics=max(statistics, EARLIEST),
            least_visibility=LEAST_VISIBILITY,
        )

    def _conditions(self, kind: SimulatedPlotType, moment: _Moment) -> RunConditions:
        begun = RunConditions.of(moment.run, seed=self._settings.seed)
        chunk = moment.position + 1 if kind.chunked else None
        return replace(begun, chunk=chunk, taken_at=begun.taken_at + moment.position * _BETWEEN_PLOTS)

    def _incident(self, kind: SimulatedPlotType, moment: _Moment, statistics: float) -> Incident | None:
        """What is wrong with this plot; without a beam there is nothing to see in it."""
        if statistics > 0:
            return self._schedule.incident(kind, moment.cycle)
        return Incident(kind.name, FaultKind.NO_DATA, 0.7, moment.cycle, moment.cycle, moment.cycle)

    def _wait_until(self, due: float, beam: float) -> None:
        """Wait for the next cycle, writing the beam again and again so that it is seen to be alive."""
        refresh = time.monotonic() + _BEAM_REFRESH_S
        while (now := time.monotonic()) < due and not self._stopping:
            if now >= refresh:
                self._write_beam(beam)
                refresh = now + _BEAM_REFRESH_S
            time.sleep(min(_NAP_S, due - now))

    def _write_beam(self, beam: float) -> None:
        if self._settings.beam_file:
            write_number(self._settings.beam_file, beam)
