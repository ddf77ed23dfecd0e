"""`hydra-gui demo`."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hydra_gui.cli.errors import ExitCode
from hydra_gui.cli.program import app
from hydra_gui.cli.session import Session
from hydra_gui.cli.tables import table

if TYPE_CHECKING:
    from hydra_gui.demo.scoring import Score


@app.command()
def demo(
    context: typer.Context,
    seconds: Annotated[float | None, typer.Option(help="End after this time; without a display 60.", min=5)] = None,
    screenshot: Annotated[Path | None, typer.Option(help="Folder for pictures and the summary.", metavar="DIR")] = None,
    seed: Annotated[int, typer.Option(help="The same seed gives the same plots.", min=0)] = 7,
    cycle: Annotated[float, typer.Option(help="Seconds from one set of plots to the next.", min=0.5)] = 10.0,
    copies: Annotated[int, typer.Option(help="So many look-alikes of every plot type.", min=1, max=300)] = 1,
) -> None:
    """The window on a simulated hall, in a throw-away store. Exits with 1 where a plot was lost."""
    from hydra_gui.demo.options import DemoOptions, for_this_machine
    from hydra_gui.demo.run import run_demo

    session: Session = context.obj
    options = for_this_machine(DemoOptions(seconds, screenshot, seed, cycle, copies))
    if options.seconds is not None:
        session.say(f"A simulated hall for {options.seconds:.0f} seconds …")
    score = run_demo(options)
    if options.screenshots is not None:
        (options.screenshots / "summary.json").write_text(json.dumps(asdict(score), indent=1) + "\n")
        session.say(f"Pictures and summary are in {options.screenshots}")
    _show(session, score)
    if score.lost:
        raise typer.Exit(ExitCode.PROBLEMS)


def _show(session: Session, score: Score) -> None:
    if session.json:
        session.emit(asdict(score))
        return
    rows = [
        ("plots in", score.written),
        ("judged", score.judged),
        ("lost", score.lost),
        ("file to painted tile, median", _milliseconds(score.median_ms)),
        ("file to painted tile, 95th percentile", _milliseconds(score.p95_ms)),
        ("faults injected", score.injected),
        ("faults found", score.found),
        ("good plots not called Good", score.false_alarms),
        *((f"verdict {name}", count) for name, count in sorted(score.verdicts.items(), key=lambda item: -item[1])),
        *((f"missed: {name}", count) for name, count in score.missed.items()),
    ]
    session.say(table(("", "demo"), rows, right=("demo",)))


def _milliseconds(value: float | None) -> str:
    return "–" if value is None else f"{value:.0f} ms"
