"""The journal: what each transaction changed, for stations that did not make it, and the way to read it gaplessly.

Numbers are given when a row is inserted and seen when it is committed, so a lower number may appear after a higher one.
A reader therefore remembers the numbers it has not seen and asks for them again, until they must have been rolled back.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable, Sequence
from typing import Any

from sqlalchemy import Connection, Row, delete, func, insert, or_, select

from backend.domain.changes import Change, ChangeKind
from backend.store import clock
from backend.store.tables import journal

PORTION = 500
"""Rows that are read at once. Whoever is further behind reads the hall anew."""

KEEP_S = 3600.0
_KEEP_ROWS = 2 * PORTION
_LOOK_BACK = 256
"""Rows before the newest in which a new reader looks for numbers that were given and not committed yet."""

HOLES_S = 120.0
"""After so many seconds a number that never appeared was rolled back. No transaction stays open for so long."""

_LONGEST = 60_000
_NOTES = "hydra_notes"


def begin(connection: Connection) -> None:
    """Forget what an earlier transaction of this connection noted and did not commit."""
    connection.info.pop(_NOTES, None)


def note(connection: Connection, kind: ChangeKind, keys: Iterable[int] = ()) -> None:
    """Say that this transaction changes something. It is written when all else is."""
    connection.info.setdefault(_NOTES, {}).setdefault(kind, {}).update(dict.fromkeys(keys))


def write(connection: Connection, writer: bytes) -> list[Change]:
    """Write what was noted, as the last statement: between it and the commit nothing is waited for."""
    notes: dict[ChangeKind, dict[int, None]] = connection.info.pop(_NOTES, {})
    changes = [Change(kind, tuple(keys), mine=True) for kind, keys in notes.items() if _says_something(kind, keys)]
    for change in changes:
        values = {"writer": writer, "kind": int(change.kind), "changed": _written(change.keys)}
        connection.execute(insert(journal).values(at=clock.shared_now(connection), **values))
    return changes


def _says_something(kind: ChangeKind, keys: Collection[int]) -> bool:
    return bool(keys) or kind is ChangeKind.CATALOGUE


def _written(keys: Sequence[int]) -> str:
    """Numbers with commas between them; one that names too many names none, and readers look at everything."""
    text = ",".join(map(str, keys))
    return text if len(text) <= _LONGEST else ""


class Reader:
    """One station's place in the journal. Lives on one thread at a time."""

    def __init__(self, writer: bytes) -> None:
        self._writer = writer
        self._last = 0
        self._holes: dict[int, float] = {}

    def begin(self, connection: Connection) -> None:
        """Start at the present end. Called before the hall is read, so that nothing falls between the two."""
        newest = select(journal.c.id).order_by(journal.c.id.desc()).limit(_LOOK_BACK)
        found = list(connection.scalars(newest))
        self._last = found[0] if found else 0
        self._holes = {}
        self._remember_holes(set(found), range(max(1, self._last - _LOOK_BACK), self._last))

    def news(self, connection: Connection) -> list[Change] | None:
        """What was committed since the last call, in order; None where that is too much to tell one by one."""
        wanted = journal.c.id > self._last
        if self._holes:
            wanted = or_(wanted, journal.c.id.in_(list(self._holes)))
        columns: list[Any] = [journal.c.id, journal.c.writer, journal.c.kind, journal.c.changed]
        rows = connection.execute(select(*columns).where(wanted).order_by(journal.c.id).limit(PORTION)).all()
        if len(rows) == PORTION:
            return None
        self._move_on({row.id for row in rows})
        return [change for row in rows if (change := self._change(row)) is not None]

    def _move_on(self, found: set[int]) -> None:
        for number in found:
            self._holes.pop(number, None)
        last = max((self._last, *found))
        self._remember_holes(found, range(self._last + 1, last))
        self._last = last
        oldest = time.monotonic() - HOLES_S
        self._holes = {number: since for number, since in self._holes.items() if since > oldest}

    def _remember_holes(self, found: set[int], within: range) -> None:
        moment = time.monotonic()
        self._holes |= {number: moment for number in within if number not in found}

    def _change(self, row: Row[Any]) -> Change | None:
        """None for what a program of a later version says."""
        if row.kind not in ChangeKind.__members__.values():
            return None
        keys = tuple(map(int, row.changed.split(","))) if row.changed else ()
        return Change(ChangeKind(row.kind), keys, mine=row.writer == self._writer)


def purge(connection: Connection, keep_s: float = KEEP_S) -> int:
    """Remove rows older than `keep_s` seconds, never the newest; returns how many, a portion at most."""
    newest = connection.scalar(select(func.max(journal.c.id))) or 0
    old = select(journal.c.id).where(journal.c.id <= newest - _KEEP_ROWS).order_by(journal.c.id).limit(_KEEP_ROWS)
    aged = old.where(journal.c.at < clock.shared_now(connection, -keep_s))
    numbers = list(connection.scalars(aged))
    if numbers:
        connection.execute(delete(journal).where(journal.c.id.in_(numbers)))
    return len(numbers)
