"""How rows of another system become rows of ours, one function per part; each within a transaction of its caller."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Table, insert, select, update

from backend.domain.foreign import (
    ForeignClassification,
    ForeignPlot,
    ForeignPlotType,
    ForeignRecord,
    ForeignThreshold,
    ForeignValid,
    ForeignVerdict,
    Part,
    Refusal,
)
from backend.domain.plots import PlotState
from backend.store.classifying import classification_ids, make_valid, plot_type_ids
from backend.store.entering import enter_plots
from backend.store.tables import (
    classifications,
    foreign_plots,
    foreign_records,
    foreign_thresholds,
    foreign_verdicts,
    plot_types,
    valid_classifications,
)
from backend.store.tables.plots import NO_CHUNK
from backend.store.tallies import tally
from backend.store.types import plain_name


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of the rows that could be read: new here, here already, or refused after all."""

    taken: int
    known: int
    refusals: tuple[Refusal, ...] = ()


def take_plot_types(connection: Connection, source_id: int, items: Sequence[ForeignPlotType]) -> Taken:
    """Register plot types and keep their whole rows."""
    before = _names(connection, plot_types)
    numbers = plot_type_ids(connection, [item.name for item in items])
    for item in items:
        if plain_name(item.name) not in before:
            described = {"description": item.description, "contact": item.contact}
            connection.execute(update(plot_types).where(plot_types.c.id == numbers[item.name]).values(described))
    take_records(connection, source_id, Part.PLOT_TYPES, [ForeignRecord(i.foreign_id, i.content) for i in items])
    new = sum(plain_name(item.name) not in before for item in items)
    return Taken(new, len(items) - new)


def take_classifications(connection: Connection, items: Sequence[ForeignClassification]) -> Taken:
    """Register classifications: known ones as they are here, others as the field usually shows them."""
    before = _names(connection, classifications)
    classification_ids(connection, [item.name for item in items])
    new = len({plain_name(item.name) for item in items} - before)
    return Taken(new, len(items) - new)


def take_valid(connection: Connection, items: Sequence[ForeignValid]) -> Taken:
    """Let classifications be chosen for plot types."""
    types = plot_type_ids(connection, [item.plot_type for item in items])
    classes = classification_ids(connection, [item.classification for item in items])
    before = {(row.plot_type_id, row.classification_id) for row in connection.execute(select(valid_classifications))}
    wanted: defaultdict[int, set[int]] = defaultdict(set)
    for item in items:
        wanted[types[item.plot_type]].add(classes[item.classification])
    for plot_type_id, numbers in wanted.items():
        make_valid(connection, plot_type_id, numbers)
    new = sum((plot_type_id, one) not in before for plot_type_id, found in wanted.items() for one in found)
    return Taken(new, len(items) - new)


def take_plots(connection: Connection, source_id: int, items: Sequence[ForeignPlot]) -> Taken:
    """Register plots whose images are kept, and which number each has there."""
    if not items:
        return Taken(0, 0)
    entries = enter_plots(connection, [item.plot for item in items], PlotState.IMPORTED)
    fresh = {entry.plot_id for entry in entries if entry.new}
    tally(connection, {PlotState.IMPORTED: len(fresh)})
    rows = [
        {
            "foreign_id": item.foreign_id,
            "plot_id": entry.plot_id,
            "training_weight": item.training_weight,
            "forced": item.forced,
        }
        for item, entry in zip(items, entries, strict=True)
    ]
    return _keep(connection, foreign_plots, {"source_id": source_id}, rows)


def take_thresholds(connection: Connection, source_id: int, items: Sequence[ForeignThreshold]) -> Taken:
    """Keep thresholds of models that are not here."""
    classes = classification_ids(connection, [item.classification for item in items])
    rows = [
        {
            "foreign_id": item.foreign_id,
            "model": item.model,
            "classification_id": classes[item.classification],
            "threshold": item.threshold,
            "method": item.method,
        }
        for item in items
    ]
    return _keep(connection, foreign_thresholds, {"source_id": source_id}, rows)


def take_verdicts(connection: Connection, source_id: int, items: Sequence[ForeignVerdict]) -> Taken:
    """Keep verdicts on plots of which there may be no image here."""
    types = plot_type_ids(connection, [item.plot_type for item in items])
    classes = classification_ids(connection, [item.classification for item in items if item.classification])
    rows = [
        {
            "foreign_id": item.foreign_id,
            "plot_type_id": types[item.plot_type],
            "run": item.run,
            "chunk": NO_CHUNK if item.chunk is None else item.chunk,
            "model": item.model,
            "taken_at": item.taken_at,
            "decided_at": item.decided_at,
            "classification_id": classes[item.classification] if item.classification else None,
            "confidence": item.confidence,
            "output": item.output,
            "thresholds": item.thresholds,
            "unbiased": item.unbiased,
        }
        for item in items
    ]
    return _keep(connection, foreign_verdicts, {"source_id": source_id}, rows)


def take_records(connection: Connection, source_id: int, part: Part, items: Sequence[ForeignRecord]) -> Taken:
    """Keep rows as they are."""
    rows = [{"foreign_id": item.foreign_id, "content": item.content} for item in items]
    return _keep(connection, foreign_records, {"source_id": source_id, "part": part.value}, rows)


def _keep(connection: Connection, table: Table, key: dict[str, Any], rows: Sequence[dict[str, Any]]) -> Taken:
    """Insert those rows that are not there yet."""
    if not rows:
        return Taken(0, 0)
    mine = [table.c[name] == value for name, value in key.items()]
    numbers = [row["foreign_id"] for row in rows]
    within = table.c.foreign_id.between(min(numbers), max(numbers))  # portions follow the numbers: a range, no list
    present = set(connection.scalars(select(table.c.foreign_id).where(*mine, within)))
    fresh = [key | row for row in rows if row["foreign_id"] not in present]
    if fresh:
        connection.execute(insert(table), fresh)
    return Taken(len(fresh), len(rows) - len(fresh))


def _names(connection: Connection, table: Table) -> set[str]:
    return set(connection.scalars(select(table.c.name)))
