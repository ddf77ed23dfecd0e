"""Run a simulated hall: ``python -m backend.simulation --into DIR``. One line is written at the end."""

from __future__ import annotations

import argparse
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from backend.simulation.hall import Hall, HallSettings, HallSummary
from backend.simulation.incidents import DEMO, ScriptError, read_script

_OK, _USAGE, _UNAVAILABLE = 0, 2, 3


def main(arguments: Sequence[str] | None = None) -> int:
    """Run until stopped by SIGTERM or SIGINT, or for the cycles asked for; the exit status."""
    try:
        hall = Hall(_settings(_parser().parse_args(arguments)))
    except (ScriptError, OSError) as error:
        return _failed(error, _USAGE)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _signal, _frame: hall.stop())
    try:
        summary = hall.run()
    except OSError as error:
        return _failed(error, _UNAVAILABLE)
    sys.stdout.write(_line(summary) + "\n")
    return _OK


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("python -m backend.simulation", description="A hall that draws its own plots.")
    add = parser.add_argument
    add("--into", type=Path, required=True, metavar="DIR", help="input directory the plots are written into")
    add("--seed", type=_whole, default=1, help="the same seed gives the same plots")
    add("--cycle", type=_seconds, default=30.0, metavar="SECONDS", help="time from one set of plots to the next")
    add("--cycles", type=_positive, metavar="N", help="stop after so many cycles; without it run until stopped")
    add("--copies", type=_positive, default=1, metavar="N", help="so many look-alikes of every plot type, itself too")
    add("--start-run", type=_whole, default=12345, metavar="N", help="number of the first run, if it is still free")
    add("--run-length", type=_positive, default=8, metavar="CYCLES", help="cycles in a run")
    add("--beam-file", type=Path, metavar="FILE", help="text file for the beam current in nA")
    add("--truth-file", type=Path, metavar="CSV", help="table of what is really wrong with each plot, appended to")
    add("--script", type=Path, metavar="FILE", help="TOML file of faults and beam trips instead of the built-in script")
    return parser


def _settings(given: argparse.Namespace) -> HallSettings:
    return HallSettings(
        into=given.into,
        seed=given.seed,
        cycle_s=given.cycle,
        cycles=given.cycles,
        copies=given.copies,
        start_run=given.start_run,
        cycles_per_run=given.run_length,
        beam_file=given.beam_file,
        truth_file=given.truth_file,
        script=read_script(given.script) if given.script else DEMO,
    )


def _whole(text: str) -> int:
    number = int(text)
    if number < 0:
        raise argparse.ArgumentTypeError(f"{text} is below 0")
    return number


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text} is below 1")
    return number


def _seconds(text: str) -> float:
    number = float(text)
    if not 0 <= number < 1e6:
        raise argparse.ArgumentTypeError(f"{text} is not a time in seconds from 0 on")
    return number


def _line(summary: HallSummary) -> str:
    runs = f"{summary.runs[0]}-{summary.runs[-1]}" if summary.runs else "none"
    return f"simulated hall: {summary.plots} plots in {summary.cycles} cycles, runs {runs}, {summary.faulty} not Good"


def _failed(error: Exception, status: int) -> int:
    sys.stderr.write(f"The simulated hall stopped: {error}\n")
    return status


if __name__ == "__main__":
    sys.exit(main())
