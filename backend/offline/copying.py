"""Rows on their way from a store into a label bundle. They keep their numbers, so gestures keep their keys."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Connection, Table, func, insert, select, update

from backend.domain.plots import PlotState
from backend.store.catalogue import known_plot_type
from backend.store.labelling import counting_verdict
from backend.store.tables import (
    classifications,
    label_events,
    label_gestures,
    plot_types,
    plots,
    runs,
    tallies,
    valid_classifications,
    verdicts,
)

T = TypeVar("T")
PORTION = 500


def copy_catalogue(source: Connection, target: Connection, names: Sequence[str]) -> None:
    """Plot types by name with what is valid for them, and all classifications."""
    numbers = [known_plot_type(source, name) for name in names]
    _copy(source, target, classifications, classifications.c.id > 0)
    _copy(source, target, plot_types, plot_types.c.id.in_(numbers))
    _copy(source, target, valid_classifications, valid_classifications.c.plot_type_id.in_(numbers))


def copy_plots(source: Connection, target: Connection, plot_ids: Sequence[int]) -> None:
    """Plots with their runs, the verdict that counts and their label history."""
    for portion in portions(plot_ids):
        rows = [dict(row._mapping) for row in source.execute(select(plots).where(plots.c.id.in_(portion)))]
        _copy_runs(source, target, {row["run_id"] for row in rows})
        guesses = _guesses(source, portion)
        judges = {row["plot_id"]: row["model_id"] for row in guesses}
        apart = {"state": PlotState.IMPORTED.value, "seen_at": None, "source": None}
        _insert(target, plots, [row | apart | {"model_id": judges.get(row["id"])} for row in rows])
        _insert(target, verdicts, guesses)
    _copy_history(source, target, plot_ids)
    count = update(tallies).where(tallies.c.state == PlotState.IMPORTED.value, tallies.c.slot == 0)
    target.execute(count.values(value=len(plot_ids)))


def portions(numbers: Sequence[T], size: int = PORTION) -> Iterator[Sequence[T]]:
    """In portions that fit into one statement."""
    for start in range(0, len(numbers), size):
        yield numbers[start : start + size]


def _copy_runs(source: Connection, target: Connection, numbers: set[int]) -> None:
    there = set(target.scalars(select(runs.c.id).where(runs.c.id.in_(numbers))))
    if numbers - there:
        _copy(source, target, runs, runs.c.id.in_(numbers - there))


def _guesses(source: Connection, plot_ids: Sequence[int]) -> list[dict[str, Any]]:
    joined = plots.join(verdicts, counting_verdict(source))
    query = select(verdicts).select_from(joined).where(plots.c.id.in_(plot_ids))
    return [dict(row._mapping) for row in source.execute(query)]


def _copy_history(source: Connection, target: Connection, plot_ids: Sequence[int]) -> None:
    gestures: set[int] = set()
    for portion in portions(plot_ids):
        mine = label_events.c.plot_id.in_(portion)
        _copy(source, target, label_events, mine)
        gestures.update(source.scalars(select(label_events.c.gesture_id).where(mine).distinct()))
    for portion in portions(sorted(number for number in gestures if number)):
        _copy(source, target, label_gestures, label_gestures.c.id.in_(portion))


def _copy(source: Connection, target: Connection, table: Table, where: ColumnElement[bool]) -> None:
    order = list(table.primary_key.columns)
    _insert(target, table, [dict(row._mapping) for row in source.execute(select(table).where(where).order_by(*order))])


def _insert(target: Connection, table: Table, rows: list[dict[str, Any]]) -> None:
    if rows:
        target.execute(insert(table), rows)


def count_plots(connection: Connection) -> int:
    """How many plots there are."""
    return connection.scalar(select(func.count()).select_from(plots)) or 0
