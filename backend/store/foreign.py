"""Taking in what comes from another system, portion by portion.

The rows of a portion, how far the part is and what did not fit are written in one transaction: killed at any moment,
an import goes on where it was, and no row is lost or doubled.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update

from backend.domain.errors import StoreRefusedError
from backend.domain.foreign import (
    ForeignClassification,
    ForeignLabel,
    ForeignPlot,
    ForeignPlotType,
    ForeignRecord,
    ForeignThreshold,
    ForeignValid,
    ForeignVerdict,
    Part,
    PartProgress,
    Portion,
    Refusal,
    RefusedRows,
)
from backend.store import foreign_taking as taking
from backend.store.blobs.protocol import BlobStore
from backend.store.database import Database, insert_missing, now
from backend.store.foreign_labels import take_labels
from backend.store.foreign_taking import Taken
from backend.store.tables import foreign_progress, foreign_refusals, foreign_sources

_EXAMPLES = 5
_LONGEST_EXAMPLES = 255


class Foreign:
    """What was brought from other systems. A source goes by a name of its own, its rows by their numbers there."""

    def __init__(self, database: Database, blobs: BlobStore) -> None:
        self._database = database
        self._blobs = blobs

    def source(self, name: str) -> int:
        """The number of a source, which is registered if need be."""

        def write(connection: Connection) -> int:
            insert_missing(connection, foreign_sources, [{"name": name, "begun_at": now()}])
            query = select(foreign_sources.c.id).where(foreign_sources.c.name == name)
            number = int(connection.execute(query).scalar_one())
            rows = [{"source_id": number, "part": part.value, **_NOTHING} for part in Part]
            insert_missing(connection, foreign_progress, rows)
            return number

        return self._database.write(write)

    def progress(self, source_id: int) -> dict[Part, PartProgress]:
        """How far every part is."""
        query = select(foreign_progress).where(foreign_progress.c.source_id == source_id)
        rows = self._database.read(lambda connection: connection.execute(query).all())
        found = {
            Part(row.part): PartProgress(Part(row.part), row.last_id, row.read, row.taken, row.known) for row in rows
        }
        return {part: found[part] for part in Part if part in found}

    def refused(self, source_id: int) -> list[RefusedRows]:
        """What did not fit, by part and reason."""
        query = select(foreign_refusals).where(foreign_refusals.c.source_id == source_id)
        rows = self._database.read(lambda connection: connection.execute(query).all())
        found = [RefusedRows(Part(row.part), row.reason, row.total, row.examples) for row in rows]
        return sorted(found, key=lambda one: (list(Part).index(one.part), -one.count, one.reason))

    def begin_again(self, source_id: int) -> None:
        """Look at every row once more: what is here already will be found to be."""

        def write(connection: Connection) -> None:
            mine = foreign_progress.c.source_id == source_id
            connection.execute(update(foreign_progress).where(mine).values(_NOTHING))
            connection.execute(delete(foreign_refusals).where(foreign_refusals.c.source_id == source_id))

        self._database.write(write)

    def plot_types(self, source_id: int, portion: Portion, items: Sequence[ForeignPlotType]) -> None:
        """Register plot types; what is here already keeps its own description and contact."""
        self._take(source_id, portion, lambda c: taking.take_plot_types(c, source_id, items))

    def classifications(self, source_id: int, portion: Portion, items: Sequence[ForeignClassification]) -> None:
        """Register classifications."""
        self._take(source_id, portion, lambda c: taking.take_classifications(c, items))

    def valid(self, source_id: int, portion: Portion, items: Sequence[ForeignValid]) -> None:
        """Let classifications be chosen for plot types."""
        self._take(source_id, portion, lambda c: taking.take_valid(c, items))

    def thresholds(self, source_id: int, portion: Portion, items: Sequence[ForeignThreshold]) -> None:
        """Keep the thresholds that models had there."""
        self._take(source_id, portion, lambda c: taking.take_thresholds(c, source_id, items))

    def plots(self, source_id: int, portion: Portion, items: Sequence[ForeignPlot]) -> None:
        """Keep images, then register their plots for labelling, never on the live grid."""
        self._blobs.put_many({item.plot.sha256: item.plot.data for item in items})
        self._take(source_id, portion, lambda c: taking.take_plots(c, source_id, items))

    def labels(self, source_id: int, portion: Portion, items: Sequence[ForeignLabel]) -> None:
        """Append labels in the order they were given there."""
        self._take(source_id, portion, lambda c: take_labels(c, source_id, items))

    def verdicts(self, source_id: int, portion: Portion, items: Sequence[ForeignVerdict]) -> None:
        """Keep what models decided there."""
        self._take(source_id, portion, lambda c: taking.take_verdicts(c, source_id, items))

    def records(self, source_id: int, portion: Portion, items: Sequence[ForeignRecord]) -> None:
        """Keep rows as they are."""
        self._take(source_id, portion, lambda c: taking.take_records(c, source_id, portion.part, items))

    def _take(self, source_id: int, portion: Portion, take: Callable[[Connection], Taken]) -> None:
        mine = (foreign_progress.c.source_id == source_id) & (foreign_progress.c.part == portion.part.value)

        def write(connection: Connection) -> None:
            row = connection.execute(select(foreign_progress).where(mine).with_for_update()).one()
            if row.last_id == portion.last_id:
                return  # committed, but the connection broke before the answer
            if row.last_id != portion.after:
                raise StoreRefusedError(
                    "Another program imports from the same source. Nothing is lost or doubled: let one of them finish."
                )
            taken = take(connection)
            values = {"taken": row.taken + taken.taken, "known": row.known + taken.known}
            values |= {"last_id": portion.last_id, "read": row.read + portion.read}
            connection.execute(update(foreign_progress).where(mine).values(values))
            _note(connection, source_id, portion.part, (*portion.refusals, *taken.refusals))

        self._database.write(write)


_NOTHING = {"last_id": 0, "read": 0, "taken": 0, "known": 0}


def _note(connection: Connection, source_id: int, part: Part, refusals: Iterable[Refusal]) -> None:
    by_reason: defaultdict[str, list[int]] = defaultdict(list)
    for refusal in refusals:
        by_reason[refusal.reason].append(refusal.foreign_id)
    for reason, numbers in by_reason.items():
        key: dict[str, Any] = {"source_id": source_id, "part": part.value, "reason": reason}
        mine = [foreign_refusals.c[name] == value for name, value in key.items()]
        row = connection.execute(select(foreign_refusals).where(*mine)).one_or_none()
        if row is None:
            values = {"total": len(numbers), "examples": _listed("", numbers)}
            connection.execute(insert(foreign_refusals).values(key | values))
        else:
            values = {"total": row.total + len(numbers), "examples": _listed(row.examples, numbers)}
            connection.execute(update(foreign_refusals).where(*mine).values(values))


def _listed(before: str, numbers: Sequence[int]) -> str:
    listed = before.split(", ") if before else []
    return ", ".join([*listed, *map(str, numbers)][:_EXAMPLES])[:_LONGEST_EXAMPLES]
