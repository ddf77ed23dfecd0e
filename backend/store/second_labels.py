"""Second labels: what people say of plots that others have labelled, without having seen those labels.

They count for agreement only. The label that counts stays the first one until somebody decides between the two.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Row, and_, func, insert, select

from backend.domain.labels import Gesture, LabelHow, Recorded, Reversal, StandingLabel
from backend.store.catalogue import known_plot_type
from backend.store.classifying import classification_ids, make_valid
from backend.store.database import Database
from backend.store.standing import Standing, gesture_id, lock_standing, portions
from backend.store.tables import classifications, label_gestures, second_labels
from backend.store.tables.histories import NO_LABEL
from backend.store.types import plain_name


class SecondLabels:
    """The history of second labels; the latest of a person and plot is what that person says."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def record(self, gesture: Gesture) -> Recorded:
        """Append a gesture of second labels, once however often it is given.

        Plots without a label, and those whose label is the person's own, are passed over. `standing` tells what this
        person says now, never what the others said.
        """
        return self._database.write(lambda connection: _record(connection, gesture))

    def revert(self, reversal: Reversal) -> Recorded:
        """Put back what the person said before a gesture of second labels."""
        return self._database.write(lambda connection: _revert(connection, reversal))

    def gave(self, key: uuid.UUID) -> bool:
        """Whether a gesture gave second labels, or took some back."""
        s = second_labels.c
        joined = second_labels.join(label_gestures, label_gestures.c.id == s.gesture_id)
        query = select(s.id).select_from(joined).where(label_gestures.c.ticket == key).limit(1)
        return self._database.read(lambda connection: connection.scalar(query)) is not None

    def of(self, plot_ids: Collection[int], who: str) -> dict[int, StandingLabel]:
        """What a person said of these plots as the second one."""
        return self._database.read(lambda connection: _said(connection, plot_ids, who))

    def pairs(self, plot_type: str) -> list[tuple[str, str]]:
        """First and second label of every plot that has both; UnknownNameError."""

        def read(connection: Connection) -> list[tuple[str, str]]:
            names = dict(connection.execute(select(classifications.c.id, classifications.c.name)).all())
            rows = connection.execute(newest_second(known_plot_type(connection, plot_type)))
            return [(names[row.first_label], names[row.label_after]) for row in rows if row.label_after != NO_LABEL]

        return self._database.read(read)


def newest_second(plot_type_id: int) -> Any:  # noqa: ANN401 - a `Select`, whose row type says nothing here
    """The latest second label of every plot and person."""
    s = second_labels.c
    newest = select(func.max(s.id)).where(s.plot_type_id == plot_type_id).group_by(s.plot_id, s.who)
    return select(s.id, s.plot_id, s.who, s.first_label, s.label_after, s.at).where(s.id.in_(newest))


def _record(connection: Connection, gesture: Gesture) -> Recorded:
    plot_ids = [event.plot_id for event in gesture.events]
    if gesture_id(connection, gesture.key) is None:
        plot_type_id = known_plot_type(connection, gesture.plot_type)
        standing = lock_standing(connection, plot_type_id, plot_ids)
        said = _numbers(connection, plot_ids, gesture.who)
        labels = classification_ids(connection, {event.label for event in gesture.events if event.label})
        entries = []
        for event in gesture.events:
            first = standing.get(event.plot_id)
            after = labels[event.label] if event.label else NO_LABEL
            if _is_second(first, gesture.who) and said.get(event.plot_id, NO_LABEL) != after:
                entries.append(_entry(event.plot_id, first, said.get(event.plot_id, NO_LABEL), after))
        _append(connection, gesture, plot_type_id, LabelHow.SECOND, None, entries)
    return _recorded(connection, gesture, plot_ids)


def _is_second(first: Standing | None, who: str) -> bool:
    return first is not None and first.label != NO_LABEL and first.who != plain_name(who)


def _revert(connection: Connection, reversal: Reversal) -> Recorded:
    events = _rows_of(connection, reversal.reverts)
    plot_ids = [row.plot_id for row in events]
    if gesture_id(connection, reversal.key) is None:
        plot_type_id = known_plot_type(connection, reversal.plot_type)
        lock_standing(connection, plot_type_id, plot_ids)
        said = _numbers(connection, plot_ids, reversal.who)
        entries = [
            {**_firsts(row), "plot_id": row.plot_id, "label_before": row.label_after, "label_after": row.label_before}
            for row in events
            if said.get(row.plot_id, NO_LABEL) == row.label_after
        ]
        _append(connection, reversal, plot_type_id, reversal.how, reversal.reverts, entries)
    return _recorded(connection, reversal, plot_ids)


def _firsts(row: Row[Any]) -> dict[str, Any]:
    return {"first_label": row.first_label, "first_who": row.first_who}


def _entry(plot_id: int, first: Standing | None, before: int, after: int) -> dict[str, Any]:
    told = {} if first is None else {"first_label": first.label, "first_who": first.who}
    return {"plot_id": plot_id, "label_before": before, "label_after": after, **told}


def _append(
    connection: Connection,
    gesture: Gesture | Reversal,
    plot_type_id: int,
    how: LabelHow,
    reverts: uuid.UUID | None,
    entries: Sequence[Mapping[str, Any]],
) -> None:
    made = {"who": gesture.who, "at": gesture.at, "plot_type_id": plot_type_id, "how": how.value}
    connection.execute(insert(label_gestures).values(made | {"ticket": gesture.key, "reverts": reverts}))
    if entries:
        mine = made | {"gesture_id": gesture_id(connection, gesture.key)}
        rows = [{**mine, **entry, "ticket": uuid.uuid5(gesture.key, str(entry["plot_id"]))} for entry in entries]
        connection.execute(insert(second_labels), rows)
        make_valid(connection, plot_type_id, {entry["label_after"] for entry in entries} - {NO_LABEL})


def _recorded(connection: Connection, gesture: Gesture | Reversal, plot_ids: Sequence[int]) -> Recorded:
    said = _said(connection, plot_ids, gesture.who)
    written = [row.plot_id for row in _rows_of(connection, gesture.key)]
    over = tuple(plot_id for plot_id in plot_ids if plot_id not in said and plot_id not in written)
    return Recorded(gesture.key, tuple((number, said.get(number)) for number in plot_ids), len(written), over)


def _rows_of(connection: Connection, key: uuid.UUID) -> Sequence[Row[Any]]:
    s = second_labels.c
    number = gesture_id(connection, key)
    return connection.execute(select(second_labels).where(s.gesture_id == number).order_by(s.plot_id)).all()


def _numbers(connection: Connection, plot_ids: Collection[int], who: str) -> dict[int, int]:
    return {row.plot_id: row.label_after for row in _latest(connection, plot_ids, who)}


def _said(connection: Connection, plot_ids: Collection[int], who: str) -> dict[int, StandingLabel]:
    names = dict(connection.execute(select(classifications.c.id, classifications.c.name)).all())
    return {
        row.plot_id: StandingLabel(names[row.label_after], row.who, row.at, row.how)
        for row in _latest(connection, plot_ids, who)
        if row.label_after != NO_LABEL
    }


def _latest(connection: Connection, plot_ids: Collection[int], who: str) -> list[Row[Any]]:
    s = second_labels.c
    found: list[Row[Any]] = []
    for portion in portions(sorted(plot_ids)):
        mine = and_(s.plot_id.in_(portion), s.who == plain_name(who))
        newest = select(func.max(s.id)).where(mine).group_by(s.plot_id)
        found += connection.execute(select(second_labels).where(s.id.in_(newest))).all()
    return found
