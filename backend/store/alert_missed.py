"""A problem that a person saw: the alert and the label in one transaction, or neither."""

from __future__ import annotations

import uuid

from sqlalchemy import Connection, select

from backend.domain.alert_missed import MissedProblem, report
from backend.domain.alerts import Alert, AlertKind
from backend.domain.classifications import Severity
from backend.domain.errors import UnknownNameError
from backend.domain.labels import Gesture, LabelEvent, LabelHow
from backend.store.alert_recording import open_alerts
from backend.store.alert_rows import alert_query, as_alert, write_transitions
from backend.store.catalogue import known_plot_type
from backend.store.database import Database, now
from backend.store.gestures import record_gesture
from backend.store.histories import count_written
from backend.store.tables import alert_events, alerts, classifications, plots, runs


def record_missed(database: Database, missed: MissedProblem) -> Alert:
    """Raise the alert and label the plot; UnknownNameError where there is no such plot or classification."""
    ticket = uuid.uuid5(missed.key, "alert")
    return database.write(lambda connection: _record(connection, missed, ticket))


def _record(connection: Connection, missed: MissedProblem, ticket: uuid.UUID) -> Alert:
    plot_type_id = known_plot_type(connection, missed.plot_type)
    severity, run = _severity(connection, missed.classification), _run(connection, missed.plot_id)
    event = LabelEvent(missed.plot_id, missed.classification, LabelHow.MISSED, missed.note)
    record_gesture(connection, Gesture(missed.key, missed.plot_type, missed.who, missed.at, (event,)))
    if count_written(connection, alert_events, ticket, 1):  # the commit was repeated
        number = connection.scalar(
            select(alert_events.c.alert_id).where(alert_events.c.ticket == uuid.uuid5(ticket, "0"))
        )
    else:
        standing = open_alerts(connection, [plot_type_id])[plot_type_id].get(AlertKind.MISSED)
        transition = report(missed, severity, run, standing, now())
        [number] = write_transitions(connection, [(plot_type_id, transition)], ticket)
    return as_alert(connection.execute(alert_query().where(alerts.c.id == number)).one(), {})


def _severity(connection: Connection, name: str) -> Severity:
    found = connection.scalar(select(classifications.c.severity).where(classifications.c.name == name))
    if found is None:
        raise UnknownNameError(f"There is no classification {name!r}. Nothing was raised; choose another.")
    return Severity(found)


def _run(connection: Connection, plot_id: int) -> int:
    joined = plots.join(runs, runs.c.id == plots.c.run_id)
    found = connection.scalar(select(runs.c.number).select_from(joined).where(plots.c.id == plot_id))
    if found is None:
        raise UnknownNameError(f"The store has no plot {plot_id}. Nothing was raised; choose the plot anew.")
    return int(found)
