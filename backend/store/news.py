"""News: what a station asks all the time, in as few questions as can be: what changed, what it is, who is there."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import partial
from typing import Any

from sqlalchemy import Connection, Row, and_, select

from backend.domain.changes import Change
from backend.domain.hall import Outcome
from backend.domain.predictions import HeatMap
from backend.domain.quarantine import QuarantinedFile
from backend.store import journal
from backend.store.catalogue import read_classifications, read_plot_types
from backend.store.database import Database
from backend.store.leases import is_free
from backend.store.migrating import refuse_other, state_of
from backend.store.models import read_in_force
from backend.store.rows import PLOT_COLUMNS, VERDICT_COLUMNS, as_plot, as_verdict, plots_named
from backend.store.setting_aside import counted, listed_among
from backend.store.stations import read_stations
from backend.store.tables import classifications, plots, predictions, verdicts, work
from backend.store.tallies import tallied
from backend.store.values import Catalogue, counts_of

_PORTION = 200


class News:
    """Questions of a running station."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def reader(self) -> journal.Reader:
        """A new place in the journal; `begin` before the hall is read."""
        return journal.Reader(self._database.writer)

    def begin(self, reader: journal.Reader) -> None:
        """Start at the present end."""
        self._database.read(reader.begin)

    def look(self, reader: journal.Reader) -> list[Change] | None:
        """What was committed since the last look, None where that is too much: read the hall anew. One question."""
        return self._database.glance(reader.news)

    def is_free_work(self) -> bool:
        """Whether some plot waits that nobody holds. One question."""
        query = select(work.c.plot_id).limit(1)
        return self._database.glance(lambda one: one.scalar(query.where(is_free(one)))) is not None

    def catalogue(self) -> Catalogue:
        """All that changes rarely."""
        return self._database.glance(_catalogue)

    def check_schema(self) -> None:
        """StoreRefusedError where the database no longer has the schema this program needs."""
        refuse_other(self._database.glance(lambda connection: state_of(self._database.engine.url, connection)))

    def outcomes(self, plot_ids: Collection[int]) -> list[Outcome]:
        """What is known of these plots, in the order they were stored; imported ones are left out."""
        ordered = sorted(plot_ids)
        portions = [ordered[start : start + _PORTION] for start in range(0, len(ordered), _PORTION)]
        return [one for portion in portions for one in self._database.glance(partial(_outcomes, plot_ids=portion))]

    def files(self, numbers: Collection[int]) -> list[QuarantinedFile]:
        """Files set aside, by their row numbers; those that came again meanwhile are left out."""
        return self._database.glance(partial(listed_among, numbers=numbers))

    def purge(self) -> int:
        """Remove old entries of the journal, a portion at a time; returns how many."""
        return self._database.write(journal.purge)


def _catalogue(connection: Connection) -> Catalogue:
    return Catalogue(
        read_in_force(connection),
        tuple(read_classifications(connection)),
        tuple(read_plot_types(connection).values()),
        counts_of(tallied(connection), counted(connection)),
        tuple(read_stations(connection)),
    )


def _outcomes(connection: Connection, plot_ids: Sequence[int]) -> list[Outcome]:
    counting = and_(verdicts.c.plot_id == plots.c.id, verdicts.c.model_id == plots.c.model_id)
    shown = and_(predictions.c.plot_id == plots.c.id, predictions.c.model_id == plots.c.model_id)
    joined = (
        plots_named()
        .outerjoin(verdicts, counting)
        .outerjoin(classifications, classifications.c.id == verdicts.c.classification_id)
        .outerjoin(predictions, shown)
    )
    columns: list[Any] = [*PLOT_COLUMNS, *VERDICT_COLUMNS, predictions.c.heat_map]
    query = select(*columns).select_from(joined)
    live = query.where(plots.c.id.in_(plot_ids), plots.c.seen_at.is_not(None)).order_by(plots.c.id)
    return [_outcome(row) for row in connection.execute(live)]


def _outcome(row: Row[Any]) -> Outcome:
    return Outcome(as_plot(row), as_verdict(row), HeatMap.decode(row.heat_map) if row.heat_map else None)
