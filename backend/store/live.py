"""The live view: the newest plot of every plot type, its verdict, the last verdicts before it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from sqlalchemy import Connection, Row, Select, and_, select

from backend.domain.classifications import Severity
from backend.domain.errors import UnknownNameError
from backend.domain.hall import (
    STRIP_LENGTH,
    ClassScore,
    HistoryPoint,
    PlotDetail,
    PlotTypeInfo,
    StripMark,
    Tile,
)
from backend.domain.plots import Plot, PlotState
from backend.domain.predictions import HeatMap
from backend.store.catalogue import known_plot_type, read_plot_types
from backend.store.database import Database
from backend.store.library import read_models
from backend.store.rows import PLOT_COLUMNS, VERDICT_COLUMNS, as_plot, as_verdict, plots_named
from backend.store.strips import read_strips
from backend.store.tables import classifications, plot_types, plots, predictions, runs, verdicts

_COUNTING = and_(verdicts.c.plot_id == plots.c.id, verdicts.c.model_id == plots.c.model_id)


class Live:
    """What the hall looks like now."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def hall(self) -> tuple[Tile, ...]:
        """One tile per plot type, by name; imported plots are never on it."""
        return self._database.read(_hall)

    def detail(self, plot_type: str, history: int = 500) -> PlotDetail:
        """The newest plot of a type with scores and its newest `history` verdicts; UnknownNameError (a KeyError)."""
        return self._database.read(lambda connection: _detail(connection, plot_type, history))

    def plot(self, plot_id: int) -> Plot:
        """One plot; UnknownNameError (a KeyError) where there is none."""
        query = select(*PLOT_COLUMNS).select_from(plots_named()).where(plots.c.id == plot_id)
        row = self._database.read(lambda connection: connection.execute(query).one_or_none())
        if row is None:
            raise UnknownNameError(f"There is no plot {plot_id} in the store.")
        return as_plot(row)


def newest_query(plot_type_id: int | None = None) -> Select[Any]:
    """Newest live plot per plot type with verdict and prediction: one index seek per plot type."""
    other = plots.alias("other")
    newest = (
        select(other.c.id)
        .where(other.c.plot_type_id == plot_types.c.id, other.c.seen_at.is_not(None))
        .order_by(other.c.seen_at.desc(), other.c.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    joined = (
        plot_types.join(plots, plots.c.id == newest)
        .join(runs, runs.c.id == plots.c.run_id)
        .outerjoin(verdicts, _COUNTING)
        .outerjoin(classifications, classifications.c.id == verdicts.c.classification_id)
        .outerjoin(predictions, and_(predictions.c.plot_id == plots.c.id, predictions.c.model_id == plots.c.model_id))
    )
    query = select(
        plot_types.c.id.label("plot_type_id"),
        *PLOT_COLUMNS,
        *VERDICT_COLUMNS,
        predictions.c.heat_map,
        predictions.c.probabilities,
    ).select_from(joined)
    return query if plot_type_id is None else query.where(plot_types.c.id == plot_type_id)


def history_query(plot_type_id: int, limit: int) -> Select[Any]:
    """Verdicts of the newest `limit` settled plots of a type, newest first. The limit comes before the join, so
    that a plot type that never had a model is not searched to its first plot."""
    newest = (
        select(plots.c.id, plots.c.run_id, plots.c.model_id, plots.c.taken_at, plots.c.seen_at)
        .where(
            plots.c.plot_type_id == plot_type_id,
            plots.c.seen_at.is_not(None),
            plots.c.state != PlotState.PENDING.value,
        )
        .order_by(plots.c.seen_at.desc(), plots.c.id.desc())
        .limit(limit)
        .subquery("newest")
    )
    counting = and_(verdicts.c.plot_id == newest.c.id, verdicts.c.model_id == newest.c.model_id)
    joined = (
        newest.join(verdicts, counting)
        .join(runs, runs.c.id == newest.c.run_id)
        .join(classifications, classifications.c.id == verdicts.c.classification_id)
    )
    columns = (newest.c.id, runs.c.number, newest.c.taken_at, *VERDICT_COLUMNS)
    return select(*columns).select_from(joined).order_by(newest.c.seen_at.desc(), newest.c.id.desc())


def _hall(connection: Connection) -> tuple[Tile, ...]:
    infos = read_plot_types(connection)
    newest = {row.plot_type_id: row for row in connection.execute(newest_query())}
    strips = read_strips(connection, list(newest), STRIP_LENGTH)
    ordered = sorted(infos.items(), key=lambda item: item[1].name)
    return tuple(_tile(info, newest.get(number), strips.get(number, ())) for number, info in ordered)


def _tile(info: PlotTypeInfo, row: Row[Any] | None, strip: tuple[StripMark, ...]) -> Tile:
    if row is None:
        return Tile(info, None)
    heat_map = HeatMap.decode(row.heat_map) if row.heat_map else None
    return Tile(info, as_plot(row), as_verdict(row), heat_map, strip)


def _detail(connection: Connection, name: str, history: int) -> PlotDetail:
    number = known_plot_type(connection, name)
    row = connection.execute(newest_query(number)).one_or_none()
    strip = read_strips(connection, [number], STRIP_LENGTH).get(number, ())
    tile = _tile(read_plot_types(connection)[number], row, strip)
    scores, model = _scores(connection, row)
    points = [_point(found) for found in connection.execute(history_query(number, history))]
    return PlotDetail(tile, scores, tuple(reversed(points)), model)


def _scores(connection: Connection, row: Row[Any] | None) -> tuple[tuple[ClassScore, ...], str]:
    """Scores by the model that judged the plot, against its thresholds now; that model's title."""
    if row is None or row.probabilities is None:
        return (), ""
    [model] = read_models(connection, [row.verdict_model_id])
    probabilities: Sequence[float] = np.frombuffer(row.probabilities, "<f4").tolist()
    scores = zip(model.labels, probabilities, model.thresholds, strict=True)
    return tuple(ClassScore(*score) for score in scores), model.title


def _point(row: Row[Any]) -> HistoryPoint:
    return HistoryPoint(
        row.id,
        row.number,
        row.taken_at,
        row.classification,
        row.confidence,
        bool(row.confirmed),
        Severity(row.severity),
    )
