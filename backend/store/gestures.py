"""Gestures: labels given or taken back in one stroke, each in one short transaction that may be repeated."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, func, insert, select

from backend.domain.errors import UnknownNameError
from backend.domain.labelling import Step
from backend.domain.labels import Gesture, LabelEvent, LabelHow, Recorded, Reversal, StandingLabel
from backend.store.catalogue import known_plot_type
from backend.store.classifying import classification_ids, make_valid
from backend.store.database import Database
from backend.store.tables import classifications, label_events, label_gestures, plots
from backend.store.tables.histories import NO_LABEL
from backend.store.types import plain_name

_PORTION = 500
_STEPS_READ = 1000
"""Gestures looked back on for what can be undone: undoing and redoing are gestures, too."""


@dataclass(frozen=True, slots=True)
class _Standing:
    """The newest event of a plot, with labels as row numbers."""

    label: int
    who: str
    gesture_id: int | None


class Gestures:
    """The way from the window to the history of labels."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def record(self, gesture: Gesture) -> Recorded:
        """Append a gesture, once however often it is given.

        An event that says what counts already, in the same person's name, is not written. Classes that are used
        become valid for the plot type. UnknownNameError, and nothing is written, where a plot does not exist or is
        of another type.
        """
        return self._database.write(lambda connection: record_gesture(connection, gesture))

    def revert(self, reversal: Reversal) -> Recorded:
        """Put back what counted before another gesture, for those of its plots where it still is the last word."""
        return self._database.write(lambda connection: _revert(connection, reversal))

    def steps(self, plot_type: str, who: str) -> list[Step]:
        """A person's newest gestures on a plot type, oldest first. UnknownNameError."""

        def read(connection: Connection) -> list[Step]:
            g = label_gestures.c
            mine = (g.plot_type_id == known_plot_type(connection, plot_type)) & (g.who == plain_name(who))
            query = select(g.ticket, g.at, g.how, g.reverts).where(mine).order_by(g.id.desc()).limit(_STEPS_READ)
            rows = list(connection.execute(query))
            return [Step(row.ticket, row.at, LabelHow(row.how), row.reverts) for row in reversed(rows)]

        return self._database.read(read)


def record_gesture(connection: Connection, gesture: Gesture) -> Recorded:
    """Within a transaction, see `Gestures.record`."""
    plot_ids = [event.plot_id for event in gesture.events]
    written = _written(connection, gesture.key)
    if written is None:
        plot_type_id = known_plot_type(connection, gesture.plot_type)
        standing = _lock(connection, plot_type_id, plot_ids)
        numbers = classification_ids(connection, {event.label for event in gesture.events if event.label})
        entries = [entry for event in gesture.events if (entry := _entry(event, gesture.who, numbers, standing))]
        _append(connection, gesture, plot_type_id, gesture.events[0].how, None, entries)
        written = len(entries)
    return Recorded(gesture.key, _told(connection, plot_ids), written)


def _revert(connection: Connection, reversal: Reversal) -> Recorded:
    events = _events_of(connection, reversal.reverts)
    plot_ids = [row.plot_id for row in events]
    written = _written(connection, reversal.key)
    if written is None:
        plot_type_id = known_plot_type(connection, reversal.plot_type)
        standing = _lock(connection, plot_type_id, plot_ids)
        entries = [_back(row, reversal.how) for row in events if _is_last_word(row, standing, reversal.who)]
        _append(connection, reversal, plot_type_id, reversal.how, reversal.reverts, entries)
        written = len(entries)
    mine = _gesture_id(connection, reversal.key)
    last = _standing(connection, plot_ids)
    over = tuple(number for number in plot_ids if last[number].gesture_id != mine)
    return Recorded(reversal.key, _told(connection, plot_ids), written, over)


def _entry(
    event: LabelEvent, who: str, numbers: Mapping[str, int], standing: Mapping[int, _Standing]
) -> dict[str, Any] | None:
    """The row of an event; None where it says nothing new."""
    before, after = standing.get(event.plot_id), numbers[event.label] if event.label else NO_LABEL
    known = before.label if before else NO_LABEL
    mine = before is not None and before.who == plain_name(who)
    if known == after and not event.comment and (mine or after == NO_LABEL):
        return None
    return _row(event.plot_id, known, after, event.how, event.comment)


def _is_last_word(event: Row[Any], standing: Mapping[int, _Standing], who: str) -> bool:
    """Whether what `event` said still counts, in the name of `who`: undoing what came after it says it anew."""
    now = standing[event.plot_id]
    return (now.label, now.who) == (event.label_after, plain_name(who))


def _back(row: Row[Any], how: LabelHow) -> dict[str, Any]:
    return _row(row.plot_id, row.label_after, row.label_before or NO_LABEL, how, "")


def _row(plot_id: int, before: int, after: int, how: LabelHow, comment: str) -> dict[str, Any]:
    return {
        "plot_id": plot_id,
        "label_before": None if before == NO_LABEL else before,
        "label_after": after,
        "how": how.value,
        "comment": comment,
    }


def _append(
    connection: Connection,
    gesture: Gesture | Reversal,
    plot_type_id: int,
    how: LabelHow,
    reverts: uuid.UUID | None,
    entries: Sequence[Mapping[str, Any]],
) -> None:
    made = {"who": gesture.who, "at": gesture.at, "plot_type_id": plot_type_id}
    connection.execute(
        insert(label_gestures).values(made | {"ticket": gesture.key, "how": how.value, "reverts": reverts})
    )
    if not entries:
        return
    mine = made | {"gesture_id": _gesture_id(connection, gesture.key)}
    rows = [{**mine, **entry, "ticket": uuid.uuid5(gesture.key, str(entry["plot_id"]))} for entry in entries]
    connection.execute(insert(label_events), rows)
    make_valid(connection, plot_type_id, {entry["label_after"] for entry in entries} - {NO_LABEL})


def _gesture_id(connection: Connection, key: uuid.UUID) -> int | None:
    return connection.scalar(select(label_gestures.c.id).where(label_gestures.c.ticket == key))


def _written(connection: Connection, key: uuid.UUID) -> int | None:
    """How many events a gesture has written; None where it is new."""
    number = _gesture_id(connection, key)
    if number is None:
        return None
    query = select(func.count()).select_from(label_events).where(label_events.c.gesture_id == number)
    return connection.scalar(query) or 0


def _events_of(connection: Connection, key: uuid.UUID) -> list[Row[Any]]:
    number = _gesture_id(connection, key)
    if number is None:
        raise UnknownNameError(
            "What is to be taken back is not in the store. Nothing was changed: load the plots anew."
        )
    e = label_events.c
    columns = (e.id, e.plot_id, e.label_before, e.label_after)
    return list(connection.execute(select(*columns).where(e.gesture_id == number).order_by(e.plot_id)))


def _lock(connection: Connection, plot_type_id: int, plot_ids: Collection[int]) -> dict[int, _Standing]:
    """Lock the plots, all callers in the same order, so that `before` is what counted; returns what counts now."""
    found: set[int] = set()
    for portion in _portions(sorted(plot_ids)):
        query = select(plots.c.id).where(plots.c.id.in_(portion), plots.c.plot_type_id == plot_type_id)
        found.update(connection.scalars(query.order_by(plots.c.id).with_for_update()))
    missing = [str(number) for number in plot_ids if number not in found]
    if missing:
        raise UnknownNameError(
            f"No label was saved: the store has no plot {', '.join(missing[:5])} of this plot type. "
            "Load the plots anew."
        )
    return _standing(connection, plot_ids)


def _standing(connection: Connection, plot_ids: Collection[int]) -> dict[int, _Standing]:
    """The newest event by plot."""
    return {row.plot_id: _Standing(row.label_after, row.who, row.gesture_id) for row in _newest(connection, plot_ids)}


def _newest(connection: Connection, plot_ids: Collection[int]) -> Iterator[Row[Any]]:
    e = label_events.c
    for portion in _portions(sorted(plot_ids)):
        newest = select(func.max(e.id)).where(e.plot_id.in_(portion)).group_by(e.plot_id)
        numbers = list(connection.scalars(newest))
        yield from connection.execute(select(label_events).where(e.id.in_(numbers)))


def _told(connection: Connection, plot_ids: Collection[int]) -> tuple[tuple[int, StandingLabel | None], ...]:
    names = dict(connection.execute(select(classifications.c.id, classifications.c.name)).all())
    told: dict[int, StandingLabel | None] = dict.fromkeys(plot_ids)
    for row in _newest(connection, plot_ids):
        if row.label_after != NO_LABEL:
            told[row.plot_id] = StandingLabel(names[row.label_after], row.who, row.at, row.how, row.comment)
    return tuple(told.items())


def _portions(plot_ids: Sequence[int]) -> Iterator[Sequence[int]]:
    for start in range(0, len(plot_ids), _PORTION):
        yield plot_ids[start : start + _PORTION]
