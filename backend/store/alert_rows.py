"""Alerts between values and rows, and the one way in which a transition is written."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Row, Select, insert, select, update

from backend.domain.alerts import Alert, AlertKind, AlertState, Evidence, Shelf, Transition
from backend.domain.beam import Beam, BeamState
from backend.domain.changes import ChangeKind
from backend.domain.classifications import Severity
from backend.store.journal import note
from backend.store.tables import alert_changes, alert_events, alerts, plot_types
from backend.store.tables.alerts import STILL_OPEN


def alert_query() -> Select[Any]:
    """Alerts with the names of their plot types, NULL for those about the hall."""
    named = alerts.outerjoin(plot_types, plot_types.c.id == alerts.c.plot_type_id)
    return select(alerts, plot_types.c.name.label("plot_type")).select_from(named)


def as_alert(row: Row[Any], groups: Mapping[int, tuple[str, ...]]) -> Alert:
    """An `Alert` from a row of `alert_query`; `groups` by number of the plot type."""
    shelf = Shelf(row.shelf_who, row.shelf_reason, row.shelf_until) if row.shelf_until is not None else None
    return Alert(
        row.id,
        row.plot_type or "",
        AlertState(row.state),
        _evidence(row),
        row.since,
        row.raised_at,
        row.changed_at,
        bool(row.active),
        groups.get(row.plot_type_id, ()),
        row.version,
        row.change_number,
        row.who,
        shelf,
        row.reason,
        row.subject or "",
    )


def _evidence(row: Row[Any]) -> Evidence:
    beam = Beam(BeamState(row.beam_state), row.beam_value, row.beam_unit)
    return Evidence(
        AlertKind(row.kind),
        Severity(row.severity),
        row.seen_at,
        row.classification,
        row.confidence,
        row.plot_id,
        row.run,
        beam,
        row.words,
    )


def write_transitions(
    connection: Connection,
    transitions: Sequence[tuple[int | None, Transition]],
    ticket: uuid.UUID,
) -> list[int]:
    """Write these transitions, each with the number of its plot type (None: the hall), last in the transaction.

    Steps of one alert stand in their order, the first of a new one with `before` None; returns the ids of all.
    Repeating a transaction that was committed writes nothing twice: its alerts have moved on, and tickets are taken.
    """
    if not transitions:
        return []
    number = _next_change(connection)
    begun: dict[tuple[int | None, str, AlertKind], int] = {}
    written: list[int] = []
    for plot_type_id, transition in transitions:
        alert, key = transition.alert, (plot_type_id, transition.alert.subject, transition.alert.evidence.kind)
        if transition.before is None:
            begun[key] = _insert_alert(connection, plot_type_id, alert, number)
        else:
            _update_alert(connection, alert.alert_id or begun[key], alert, number)
        written.append(alert.alert_id or begun[key])
    entries = [
        _event(alert_id, transition, uuid.uuid5(ticket, str(place)))
        for place, (alert_id, (_, transition)) in enumerate(zip(written, transitions, strict=True))
        if transition.action is not None
    ]
    if entries:
        connection.execute(insert(alert_events), entries)
    note(connection, ChangeKind.ALERTS, written)
    return written


def _next_change(connection: Connection) -> int:
    """Drawn from a locked counter and held to the end of the transaction: later numbers are committed later."""
    connection.execute(update(alert_changes).values(number=alert_changes.c.number + 1))
    return connection.scalar(select(alert_changes.c.number)) or 0


def _insert_alert(connection: Connection, plot_type_id: int | None, alert: Alert, number: int) -> int:
    values = _columns(alert) | {"plot_type_id": plot_type_id, "closed_as": STILL_OPEN, "change_number": number}
    made = connection.execute(insert(alerts).values(values))
    return int((made.inserted_primary_key or (0,))[0])


def _update_alert(connection: Connection, alert_id: int, alert: Alert, number: int) -> None:
    closed_as = STILL_OPEN if alert.open else alert_id
    values = _columns(alert) | {"closed_as": closed_as, "change_number": number}
    connection.execute(update(alerts).where(alerts.c.id == alert_id).values(values))


def _columns(alert: Alert) -> dict[str, Any]:
    evidence, shelf = alert.evidence, alert.shelf
    return {
        "subject": alert.subject or None,
        "kind": evidence.kind.value,
        "state": alert.state.value,
        "active": alert.active,
        "severity": int(evidence.severity),
        "classification": evidence.classification,
        "confidence": evidence.confidence,
        "plot_id": evidence.plot_id,
        "run": evidence.run,
        "seen_at": evidence.at,
        "words": evidence.words,
        "beam_state": evidence.beam.state.value,
        "beam_value": evidence.beam.value,
        "beam_unit": evidence.beam.unit,
        "since": alert.since,
        "raised_at": alert.raised_at,
        "changed_at": alert.changed_at,
        "version": alert.version,
        "who": alert.who,
        "reason": alert.reason,
        "shelf_who": shelf.who if shelf else "",
        "shelf_reason": shelf.reason if shelf else "",
        "shelf_until": shelf.until if shelf else None,
    }


def _event(alert_id: int, transition: Transition, ticket: uuid.UUID) -> dict[str, Any]:
    evidence, action = transition.alert.evidence, transition.action
    assert action is not None  # noqa: S101 - the caller leaves those out
    return {
        "ticket": ticket,
        "who": transition.who,
        "at": transition.alert.changed_at,
        "alert_id": alert_id,
        "action": action.value,
        "state_before": transition.before.value if transition.before else None,
        "state_after": transition.alert.state.value,
        "severity": int(evidence.severity),
        "classification": evidence.classification,
        "plot_id": evidence.plot_id,
        "reason": transition.reason,
    }
