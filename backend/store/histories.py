"""Append-only histories: one way to write them, none to change them.

A `ticket` is drawn once per action, before its transaction. When the connection breaks during the commit and
the transaction is repeated, the ticket tells that the action was written already.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Table, func, insert, select

from backend.store.database import now

_PORTION = 500


def append(connection: Connection, history: Table, ticket: uuid.UUID, entries: Sequence[Mapping[str, Any]]) -> bool:
    """Write entries, each with its `who`, and the time. False where this action was written already."""
    if not entries or count_written(connection, history, ticket, 1):
        return False
    moment = now()
    rows = [{"ticket": _numbered(ticket, place), "at": moment, **entry} for place, entry in enumerate(entries)]
    connection.execute(insert(history), rows)
    return True


def count_written(connection: Connection, history: Table, ticket: uuid.UUID, at_most: int) -> int:
    """How many entries an action has written, 0 where it is new."""
    written = 0
    for start in range(0, at_most, _PORTION):
        tickets = [_numbered(ticket, place) for place in range(start, min(start + _PORTION, at_most))]
        query = select(func.count()).select_from(history).where(history.c.ticket.in_(tickets))
        found = connection.scalar(query) or 0
        written += found
        if not found:
            break
    return written


def _numbered(ticket: uuid.UUID, place: int) -> uuid.UUID:
    return uuid.uuid5(ticket, str(place))
