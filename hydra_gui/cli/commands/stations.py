"""`hydra-gui stations`: who is there, in which role, and since when it was not heard of."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Annotated

import typer
from rich.text import Text

from backend.domain.stations import Station
from hydra_gui.cli.errors import ExitCode
from hydra_gui.cli.program import app
from hydra_gui.cli.session import Session
from hydra_gui.cli.tables import table

_COLUMNS = ("station", "role", "state", "last heard", "clock", "version", "host", "events")
_LONG_GONE_S = 86_400.0
_SKEWED_MS = 2000


@app.command()
def stations(
    context: typer.Context,
    here: Annotated[
        bool, typer.Option("--here", help="Only this machine's; exit with 1 where none of them runs, for probes.")
    ] = False,
) -> None:
    """Who is on this database: role, last heartbeat, clock, version; what waits. Those gone for a day are left out."""
    session: Session = context.obj
    with session.open_store() as store:
        found = [station for station in store.stations.all() if station.age_s <= _LONG_GONE_S]
        counts = store.counts()
    if here:
        found = [station for station in found if station.host == os.uname().nodename]
    for station in found if session.json else ():
        session.emit(_fields(station))
    session.say(table(_COLUMNS, map(_row, found), right=("last heard",)) if found else "No station was here lately.")
    if counts.pending or counts.skipped:
        session.say(f"{counts.pending} plots wait for a verdict, {counts.skipped} were too old to be judged.")
    if here and not _any_runs(found):
        raise typer.Exit(ExitCode.PROBLEMS)


def _any_runs(found: Sequence[Station]) -> bool:
    return any(station.alive for station in found)


def _state(station: Station) -> str:
    if station.stopped:
        return "stopped"
    return "running" if station.alive else "gone"


def _fields(station: Station) -> dict[str, object]:
    return {
        "name": station.name,
        "role": station.role.value,
        "state": _state(station),
        "age_s": round(station.age_s, 1),
        "skew_ms": station.skew_ms,
        "version": station.version,
        "host": station.host,
        "pid": station.pid,
        "events": station.events,
    }


def _row(station: Station) -> tuple[object, ...]:
    state = _state(station)
    skewed = abs(station.skew_ms) >= _SKEWED_MS
    clock = Text(f"{station.skew_ms / 1000:+.1f} s" if skewed else "right", style="yellow" if skewed else "")
    return (
        station.name,
        station.role.value,
        Text(state, style="red" if state == "gone" else ""),
        f"{station.age_s:.0f} s ago",
        clock,
        station.version,
        station.host,
        station.events or "–",
    )
