"""Labels: an append-only history per plot, in which the latest counts."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Row, Select, func, select

from backend.domain.errors import UnknownNameError
from backend.domain.labels import LabelChange, LabelledPlot, NewLabel
from backend.store.catalogue import known_plot_type
from backend.store.classifying import classification_ids, make_valid
from backend.store.collecting import keep_labelled
from backend.store.database import Database
from backend.store.histories import append, count_written
from backend.store.rows import PLOT_COLUMNS, as_plot, plots_named
from backend.store.tables import classifications, label_events, plots
from backend.store.tables.histories import NO_LABEL

_PORTION = 500


class Labels:
    """What people say plots are."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add_many(self, labels: Sequence[NewLabel]) -> int:
        """Append labels in one transaction; returns how many were appended.

        A label is left out when the same person already gave it to the plot and that still counts, so an
        import may be repeated. New classifications are registered and become valid for the plot's type.
        Raises UnknownNameError, and appends none, when a plot does not exist.
        """
        ticket = uuid.uuid4()
        return self._database.write(lambda connection: add_labels(connection, labels, ticket))

    def latest(self, plot_type: str) -> list[LabelledPlot]:
        """All labelled plots of a type whose image is kept, with the label that counts, by plot id."""

        def read(connection: Connection) -> list[LabelledPlot]:
            query = latest_query(known_plot_type(connection, plot_type))
            return [LabelledPlot(as_plot(row), row.label, row.who, row.at) for row in connection.execute(query)]

        return self._database.read(read)

    def history(self, plot_id: int) -> list[LabelChange]:
        """All labels a plot was ever given, oldest first."""
        query = select(label_events).where(label_events.c.plot_id == plot_id).order_by(label_events.c.id)

        def read(connection: Connection) -> list[LabelChange]:
            names = dict(connection.execute(select(classifications.c.id, classifications.c.name)).all())
            return [_change(row, names) for row in connection.execute(query)]

        return self._database.read(read)


def latest_query(plot_type_id: int) -> Select[Any]:
    """The label that counts of every labelled plot of a type: no later one of the same plot."""
    later = label_events.alias("later")
    newest = select(func.max(later.c.id)).where(later.c.plot_id == label_events.c.plot_id).scalar_subquery()
    joined = (
        plots_named()
        .join(label_events, label_events.c.plot_id == plots.c.id)
        .join(classifications, classifications.c.id == label_events.c.label_after)
    )
    return (
        select(*PLOT_COLUMNS, classifications.c.name.label("label"), label_events.c.who, label_events.c.at)
        .select_from(joined)
        .where(
            label_events.c.plot_type_id == plot_type_id,
            label_events.c.id == newest,
            plots.c.image_expired_at.is_(None),
        )
        .order_by(plots.c.id)
    )


def _change(row: Row[Any], names: Mapping[int, str]) -> LabelChange:
    before = None if row.label_before is None else names[row.label_before]
    after = None if row.label_after == NO_LABEL else names[row.label_after]
    return LabelChange(row.plot_id, before, after, row.who, row.at, row.how, row.comment)


def add_labels(connection: Connection, labels: Sequence[NewLabel], ticket: uuid.UUID) -> int:
    """Append labels within a transaction, once for a ticket; returns how many."""
    written = count_written(connection, label_events, ticket, len(labels))
    if written:
        return written
    entries = _entries(connection, labels)
    append(connection, label_events, ticket, entries)
    for plot_type_id in {entry["plot_type_id"] for entry in entries}:
        given = {entry["label_after"] for entry in entries if entry["plot_type_id"] == plot_type_id}
        make_valid(connection, plot_type_id, given)
        mine = [entry["plot_id"] for entry in entries if entry["plot_type_id"] == plot_type_id]
        keep_labelled(connection, mine, plot_type_id)
    return len(entries)


def _entries(connection: Connection, labels: Sequence[NewLabel]) -> list[dict[str, Any]]:
    """Rows for those labels that say something new, each with the label it replaces."""
    numbers = classification_ids(connection, {label.classification for label in labels})
    plot_ids = sorted({label.plot_id for label in labels})
    plot_types = _plot_types(connection, plot_ids)
    standing = _standing(connection, plot_ids)
    entries = []
    for label in labels:
        given = (numbers[label.classification], label.who)
        before = standing.get(label.plot_id)
        if before != given:
            standing[label.plot_id] = given
            entries.append(_entry(label, plot_types[label.plot_id], before[0] or None if before else None, given[0]))
    return entries


def _entry(label: NewLabel, plot_type_id: int, before: int | None, after: int) -> dict[str, Any]:
    return {
        "who": label.who,
        "plot_id": label.plot_id,
        "plot_type_id": plot_type_id,
        "label_before": before,
        "label_after": after,
        "how": label.how,
        "comment": label.comment,
    }


def _plot_types(connection: Connection, plot_ids: Sequence[int]) -> dict[int, int]:
    found: dict[int, int] = {}
    for portion in _portions(plot_ids):
        query = select(plots.c.id, plots.c.plot_type_id).where(plots.c.id.in_(portion))
        found.update(connection.execute(query).all())
    missing = [str(plot_id) for plot_id in plot_ids if plot_id not in found]
    if missing:
        raise UnknownNameError(f"No label was added: the store has no plot {', '.join(missing[:5])}.")
    return found


def _standing(connection: Connection, plot_ids: Sequence[int]) -> dict[int, tuple[int, str]]:
    """The label that counts and who gave it, by plot."""
    events = label_events.c
    found: dict[int, tuple[int, str]] = {}
    for portion in _portions(plot_ids):
        newest = select(func.max(events.id)).where(events.plot_id.in_(portion)).group_by(events.plot_id)
        numbers = list(connection.scalars(newest))
        query = select(events.plot_id, events.label_after, events.who).where(events.id.in_(numbers))
        found.update({row.plot_id: (row.label_after, row.who) for row in connection.execute(query)})
    return found


def _portions(plot_ids: Sequence[int]) -> Iterator[Sequence[int]]:
    for start in range(0, len(plot_ids), _PORTION):
        yield plot_ids[start : start + _PORTION]
