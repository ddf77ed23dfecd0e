"""How new plots find their rows: plot types and runs by name, doubles recognised, arrivals noted."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, insert, select, update

from backend.domain.intake import NewPlot, StoredPlot
from backend.domain.plots import Plot, PlotIdentity, PlotState
from backend.store.classifying import plot_type_ids
from backend.store.database import insert_missing
from backend.store.tables import plots as plots_table
from backend.store.tables import runs
from backend.store.tables.plots import NO_CHUNK
from backend.store.types import plain_name

Key = tuple[str, int, int, int]
"""What makes a plot unique: digest, row of its run, row of its plot type, chunk; in the order of the index."""

RunKey = tuple[int, str]

_RUN_RESOLUTION = timedelta(seconds=1)
"""A run's `last_seen` is kept to within this, which spares the stations a row they would all queue for."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A plot's row. `new` where it was made now; `revived` where an imported plot became a live one."""

    plot_id: int
    state: PlotState
    received_at: datetime
    taken_at: datetime
    new: bool
    revived: bool = False


def enter_plots(connection: Connection, plots: Sequence[NewPlot], state: PlotState) -> list[Entry]:
    """Find or make the row of every plot, in the order given. `state` is PENDING (live) or IMPORTED."""
    live = state is not PlotState.IMPORTED
    keys = _keys(connection, plots, live)
    present = _present(connection, keys)
    rows = {key: _row(key, plot, state) for key, plot in zip(keys, plots, strict=True) if key not in present}
    if rows:
        connection.execute(insert(plots_table), list(rows.values()))  # numbered in the order they came
        present |= {key: _as_new(entry) for key, entry in _present(connection, list(rows)).items()}
    if live:
        arrivals = {key: plot.received_at for key, plot in zip(keys, plots, strict=True) if key not in rows}
        present |= _note_arrivals(connection, present, arrivals)
    return [present[key] for key in keys]


def stored(plot: NewPlot, entry: Entry, claimed: bool) -> StoredPlot:
    """What the store answers for one plot."""
    given = plot.identity
    identity = PlotIdentity(plain_name(given.plot_type), given.run, given.chunk, plain_name(given.run_period))
    size = (plot.width, plot.height)
    value = Plot(entry.plot_id, identity, plot.sha256, *size, entry.taken_at, entry.received_at, entry.state)
    return StoredPlot(value, entry.new, claimed)


def _keys(connection: Connection, plots: Sequence[NewPlot], live: bool) -> list[Key]:
    seen = max(plot.received_at for plot in plots)
    types = plot_type_ids(connection, [plot.identity.plot_type for plot in plots], seen)
    numbers = _run_ids(connection, _newest_by_run(plots), live)
    return [
        (
            plot.sha256,
            numbers[_run_key(plot)],
            types[plot.identity.plot_type],
            NO_CHUNK if plot.identity.chunk is None else plot.identity.chunk,
        )
        for plot in plots
    ]


def _run_key(plot: NewPlot) -> RunKey:
    return (plot.identity.run, plain_name(plot.identity.run_period))


def _newest_by_run(plots: Sequence[NewPlot]) -> dict[RunKey, datetime]:
    newest: dict[RunKey, datetime] = {}
    for plot in plots:
        key = _run_key(plot)
        newest[key] = max(newest.get(key, plot.received_at), plot.received_at)
    return newest


def _run_ids(connection: Connection, seen: Mapping[RunKey, datetime], live: bool) -> dict[RunKey, int]:
    found = _find_runs(connection, seen)
    missing = [key for key in seen if key not in found]
    if missing:
        rows = [{"number": key[0], "period": key[1]} for key in missing]
        insert_missing(connection, runs, rows)
        found |= _find_runs(connection, missing)
    if live:
        _note_runs(connection, {found[key]: moment for key, moment in seen.items()})
    return {key: number for key, (number, _) in found.items()}


def _find_runs(connection: Connection, keys: Collection[RunKey]) -> dict[RunKey, tuple[int, datetime | None]]:
    query = select(runs).where(runs.c.number.in_({number for number, _ in keys}))
    found = {(row.number, row.period): (row.id, row.last_seen) for row in connection.execute(query)}
    return {key: found[key] for key in keys if key in found}


def _note_runs(connection: Connection, arrivals: Mapping[tuple[int, datetime | None], datetime]) -> None:
    for (number, last), seen in sorted(arrivals.items(), key=lambda item: item[0][0]):
        if last is None or seen - last > _RUN_RESOLUTION:
            times: dict[str, Any] = {"last_seen": seen}
            if last is None:
                times["first_seen"] = seen
            connection.execute(update(runs).where(runs.c.id == number).values(times))


def _present(connection: Connection, keys: Sequence[Key]) -> dict[Key, Entry]:
    """Rows by key. The run narrows it down: an empty plot may look the same in ten thousand runs."""
    columns = plots_table.c
    unique = (columns.sha256, columns.run_id, columns.plot_type_id, columns.chunk)
    query = select(*unique, columns.id, columns.state, columns.received_at, columns.taken_at)
    narrowed = query.where(columns.sha256.in_({key[0] for key in keys}), columns.run_id.in_({key[1] for key in keys}))
    wanted = set(keys)
    return {
        key: Entry(row.id, PlotState(row.state), row.received_at, row.taken_at, new=False)
        for row in connection.execute(narrowed)
        if (key := (row.sha256, row.run_id, row.plot_type_id, row.chunk)) in wanted
    }


def _as_new(entry: Entry) -> Entry:
    return Entry(entry.plot_id, entry.state, entry.received_at, entry.taken_at, new=True)


def _row(key: Key, plot: NewPlot, state: PlotState) -> dict[str, Any]:
    return {
        "sha256": key[0],
        "run_id": key[1],
        "plot_type_id": key[2],
        "chunk": key[3],
        "width": plot.width,
        "height": plot.height,
        "taken_at": plot.taken_at,
        "received_at": plot.received_at,
        "seen_at": None if state is PlotState.IMPORTED else plot.received_at,
        "state": state.value,
        "source": plot.source.path if plot.source else None,
    }


def _note_arrivals(
    connection: Connection, present: Mapping[Key, Entry], arrivals: Mapping[Key, datetime]
) -> dict[Key, Entry]:
    """Plots that were there and came again: newest of their type once more; imported ones become live."""
    changed = {}
    for key, received_at in sorted(arrivals.items()):
        entry = present[key]
        values: dict[str, Any] = {"seen_at": received_at, "image_expired_at": None}  # its image was put again
        if entry.state is PlotState.IMPORTED:
            entry = Entry(entry.plot_id, PlotState.PENDING, received_at, entry.taken_at, new=False, revived=True)
            values |= {"state": PlotState.PENDING.value, "received_at": received_at}
        connection.execute(update(plots_table).where(plots_table.c.id == entry.plot_id).values(values))
        changed[key] = entry
    return changed
