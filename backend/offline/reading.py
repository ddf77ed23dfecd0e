"""The label history of a bundle, read as what it is: the word of a stranger. Every value is looked at.

SQLite keeps whatever it is given in any column, and whoever edits a file may leave anything there.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, TypeVar

from sqlalchemy import Connection
from sqlalchemy.exc import DatabaseError

from backend.domain.labels import LabelHow
from backend.store.tables.histories import NO_LABEL
from backend.store.tables.plots import NO_CHUNK
from backend.store.types import DIGEST_BYTES, EPOCH, plain_name

T = TypeVar("T")
Cells = Any
"""A row of a query in plain SQL: what its cells hold is anybody's guess."""
LONGEST_NAME, LONGEST_COMMENT = 255, 16_000
_YEARS = 200 * 365


@dataclass(frozen=True, slots=True)
class PlotKey:
    """What makes a plot the same on every database: image, run, plot type and chunk (`NO_CHUNK` for none)."""

    sha256: str
    run: int
    period: str
    plot_type: str
    chunk: int


@dataclass(frozen=True, slots=True)
class GestureRow:
    """A gesture of a bundle."""

    key: uuid.UUID
    who: str
    at: datetime
    plot_type: str
    how: LabelHow
    reverts: uuid.UUID | None


@dataclass(frozen=True, slots=True)
class EventRow:
    """One entry of the history of a bundle. `label` None takes the label away; `number` is its place in the history."""

    number: int
    ticket: uuid.UUID
    plot: PlotKey
    label: str | None
    who: str
    at: datetime
    how: LabelHow
    comment: str
    gesture: uuid.UUID | None


@dataclass(slots=True)
class History:
    """All that could be read, oldest first; `refused` says of each row that could not why."""

    events: list[EventRow] = field(default_factory=list)
    gestures: dict[uuid.UUID, GestureRow] = field(default_factory=dict)
    refused: list[str] = field(default_factory=list)


_PLOTS = (
    "SELECT p.id, p.sha256, r.number, r.period, t.name, p.chunk FROM plots p "
    "JOIN runs r ON r.id = p.run_id JOIN plot_types t ON t.id = p.plot_type_id"
)
_GESTURES = (
    "SELECT g.id, g.ticket, g.who, g.at, t.name, g.how, g.reverts FROM label_gestures g "
    "LEFT JOIN plot_types t ON t.id = g.plot_type_id ORDER BY g.id"
)
_EVENTS = (
    "SELECT e.id, e.ticket, e.plot_id, e.label_after, e.who, e.at, e.how, e.comment, e.gesture_id "
    "FROM label_events e ORDER BY e.id"
)
_CLASSES = "SELECT id, name FROM classifications"


def read_history(connection: Connection, *, salvage: bool = False) -> History:
    """Read it all. With `salvage` a part of the file that cannot be read ends a table, not the reading."""
    found = History()
    classes = dict(_read(connection, _CLASSES, _class, found, salvage))
    plots = dict(_read(connection, _PLOTS, _plot, found, salvage))
    gestures = dict(_read(connection, _GESTURES, _gesture, found, salvage))
    found.gestures = {gesture.key: gesture for gesture in gestures.values()}

    def event(row: Cells) -> EventRow:
        return _event(row, plots, classes, gestures)

    found.events = list(_read(connection, _EVENTS, event, found, salvage))
    return found


def _read(connection: Connection, query: str, make: Callable[[Cells], T], into: History, salvage: bool) -> Iterator[T]:
    for row in _rows(connection, query, into, salvage):
        try:
            yield make(row)
        except (ValueError, TypeError, KeyError, OverflowError) as error:
            into.refused.append(f"{query.split()[-1]} {row[0]!r} makes no sense ({error})"[:300])


def _rows(connection: Connection, query: str, into: History, salvage: bool) -> Iterable[Cells]:
    trouble: tuple[type[Exception], ...] = (DatabaseError,) if salvage else ()
    try:
        yield from connection.exec_driver_sql(query)
    except trouble as error:
        into.refused.append(f"A part of the file cannot be read ({error.__cause__ or error})"[:300])


def _class(row: Cells) -> tuple[int, str]:
    return _number(row[0]), _name(row[1])


def _plot(row: Cells) -> tuple[int, PlotKey]:
    if not isinstance(row[1], bytes) or len(row[1]) != DIGEST_BYTES:
        raise ValueError("its image has no digest")
    chunk = _number(row[5])
    if chunk < NO_CHUNK:
        raise ValueError(f"chunk {chunk}")
    return _number(row[0]), PlotKey(row[1].hex(), _number(row[2]), _text(row[3]), _name(row[4]), chunk)


def _gesture(row: Cells) -> tuple[int, GestureRow]:
    reverts = None if row[6] is None else uuid.UUID(row[6])
    how = LabelHow(_text(row[5]))
    return _number(row[0]), GestureRow(uuid.UUID(row[1]), _name(row[2]), _time(row[3]), _name(row[4]), how, reverts)


def _event(row: Cells, plots: dict[int, PlotKey], classes: dict[int, str], gestures: dict[int, GestureRow]) -> EventRow:
    label = None if _number(row[3]) == NO_LABEL else _known(classes, row[3], "class")
    comment = _text(row[7])
    if len(comment) > LONGEST_COMMENT:
        raise ValueError("its comment is too long")
    return EventRow(
        number=_number(row[0]),
        ticket=uuid.UUID(row[1]),
        plot=_known(plots, row[2], "plot"),
        label=label,
        who=_name(row[4]),
        at=_time(row[5]),
        how=LabelHow(_text(row[6])),
        comment=comment,
        gesture=gestures[row[8]].key if row[8] in gestures else None,
    )


def _known(among: dict[int, T], number: object, what: str) -> T:
    with suppress(KeyError):
        return among[_number(number)]
    raise ValueError(f"there is no {what} {number!r}")


def _number(value: object) -> int:
    if not isinstance(value, int):
        raise TypeError(f"{value!r} is no number")
    return value


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is no text"[:80])
    return value


def _name(value: object) -> str:
    name = plain_name(_text(value))
    if not name or len(name) > LONGEST_NAME:
        raise ValueError(f"{name[:40]!r} is no name")
    return name


def _time(value: object) -> datetime:
    microseconds = timedelta(microseconds=_number(value))
    if abs(microseconds) > timedelta(days=_YEARS):
        raise ValueError("its time is not of this age")
    return EPOCH + microseconds
