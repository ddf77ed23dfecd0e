"""Disagreements as the store knows them: read from the histories of plots, where they begin and end."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, select

from backend.domain.disagreements import Disagreement, open_disputes
from backend.domain.labels import LabelHow
from backend.domain.plots import Plot
from backend.offline.copying import portions
from backend.offline.merging import read_said
from backend.store import Store
from backend.store.catalogue import known_plot_type
from backend.store.rows import PLOT_COLUMNS, as_plot, plots_named
from backend.store.tables import label_events, plots


def disagreements(store: Store, plot_type: str = "") -> list[Disagreement]:
    """Those that nobody has settled, the newest first; of one plot type, or of all. UnknownNameError."""
    return store.database.read(lambda connection: _read(connection, plot_type))


def _read(connection: Connection, plot_type: str) -> list[Disagreement]:
    numbers = _disputed(connection, plot_type)
    histories = read_said(connection, numbers)
    disputes = {number: found for number, history in histories.items() if (found := open_disputes(history))}
    known = _plots(connection, list(disputes))
    listed = [Disagreement(known[number], dispute) for number, found in disputes.items() for dispute in found]
    return sorted(listed, key=lambda one: one.dispute.since, reverse=True)


def _disputed(connection: Connection, plot_type: str) -> list[int]:
    """Plots on which two ever disagreed."""
    query = select(label_events.c.plot_id).where(label_events.c.how == LabelHow.KEPT.value).distinct()
    if plot_type:
        query = query.where(label_events.c.plot_type_id == known_plot_type(connection, plot_type))
    return sorted(connection.scalars(query))


def _plots(connection: Connection, numbers: Sequence[int]) -> dict[int, Plot]:
    found: dict[int, Plot] = {}
    for portion in portions(numbers):
        query = select(*PLOT_COLUMNS).select_from(plots_named()).where(plots.c.id.in_(portion))
        found |= {row.plot_id: as_plot(row) for row in connection.execute(query)}
    return found
