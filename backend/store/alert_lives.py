"""The alerts of a time with everything that happened to them: what a trial of the plan looks at."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime

from sqlalchemy import Connection, or_, select

from backend.domain.alert_views import AlertEvent
from backend.domain.escalation_trial import AlertLife
from backend.store.alert_rows import alert_query, as_alert
from backend.store.alerts import as_event
from backend.store.catalogue import read_groups
from backend.store.database import Database
from backend.store.tables import alert_events, alerts
from backend.store.tables.alerts import STILL_OPEN

_PORTION = 500


def read_lives(database: Database, since: datetime, until: datetime) -> list[AlertLife]:
    """Alerts that were open at any time from `since` to `until` (UTC), by number."""
    return database.read(lambda connection: _read(connection, since, until))


def _read(connection: Connection, since: datetime, until: datetime) -> list[AlertLife]:
    there = or_(alerts.c.closed_as == STILL_OPEN, alerts.c.changed_at >= since)
    query = alert_query().where(there, alerts.c.since <= until).order_by(alerts.c.id)
    groups = read_groups(connection)
    found = [as_alert(row, groups) for row in connection.execute(query)]
    events = _events(connection, [alert.alert_id for alert in found])
    return [AlertLife(alert, tuple(events[alert.alert_id])) for alert in found]


def _events(connection: Connection, alert_ids: list[int]) -> dict[int, list[AlertEvent]]:
    found: defaultdict[int, list[AlertEvent]] = defaultdict(list)
    for start in range(0, len(alert_ids), _PORTION):
        mine = alert_events.c.alert_id.in_(alert_ids[start : start + _PORTION])
        for row in connection.execute(select(alert_events).where(mine).order_by(alert_events.c.id)):
            found[row.alert_id].append(as_event(row))
    return found
