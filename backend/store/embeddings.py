"""Embeddings as they lie beside predictions: which model's can be compared, which plots have one, and they themselves.

Embeddings of different models mean different things, so a plot type's plots are compared in those of one model.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, Row, and_, func, select

from backend.store.catalogue import known_plot_type
from backend.store.database import Database
from backend.store.library import active_models
from backend.store.standing import portions
from backend.store.tables import plots, predictions, runs, verdicts

_ENOUGH = 0.5
"""The model in force is preferred as soon as it has seen this share of what another model has seen."""


@dataclass(frozen=True, slots=True, eq=False)
class StoredEmbeddings:
    """`plot_ids` and run numbers int64 (n,), `vectors` float16 (n, d) of one model."""

    plot_ids: NDArray[np.int64]
    runs: NDArray[np.int64]
    vectors: NDArray[np.float16]


class Embeddings:
    """Read by whoever compares plots. A question for all of a plot type reads some 100 bytes to 4 kB per plot."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def comparing_model(self, plot_type: str) -> int | None:
        """The model in whose embeddings plots of a type are compared; None where none was ever asked.

        The model in force, unless another one has seen more than twice as many. UnknownNameError.
        """
        return self._database.read(lambda connection: _comparing_model(connection, plot_type))

    def plot_ids(self, plot_type: str, model_id: int) -> list[int]:
        """Plots of a type that this model has judged, without reading what it says."""

        def read(connection: Connection) -> list[int]:
            number = known_plot_type(connection, plot_type)
            joined = verdicts.join(plots, plots.c.id == verdicts.c.plot_id)
            query = select(verdicts.c.plot_id).select_from(joined)
            return list(connection.scalars(query.where(plots.c.plot_type_id == number, _is_by(model_id))))

        return self._database.read(read)

    def read(self, plot_type: str, plot_ids: Sequence[int], model_id: int) -> StoredEmbeddings:
        """The embeddings of these plots by this model; plots without one, or of another type, are left out."""

        def read(connection: Connection) -> list[Row[Any]]:
            number = known_plot_type(connection, plot_type)
            found: list[Row[Any]] = []
            for portion in portions(plot_ids):
                found += connection.execute(_vectors(portion, number, model_id)).all()
            return found

        return _stacked(self._database.read(read))


def _is_by(model_id: int) -> Any:  # noqa: ANN401 - a condition
    return verdicts.c.model_id == model_id


def _comparing_model(connection: Connection, plot_type: str) -> int | None:
    number = known_plot_type(connection, plot_type)
    joined = verdicts.join(plots, plots.c.id == verdicts.c.plot_id)
    query = select(verdicts.c.model_id, func.count()).select_from(joined).where(plots.c.plot_type_id == number)
    seen: dict[int, int] = dict(connection.execute(query.group_by(verdicts.c.model_id)).all())
    if not seen:
        return None
    most = max(seen, key=lambda model: (seen[model], model))
    active = active_models(connection).get(number)
    return active if active is not None and seen.get(active, 0) >= _ENOUGH * seen[most] else most


def _vectors(plot_ids: Sequence[int], plot_type_id: int, model_id: int) -> Any:  # noqa: ANN401 - a `Select`
    p = predictions.c
    joined = predictions.join(plots, plots.c.id == p.plot_id).join(runs, runs.c.id == plots.c.run_id)
    columns = (p.plot_id, runs.c.number, p.embedding)
    wanted = and_(p.plot_id.in_(plot_ids), p.model_id == model_id, plots.c.plot_type_id == plot_type_id)
    return select(*columns).select_from(joined).where(wanted)


def _stacked(rows: Sequence[Row[Any]]) -> StoredEmbeddings:
    """Rows whose length is not that of most are left out: no model writes such."""
    lengths = [len(row.embedding) for row in rows]
    usual = max(set(lengths), key=lengths.count) if lengths else 0
    kept = [row for row in rows if len(row.embedding) == usual]
    joined = b"".join(row.embedding for row in kept)
    return StoredEmbeddings(
        np.array([row.plot_id for row in kept], np.int64),
        np.array([row.number for row in kept], np.int64),
        np.frombuffer(joined, "<f2").reshape(len(kept), usual // 2),
    )
