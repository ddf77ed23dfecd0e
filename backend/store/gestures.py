"""Gestures: labels given or taken back in one stroke, each in one short transaction that may be repeated."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Row, func, insert, select

from backend.domain.errors import UnknownNameError
from backend.domain.labelling import Step
from backend.domain.labels import Gesture, LabelEvent, LabelHow, Recorded, Reversal, StandingLabel
from backend.store.catalogue import known_plot_type
from backend.store.classifying import classification_ids, make_valid
from backend.store.collecting import keep_labelled
from backend.store.database import Database
from backend.store.second_labels import SecondLabels
from backend.store.standing import Standing, gesture_id, lock_standing, newest_events, read_standing
from backend.store.tables import classifications, label_events, label_gestures
from backend.store.tables.histories import NO_LABEL
from backend.store.types import plain_name

_STEPS_READ = 1000
"""Gestures looked back on for what can be undone: undoing and redoing are gestures, too."""


class Gestures:
    """The way from the window to the history of labels."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.second = SecondLabels(database)

    def record(self, gesture: Gesture) -> Recorded:
        """Append a gesture, once however often it is given.

        An event that says what counts already, in the same person's name, is not written. Classes that are used
        become valid for the plot type. UnknownNameError, and nothing is written, where a plot does not exist or is
        of another type.
        """
        if gesture.events[0].how is LabelHow.SECOND:
            return self.second.record(gesture)
        return self._database.write(lambda connection: record_gesture(connection, gesture))

    def revert(self, reversal: Reversal) -> Recorded:
        """Put back what counted before another gesture, for those of its plots where it still is the last word."""
        if self.second.gave(reversal.reverts):
            return self.second.revert(reversal)
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
        standing = lock_standing(connection, plot_type_id, plot_ids)
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
        standing = lock_standing(connection, plot_type_id, plot_ids)
        entries = [_back(row, reversal.how) for row in events if _is_last_word(row, standing, reversal.who)]
        _append(connection, reversal, plot_type_id, reversal.how, reversal.reverts, entries)
        written = len(entries)
    mine = gesture_id(connection, reversal.key)
    last = read_standing(connection, plot_ids)
    over = tuple(number for number in plot_ids if last[number].gesture_id != mine)
    return Recorded(reversal.key, _told(connection, plot_ids), written, over)


def _entry(
    event: LabelEvent, who: str, numbers: Mapping[str, int], standing: Mapping[int, Standing]
) -> dict[str, Any] | None:
    """The row of an event; None where it says nothing new."""
    before, after = standing.get(event.plot_id), numbers[event.label] if event.label else NO_LABEL
    known = before.label if before else NO_LABEL
    mine = before is not None and before.who == plain_name(who)
    says_nothing = known == after and not event.comment and (mine or after == NO_LABEL)
    meant = event.how is LabelHow.SETTLED or (event.how is LabelHow.UPHELD and after != NO_LABEL)
    if says_nothing and not meant:
        return None
    return _row(event.plot_id, known, after, event.how, event.comment)


def _is_last_word(event: Row[Any], standing: Mapping[int, Standing], who: str) -> bool:
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
    mine = made | {"gesture_id": gesture_id(connection, gesture.key)}
    rows = [{**mine, **entry, "ticket": uuid.uuid5(gesture.key, str(entry["plot_id"]))} for entry in entries]
    connection.execute(insert(label_events), rows)
    make_valid(connection, plot_type_id, {entry["label_after"] for entry in entries} - {NO_LABEL})
    keep_labelled(connection, [entry["plot_id"] for entry in entries], plot_type_id)


def _written(connection: Connection, key: uuid.UUID) -> int | None:
    """How many events a gesture has written; None where it is new."""
    number = gesture_id(connection, key)
    if number is None:
        return None
    query = select(func.count()).select_from(label_events).where(label_events.c.gesture_id == number)
    return connection.scalar(query) or 0


def _events_of(connection: Connection, key: uuid.UUID) -> list[Row[Any]]:
    number = gesture_id(connection, key)
    if number is None:
        raise UnknownNameError(
            "What is to be taken back is not in the store. Nothing was changed: load the plots anew."
        )
    e = label_events.c
    columns = (e.id, e.plot_id, e.label_before, e.label_after)
    return list(connection.execute(select(*columns).where(e.gesture_id == number).order_by(e.plot_id)))


def _told(connection: Connection, plot_ids: Collection[int]) -> tuple[tuple[int, StandingLabel | None], ...]:
    names = dict(connection.execute(select(classifications.c.id, classifications.c.name)).all())
    told: dict[int, StandingLabel | None] = dict.fromkeys(plot_ids)
    for row in newest_events(connection, plot_ids):
        if row.label_after != NO_LABEL:
            told[row.plot_id] = StandingLabel(names[row.label_after], row.who, row.at, row.how, row.comment)
    return tuple(told.items())
