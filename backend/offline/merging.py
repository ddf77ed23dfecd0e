"""A portion of a bundle's history becomes part of the hall's, in one transaction that may be repeated.

Order is that of the database's numbers, never of clocks. Whoever gave a label away from the hall knew what the bundle
knew: labels that are not in the bundle are news to them, and are not covered by what they said.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, insert, select

from backend.domain.disagreements import Said, origin_of
from backend.domain.labels import LabelHow
from backend.offline.reading import EventRow, GestureRow
from backend.store.classifying import classification_ids, make_valid
from backend.store.database import now
from backend.store.tables import classifications, label_events, label_gestures, plots
from backend.store.tables.histories import NO_LABEL

_KEPT = "kept"
_BOOKKEEPING = (LabelHow.KEPT, LabelHow.RESUMED)
_PORTION = 500


@dataclass(frozen=True, slots=True)
class Portion:
    """Entries to be brought, oldest first, and where their plots are in the hall.

    `known` are the keys of all entries the bundle has of a plot, `base` the label its plot had when the bundle was
    made; both by the plot's number in the hall.
    """

    events: Sequence[tuple[EventRow, int]]
    gestures: Mapping[uuid.UUID, GestureRow]
    known: Mapping[int, Collection[uuid.UUID]]
    base: Mapping[int, str | None]


@dataclass(slots=True)
class Merged:
    """What came of it: entries written, entries that were there before, plots on which two now disagree."""

    written: int = 0
    known: int = 0
    disagreements: int = 0


def merge(connection: Connection, portion: Portion) -> Merged:
    """Append what is new, each entry once; say again what counted where it must go on counting."""
    numbers = sorted({plot_id for _, plot_id in portion.events})
    types = _lock(connection, numbers)
    histories = read_said(connection, numbers)
    there = _present(connection, [event.ticket for event, _ in portion.events])
    new = [(event, plot_id) for event, plot_id in portion.events if event.ticket not in there]
    done = Merged(len(new), len(portion.events) - len(new))
    if new:
        _append(connection, portion, types, histories, new)
        done.disagreements = _keep(connection, portion, types, histories, new)
    return done


def _lock(connection: Connection, plot_ids: Sequence[int]) -> dict[int, int]:
    """Lock the plots, all callers in one order; returns the plot type of each, as row numbers."""
    query = select(plots.c.id, plots.c.plot_type_id).where(plots.c.id.in_(plot_ids)).order_by(plots.c.id)
    return dict(connection.execute(query.with_for_update()).all())


def _present(connection: Connection, tickets: Sequence[uuid.UUID]) -> set[uuid.UUID]:
    return set(connection.scalars(select(label_events.c.ticket).where(label_events.c.ticket.in_(tickets))))


def read_said(connection: Connection, plot_ids: Sequence[int]) -> dict[int, list[Said]]:
    """The label history of plots, oldest first."""
    names = dict(connection.execute(select(classifications.c.id, classifications.c.name)).all())
    found: dict[int, list[Said]] = {number: [] for number in plot_ids}
    for start in range(0, len(plot_ids), _PORTION):
        for row in connection.execute(_history(plot_ids[start : start + _PORTION])):
            found[row.plot_id].append(_said(row, names))
    return found


def _history(plot_ids: Sequence[int]) -> Any:  # noqa: ANN401 - a select of SQLAlchemy's
    e, g = label_events.c, label_gestures.c
    columns = (e.id, e.ticket, e.plot_id, e.label_after, e.who, e.at, e.how, e.comment, g.ticket.label("gesture"))
    joined = label_events.outerjoin(label_gestures, g.id == e.gesture_id)
    return select(*columns, g.reverts).select_from(joined).where(e.plot_id.in_(plot_ids)).order_by(e.id)


def _said(row: Row[Any], names: Mapping[int, str]) -> Said:
    label = None if row.label_after == NO_LABEL else names.get(row.label_after)
    return Said(row.ticket, row.who, row.at, label, row.how, row.gesture, row.reverts, row.comment)


def _append(
    connection: Connection,
    portion: Portion,
    types: Mapping[int, int],
    histories: Mapping[int, list[Said]],
    new: Sequence[tuple[EventRow, int]],
) -> None:
    numbers = classification_ids(connection, {event.label for event, _ in new if event.label})
    gestures = _gesture_ids(connection, portion.gestures, types, new)
    standing = {number: _standing(history) for number, history in histories.items()}
    moment = now()
    rows: list[dict[str, Any]] = []
    for event, plot_id in new:
        entry: dict[str, Any] = {
            "ticket": event.ticket,
            "who": event.who,
            "at": min(event.at, moment),
            "how": event.how.value,
        }
        entry |= _place(plot_id, types, numbers, standing[plot_id], event.label)
        rows.append(entry | {"comment": event.comment, "gesture_id": gestures.get(event.gesture)})
        standing[plot_id] = event.label
    numbers |= classification_ids(connection, {label for label in standing.values() if label})
    connection.execute(insert(label_events), rows)
    for plot_type_id in set(types.values()):
        given = {row["label_after"] for row in rows if row["plot_type_id"] == plot_type_id}
        make_valid(connection, plot_type_id, given - {NO_LABEL})


def _place(
    plot_id: int, types: Mapping[int, int], numbers: Mapping[str, int], before: str | None, after: str | None
) -> dict[str, Any]:
    return {
        "plot_id": plot_id,
        "plot_type_id": types[plot_id],
        "label_before": numbers.get(before) if before else None,
        "label_after": numbers[after] if after else NO_LABEL,
    }


def _standing(history: Sequence[Said]) -> str | None:
    return history[-1].label if history else None


def _gesture_ids(
    connection: Connection,
    gestures: Mapping[uuid.UUID, GestureRow],
    types: Mapping[int, int],
    new: Sequence[tuple[EventRow, int]],
) -> dict[uuid.UUID | None, int]:
    """Numbers of the gestures these entries were made in, each written once."""
    wanted = {event.gesture: types[plot_id] for event, plot_id in new if event.gesture in gestures}
    keys = [key for key in wanted if key is not None]
    found = _find_gestures(connection, keys)
    moment = now()
    rows = [_gesture_row(gestures[key], wanted[key], moment) for key in keys if key not in found]
    if rows:
        connection.execute(insert(label_gestures), rows)
        found |= _find_gestures(connection, keys)
    return dict(found)


def _find_gestures(connection: Connection, keys: Sequence[uuid.UUID]) -> dict[uuid.UUID | None, int]:
    query = select(label_gestures.c.ticket, label_gestures.c.id).where(label_gestures.c.ticket.in_(keys))
    return dict(connection.execute(query).all())


def _gesture_row(gesture: GestureRow, plot_type_id: int, moment: datetime) -> dict[str, Any]:
    return {
        "ticket": gesture.key,
        "who": gesture.who,
        "at": min(gesture.at, moment),
        "plot_type_id": plot_type_id,
        "how": gesture.how.value,
        "reverts": gesture.reverts,
    }


def _keep(
    connection: Connection,
    portion: Portion,
    types: Mapping[int, int],
    histories: Mapping[int, list[Said]],
    new: Sequence[tuple[EventRow, int]],
) -> int:
    """Let go on counting what the bundle did not know of; returns how many plots are disputed."""
    last = {plot_id: event for event, plot_id in new}
    kept, moment = list(_kept(portion, histories, last)), now()
    numbers = classification_ids(connection, {said.label for _, said, _ in kept if said.label})
    numbers |= classification_ids(connection, {last[plot_id].label or "" for plot_id, _, _ in kept} - {""})
    rows = [
        {
            "ticket": uuid.uuid5(last[plot_id].ticket, _KEPT),
            "who": said.who,
            "at": moment,
            "how": how.value,
            "comment": "",
        }
        | _place(plot_id, types, numbers, last[plot_id].label, said.label)
        for plot_id, said, how in kept
    ]
    if rows:
        connection.execute(insert(label_events), rows)
    return sum(how is LabelHow.KEPT for _, _, how in kept)


def _kept(
    portion: Portion, histories: Mapping[int, list[Said]], last: Mapping[int, EventRow]
) -> Iterator[tuple[int, Said, LabelHow]]:
    for plot_id, event in last.items():
        base = portion.base.get(plot_id)
        rival = _rival(histories[plot_id], portion.known[plot_id])
        if rival is None or rival.label == event.label or _takes_back(rival, base):
            continue
        yield plot_id, rival, LabelHow.RESUMED if _takes_back(event, base) else LabelHow.KEPT


def _takes_back(entry: Said | EventRow, base: str | None) -> bool:
    """Whether this only puts back what was there when the bundle was made: its giver has nothing to say."""
    return entry.label == base and (entry.how == LabelHow.UNDONE or base is None)


def _rival(history: Sequence[Said], known: Collection[uuid.UUID]) -> Said | None:
    """The newest entry that the bundle does not know of, unless it has been overruled in favour of one it does."""
    places = range(len(history) - 1, -1, -1)
    newest = next((n for n in places if history[n].key not in known and history[n].how not in _BOOKKEEPING), None)
    if newest is None:
        return None
    later = (n for n in range(newest + 1, len(history)) if history[n].how in _BOOKKEEPING)
    return None if any(origin_of(history, n).key in known for n in later) else history[newest]
