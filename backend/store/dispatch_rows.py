"""Dispatches between values and rows: the queries behind `backend.store.dispatches`."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, and_, func, or_, select, update

from backend.domain.alerts import LOUD, AlertState
from backend.domain.classifications import Severity
from backend.domain.dispatches import Batch, Dispatch, DispatchNote, Outcome
from backend.domain.escalation import Case, Step
from backend.store.catalogue import read_groups
from backend.store.database import now, shared_now
from backend.store.tables import alert_events, alerts, dispatch_events, dispatches, plot_types
from backend.store.tables.alerts import STILL_OPEN
from backend.store.types import EPOCH

KIND_STATIONS = "stations"
NAMESPACE = uuid.UUID("0c2c3c0e-5f5b-4b43-9d37-7a2f3c1f8e11")
_LONGEST = 400
"""Rows of one message, and letters of what the other side said that are kept."""


class State(StrEnum):
    """Where a dispatch is. The values are stored."""

    WAITING = "waiting"
    SENT = "sent"
    GIVEN_UP = "given up"
    OVER = "over"
    OVERTAKEN = "overtaken"


def _raised() -> ColumnElement[bool]:
    return and_(alerts.c.closed_as == STILL_OPEN, alerts.c.state == AlertState.RAISED.value)


def _episode() -> ColumnElement[int]:
    """The entry of an alert's history after which people were last to be told."""
    loud = [action.value for action in LOUD]
    mine = and_(alert_events.c.alert_id == alerts.c.id, alert_events.c.action.in_(loud))
    return select(func.max(alert_events.c.id)).where(mine).correlate(alerts).scalar_subquery()


def cases(connection: Connection) -> list[Case]:
    """Alerts that are raised, with the entry that began to tell them."""
    told = alert_events.alias("told")
    joined = alerts.join(told, told.c.id == _episode()).join(plot_types, plot_types.c.id == alerts.c.plot_type_id)
    columns = (
        alerts.c.id,
        alerts.c.severity,
        alerts.c.plot_type_id,
        told.c.id.label("episode"),
        told.c.at,
        plot_types.c.name,
    )
    rows = connection.execute(select(*columns).select_from(joined).where(_raised()).order_by(alerts.c.id)).all()
    groups = read_groups(connection) if rows else {}
    return [
        Case(row.id, row.episode, row.at, row.name, groups.get(row.plot_type_id, ()), Severity(row.severity))
        for row in rows
    ]


def new_row(connection: Connection, step: Step, roles: Mapping[str, str]) -> dict[str, Any]:
    """A step as it is entered: stations are told by that, everybody else is still to be told."""
    stations = step.destination in roles
    state = State.OVERTAKEN if step.overtaken else State.SENT if stations else State.WAITING
    return {
        "alert_id": step.alert_id,
        "episode": step.episode,
        "route": step.route,
        "tier": step.tier,
        "destination": step.destination,
        "for_role": roles[step.destination] if stations else None,
        "due_at": step.due_at,
        "state": state.value,
        "attempts": 0,
        "next_at": EPOCH,
        "owner": None,
        "lease_until": EPOCH,
        "sent_at": now() if state is State.SENT else None,
    }


def event(
    alert_id: int, plot_id: int, destination: str, kind: str, outcome: Outcome, tier: int, words: str, who: str
) -> dict[str, Any]:
    """An entry of the history, without its ticket."""
    return {
        "who": who,
        "at": now(),
        "alert_id": alert_id,
        "plot_id": plot_id,
        "destination": destination,
        "kind": kind,
        "outcome": outcome.value,
        "tier": tier,
        "words": words[:_LONGEST],
    }


def notes(connection: Connection, alert_id: int) -> list[DispatchNote]:
    """The history of an alert, oldest first."""
    mine = dispatch_events.c.alert_id == alert_id
    rows = connection.execute(select(dispatch_events).where(mine).order_by(dispatch_events.c.id))
    return [
        DispatchNote(row.at, row.destination, row.kind, Outcome(row.outcome), row.words, row.who, row.tier)
        for row in rows
    ]


def escalated(connection: Connection, role: str) -> frozenset[int]:
    """Alerts for which stations of this role are to be loud now."""
    joined = dispatches.join(alerts, alerts.c.id == dispatches.c.alert_id)
    loud = and_(
        _raised(),
        dispatches.c.state == State.SENT.value,
        dispatches.c.for_role.in_(("", role)),
        dispatches.c.episode == _episode(),
    )
    return frozenset(connection.scalars(select(dispatches.c.alert_id).select_from(joined).where(loud)))


def _ready(connection: Connection, destinations: Sequence[str]) -> ColumnElement[bool]:
    moment = shared_now(connection)
    return and_(
        dispatches.c.state == State.WAITING.value,
        dispatches.c.next_at <= moment,
        dispatches.c.lease_until <= moment,
        dispatches.c.destination.in_(destinations),
    )


def is_any_ready(connection: Connection, destinations: Sequence[str]) -> bool:
    """Whether anything is to be told to one of these now."""
    return connection.scalar(select(dispatches.c.id).where(_ready(connection, destinations)).limit(1)) is not None


def _over() -> ColumnElement[bool]:
    """Waiting dispatches of alerts that do not wait any more, or wait for another reason by now."""
    still = select(alerts.c.id).where(
        alerts.c.id == dispatches.c.alert_id, _raised(), dispatches.c.episode == _episode()
    )
    return and_(dispatches.c.state == State.WAITING.value, ~still.correlate(dispatches).exists())


def is_any_over(connection: Connection) -> bool:
    """Whether there is anything to end."""
    return connection.scalar(select(dispatches.c.id).where(_over()).limit(1)) is not None


def end_over(connection: Connection) -> None:
    """End them. What is being sent at this moment is left to whoever sends it."""
    free = dispatches.c.lease_until <= shared_now(connection)
    found = list(connection.scalars(select(dispatches.c.id).where(_over(), free)))
    if found:
        waiting = dispatches.c.state == State.WAITING.value
        ended = update(dispatches).where(dispatches.c.id.in_(found), waiting).values(state=State.OVER.value)
        connection.execute(ended)


def claim(
    connection: Connection, owner: str, destinations: Sequence[str], seconds: float, pause_s: float
) -> list[Batch]:
    """Lease what is ready, but for destinations that are being told, or were told a moment ago."""
    busy = _busy(connection, destinations, pause_s)
    open_to = [name for name in destinations if name not in busy]
    line = _line(connection, open_to)
    if connection.dialect.name != "sqlite":
        line = line.with_for_update(of=dispatches, skip_locked=True)
    rows = connection.execute(line).all() if open_to else []
    if not rows:
        return []
    held = {"owner": owner, "lease_until": shared_now(connection, seconds), "attempts": dispatches.c.attempts + 1}
    connection.execute(update(dispatches).where(dispatches.c.id.in_([row.id for row in rows])).values(held))
    return _batches(rows)


def _busy(connection: Connection, destinations: Sequence[str], pause_s: float) -> set[str]:
    moment, before = shared_now(connection), shared_now(connection, -pause_s)
    leased = and_(dispatches.c.state == State.WAITING.value, dispatches.c.lease_until > moment)
    told = and_(dispatches.c.sent_at > before, dispatches.c.for_role.is_(None))
    mine = dispatches.c.destination.in_(destinations)
    return set(connection.scalars(select(dispatches.c.destination).where(mine, or_(leased, told)).distinct()))


def _line(connection: Connection, destinations: Sequence[str]) -> Select[Any]:
    joined = dispatches.join(alerts, alerts.c.id == dispatches.c.alert_id)
    ready = and_(_ready(connection, destinations), _raised(), dispatches.c.episode == _episode())
    return select(dispatches).select_from(joined).where(ready).order_by(dispatches.c.id).limit(_LONGEST)


def _batches(rows: Sequence[Row[Any]]) -> list[Batch]:
    found: defaultdict[str, list[Dispatch]] = defaultdict(list)
    for row in rows:
        found[row.destination].append(
            Dispatch(row.id, row.alert_id, row.route, row.tier, row.destination, row.due_at, row.attempts + 1)
        )
    return [Batch(destination, tuple(members)) for destination, members in found.items()]
