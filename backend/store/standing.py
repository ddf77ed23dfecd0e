"""The label that counts of plots, locked while a gesture is written, and the gestures themselves."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, func, select

from backend.domain.errors import UnknownNameError
from backend.store.tables import label_events, label_gestures, plots

_PORTION = 500


@dataclass(frozen=True, slots=True)
class Standing:
    """The newest event of a plot, with labels as row numbers."""

    label: int
    who: str
    gesture_id: int | None


def gesture_id(connection: Connection, key: uuid.UUID) -> int | None:
    """The number of a gesture; None where it is new."""
    return connection.scalar(select(label_gestures.c.id).where(label_gestures.c.ticket == key))


def lock_standing(connection: Connection, plot_type_id: int, plot_ids: Collection[int]) -> dict[int, Standing]:
    """Lock the plots, all callers in the same order, so that `before` is what counted; returns what counts now."""
    found: set[int] = set()
    for portion in portions(sorted(plot_ids)):
        query = select(plots.c.id).where(plots.c.id.in_(portion), plots.c.plot_type_id == plot_type_id)
        found.update(connection.scalars(query.order_by(plots.c.id).with_for_update()))
    missing = [str(number) for number in plot_ids if number not in found]
    if missing:
        raise UnknownNameError(
            f"No label was saved: the store has no plot {', '.join(missing[:5])} of this plot type. "
            "Load the plots anew."
        )
    return read_standing(connection, plot_ids)


def read_standing(connection: Connection, plot_ids: Collection[int]) -> dict[int, Standing]:
    """The newest event by plot."""
    return {
        row.plot_id: Standing(row.label_after, row.who, row.gesture_id) for row in newest_events(connection, plot_ids)
    }


def newest_events(connection: Connection, plot_ids: Collection[int]) -> Iterator[Row[Any]]:
    """The newest event of every one of these plots that has any."""
    e = label_events.c
    for portion in portions(sorted(plot_ids)):
        newest = select(func.max(e.id)).where(e.plot_id.in_(portion)).group_by(e.plot_id)
        numbers = list(connection.scalars(newest))
        yield from connection.execute(select(label_events).where(e.id.in_(numbers)))


def portions(plot_ids: Sequence[int]) -> Iterator[Sequence[int]]:
    """At most 500 at a time, which a statement may name."""
    for start in range(0, len(plot_ids), _PORTION):
        yield plot_ids[start : start + _PORTION]
