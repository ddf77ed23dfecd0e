"""Synthetic plots: which plots were made from others. They are labelled like others and never validate a model."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from sqlalchemy import Connection, select

from backend.domain.synthetic import Parentage
from backend.store.catalogue import known_plot_type
from backend.store.database import Database, insert_missing, now
from backend.store.standing import portions
from backend.store.tables import plots, synthetic_plots
from backend.store.types import plain_name


class Synthetic:
    """Marks are made once and never taken away."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def mark(self, made: Mapping[int, Parentage]) -> None:
        """Say where these plots come from; those that are marked already stay as they are."""
        moment = now()
        rows = [
            {
                "plot_id": plot_id,
                "parent_id": one.parent_id,
                "recipe": one.recipe,
                "who": plain_name(one.who),
                "made_at": moment,
            }
            for plot_id, one in sorted(made.items())
        ]
        self._database.write(lambda connection: insert_missing(connection, synthetic_plots, rows))

    def of(self, plot_ids: Collection[int]) -> dict[int, Parentage]:
        """Where those of these plots that were made come from."""

        def read(connection: Connection) -> dict[int, Parentage]:
            found = {}
            s = synthetic_plots.c
            for portion in portions(sorted(plot_ids)):
                for row in connection.execute(select(synthetic_plots).where(s.plot_id.in_(portion))):
                    found[row.plot_id] = Parentage(row.parent_id, row.who, row.recipe)
            return found

        return self._database.read(read)

    def of_plot_type(self, plot_type: str) -> set[int]:
        """All plots of a type that were made."""

        def read(connection: Connection) -> set[int]:
            joined = synthetic_plots.join(plots, plots.c.id == synthetic_plots.c.plot_id)
            query = select(synthetic_plots.c.plot_id).select_from(joined)
            return set(connection.scalars(query.where(plots.c.plot_type_id == known_plot_type(connection, plot_type))))

        return self._database.read(read)
