"""What happened to alerts in a period, for figures on them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import Connection, Row, select

from backend.domain.alert_figures import AlertFigures, FigureEvent, figures
from backend.domain.alerts import AlertAction
from backend.store.database import now
from backend.store.tables import alert_events, alerts, plot_types, plots


def read_figures(connection: Connection, days: float) -> AlertFigures:
    """Of the last `days` days. The model is that whose verdict counts on the plot an alert was raised on."""
    until = now()
    since = until - timedelta(days=days)
    joined = (
        alert_events.join(alerts, alerts.c.id == alert_events.c.alert_id)
        .outerjoin(plot_types, plot_types.c.id == alerts.c.plot_type_id)
        .outerjoin(plots, plots.c.id == alert_events.c.plot_id)
    )
    e = alert_events.c
    columns: list[Any] = [e.alert_id, e.at, e.who, e.action, alerts.c.subject, plot_types.c.name, plots.c.model_id]
    query = select(*columns).select_from(joined).where(e.at >= since).order_by(e.at, e.id)
    return figures([_event(row) for row in connection.execute(query)], since, until)


def _event(row: Row[Any]) -> FigureEvent:
    action = AlertAction(row.action)
    return FigureEvent(row.alert_id, row.at, row.who, action, row.name or row.subject, row.name or "", row.model_id)
