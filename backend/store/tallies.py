"""Tallies: how many plots are in each state, kept by the transactions that move them."""

from __future__ import annotations

import threading
from collections.abc import Mapping

from sqlalchemy import Connection, func, select, update

from backend.domain.plots import PlotState
from backend.store.tables import tallies
from backend.store.tables.plots import TALLY_SLOTS


def tally(connection: Connection, changes: Mapping[PlotState, int]) -> None:
    """Add to the counts. Called last in a transaction, so that the rows are locked for as short as possible."""
    slot = threading.get_native_id() % TALLY_SLOTS
    for state, change in sorted(changes.items()):
        if change:
            row = (tallies.c.state == state.value) & (tallies.c.slot == slot)
            connection.execute(update(tallies).where(row).values(value=tallies.c.value + change))


def tallied(connection: Connection) -> dict[PlotState, int]:
    """Plots by state, every state included."""
    rows = connection.execute(select(tallies.c.state, func.sum(tallies.c.value)).group_by(tallies.c.state))
    found = {state: int(value) for state, value in rows}
    return {state: found.get(state.value, 0) for state in PlotState}
