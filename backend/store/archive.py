"""The archive: what a model says of plots that were judged long ago, kept beside what counted then."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy import Connection, and_, select

from backend.domain.errors import UnknownNameError
from backend.domain.intake import JudgedPlot
from backend.domain.plots import Plot, PlotState
from backend.domain.verdicts import AlarmGate
from backend.store.database import Database
from backend.store.rows import PLOT_COLUMNS, as_plot, plots_named
from backend.store.tables import models, plots, verdicts
from backend.store.verdicts import insert_outcomes, lock_plots, unrecorded


class Archive:
    """Stored plots and further opinions on them. Nothing here changes which verdict counts, or any state."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def without_verdict(self, model_id: int) -> tuple[list[int], int]:
        """The plots of a model's plot type on which it has not decided, by id, and on how many it has.

        Plots that wait for their first verdict, and those whose image expired, are in neither. UnknownNameError.
        """

        def read(connection: Connection) -> tuple[list[int], int]:
            plot_type_id = connection.scalar(select(models.c.plot_type_id).where(models.c.id == model_id))
            if plot_type_id is None:
                raise UnknownNameError(f"There is no model {model_id}. `hydra-gui models list` shows all.")
            theirs = and_(verdicts.c.plot_id == plots.c.id, verdicts.c.model_id == model_id)
            query = (
                select(plots.c.id, verdicts.c.model_id)
                .select_from(plots.outerjoin(verdicts, theirs))
                .where(
                    plots.c.plot_type_id == plot_type_id,
                    plots.c.state != PlotState.PENDING.value,
                    plots.c.image_expired_at.is_(None),
                )
            )
            found = connection.execute(query).all()
            waiting = sorted(plot_id for plot_id, judge in found if judge is None)
            return waiting, len(found) - len(waiting)

        return self._database.read(read)

    def plots(self, plot_ids: Collection[int]) -> list[Plot]:
        """Plots by id; those that do not exist are left out."""
        query = select(*PLOT_COLUMNS).select_from(plots_named()).where(plots.c.id.in_(plot_ids)).order_by(plots.c.id)
        return self._database.read(lambda connection: [as_plot(row) for row in connection.execute(query)])

    def record(self, judged: Sequence[JudgedPlot]) -> set[int]:
        """Record predictions and verdicts beside those there are; returns the plots for which this made a difference.

        The gate of every verdict is REPROCESSED. A plot that waits for its first verdict is left to the engine.
        """
        if any(item.verdict is None or item.verdict.gate is not AlarmGate.REPROCESSED for item in judged):
            raise ValueError("Only reprocessed verdicts belong beside those that count.")
        recorded: set[int] = set()  # remembered over repetitions, as in `Verdicts.record`

        def write(connection: Connection) -> set[int]:
            recorded.update(_record(connection, judged))
            return recorded

        return self._database.write(write) if judged else recorded


def _record(connection: Connection, judged: Sequence[JudgedPlot]) -> set[int]:
    states = lock_plots(connection, {item.plot.plot_id for item in judged})
    settled = {number for number, state in states.items() if state is not PlotState.PENDING}
    fresh = unrecorded(connection, [item for item in judged if item.plot.plot_id in settled])
    insert_outcomes(connection, fresh)
    return {item.plot.plot_id for item in fresh}
