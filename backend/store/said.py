"""What was said of all plots of a type, without the plots: labels that count, guesses; and second labels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Row, func, select

from backend.store.catalogue import known_plot_type
from backend.store.database import Database
from backend.store.orders import newest_label
from backend.store.standing import portions
from backend.store.tables import classifications, label_events, plots, second_labels, verdicts
from backend.store.tables.histories import NO_LABEL


class Said:
    """Questions of whoever compares plots by what people and models say of them."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def labels(self, plot_type: str) -> dict[int, str]:
        """The label that counts of every labelled plot of a type."""

        def read(connection: Connection) -> dict[int, str]:
            names = _names(connection)
            rows = connection.execute(newest_label(known_plot_type(connection, plot_type)))
            return {row.plot_id: names[row.label_after] for row in rows}

        return self._database.read(read)

    def newest_label(self, plot_type: str) -> int:
        """The number of the newest label event of a type: as long as it stays, so do the labels. 0 for none."""

        def read(connection: Connection) -> int:
            mine = label_events.c.plot_type_id == known_plot_type(connection, plot_type)
            return connection.scalar(select(func.max(label_events.c.id)).where(mine)) or 0

        return self._database.read(read)

    def guesses(self, plot_type: str, model_id: int) -> dict[int, str]:
        """What one model says of the plots of a type."""

        def read(connection: Connection) -> dict[int, str]:
            names = _names(connection)
            joined = verdicts.join(plots, plots.c.id == verdicts.c.plot_id)
            mine = (plots.c.plot_type_id == known_plot_type(connection, plot_type)) & (verdicts.c.model_id == model_id)
            rows = connection.execute(
                select(verdicts.c.plot_id, verdicts.c.classification_id).select_from(joined).where(mine)
            )
            return {row.plot_id: names[row.classification_id] for row in rows}

        return self._database.read(read)

    def second_words(self, plot_ids: Sequence[int]) -> dict[int, str]:
        """``Bad by NAME``: what people who came second say of these plots."""

        def read(connection: Connection) -> dict[int, str]:
            names = _names(connection)
            said: dict[int, str] = {}
            for row in _seconds(connection, plot_ids):
                if row.label_after != NO_LABEL:
                    words = f"{names[row.label_after]} by {row.who}"
                    said[row.plot_id] = f"{said[row.plot_id]}, {words}" if row.plot_id in said else words
            return said

        return self._database.read(read)


def _names(connection: Connection) -> dict[int, str]:
    return dict(connection.execute(select(classifications.c.id, classifications.c.name)).all())


def _seconds(connection: Connection, plot_ids: Sequence[int]) -> list[Row[Any]]:
    s = second_labels.c
    found: list[Row[Any]] = []
    for portion in portions(sorted(plot_ids)):
        newest = select(func.max(s.id)).where(s.plot_id.in_(portion)).group_by(s.plot_id, s.who)
        found += connection.execute(select(second_labels).where(s.id.in_(newest)).order_by(s.id)).all()
    return found
