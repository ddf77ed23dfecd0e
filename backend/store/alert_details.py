"""Everything a person needs to decide on one alert: the plot with its heat map, and a good one to compare with."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Select, and_, select

from backend.domain.alert_actions import harmless_label
from backend.domain.alert_views import AlertDetail, AlertEvent
from backend.domain.alerts import Alert, AlertKind
from backend.domain.classifications import Classification, Severity
from backend.domain.errors import AlertRefusedError
from backend.domain.hall import PlotTypeInfo
from backend.domain.hall_guidance import GUIDANCE
from backend.domain.plots import Plot
from backend.domain.predictions import HeatMap
from backend.store.catalogue import known_plot_type, read_plot_types
from backend.store.classifying import as_classification
from backend.store.dispatch_rows import notes
from backend.store.rows import PLOT_COLUMNS, as_plot, plots_named
from backend.store.tables import classifications, plots, predictions, valid_classifications, verdicts

LOOK_BACK = 2000
"""So many plots of a type are looked through for a good one."""


def read_detail(connection: Connection, alert: Alert, events: tuple[AlertEvent, ...]) -> AlertDetail:
    """The pictures, words and label that belong to an alert."""
    if not alert.plot_type:
        return AlertDetail(alert, PlotTypeInfo("", guidance=GUIDANCE.get(alert.evidence.kind, "")), events=events)
    plot_type_id = known_plot_type(connection, alert.plot_type)
    info = read_plot_types(connection).get(plot_type_id) or PlotTypeInfo(alert.plot_type)
    plot = _plot(connection, alert.evidence.plot_id)
    heat_map = _heat_map(connection, plot) if plot else None
    reference = _reference(connection, plot_type_id, plot)
    label, sent = _label(connection, alert), tuple(notes(connection, alert.alert_id))
    return AlertDetail(alert, info, plot, heat_map, reference, events, label, sent)


def valid_classes(connection: Connection, plot_type: str) -> list[Classification]:
    """The classifications valid for a plot type, in the order they were registered."""
    joined = classifications.join(
        valid_classifications, valid_classifications.c.classification_id == classifications.c.id
    )
    mine = valid_classifications.c.plot_type_id == known_plot_type(connection, plot_type)
    query = select(classifications).select_from(joined).where(mine).order_by(classifications.c.id)
    return [as_classification(row) for row in connection.execute(query)]


def _label(connection: Connection, alert: Alert) -> str:
    if alert.evidence.kind is not AlertKind.PROBLEM or alert.evidence.plot_id is None:
        return ""
    try:
        return harmless_label(valid_classes(connection, alert.plot_type))
    except AlertRefusedError:
        return ""


def _plot(connection: Connection, plot_id: int | None) -> Plot | None:
    query = select(*PLOT_COLUMNS).select_from(plots_named()).where(plots.c.id == plot_id)
    row = connection.execute(query).one_or_none()
    return as_plot(row) if row is not None else None


def _heat_map(connection: Connection, plot: Plot) -> HeatMap | None:
    same = and_(predictions.c.plot_id == plots.c.id, predictions.c.model_id == plots.c.model_id)
    data = connection.scalar(
        select(predictions.c.heat_map).join(plots, same).where(predictions.c.plot_id == plot.plot_id)
    )
    return HeatMap.decode(data) if data else None


def _reference(connection: Connection, plot_type_id: int, shown: Plot | None) -> Plot | None:
    """The newest plot, before the one shown, on which a model was sure that nothing is wrong."""
    row = connection.execute(reference_query(plot_type_id, shown)).first()
    return _plot(connection, row.id) if row is not None else None


def reference_query(plot_type_id: int, shown: Plot | None) -> Select[Any]:
    """The limit comes before the join, so that a plot that was never good is not looked for to its first day."""
    mine = (plots.c.plot_type_id == plot_type_id) & plots.c.seen_at.is_not(None) & plots.c.image_expired_at.is_(None)
    if shown is not None:
        mine &= plots.c.seen_at <= shown.received_at
        mine &= plots.c.id != shown.plot_id
    newest = (
        select(plots.c.id, plots.c.model_id, plots.c.seen_at)
        .where(mine)
        .order_by(plots.c.seen_at.desc(), plots.c.id.desc())
        .limit(LOOK_BACK)
        .subquery("newest")
    )
    counting = and_(verdicts.c.plot_id == newest.c.id, verdicts.c.model_id == newest.c.model_id)
    good = (verdicts.c.severity == int(Severity.NORMAL)) & verdicts.c.confirmed
    return (
        select(newest.c.id)
        .select_from(newest.join(verdicts, counting))
        .where(good)
        .order_by(newest.c.seen_at.desc(), newest.c.id.desc())
        .limit(1)
    )
