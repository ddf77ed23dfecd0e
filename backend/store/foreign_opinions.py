"""What another system says of plots we judge as well: kept beside our verdicts, never in their place."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Row, select

from backend.domain.changes import ChangeKind
from backend.domain.foreign import ForeignOpinion, ForeignVerdict
from backend.domain.plots import Plot
from backend.store.classifying import classification_ids
from backend.store.database import Database, insert_missing, now
from backend.store.journal import note
from backend.store.tables import classifications, foreign_sources, foreign_verdicts, plot_types, plots
from backend.store.tables.plots import NO_CHUNK
from backend.store.types import plain_name

_LOOK_BACK = 200
"""Verdicts of a plot type among which that of a plot is looked for: the newest."""


class ForeignOpinions:
    """Verdicts of others. A source goes by a name of its own."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def record(self, source: str, verdicts: Sequence[ForeignVerdict]) -> list[str]:
        """Keep what was said; what is there already stays as it is. Returns the plot types that have news.

        Verdicts on plot types this hall does not have are left out.
        """

        def write(connection: Connection) -> list[str]:
            known = _known_types(connection, {plain_name(verdict.plot_type) for verdict in verdicts})
            heard = [verdict for verdict in verdicts if plain_name(verdict.plot_type) in known]
            if not heard:
                return []
            rows = _rows(connection, _source_id(connection, source), known, heard)
            insert_missing(connection, foreign_verdicts, rows)
            note(connection, ChangeKind.OPINION, _newest_plots(connection, rows))
            return sorted({plain_name(verdict.plot_type) for verdict in heard})

        return self._database.write(write)

    def of_plot(self, plot: Plot) -> tuple[ForeignOpinion, ...]:
        """The newest opinion of each source on a plot; one without a chunk is known by its run alone."""
        return self._database.read(lambda connection: _of_plot(connection, plot))


def _known_types(connection: Connection, names: set[str]) -> dict[str, int]:
    query = select(plot_types.c.name, plot_types.c.id).where(plot_types.c.name.in_(names))
    return dict(connection.execute(query).all())


def _source_id(connection: Connection, name: str) -> int:
    query = select(foreign_sources.c.id).where(foreign_sources.c.name == name)
    found = connection.scalar(query)
    if found is None:
        insert_missing(connection, foreign_sources, [{"name": name, "begun_at": now()}])
        found = connection.execute(query).scalar_one()
    return int(found)


def _rows(
    connection: Connection, source_id: int, types: dict[str, int], heard: Sequence[ForeignVerdict]
) -> list[dict[str, Any]]:
    classes = classification_ids(connection, [one.classification for one in heard if one.classification])
    return [
        {
            "source_id": source_id,
            "foreign_id": one.foreign_id,
            "plot_type_id": types[plain_name(one.plot_type)],
            "run": one.run,
            "chunk": NO_CHUNK if one.chunk is None else one.chunk,
            "model": one.model,
            "taken_at": one.taken_at,
            "decided_at": one.decided_at,
            "classification_id": classes[one.classification] if one.classification else None,
            "confidence": one.confidence,
            "output": one.output,
            "thresholds": one.thresholds,
            "unbiased": one.unbiased,
        }
        for one in heard
    ]


def _newest_plots(connection: Connection, rows: Sequence[dict[str, Any]]) -> list[int]:
    """The plot on screen of each type concerned: that is what windows look at again."""
    found: list[int] = []
    for number in sorted({row["plot_type_id"] for row in rows}):
        mine = (plots.c.plot_type_id == number) & plots.c.seen_at.is_not(None)
        newest = select(plots.c.id).where(mine).order_by(plots.c.seen_at.desc(), plots.c.id.desc()).limit(1)
        found += connection.scalars(newest)
    return found


def _of_plot(connection: Connection, plot: Plot) -> tuple[ForeignOpinion, ...]:
    theirs = (
        select(foreign_verdicts)
        .join(plot_types, plot_types.c.id == foreign_verdicts.c.plot_type_id)
        .where(plot_types.c.name == plot.identity.plot_type)
        .order_by(foreign_verdicts.c.decided_at.desc())
        .limit(_LOOK_BACK)
        .subquery("theirs")
    )
    joined = theirs.join(foreign_sources, foreign_sources.c.id == theirs.c.source_id).join(
        classifications, classifications.c.id == theirs.c.classification_id
    )
    chunk = NO_CHUNK if plot.identity.chunk is None else plot.identity.chunk
    columns = (foreign_sources.c.name.label("source"), classifications.c.name, theirs.c.confidence, theirs.c.decided_at)
    query = select(*columns).select_from(joined).where(theirs.c.run == plot.identity.run, theirs.c.chunk == chunk)
    newest: dict[str, ForeignOpinion] = {}
    for row in connection.execute(query.order_by(theirs.c.decided_at.desc())):
        newest.setdefault(row.source, _opinion(row))
    return tuple(newest[name] for name in sorted(newest))


def _opinion(row: Row[Any, Any, Any, Any]) -> ForeignOpinion:
    return ForeignOpinion(row.source, row.name, row.confidence or 0.0, row.decided_at)
